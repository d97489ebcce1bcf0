package fsm

// Reno (RFC 5681), and how Linux lets a congestion window go that is not used.

// validateCwnd notes how much of the congestion window is used (tcp_cwnd_validate): one that is not
// used does not grow.
func (c *Conn) validateCwnd(limited bool) {
	o := &c.out
	if !before(c.sndUna, o.usageEnd) || limited || !o.limited && len(c.sent) > o.mostOut {
		o.limited, o.mostOut, o.usageEnd = limited, len(c.sent), c.sndNxt
	}
	now := c.net().Now()
	if c.cwndLimited() {
		o.mostUsed, o.usedAt = 0, now
		return
	}
	o.mostUsed = max(o.mostUsed, len(c.sent))
	if c.profile().Buffers != BuffersLinux || now-o.usedAt < c.rto {
		return
	}
	if used := max(o.mostUsed, 10); c.open && !o.full && !o.inLoss { // tcp_cwnd_application_limited
		if used < c.cwnd {
			if o.ssthresh > 0 {
				o.ssthresh = max(o.ssthresh, c.cwnd*3/4)
			}
			c.cwnd = (c.cwnd + used) / 2
		}
		o.mostUsed = 0
	}
	o.usedAt = now
}

// cwndLimited is tcp_is_cwnd_limited: in slow start it is enough that half of the window is used.
func (c *Conn) cwndLimited() bool {
	o := &c.out
	return o.limited || (o.ssthresh == 0 || c.cwnd < o.ssthresh) && c.cwnd < 2*o.mostOut
}

// grow is Reno's answer to n acknowledged segments (tcp_reno_cong_avoid): one more for each in slow
// start, then one a window.
func (c *Conn) grow(n int) {
	o := &c.out
	slow := o.ssthresh == 0 || c.cwnd < o.ssthresh
	if !c.cwndLimited() {
		return
	}
	if slow {
		to := c.cwnd + n
		if o.ssthresh > 0 {
			to = min(to, o.ssthresh)
		}
		n -= to - c.cwnd
		c.cwnd = to
	}
	if n > 0 {
		if o.acked += n; o.acked >= c.cwnd {
			o.acked -= c.cwnd
			c.cwnd++
		}
	}
}

// restart shrinks a congestion window that has not been used for a while
// (tcp_slow_start_after_idle_check).
func (c *Conn) restart() {
	idle := c.net().Now() - c.out.sentData
	if c.profile().Buffers != BuffersLinux || len(c.sent) > 0 || c.out.sentData == 0 || idle <= c.rto {
		return
	}
	if o := &c.out; o.ssthresh > 0 {
		o.ssthresh = max(o.ssthresh, c.cwnd*3/4)
	}
	least := min(10, c.cwnd)
	for idle -= c.rto; idle > 0 && c.cwnd > least; idle -= c.rto {
		c.cwnd /= 2
	}
	c.cwnd = max(c.cwnd, least)
}
