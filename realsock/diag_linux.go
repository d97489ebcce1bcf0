package realsock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sock is one line of sock_diag's answer.
type sock struct {
	family  int // 4 or 6: the socket's, not the packets'
	state   uint8
	timer   uint8
	local   netip.AddrPort
	remote  netip.AddrPort
	expires time.Duration
	recvQ   int
	sendQ   int
	uid     uint32
	inode   uint32
	cookie  uint64
}

// mini reports whether the line is of a timewait minisocket (TIME_WAIT, or FIN_WAIT2 after close).
func (s *sock) mini() bool { return s.timer == timerTimeWait }

// The states as the kernel numbers them (include/net/tcp_states.h).
const (
	stEstablished = iota + 1
	stSynSent
	stSynRecv
	stFinWait1
	stFinWait2
	stTimeWait
	stClose
	stCloseWait
	stLastAck
	stListen
	stClosing
	stNewSynRecv
	stBoundInactive // since Linux 6.8
)

var stateNames = [...]string{
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV", "BOUND",
}

func stateName(s uint8) string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("STATE_%d", s)
}

// The timers as idiag_timer numbers them.
const timerTimeWait = 3

var timerNames = [...]string{"none", "retransmit", "keepalive", "timewait", "probe"}

func timerName(t uint8) string {
	if int(t) < len(timerNames) {
		return timerNames[t]
	}
	return fmt.Sprintf("timer-%d", t)
}

const (
	sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY
	diagReqLen       = 56 // struct inet_diag_req_v2
	diagMsgLen       = 72 // struct inet_diag_msg
	nlHeader         = unix.SizeofNlMsghdr
)

// diag asks sock_diag of one network namespace. It is not safe for several goroutines. It speaks to the socket itself rather than
// through a netlink library, since a look-up is made after every single segment: the kernel answers within the send, so that
// nothing ever waits, and an answer needs neither an allocation nor the runtime's poller.
type diag struct {
	fd     int
	seq    uint32
	device uint32 // index of the interface that a socket looked up is bound to; 0: none
	req    [nlHeader + diagReqLen]byte
	buf    []byte
}

// newDiag opens one in the network namespace of the calling thread.
func newDiag() (*diag, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return &diag{fd: fd, buf: make([]byte, 32<<10)}, nil
}

func (d *diag) close() { unix.Close(d.fd) }

// lookup finds the socket with exactly these addresses, whatever its state. ok is false when there is none. The kernel answers
// with a listener where no connection matches; that is none.
func (d *diag) lookup(local, remote netip.AddrPort) (s sock, ok bool, err error) {
	s, ok, err = d.ask(local, remote)
	if ok && (s.state == stListen || unmapped(s.remote) != remote) {
		return sock{}, false, nil
	}
	return s, ok, err
}

func (d *diag) ask(local, remote netip.AddrPort) (s sock, ok bool, err error) {
	d.request(unix.NLM_F_REQUEST, local, remote, ^uint32(0))
	n, err := d.exchange()
	if err != nil {
		return s, false, err
	}
	b := d.buf[:n]
	if len(b) < nlHeader {
		return s, false, errors.New("sock_diag: short answer")
	}
	switch binary.NativeEndian.Uint16(b[4:]) {
	case unix.NLMSG_ERROR:
		if err := nlError(b); err != unix.ENOENT {
			return s, false, os.NewSyscallError("sock_diag", err)
		}
		return s, false, nil
	case sockDiagByFamily:
		return parseDiag(b[nlHeader:])
	}
	return s, false, errors.New("sock_diag: strange answer")
}

// dump tells f of every TCP socket of a family (4 or 6) in one of the states of the mask, with the local port given unless it
// is 0. It reads as it goes and keeps nothing.
func (d *diag) dump(family int, states uint32, port uint16, f func(*sock)) error {
	any4, any6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	local, remote := netip.AddrPortFrom(any4, port), netip.AddrPortFrom(any4, 0)
	if family == 6 {
		local, remote = netip.AddrPortFrom(any6, port), netip.AddrPortFrom(any6, 0)
	}
	d.request(unix.NLM_F_REQUEST|unix.NLM_F_DUMP, local, remote, states)
	n, err := d.exchange()
	for ; err == nil; n, err = unix.Read(d.fd, d.buf) {
		for b := d.buf[:n]; len(b) >= nlHeader; {
			size := int(binary.NativeEndian.Uint32(b))
			if size < nlHeader || size > len(b) {
				return errors.New("sock_diag: malformed answer")
			}
			switch binary.NativeEndian.Uint16(b[4:]) {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				return os.NewSyscallError("sock_diag", nlError(b))
			}
			s, ok, err := parseDiag(b[nlHeader:size])
			if err != nil {
				return err
			}
			if ok {
				f(&s)
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
	return os.NewSyscallError("read", err)
}

// request lays out the request in d.req.
func (d *diag) request(flags uint16, local, remote netip.AddrPort, states uint32) {
	d.seq++
	b := d.req[:]
	clear(b)
	ne, be := binary.NativeEndian, binary.BigEndian
	ne.PutUint32(b, uint32(len(b)))
	ne.PutUint16(b[4:], sockDiagByFamily)
	ne.PutUint16(b[6:], flags)
	ne.PutUint32(b[8:], d.seq)
	r := b[nlHeader:]
	r[1] = unix.IPPROTO_TCP
	ne.PutUint32(r[4:], states)
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
	ne.PutUint32(r[44:], d.device)
	ne.PutUint64(r[48:], ^uint64(0)) // INET_DIAG_NOCOOKIE
}

func (d *diag) exchange() (int, error) {
	if _, err := unix.Write(d.fd, d.req[:]); err != nil {
		return 0, os.NewSyscallError("write", err)
	}
	n, err := unix.Read(d.fd, d.buf)
	return n, os.NewSyscallError("read", err)
}

func nlError(b []byte) error {
	if len(b) < nlHeader+4 {
		return errors.New("sock_diag: short answer")
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(b[nlHeader:])))
}

func parseDiag(b []byte) (s sock, ok bool, err error) {
	if len(b) < diagMsgLen {
		return s, false, errors.New("sock_diag: short answer")
	}
	ne := binary.NativeEndian
	s = sock{
		family: 4, state: b[1], timer: b[2],
		cookie:  uint64(ne.Uint32(b[44:])) | uint64(ne.Uint32(b[48:]))<<32,
		expires: time.Duration(ne.Uint32(b[52:])) * time.Millisecond,
		recvQ:   int(ne.Uint32(b[56:])),
		sendQ:   int(ne.Uint32(b[60:])),
		uid:     ne.Uint32(b[64:]),
		inode:   ne.Uint32(b[68:]),
	}
	local, remote := netip.Addr{}, netip.Addr{}
	switch b[0] {
	case unix.AF_INET:
		local, remote = netip.AddrFrom4([4]byte(b[8:12])), netip.AddrFrom4([4]byte(b[24:28]))
	case unix.AF_INET6:
		s.family = 6
		local, remote = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	default:
		return s, false, nil
	}
	s.local = netip.AddrPortFrom(local, binary.BigEndian.Uint16(b[4:]))
	s.remote = netip.AddrPortFrom(remote, binary.BigEndian.Uint16(b[6:]))
	return s, true, nil
}
