package fsm

import (
	"cmp"
	"net/netip"
)

// Bind is bind(2): the address must be the host's, the port allowed and free by the profile's
// rules.
func (h *Host) Bind(c *Conn, to netip.AddrPort) Outcome {
	if o, ok := c.usable(); !ok {
		return o
	}
	a := to.Addr()
	if c.family == 4 && !a.Is4() {
		return fail(EAFNOSUPPORT, explain("wrong-family"))
	}
	if c.family == 6 && a.Is4() {
		return fail(EINVAL, explain("wrong-family-short"))
	}
	if a.Is4In6() && h.net.profile.NoMapped {
		return fail(EADDRNOTAVAIL, explain("openbsd-no-mapped"))
	}
	if e := h.bindRefused(c, a, to.Port()); e.Err != "" {
		return e
	}
	if c.mini {
		return h.bindHeir(c, to)
	}
	old, oldV6 := c.local, c.V6Only
	c.local = netip.AddrPortFrom(a, 0)
	if c.family == 6 && !a.IsUnspecified() && !a.Is4In6() {
		c.V6Only = true // __inet6_bind: an address that is no wildcard serves IPv6 alone
	}
	var o Outcome
	switch {
	case to.Port() != 0:
		o = h.checkPort(c, netip.AddrPortFrom(a, to.Port()), false)
		if o.Err == "" {
			c.local = netip.AddrPortFrom(a, to.Port())
			c.boundPort = true
			h.claimPort(c)
		}
	case !c.BindNoPort:
		o = h.autobind(c, true)
	}
	if o.Err != "" {
		c.local, c.V6Only = old, oldV6
		return o
	}
	c.boundAddr = !a.Unmap().IsUnspecified()
	c.boundMapped = a.Is4In6() && !c.boundAddr
	c.touch()
	h.changed = true
	return o
}

// bindHeir binds a descriptor whose connection lives on in a minisocket. The descriptor has no port
// of its own then, so the kernel lets it have one, to no use: it can neither connect nor listen.
func (h *Host) bindHeir(c *Conn, to netip.AddrPort) Outcome {
	heir := h.newConn(c.family)
	heir.Options, heir.open = c.Options, true
	heir.local = netip.AddrPortFrom(wildcard(c.family), 0)
	o := h.Bind(heir, to)
	if o.Err == "" {
		c.heir = heir
	}
	return o
}

// bindRefused is what bind(2) refuses before it looks at the port's owners. The order is the
// kernel's, and differs by family.
func (h *Host) bindRefused(c *Conn, a netip.Addr, port uint16) Outcome {
	// __inet6_bind looks for ::1, whose scope is the host, on the socket's device.
	elsewhere := c.family == 6 && a == netip.IPv6Loopback() && c.Device != "" && c.Device != "lo"
	unspecified := a.IsUnspecified() || a.Unmap().IsUnspecified()
	// ip_nonlocal_bind is one of IPv4's sysctls; IPv6 has its own.
	free := c.FreeBind || h.sys.NonlocalBind && a.Unmap().Is4()
	notLocal := !free && (elsewhere || !unspecified && !h.owns(a))
	denied := port != 0 && int(port) < h.sys.UnprivPortStart && c.UID != 0
	used := c.hasPort() || c.heir != nil || c.state != Closed && !c.mini
	if c.family == 4 && notLocal {
		return fail(EADDRNOTAVAIL, explain("bind-not-local"))
	}
	if c.family == 6 && a.Is4In6() && c.V6Only {
		return fail(EINVAL, explain("bind-mapped-v6only"))
	}
	switch {
	case denied:
		return fail(EACCES, explain("bind-privileged"))
	case used:
		return fail(EINVAL, explain("bind-twice"))
	case notLocal:
		return fail(EADDRNOTAVAIL, explain("bind-not-local"))
	}
	return Outcome{}
}

// autobind chooses a free port for bind to port 0, or for listen without bind
// (inet_csk_find_open_port).
func (h *Host) autobind(c *Conn, byBind bool) Outcome {
	low, high := h.portRange(c)
	n := high - low + 1
	start := int(h.net.tupleHash(c, saltBind)+uint32(h.net.conns)) % n
	for _, relax := range []bool{false, true} {
		if relax && !h.sys.AutobindReuse {
			break
		}
		for i := range n {
			at := netip.AddrPortFrom(c.local.Addr(), uint16(low+(start+i)%n))
			if h.sys.reserved(at.Port()) {
				continue
			}
			if h.net.profile.Bind == BindLinux && h.conflict(c, at, relax, false) != nil {
				continue
			}
			if h.net.profile.Bind != BindLinux && h.ports[at.Port()] != nil {
				continue
			}
			c.local = at
			h.claimPort(c)
			return Outcome{}
		}
	}
	if e := cmp.Or(h.net.profile.BindNoPorts, h.net.profile.NoPorts); e != "" {
		return fail(e, explain(cmp.Or(h.net.profile.NoPortsRule, "bind-no-port")))
	}
	return fail(EADDRINUSE, explain("bind-no-port"))
}

