package sockdiag

import (
	"context"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// DumpUDP tells f of every UDP socket whose local port is between low and high, both included; 0, 0
// means all. A socket without a peer is in Bound, one with a peer in Established. The kernel needs
// the module udp_diag; without it the error is ENOENT. After an error the Conn is of no more use.
func (c *Conn) DumpUDP(ctx context.Context, low, high uint16, f func(*Socket)) error {
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		req := make([]byte, nlHeader+exactLen)
		body := req[nlHeader:]
		body[0], body[1] = family, unix.IPPROTO_UDP
		binary.NativeEndian.PutUint32(body[4:], uint32(Any))
		if low == high {
			binary.BigEndian.PutUint16(body[8:], low)
		}
		if high != 0 {
			req = append(req, between(low, high)...)
		}
		c.header(req, askByFamily, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
		if _, err := unix.Write(c.fd, req); err != nil {
			return os.NewSyscallError("write", err)
		}
		if err := c.readAnswer(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// readAnswer reads all parts of the answer to a dump.
func (c *Conn) readAnswer(ctx context.Context, f func(*Socket)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := c.read()
		if err != nil {
			return err
		}
		if done, err := eachSocket(b, f); done || err != nil {
			return err
		}
	}
}
