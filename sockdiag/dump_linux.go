package sockdiag

import (
	"context"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

const (
	askCompat = 18 // TCPDIAG_GETSOCK: the one request that is answered for both families in a single walk
	compatLen = 60 // struct inet_diag_req

	attrBytecode = 1 // INET_DIAG_REQ_BYTECODE
)

// Filter says which sockets a dump is to tell of. The kernel filters.
type Filter struct {
	States    States
	Low, High uint16 // the local ports, both included; 0, 0: all
}

// Dump tells f of every socket that the filter lets through, IPv4 and IPv6, listeners first. It
// reads as it goes and keeps nothing; the Socket is f's only until it returns. After an error the
// Conn is of no more use.
func (c *Conn) Dump(ctx context.Context, keep Filter, f func(*Socket)) error {
	req := make([]byte, nlHeader+compatLen, nlHeader+compatLen+betweenLen)
	body := req[nlHeader:] // idiag_family stays AF_UNSPEC
	binary.NativeEndian.PutUint32(body[52:], uint32(keep.States))
	if keep.Low == keep.High {
		binary.BigEndian.PutUint16(body[4:], keep.Low) // which leaves fewer sockets to the program
	}
	if keep.High != 0 {
		req = append(req, between(keep.Low, keep.High)...)
	}
	c.header(req, askCompat, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if _, err := unix.Write(c.fd, req); err != nil {
		return os.NewSyscallError("write", err)
	}
	return c.readAnswer(ctx, f)
}

// betweenLen is the length of what between returns.
const betweenLen = 4 + 4*4

// between is the program that keeps a range of local ports (struct inet_diag_bc_op): each
// comparison is two words, the second of which holds the port; yes and no say how far to go on, and
// past the end by one word means no. It is needed for one port too, since in the table of bound
// ports the kernel does not look at the port in the request's header.
func between(low, high uint16) []byte {
	const geq, leq = 2, 3 // INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE
	b := make([]byte, betweenLen)
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

// eachSocket tells f of every socket in one part of an answer; done says that it was the last.
func eachSocket(b []byte, f func(*Socket)) (done bool, err error) {
	var s Socket
	for len(b) > 0 {
		body, kind, rest, err := message(b)
		if err != nil {
			return true, err
		}
		switch kind {
		case unix.NLMSG_DONE, unix.NLMSG_ERROR:
			return true, os.NewSyscallError("sock_diag", errorOf(body))
		}
		if err := s.parse(body); err != nil {
			return true, err
		}
		f(&s)
		b = rest
	}
	return false, nil
}
