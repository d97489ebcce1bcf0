package doctor

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readLimits reads the calling thread's network namespace.
func readLimits() limits {
	lim := linuxLimits
	number := func(name string, to *int) {
		if n, err := strconv.Atoi(strings.TrimSpace(sysctl(name))); err == nil {
			*to = n
		}
	}
	var seconds, milliseconds int = int(lim.finTimeout / time.Second), int(lim.rtoMax / time.Millisecond)
	number("tcp_fin_timeout", &seconds)
	number("tcp_orphan_retries", &lim.orphanRetries)
	number("tcp_retries2", &lim.retries2)
	number("tcp_syn_retries", &lim.synRetries)
	number("tcp_syn_linear_timeouts", &lim.synLinear)
	number("tcp_rto_max_ms", &milliseconds)
	lim.finTimeout, lim.rtoMax = time.Duration(seconds)*time.Second, time.Duration(milliseconds)*time.Millisecond
	var res unix.Timespec
	if unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &res) == nil && res.Nano() > 0 {
		lim.tick = time.Duration(res.Nano())
	}
	return lim
}
