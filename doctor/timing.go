package doctor

import (
	"math/bits"
	"time"

	"fourwave/fsm"
)

// limits are the sysctls of the socket's network namespace that bound how long the kernel goes on
// with a connection.
type limits struct {
	finTimeout    time.Duration // tcp_fin_timeout
	orphanRetries int           // tcp_orphan_retries
	retries2      int           // tcp_retries2
	synRetries    int           // tcp_syn_retries
	synLinear     int           // tcp_syn_linear_timeouts
	rtoMax        time.Duration // tcp_rto_max_ms; 120 s before Linux 6.15
	tick          time.Duration // 1/HZ
}

// Linux's defaults, for what cannot be read.
var linuxLimits = limits{
	finTimeout: time.Minute, retries2: 15, synRetries: 6, synLinear: 4, rtoMax: 120 * time.Second,
	tick: 4 * time.Millisecond,
}

const (
	rtoMin       = 200 * time.Millisecond // TCP_RTO_MIN, which tcp_model_timeout counts in
	timeWaitTime = time.Minute            // TCP_TIMEWAIT_LEN
)

// timing is one connection's timer and what else foretells when the kernel gives it up.
type timing struct {
	state   fsm.State
	timer   Timer
	left    time.Duration // of the timer
	retrans int           // unanswered retransmissions or probes
	rto     time.Duration // icsk_rto; 0: not known
	backoff int           // icsk_backoff
	orphan  bool
	mini    bool
}

// span is when something happens: not before least; by most, unless endless.
type span struct {
	least, most time.Duration
	endless     bool
}

func (s span) later(d, slack time.Duration) span {
	return span{s.least + d, s.most + d + slack, s.endless}
}

// Timer names what a socket waits for.
type Timer string

// The timers, in the words of the experiment script.
const (
	NoTimer         Timer = "none"
	RetransmitTimer Timer = "retransmit"
	KeepaliveTimer  Timer = "keepalive"
	TimeWaitTimer   Timer = "timewait"
	ProbeTimer      Timer = "probe"
)

// maxSteps bounds a prediction: no sysctl lets the kernel try more often before it gives up.
const maxSteps = 512

// silent is when the kernel gives the connection up if the other end never says anything again. ok
// is false where no timer of the kernel ends it.
func (t timing) silent(lim limits) (s span, ok bool) {
	now := span{t.left, t.left + lim.slack(max(t.left, t.armed(lim))), false}
	switch {
	case t.mini:
		return now, true
	case t.state == fsm.FinWait2 && t.orphan && t.timer != NoTimer:
		// tcp_keepalive_timer then goes on as a minisocket for what exceeds TCP_TIMEWAIT_LEN.
		if more := lim.finTimeout - timeWaitTime; more > 0 {
			return now.later(more, lim.slack(more)), true
		}
		return now, true
	case t.timer == RetransmitTimer && t.state == fsm.SynSent:
		return t.synGivenUp(lim), true
	case t.timer == RetransmitTimer:
		return t.retransmitted(lim), true
	case t.timer == ProbeTimer:
		return t.probed(lim, false), true
	}
	return span{}, false
}

// armed is how long the running timer was at the start, as far as that is known.
func (t timing) armed(lim limits) time.Duration {
	switch {
	case t.mini && t.state == fsm.TimeWait:
		return timeWaitTime
	case t.mini:
		return lim.finTimeout
	case t.timer == ProbeTimer:
		return min(t.rto<<min(t.backoff, 20), lim.rtoMax)
	}
	return t.rto
}

// retransmitted foretells the end of a connection whose data or FIN is not acknowledged
// (tcp_write_timeout): it is given up by the first timer that fires when the first retransmission
// is as old as so many doublings of TCP_RTO_MIN.
func (t timing) retransmitted(lim limits) span {
	rto := max(t.rto, rtoMin)
	at := span{t.left, t.left + lim.slack(rto), false}
	var since time.Duration // from the first retransmission to the timer's next firing
	for k, step := 1, rto>>min(t.backoff, 20); k <= t.retrans; k++ {
		step = min(step*2, lim.rtoMax)
		since += step
	}
	for n := t.retrans; n < maxSteps; n++ {
		if n > 0 && since >= lim.patience(t.orphan, rto < lim.rtoMax) {
			if t.retrans == 0 {
				at.most += rtoMin * 2 // the timer may have been that of a tail loss probe
			}
			return at
		}
		if rto = min(rto*2, lim.rtoMax); n == 0 {
			since = 0
		}
		since += rto
		at = at.later(rto, lim.slack(rto))
	}
	at.endless = true
	return at
}

// patience is for how long the kernel retransmits (tcp_orphan_retries, tcp_model_timeout).
func (lim limits) patience(orphan, alive bool) time.Duration {
	n := lim.retries2
	if orphan {
		n = lim.orphanLimit(alive)
	}
	linear := bits.Len(uint(lim.rtoMax/rtoMin)) - 1
	if n <= linear {
		return time.Duration(2<<n-1) * rtoMin
	}
	return time.Duration(2<<linear-1)*rtoMin + time.Duration(n-linear)*lim.rtoMax
}

// orphanLimit is tcp_orphan_retries(): 0 means 8 as long as the RTO has not reached its limit.
func (lim limits) orphanLimit(alive bool) int {
	if lim.orphanRetries == 0 && alive {
		return 8
	}
	return lim.orphanRetries
}

// probed foretells the end of a connection whose other end has closed its window (tcp_probe_timer).
// If probes are answered, a connection that a process has open lives on, and an orphan until its
// RTO has backed off to the limit.
func (t timing) probed(lim limits, answered bool) span {
	rto, backoff, out := max(t.rto, rtoMin), t.backoff, t.retrans
	wait := func() time.Duration { return min(rto<<min(backoff, 20), lim.rtoMax) }
	at := span{t.left, t.left + lim.slack(wait()), false}
	for range maxSteps {
		most := lim.retries2
		if t.orphan {
			alive := wait() < lim.rtoMax
			most = lim.orphanLimit(alive)
			if !alive && backoff >= most {
				return at
			}
		}
		if answered {
			out = 0
		}
		if out >= most {
			return at
		}
		if backoff < lim.retries2 {
			backoff++
		}
		out++
		at = at.later(wait(), lim.slack(wait()))
	}
	at.endless = true
	return at
}

// synGivenUp foretells the end of a connect (tcp_write_timeout): the first timeouts are all alike,
// then they double.
func (t timing) synGivenUp(lim limits) span {
	rto := max(t.rto, rtoMin)
	at := span{t.left, t.left + lim.slack(rto), false}
	for n := t.retrans; n < lim.synRetries+lim.synLinear; n++ {
		if n >= lim.synLinear {
			rto = min(rto*2, lim.rtoMax)
		}
		at = at.later(rto, lim.slack(rto))
	}
	return at
}

// slack is by how much a timer of that length may be late: the kernel's timer wheel keeps 64 slots
// a level, each level eight times as coarse as the one below (kernel/time/timer.c). At HZ=250 a
// timer of 60 s has slots of 2.048 s.
func (lim limits) slack(d time.Duration) time.Duration {
	slot := lim.tick
	for end := 63 * lim.tick; d > end && slot < time.Hour; end *= 8 {
		slot *= 8
	}
	return slot + lim.tick
}
