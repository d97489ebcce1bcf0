package fsm

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Sysctls are the settings of a host that change how connections end and how ports are given,
// by the names in /proc/sys/net/ipv4.
type Sysctls struct {
	FinTimeout      time.Duration // tcp_fin_timeout
	TWReuse         int           // tcp_tw_reuse: 0, 1, or 2 for loopback only
	TWReuseDelay    time.Duration // tcp_tw_reuse_delay
	RFC1337         bool          // tcp_rfc1337
	Timestamps      bool          // tcp_timestamps
	SACK            bool          // tcp_sack
	MaxTWBuckets    int           // tcp_max_tw_buckets
	OrphanRetries   int           // tcp_orphan_retries; 0 means 8
	Retries2        int           // tcp_retries2
	SynRetries      int           // tcp_syn_retries
	SynLinear       int           // tcp_syn_linear_timeouts
	SynACKRetries   int           // tcp_synack_retries
	PortLow         int           // ip_local_port_range
	PortHigh        int
	Reserved        []PortRange // ip_local_reserved_ports: neither bind to port 0 nor connect chooses them
	AutobindReuse   bool        // ip_autobind_reuse
	UnprivPortStart int         // ip_unprivileged_port_start
	NonlocalBind    bool        // ip_nonlocal_bind
	SomaxConn       int         // net.core.somaxconn

	// Buffers (tcp_rmem, tcp_wmem: least, first, most).
	RMem, WMem       [3]int
	RMemMax, WMemMax int // net.core.rmem_max, wmem_max: what SO_RCVBUF and SO_SNDBUF may ask for
	ModerateRcvBuf   bool
	WindowScaling    bool

	// The clocks of a living connection.
	KeepaliveTime   time.Duration // tcp_keepalive_time
	KeepaliveIntvl  time.Duration // tcp_keepalive_intvl
	KeepaliveProbes int           // tcp_keepalive_probes
	Retries1        int           // tcp_retries1: when the route is doubted; nothing here depends on it

	// The queue at the door.
	SynCookies      int  // tcp_syncookies: 0 never, 1 when the request queue is full, 2 always
	AbortOnOverflow bool // tcp_abort_on_overflow
	MaxSynBacklog   int  // tcp_max_syn_backlog
	MaxOrphans      int  // tcp_max_orphans
}

func defaultSysctls(p *Profile) Sysctls {
	s := Sysctls{
		FinTimeout: p.FinWait2, TWReuse: 2, TWReuseDelay: time.Second, Timestamps: p.Timestamps, SACK: true,
		MaxTWBuckets: 262144, Retries2: 15, SynRetries: 6, SynLinear: 4, SynACKRetries: 5,
		PortLow: 32768, PortHigh: 60999, UnprivPortStart: 1024, SomaxConn: 4096,
		RMem: [3]int{4096, 131072, 33554432}, WMem: [3]int{4096, 16384, 4194304}, RMemMax: 4194304, WMemMax: 4194304,
		ModerateRcvBuf: true, WindowScaling: true,
		KeepaliveTime: 2 * time.Hour, KeepaliveIntvl: 75 * time.Second, KeepaliveProbes: 9, Retries1: 3,
		SynCookies: 1, MaxSynBacklog: 4096, MaxOrphans: 262144,
	}
	if p.PortLow > 0 {
		s.PortLow, s.PortHigh = p.PortLow, cmp.Or(p.PortHigh, 65535)
	}
	if p.SynTimeouts > 0 {
		s.SynRetries, s.SynLinear = 0, p.SynTimeouts
	}
	if p.lacks("tcp_syn_linear_timeouts") {
		s.SynLinear = 0
	}
	if p.AnyAddress {
		s.NonlocalBind, s.UnprivPortStart = true, 0
	}
	return s
}

// sysctl is one settable key: its bounds, and where it goes.
type sysctl struct {
	min, max int
	set      func(*Sysctls, int)
}

const anyInt = 1<<31 - 1

