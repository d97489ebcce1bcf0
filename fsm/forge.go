package fsm

import (
	"fmt"
	"strings"
)

// Point is a sequence number as the receiving end sees it: a base ("nxt", "una", "isn", "wnd") and
// an offset, modulo 2^32. Base "" means what the sender would use now.
type Point struct {
	Base   string
	Offset int64
}

// forger is the connection that a segment or an error made by hand is about.
func (w *Wire) forger(host, sock string) (*Conn, error) {
	c := w.net.Host(host).named[sock]
	if c == nil {
		return nil, fmt.Errorf("forge: %s has no socket %s", host, sock)
	}
	if c = c.lastConnected(); c.remote.Port() == 0 {
		return nil, fmt.Errorf("forge: %s was never connected", sock)
	}
	return c, nil
}

// Forge puts a segment on the wire by hand, as if the named socket of host had sent it, lets the
// wire fall quiet, and returns what the receiver sent in answer: "ACK", "RST", "RST+ACK", …, or
// "silence".
func (w *Wire) Forge(host, sock string, flags Flags, seq, ack Point, length uint32, ts string) (string, error) {
	c, err := w.forger(host, sock)
	if err != nil {
		return "", err
	}
	h := c.host
	s := Segment{Flags: flags, Len: length, Wnd: c.rcvWnd}
	peer := w.peer(c)
	s.Seq = c.sndNxt
	if seq.Base != "" {
		s.Seq = w.seqPoint(c, peer, seq)
	} else if flags.Has(SYN) {
		s.Seq = c.iss
	}
	if flags.Has(ACK) {
		s.Ack = c.rcvNxt
		if ack.Base != "" {
			s.Ack = w.ackPoint(c, peer, ack)
		}
	}
	if flags.Has(SYN) {
		s.MSS = uint16(c.maxSegment())
	}
	c.stamp(&s, ts)
	w.landed, w.listen = nil, true
	ackBase := c.irs
	if peer != nil && c.peer == 0 {
		ackBase = peer.iss // c has not learnt it yet
	}
	w.send(h, noDevice, c.id, c.local, c.remote, s, c.iss, ackBase, true)
	err = w.net.Quiet()
	w.listen = false
	return w.answer(h, c), err
}

// lastConnected is the connection, or what it was before its connect failed.
func (c *Conn) lastConnected() *Conn {
	if c.remote.Port() != 0 || c.was == nil {
		return c
	}
	old := *c
	old.local, old.remote = c.was.local, c.was.remote
	return &old
}

// peer is the other end of a connection, or the last that the wire remembers; nil if there was
// none.
func (w *Wire) peer(c *Conn) *Conn {
	to := w.net.owner(c.host, c.remote.Addr().Unmap())
	if to == nil {
		return nil
	}
	key := newTuple(c.remote, c.local)
	for _, table := range []map[fourTuple]*Conn{to.conns, to.past} {
		for key.device = noDevice; key.device < devices; key.device++ {
			if p := table[key]; p != nil {
				return p
			}
		}
	}
	return nil
}

func (w *Wire) seqPoint(c, peer *Conn, p Point) uint32 {
	nxt, isn, wnd := c.sndNxt, c.iss, uint32(65535)
	if peer != nil && peer.peer != 0 { // it has learnt a number
		nxt, isn, wnd = peer.rcvNxt, peer.irs, peer.rcvWindow()
		if peer.mini {
			wnd = peer.rcvWnd // a minisocket's window moves with what it has received
		}
	}
	base := map[string]uint32{"nxt": nxt, "una": nxt, "isn": isn, "wnd": nxt + wnd}[p.Base]
	return base + uint32(p.Offset)
}

func (w *Wire) ackPoint(c, peer *Conn, p Point) uint32 {
	nxt, una, isn, wnd := c.rcvNxt, c.rcvNxt, c.irs, c.rcvWnd
	if peer != nil {
		nxt, una, isn, wnd = peer.sndNxt, peer.sndUna, peer.iss, peer.sndWnd
	}
	base := map[string]uint32{"nxt": nxt, "una": una, "isn": isn, "wnd": nxt + wnd}[p.Base]
	return base + uint32(p.Offset)
}

// stamp puts a timestamp option on a forged segment.
func (c *Conn) stamp(s *Segment, ts string) {
	s.HasTS = c.ts
	s.TSVal, s.TSEcr = c.tsNow(), c.tsRecent
	switch ts {
	case "none":
		s.HasTS, s.TSVal, s.TSEcr = false, 0, 0
	case "old":
		s.HasTS = true
		s.TSVal = c.tsOffset - 1000
	case "now":
		s.HasTS = true
		s.TSVal += 1000
	}
	if !s.Flags.Has(ACK) {
		s.TSEcr = 0 // RFC 7323 §3.2
	}
}

// answer is what the receiver of a forged segment said first.
func (w *Wire) answer(from *Host, c *Conn) string {
	for _, f := range w.landed {
		if !f.Forged && f.Src == unmap(c.remote) && f.Dst == unmap(c.local) && (f.from != from || f.from == f.to) {
			return strings.Join(answerNames(f.Segment), "+")
		}
	}
	return "silence"
}

func answerNames(s Segment) []string {
	var out []string
	for _, n := range s.Flags.Names() {
		if n != "PSH" {
			out = append(out, n)
		}
	}
	return out
}
