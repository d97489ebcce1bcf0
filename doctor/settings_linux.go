package doctor

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readSettings reads what concerns a port; what cannot be read keeps the kernel's default.
func readSettings(port uint16) Settings {
	s := Settings{EphemeralLow: 32768, EphemeralHigh: 60999, UnprivilegedStart: 1024, FinTimeout: time.Minute,
		Kernel: release()}
	if f := strings.Fields(sysctl("ip_local_port_range")); len(f) == 2 {
		low, err1 := strconv.Atoi(f[0])
		high, err2 := strconv.Atoi(f[1])
		if err1 == nil && err2 == nil {
			s.EphemeralLow, s.EphemeralHigh = low, high
		}
	}
	s.Ephemeral = int(port) >= s.EphemeralLow && int(port) <= s.EphemeralHigh
	s.ReservedPorts = strings.TrimSpace(sysctl("ip_local_reserved_ports"))
	s.Reserved = inRanges(s.ReservedPorts, int(port))
	s.UnprivilegedStart = unprivilegedStart()
	if n, err := strconv.Atoi(strings.TrimSpace(sysctl("tcp_fin_timeout"))); err == nil {
		s.FinTimeout = time.Duration(n) * time.Second
	}
	s.MayBindPrivileged = mayBindPrivileged()
	return s
}

// unprivilegedStart is the first port that needs no rights.
func unprivilegedStart() int {
	if n, err := strconv.Atoi(strings.TrimSpace(sysctl("ip_unprivileged_port_start"))); err == nil {
		return n
	}
	return 1024
}

// sysctl reads a setting of the calling thread's network namespace.
func sysctl(name string) string {
	b, _ := readSome("/proc/sys/net/ipv4/" + name)
	return string(b)
}

// mayBindPrivileged reports whether the calling thread has CAP_NET_BIND_SERVICE.
func mayBindPrivileged() bool {
	status, err := readSome("/proc/thread-self/status")
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(status, []byte("\nCapEff:"))
	var caps uint64
	if _, err := fmt.Sscanf(string(rest), "%x", &caps); err != nil {
		return false
	}
	return caps&(1<<unix.CAP_NET_BIND_SERVICE) != 0
}

func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
