package realsock

import (
	"net/netip"
	"time"
)

// remember makes the middlebox remember flows from now on. Connections that are there already are known
// to it, as if it had seen them from their beginning.
func (r *runner) remember(c *Call) {
	m := &r.box
	m.remembers, m.after, m.conntrack, m.reset = true, c.D, c.How == "conntrack", c.How == "rst"
	m.flows = map[link]*flow{}
	for _, h := range r.hosts {
		for t, e := range h.ends.live {
			if h.owns(t.remote.Addr()) {
				continue
			}
			key, _ := linkOf("", t.local, t.remote)
			track := r.tracks.m[key]
			if track == nil {
				continue
			}
			f := m.flows[key]
			if f == nil {
				f = &flow{opener: [2]netip.AddrPort{key.a, key.b}[track.opener], last: track.heard}
				m.flows[key] = f
			}
			f.state = max(f.state, flowOf(e.state()))
		}
	}
}

// passes asks what lies between the hosts whether a segment may go on. If not it is lost, and its sender
// may be told.
func (r *runner) passes(f *flight) bool {
	if f.to == nobody {
		r.lose(f, "nobody has this address")
		return false
	}
	for _, b := range r.box.blocks {
		if b.has(f.From, f.To, &f.seg) {
			r.lose(f, "nothing gets through")
			if b.icmp != "" {
				r.complain(f, b.icmp)
			}
			return false
		}
	}
	switch r.box.judge(&f.seg, f.Departs) {
	case crowded:
		r.lose(f, "the table of flows is full")
		return false
	case unknown:
		r.lose(f, "the flow has been forgotten")
		if r.box.reset && f.seg.flags&flagRST == 0 {
			r.resetSender(f)
		}
		return false
	}
	return true
}

func (r *runner) lose(f *flight, why string) {
	f.Fate, f.Note = "lost", why
	r.tell(f)
}

// resetSender answers a segment with a RST (RFC 9293 §3.5.2) as if the other end had sent it.
func (r *runner) resetSender(about *flight) {
	s := &about.seg
	rst := segment{src: s.dst, dst: s.src, seq: s.ack, flags: flagRST, shift: -1}
	numbers := bases{seq: about.bases.ack, ack: about.bases.seq}
	if s.flags&flagACK == 0 {
		rst.seq, rst.ack, rst.flags = 0, s.end(), flagRST|flagACK
		numbers.seq = 0
	}
	f := r.newFlight(about.to, about.from, &rst, "")
	f.Forged, f.Note = true, "from what lies between: it does not know the flow"
	f.raw = r.frame(r.hosts[about.to], r.hosts[about.from], "", &rst)
	f.describe()
	f.bases, f.SeqISN, f.AckISN = numbers, numbers.seq, numbers.ack
	f.due = f.Departs + r.rules.latency
	r.send(f)
	r.tell(f)
}

// complain sends the sender of a segment an ICMP error about it, from the address that it was sent to.
func (r *runner) complain(about *flight, kind string) {
	f := &flight{seg: about.seg, icmp: kind, from: about.to, to: about.from, track: about.track, side: 1 - about.side}
	f.raw = buildICMP(r.buffer(icmpRoom), r.hosts[f.from].mac, r.hosts[f.to].mac, about.raw[etherLen:], kind)
	r.sendICMP(f, r.rules.latency)
}

// forgeICMP sends an ICMP error to a host about the segment that it sent first of those that have not
// been acknowledged: one about any other number is not believed (tcp_v4_err).
func (r *runner) forgeICMP(from, to *host, t tuple, over, kind string) *flight {
	track, side := r.tracks.of(over, t.remote, t.local)
	about := segment{src: t.remote, dst: t.local, seq: track.at(side).una, flags: flagACK, shift: -1}
	f := &flight{seg: about, icmp: kind, from: from.index, to: to.index, track: track, side: 1 - side}
	packet := r.frame(to, from, over, &about)[etherLen:]
	var src, dst [6]byte
	late := r.rules.latency
	if over == "" {
		src, dst = from.mac, to.mac
	} else {
		late = 0
	}
	f.raw = buildICMP(r.buffer(icmpRoom), src, dst, packet, kind)
	r.sendICMP(f, late)
	return f
}

// sendICMP puts an ICMP error under way. It is no segment, so nothing is told of its flight.
func (r *runner) sendICMP(f *flight, late time.Duration) {
	f.due, f.number = r.now()+late, r.lastFrame
	r.queue.push(f)
	r.underWay++
}

// arriveICMP hands an ICMP error to its host and looks at what came of it.
func (r *runner) arriveICMP(f *flight) {
	r.step(nil, nil)
	for _, g := range r.forgeries {
		g.arrived(f)
	}
	h := r.hosts[f.to]
	port := h.port
	if f.from == f.to {
		port = h.loop
	}
	if err := sendFrame(port, f.raw); err != nil {
		return // it is lost like any frame
	}
	r.drainHost(h)
	cause := Cause{Kind: "icmp", How: f.icmp}
	r.step([]touch{{host: h, tuple: tuple{f.seg.src, f.seg.dst}, cause: cause}}, nil)
	r.recycle(f.raw)
	f.raw = nil
}
