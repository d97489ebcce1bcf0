package fsm

import "net/netip"

// windowsTable is Microsoft's, of what a second bind comes to: by whether the other socket belongs
// to another account, by the other's option and whether it has a wildcard, by the new one's option
// and whether it has one. "i" is WSAEADDRINUSE, "a" WSAEACCES, "." success.
//
// The rows are the first socket's option (none, SO_REUSEADDR, SO_EXCLUSIVEADDRUSE), a wildcard and
// then a specific address; the columns the second's, alike.
var windowsTable = [2][6]string{
	{"i.a.i.", ".i.aii", "i...i.", ".i..ii", "iaaaia", ".i.aii"},
	{"iaaaia", ".i.aii", "ia..ia", ".i..ii", "iaaaia", ".i.aii"},
}

func windowsIndex(o Options, wildcard bool) int {
	i := 1
	if wildcard {
		i = 0
	}
	switch {
	case o.ExclusiveAddrUse:
		i += 4
	case o.ReuseAddr:
		i += 2
	}
	return i
}

// checkWindows is that table, for sockets that are bound and not connected. An IPv4 and an IPv6
// socket do not meet unless the latter is bound to a v4-mapped address: sockets of IPv6 are for
// IPv6 alone by default.
func (h *Host) checkWindows(c *Conn, at netip.AddrPort) Outcome {
	if c.ReusePort || c.ReusePortLB {
		return fail(ENOPROTOOPT, explain("windows-no-reuseport"))
	}
	b := h.ports[at.Port()]
	if b == nil {
		return Outcome{}
	}
	for _, ex := range b.owners {
		if ex == c {
			continue
		}
		a, e := at.Addr().Unmap(), ex.local.Addr().Unmap()
		if a.Is4() != e.Is4() {
			six, only := a, c.V6Only
			if e.Is6() {
				six, only = e, ex.V6Only
			}
			if only || !six.IsUnspecified() {
				continue
			}
			return fail(Unknown, explain("windows-bind-undocumented"))
		}
		if ex.remote.Port() != 0 {
			return fail(Unknown, explain("windows-bind-undocumented"))
		}
		if !a.IsUnspecified() && !e.IsUnspecified() && a != e {
			continue // two specific addresses
		}
		account, rule := 0, "windows-bind-access"
		if ex.UID != c.UID {
			account, rule = 1, "windows-bind-other-account"
		}
		var o Outcome
		switch windowsTable[account][windowsIndex(ex.Options, e.IsUnspecified())][windowsIndex(c.Options,
			a.IsUnspecified())] {
		case 'a':
			o = fail(EACCES, explain(rule))
		case 'i':
			o = fail(EADDRINUSE, explain("windows-bind-in-use"))
		default:
			continue
		}
		ex.blame(o.Why)
		return o
	}
	return Outcome{Why: explain("windows-bind-ok")}
}
