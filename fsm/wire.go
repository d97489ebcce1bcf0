package fsm

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Wire is what lies between the hosts, and each host's loopback. Everything on it is seen.
type Wire struct {
	net     *Net
	latency time.Duration
	flights int           // ids given
	instant time.Duration // of the segment sent last
	crowd   int           // segments sent at that instant
	busy    int           // under way and neither held nor delayed on purpose
	held    []*flight
	holds   []pattern
	rules   []rule
	idle    []*flight // landed, to be used again
	landed  []*flight // of a forge that waits for its answer
	listen  bool
	memory  memory  // of the middlebox
	blocks  []block // where it lets nothing through
}

// maxHeld bounds the segments kept on the wire; more are lost.
const maxHeld = 10_000

type flight struct {
	Flight
	from, to         *Host
	due              time.Duration
	delayed          bool
	seqBase, ackBase uint32 // what relative numbers are relative to
	icmp             string // an ICMP error and no segment: what it says about Segment
	origin           int    // id of the Conn that sent it; 0: a host for nobody
	device           device // that its sender is bound to
	stray            bool   // it leaves by lo and is for another host
}

// newFlight is one that has landed, if there is any: few are under way at once.
func (w *Wire) newFlight() *flight {
	if len(w.idle) == 0 {
		return new(flight)
	}
	f := w.idle[len(w.idle)-1]
	w.idle = w.idle[:len(w.idle)-1]
	*f = flight{}
	return f
}

func (f *flight) fate() Fate { return f.Flight.Fate }

// pattern names segments by their sender and kind; "" and "any" are all.
type pattern struct{ host, kind string }

func (p pattern) matches(f *flight) bool {
	if from, to := directed(p.host); from != "" && from != f.from.name || to != "" && to != f.to.name {
		return false
	}
	return kindMatches(p.kind, f.Segment)
}

func kindMatches(kind string, s Segment) bool {
	switch kind {
	case "", "any":
		return true
	case "DATA":
		return s.Len > 0
	case "FIN":
		return s.Flags.Has(FIN)
	}
	return s.Kind() == kind
}

// rule waits for the nth segment of a pattern: "drop", "dup" or "delay".
type rule struct {
	pattern
	op  string
	nth int
	d   time.Duration
}

// SetLatency sets the one-way delay of every segment from now on.
func (w *Wire) SetLatency(d time.Duration) { w.latency = d }

// Drop loses the nth next segment of that kind sent by host.
func (w *Wire) Drop(host, kind string, nth int) { w.add("drop", host, kind, nth, 0) }

// Dup delivers the next segment of that kind twice, the second time d later.
func (w *Wire) Dup(host, kind string, d time.Duration) { w.add("dup", host, kind, 1, d) }

// Delay delivers the next segment of that kind late by d, so that later ones may overtake it.
func (w *Wire) Delay(host, kind string, d time.Duration) { w.add("delay", host, kind, 1, d) }

func (w *Wire) add(op, host, kind string, nth int, d time.Duration) {
	w.rules = append(w.rules, rule{pattern{host, kind}, op, max(nth, 1), d})
}

// Hold keeps segments on the wire until told.
func (w *Wire) Hold(host, kind string) { w.holds = append(w.holds, pattern{host, kind}) }

// Deliver lets the oldest held segment of the pattern go; false if there is none.
func (w *Wire) Deliver(host, kind string) bool {
	i := slices.IndexFunc(w.held, pattern{host, kind}.matches)
	if i < 0 {
		return false
	}
	f := w.held[i]
	w.held = slices.Delete(w.held, i, i+1)
	w.depart(f, w.delayOf(f))
	return true
}

// Release lets all go, in their order, and holds no more.
func (w *Wire) Release() {
	held := w.held
	w.held, w.holds = nil, nil
	for _, f := range held {
		w.depart(f, w.delayOf(f))
	}
}

func (w *Wire) delayOf(f *flight) time.Duration {
	if f.from == f.to {
		return 0
	}
	return w.latency
}

// send puts a segment on the wire; via is the device that its sender is bound to, origin the id of
// the Conn that sends it, 0 for none. Relative numbers are counted from the bases.
func (w *Wire) send(from *Host, via device, origin int, src, dst netip.AddrPort, s Segment, seqBase,
	ackBase uint32, forged bool) {
	n := w.net
	if n.fixed != nil {
		seqBase, ackBase = 0, 0
	}
	w.flights++
	if !forged {
		n.sent(w.flights, relative(s, seqBase, ackBase))
	}
	f := w.newFlight()
	f.from, f.device, f.origin, f.seqBase, f.ackBase = from, via, origin, seqBase, ackBase
	f.ID, f.From, f.Src, f.Dst, f.Forged = w.flights, from.name, unmap(src), unmap(dst), forged
	f.Segment, f.Departs, f.Flight.Fate = s, n.clock.now, UnderWay
	if w.listen {
		w.landed = append(w.landed, f)
	}
	if f.to = n.owner(from, f.Dst.Addr()); via == devLo && f.to != from {
		f.to, f.stray, f.Note = from, true, "out of lo, where nobody has this address"
	}
	switch {
	case f.to == nil:
		f.Flight.Fate, f.Note = Lost, "nobody has this address"
		w.tell(f)
		return
	case w.crowded():
		f.To, f.Flight.Fate, f.Note = f.to.name, Lost, "too many at one instant"
		w.tell(f)
		return
	case !forged && w.intercept(f):
		return
	}
	w.depart(f, w.delayOf(f))
}

