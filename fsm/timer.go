package fsm

import (
	"cmp"
	"math/bits"
	"time"
)

// timer numbers the timers of a connection.
type timer int

const (
	timerRetransmit timer = iota
	timer2MSL             // the end of TIME-WAIT, or of a minisocket in FIN-WAIT-2
	timerFinWait2         // an orphan's FIN-WAIT-2 before it becomes a minisocket
	timerDelayedACK
	timerReorder // RACK waits whether a segment was only overtaken
	timerUser
	timerPersist   // the next zero-window probe
	timerKeepalive // sk_timer, while the connection lives
	timerLinger    // a close() that waits for the ACK of its FIN; see Host.Close
	timers
)

// measure takes a round-trip time (RFC 6298 §2): SRTT <- (1 - alpha) * SRTT + alpha * R',
// alpha=1/8.
func (c *Conn) measure(rtt time.Duration) {
	if c.srtt == 0 {
		c.srtt = max(rtt, time.Microsecond)
	} else {
		c.srtt += (rtt - c.srtt) / 8
	}
}

// setRTO is RFC 6298 §2.3, RTO <- SRTT + max (G, K*RTTVAR), with the variance at its floor: virtual
// wires do not jitter. Linux puts its floor under the variance (tcp_rttvar), so that the round trip
// is added to it; the RFC puts a floor of one second under the sum (§2.4).
func (c *Conn) setRTO() {
	p := c.profile()
	if c.srtt == 0 {
		c.rto = p.InitialRTO
		return
	}
	c.rto = roundUp(c.srtt+p.MinRTO, p.Tick)
	if p.Tick == 0 {
		c.rto = max(c.rto-c.srtt, p.MinRTO)
	}
}

// armRetransmit starts the retransmission timer. Where the profile has a loss probe and more than
// one segment is out, the first time is the probe's: two round trips, but never later than the RTO.
func (c *Conn) armRetransmit() {
	d := c.backedOff()
	if c.UserTimeout > 0 && c.retries > 0 { // tcp_clamp_rto_to_user_timeout
		since := c.firstRetry
		if c.state == SynSent {
			since = c.synAt
		}
		d = min(d, max(c.UserTimeout-(c.net().Now()-since), c.profile().Tick))
	}
	switch {
	case c.mayProbe() && len(c.sent) > 1:
		d = min(d, c.soon(2*c.srtt))
	case c.probed && c.retries == 0 && len(c.sent) > 1:
		d = max(c.sentAt+d-c.net().Now(), c.profile().Tick) // the RTO runs on from the oldest segment
	}
	c.setTimer(timerRetransmit, d)
}

// mayProbe reports whether a loss probe may be sent (tcp_schedule_loss_probe). For a single segment
// it leaves time for a delayed ACK, so that the RTO is never later.
func (c *Conn) mayProbe() bool {
	return c.profile().LossProbe && c.host.sys.SACK && c.srtt > 0 && !c.probed && !c.recovering && c.retries == 0 &&
		c.state != SynSent && c.state != SynReceived
}

// detectLoss is RACK (RFC 8985 §6): something sent later has arrived, so what is missing is taken
// for lost once a round trip and a quarter has passed since it was sent.
func (c *Conn) detectLoss(s Segment) {
	if s.SACK == (Block{}) || c.recovering || len(c.sent) == 0 || !c.profile().LossProbe || !c.host.sys.SACK {
		return
	}
	c.recovering = true
	if left := c.sentAt + c.srtt*5/4 - c.net().Now(); left > 0 {
		c.setTimer(timerReorder, c.soon(left))
		return
	}
	c.retransmit()
	c.setTimer(timerRetransmit, c.backedOff())
}

// soon is a delay as the timers of RACK and the loss probe keep it: with TCP_TIMEOUT_MIN_US, two
// milliseconds, and the tick that has begun.
func (c *Conn) soon(d time.Duration) time.Duration {
	p := c.profile()
	return roundUp(d+2*time.Millisecond+1, p.Tick) + p.Tick
}

