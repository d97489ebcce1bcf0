//go:build unix

package realsock

import "net/netip"

// unmapped is the address pair as packets carry it.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// reached is where a connect to a really goes from a socket that has the address local: a wildcard means
// this host, by its own address for IPv4 and by its loopback for IPv6.
func reached(a, local netip.AddrPort) netip.AddrPort {
	ip := a.Addr()
	switch {
	case ip.Unmap() == netip.IPv4Unspecified():
		ip = local.Addr().Unmap()
	case ip == netip.IPv6Unspecified() && local.Addr().Is4In6():
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case ip == netip.IPv6Unspecified():
		ip = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(ip, a.Port())
}
