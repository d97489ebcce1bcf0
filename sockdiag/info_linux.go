package sockdiag

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const attrInfo = 2 // INET_DIAG_INFO

// Info is the part of struct tcp_info that predicts how a connection ends.
type Info struct {
	RTO        time.Duration // icsk_rto: backed off already while it retransmits, not while it probes
	Backoff    int           // doublings of the RTO so far
	RTT        time.Duration // smoothed
	LastAck    time.Duration // since the last acknowledgement, of data or FIN, came in
	Unacked    int           // segments sent and not acknowledged
	Options    uint8         // TCPI_OPT_*
	RetransAll int           // retransmissions since the connection began
}

// Info asks for the details of a socket that a dump or a look-up has shown. ok is false if it is
// gone, or has none, as a timewait minisocket has none.
func (c *Conn) Info(s *Socket) (info Info, ok bool, err error) {
	c.request(c.req[:], askByFamily, unix.NLM_F_REQUEST, s.Local, s.Remote, s.Device, s.Cookie)
	c.req[nlHeader+2] = 1 << (attrInfo - 1)
	body, kind, err := c.exchange()
	switch {
	case err != nil:
		return info, false, err
	case kind == unix.NLMSG_ERROR:
		err := errorOf(body)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESTALE) {
			err = nil
		}
		return info, false, os.NewSyscallError("sock_diag", err)
	case kind != askByFamily || len(body) < msgLen:
		return info, false, errMalformed
	}
	info, ok = parseInfo(attribute(body[msgLen:], attrInfo))
	return info, ok, nil
}

// parseInfo reads the first fields of struct tcp_info, which only ever grows at its end.
func parseInfo(b []byte) (info Info, ok bool) {
	if len(b) < 104 {
		return info, false
	}
	ne := binary.NativeEndian
	return Info{
		Backoff: int(b[4]), Options: b[5],
		RTO:        time.Duration(ne.Uint32(b[8:])) * time.Microsecond,
		Unacked:    int(ne.Uint32(b[24:])),
		LastAck:    time.Duration(ne.Uint32(b[56:])) * time.Millisecond,
		RTT:        time.Duration(ne.Uint32(b[68:])) * time.Microsecond,
		RetransAll: int(ne.Uint32(b[100:])),
	}, true
}

// attribute finds the payload of a netlink attribute; nil if it is not there.
func attribute(b []byte, kind uint16) []byte {
	for len(b) >= 4 {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 4 || size > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:]) == kind {
			return b[4:size]
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}