// backedOff is the RTO doubled for every retry so far: "The host MUST set RTO <- RTO * 2 ("back off
// the timer")" (RFC 6298 §5.5). A loss that queues have caused is not cured by sending sooner. A
// SYN's first retries come a second apart (tcp_syn_linear_timeouts).
func (c *Conn) backedOff() time.Duration {
	n := c.retries
	if c.state == SynSent {
		n = max(0, n-c.host.sys.SynLinear)
	}
	d := c.rto
	for ; n > 0 && d < c.profile().MaxRTO; n-- {
		d *= 2
	}
	return min(d, c.profile().MaxRTO)
}

// fire is a timer that has run out.
func (c *Conn) fire(t timer) {
	c.stopTimer(t)
	switch t {
	case timerRetransmit:
		c.retransmitTimeout()
	case timer2MSL:
		if c.state == FinWait2 {
			c.take(TimeoutFinWait2, nil)
		} else {
			c.take(Timeout2MSL, nil)
		}
	case timerFinWait2:
		c.finWait2Timeout()
	case timerDelayedACK:
		c.ackDelayed()
	case timerReorder:
		if len(c.sent) > 0 {
			c.take(TimeoutRetransmit, nil)
			c.setTimer(timerRetransmit, c.backedOff())
		}
	case timerUser:
		c.take(TimeoutUser, nil)
	case timerPersist:
		c.persistTimeout()
	case timerKeepalive:
		c.keepaliveTimeout()
	}
}

func (c *Conn) retransmitTimeout() {
	if c.abandoned() {
		c.host.forget(c)
		return
	}
	if len(c.sent) == 0 {
		return
	}
	now := c.net().Now()
	if c.mayProbe() {
		c.probed = true
		c.take(TimeoutRetransmit, nil)
		c.armRetransmit()
		return
	}
	if c.request {
		c.requestTimeout()
		return
	}
	if c.gaveUp(now) {
		c.take(TimeoutUser, nil)
		return
	}
	if c.retries == 0 {
		c.firstRetry = now
	}
	c.enterLoss()
	c.retries++
	c.take(TimeoutRetransmit, nil)
	c.armRetransmit()
}

// enterLoss is RFC 5681 §3.1 after a timeout: one segment, and the FIN is no exception; all that is
// out is taken for lost (tcp_enter_loss).
func (c *Conn) enterLoss() {
	o := &c.out
	if c.state.Synchronized() && !o.inLoss {
		o.ssthresh = max(c.cwnd/2, 2)
	}
	c.cwnd = 1
	o.inLoss, o.lossEnd, o.lostFrom = true, c.sndNxt, c.sent[0].End()
}

// repairs sends again what is taken for lost, as the congestion window lets it, once an ACK says
// that the first of it has arrived (tcp_process_loss); gone is how many segments that ACK covers.
// It reports false when no loss is being repaired.
func (c *Conn) repairs(ack uint32, gone int) bool {
	o := &c.out
	if !o.inLoss {
		return false
	}
	if !before(ack, o.lossEnd) {
		o.inLoss = false
		return false
	}
	c.cwnd += gone
	if before(o.lostFrom, ack) {
		o.lostFrom = ack
	}
	out := 0
	for i := 0; i < len(c.sent); i++ {
		s := c.sent[i]
		if before(s.Seq, o.lostFrom) || !before(s.Seq, o.lossEnd) {
			out++
			continue
		}
		if out >= c.cwnd {
			break
		}
		c.repeat(i)
		o.lostFrom = c.sent[i].End()
		out++
	}
	return true
}

// gaveUp says whether the connection has been retransmitting for too long: by count for a SYN, and
// by the time that so many doublings of the shortest RTO would take (retransmits_timed_out).
func (c *Conn) gaveUp(now time.Duration) bool {
	sys := c.host.sys
	since := c.firstRetry
	if c.state == SynSent {
		since = c.synAt
	}
	limit, base := sys.Retries2, 200*time.Millisecond
	switch {
	case c.state == SynSent && c.profile().SynTimeouts > 0:
		return c.retries >= c.profile().SynTimeouts
	case c.state == SynSent:
		if limit, base = sys.SynRetries, c.profile().InitialRTO; c.retries >= limit+sys.SynLinear {
			return true
		}
	case c.state == SynReceived:
		if limit, base = sys.SynRetries, c.profile().InitialRTO; c.retries >= limit {
			return true
		}
	case c.orphaned():
		limit = c.orphanRetries(c.backedOff() < c.profile().MaxRTO)
	case c.sndWnd == 0: // the peer shrank its window: as long as it answers, the retries are probes
		return c.zeroWindowOver(now)
	}
	switch {
	case c.retries == 0:
		return false
	case c.UserTimeout > 0:
		return now-since >= c.UserTimeout
	}
	return now-since >= doublings(limit, base)
}

