package fsm

import (
	"net/netip"
	"slices"
)

// bucket is all that holds one port of a host (inet_bind_bucket), in the order in which they came.
type bucket struct {
	owners    []*Conn
	listeners []*Conn // of the owners those in LISTEN: every SYN asks for them, and a busy port has many more
	addrs     []*addrBucket
	// The cached reuseport: set by the last bind with SO_REUSEPORT, cleared by one without. A
	// socket that matches it is let in without a look at the owners (sk_reuseport_match).
	fast     bool
	fastUID  int
	fastAddr netip.Addr
	fastV6   bool // V6Only of the socket that set it
	reuse    bool // every bind so far had SO_REUSEADDR; see release.fastReuse
	// shared says that connects chose the port, so that another may (fastreuse and fastreuseport
	// are -1). A bind ends it, until nobody is left but at addresses that connects came to first.
	shared bool
}

// addrBucket is one local address of a port (inet_bind2_bucket).
type addrBucket struct {
	addr   [16]byte // of IPv4 in its v4-mapped form
	owners int
	bound  int  // of those, how many a connect did not choose the port for
	shared bool // as of a bucket, for this address
}

// claimPort puts a socket into the bind table.
func (h *Host) claimPort(c *Conn) {
	c.touch()
	p := c.local.Port()
	b := h.ports[p]
	if b == nil {
		b = &bucket{shared: c.autobound, reuse: !c.autobound} // fastreuse is -1 where a connect was first
		h.ports[p] = b
	}
	if !c.inPorts {
		c.inPorts = true
		b.owners = append(b.owners, c)
		b.join(c)
		b.hear(c)
	}
	// What came by bind or listen; children and connects leave the cache alone.
	if (!c.passive || c.state == Closed) && !c.autobound {
		b.reuse = b.reuse && c.ReuseAddr && !c.passive // listen(2) asks as one that listens, for whom it never counts
		b.remember(c)
		b.shared, c.bind2.shared = false, false
	}
}

// hear notes whether an owner listens.
func (b *bucket) hear(c *Conn) {
	i := slices.Index(b.listeners, c)
	switch listens := c.inPorts && c.state == Listen; {
	case listens && i < 0:
		b.listeners = append(b.listeners, c)
	case !listens && i >= 0:
		b.listeners = slices.Delete(b.listeners, i, i+1)
	}
}

// join gives a socket its place by its address.
func (b *bucket) join(c *Conn) {
	at := c.local.Addr().As16()
	i := slices.IndexFunc(b.addrs, func(p *addrBucket) bool { return p.addr == at })
	if i < 0 {
		b.addrs = append(b.addrs, &addrBucket{addr: at, shared: c.autobound})
		i = len(b.addrs) - 1
	}
	c.bind2 = b.addrs[i]
	c.bind2.owners++
	if !c.autobound {
		c.bind2.bound++
	}
}

// leave is the way back. A place whose last socket that bind put there has gone may be shared again
// (inet_bind2_bucket_destroy).
func (b *bucket) leave(c *Conn) {
	p := c.bind2
	c.bind2 = nil
	p.owners--
	if !c.autobound {
		p.bound--
	}
	p.shared = p.shared || p.bound == 0
	if p.owners == 0 {
		b.addrs = slices.DeleteFunc(b.addrs, func(q *addrBucket) bool { return q == p })
	}
}

// moveTo changes a socket's local address, which its port knows it by (inet_bhash2_update_saddr).
func (h *Host) moveTo(c *Conn, a netip.Addr) {
	c.touch()
	to := netip.AddrPortFrom(a, c.local.Port())
	if !c.inPorts || to == c.local {
		c.local = to
		return
	}
	b := h.ports[c.local.Port()]
	b.leave(c)
	c.local = to
	b.join(c)
}

// remember is inet_csk_update_fastreuse as it acts on 6.18: only reuseport is cached.
func (b *bucket) remember(c *Conn) {
	if !c.ReusePort {
		b.fast = false
		return
	}
	if !b.matches(c) {
		b.fast, b.fastUID, b.fastAddr, b.fastV6 = true, c.UID, c.local.Addr(), c.V6Only
	}
}

func (b *bucket) matches(c *Conn) bool {
	return b.fast && c.ReusePort && b.fastUID == c.UID &&
		addrOverlap(b.fastAddr, c.local.Addr(), b.fastV6, c.V6Only, true, false)
}

// releasePort takes a socket out of the bind table.
func (h *Host) releasePort(c *Conn) {
	if !c.inPorts {
		return
	}
	c.touch()
	c.inPorts = false
	p := c.local.Port()
	b := h.ports[p]
	i := slices.Index(b.owners, c)
	b.owners = slices.Delete(b.owners, i, i+1)
	b.hear(c)
	b.leave(c)
	switch {
	case len(b.owners) == 0:
		delete(h.ports, p)
	case !slices.ContainsFunc(b.addrs, func(p *addrBucket) bool { return !p.shared }): // inet_bind_bucket_destroy
		b.shared, b.fast = true, false
	}
	c.autobound = false // c.local stays: a name goes on meaning its connection
}
