package realsock

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// flight is a frame on the wire.
type flight struct {
	Frame
	seg    segment
	raw    []byte
	from   int    // index of the host that sent it
	to     int    // nobody: no host has its destination's address
	icmp   string // an ICMP error about seg, and no segment: which
	due    time.Duration
	number int  // decides between two that are due together
	late   bool // delayed on purpose: the wire may be quiet all the same
	track  *track
	side   int // the sender's, in track
	bases  bases
	told   bool
}

func (f *flight) dueAt() time.Duration { return f.due }
func (f *flight) order() int           { return f.number }

// maxHeld bounds the segments kept on the wire.
const maxHeld = 10_000

// maxFrame is more than the longest frame of an interface with an MTU of 1500, or of the loopback.
const maxFrame = 64<<10 + 128

// drain reads every frame that waits at the wire's ends and on the loopbacks. Segments are appended to r.fresh.
func (r *runner) drain() {
	for _, h := range r.hosts {
		r.drainHost(h)
	}
}

func (r *runner) drainHost(h *host) {
	for r.capture(h, h.port, false) {
	}
	for r.capture(h, h.loop, true) {
	}
}

// capture reads one frame; false when there is none.
func (r *runner) capture(h *host, fd int, loop bool) bool {
	n, err := receiveFrame(fd, r.scratch)
	if err == unix.EINTR {
		return true
	}
	if err != nil {
		if err != unix.EAGAIN && err != unix.ENETDOWN {
			r.fail(err)
		}
		return false
	}
	b := r.scratch[:n]
	seg, ok := parseFrame(b)
	if !ok {
		if !loop {
			r.forward(h, b)
		}
		return true
	}
	if loop && r.injected != nil && bytes.Equal(b, r.injected) {
		r.injected = nil // a forged one: its way is told where it was put in
		return true
	}
	h.counts.out++
	to, over := r.owner(seg.dst.Addr()), ""
	if loop {
		to, over = h.index, h.name
		h.counts.in++
	}
	f := r.newFlight(h.index, to, &seg, over)
	f.raw = append(r.buffer(n), b...)
	f.track.sent(f.side, &seg, f.Departs)
	f.track.heard = f.Departs
	f.describe()
	r.fresh = append(r.fresh, f)
	for _, g := range r.forgeries {
		g.sent(f)
	}
	if loop {
		f.Fate, f.Arrives = "arrived", f.Departs
		f.track.at(1 - f.side).met = f.bases
		f.track.delivered(1-f.side, &f.seg, f.Arrives)
		r.owed(f)
		r.tell(f)
		return true
	}
	r.launch(f)
	return true
}

// nobody is the index of no host.
const nobody = -1

// owner is the index of the host that has an address on the wire.
func (r *runner) owner(a netip.Addr) int {
	return slices.IndexFunc(r.hosts, func(h *host) bool { return slices.Contains(h.ips, a) })
}

// owns reports whether an address is the host's own: what is sent there goes over its loopback.
func (h *host) owns(a netip.Addr) bool { return a.IsLoopback() || slices.Contains(h.ips, a) }

// forward passes on a frame that is no TCP segment, ARP or ICMP, to the hosts that its Ethernet header
// names.
func (r *runner) forward(from *host, b []byte) {
	if len(b) < etherLen {
		return
	}
	for _, h := range r.hosts {
		if multicast := b[0]&1 != 0; h != from && (multicast || [6]byte(b) == h.mac) {
			_ = sendFrame(h.port, b) // it may be lost like any frame
		}
	}
}

func (r *runner) newFlight(from, to int, seg *segment, loop string) *flight {
	r.lastFrame++
	f := &flight{seg: *seg, from: from, to: to, number: r.lastFrame}
	f.track, f.side = r.tracks.of(loop, seg.src, seg.dst)
	f.ID, f.From = r.lastFrame, r.hosts[from].name
	if to != nobody {
		f.To = r.hosts[to].name
	}
	f.Departs = r.now()
	return f
}

// describe fills in the frame that is told from the segment and what the wire knows of its connection.
func (f *flight) describe() {
	s, me, peer := &f.seg, f.track.at(f.side), f.track.at(1-f.side)
	f.Conn, f.Src, f.Dst = f.track.num, s.src, s.dst
	f.Seq, f.Ack, f.Flags, f.Len = s.seq, s.ack, s.flags, s.length
	f.bases = f.track.bases(f.side, s)
	f.SeqISN, f.AckISN = f.bases.seq, f.bases.ack
	f.HasTS, f.TSVal, f.TSEcr = s.hasTS, s.tsval, s.tsecr
	f.Wnd = uint32(s.wnd)
	if s.flags&flagSYN == 0 && me.shift > 0 && peer.shift >= 0 {
		f.Wnd <<= me.shift
	}
	f.Receiver = peer.view()
	f.Size = len(f.raw)
}

