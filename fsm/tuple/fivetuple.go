package tuple

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Protocol is the protocol number of an IP header.
type Protocol uint8

// The protocols that have ports and a name here.
const (
	TCP Protocol = 6
	UDP Protocol = 17
)

// String is "tcp", "udp" or the number in decimal.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return strconv.Itoa(int(p))
}

// FiveTuple names a connection as one of its ends sees it: the protocol, its own address and port, and
// the peer's. An IPv4 address and the same address mapped into IPv6 are different, as in package netip.
type FiveTuple struct {
	Protocol Protocol
	Local    netip.AddrPort
	Remote   netip.AddrPort
}

// String writes the tuple as "tcp 10.0.0.1:7865 10.0.0.2:40000".
func (t FiveTuple) String() string {
	return t.Protocol.String() + " " + t.Local.String() + " " + t.Remote.String()
}

// Parse reads what String writes. The error names the part that is wrong.
func Parse(s string) (FiveTuple, error) {
	parts := strings.Fields(s)
	if len(parts) != 3 {
		return FiveTuple{}, fmt.Errorf("five-tuple: %q has %d parts, want protocol, local and remote address:port", s, len(parts))
	}
	var t FiveTuple
	switch parts[0] {
	case "tcp":
		t.Protocol = TCP
	case "udp":
		t.Protocol = UDP
	default:
		n, err := strconv.ParseUint(parts[0], 10, 8)
		if err != nil {
			return FiveTuple{}, fmt.Errorf("five-tuple: %q is no protocol, want tcp, udp or a number up to 255", parts[0])
		}
		t.Protocol = Protocol(n)
	}
	var err error
	if t.Local, err = netip.ParseAddrPort(parts[1]); err != nil {
		return FiveTuple{}, fmt.Errorf("five-tuple: local address: %w", err)
	}
	if t.Remote, err = netip.ParseAddrPort(parts[2]); err != nil {
		return FiveTuple{}, fmt.Errorf("five-tuple: remote address: %w", err)
	}
	return t, nil
}
