package fsm

import (
	"net/netip"
	"time"

	"fourwave/internal/text"
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
	c.heard = nil
	o := h.startConnect(c, to)
	if o.Err != "" {
		return done(o)
	}
	return Call{op: opConnect, conn: c, why: o.Why}
}

func (h *Host) startConnect(c *Conn, to netip.AddrPort) Outcome {
	to, o := h.destination(c, to)
	if o.Err != "" {
		return o
	}
	src, o := h.source(c, to)
	if o.Err != "" {
		return o
	}
	port := c.local.Port()
	h.moveTo(c, src)
	c.remote = to
	if c.inPorts {
		o = h.uniqueTuple(c, true)
	} else {
		o = h.choosePort(c)
	}
	if o.Err != "" {
		c.local = netip.AddrPortFrom(src, port)
		h.disconnected(c)
		return o
	}
	c.ts = h.sys.Timestamps
	c.in, c.out, c.ack, c.cwnd = inbox{scaled: h.sys.WindowScaling}, outbox{}, ackState{}, 10
	c.openWindow(false)
	if c.sndNxt == 0 {
		c.begin(h.net.isn(c))
	} else {
		c.tsOffset = h.net.tsOffset(c)
	}
	// What shutdown() said before stays: sk_shutdown is cleared by tcp_disconnect alone.
	c.connecting, c.passive = true, false
	c.finSeen, c.finUnread, c.pendingErr = false, false, ""
	// A connect to a v4-mapped address makes the socket one of IPv4 inside, for good unless it
	// fails at once (tcp_v6_connect: icsk_af_ops); what it sends to a real IPv6 address later goes
	// nowhere.
	c.mute = c.mapped && !to.Addr().Is4In6()
	c.mapped = c.mapped || to.Addr().Is4In6()
	h.hash(c)
	c.take(UserActiveOpen, nil)
	return o
}

// disconnected makes a socket whose connect failed as good as new: it has no peer, a port only if
// bind asked for that very port, and its address only if bind gave it one (tcp_set_state,
// tcp_disconnect).
func (h *Host) disconnected(c *Conn) {
	c.touch()
	if c.remote.IsValid() {
		c.was = &fourTuple{local: c.local, remote: c.remote}
	}
	c.remote = netip.AddrPort{}
	if c.inPorts && !c.boundPort {
		h.releasePort(c)
	}
	a := wildcard(c.family)
	if c.boundAddr || c.boundMapped {
		a = c.local.Addr()
		c.boundAddr = true // a v4-mapped wildcard has become an address, and that is kept
	}
	if !c.inPorts {
		c.local = netip.AddrPortFrom(a, 0)
		return
	}
	h.moveTo(c, a)
}

// destination checks the address asked for. 0.0.0.0 and :: mean this host: the socket's own address
// if it has one (ip_route_output_key_hash_rcu), or else its loopback.
func (h *Host) destination(c *Conn, to netip.AddrPort) (netip.AddrPort, Outcome) {
	a, bound := to.Addr(), c.local.Addr()
	switch {
	case c.family == 4 && !a.Is4():
		return to, fail(EAFNOSUPPORT, explain("wrong-family"))
	case c.family == 6 && a.Is4():
		return to, fail(EINVAL, explain("wrong-family-short"))
	case a.Is4In6() && h.net.profile.NoMapped:
		return to, fail(EADDRNOTAVAIL, explain("openbsd-no-mapped"))
	case a == netip.IPv6Unspecified() && bound.Is4In6():
		a = netip.AddrFrom16(netip.AddrFrom4([4]byte{127, 0, 0, 1}).As16())
	case a == netip.IPv6Unspecified():
		a = netip.IPv6Loopback()
	}
	if a.Is4In6() && c.V6Only {
		return to, fail(ENETUNREACH, explain("no-route"))
	}
	if a.Unmap() != netip.IPv4Unspecified() {
		return netip.AddrPortFrom(a, to.Port()), Outcome{}
	}
	self := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	switch {
	case c.boundAddr:
		self = bound.Unmap()
	case deviceOf(c.Device) == devEth0:
		self = h.addrs[0]
	}
	if a.Is4In6() {
		self = netip.AddrFrom16(self.As16())
	}
	return netip.AddrPortFrom(self, to.Port()), Outcome{}
}

