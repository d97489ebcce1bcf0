package fsm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// key is what makes two places the same: all but names, ids and absolute time.
type key [16]byte

func (w *world) key(at *place) key {
	b := make([]byte, 0, 512)
	ids := at.ranks()
	b = append(b, byte(len(at.first)), bit(at.ordinary, 0), byte(at.sends[0]), byte(at.sends[1]), byte(at.opens))
	for _, h := range at.hosts {
		b = append(b, 'H')
		for _, c := range h.live() {
			b = c.appendKey(b, ids)
		}
	}
	var held [][]byte
	for _, f := range at.wire.held {
		k := appendSegment([]byte{'W', byte(len(f.from.name)), ids[f.origin]}, f.Segment)
		if w.msl > 0 {
			k = binary.AppendVarint(k, int64(at.Now()-f.Departs))
		}
		held = append(held, k)
	}
	slices.SortFunc(held, bytes.Compare)
	sum := sha256.Sum256(append(b, bytes.Join(held, nil)...))
	return key(sum[:16])
}

// ranks numbers the ids of connections that still matter in their order: only which are equal
// counts.
func (at *place) ranks() map[int]byte {
	ids := []int{0}
	for _, h := range at.hosts {
		for _, c := range h.live() {
			ids = append(ids, c.id, c.peer)
		}
	}
	for _, f := range at.wire.held {
		ids = append(ids, f.origin)
	}
	slices.Sort(ids)
	out := map[int]byte{}
	for i, id := range slices.Compact(ids) {
		out[id] = byte(i)
	}
	return out
}

func bit(b bool, n int) byte {
	if b {
		return 1 << n
	}
	return 0
}

func (c *Conn) appendKey(b []byte, ids map[int]byte) []byte {
	b = append(b, 'C', byte(stateNo(c.state)), ids[c.id], ids[c.peer],
		bit(c.passive, 0)|bit(c.open, 1)|bit(c.noReader, 2)|bit(c.noWriter, 3)|bit(c.mini, 4)|bit(c.request,
			5)|bit(c.wasConn, 6)|bit(c.connecting, 7),
		bit(c.finSeen, 0)|bit(c.finQueued, 1)|bit(c.finSent, 2)|bit(c.finRcvd, 3)|bit(c.ts,
			4)|bit(c.listener != nil, 5)|bit(c.inPorts, 6)|bit(c.name != "", 7), bit(c.finUnread, 0)|bit(c.charged, 1),
		bit(c.ack.pingpong, 0)|bit(c.ack.pending, 1)|bit(c.ack.pushed > 0, 2)|bit(c.ack.now,
			3)|bit(c.ack.quick > 0, 4)|bit(c.ack.ato > 0, 5),
		byte(len(c.pendingErr)), byte(len(c.accepted)), byte(c.requests))
	for _, v := range []uint32{c.sndUna - c.iss, c.sndNxt - c.iss, c.sndWnd, c.maxWnd, c.rcvNxt - c.irs,
		c.rcvWup - c.irs, c.rcvWnd, c.unsent, c.unread, uint32(c.sndBytesAcked), c.tsRecent, c.staleOctets} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	for t, due := range c.due {
		left := int64(-1)
		if due != never {
			left = 0
			if timer(t) == timer2MSL {
				left = int64(due - c.net().Now())
			}
		}
		b = binary.AppendVarint(b, left)
	}
	for _, s := range c.sent {
		b = appendSegment(append(b, 's'), s)
	}
	for _, s := range c.ahead {
		b = appendSegment(append(b, 'a'), s)
	}
	return b
}

func appendSegment(b []byte, s Segment) []byte {
	b = append(b, byte(s.Flags), bit(s.HasTS, 0))
	for _, v := range []uint32{s.Seq, s.Ack, s.Len, s.Wnd, s.TSVal, s.TSEcr} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	return b
}

// broken holds the tables of both hosts against each other: "" if they are consistent.
func (n *Net) broken() string {
	for _, h := range n.hosts {
		if s := h.broken(); s != "" {
			return h.name + ": " + s
		}
	}
	return ""
}

func (h *Host) broken() string {
	minis := 0
	for k, c := range h.conns {
		switch {
		case k != c.tuple():
			return fmt.Sprintf("%v is kept under %v", c.describe(), k)
		case c.state == Closed || c.state == Listen:
			return fmt.Sprintf("%s is in the table of connections", c.describe())
		}
		if c.mini {
			minis++
		}
	}
	if minis != h.minis {
		return fmt.Sprintf("%d minisockets are counted and %d are there", h.minis, minis)
	}
	owners := map[*Conn]bool{}
	for p, b := range h.ports {
		if len(b.owners) == 0 {
			return fmt.Sprintf("port %d has an empty bucket", p)
		}
		for _, c := range b.owners {
			if listens := slices.Contains(b.listeners, c); listens != (c.state == Listen) {
				return fmt.Sprintf("%s is in state %s, among the listeners: %v", c.describe(), c.state, listens)
			}
			switch {
			case owners[c]:
				return fmt.Sprintf("%s is in two buckets", c.describe())
			case !c.inPorts, c.local.Port() != p:
				return fmt.Sprintf("%s is in the bucket of port %d", c.describe(), p)
			}
			owners[c] = true
		}
	}
	for _, c := range h.conns {
		if c.inPorts && !owners[c] {
			return fmt.Sprintf("%s is in no bucket", c.describe())
		}
		if !c.inPorts && !c.request {
			return fmt.Sprintf("%s holds no port", c.describe())
		}
	}
	for i, c := range h.fds {
		if c != nil && (c.fd != i || !c.open) {
			return fmt.Sprintf("descriptor %d has %s", i, c.describe())
		}
	}
	return ""
}
