package realsock

import (
	"net/netip"
	"time"
)

// link names a connection as the wire sees it: where, and the two addresses, the lesser first.
type link struct {
	loop string // the host over whose loopback it goes; "" for the wire
	a, b netip.AddrPort
}

// track is what the wire remembers of a connection, also when its sockets are gone.
type track struct {
	num    int
	self   bool          // a socket connected to itself: there is one side
	opener int           // the side whose SYN came last
	heard  time.Duration // when it had a segment last
	sides  [2]side       // of link.a and link.b
}

// at is a side by its index.
func (tr *track) at(i int) *side {
	if tr.self {
		i = 0
	}
	return &tr.sides[i]
}

// side is one end's numbers, as far as they were seen. Names are RFC 9293's (§3.3.1).
type side struct {
	known  bool // the ISN is
	isn    uint32
	nxt    uint32 // SND.NXT: after the highest octet sent
	una    uint32 // SND.UNA: the highest acknowledgement delivered to it
	finned bool
	fin    uint32 // the number of its FIN

	intake
	apart []span // delivered ahead of a gap
	was   intake // before the segment that was delivered last

	acked  uint32 // the last acknowledgement it sent
	ackOK  bool
	window uint32 // the last window it offered, scaled
	shift  int8   // its window scale, -1: none

	ts     bool // it sends timestamps
	first  uint32
	last   uint32        // the highest TSval it sent
	lastAt time.Duration // when

	gone bool // it was aborted: nothing more is taken

	owes  bool
	since time.Duration // it came to owe

	met bases // of the segment that was delivered to it last
}

// intake is what a side has taken of what was delivered to it.
type intake struct {
	irs    uint32 // the peer's ISN as this side has learnt it
	irsOK  bool
	rcv    uint32 // RCV.NXT: after the last octet delivered in order
	rcvOK  bool   // rcv is known
	gotFIN bool   // a FIN was delivered in order; nothing can follow it
	heard  bool   // a timestamp was delivered to it
	recent uint32 // the highest
}

// edge is the first number beyond the window that the side has offered, which a FIN or data that it has not
// acknowledged yet does not move; and wnd is how far that is from RCV.NXT.
func (me *side) edge() uint32 {
	if me.ackOK {
		return me.acked + me.window
	}
	return me.rcv + me.window
}

func (me *side) wnd() uint32 {
	if before(me.edge(), me.rcv) {
		return 0
	}
	return me.edge() - me.rcv
}

// bases are what a segment's relative numbers are relative to, and its own acknowledgement.
type bases struct{ seq, ack, acked uint32 }

// bases are the ISNs that a segment of side from is told relative to: those of the sender's own incarnation, or, for a reset by which
// nobody answers, those of the segment that it answers.
func (tr *track) bases(from int, s *segment) bases {
	me, peer := tr.at(from), tr.at(1-from)
	b := bases{seq: me.isn, ack: peer.isn, acked: s.ack}
	if me.irsOK {
		b.ack = me.irs
	}
	switch {
	case s.flags&flagRST == 0:
	case s.flags&flagACK == 0 && s.seq == me.met.acked:
		b.seq = me.met.ack
	case s.flags&flagACK != 0 && s.seq == 0:
		b.seq, b.ack = 0, me.met.seq
	}
	return b
}

// view is what others are told of a side.
func (me *side) view() View {
	return View{
		SndUna: me.una, SndNxt: me.nxt, RcvNxt: me.rcv, RcvWnd: me.wnd(), SndKnown: me.known, RcvKnown: me.rcvOK,
		SentFIN: me.finned, GotFIN: me.gotFIN, TSRecent: me.recent, TS: me.ts && me.heard,
	}
}

// span is a piece of sequence space, and whether a FIN ends it.
type span struct {
	seq, end uint32
	fin      bool
}

// maxApart bounds the pieces ahead of a gap that are remembered of one side.
const maxApart = 64

func before(a, b uint32) bool { return int32(a-b) < 0 }

// tracks are all connections the wire has seen.
type tracks struct {
	m    map[link]*track
	last int
}

// linkOf is the name of a segment's connection and the index of its sender's side.
func linkOf(loop string, src, dst netip.AddrPort) (l link, from int) {
	if dst.Compare(src) < 0 {
		return link{loop, dst, src}, 1
	}
	return link{loop, src, dst}, 0
}