// source is the local address: the one that was bound, or the one that the route gives.
func (h *Host) source(c *Conn, to netip.AddrPort) (netip.Addr, Outcome) {
	dst, bound := to.Addr().Unmap(), c.local.Addr()
	way := h.way(dst, c.Device)
	src := h.routeSource(dst)
	switch {
	case way == noRoute || !src.IsValid():
		return src, fail(ENETUNREACH, explain("no-route"))
	case c.family == 6 && !to.Addr().Is4In6() && bound.Is4In6():
		return bound, fail(EAFNOSUPPORT, explain("connect-mapped-source"))
	case way == unresolved:
		src = h.addrs[0]
	case deviceOf(c.Device) == devLo && dst.Is4():
		src = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !c.boundAddr {
		if c.family == 6 && src.Is4() {
			src = netip.AddrFrom16(src.As16())
		}
		return src, Outcome{}
	}
	if c.family == 6 && bound.Is4In6() != to.Addr().Is4In6() {
		return src, fail(ENETUNREACH, explain("no-route"))
	}
	// __mkroute_output; IPv6 lets ::1 go out, and the other end throws it away.
	if bound.Unmap().Is4() && bound.Unmap().IsLoopback() && (way == byWire || way == unresolved) {
		return src, fail(EINVAL, explain("connect-loopback-source"))
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
	case len(h.addrs) > 1 && dst.Is6() && netip.MustParsePrefix("fd00::/64").Contains(dst):
		return h.addrs[1]
	}
	return netip.Addr{}
}

// uniqueTuple is __inet_check_established: no other connection may have the four-tuple. explicit
// says that bind chose the port.
func (h *Host) uniqueTuple(c *Conn, explicit bool) Outcome {
	ex := h.find(c.local, c.remote, deviceOf(c.Device))
	if ex == nil || ex == c {
		return Outcome{}
	}
	why := h.takeOver(ex, explicit)
	if why.Rule != "connect-timewait-taken" {
		return fail(h.net.profile.TupleTaken, why)
	}
	c.begin(ex.sndNxt + h.net.profile.ISNStep)
	c.tsRecent = ex.tsRecent
	ex.takeBy(why.Rule, UserTakesOver, nil)
	return Outcome{Why: why}
}

// takeOver is tcp_twsk_unique: may a connect take over the tuple of what holds it?
func (h *Host) takeOver(ex *Conn, explicit bool) *Why {
	now, p := h.net.Now(), h.net.profile
	refuse := func(rule string) *Why {
		w := explain(rule)
		ex.blame(w)
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
	case p.release.wholeSeconds && now.Truncate(time.Second) <= ex.entered:
		w := refuse("connect-tw-reuse-second")
		w.Passes = text.Same(seconds(now.Truncate(time.Second) + time.Second - now))
		return w
	case p.release.wholeSeconds:
	case now-ex.entered <= h.sys.TWReuseDelay:
		w := refuse("connect-tw-reuse-delay")
		w.Passes = text.Same(seconds(ex.entered + h.sys.TWReuseDelay - now + time.Millisecond))
		return w
	}
	return explain("connect-timewait-taken")
}

// choosePort is __inet_hash_connect: try the ephemeral ports in turn. A port that somebody bound is
// passed over, whatever the destination; one that connects chose is shared if the four-tuple is
// free.
func (h *Host) choosePort(c *Conn) Outcome {
	low, high := h.portRange(c)
	n := high - low + 1
	start := int((h.net.tupleHash(c, saltConnect) + uint32(h.net.conns)*2) % uint32(n)) // int has 32 bits on some
	var last *Why
	for i := range n {
		port := uint16(low + (start+i)%n)
		c.local = netip.AddrPortFrom(c.local.Addr(), port)
		if h.sys.reserved(port) {
			continue
		}
		if b := h.ports[port]; b != nil && !b.shared {
			last = explain("connect-port-bound")
			b.owners[0].blame(last)
			continue
		}
		if ex := h.keepsPort(c); ex != nil {
			last = explain("port-taken-whatever-peer")
			ex.blame(last)
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
	if e := h.net.profile.NoPorts; e != "" {
		w := explain(h.net.profile.NoPortsRule)
		w.Conflict, w.Passes = last.Conflict, last.Passes
		return fail(e, w)
	}
	return fail(EADDRNOTAVAIL, last)
}

// keepsPort is the socket that keeps another's connect from choosing the port of c.local, where a
// system does not let connects to different peers share one; nil if none does.
func (h *Host) keepsPort(c *Conn) *Conn {
	b := h.ports[c.local.Port()]
	if b == nil {
		return nil
	}
	switch h.net.profile.OwnPorts {
	case portOfAddress: // in_pcbpickport
		return b.lookupOpenBSD(c, c.local.Addr(), !c.ReuseAddr && !c.ReusePort)
	case portOfHost: // tcp_new_port: "Check all PCB lists."
		return b.owners[0]
	}
	return nil
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
