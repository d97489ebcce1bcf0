package fsm

import "time"

// ackState decides when data is acknowledged: at once at the start of a flow and when segments are
// full, else by a timer, in the hope that there will be data to put the ACK on (RFC 1122 §4.2.3.2;
// Linux: tcp_event_data_recv, __tcp_ack_snd_check, tcp_send_delayed_ack).
type ackState struct {
	quick    int  // ACKs still to be sent at once
	pushed   int  // small segments that came, up to two
	pingpong bool // the connection talks both ways: delay
	pending  bool // an ACK is owed
	now      bool // the next one may not wait
	ato      time.Duration
	lastData time.Duration
	mss      uint32 // rcv_mss: of what comes, by the largest segment so far
	lastSize uint32 // last_seg_size: of a segment smaller than that
}

const firstRcvMSS = 536 // rcv_mss before a larger segment was seen

// received notes data in order (tcp_event_data_recv, tcp_measure_rcv_mss).
func (a *ackState) received(c *Conn, s Segment) {
	now := c.net().Now()
	a.pending = true
	a.measure(c, s)
	c.measureReceiver(s)
	const minATO = 40 * time.Millisecond
	switch m := now - a.lastData; {
	case a.ato == 0:
		a.ato = minATO
		a.raise(c)
	case m <= minATO/2:
		a.ato = a.ato/2 + minATO/2
	case m < a.ato:
		a.ato = min(a.ato/2+m, c.rto)
	case m > c.rto:
		a.raise(c)
	}
	a.lastData = now
	c.growLimit(s.Len)
}

// measure is tcp_measure_rcv_mss: which size of segment is a full one.
func (a *ackState) measure(c *Conn, s Segment) {
	last := a.lastSize
	a.lastSize = 0
	if s.Len >= a.size() {
		if s.Len != a.size() {
			c.measureSegment(s.Len)
		}
		a.mss = min(s.Len, c.maxSegment())
		if s.Flags.Has(PSH) {
			a.pushed = max(a.pushed, 1)
		}
		return
	}
	header := uint32(20)
	if s.HasTS {
		header += 12
	}
	if s.Len+header >= firstRcvMSS+20 || s.Len+header >= 88+20 && s.Flags&(FIN|SYN|PSH) == 0 {
		if a.lastSize = s.Len; s.Len == last { // two of a size: that is the sender's MSS
			a.mss = s.Len
			return
		}
	}
	a.pushed = min(a.pushed+1, 2)
}

// size is rcv_mss; a connection that was not settled yet has its first value.
func (a *ackState) size() uint32 {
	if a.mss == 0 {
		return firstRcvMSS
	}
	return a.mss
}

// raise is tcp_incr_quickack: so many ACKs at once as half the window has segments.
func (a *ackState) raise(c *Conn) {
	n := int(c.rcvWnd / (2 * a.size()))
	if n == 0 {
		n = 2
	}
	a.quick = max(a.quick, min(n, 16))
}

// quicken is tcp_enter_quickack_mode.
func (a *ackState) quicken(c *Conn) {
	a.raise(c)
	a.pingpong, a.ato = false, 40*time.Millisecond
}

func (a *ackState) enterPingpong() { a.pending, a.pingpong = true, true }

// sentData notes an answer that came soon after what it answers.
func (a *ackState) sentData(c *Conn) {
	if a.ato > 0 && c.net().Now()-a.lastData < a.ato {
		a.pingpong = true
	}
}

// sent notes that an ACK has gone out, by itself or on data.
func (a *ackState) sent(c *Conn) {
	if a.quick > 0 && a.pending {
		if a.quick--; a.quick == 0 {
			a.ato = 40 * time.Millisecond
		}
	}
	a.pending, a.pushed, a.now = false, 0, false
	c.stopTimer(timerDelayedACK)
}

// acknowledge sends the ACK that is owed, now or by the timer.
func (c *Conn) acknowledge() {
	p, a := c.profile(), &c.ack
	if c.fillsGap() { // one ACK for all that has become contiguous, see drain
		a.pending = true
		return
	}
	if p.DelayedACK == 0 || a.now || a.quick > 0 && !a.pingpong || c.overdue() && (c.unread == 0 || c.windowHolds()) {
		c.emitACK()
		return
	}
	a.pending = true
	wait := min(a.ato, p.DelayedACK)
	wait = roundUp(wait+1, p.Tick) // the timer wheel never fires early
	if old := c.due[timerDelayedACK]; old != never && old <= c.net().Now()+wait {
		return
	}
	c.setTimer(timerDelayedACK, wait)
}

// overdue reports whether more than a full segment has not been acknowledged.
func (c *Conn) overdue() bool { return c.rcvNxt-c.rcvWup > c.ack.size() }

// readerDrained is tcp_cleanup_rbuf: having read all, the user makes the owed ACK go out.
func (c *Conn) readerDrained() {
	a := &c.ack
	drained := c.unread == 0 && !c.finUnread
	if a.pending && (c.overdue() || drained && (a.pushed > 1 || a.pushed == 1 && !a.pingpong)) || c.windowOpens() {
		c.emitACK()
	}
}

// ackDelayed is the delayed-ACK timer.
func (c *Conn) ackDelayed() {
	a := &c.ack
	if a.pingpong {
		a.pingpong, a.ato = false, 40*time.Millisecond
	} else {
		a.ato = min(a.ato*2, c.rto)
	}
	c.take(TimeoutDelayedACK, nil)
}

func roundUp(d, tick time.Duration) time.Duration {
	if tick <= 0 {
		return d
	}
	return (d + tick - 1) / tick * tick
}
