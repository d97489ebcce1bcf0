package fsm

import (
	"net/netip"
	"time"
)

// Connect is connect(2) to an address. The source port is chosen here unless bind chose it, and the
// four-tuple must be free, or held by a TIME-WAIT that may be taken over.
func (h *Host) Connect(c *Conn, to netip.AddrPort) Call {
	if o, ok := c.usable(); !ok {
		return done(o)
	}
	switch {
	case c.connecting && (c.state == SynSent || c.state == SynReceived):
		return done(fail(EALREADY, explain("connect-under-way")))
	case c.state != Closed || c.wasConn || c.mini:
		return done(fail(EISCONN, explain("already-connected")))
	}
	if o := h.startConnect(c, to); o.Err != "" {
		return done(o)
	}
	return Call{op: opConnect, conn: c}
}

func (h *Host) startConnect(c *Conn, to netip.AddrPort) Outcome {
	to, o := c.destination(to)
	if o.Err != "" {
		return o
	}
	src, o := h.source(c, to)
	if o.Err != "" {
		return o
	}
	old := c.local
	c.local, c.remote = netip.AddrPortFrom(src, old.Port()), to
	if c.inPorts {
		o = h.uniqueTuple(c, true)
	} else {
		o = h.choosePort(c)
	}
	if o.Err != "" {
		c.local, c.remote = old, netip.AddrPort{}
		return o
	}
	c.ts = h.sys.Timestamps
	if c.sndNxt == 0 {
		c.begin(h.net.isn(c))
	} else {
		c.tsOffset = h.net.tsOffset(c)
	}
	c.connecting, c.passive, c.noReader, c.noWriter = true, false, false, false
	c.finSeen, c.finUnread, c.pendingErr = false, false, ""
	h.hash(c)
	c.take(UserActiveOpen, nil)
	return o
}

// destination checks the address asked for. 0.0.0.0 and :: mean this host.
func (c *Conn) destination(to netip.AddrPort) (netip.AddrPort, Outcome) {
	a := to.Addr()
	switch {
	case c.family == 4 && !a.Is4():
		return to, fail(EAFNOSUPPORT, explain("wrong-family"))
	case c.family == 6 && a.Is4():
		a = netip.AddrFrom16(a.As16())
	}
	switch {
	case a.Is4() && a.IsUnspecified():
		a = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case a.Is6() && a.IsUnspecified():
		a = netip.IPv6Loopback()
	case a.Is4In6() && c.V6Only:
		return to, fail(ENETUNREACH, explain("no-route"))
	}
	return netip.AddrPortFrom(a, to.Port()), Outcome{}
}

// source is the local address: the one that was bound, or the one that the route gives.
func (h *Host) source(c *Conn, to netip.AddrPort) (netip.Addr, Outcome) {
	dst := to.Addr().Unmap()
	src := h.routeSource(dst)
	if !src.IsValid() {
		return src, fail(ENETUNREACH, explain("no-route"))
	}
	bound := c.local.Addr()
	if !c.boundAddr {
		if c.family == 6 && src.Is4() {
			src = netip.AddrFrom16(src.As16())
		}
		return src, Outcome{}
	}
	if c.family == 6 && bound.Is4In6() != to.Addr().Is4In6() {
		return src, fail(ENETUNREACH, explain("no-route"))
	}
	if bound.Unmap().IsLoopback() && !h.owns(dst) {
		return src, fail(EINVAL, explain("no-route"))
	}
	return bound, Outcome{}
}

// routeSource is the address that a segment to dst would carry; invalid if there is no route.
func (h *Host) routeSource(dst netip.Addr) netip.Addr {
	switch {
	case dst.IsLoopback() && dst.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case h.owns(dst):
		return dst
	case dst.Is4() && netip.MustParsePrefix("10.0.0.0/24").Contains(dst):
		return h.addrs[0]
	case dst.Is6() && netip.MustParsePrefix("fd00::/64").Contains(dst):
		return h.addrs[1]
	}
	return netip.Addr{}
}

// uniqueTuple is __inet_check_established: no other connection may have the four-tuple. explicit
// says that bind chose the port.
func (h *Host) uniqueTuple(c *Conn, explicit bool) Outcome {
	ex := h.conns[newTuple(c.local, c.remote)]
	if ex == nil || ex == c {
		return Outcome{}
	}
	why := h.takeOver(ex, explicit)
	if why.Rule != "connect-timewait-taken" {
		return fail(h.net.profile.TupleTaken, why)
	}
	c.begin(ex.sndNxt + h.net.profile.ISNStep)
	c.tsRecent = ex.tsRecent
	ex.take(UserTakesOver, nil)
	return Outcome{Why: why}
}

// takeOver is tcp_twsk_unique: may a connect take over the tuple of what holds it?
func (h *Host) takeOver(ex *Conn, explicit bool) *Why {
	now, p := h.net.Now(), h.net.profile
	refuse := func(rule string) *Why {
		w := explain(rule)
		w.blame(ex)
		return w
	}
	if p.TupleTaken == Unknown {
		return refuse("connect-tuple-undocumented")
	}
	if !ex.mini {
		return refuse("connect-tuple-taken")
	}
	if !ex.ts {
		return refuse("connect-timewait-no-timestamps")
	}
	if explicit {
		return explain("connect-timewait-taken")
	}
	reuse := h.sys.TWReuse
	if ex.state == FinWait2 {
		return refuse("connect-finwait2-minisocket")
	}
	if reuse == 2 && !ex.local.Addr().Unmap().IsLoopback() && !ex.remote.Addr().Unmap().IsLoopback() {
		reuse = 0
	}
	switch {
	case reuse == 0:
		return refuse("connect-tw-reuse-off")
	case now-ex.entered <= h.sys.TWReuseDelay:
		w := refuse("connect-tw-reuse-delay")
		w.Passes = seconds(ex.entered + h.sys.TWReuseDelay - now + time.Millisecond)
		w.PassesZh = w.Passes
		return w
	}
	return explain("connect-timewait-taken")
}

// choosePort is __inet_hash_connect: try the ephemeral ports in turn. A port that somebody bound is
// passed over, whatever the destination; one that connects chose is shared if the four-tuple is free.
func (h *Host) choosePort(c *Conn) Outcome {
	low, high := h.portRange(c)
	n := high - low + 1
	start := int(h.net.tupleHash(c, saltConnect)+uint32(h.net.conns)*2) % n
	var last *Why
	for i := range n {
		port := uint16(low + (start+i)%n)
		c.local = netip.AddrPortFrom(c.local.Addr(), port)
		if b := h.ports[port]; b != nil && !b.shared() {
			last = explain("connect-port-bound")
			last.blame(b.owners[0])
			continue
		}
		o := h.uniqueTuple(c, false)
		if o.Err != "" {
			last = o.Why
			continue
		}
		c.autobound = true
		h.claimPort(c)
		return o
	}
	if last == nil {
		last = explain("connect-no-port")
	}
	return fail(EADDRNOTAVAIL, last)
}

// portRange is the socket's own range within the system's, or the system's.
func (h *Host) portRange(c *Conn) (low, high int) {
	low, high = h.sys.PortLow, h.sys.PortHigh
	if c.PortMin > 0 && c.PortMin >= low && c.PortMin <= high {
		low = c.PortMin
	}
	if c.PortMax > 0 && c.PortMax >= low && c.PortMax <= high {
		high = c.PortMax
	}
	return low, high
}
