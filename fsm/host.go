package fsm

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Host owns addresses, ports, sockets and sysctls. Its network stack is the profile's.
type Host struct {
	net      *Net
	name     string
	addrs    []netip.Addr
	sys      Sysctls
	ports    map[uint16]*bucket
	conns    map[fourTuple]*Conn // every connection, request sockets and minisockets
	past     map[fourTuple]*Conn // the last connection of a tuple that is gone: the wire remembers its numbers
	named    map[string]*Conn
	fds      []*Conn
	minis    int
	arriving *flight
	changed  bool    // the table, since the watcher was told of it
	touched  []*Conn // whose lines in it may read differently since then
}

// maxSockets bounds a host's descriptors.
const maxSockets = 4096

// maxPast bounds the connections whose numbers the wire remembers.
const maxPast = 1024

// fourTuple is a connection as its host sees it: a tuple.FiveTuple without the protocol.
// The device is that which the socket is bound to.
type fourTuple struct {
	local, remote netip.AddrPort
	device        device
}

func newTuple(local, remote netip.AddrPort) fourTuple {
	return fourTuple{local: unmap(local), remote: unmap(remote)}
}

func (c *Conn) tuple() fourTuple {
	return fourTuple{unmap(c.local), unmap(c.remote), deviceOf(c.Device)}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Name is "server" or "client".
func (h *Host) Name() string { return h.name }

// Conn is what the script's name stands for: the socket, or the connection that it was; nil if
// there never was one.
func (h *Host) Conn(name string) *Conn { return h.named[name] }

// owns reports whether a is one of the host's addresses, loopback included.
func (h *Host) owns(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || slices.Contains(h.addrs, a)
}

func (h *Host) hash(c *Conn) {
	h.conns[c.tuple()] = c
	c.touch()
	h.net.devices = h.net.devices || c.Device != ""
}

func (h *Host) unhash(c *Conn) {
	key := c.tuple()
	c.touch()
	if h.conns[key] == c {
		delete(h.conns, key)
		if len(h.past) >= maxPast {
			clear(h.past)
		}
		h.past[key] = c
	}
}

// arrive is what the host does with a segment: it belongs to a connection, or to a listener, or to
// nobody.
func (h *Host) arrive(f *flight) {
	h.arriving = f
	defer func() { h.arriving = nil }()
	if f.martian() {
		return
	}
	if c := h.find(f.Dst, f.Src, f.arrivesOn()); c != nil && c.abandoned() {
		h.forget(c)
	} else if c != nil && c.Deaf && !c.mini {
		return
	} else if c != nil {
		c.arrive(f.Segment)
		return
	}
	if l := h.listenerFor(f.Dst, f.Src); l != nil && l.Deaf {
		return
	} else if l != nil {
		h.arriveAtListener(l, f.Segment, 0)
		return
	}
	h.arriveAtNobody(f.Segment)
}

// arrivingID is the ID of the segment that is arriving; 0: there is none.
func (h *Host) arrivingID() int {
	if h.arriving == nil {
		return 0
	}
	return h.arriving.ID
}

func (h *Host) arriveAtNobody(s Segment) {
	e := judgeClosed(s)
	row := h.net.machine.row(Closed, e)
	h.net.write(Entry{At: h.net.Now(), Host: h.name, From: Closed, Event: string(e), To: Closed,
		Rule: row.Section, Section: row.Section, Of: h.arrivingID()})
	if row.Do&SendRST != 0 {
		h.answerRST(nil, s)
	}
	h.net.record(h)
}

// answerRST is the reset of §3.5.2 in answer to a segment.
func (h *Host) answerRST(c *Conn, in Segment) {
	f := h.arriving
	if f == nil || c == nil && f.unanswered() || strictRoute(f.Dst.Addr(), f.Src.Addr()) {
		return
	}
	s := Segment{Seq: in.Ack, Flags: RST}
	if !in.Flags.Has(ACK) {
		s = Segment{Ack: in.End(), Flags: RST | ACK}
	}
	seqBase, ackBase := f.ackBase, f.seqBase
	if !in.Flags.Has(ACK) {
		seqBase = 0
	}
	if c != nil && c.ts && in.HasTS {
		s.HasTS, s.TSVal, s.TSEcr = true, c.tsNow(), in.TSVal
	}
	h.net.wire.send(h, noDevice, 0, f.Dst, f.Src, s, seqBase, ackBase, false)
}

// arrive judges a segment and takes it.
func (c *Conn) arrive(s Segment) {
	h := c.host
	e := c.judge(s)
	if c.open || c.listener != nil || c.state == TimeWait && s.Flags.Has(FIN) {
		c.heardAt = h.net.clock.now
	}
	wasRequest := c.request
	if wasRequest && c.becomesChild(e) && c.turnedAway(s) {
		return
	}
	if e == RcvSYN && c.state == SynSent || e == RcvSYNACK && c.state == SynSent {
		c.learn(s)
	}
	oldNxt := c.sndNxt
	from := c.state
	c.take(e, &s)
	if from == SynSent && c.state == SynReceived {
		c.iss2()
	}
	if from.Synchronized() && s.Flags&(SYN|ACK) == SYN {
		h.tellSender(c.answerToSYN(e))
	}
	switch {
	case e == RcvSYNReopens:
		if l := h.listenerFor(c.local, c.remote); l != nil {
			h.arriveAtListener(l, s, oldNxt+c.profile().ISNStep)
		}
	case wasRequest && c.state != SynReceived && c.state != Listen && c.state != Closed:
		h.promote(c)
	}
	if len(c.ahead) > 0 && c.state != Closed {
		c.drain()
	}
	if from == SynReceived && c.state == Established && c.noWriter && !c.finQueued {
		c.take(UserClose, nil) // shutdown() came while the connection was opening
	}
}

// answerToSYN says what a SYN met that hit a connection, in the words of whoever sent it.
func (c *Conn) answerToSYN(e Event) *Why {
	if e == RcvSYNReopens {
		return explain("connect-timewait-reopened")
	}
	w := explain("connect-syn-acked")
	w.Conflict = c.description()
	return w
}

// iss2: a simultaneous open repeats the SYN as SYN,ACK with the same number; what waits for an
// acknowledgment is that segment.
func (c *Conn) iss2() {
	c.sndNxt = c.iss + 1
	c.sent = []Segment{{Seq: c.iss, Flags: SYN | ACK, Wnd: min(c.rcvWnd, 65535)}}
}

// orphanEntersFinWait2 bounds the FIN-WAIT-2 of an orphan by the segment that led there
// (tcp_rcv_state_process, TCP_FIN_WAIT1).
func (c *Conn) orphanEntersFinWait2(s Segment) {
	if d := c.finTime(); c.profile().Minisocket && s.Flags.Has(FIN) && d <= c.profile().TimeWait {
		c.setTimer(timerFinWait2, d) // the FIN's own turn has yet to come
		return
	}
	c.orphanFinWait2()
}

// listenerFor is the listener that gets a segment for local (inet_lookup_listener): the one with
// that very address before a wildcard, then one bound to the device that the segment arrives on,
// then one of IPv4.
func (h *Host) listenerFor(local, _ netip.AddrPort) *Conn {
	b := h.ports[local.Port()]
	if b == nil || len(b.listeners) == 0 {
		return nil
	}
	among := b.listeners
	if len(among) > 1 {
		among = b.owners // of several that score alike, the first that was bound
	}
	a, on := local.Addr().Unmap(), devEth0
	if h.arriving != nil {
		on = h.arriving.arrivesOn()
	} else if a.IsLoopback() {
		on = devLo
	}
	var best *Conn
	bestScore := 0
	for _, c := range among {
		if c.state != Listen || !c.hears(on) {
			continue
		}
		score := 1
		switch la := c.local.Addr(); {
		case la.Unmap() == a:
			score += 8
		case la.Unmap() == netip.IPv4Unspecified() && a.Is4():
		case la.Is6() && la.IsUnspecified() && (a.Is6() || !c.V6Only):
		default:
			continue
		}
		if c.Device != "" {
			score += 1
		}
		if c.family == 4 {
			score += 1
		}
		if score > bestScore {
			best, bestScore = c, score
		}
	}
	return best
}

// sameFamily writes an address as a socket of the family sees it: IPv4 as v4-mapped on IPv6
// sockets.
func sameFamily(family int, a netip.AddrPort) netip.AddrPort {
	if family == 6 && a.Addr().Is4() {
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
	}
	return a
}

// newConn makes a socket without a descriptor.
func (h *Host) newConn(family int) *Conn {
	n := h.net
	n.conns++
	c := &Conn{host: h, id: n.conns, state: Closed, family: family, fd: -1, cwnd: 10, rto: n.profile.InitialRTO,
		heardAt: n.clock.now}
	for t := range c.due {
		c.due[t] = never
	}
	return c
}

// begin sets the send sequence variables to an ISN.
func (c *Conn) begin(isn uint32) {
	c.iss, c.sndUna, c.sndNxt, c.lastSmall = isn, isn, isn, isn
	c.tsOffset = c.net().tsOffset(c)
}

// SocketRow is one line of the host's socket table.
type SocketRow struct {
	Name          string
	End           int    // see Entry.End; 0: only bound
	State         string // RFC spelling, or "BOUND"
	Local, Remote netip.AddrPort
	Open          bool
	Timer         string // "timewait", "retransmit", "keepalive", "none"
	Left          time.Duration
	RecvQ, SendQ  int
}

// Rows is the host's socket table as `ss -tan` would show it, and sockets that are only bound.
func (h *Host) Rows() []SocketRow {
	seen := map[*Conn]bool{}
	var rows []SocketRow
	add := func(c *Conn) {
		if seen[c] || c.state == Closed && !c.inPorts {
			return
		}
		seen[c] = true
		rows = append(rows, c.row())
	}
	for _, b := range h.ports {
		for _, c := range b.owners {
			add(c)
		}
	}
	for _, c := range h.conns {
		add(c)
	}
	slices.SortFunc(rows, func(a, b SocketRow) int {
		return cmp.Or(a.Local.Compare(b.Local), a.Remote.Compare(b.Remote), cmp.Compare(a.State, b.State))
	})
	return rows
}

// Timer is the timer that runs, in sock_diag's words, and what is left of it.
func (c *Conn) Timer() (string, time.Duration) {
	now := c.net().Now()
	for _, t := range []struct {
		t    timer
		name string
	}{{timer2MSL, "timewait"}, {timerRetransmit, "retransmit"}, {timerReorder, "retransmit"},
		{timerPersist, "probe"}, {timerFinWait2, "keepalive"}, {timerKeepalive, "keepalive"},
		{timerUser, "usertimeout"}} {
		if due := c.due[t.t]; due != never {
			return t.name, due - now
		}
	}
	return "none", 0
}
