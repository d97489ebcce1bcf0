package realsock

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// wireTrial is a track that segments are put on as the wire would.
type wireTrial struct {
	*track
	t       *testing.T
	now     time.Duration
	isn, ts [2]uint32
}

// openTrack is a connection whose sequence numbers and timestamps wrap soon; 0 opened it.
func openTrack(t *testing.T) *wireTrial {
	ts := tracks{m: map[link]*track{}}
	tr, from := ts.of("", netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:2"))
	if again, other := ts.of("", netip.MustParseAddrPort("10.0.0.2:2"), netip.MustParseAddrPort("10.0.0.1:1")); again != tr || other == from {
		t.Fatal("the two directions are not one connection")
	}
	w := &wireTrial{track: tr, t: t, isn: [2]uint32{0xfffffffe, 0x7fffffff}, ts: [2]uint32{0xffffffff, 0x80000000}}
	w.cross(0, segment{flags: flagSYN, wnd: 1000, shift: 2})
	w.cross(1, segment{flags: flagSYN | flagACK, ack: 1, wnd: 1000, shift: 3})
	w.cross(0, segment{seq: 1, flags: flagACK, ack: 1, wnd: 1000, shift: -1})
	return w
}

// put is a segment, its numbers relative, that side from sends and nobody receives.
func (w *wireTrial) put(from int, s segment) *segment {
	w.now += time.Millisecond
	w.ts[from]++
	s.seq += w.isn[from]
	if s.flags&flagACK != 0 {
		s.ack += w.isn[1-from]
	}
	s.hasTS, s.tsval = true, w.ts[from]
	w.sent(from, &s, w.now)
	return &s
}

func (w *wireTrial) cross(from int, s segment) {
	w.delivered(1-from, w.put(from, s), w.now)
}

func (w *wireTrial) want(what string, got uint32, isn int, want uint32) {
	w.t.Helper()
	if got -= w.isn[isn]; got != want {
		w.t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

func TestTrack(t *testing.T) {
	w := openTrack(t)
	a, b := w.at(0), w.at(1)
	w.want("SND.NXT of a", a.nxt, 0, 1)
	w.want("RCV.NXT of b", b.rcv, 0, 1)
	w.want("RCV.NXT of a", a.rcv, 1, 1)
	if a.window != 4000 || b.window != 1000 {
		t.Errorf("windows: got %d and %d, want 4000 and 1000, a SYN's being as it stands", a.window, b.window)
	}
	if a.owes || b.owes {
		t.Error("somebody owes an ACK before there was anything to acknowledge")
	}
	second := w.put(0, segment{seq: 11, flags: flagACK, ack: 1, length: 10, shift: -1})
	w.delivered(1, second, w.now)
	w.want("RCV.NXT of b ahead of a gap", b.rcv, 0, 1)
	if b.owes {
		t.Error("b owes an ACK for what is ahead of a gap")
	}
	w.cross(0, segment{seq: 1, flags: flagACK, ack: 1, length: 10, shift: -1})
	w.want("RCV.NXT of b", b.rcv, 0, 21)
	if !b.owes || b.since != w.now {
		t.Error("b owes no ACK for the data")
	}
	w.cross(1, segment{seq: 1, flags: flagACK, ack: 11, shift: -1})
	if !b.owes {
		t.Error("an ACK of half the data settles it all")
	}
	w.cross(1, segment{seq: 1, flags: flagACK, ack: 21, shift: -1})
	w.want("SND.UNA of a", a.una, 0, 21)
	if b.owes {
		t.Error("b still owes an ACK")
	}
	w.cross(0, segment{seq: 21, flags: flagACK | flagFIN, ack: 1, shift: -1})
	w.want("RCV.NXT of b after the FIN", b.rcv, 0, 22)
	if !b.owes || !b.gotFIN || !a.finned {
		t.Error("the FIN was not noted")
	}
	w.cross(0, segment{seq: 22, flags: flagACK, ack: 1, length: 5, shift: -1})
	w.want("RCV.NXT of b after data beyond the FIN", b.rcv, 0, 22)
}

func TestTrackOld(t *testing.T) {
	w := openTrack(t)
	b := w.at(1)
	s := w.put(0, segment{seq: 1, flags: flagACK, ack: 1, length: 10, shift: -1})
	s.tsval -= 100
	w.delivered(1, s, w.now)
	w.want("RCV.NXT after an old timestamp", b.rcv, 0, 1)
	w.delivered(1, &segment{seq: w.isn[0] + 1, length: 10, flags: flagPSH}, w.now)
	w.want("RCV.NXT after data without ACK", b.rcv, 0, 1)
	w.delivered(1, &segment{seq: w.isn[0] + 1, flags: flagRST | flagACK}, w.now)
	w.want("RCV.NXT after a RST", b.rcv, 0, 1)
}

func TestTrackAgain(t *testing.T) {
	w := openTrack(t)
	w.cross(0, segment{seq: 1, flags: flagACK | flagFIN, ack: 1, shift: -1})
	w.isn[0] += 70000
	syn := w.put(0, segment{flags: flagSYN, shift: -1})
	if got := w.bases(0, syn); got.seq != w.isn[0] {
		t.Errorf("got base %d for the new SYN, want its own number %d", got.seq, w.isn[0])
	}
	w.delivered(1, syn, w.now)
	old := w.put(1, segment{seq: 1, flags: flagACK, shift: -1})
	if got := w.bases(1, old); got.ack == w.isn[0] {
		t.Error("what the old incarnation sends is told relative to the new one's ISN")
	}
}

func TestForgeNumbers(t *testing.T) {
	w := openTrack(t)
	w.cross(0, segment{seq: 1, flags: flagACK, ack: 1, length: 10, shift: -1})
	lost := w.put(0, segment{seq: 11, flags: flagACK, ack: 1, length: 7, shift: -1})
	_ = lost
	w.cross(1, segment{seq: 1, flags: flagACK, ack: 11, length: 3, wnd: 200, shift: -1})
	for _, test := range []struct {
		seq, ack         Number
		wantSeq, wantAck uint32
	}{
		{Number{}, Number{}, 18, 4},
		{Number{"nxt", 0}, Number{"nxt", 0}, 11, 4},
		{Number{"nxt", -1}, Number{"una", 0}, 10, 1},
		{Number{"una", 0}, Number{"isn", 0}, 11, 0},
		{Number{"isn", 0}, Number{"nxt", 5}, 0, 9},
		{Number{"wnd", 0}, Number{"nxt", 1 << 32}, 11 + 1600, 4},
	} {
		s := w.forgeSegment(0, &Forge{Flags: flagACK, Seq: test.seq, Ack: test.ack}, w.now)
		w.want("seq="+test.seq.Base, s.seq, 0, test.wantSeq)
		w.want("ack="+test.ack.Base, s.ack, 1, test.wantAck)
	}
	for ts, newer := range map[string]bool{"": true, "now": true, "old": false} {
		s := w.forgeSegment(0, &Forge{Flags: flagACK, TS: ts}, w.now)
		if got := before(w.at(0).last, s.tsval); !s.hasTS || got != newer || s.tsecr != w.at(0).recent {
			t.Errorf("ts=%q: got %+v", ts, s)
		}
	}
	if s := w.forgeSegment(0, &Forge{Flags: flagACK, TS: "none"}, w.now); s.hasTS {
		t.Error("ts=none: got a timestamp")
	}
	fresh := &track{}
	fresh.sent(0, &segment{flags: flagSYN, seq: 100, shift: -1}, 0)
	if s := fresh.forgeSegment(0, &Forge{Flags: flagACK, Seq: Number{"nxt", 0}, Ack: Number{"nxt", 7}}, 0); s.seq != 101 || s.ack != 7 {
		t.Errorf("after a SYN that nobody answered: got seq %d, ack %d, want the sender's own 101 and 7", s.seq, s.ack)
	}
}

func TestWalk(t *testing.T) {
	me := tuple{netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")}
	self := tuple{me.local, me.local}
	type seg struct {
		mine  bool
		flags uint8
		acks  bool // my FIN
	}
	for _, test := range []struct {
		what, start string
		at          tuple
		segs        []seg
		want        string
	}{
		{"connect", "CLOSE", me, []seg{{true, flagSYN, false}, {false, flagSYN | flagACK, false}, {true, flagACK, false}}, "SYN_SENT ESTABLISHED"},
		{"refused", "CLOSE", me, []seg{{true, flagSYN, false}, {false, flagRST | flagACK, false}}, "SYN_SENT CLOSE"},
		{"child", "LISTEN", me, []seg{{false, flagSYN, false}, {true, flagSYN | flagACK, false}, {false, flagACK, false}}, "SYN_RECV ESTABLISHED"},
		{"close first", "ESTABLISHED", me, []seg{{true, flagFIN | flagACK, false}, {false, flagACK, true}, {false, flagFIN | flagACK, true}}, "FIN_WAIT1 FIN_WAIT2 TIME_WAIT"},
		{"close second", "CLOSE_WAIT", me, []seg{{true, flagFIN | flagACK, false}, {false, flagACK, true}}, "LAST_ACK CLOSE"},
		{"note 2", "FIN_WAIT1", me, []seg{{false, flagFIN | flagACK, true}}, "TIME_WAIT"},
		{"both", "FIN_WAIT1", me, []seg{{false, flagFIN | flagACK, false}, {false, flagACK, true}}, "CLOSING TIME_WAIT"},
		{"reset", "ESTABLISHED", me, []seg{{true, flagRST | flagACK, false}}, "CLOSE"},
		{"nobody", "CLOSE", me, []seg{{false, flagACK, false}, {true, flagRST, false}}, "CLOSE"},
		{"to itself", "CLOSE", self, []seg{{true, flagSYN, false}, {true, flagSYN | flagACK, false}}, "SYN_SENT SYN_RECV ESTABLISHED"},
	} {
		var frames []*Frame
		for i, s := range test.segs {
			f := &Frame{ID: i + 1, Src: test.at.local, Dst: test.at.remote, Flags: s.flags}
			if !s.mine {
				f.Src, f.Dst = f.Dst, f.Src
			}
			if s.acks {
				f.Receiver = View{SentFIN: true}
			} else {
				f.Receiver.SndNxt = 1
			}
			frames = append(frames, f)
		}
		var got []string
		sent := 0
		for _, l := range walk(test.start, test.at, Cause{Kind: "call"}, frames) {
			got = append(got, l.state)
			sent += len(l.sent)
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: got %s, want %s", test.what, s, test.want)
		}
		mine := 0
		for _, s := range test.segs {
			if s.mine {
				mine++
			}
		}
		if sent != mine {
			t.Errorf("%s: got %d segments sent, want %d", test.what, sent, mine)
		}
	}
}