// maxInstant bounds the segments of one instant. Where the wire takes no time two ends at odds
// could acknowledge each other for ever without any passing; a queue that is full ends it, as it
// does on a real loopback (net.core.netdev_max_backlog).
const maxInstant = 10_000

func (w *Wire) crowded() bool {
	if w.instant != w.net.clock.now {
		w.instant, w.crowd = w.net.clock.now, 0
	}
	w.crowd++
	return w.crowd > maxInstant
}

// owner is the host that a segment from a host to an address reaches.
func (n *Net) owner(from *Host, a netip.Addr) *Host {
	if from.owns(a) {
		return from
	}
	for _, h := range n.hosts {
		if h != from && slices.Contains(h.addrs, a) {
			return h
		}
	}
	return nil
}

// intercept applies the rules and the holds to a segment; true if it goes no further now. Loopback
// is seen and not touched.
func (w *Wire) intercept(f *flight) bool {
	f.To = f.to.name
	if f.from == f.to {
		return false
	}
	if (w.memory.on || len(w.blocks) > 0) && !w.passes(f) {
		return true
	}
	for i := range w.rules {
		r := &w.rules[i]
		if !r.matches(f) {
			continue
		}
		if r.nth--; r.nth > 0 {
			continue
		}
		hit := *r
		w.rules = slices.Delete(w.rules, i, i+1)
		switch hit.op {
		case "drop":
			f.Flight.Fate, f.Note = Lost, "dropped on the wire"
			w.tell(f)
			return true
		case "dup":
			twin := *f
			w.flights++
			twin.ID, twin.Note, twin.delayed = w.flights, "the same again", hit.d > 0
			w.depart(f, w.latency)
			w.depart(&twin, w.latency+hit.d)
			return true
		case "delay":
			f.delayed, f.Note = true, fmt.Sprintf("delayed by %v", hit.d)
			w.depart(f, w.latency+hit.d)
			return true
		}
	}
	for _, p := range w.holds {
		if p.matches(f) {
			if len(w.held) >= maxHeld {
				f.Flight.Fate, f.Note = Lost, "too many held"
				w.tell(f)
				return true
			}
			f.Flight.Fate = Held
			w.held = append(w.held, f)
			w.tell(f)
			return true
		}
	}
	return false
}

// depart starts a segment's way; it lands d later.
func (w *Wire) depart(f *flight, d time.Duration) {
	f.due = w.net.clock.now + d
	f.To, f.Arrives, f.Flight.Fate = f.to.name, f.due, UnderWay
	if !f.delayed {
		w.busy++
	}
	w.net.clock.set(alarm{at: f.due, flight: f})
	w.tell(f)
}

// land is a segment's arrival.
func (w *Wire) land(f *flight) {
	if !f.delayed {
		w.busy--
	}
	f.Flight.Fate = Arrived
	if f.icmp != "" {
		f.to.hearICMP(f)
		return
	}
	w.tell(f)
	f.to.arrive(f)
	if !w.listen {
		w.idle = append(w.idle, f)
	}
}

func (w *Wire) tell(f *flight) {
	if w.net.watch.Flight != nil {
		out := f.Flight
		out.Segment = relative(f.Segment, f.seqBase, f.ackBase)
		out.SeqISN, out.AckISN = f.seqBase, f.ackBase
		w.net.watch.Flight(out)
	}
}

// relative counts a segment's numbers from two bases. A zero that was never anybody's number, of a
// segment made by hand before there was an ISN to acknowledge and of the reset that answers it,
// stays zero.
func relative(s Segment, seqBase, ackBase uint32) Segment {
	if s.Seq != 0 || s.Flags&(RST|ACK) != RST {
		s.Seq -= seqBase
	}
	if s.Flags.Has(ACK) && s.Ack != 0 {
		s.Ack -= ackBase
	}
	if s.SACK != (Block{}) {
		s.SACK.Left, s.SACK.Right = s.SACK.Left-ackBase, s.SACK.Right-ackBase
	}
	return s
}
