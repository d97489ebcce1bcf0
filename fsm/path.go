package fsm

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// What lies between the hosts besides the wire: a NAT, firewall or load balancer that remembers
// flows, one that lets nothing through, and what it says about that by ICMP.

// flow is a connection as a middlebox sees it, from the segments that pass.
type flow struct {
	first  netip.AddrPort // who sent the SYN
	state  flowState
	last   time.Duration // when a segment passed
	finEnd [2]uint32     // the number after the FIN of the first, and of the other
	fin    [2]bool
	acked  [2]bool // that FIN was acknowledged
	unmet  [2]bool // data has passed that no ACK has covered yet
	end    [2]uint32
}

// flowState is a state of nf_conntrack.
type flowState int

const (
	flowSynSent flowState = iota
	flowSynRecv
	flowEstablished
	flowFinWait
	flowCloseWait
	flowLastAck
	flowTimeWait
	flowClosed
)

// conntrackTimeouts are Linux's own (tcp_timeouts in net/netfilter/nf_conntrack_proto_tcp.c; the
// sysctls nf_conntrack_tcp_timeout_*).
var conntrackTimeouts = [...]time.Duration{
	flowSynSent: 2 * time.Minute, flowSynRecv: time.Minute, flowEstablished: 5 * 24 * time.Hour,
	flowFinWait:   2 * time.Minute,
	flowCloseWait: time.Minute, flowLastAck: 30 * time.Second, flowTimeWait: 2 * time.Minute,
	flowClosed: 10 * time.Second,
}

// conntrackUnacked is nf_conntrack_tcp_timeout_unacknowledged.
const conntrackUnacked = 5 * time.Minute

// memory is how a middlebox forgets.
type memory struct {
	on        bool
	after     time.Duration
	reset     bool // a segment of a forgotten flow is answered with RST
	conntrack bool
	flows     map[fourTuple]*flow
}

// maxFlows bounds what a middlebox remembers; a SYN beyond that is lost, as with nf_conntrack_max.
const maxFlows = 65536

// Forget makes the wire forget a flow that has had no traffic for so long, or that it saw end.
// Later segments of it vanish, or with reset are answered with RST; only a SYN begins a flow anew.
// Connections that are there already are known to it.
func (w *Wire) Forget(after time.Duration, reset bool) {
	w.remember(memory{on: true, after: after, reset: reset})
}

// ForgetAsConntrack is Forget with the timeouts of Linux's connection tracking, by state.
func (w *Wire) ForgetAsConntrack() { w.remember(memory{on: true, conntrack: true}) }

func (w *Wire) remember(m memory) {
	m.flows = map[fourTuple]*flow{}
	for _, h := range w.net.hosts {
		for _, c := range h.conns {
			if fl := m.flows[flowKey(unmap(c.local), unmap(c.remote))]; fl != nil {
				fl.last = max(fl.last, c.lastActive())
				fl.state = max(fl.state, c.asFlow())
				continue
			}
			fl := &flow{first: unmap(c.local), state: c.asFlow(), last: c.lastActive()}
			if c.passive {
				fl.first = unmap(c.remote)
			}
			m.flows[flowKey(unmap(c.local), unmap(c.remote))] = fl
		}
	}
	w.memory = m
}

// lastActive is when the connection last sent data or heard from its peer, as far as it remembers.
func (c *Conn) lastActive() time.Duration {
	return max(c.out.heardACK, c.ack.lastData, c.out.sentData, c.synAt, c.entered)
}

// asFlow is the state in which a middlebox must have the connection.
func (c *Conn) asFlow() flowState {
	switch c.state {
	case SynSent:
		return flowSynSent
	case SynReceived:
		return flowSynRecv
	case Established:
		return flowEstablished
	case FinWait1:
		return flowFinWait
	case FinWait2, CloseWait:
		return flowCloseWait
	case Closing, LastAck:
		return flowLastAck
	}
	return flowTimeWait
}

// flowKey is the same for both directions.
func flowKey(a, b netip.AddrPort) fourTuple {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return fourTuple{local: a, remote: b}
}

