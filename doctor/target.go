package doctor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Protocol is what a port belongs to.
type Protocol string

// The protocols.
const (
	TCP Protocol = "tcp"
	UDP Protocol = "udp"
)

// Target is what somebody typed for a port, or for a range of ports.
type Target struct {
	Host      netip.Addr // the zero Addr if none was typed
	Low, High uint16
	Protocol  Protocol
}

// ParseTargets understands what people type for a port: 8080, :8080, localhost:8080,
// 127.0.0.1:8080, [::1]:8080, *:8080, 8080/tcp, 53/udp, udp:53, http, http://localhost:8080/,
// 8000-8010, and several of these with commas between them. Names of services come from the
// system's list; of the names of hosts only localhost is known, and none is looked up.
func ParseTargets(typed string) ([]Target, error) {
	var all []Target
	for one := range strings.SplitSeq(typed, ",") {
		t, err := parseTarget(strings.TrimSpace(one))
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// errNoPort is for what has no port in it.
var errNoPort = errors.New("a port is a number from 1 to 65535, a range such as 8000-8010, or the name of a service")

func parseTarget(typed string) (t Target, err error) {
	s, scheme := typed, ""
	if before, after, ok := strings.Cut(s, "://"); ok {
		scheme = strings.ToLower(before)
		s, _, _ = strings.Cut(after, "/")
		if _, host, ok := strings.Cut(s, "@"); ok {
			s = host
		}
	}
	t.Protocol, s = protocolOf(s)
	if scheme == "udp" {
		t.Protocol = UDP
	}
	host, port := splitTarget(s)
	if t.Host, err = parseHost(host); err != nil {
		if scheme == "" || port != "" {
			return t, fmt.Errorf("%q: %w", typed, err)
		}
		return t, fmt.Errorf("%q: %w", typed, errNoPort)
	}
	if port == "" && scheme != "" && scheme != "tcp" && scheme != "udp" {
		port = scheme
	}
	if t.Low, t.High, err = parsePorts(port, t.Protocol); err != nil {
		return t, fmt.Errorf("%q is no port; %w", typed, err)
	}
	return t, nil
}

// protocolOf takes "/udp" or "udp:" off.
func protocolOf(s string) (Protocol, string) {
	for _, p := range []Protocol{TCP, UDP} {
		name := string(p)
		for _, suffix := range []string{"/" + name, "/" + name + "4", "/" + name + "6"} {
			if len(s) > len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix) {
				return p, s[:len(s)-len(suffix)]
			}
		}
		for _, prefix := range []string{name + ":", name + "/"} {
			if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
				return p, s[len(prefix):]
			}
		}
	}
	return TCP, s
}

// splitTarget takes an address in front of the port off.
func splitTarget(s string) (host, port string) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		if host, port, ok := strings.Cut(rest, "]"); ok {
			return host, strings.TrimPrefix(port, ":")
		}
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		if _, err := netip.ParseAddr(s); err == nil || strings.EqualFold(s, "localhost") {
			return s, ""
		}
		return "", s
	}
	return s[:i], s[i+1:]
}

func parseHost(host string) (netip.Addr, error) {
	switch strings.ToLower(host) {
	case "", "*":
		return netip.Addr{}, nil
	case "localhost":
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return a, fmt.Errorf("%q is no address; names are not looked up, but for localhost", host)
	}
	return a, nil
}

func parsePorts(s string, p Protocol) (low, high uint16, err error) {
	first, last, ranged := strings.Cut(s, "-")
	a, err1 := strconv.ParseUint(first, 10, 16)
	if !ranged {
		last = first
	}
	b, err2 := strconv.ParseUint(last, 10, 16)
	switch {
	case err1 == nil && err2 == nil && a > b:
		return 0, 0, errors.New("the first port of a range is not above the last")
	case err1 == nil && err2 == nil && a > 0:
		return uint16(a), uint16(b), nil
	case err1 == nil || s == "" || s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+':
		return 0, 0, errNoPort
	}
	n, err := net.LookupPort(string(p), s)
	if err != nil || n == 0 {
		return 0, 0, errNoPort
	}
	return uint16(n), uint16(n), nil
}
