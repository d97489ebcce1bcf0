//go:build unix

package realsock

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// sockaddr is what bind and connect take. A v4-mapped address stays IPv6.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// addrPort is the way back; not valid for an address that is neither IPv4 nor IPv6.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

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