// zeroWindowOver is tcp_rtx_probe0_timed_out.
func (c *Conn) zeroWindowOver(now time.Duration) bool {
	limit := 2 * c.profile().MaxRTO
	if c.retries == 0 {
		return false
	}
	if c.UserTimeout > 0 {
		if now-c.firstRetry > c.UserTimeout {
			return true
		}
		limit = min(limit, c.UserTimeout)
	}
	return now-c.out.heardACK > limit && now-c.firstRetry > limit
}

// doublings is how long n retries take that begin with base and double up to TCP_RTO_MAX
// (tcp_model_timeout).
func doublings(n int, base time.Duration) time.Duration {
	const most = 120 * time.Second
	linear := bits.Len(uint(most/base)) - 1
	if n <= linear {
		return time.Duration(2<<n-1) * base
	}
	return time.Duration(2<<linear-1)*base + time.Duration(n-linear)*most
}

// finTime is tcp_fin_time: how long an orphan may stay in FIN-WAIT-2.
func (c *Conn) finTime() time.Duration {
	d := c.Linger2
	if d == 0 {
		d = c.host.sys.FinTimeout
	}
	return max(d, c.rto*7/2)
}

// orphanFinWait2 bounds the FIN-WAIT-2 of a connection that no descriptor holds any more. Up to a
// minute it waits as a minisocket; what goes beyond is waited for first, and then again
// (__tcp_close and tcp_rcv_state_process; tcp_keepalive_timer).
func (c *Conn) orphanFinWait2() {
	switch p := c.profile(); {
	case p.unsure:
		c.setTimer(timerFinWait2, cmp.Or(p.FinWait2, p.TimeWait)) // by then nobody has written what becomes of it
		return
	case p.FinWait2 == 0:
		return
	case !p.Minisocket:
		c.setTimer(timer2MSL, c.idleClock(p.FinWait2))
		return
	}
	if d := c.finTime(); d > c.profile().TimeWait {
		c.setTimer(timerFinWait2, d-c.profile().TimeWait)
	} else {
		c.shrinkFinWait2(d)
	}
}

func (c *Conn) shrinkFinWait2(d time.Duration) {
	if !c.becomeMini() {
		c.delete()
		return
	}
	c.setTimer(timer2MSL, max(d, c.rto*7/2))
	c.host.changed = true
}

// finWait2Timeout is the first half of a long tcp_fin_timeout.
func (c *Conn) finWait2Timeout() {
	if c.profile().unsure {
		c.unknown = true
		return
	}
	if d := c.finTime() - c.profile().TimeWait; d > 0 && c.Linger2 >= 0 {
		c.shrinkFinWait2(d)
		return
	}
	c.take(UserAbort, nil)
}

// setTimer starts a timer, from the beginning if it runs already.
func (c *Conn) setTimer(t timer, d time.Duration) {
	if t == timerDelayedACK && c.due[t] == never {
		c.net().owed++
	}
	c.due[t] = c.net().Now() + d
	c.net().clock.set(alarm{at: c.due[t], conn: c, timer: t})
	c.touch()
}

// stopTimer turns a timer off. Its alarm stays behind, see Clock.first.
func (c *Conn) stopTimer(t timer) {
	if t == timerDelayedACK && c.due[t] != never {
		c.net().owed--
	}
	c.due[t] = never
	c.touch()
}

// stopTimers turns all timers off.
func (c *Conn) stopTimers() {
	c.stopTimer(timerDelayedACK)
	for t := range c.due {
		c.due[t] = never
	}
}