// timeout is how long the flow is remembered without traffic.
func (m *memory) timeout(fl *flow) time.Duration {
	if !m.conntrack {
		return m.after
	}
	d := conntrackTimeouts[fl.state]
	if fl.state == flowEstablished && (fl.unmet[0] || fl.unmet[1]) {
		d = min(d, conntrackUnacked)
	}
	return d
}

// passes asks the middlebox whether a segment may go on. If not it is lost, and may be answered.
func (w *Wire) passes(f *flight) bool {
	if i := slices.IndexFunc(w.blocks, func(b block) bool { return b.matches(f) }); i >= 0 {
		w.lose(f, "nothing gets through")
		if kind := w.blocks[i].icmp; kind != "" {
			w.complain(f, kind)
		}
		return false
	}
	m := &w.memory
	if !m.on {
		return true
	}
	now, key := w.net.clock.now, flowKey(f.Src, f.Dst)
	fl := m.flows[key]
	if fl != nil && now-fl.last >= m.timeout(fl) {
		delete(m.flows, key)
		fl = nil
	}
	if s := f.Segment; s.Flags&(SYN|ACK|RST) == SYN && (fl == nil || fl.state >= flowTimeWait) {
		if len(m.flows) >= maxFlows {
			w.lose(f, "the table of flows is full")
			return false
		}
		fl = &flow{first: f.Src}
		m.flows[key] = fl
	}
	if fl == nil {
		w.lose(f, "the flow has been forgotten")
		if m.reset && !f.Segment.Flags.Has(RST) {
			w.resetSender(f)
		}
		return false
	}
	fl.last = now
	if fl.see(f); fl.state >= flowTimeWait && !m.conntrack {
		delete(m.flows, key)
	}
	return true
}

// see is the flow's next state (tcp_conntracks in nf_conntrack_proto_tcp.c, for what really
// occurs).
func (fl *flow) see(f *flight) {
	s, me := f.Segment, 0
	if f.Src != fl.first {
		me = 1
	}
	you := 1 - me
	if s.Flags.Has(ACK) && fl.unmet[you] && !before(s.Ack, fl.end[you]) {
		fl.unmet[you] = false
	}
	if s.Len > 0 {
		fl.unmet[me], fl.end[me] = true, s.End()
	}
	if s.Flags.Has(ACK) && fl.fin[you] && !before(s.Ack, fl.finEnd[you]) {
		fl.acked[you] = true
	}
	if s.Flags.Has(FIN) {
		fl.fin[me], fl.finEnd[me] = true, s.End()
	}
	switch {
	case s.Flags.Has(RST):
		fl.state = flowClosed
	case s.Flags.Has(SYN | ACK):
		fl.state = max(fl.state, flowSynRecv)
	case s.Flags.Has(SYN):
	case fl.state == flowTimeWait, fl.state == flowClosed:
	case fl.fin[0] && fl.fin[1] && fl.acked[0] && fl.acked[1]:
		fl.state = flowTimeWait
	case fl.fin[0] && fl.fin[1]:
		fl.state = flowLastAck
	case fl.acked[0] || fl.acked[1]:
		fl.state = max(fl.state, flowCloseWait)
	case fl.fin[0] || fl.fin[1]:
		fl.state = max(fl.state, flowFinWait)
	case s.Flags.Has(ACK):
		fl.state = max(fl.state, flowEstablished)
	}
}

func (w *Wire) lose(f *flight, why string) {
	f.To, f.Flight.Fate, f.Note = f.to.name, Lost, why
	w.tell(f)
}

// resetSender answers a segment with the RST of §3.5.2 as if the other end had sent it.
func (w *Wire) resetSender(f *flight) {
	s := Segment{Seq: f.Segment.Ack, Flags: RST}
	seqBase, ackBase := f.ackBase, f.seqBase
	if !f.Segment.Flags.Has(ACK) {
		s, seqBase = Segment{Ack: f.Segment.End(), Flags: RST | ACK}, 0
	}
	if w.net.fixed != nil {
		seqBase, ackBase = 0, 0
	}
	w.flights++
	r := w.newFlight()
	r.from, r.to, r.seqBase, r.ackBase = f.to, f.from, seqBase, ackBase
	r.ID, r.From, r.Src, r.Dst, r.Forged = w.flights, f.to.name, f.Dst, f.Src, true
	r.Segment, r.Departs, r.Note = s, w.net.clock.now, "from what lies between: it does not know the flow"
	w.depart(r, w.latency)
}

