package fsm

import (
	"slices"
	"time"
)

// push sends a segment that takes sequence space and remembers it until it is acknowledged.
func (c *Conn) push(s Segment) {
	c.sndNxt = s.End()
	n := c.net()
	if s.Flags.Has(SYN) {
		c.synAt = n.Now()
	} else if s.Len > 0 {
		c.out.sentData = n.Now()
	}
	c.stopTimer(timerPersist)
	c.sent, n.segments = appendFrom(n.segments, c.sent, s, n.wire.flights+1)
	c.charged = !c.request
	c.out.used += int32(s.Len)
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

// lastBlock is the block of what came last beyond a gap (RFC 2018 §4). The model tells no further
// blocks.
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
		s.Scale = c.offeredScale()
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
	i := 0
	if c.probed && c.retries == 0 && !c.recovering { // a loss probe sends something new, or repeats the last
		if n, last, ok := c.probeNew(); ok {
			c.sendPart(n, last)
			return
		}
		i = len(c.sent) - 1
	}
	c.timing = false // Karn's algorithm (RFC 6298 §3)
	c.repeat(i)
}

// probeNew is the segment that a loss probe sends if the window has room for it, whatever the
// congestion window says (tcp_send_loss_probe).
func (c *Conn) probeNew() (n uint32, last, ok bool) {
	if c.unsent == 0 || c.profile().Buffers != BuffersLinux {
		return 0, false, false
	}
	n = min(c.out.queue[0].n, c.mss())
	return n, n == c.unsent, int32(c.sndUna+c.sndWnd-c.sndNxt) >= int32(n)
}

// repeat sends again what is at i of the segments that are not acknowledged.
func (c *Conn) repeat(i int) {
	if c.profile().Collapses {
		c.collapseSent(i)
	}
	c.emit(c.sent[i])
}

// collapseSent joins small segments into the one at i, and the FIN, as far as they make one segment
// and lie in the window (tcp_retrans_try_collapse).
func (c *Conn) collapseSent(i int) {
	s := &c.sent[i]
	if s.Flags.Has(SYN) {
		return
	}
	edge := c.sndUna + c.sndWnd
	most := c.mss()
	if room := edge - s.Seq; int32(room) > 0 {
		most = min(most, room)
	}
	last := i + 1
	for ; last < len(c.sent) && s.Len < most; last++ {
		next := c.sent[last]
		if s.Len+next.Len > most || after(next.End(), edge) {
			break
		}
		s.Len += next.Len
		s.Flags |= next.Flags
		c.out.used -= txBase
	}
	c.sent = slices.Delete(c.sent, i+1, last)
}

// sendACK answers at once. A challenge, and the answer to an unacceptable bare ACK, are limited.
// The ACK of a newer SYN that nobody listens for is not: it comes from tcp_v4_rcv.
func (c *Conn) sendACK(row *Row, in *Segment) {
	do := row.Do
	limited := do&Challenge != 0 || in != nil && do&(TakeACK|TakeText|TakeFIN|Queue) == 0 &&
		(in.SegLen() == 0 || in.Flags.Has(SYN))
	if limited && row.Event != RcvSYNUnheard && !c.mayAnswer() {
		return
	}
	if row.From == SynReceived && row.Event == RcvSYNACK {
		c.ack.quicken(c) // the peer's SYN is old by now (tcp_data_queue: a retransmit)
	}
	if in != nil && in.SegLen() > 0 && !in.Flags.Has(SYN) && before(in.Seq, c.rcvNxt) &&
		do&(Challenge|TakeFIN|Start2MSL) == 0 {
		c.ack.quicken(c) // the peer repeats itself: an ACK was lost
	}
	c.emitACK()
}

// mayAnswer is the throttle of RFC 5961 §7; Linux: __tcp_oow_rate_limited.
func (c *Conn) mayAnswer() bool {
	every, now := c.profile().ChallengeEvery, c.net().Now()
	if every == 0 {
		return true
	}
	if c.oowCount == 0 || now-c.oowAnswered >= every {
		c.oowCount, c.oowAnswered = 0, now
	}
	if int(c.oowCount) >= max(c.profile().Challenges, 1) {
		return false
	}
	c.oowCount++
	return true
}

// mayRepeat limits what a segment that arrives makes the connection send again: a SYN,ACK as
// answers to what is not acceptable, a SYN by the number of times that a SYN is sent at all.
func (c *Conn) mayRepeat(e Event) bool {
	switch e {
	case RcvSYNAgain:
		return c.mayAnswer()
	case RcvACKOfUnsent:
		c.retries++
		return c.retries <= c.host.sys.SynRetries+c.host.sys.SynLinear
	}
	return true
}

// sendRST answers a segment with the reset of §3.5.2, whose number is the one that the other end
// must believe, SEG.ACK if there is one; or aborts with <SEQ=SND.NXT><CTL=RST,ACK>.
func (c *Conn) sendRST(in *Segment) {
	if in != nil {
		c.host.answerRST(c, *in)
		return
	}
	c.emit(Segment{Seq: c.sndNxt, Ack: c.rcvNxt, Flags: RST | ACK})
}
