package doctor

import (
	"net/netip"

	"fourwave/sockdiag"
)

// UserOf is the user whose socket on this machine has the connection from client to server; ok is
// false where there is none.
func UserOf(client, server netip.AddrPort) (uid int, ok bool) {
	c, err := sockdiag.Open()
	if err != nil {
		return 0, false
	}
	defer c.Close()
	unmap := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
	s, ok, err := c.Lookup(unmap(client), unmap(server), 0)
	return int(s.UID), ok && err == nil
}
