package fsm

import (
	"slices"
	"time"
)

// The clocks of a connection on which nothing is under way: the zero-window probe and the
// keepalive.

// persistBase is tcp_probe0_base.
func (c *Conn) persistBase() time.Duration { return max(c.rto, c.profile().MinRTO) }

// persistWhen is how long to wait for the next probe: twice as long each time (tcp_probe0_when).
func (c *Conn) persistWhen() time.Duration {
	p, o := c.profile(), &c.out
	d := c.persistBase()
	for n := o.backoff; n > 0 && d < p.MaxRTO; n-- {
		d *= 2
	}
	d = min(d, p.MaxRTO)
	if c.UserTimeout > 0 && o.probesAt != 0 {
		d = min(d, max(c.UserTimeout-(c.net().Now()-o.probesAt), p.Tick)) // tcp_clamp_probe0_to_user_timeout
	}
	return d
}

// answeredProbe is what an ACK of nothing new means where nothing is under way: the window may have
// opened, and else the probe's clock starts again (tcp_ack_probe).
func (c *Conn) answeredProbe() {
	if len(c.sent) > 0 || !c.hasUnsent() {
		return
	}
	if c.headFits() {
		c.out.backoff, c.out.probesAt = 0, 0
		c.stopTimer(timerPersist)
		return
	}
	c.setTimer(timerPersist, c.persistWhen())
}

// headFits reports whether the window has room for the first of what was not sent.
func (c *Conn) headFits() bool {
	room := int32(c.sndUna + c.sndWnd - c.sndNxt)
	if c.unsent == 0 || c.profile().Buffers == BuffersOctets {
		return room > 0
	}
	return int32(c.out.queue[0].n) <= room
}

// persistTimeout is tcp_probe_timer.
func (c *Conn) persistTimeout() {
	o, now := &c.out, c.net().Now()
	if len(c.sent) > 0 || !c.hasUnsent() {
		o.probes, o.probesAt = 0, 0
		return
	}
	if o.probesAt == 0 {
		o.probesAt = max(now, 1)
	} else if c.UserTimeout > 0 && now-o.probesAt >= c.UserTimeout {
		c.take(TimeoutUser, nil)
		return
	}
	limit := c.host.sys.Retries2
	if c.orphaned() {
		alive := c.persistBase()<<min(o.backoff, 20) < c.profile().MaxRTO
		limit = c.orphanRetries(alive)
		if !alive && o.backoff >= limit {
			c.take(TimeoutUser, nil)
			return
		}
	}
	if o.probes >= limit {
		c.take(TimeoutUser, nil)
		return
	}
	c.take(TimeoutPersist, nil)
	if len(c.sent) > 0 || !c.hasUnsent() {
		o.probes, o.backoff, o.probesAt = 0, 0, 0
		return
	}
	o.probes++
	if o.backoff < c.host.sys.Retries2 {
		o.backoff++
	}
	c.setTimer(timerPersist, c.persistWhen())
}

// probe is tcp_write_wakeup: as much of the next data as the window has room for, and if that is
// none, an old sequence number, which must be answered. Where a buffer holds octets the probe is
// one octet, or the FIN, beyond the window (RFC 9293 §3.8.6.1). Without probes both ends could wait
// for ever: an ACK that opens the window is not sent again when it is lost, because ACKs are not
// acknowledged.
func (c *Conn) probe() {
	room := int32(c.sndUna + c.sndWnd - c.sndNxt)
	switch {
	case c.profile().Buffers == BuffersOctets && c.unsent > 0:
		c.sendPart(1, c.unsent == 1)
	case c.profile().Buffers == BuffersOctets && c.hasUnsent():
		c.finSent = true
		c.push(Segment{Seq: c.sndNxt, Flags: FIN | ACK})
	case room > 0 && c.unsent > 0:
		n := min(uint32(room), c.out.queue[0].n, c.mss())
		if c.out.queue[0].push = true; n < c.out.queue[0].n {
			c.out.queue = slices.Insert(c.out.queue, 0, portion{n, true})
			c.out.queue[1].n -= n
		}
		c.sendPart(n, n == c.unsent)
	default:
		c.emit(Segment{Seq: c.sndUna - 1, Flags: ACK})
	}
}

// orphaned is SOCK_DEAD: no process has the connection any more.
func (c *Conn) orphaned() bool { return !c.open && c.noWriter }

// orphanRetries is tcp_orphan_retries. alive says that the timeout has not backed off to its limit.
func (c *Conn) orphanRetries(alive bool) int {
	n := c.host.sys.OrphanRetries
	if c.softErr != "" && !alive {
		n = 0 // an ICMP error says that something is wrong
	}
	if n == 0 && alive {
		n = 8
	}
	return n
}

// keepIdle, keepIntvl and keepCnt are the socket's own or the system's.
func (c *Conn) keepIdle() time.Duration {
	if c.KeepIdle > 0 {
		return c.KeepIdle
	}
	return c.host.sys.KeepaliveTime
}

func (c *Conn) keepIntvl() time.Duration {
	if c.KeepIntvl > 0 {
		return c.KeepIntvl
	}
	return c.host.sys.KeepaliveIntvl
}

func (c *Conn) keepCnt() int {
	if c.KeepCnt > 0 {
		return c.KeepCnt
	}
	return c.host.sys.KeepaliveProbes
}

// startKeepalive starts the clock if the option is set: when the connection is made, or when the
// option is set on a live one (tcp_set_keepalive).
func (c *Conn) startKeepalive() {
	if c.KeepAlive {
		c.setTimer(timerKeepalive, c.keepIdle())
	}
}

// heardAgo is how long the peer has been silent (keepalive_time_elapsed).
func (c *Conn) heardAgo() time.Duration {
	return c.net().Now() - max(c.ack.lastData, c.out.heardACK)
}

// keepaliveTimeout is tcp_keepalive_timer. While something is under way the retransmission timer
// watches over the connection, not this one.
func (c *Conn) keepaliveTimeout() {
	if !c.KeepAlive || c.state == Closed || c.state == SynSent || c.mini {
		return
	}
	idle := c.keepIdle()
	if len(c.sent) > 0 || c.hasUnsent() {
		c.setTimer(timerKeepalive, idle)
		return
	}
	ago := c.heardAgo()
	if ago < idle {
		c.setTimer(timerKeepalive, idle-ago)
		return
	}
	o := &c.out
	if c.UserTimeout > 0 && ago >= c.UserTimeout && o.probes > 0 || c.UserTimeout == 0 && o.probes >= c.keepCnt() {
		c.take(TimeoutKeepaliveOver, nil)
		return
	}
	c.take(TimeoutKeepalive, nil)
	o.probes++
	c.setTimer(timerKeepalive, c.keepIntvl())
}

// setKeepalive is what setting SO_KEEPALIVE or TCP_KEEPIDLE does to a live connection: the clock
// counts from when the peer was last heard.
func (c *Conn) setKeepalive(was Options) {
	switch {
	case c.state == Closed || c.state == Listen || c.mini:
	case !c.KeepAlive:
		if was.KeepAlive {
			c.stopTimer(timerKeepalive)
		}
	case !was.KeepAlive:
		c.startKeepalive()
	case c.KeepIdle != was.KeepIdle:
		c.setTimer(timerKeepalive, max(c.keepIdle()-c.heardAgo(), 0))
	}
}
