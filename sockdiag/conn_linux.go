package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	askByFamily = 20         // SOCK_DIAG_BY_FAMILY
	askDestroy  = 21         // SOCK_DESTROY
	noCookie    = ^uint64(0) // INET_DIAG_NOCOOKIE

	exactLen = 56 // struct inet_diag_req_v2
	msgLen   = 72 // struct inet_diag_msg
	nlHeader = unix.SizeofNlMsghdr
)

// Conn asks about the sockets of one network namespace. It is not safe for several goroutines.
type Conn struct {
	fd  int
	seq uint32
	req [nlHeader + exactLen]byte
	buf []byte
}

// answerTime bounds the wait for an answer, which the kernel makes within the call that asks for
// it.
const answerTime = 5 * time.Second

// answerSize is the most that the kernel puts into one part of an answer.
const answerSize = 32 << 10

// Open makes one for the network namespace of the calling thread. It stays with that namespace,
// whichever thread asks.
func Open() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	tv := unix.NsecToTimeval(int64(answerTime))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("setsockopt", err)
	}
	return &Conn{fd: fd, buf: make([]byte, answerSize)}, nil
}

// Close gives the descriptor back.
func (c *Conn) Close() error { return os.NewSyscallError("close", unix.Close(c.fd)) }

// Lookup finds the connection with exactly these addresses, whatever its state. device is the index
// of the interface that it is bound to, 0 for none. ok is false where there is none.
func (c *Conn) Lookup(local, remote netip.AddrPort, device uint32) (s Socket, ok bool, err error) {
	s, ok, err = c.Find(local, remote, device)
	if ok && netip.AddrPortFrom(s.Remote.Addr().Unmap(), s.Remote.Port()) != remote {
		return Socket{}, false, nil // a listener
	}
	return s, ok, err
}

// Find finds the socket that a segment from remote to local would come to: the connection, or else
// a listener.
func (c *Conn) Find(local, remote netip.AddrPort, device uint32) (s Socket, ok bool, err error) {
	c.request(c.req[:], askByFamily, unix.NLM_F_REQUEST, local, remote, device, noCookie)
	body, kind, err := c.exchange()
	switch {
	case err != nil:
		return s, false, err
	case kind == unix.NLMSG_ERROR:
		if err := errorOf(body); !errors.Is(err, unix.ENOENT) {
			return s, false, os.NewSyscallError("sock_diag", err)
		}
		return s, false, nil
	case kind != askByFamily:
		return s, false, errors.New("sock_diag: strange answer")
	}
	err = s.parse(body)
	return s, err == nil, err
}

// Destroy aborts a connection that was looked up, as a reset would: its process reads ECONNABORTED,
// and a TIME-WAIT is gone. The cookie keeps it from destroying what has the addresses by now, a
// listener for one: the error is ENOENT then, as for a connection that is gone. It needs
// CAP_NET_ADMIN and a kernel with CONFIG_INET_DIAG_DESTROY; without, the error is EPERM or
// EOPNOTSUPP.
func (c *Conn) Destroy(s *Socket) error {
	c.request(c.req[:], askDestroy, unix.NLM_F_REQUEST|unix.NLM_F_ACK, s.Local, s.Remote, s.Device, s.Cookie)
	body, kind, err := c.exchange()
	switch {
	case err != nil:
		return err
	case kind != unix.NLMSG_ERROR:
		return errors.New("sock_diag: strange answer")
	}
	return os.NewSyscallError("sock_destroy", errorOf(body))
}

// request lays out a request about one socket (struct inet_diag_req_v2) in b.
func (c *Conn) request(b []byte, kind, flags uint16, local, remote netip.AddrPort, device uint32, cookie uint64) {
	c.header(b, kind, flags)
	r := b[nlHeader:]
	clear(r)
	ne, be := binary.NativeEndian, binary.BigEndian
	r[1] = unix.IPPROTO_TCP
	ne.PutUint32(r[4:], uint32(Any))
	be.PutUint16(r[8:], local.Port())
	be.PutUint16(r[10:], remote.Port())
	if l := local.Addr(); l.Is4() {
		r[0] = unix.AF_INET
		l4, r4 := l.As4(), remote.Addr().As4()
		copy(r[12:], l4[:])
		copy(r[28:], r4[:])
	} else {
		r[0] = unix.AF_INET6
		l6, r6 := l.As16(), remote.Addr().As16()
		copy(r[12:], l6[:])
		copy(r[28:], r6[:])
	}
	ne.PutUint32(r[44:], device)
	ne.PutUint64(r[48:], cookie)
}

// header lays out the netlink header of a request that fills b.
func (c *Conn) header(b []byte, kind, flags uint16) {
	c.seq++
	ne := binary.NativeEndian
	ne.PutUint32(b, uint32(len(b)))
	ne.PutUint16(b[4:], kind)
	ne.PutUint16(b[6:], flags)
	ne.PutUint32(b[8:], c.seq)
	ne.PutUint32(b[12:], 0)
}

// exchange sends the request about one socket, and returns the answer and its kind.
func (c *Conn) exchange() (body []byte, kind uint16, err error) {
	if err := c.sendNow(c.req[:]); err != nil {
		return nil, 0, err
	}
	b, err := c.receiveNow()
	if err != nil {
		return nil, 0, err
	}
	body, kind, _, err = message(b)
	return body, kind, err
}

// read reads one part of an answer.
func (c *Conn) read() ([]byte, error) {
	for {
		n, err := unix.Read(c.fd, c.buf)
		if err == unix.EINTR {
			continue
		}
		return c.buf[:max(n, 0)], os.NewSyscallError("read", err)
	}
}