// checkPort asks the profile's bind rules about a socket at an address. listening says that the
// socket is about to listen.
func (h *Host) checkPort(c *Conn, at netip.AddrPort, listening bool) Outcome {
	switch h.net.profile.Bind {
	case BindLinux:
		b := h.ports[at.Port()]
		if b == nil {
			return Outcome{Why: explain("bind-free")}
		}
		c.local = at
		if b.matches(c) {
			return Outcome{Why: explain("linux-bind-reuseport-cached")}
		}
		if b.reuse && c.ReuseAddr && !listening && h.net.profile.release.fastReuse {
			return Outcome{Why: explain("linux-bind-reuseaddr-cached")}
		}
		if ex := h.conflict(c, at, true, true); ex != nil {
			return fail(EADDRINUSE, h.explainConflict(c, ex, at))
		}
		return Outcome{Why: h.explainAdmission(c, at)}
	case BindBSD:
		if !listening {
			return h.checkBSD(c, at)
		}
	case BindWindows:
		if !listening {
			return h.checkWindows(c, at)
		}
	case BindOpenBSD:
		if !listening {
			return h.checkOpenBSD(c, at)
		}
	case BindLwIP:
		if listening {
			return h.checkListenLwIP(c, at)
		}
		return h.checkLwIP(c, at)
	case BindNone:
		if listening {
			return h.checkPassiveOpen(c, at)
		}
	}
	return Outcome{}
}

// checkPassiveOpen is all that RFC 9293 has to say: a second passive OPEN of a local socket finds
// that the connection already exists (§3.10.1).
func (h *Host) checkPassiveOpen(c *Conn, at netip.AddrPort) Outcome {
	if b := h.ports[at.Port()]; b != nil {
		for _, ex := range b.owners {
			if ex != c && ex.state == Listen && ex.local == at {
				w := explain("rfc-passive-open-exists")
				ex.blame(w)
				return fail(EADDRINUSE, w)
			}
		}
	}
	return Outcome{}
}

// conflict is the first owner of the port that refuses the socket (inet_csk_bind_conflict); nil if
// none does. relax is false only while a port is being chosen; reuseport says whether SO_REUSEPORT
// counts.
func (h *Host) conflict(c *Conn, at netip.AddrPort, relax, reuseport bool) *Conn {
	b := h.ports[at.Port()]
	if b == nil {
		return nil
	}
	for _, ex := range b.owners {
		if ex == c {
			continue
		}
		for _, o := range ex.standings() {
			if devicesOverlap(c.Device, o.Device) && c.overlaps(at.Addr(), ex, o) && refuses(c, o, relax, reuseport) {
				return ex
			}
		}
	}
	return nil
}

// standing is what of an owner counts in a conflict.
type standing struct {
	Options
	timeWait bool // a minisocket: its user id does not matter
	listen   bool
}

// standings is usually one; a TIME-WAIT whose explicitly bound descriptor is still open counts as
// two.
func (c *Conn) standings() []standing {
	s := standing{Options: c.Options, listen: c.state == Listen}
	if !c.mini {
		return []standing{s}
	}
	m := standing{Options: c.keptOptions(), timeWait: true}
	if c.open && c.boundPort {
		return []standing{m, s}
	}
	return []standing{m}
}

// refuses is inet_bind_conflict.
func refuses(c *Conn, ex standing, relax, reuseport bool) bool {
	samePort := c.ReusePort && ex.ReusePort && (ex.timeWait || ex.UID == c.UID)
	if c.ReuseAddr && ex.ReuseAddr && !ex.listen {
		return !relax || !reuseport && samePort
	}
	return !reuseport || !samePort
}

func devicesOverlap(a, b string) bool { return a == "" || b == "" || a == b }

// overlaps reports whether the socket at address a and the existing one claim a common address
// (inet_rcv_saddr_equal). A specific address meets only wildcards and itself: they are kept apart
// by address (bhash2).
func (c *Conn) overlaps(a netip.Addr, ex *Conn, s standing) bool {
	b := ex.local.Addr()
	if ex.host != nil && ex.profile().release.missesMapped && a.Is4In6() && b.Is4In6() && a != b {
		return false // two specific addresses, or the v4-mapped wildcard and another
	}
	specific := !(a.IsUnspecified() || a.Is4In6() && a.Unmap().IsUnspecified())
	if specific && !b.IsUnspecified() && !(b.Is4In6() && b.Unmap().IsUnspecified()) {
		return a.Unmap() == b.Unmap()
	}
	return addrOverlap(a, b, c.V6Only, s.V6Only, true, true)
}

// addrOverlap is inet_rcv_saddr_equal: an IPv6 address other than :: has the odd IPv4 equivalent
// 127.0.0.6, so that an IPv4 wildcard meets a dual-stack socket with a real IPv6 address.
func addrOverlap(a, b netip.Addr, a6only, b6only, wildA, wildB bool) bool {
	a4, b4 := a.Is4(), b.Is4() || b.Is4In6()
	if a.Is4In6() {
		a4 = true
	}
	if a.Is4() || a4 && b4 {
		if b6only && !b.Is4() {
			return false
		}
		va, vb := as4(a), as4(b)
		return va == vb || wildA && va.IsUnspecified() || wildB && vb.IsUnspecified()
	}
	aAny, bAny := a.Is6() && a.IsUnspecified(), b.Is6() && b.IsUnspecified()
	switch {
	case aAny && bAny:
		return true
	case bAny && wildB && !(b6only && a4):
		return true
	case aAny && wildA && !(a6only && b4):
		return true
	}
	return a == b
}

// as4 is sk_rcv_saddr: the IPv4 address that a socket's address stands for.
func as4(a netip.Addr) netip.Addr {
	switch {
	case a.Is4(), a.Is4In6():
		return a.Unmap()
	case a.IsUnspecified():
		return netip.IPv4Unspecified()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 6})
}