// of finds, or makes, the track of a segment and the index of its sender's side.
func (t *tracks) of(loop string, src, dst netip.AddrPort) (*track, int) {
	l, from := linkOf(loop, src, dst)
	tr := t.m[l]
	if tr == nil {
		t.last++
		tr = &track{num: t.last, self: src == dst, sides: [2]side{{shift: -1}, {shift: -1}}}
		t.m[l] = tr
	}
	return tr, from
}

// sent notes a segment that side from put on the wire.
func (tr *track) sent(from int, s *segment, now time.Duration) {
	me, peer := tr.at(from), tr.at(1-from)
	if s.flags&flagSYN != 0 && (!me.known || me.isn != s.seq) {
		*me = side{known: true, isn: s.seq, nxt: s.seq + 1, una: s.seq, shift: s.shift}
		if s.flags&flagACK == 0 {
			tr.opener = from
		} else {
			me.rcv, me.rcvOK = s.ack, true
			me.heard, me.recent = s.hasTS, s.tsecr
			me.irs, me.irsOK = s.ack-1, true
			// The SYN that this answers may have been made by hand: a peer that is known keeps its own number.
			if !peer.known {
				*peer = side{known: true, isn: s.ack - 1, nxt: s.ack, una: s.ack - 1, shift: peer.shift, window: peer.window}
			}
		}
	}
	if !me.known && s.flags&flagRST == 0 {
		*me = side{known: true, isn: s.seq - 1, nxt: s.seq, una: s.seq, shift: -1}
	}
	if s.flags&flagRST == 0 && before(me.nxt, s.end()) {
		me.nxt = s.end()
	}
	if s.flags&flagFIN != 0 {
		me.finned, me.fin = true, s.end()-1
	}
	edge, offered := me.acked+me.window, me.ackOK // what was offered before is not taken back (§3.8.6.2.1)
	if s.flags&flagACK != 0 {
		me.acked, me.ackOK = s.ack, true
		if s.flags&flagRST == 0 && !before(s.ack, me.rcv) {
			me.rcv, me.owes = s.ack, false // it has taken what we thought it would not
		}
	}
	if s.flags&(flagACK|flagSYN) != 0 {
		me.window = uint32(s.wnd)
		if s.flags&flagSYN == 0 && me.shift > 0 && peer.shift >= 0 {
			me.window <<= me.shift
		}
		if offered && s.flags&flagSYN == 0 && before(me.acked+me.window, edge) {
			me.window = edge - me.acked
		}
	}
	if s.flags&flagRST != 0 {
		me.owes = false
		// <SEQ=SND.NXT><CTL=RST,ACK> is an ABORT's; a RST that answers a segment has no ACK, or SEQ=0 (§3.5.2).
		if s.flags&flagACK != 0 && me.known && s.seq == me.nxt {
			me.gone = true
		} else {
			me.intake = me.was // the segment that it answers was not taken
		}
		return // a RST's timestamp need not be from the connection's clock
	}
	if s.hasTS {
		if !me.ts {
			me.ts, me.first, me.last = true, s.tsval, s.tsval
		}
		if !before(s.tsval, me.last) {
			me.last, me.lastAt = s.tsval, now
		}
	}
}

// delivered notes a segment that was handed to side to. It may come to owe an acknowledgement by it.
func (tr *track) delivered(to int, s *segment, now time.Duration) {
	me := tr.at(to)
	me.was = me.intake
	if s.flags&flagRST != 0 || me.gone {
		return
	}
	if s.flags&flagSYN != 0 {
		if !me.rcvOK || !me.ackOK {
			me.rcv, me.rcvOK = s.seq+1, true
			me.irs, me.irsOK = s.seq, true
		}
		me.heard, me.recent = s.hasTS, s.tsval
	}
	if s.flags&flagACK == 0 {
		return // without ACK no data is taken in
	}
	if s.hasTS && me.ts && me.heard && before(s.tsval, me.recent) {
		return // PAWS (RFC 7323 §5)
	}
	if me.una == me.isn && s.ack == me.isn {
		return // a half-open child wants its SYN acknowledged
	}
	if before(me.nxt, s.ack) || before(s.ack, me.una-min(tr.at(1-to).window, max(me.una-me.isn, 1)-1)) {
		return // it acknowledges what was never sent, or too long ago (RFC 5961 §5.2)
	}
	if s.flags&flagSYN == 0 && me.rcvOK && me.outside(s) {
		return
	}
	if s.hasTS {
		me.heard, me.recent = true, s.tsval
	}
	if me.rcvOK && before(me.una, s.ack) {
		me.una = s.ack
	}
	if s.flags&flagSYN != 0 || s.segLen() == 0 || !me.rcvOK || me.gotFIN {
		return
	}
	if before(s.seq, me.edge()+1) && me.take(span{s.seq, s.end(), s.flags&flagFIN != 0}) && !me.owes {
		me.owes, me.since = true, now
	}
}

