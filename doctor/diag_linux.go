package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// line is one line of sock_diag's answer.
type line struct {
	family  int // 4 or 6
	state   uint8
	timer   uint8
	local   netip.AddrPort
	remote  netip.AddrPort
	device  uint32
	expires time.Duration
	uid     uint32
	inode   uint32
	v6only  Flag // told of LISTEN and BOUND only
}

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
	stBound // TCP_BOUND_INACTIVE, since Linux 6.8
)

// What is shown as CLOSE has a port, or it would not be in the table: it is bound.
var stateNames = [...]string{
	"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"BOUND", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED", "BOUND",
}

const (
	timerTimeWait = 3 // idiag_timer of a timewait minisocket

	askCompat   = 18 // TCPDIAG_GETSOCK: the one request that is answered for both families in a single walk
	askByFamily = 20 // SOCK_DIAG_BY_FAMILY

	compatLen = 60 // struct inet_diag_req
	exactLen  = 56 // struct inet_diag_req_v2
	msgLen    = 72 // struct inet_diag_msg

	attrBytecode = 1  // INET_DIAG_REQ_BYTECODE
	attrV6Only   = 11 // INET_DIAG_SKV6ONLY
)

// diag asks sock_diag of one network namespace, that of the thread which opened it.
type diag struct {
	fd     int
	states uint32 // a bit for each state that is asked for
	buf    []byte
}

// answerTime bounds the wait for one part of an answer. The kernel makes it within the read.
const answerTime = 5 * time.Second

func newDiag() (*diag, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	tv := unix.NsecToTimeval(int64(answerTime))
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
	return &diag{fd: fd, states: ^uint32(0), buf: make([]byte, 64<<10)}, nil
}

func (d *diag) close() { unix.Close(d.fd) }

// ports tells f of every TCP socket whose local port lies between low and high, of both families and in every state. The kernel
// filters: one port by the request's header, several by a program. It keeps nothing.
func (d *diag) ports(ctx context.Context, low, high uint16, f func(*line)) error {
	req := make([]byte, unix.SizeofNlMsghdr+compatLen)
	body := req[unix.SizeofNlMsghdr:] // idiag_family stays AF_UNSPEC
	binary.NativeEndian.PutUint32(body[52:], d.states)
	if low == high {
		binary.BigEndian.PutUint16(body[4:], low)
	} else {
		req = append(req, between(low, high)...)
	}
	binary.NativeEndian.PutUint32(req, uint32(len(req)))
	binary.NativeEndian.PutUint16(req[4:], askCompat)
	binary.NativeEndian.PutUint16(req[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if _, err := unix.Write(d.fd, req); err != nil {
		return os.NewSyscallError("write", err)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unix.Read(d.fd, d.buf)
		if err == unix.EINTR {
			continue
		} else if err != nil {
			return os.NewSyscallError("read", err)
		}
		done, err := eachLine(d.buf[:n], func(l *line) {
			// The bound sockets are walked without a look at the header's port.
			if p := l.local.Port(); p >= low && p <= high {
				f(l)
			}
		})
		if done || err != nil {
			return err
		}
	}
}

// between is the program that keeps a range of local ports (struct inet_diag_bc_op): each comparison is two words, the second of
// which holds the port; yes and no say how far to go on, and past the end by one word means no.
func between(low, high uint16) []byte {
	const geq, leq = 2, 3 // INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE
	b := make([]byte, 4+16)
	ne := binary.NativeEndian
	ne.PutUint16(b, uint16(len(b)))
	ne.PutUint16(b[2:], attrBytecode)
	b[4], b[5] = geq, 8
	ne.PutUint16(b[6:], 20)
	ne.PutUint16(b[10:], low)
	b[12], b[13] = leq, 8
	ne.PutUint16(b[14:], 12)
	ne.PutUint16(b[18:], high)
	return b
}

// eachLine tells f of every socket in one part of an answer; done says that it was the last.
func eachLine(b []byte, f func(*line)) (done bool, err error) {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return true, errors.New("sock_diag: malformed answer")
		}
		body := b[unix.SizeofNlMsghdr:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return true, answerError(body)
		}
		l, err := parse(body)
		if err != nil {
			return true, err
		}
		f(&l)
		b = b[min((size+3)&^3, len(b)):]
	}
	return false, nil
}

func answerError(body []byte) error {
	if len(body) < 4 {
		return errors.New("sock_diag: short answer")
	}
	return os.NewSyscallError("sock_diag", unix.Errno(-int32(binary.NativeEndian.Uint32(body))))
}

func parse(b []byte) (line, error) {
	if len(b) < msgLen {
		return line{}, errors.New("sock_diag: short answer")
	}
	ne := binary.NativeEndian
	l := line{
		family: 4, state: b[1], timer: b[2], device: ne.Uint32(b[40:]),
		expires: time.Duration(ne.Uint32(b[52:])) * time.Millisecond,
		uid:     ne.Uint32(b[64:]), inode: ne.Uint32(b[68:]), v6only: Unknown,
	}
	var local, remote netip.Addr
	if b[0] == unix.AF_INET {
		local, remote = netip.AddrFrom4([4]byte(b[8:12])), netip.AddrFrom4([4]byte(b[24:28]))
		l.v6only = No
	} else {
		l.family = 6
		local, remote = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	}
	l.local = netip.AddrPortFrom(local, binary.BigEndian.Uint16(b[4:]))
	l.remote = netip.AddrPortFrom(remote, binary.BigEndian.Uint16(b[6:]))
	for a := b[msgLen:]; len(a) >= 4; {
		size := int(ne.Uint16(a))
		if size < 4 || size > len(a) {
			break
		}
		if ne.Uint16(a[2:]) == attrV6Only && size > 4 {
			if l.v6only = No; a[4] != 0 {
				l.v6only = Yes
			}
		}
		a = a[min((size+3)&^3, len(a)):]
	}
	return l, nil
}

// listens reports whether a socket of this namespace listens for connections to an address.
func (d *diag) listens(at netip.AddrPort) bool {
	req := make([]byte, unix.SizeofNlMsghdr+exactLen)
	ne := binary.NativeEndian
	ne.PutUint32(req, uint32(len(req)))
	ne.PutUint16(req[4:], askByFamily)
	ne.PutUint16(req[6:], unix.NLM_F_REQUEST)
	body := req[unix.SizeofNlMsghdr:]
	body[1] = unix.IPPROTO_TCP
	ne.PutUint32(body[4:], ^uint32(0))
	binary.BigEndian.PutUint16(body[8:], at.Port())
	if a := at.Addr().Unmap(); a.Is4() {
		body[0] = unix.AF_INET
		b := a.As4()
		copy(body[12:], b[:])
	} else {
		body[0] = unix.AF_INET6
		b := a.As16()
		copy(body[12:], b[:])
	}
	ne.PutUint64(body[48:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	if _, err := unix.Write(d.fd, req); err != nil {
		return false
	}
	n, err := unix.Read(d.fd, d.buf)
	if err != nil {
		return false
	}
	found := false
	_, err = eachLine(d.buf[:n], func(l *line) { found = found || l.state == stListen })
	return found && err == nil
}