// block is a way on which nothing gets through any more.
type block struct {
	pattern
	icmp string
}

// Block lets nothing from a host through any more; host may be a direction, "server>client". With
// icmp the sender is told so: "port", "host", "net", "admin" or "frag".
func (w *Wire) Block(host, icmp string) {
	w.blocks = append(w.blocks, block{pattern{host, "any"}, icmp})
}

// icmpKind is what the model knows about an ICMP error.
type icmpKind struct {
	err4, err6 Errno // icmp_err_convert in net/ipv4/icmp.c, and icmpv6_err_convert
	hard       bool  // RFC 9293 §3.9.2.2: codes 2 to 4 are hard errors
	aborts     bool  // a request socket is dropped (tcp_v4_err)
	words      string
}

var icmpKinds = map[string]icmpKind{
	"net":   {ENETUNREACH, ENETUNREACH, false, true, "network unreachable"},
	"host":  {EHOSTUNREACH, EHOSTUNREACH, false, true, "host unreachable"},
	"port":  {ECONNREFUSED, ECONNREFUSED, true, false, "port unreachable"},
	"admin": {EHOSTUNREACH, EACCES, false, false, "administratively prohibited"},
	"frag":  {EMSGSIZE, EMSGSIZE, false, false, "fragmentation needed"},
}

// complain sends the sender of a segment an ICMP error about it.
func (w *Wire) complain(about *flight, kind string) {
	f := w.newFlight()
	f.icmp, f.to, f.from = kind, about.from, about.to
	// of the segment that it is about
	f.Src, f.Dst, f.Segment, f.device = about.Src, about.Dst, about.Segment, about.device
	w.busy++
	f.due, f.Flight.Fate = w.net.clock.now+w.latency, UnderWay
	w.net.clock.set(alarm{at: f.due, flight: f})
}

// ForgeICMP has the peer of host's socket hear of an ICMP error about its last segment, as if host
// or a router had sent it, and returns what the peer sends in answer, as Forge does.
func (w *Wire) ForgeICMP(host, sock, kind string) (string, error) {
	c, err := w.forger(host, sock)
	if err != nil {
		return "", err
	}
	h := c.host
	to := w.net.owner(h, c.remote.Addr().Unmap())
	if to == nil {
		return "silence", nil
	}
	about := flight{from: to, to: h}
	about.Src, about.Dst = unmap(c.remote), unmap(c.local)
	if p := w.peer(c); p != nil {
		about.Segment.Seq = p.sndUna
	}
	w.landed, w.listen = nil, true
	w.complain(&about, kind)
	err = w.net.Quiet()
	w.listen = false
	return w.answer(h, c), err
}

// hearICMP is tcp_v4_err: the error belongs to a connection if the number in it is one that is
// under way.
func (h *Host) hearICMP(f *flight) {
	c := h.find(f.Src, f.Dst, f.device)
	if c == nil || c.mini {
		return
	}
	kind, seq := icmpKinds[f.icmp], f.Segment.Seq
	if c.request {
		if seq == c.iss && kind.aborts {
			h.forget(c)
		}
		return
	}
	if before(seq, c.sndUna) || after(seq, c.sndNxt) || f.icmp == "frag" {
		return
	}
	if c.softErr = kind.err4; !f.Src.Addr().Unmap().Is4() {
		c.softErr = kind.err6
	}
	c.icmpNote = "ICMP: " + kind.words
	e := RcvICMPSoft
	if kind.hard {
		e = RcvICMPHard
	}
	c.take(e, nil)
}

// directed splits "server>client"; to is "" if the pattern is for any.
func directed(host string) (from, to string) {
	from, to, _ = strings.Cut(host, ">")
	return from, to
}
