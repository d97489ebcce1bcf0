package sockdiag

import (
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// End is one end of a connection: its own address, the other's, and the index of the interface that
// it is bound to, 0 for none.
type End struct {
	Local, Remote netip.AddrPort
	Device        uint32
}

// maxPeek is how many ends are asked about in one message.
const maxPeek = 2

// Peek finds the states of up to two ends, Close where there is none, with one message for both.
func (c *Conn) Peek(ends []End, states []State) error {
	if len(ends) == 0 {
		return nil
	}
	const size = nlHeader + exactLen
	var req [maxPeek * size]byte
	for i, e := range ends {
		c.request(req[i*size:(i+1)*size], askByFamily, unix.NLM_F_REQUEST, e.Local, e.Remote, e.Device, noCookie)
	}
	if err := c.sendNow(req[:len(ends)*size]); err != nil {
		return err
	}
	var first error
	for i := range ends { // to the last, so that no answer is left for the next to read
		b, err := c.receiveNow()
		if err == nil {
			states[i], err = stateOf(b)
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}

// sendNow and receiveNow exchange messages about single sockets. The kernel answers within the call
// that asks, so that neither ever waits; so they do not tell Go's runtime, which would cost as much
// as half of a call.

func (c *Conn) sendNow(b []byte) error {
	_, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(c.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0,
		0, 0)
	if e != 0 {
		return os.NewSyscallError("sendto", e)
	}
	return nil
}

func (c *Conn) receiveNow() ([]byte, error) {
	n, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd), uintptr(unsafe.Pointer(&c.buf[0])),
		uintptr(len(c.buf)), unix.MSG_DONTWAIT, 0, 0)
	if e != 0 {
		return nil, os.NewSyscallError("recvfrom", e)
	}
	return c.buf[:n], nil
}

// stateOf is the state that an answer tells. Where no connection matches it tells of a listener or
// of nothing.
func stateOf(b []byte) (State, error) {
	body, kind, _, err := message(b)
	switch {
	case err != nil:
		return 0, err
	case kind == askByFamily && len(body) >= msgLen:
		if s := State(body[1]); s != Listen {
			return s, nil
		}
	case kind != unix.NLMSG_ERROR:
		return 0, errMalformed
	case errorOf(body) != unix.ENOENT:
		return 0, os.NewSyscallError("sock_diag", errorOf(body))
	}
	return Close, nil
}