var sysctls = map[string]sysctl{
	"tcp_fin_timeout": {-anyInt - 1, anyInt,
		func(s *Sysctls, v int) { s.FinTimeout = time.Duration(v) * time.Second }},
	"tcp_tw_reuse": {0, 2, func(s *Sysctls, v int) { s.TWReuse = v }},
	"tcp_tw_reuse_delay": {1, 60000, func(s *Sysctls,
		v int) {
		s.TWReuseDelay = time.Duration(v) * time.Millisecond
	}},
	"tcp_rfc1337":                {0, 255, func(s *Sysctls, v int) { s.RFC1337 = v != 0 }},
	"tcp_timestamps":             {0, 255, func(s *Sysctls, v int) { s.Timestamps = v != 0 }},
	"tcp_sack":                   {0, 255, func(s *Sysctls, v int) { s.SACK = v != 0 }},
	"tcp_max_tw_buckets":         {-anyInt - 1, anyInt, func(s *Sysctls, v int) { s.MaxTWBuckets = v }},
	"tcp_orphan_retries":         {0, 255, func(s *Sysctls, v int) { s.OrphanRetries = v }},
	"tcp_retries2":               {0, 255, func(s *Sysctls, v int) { s.Retries2 = v }},
	"tcp_syn_retries":            {1, 127, func(s *Sysctls, v int) { s.SynRetries = v }},
	"tcp_syn_linear_timeouts":    {0, 127, func(s *Sysctls, v int) { s.SynLinear = v }},
	"tcp_synack_retries":         {0, 255, func(s *Sysctls, v int) { s.SynACKRetries = v }},
	"ip_autobind_reuse":          {0, 1, func(s *Sysctls, v int) { s.AutobindReuse = v != 0 }},
	"ip_unprivileged_port_start": {0, 65535, func(s *Sysctls, v int) { s.UnprivPortStart = v }},
	"ip_nonlocal_bind":           {0, 255, func(s *Sysctls, v int) { s.NonlocalBind = v != 0 }},
	"somaxconn":                  {0, anyInt, func(s *Sysctls, v int) { s.SomaxConn = v }},
	"tcp_moderate_rcvbuf":        {0, 255, func(s *Sysctls, v int) { s.ModerateRcvBuf = v != 0 }},
	"tcp_window_scaling":         {0, 255, func(s *Sysctls, v int) { s.WindowScaling = v != 0 }},
	"tcp_keepalive_time": {-anyInt - 1, anyInt,
		func(s *Sysctls, v int) { s.KeepaliveTime = time.Duration(v) * time.Second }},
	"tcp_keepalive_intvl": {-anyInt - 1, anyInt,
		func(s *Sysctls, v int) { s.KeepaliveIntvl = time.Duration(v) * time.Second }},
	"tcp_keepalive_probes":  {0, 255, func(s *Sysctls, v int) { s.KeepaliveProbes = v }},
	"tcp_retries1":          {0, 255, func(s *Sysctls, v int) { s.Retries1 = v }},
	"tcp_syncookies":        {0, 255, func(s *Sysctls, v int) { s.SynCookies = v }},
	"tcp_abort_on_overflow": {0, 255, func(s *Sysctls, v int) { s.AbortOnOverflow = v != 0 }},
	"tcp_max_syn_backlog":   {-anyInt - 1, anyInt, func(s *Sysctls, v int) { s.MaxSynBacklog = v }},
	"tcp_max_orphans":       {-anyInt - 1, anyInt, func(s *Sysctls, v int) { s.MaxOrphans = v }},
}

// goneSysctls are keys that old advice still names, and the version of Linux that took them out.
var goneSysctls = map[string]string{
	"tcp_tw_recycle": "4.12",
}

// SetSysctl sets a key to a value as the kernel writes it. EINVAL for a value that the kernel would
// refuse, ENOENT for a key that the profile's release does not have; an error for one that the
// model does not know.
func (h *Host) SetSysctl(key, value string) (Errno, error) {
	if h.net.profile.lacks(key) {
		return ENOENT, nil
	}
	f := strings.Fields(value)
	switch key {
	case "ip_local_port_range":
		return h.setPortRange(f), nil
	case "ip_local_reserved_ports":
		return h.setReserved(value), nil
	case "tcp_rmem":
		return setThree(&h.sys.RMem, f), nil
	case "tcp_wmem":
		return setThree(&h.sys.WMem, f), nil
	}
	s, ok := sysctls[key]
	if since := goneSysctls[key]; since != "" {
		return "", fmt.Errorf("sysctl: Linux has had no %s since %s", key, since)
	}
	if !ok {
		return "", fmt.Errorf("sysctl: the model does not know %s", key)
	}
	if len(f) != 1 {
		return EINVAL, nil
	}
	v, err := strconv.Atoi(f[0])
	if err != nil || v < s.min || v > s.max {
		return EINVAL, nil
	}
	s.set(&h.sys, v)
	return "", nil
}

// Sysctls returns the host's settings as they are now.
func (h *Host) Sysctls() Sysctls { return h.sys }

func (h *Host) setPortRange(f []string) Errno {
	if len(f) != 2 {
		return EINVAL
	}
	low, err1 := strconv.Atoi(f[0])
	high, err2 := strconv.Atoi(f[1])
	if err1 != nil || err2 != nil || low < 1 || high > 65535 || high < low || low < h.sys.UnprivPortStart {
		return EINVAL
	}
	h.sys.PortLow, h.sys.PortHigh = low, high
	return ""
}

// PortRange is the ports from Low to High.
type PortRange struct{ Low, High uint16 }

// setReserved reads a list such as "8080,9148-9150" (proc_do_large_bitmap).
func (h *Host) setReserved(value string) Errno {
	var list []PortRange
	for _, item := range strings.Split(strings.TrimSpace(value), ",") {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		low, err1 := strconv.ParseUint(first, 10, 16)
		high, err2 := strconv.ParseUint(last, 10, 16)
		if err1 != nil || err2 != nil || low > high {
			return EINVAL
		}
		list = append(list, PortRange{uint16(low), uint16(high)})
	}
	h.sys.Reserved = list
	return ""
}

func (s *Sysctls) reserved(port uint16) bool {
	for _, r := range s.Reserved {
		if r.Low <= port && port <= r.High {
			return true
		}
	}
	return false
}

// setThree sets the least, first and largest size of a buffer. A missing one keeps its value, as
// when fewer numbers are written to /proc (proc_dointvec_minmax).
func setThree(to *[3]int, f []string) Errno {
	if len(f) == 0 || len(f) > 3 {
		return EINVAL
	}
	v := *to
	for i, s := range f {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > anyInt {
			return EINVAL
		}
		v[i] = n
	}
	*to = v
	return ""
}