// outside reports whether a segment is not acceptable (§3.10.7.4, first): all of it is older than what me has acknowledged, or
// beyond its window. Before its SYN is acknowledged an end is stricter (tcp_in_window).
func (me *side) outside(s *segment) bool {
	start := me.rcv
	if me.ackOK {
		start = me.acked
	}
	if me.una == me.isn && s.segLen() > 0 && !before(start, s.end()) {
		return true
	}
	return before(s.end(), start) || before(me.edge(), s.seq)
}

// take adds a piece to what has arrived and reports whether RCV.NXT has moved.
func (me *side) take(p span) bool {
	if before(me.rcv, p.seq) {
		if len(me.apart) < maxApart {
			me.apart = append(me.apart, p)
		}
		return false
	}
	if !before(me.rcv, p.end) {
		return false
	}
	me.rcv, me.gotFIN = p.end, p.fin
	for again := true; again && !me.gotFIN; {
		again = false
		for i, q := range me.apart {
			if before(me.rcv, q.seq) {
				continue
			}
			if before(me.rcv, q.end) {
				me.rcv, me.gotFIN, again = q.end, q.fin, true
			}
			me.apart = append(me.apart[:i], me.apart[i+1:]...)
			again = true
			break
		}
	}
	return true
}

// forgeSegment builds the segment that f asks for, sent by side from.
func (tr *track) forgeSegment(from int, f *Forge, now time.Duration) (s segment) {
	me, peer := tr.at(from), tr.at(1-from)
	s = segment{flags: f.Flags, length: f.Len, shift: -1}
	s.seq = me.seqNumber(peer, f.Seq, f.Flags&flagSYN != 0)
	if f.Flags&flagACK != 0 {
		s.ack = me.ackNumber(peer, f.Ack)
	}
	if f.Flags&flagSYN != 0 {
		s.mss = 1460
	}
	wnd := me.window
	if me.shift > 0 && peer.shift >= 0 && f.Flags&flagSYN == 0 {
		wnd >>= me.shift
	}
	s.wnd = uint16(min(wnd, 65535))
	if s.wnd == 0 {
		s.wnd = 65535 >> max(me.shift, 0)
	}
	elapsed := uint32(max(1, (now-me.lastAt)/time.Millisecond))
	switch ts := f.TS; {
	case ts == "none", ts == "" && !me.ts:
	case ts == "old":
		s.hasTS, s.tsval = true, me.first-1000
	case ts == "now":
		s.hasTS, s.tsval = true, me.last+elapsed+1000
	default:
		s.hasTS, s.tsval = true, me.last+elapsed
	}
	if s.hasTS && s.flags&flagACK != 0 {
		s.tsecr = me.recent
	}
	return s
}

// seqNumber is the number n, in the sequence space of me, as the peer sees it; or as me does where the peer has not been seen to take
// any number.
func (me *side) seqNumber(peer *side, n Number, syn bool) uint32 {
	nxt, window := me.nxt, uint32(65535)
	if peer.rcvOK {
		nxt, window = peer.rcv, peer.wnd()
	}
	base := me.nxt
	switch n.Base {
	case "nxt", "una":
		base = nxt
	case "wnd":
		base = nxt + window
	case "isn":
		if base = me.isn; peer.irsOK {
			base = peer.irs
		}
	default:
		if syn {
			base = me.isn
		}
	}
	return base + uint32(n.Offset)
}

// ackNumber is the number n, in the peer's sequence space; or what me knows of it.
func (me *side) ackNumber(peer *side, n Number) uint32 {
	nxt, una, isn := me.rcv, me.rcv, me.irs
	if peer.known {
		nxt, una, isn = peer.nxt, peer.una, peer.isn
	}
	base := me.rcv
	switch n.Base {
	case "nxt":
		base = nxt
	case "una":
		base = una
	case "isn":
		base = isn
	case "wnd":
		base = nxt + me.window
	}
	return base + uint32(n.Offset)
}
