package fsm

import "time"

// output sends what may be sent: data as far as the windows reach, and the FIN after all data.
func (c *Conn) output() {
	if c.state == Closed || c.state == Listen || c.state == SynSent || c.state == SynReceived || c.mini {
		return
	}
	for c.unsent > 0 && len(c.sent) < c.cwnd {
		room := c.sndUna + c.sndWnd - c.sndNxt
		if int32(room) <= 0 {
			break
		}
		n := min(c.unsent, c.mss(), room)
		if n < c.mss() {
			if c.waitsForACK() {
				break
			}
			c.lastSmall = c.sndNxt + n
		}
		c.unsent -= n
		s := Segment{Seq: c.sndNxt, Flags: ACK, Len: n}
		if c.unsent == 0 {
			s.Flags |= PSH
			if c.finQueued && !c.finSent {
				s.Flags |= FIN
				c.finSent = true
			}
		}
		c.ack.sentData(c)
		c.push(s)
	}
	if c.finQueued && !c.finSent && c.unsent == 0 && len(c.sent) < c.cwnd {
		c.finSent = true
		c.push(Segment{Seq: c.sndNxt, Flags: FIN | ACK})
	}
}

// waitsForACK is Nagle's algorithm as Minshall amended it (RFC 9293 §3.7.4): a small segment waits
// while another small one is not acknowledged, unless nothing will follow it.
func (c *Conn) waitsForACK() bool {
	return !c.NoDelay && !c.finQueued && len(c.sent) > 0 && after(c.lastSmall, c.sndUna)
}

// push sends a segment that takes sequence space and remembers it until it is acknowledged.
func (c *Conn) push(s Segment) {
	c.sndNxt = s.End()
	n := c.net()
	c.sent, n.segments = appendFrom(n.segments, c.sent, s, n.wire.flights+1)
	c.charged = !c.request
	if !c.timing {
		c.timing, c.sentAt, c.timedEnd = true, c.net().Now(), s.End()
	}
	if c.due[timerRetransmit] == never || c.mayProbe() && len(c.sent) > 1 {
		c.armRetransmit()
	}
	c.emit(s)
}

// emitACK sends <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>.
func (c *Conn) emitACK() {
	c.emit(Segment{Seq: c.sndNxt, Flags: ACK, SACK: c.lastBlock()})
}

// lastBlock is the block of what came last beyond a gap (RFC 2018 §4). The model tells no further blocks.
func (c *Conn) lastBlock() (b Block) {
	if len(c.ahead) == 0 || !c.host.sys.SACK || !c.sackOffered {
		return b
	}
	last := c.ahead[len(c.ahead)-1]
	b = Block{last.Seq, last.End()}
	for grown := true; grown; {
		grown = false
		for _, s := range c.ahead {
			if after(s.Seq, b.Right) || before(s.End(), b.Left) {
				continue // apart from it
			}
			if before(s.Seq, b.Left) {
				b.Left, grown = s.Seq, true
			}
			if after(s.End(), b.Right) {
				b.Right, grown = s.End(), true
			}
		}
	}
	return b
}

// emit completes a segment and puts it on the wire.
func (c *Conn) emit(s Segment) {
	n := c.net()
	if s.Flags.Has(ACK) {
		s.Ack = c.rcvNxt
		if !s.Flags.Has(RST) {
			if !s.Flags.Has(SYN) {
				s.Wnd = c.window()
			}
			c.ack.sent(c)
		}
	}
	if s.Flags.Has(SYN) {
		s.MSS = uint16(c.maxSegment())
		s.SACKOK = c.host.sys.SACK && (!s.Flags.Has(ACK) || c.sackOffered)
	}
	if c.ts && (!s.Flags.Has(RST) || s.Flags.Has(ACK)) {
		s.HasTS, s.TSVal = true, c.tsNow()
		if s.Flags.Has(ACK) {
			s.TSEcr = c.tsRecent
		}
		if c.request && s.Flags.Has(SYN) {
			if c.tsLast = s.TSVal; c.tsFirst == 0 {
				c.tsFirst = s.TSVal
			}
		}
	}
	if c.mute || c.mini && strictRoute(c.local.Addr(), c.remote.Addr()) {
		return
	}
	via := noDevice
	if c.Device != "" {
		if via = deviceOf(c.Device); c.host.way(c.remote.Addr().Unmap(), c.Device) >= unresolved {
			return // no neighbour, or no route: nothing leaves
		}
	}
	n.wire.send(c.host, via, c.id, c.local, c.remote, s, c.iss, c.irs, false)
}

// window is what an ACK offers; having offered it, the connection is bound to it.
func (c *Conn) window() uint32 {
	if !c.mini {
		w := c.offer()
		c.rcvWnd, c.rcvWup = w, c.rcvNxt
	}
	return c.rcvWnd
}

// tsNow is the timestamp clock: milliseconds and an offset of the connection's own (RFC 7323 §5.4).
func (c *Conn) tsNow() uint32 {
	return c.tsOffset + uint32(c.net().Now()/time.Millisecond) + 1
}

// retransmit sends the oldest unacknowledged segment again.
func (c *Conn) retransmit() {
	if len(c.sent) == 0 {
		return
	}
	c.timing = false // Karn's algorithm (RFC 6298 §3)
	s := c.sent[0]
	if c.probed && c.retries == 0 && !c.recovering {
		s = c.sent[len(c.sent)-1] // a loss probe repeats the last
	}
	c.emit(s)
}