// launch puts a captured frame under way as the rules have it.
func (r *runner) launch(f *flight) {
	if !r.passes(f) {
		r.recycle(f.raw)
		return
	}
	fate := r.rules.judge(f.From, f.To, &f.seg)
	f.due, f.late = f.Departs+r.rules.latency+fate.late, fate.late > 0
	switch {
	case fate.lost:
		f.Fate, f.Note = "lost", "dropped on the wire"
		r.tell(f)
		r.recycle(f.raw)
		return
	case fate.held && len(r.held) >= maxHeld:
		f.Fate, f.Note = "lost", "too many held"
	case fate.held:
		f.Fate = "held"
		r.held = append(r.held, f)
	default:
		if fate.late > 0 {
			f.Note = "delayed by " + fate.late.String()
		}
		r.send(f)
	}
	r.tell(f)
	if fate.twice {
		r.repeat(f, fate)
	}
}

// send queues a flight for its delivery.
func (r *runner) send(f *flight) {
	f.Fate, f.Arrives = "under way", f.due
	r.queue.push(f)
	if !f.late {
		r.underWay++
	}
}

// repeat puts a second copy of f on the wire.
func (r *runner) repeat(f *flight, fate fate) {
	g := r.newFlight(f.from, f.to, &f.seg, "")
	g.raw = append(r.buffer(len(f.raw)), f.raw...)
	g.Departs, g.due, g.late, g.Note = f.Departs, f.due+fate.after, fate.after > 0, "the same again"
	g.describe()
	r.send(g)
	r.tell(g)
}

// tell tells what became of a flight, with its octets the first time.
func (r *runner) tell(f *flight) {
	if f.ID > r.cfg.Frames {
		return
	}
	frame := f.Frame
	if !f.told {
		frame.Raw = f.raw[:min(len(f.raw), SnapLen)]
		f.told = true
	}
	r.event(Event{Frame: &frame})
}

// deliver hands the frames that are due to their hosts, one at a time, and looks after each at what came of it.
func (r *runner) deliver() {
	for len(r.queue) > 0 && r.queue[0].due <= r.now() {
		f := r.queue.pop()
		if !f.late {
			r.underWay--
		}
		r.arrive(f)
	}
}

func (r *runner) arrive(f *flight) {
	if f.icmp != "" {
		r.arriveICMP(f)
		return
	}
	// What was sent before it came is not an answer to it.
	r.step(nil, nil)
	for _, g := range r.forgeries {
		g.arrived(f)
	}
	if !r.handOver(f) {
		return
	}
	h := r.hosts[f.to]
	r.drainHost(h) // what the other says meanwhile is not an answer
	r.step([]touch{{host: h, tuple: tuple{f.seg.dst, f.seg.src}, cause: Cause{Kind: "frame", Frame: f.ID}}}, nil)
	r.injected = nil
	r.recycle(f.raw)
	f.raw = nil
}

// handOver gives a frame to its host, which takes it in before this returns.
func (r *runner) handOver(f *flight) bool {
	h := r.hosts[f.to]
	f.Fate, f.Arrives = "arrived", r.now()
	receiver := f.track.at(1 - f.side)
	f.Receiver, receiver.met = receiver.view(), f.bases // it may have had more since
	port := h.port
	if f.from == f.to {
		port, r.injected = h.loop, f.raw
	}
	if err := sendFrame(port, f.raw); err != nil {
		f.Fate, f.Note = "lost", "wire: "+sockdiag.ErrnoName(err)
		r.tell(f)
		return false
	}
	h.counts.in++
	r.tell(f)
	f.track.delivered(1-f.side, &f.seg, f.Arrives)
	r.owed(f)
	return true
}

// step looks at the ends that a step concerned: those given, with the frames that each has sent in it, and those that have sent or,
// over loopback, received besides. other says why a host's other ends moved; "timer" where it does not.
func (r *runner) step(first []touch, other []Cause) {
	touched := append(r.touched[:0], first...)
	at := func(h *host, t tuple) *touch {
		for i := range touched {
			if touched[i].host == h && touched[i].tuple == t {
				return &touched[i]
			}
		}
		cause := Cause{Kind: "timer"}
		if h.index < len(other) && other[h.index].Kind != "" {
			cause = other[h.index]
		}
		touched = append(touched, touch{host: h, tuple: t, cause: cause})
		return &touched[len(touched)-1]
	}
	for _, f := range r.fresh {
		h := r.hosts[f.from]
		t := at(h, tuple{f.seg.src, f.seg.dst})
		t.sent = append(t.sent, f.ID)
		if f.from != f.to {
			continue
		}
		t.loop = append(t.loop, &f.Frame)
		if f.seg.src != f.seg.dst {
			t = at(h, tuple{f.seg.dst, f.seg.src})
			t.loop = append(t.loop, &f.Frame)
		}
	}
	r.fresh = r.fresh[:0]
	r.touched = touched
	r.observe(touched)
}

// buffer and recycle keep frames' buffers for the next frames.
func (r *runner) buffer(n int) []byte {
	if k := len(r.spare); k > 0 && cap(r.spare[k-1]) >= n {
		b := r.spare[k-1]
		r.spare = r.spare[:k-1]
		return b[:0]
	}
	return make([]byte, 0, max(n, 256))
}

func (r *runner) recycle(b []byte) {
	if len(r.spare) < 256 && cap(b) > 0 {
		r.spare = append(r.spare, b)
	}
}
