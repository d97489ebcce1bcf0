package script

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hosts are the names of a lab's hosts, and the addresses that each stands for: of IPv4, and of IPv6 if
// it has one. nil are the two that every lab has.
type hosts map[string][]netip.Addr

var everyLabs = hosts{
	"server": {netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.MustParseAddr("fd00::1")},
	"client": {netip.AddrFrom4([4]byte{10, 0, 0, 2}), netip.MustParseAddr("fd00::2")},
}

// words lists the names, the two that every lab has first.
func (h hosts) words() []string {
	return append([]string{"server", "client"}, slices.Sorted(maps.Keys(h))...)
}

// of is the IPv4 address of a name.
func (h hosts) of(name string) (netip.Addr, bool) {
	a := h[name]
	if len(a) == 0 {
		a = everyLabs[name]
	}
	if len(a) == 0 {
		return netip.Addr{}, false
	}
	return a[0], true
}

// taken reports whether an address is one of theirs.
func (h hosts) taken(a netip.Addr) bool {
	for _, all := range []hosts{h, everyLabs} {
		for _, own := range all {
			if slices.Contains(own, a) {
				return true
			}
		}
	}
	return false
}

// maxHosts bounds the hosts that a script declares.
const maxHosts = 6

// MaxDelay is the longest wait that a script may ask for: ten years of 365 days.
const MaxDelay = 10 * 365 * 24 * time.Hour

// ParseAddrPort reads an address with a port as a script has it, or as ss, netstat and lsof print it:
// "10.0.0.1:80", "[::1]:80", "::1:80", "localhost:80", ":80" and "*:80" (both the IPv4 wildcard), ":::80"
// (the IPv6 wildcard). The error names the part that is wrong.
func ParseAddrPort(s string) (netip.AddrPort, error) {
	a, wrong := parseAddr(s, nil)
	if wrong != "" {
		return netip.AddrPort{}, errors.New(wrong)
	}
	return a.AddrPort, nil
}

// ParseIP reads an address without a port: what [netip.ParseAddr] does, one of IPv6 in brackets too,
// "localhost" (127.0.0.1) and "*" (0.0.0.0).
func ParseIP(s string) (netip.Addr, error) {
	if ip, ok := resolvers[s]; ok {
		return ip, nil
	}
	if bare, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(bare, "]") {
		ip, err := netip.ParseAddr(strings.TrimSuffix(bare, "]"))
		if err != nil || !ip.Is6() {
			return netip.Addr{}, fmt.Errorf("bad IPv6 address in %q", Clip(s))
		}
		return ip, nil
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%q is no address", Clip(s))
	}
	return ip, nil
}

// resolvers are the words for addresses that every tool knows.
var resolvers = map[string]netip.Addr{
	"*":         netip.IPv4Unspecified(),
	"localhost": netip.AddrFrom4([4]byte{127, 0, 0, 1}),
}

// parseAddr reads "server:7865", ":7865" and "*:7865" (the IPv4 wildcard), ":::7865" and "::1:7865" (as
// netstat prints them), "[::1]:7865", "127.0.0.1:7865" or "localhost:7865". wrong says what is wrong, or
// is "".
func parseAddr(s string, known hosts) (a Addr, wrong string) {
	i := strings.LastIndex(s, ":")
	if i < 0 {
		if _, err := strconv.ParseUint(s, 10, 16); err == nil {
			return Addr{}, fmt.Sprintf("address %q has no colon, did you mean :%s?", s, s)
		}
		if _, ok := known.of(s); ok {
			return Addr{}, fmt.Sprintf("address %q has no port, expected %s:PORT", s, s)
		}
		return Addr{}, fmt.Sprintf("bad address %q, expected HOST:PORT, :PORT or [IPV6]:PORT", Clip(s))
	}
	host, port := s[:i], s[i+1:]
	n, err := strconv.ParseUint(port, 10, 64)
	if err != nil || n > 65535 {
		return Addr{}, fmt.Sprintf("bad port %q in address %q, expected 0 to 65535", Clip(port), Clip(s))
	}
	ip, wrong := parseHost(host, s, known)
	if wrong != "" {
		return Addr{}, wrong
	}
	return Addr{AddrPort: netip.AddrPortFrom(ip, uint16(n)), Set: true}, ""
}

// parseHost reads the part of the address whole that stands before the port.
func parseHost(host, whole string, known hosts) (netip.Addr, string) {
	if host == "" {
		return netip.IPv4Unspecified(), ""
	}
	if ip, ok := known.of(host); ok {
		return ip, ""
	}
	if ip, ok := resolvers[host]; ok {
		return ip, ""
	}
	// netstat prints ":::80" and "::1:80": what stands behind the last colon is the port.
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() && ip.Zone() == "" {
		return ip, ""
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		ip, err := netip.ParseAddr(host[1 : len(host)-1])
		if err == nil && ip.Is6() && ip.Zone() == "" {
			return ip, ""
		}
		return netip.Addr{}, fmt.Sprintf("bad IPv6 address in %q", Clip(whole))
	}
	if strings.ContainsAny(host, ":[]") {
		if strings.Count(host, ":") > 1 {
			return netip.Addr{}, fmt.Sprintf("bad address %q, an IPv6 address stands in brackets: [::1]:7865", Clip(whole))
		}
		return netip.Addr{}, fmt.Sprintf("bad address %q, expected HOST:PORT, :PORT or [IPV6]:PORT", Clip(whole))
	}
	if host[0] >= '0' && host[0] <= '9' || strings.Count(host, ".") == 3 {
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return netip.Addr{}, fmt.Sprintf("bad IPv4 address in %q", Clip(whole))
		}
		return ip, ""
	}
	return netip.Addr{}, Unknown("host", host, known.words())
}

// parseDuration reads "0", "100ms", "10s", "3m47s". wrong says what is wrong, or is "".
func parseDuration(what, s string) (d time.Duration, wrong string) {
	d, err := time.ParseDuration(s)
	if err != nil {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return 0, fmt.Sprintf("%s %q has no unit, did you mean %ss?", what, Clip(s), Clip(s))
		}
		if longDuration.MatchString(s) {
			return 0, tooLong(what, s)
		}
		return 0, fmt.Sprintf("bad %s %q, expected a number and ms, s, m or h: 100ms, 10s, 3m47s", what, Clip(s))
	}
	if d > MaxDelay {
		return 0, tooLong(what, s)
	}
	return d, ""
}

// longDuration matches what is spelled as a duration. time.ParseDuration refuses one beyond 292 years
// in the same words as one that is misspelled.
var longDuration = regexp.MustCompile(`^([0-9]+(\.[0-9]*)?(ms|us|ns|s|m|h))+$`)

func tooLong(what, s string) string {
	return fmt.Sprintf("%s %q is too long: at most %.0fh, which is ten years", what, Clip(s), MaxDelay.Hours())
}

// parsePositive is parseDuration for what cannot be negative.
func parsePositive(what, s string) (time.Duration, string) {
	d, wrong := parseDuration(what, s)
	if wrong == "" && d < 0 {
		return 0, fmt.Sprintf("%s %q is negative", what, Clip(s))
	}
	return d, wrong
}
