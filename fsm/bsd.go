package fsm

import (
	"net/netip"

	"fourwave/internal/text"
)

// checkBSD is in_pcbbind and in6_pcbbind of FreeBSD 15 and xnu-11417: without an option any socket
// of the port with an equal or wildcard address is in the way, in any state; with one, only an
// unconnected socket with exactly the same address is. A socket of IPv6 counts among those of IPv4
// where it is bound to a v4-mapped address, or to :: and not for IPv6 alone.
func (h *Host) checkBSD(c *Conn, at netip.AddrPort) Outcome {
	a := at.Addr()
	b := bsdBind{h: h, c: c, port: at.Port(), options: c.ReuseAddr || c.ReusePort || c.ReusePortLB}
	if a.Unmap().Is4() {
		if o, bad := b.look(a.Unmap(), holdsIPv4, func(ex *Conn) bool { return !b.sharesWildcard(a, ex) }); bad {
			return o
		}
		return Outcome{Why: explain("bsd-bind-ok")}
	}
	if o, bad := b.look(a, holdsIPv6, func(*Conn) bool { return true }); bad {
		return o
	}
	if a.IsUnspecified() && !c.V6Only {
		// The second look-up, among the sockets of IPv4: a wildcard of that family is let be.
		if o, bad := b.look(netip.IPv4Unspecified(), holdsIPv4,
			func(ex *Conn) bool { return ex.family == 6 || !bsdAddr4(ex).IsUnspecified() }); bad {
			return o
		}
	}
	return Outcome{Why: explain("bsd-bind-ok")}
}

type bsdBind struct {
	h       *Host
	c       *Conn
	port    uint16
	options bool
}

// sharesWildcard reports whether an IPv4 address may be bound although a socket of the other family
// has it: 0.0.0.0 beside a :: that is for both, or a v4-mapped address beside the same of IPv4. By
// the letter of in_pcbbind neither may, but on macOS both were seen to be (nodejs/node #7200,
// dotnet/runtime #49655).
func (b *bsdBind) sharesWildcard(a netip.Addr, ex *Conn) bool {
	if !b.h.net.profile.SharesWildcards {
		return false
	}
	return b.c.family == 4 && a.IsUnspecified() && ex.family == 6 && !ex.local.Addr().Is4In6() ||
		b.c.family == 6 && ex.family == 4 && !a.IsUnspecified()
}

// look is in_pcblookup_local and the check of what it finds, among the sockets that are of a
// family.
func (b *bsdBind) look(a netip.Addr, of func(*Conn) (netip.Addr, bool), counts func(*Conn) bool) (o Outcome, bad bool) {
	port := b.h.ports[b.port]
	if port == nil {
		return Outcome{}, false
	}
	for _, ex := range port.owners {
		e, ok := of(ex)
		if ex == b.c || !ok {
			continue
		}
		unconnected := ex.remote.Port() == 0
		hit := (a == e || !b.options && (a.IsUnspecified() || e.IsUnspecified())) && (!b.options || unconnected)
		foreign := b.c.UID != 0 && b.c.UID != ex.UID && unconnected &&
			(a == e || a.IsUnspecified() || e.IsUnspecified())
		shared := b.c.ReusePort && ex.ReusePort || b.c.ReusePortLB && ex.ReusePortLB
		if !foreign && (!hit || shared || !counts(ex)) {
			continue
		}
		w := explain("bsd-bind-no-option")
		switch {
		case foreign && !hit:
			w = explain("bsd-bind-other-user")
		case b.options:
			w = explain("bsd-bind-same-address")
		}
		ex.blame(w)
		w.Remedy = text.Text{
			En: "SO_REUSEADDR on the new socket is enough, " +
				"unless the old one is unconnected and has exactly this address",
			Zh: "只要新套接字设置 SO_REUSEADDR 即可，除非旧套接字未连接且地址完全相同",
		}
		return fail(EADDRINUSE, w), true
	}
	return Outcome{}, false
}

// holdsIPv4 is the IPv4 address that a socket has (INP_IPV4), if it has one.
func holdsIPv4(c *Conn) (netip.Addr, bool) {
	a := c.local.Addr()
	return bsdAddr4(c), a.Unmap().Is4() || a.IsUnspecified() && !c.V6Only
}

func bsdAddr4(c *Conn) netip.Addr {
	if a := c.local.Addr(); a.Unmap().Is4() {
		return a.Unmap()
	}
	return netip.IPv4Unspecified()
}

// holdsIPv6 is the IPv6 address that a socket has (INP_IPV6), if it has one.
func holdsIPv6(c *Conn) (netip.Addr, bool) {
	a := c.local.Addr()
	return a, !a.Unmap().Is4()
}

// timeWaitFreeBSD is FreeBSD's tcp_twcheck. Resets are dropped (RFC 1337, fix 1), PAWS is not
// asked, a SYN with a higher number begins anew, and what has no ACK is dropped. Everything else is
// acknowledged but a bare ACK in order; only the FIN that was taken, again, starts 2MSL anew.
func timeWaitFreeBSD(c *Conn, s Segment) Event {
	switch {
	case s.Flags.Has(RST):
		return RcvRST
	case s.Flags&(SYN|ACK) == SYN && after(s.Seq, c.rcvNxt):
		if c.host.listenerFor(c.local, c.remote) == nil {
			return RcvSYNUnheard
		}
		return RcvSYNReopens
	case !s.Flags.Has(ACK):
		return RcvNoACK
	case s.Flags.Has(FIN) && s.End() == c.rcvNxt:
		return RcvOldFIN
	case s.Flags == ACK && s.Len == 0 && s.Seq == c.rcvNxt && s.Ack == c.sndNxt:
		return RcvACK
	}
	return RcvUnacceptable
}
