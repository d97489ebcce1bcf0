package paste

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// endpoint reads an address with a port behind the last sep: ":" of most tools, "." of the BSDs'
// netstat. family says what "*" stands for.
func endpoint(s, sep string, family int) (e Endpoint, ok bool) {
	e.Text = s
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return e, false
	}
	host, port := s[:i], s[i+len(sep):]
	if e.Port, ok = readPort(port); !ok {
		return e, false
	}
	e.Addr, ok = readHost(host, family)
	return e, ok
}

// readPort reads a number, "*" for none, or the name of a service.
func readPort(s string) (uint16, bool) {
	if s == "*" || s == "ANY" {
		return 0, true
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return uint16(n), true
	}
	if s == "" || !letter(s[0]) || len(s) > 32 {
		return 0, false
	}
	n, err := net.LookupPort("tcp", s)
	if err != nil {
		if n, err = net.LookupPort("udp", s); err != nil {
			return 0, false
		}
	}
	return uint16(n), true
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// readHost reads an address: in brackets or not, with a zone or the device that ss puts behind "%",
// or cut off by a column's width. The name of a host is no address and yet all right.
func readHost(host string, family int) (a netip.Addr, ok bool) {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	base, zone, zoned := strings.Cut(host, "%")
	base = strings.TrimSuffix(strings.TrimPrefix(base, "["), "]")
	switch base {
	case "*", "", "ANY", "*.*":
		if base == "" && !zoned {
			return a, false
		}
		if family == 6 {
			return netip.IPv6Unspecified(), true
		}
		return netip.IPv4Unspecified(), true
	case "localhost":
		if family == 6 {
			return netip.IPv6Loopback(), true
		}
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	if a, err := netip.ParseAddr(base); err == nil {
		if zoned && a.Is6() && a.IsLinkLocalUnicast() {
			a = a.WithZone(zone)
		}
		return a, true
	}
	return netip.Addr{}, hostName(base)
}

// hostName reports whether a text can be the name of a host, or an address of which the end was cut
// off.
func hostName(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_' && c != ':' {
			return false
		}
	}
	return true
}

// number reads a count.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

// familyOf is the family of an address, if the output did not tell another.
func familyOf(told int, e Endpoint) int {
	switch {
	case told != 0:
		return told
	case !e.Addr.IsValid():
		return 0
	case e.Addr.Is4():
		return 4
	}
	return 6
}
