package fsm

import "fmt"

// origin is who sent the segment that is arriving: the id of a Conn, 0 for nobody in particular.
func (h *Host) origin() int {
	if h.arriving == nil {
		return 0
	}
	return h.arriving.origin
}

// stale counts what a connection takes from a segment of an earlier incarnation of its four-tuple,
// which is what TIME-WAIT is there to prevent (RFC 9293 §3.4.1, §3.6.1). The numbers fit, so no end
// can see it; the model can, since it knows who sent each segment. It is called before the segment
// is taken, and returns a note for the trace, "" if all is well. Ids grow, so that a smaller one is
// earlier.
func (c *Conn) stale(row *Row, in *Segment) string {
	from := c.host.origin()
	if row.Do&(TakeText|TakeFIN|Queue) == 0 || from == 0 || from >= c.peer {
		return ""
	}
	var n uint32
	if end := in.Seq + in.Len; in.Len > 0 && after(end, c.rcvNxt) {
		n = min(in.Len, end-c.rcvNxt)
	}
	c.staleOctets += n
	switch {
	case n > 0:
		return fmt.Sprintf("%d octets of an earlier incarnation", n)
	case row.Do&TakeFIN != 0:
		return "the FIN of an earlier incarnation"
	}
	return ""
}
