package capture

import (
	"io"
	"net/netip"
	"time"

	"fourwave/fsm"
	"fourwave/internal/text"
)

// File is what a capture tells of its connections.
type File struct {
	Format      string // pcap, pcapng, tcpdump
	Packets     int
	Other       int // packets or lines that are no segment of TCP
	Connections []*Conn
}

// Conn is one connection's story, as far as a capture can tell. A segment was seen where it was
// captured, neither where it left nor where it arrived. That it arrived is shown by what its
// receiver sent afterwards: until then it counts as under way, and what is concluded from it at the
// end of the capture is marked as inferred.
type Conn struct {
	N               int
	A, B            netip.AddrPort // A opened it, or was seen first
	Began           time.Time      // what the trace's times count from
	Packets         int
	Trace           fsm.Trace
	ClosedFirst     string    // a, b, both, none
	EndedBy         string    // fin, rst, none
	Why             text.Text // the end, in a sentence
	Ends            [2]End    // of A and B
	LeftBehind      []Left
	Retransmissions int
	Completeness    int  // as Wireshark adds it up: SYN 1, SYN+ACK 2, ACK 4, data 8, FIN 16, RST 32
	Midway          bool // it began before the capture
	OneSided        bool // one direction alone was captured
	Unseen          int  // acknowledgments of what was not captured

	ends   [2]end
	steps  []step
	reset  reset
	frames []Frame // of the flights, headers only; none of a text
}

// End is the state of one end when the capture ended.
type End struct {
	Addr     netip.AddrPort
	State    fsm.State
	Inferred bool // it is concluded and not shown
}

// Left is what stays behind at one end.
type Left struct {
	End         string // a or b
	State       fsm.State
	From, Until time.Time // Until is zero where nothing bounds it
}

// reset remembers the RST that ended a connection.
type reset struct {
	by      int
	seg     fsm.Segment
	before  fsm.State // of the end that sent it
	after   time.Time
	afterOf string // what it answers
	ttl     uint8
}

// step is what the user of an end did, for a script.
type step struct {
	at  time.Time
	end int
	do  string // open, send, close, abort
	n   uint32
}

const timeWait = time.Minute // Linux's, which a capture cannot tell

// Read reads a capture: pcap, pcapng or the text of tcpdump -n. The errors are, or wrap,
// ErrTooLarge and ErrBroken, which says at which byte, and the reader's own.
func Read(r io.Reader) (*File, error) {
	s, err := open(r)
	if err != nil {
		return nil, err
	}
	out := &File{Format: s.format}
	live := make(map[[2]netip.AddrPort]*Conn)
	var last time.Time
	packets, other, err := s.each(func(p *sighted) error {
		if p.at.After(last) {
			last = p.at
		}
		key := [2]netip.AddrPort{p.src, p.dst}
		if p.dst.Compare(p.src) < 0 {
			key[0], key[1] = key[1], key[0]
		}
		c := live[key]
		if c == nil || c.reopened(p) {
			c = newConn(p, len(out.Connections)+1)
			out.Connections = append(out.Connections, c)
			live[key] = c
		}
		c.see(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range out.Connections {
		c.finish(last)
	}
	out.Packets, out.Other = packets, other
	return out, nil
}

// end is what is known of one end while the capture is read.
type end struct {
	state    fsm.State
	inferred bool
	seen     bool   // it sent something
	known    bool   // nxt means something
	isn      uint32 // what its numbers are shown relative to
	nxt      uint32 // behind the last that it was seen, or is known, to have sent
	fin      bool
	finSeq   uint32
	acks     bool
	acked    uint32 // the highest acknowledgment that it sent: its RCV.NXT
	gotFIN   bool
	got      uint32 // octets of data that reached it
	queue    []under
	ttl      uint8
	entered  time.Time // when it came to its state
	again    int       // retransmissions without an answer
}

// under is a segment on its way to an end.
type under struct {
	at     time.Time
	seg    fsm.Segment
	flight int
}

func newConn(p *sighted, n int) *Conn {
	c := &Conn{N: n, A: p.src, B: p.dst, Began: p.at, ClosedFirst: "none", EndedBy: "none"}
	a, b := &c.ends[0], &c.ends[1]
	switch {
	case p.seg.Flags.Has(fsm.SYN | fsm.ACK):
		c.A, c.B, c.Midway = p.dst, p.src, true
		a.state, b.state, a.inferred = fsm.SynSent, fsm.Listen, true
		a.known, a.isn, a.nxt = true, p.seg.Ack-1, p.seg.Ack
	case p.seg.Flags.Has(fsm.SYN):
		a.state, b.state, b.inferred = fsm.Closed, fsm.Listen, true
	default:
		c.Midway = true
		a.state, b.state, a.inferred, b.inferred = fsm.Established, fsm.Established, true, true
	}
	return c
}

// reopened reports whether a segment begins a new connection between the same addresses.
func (c *Conn) reopened(p *sighted) bool {
	if !p.seg.Flags.Has(fsm.SYN) || p.seg.Flags.Has(fsm.ACK) {
		return false
	}
	e := &c.ends[c.of(p)]
	if e.known && e.isn == p.seg.Seq {
		return false // sent again
	}
	// Who has sent its FIN, or had no answer yet, and sends another SYN, has given this connection
	// up. One that was open is told on: its other end does not know that it is over (RFC 9293
	// §3.5.1).
	over := func(e *end) bool { return e.state == fsm.Closed || e.state == fsm.TimeWait || e.state == fsm.LastAck }
	return over(&c.ends[0]) || over(&c.ends[1]) || e.known && (e.fin || e.state == fsm.SynSent)
}

// of is which end sent a segment.
func (c *Conn) of(p *sighted) int {
	if p.src == c.A {
		return 0
	}
	return 1
}

// other is the end that a segment of an end goes to: of a connection with itself, the same.
func (c *Conn) other(i int) int {
	if c.A == c.B {
		return i
	}
	return 1 - i
}

var endNames = [2]string{"a", "b"}

// see takes in one more segment.
func (c *Conn) see(p *sighted) {
	i := c.of(p)
	e, other := &c.ends[i], &c.ends[c.other(i)]
	c.Packets++
	if !e.known {
		e.known, e.isn, e.nxt = true, p.seg.Seq, p.seg.Seq
		if !p.seg.Flags.Has(fsm.SYN) {
			e.isn-- // so that the first octet is 1, as Wireshark has it
		}
	}
	if p.bare {
		p.seg.Seq = e.nxt
	}
	again := c.isAgain(e, &p.seg)
	c.count(e, p, again)
	entries := c.deliver(i, p, again)
	flight := c.fly(i, p, again)
	c.send(i, p, again, flight, entries)
	if p.seg.Flags.Has(fsm.ACK) {
		if !e.acks || later(p.seg.Ack, e.acked) {
			e.acks, e.acked = true, p.seg.Ack
		}
		if other.known && later(p.seg.Ack, other.nxt) && !p.seg.Flags.Has(fsm.RST) {
			c.Unseen++
			other.nxt = p.seg.Ack
		}
		if !other.known {
			other.known, other.isn, other.nxt = true, p.seg.Ack-1, p.seg.Ack
		}
	}
	if !p.seg.Flags.Has(fsm.RST) && later(p.seg.End(), e.nxt) {
		e.nxt = p.seg.End()
	}
	e.seen = true
	other.queue = append(other.queue, under{p.at, p.seg, flight})
}

// later compares sequence numbers.
func later(a, b uint32) bool { return int32(a-b) > 0 }

// isAgain reports whether all of a segment was sent before; a keepalive probe is none.
func (c *Conn) isAgain(e *end, s *fsm.Segment) bool {
	probe := s.Len <= 1 && s.Seq == e.nxt-1 && !s.Flags.Has(fsm.SYN) && !s.Flags.Has(fsm.FIN)
	return e.seen && s.SegLen() > 0 && !probe && !s.Flags.Has(fsm.RST) && !later(s.End(), e.nxt)
}

// count adds a segment up.
func (c *Conn) count(e *end, p *sighted, again bool) {
	s := &p.seg
	ack := s.Flags.Has(fsm.ACK) && !s.Flags.Has(fsm.SYN)
	for _, bit := range []struct {
		is  bool
		bit int
	}{
		{s.Flags.Has(fsm.SYN) && !s.Flags.Has(fsm.ACK), 1}, {s.Flags.Has(fsm.SYN | fsm.ACK), 2},
		{ack && s.Len == 0, 4}, {ack && s.Len > 0, 8}, {s.Flags.Has(fsm.FIN), 16}, {s.Flags.Has(fsm.RST), 32},
	} {
		if bit.is {
			c.Completeness |= bit.bit
		}
	}
	if again {
		c.Retransmissions++
		e.again++
	} else if s.SegLen() > 0 {
		e.again = 0
	}
	if e.ttl == 0 && !s.Flags.Has(fsm.RST) {
		e.ttl = p.ttl
	}
}

// fly adds a segment to the trace, with numbers relative to each end's first.
func (c *Conn) fly(i int, p *sighted, again bool) int {
	j := c.other(i)
	e, other := &c.ends[i], &c.ends[j]
	f := fsm.Flight{
		ID: len(c.Trace.Flights) + 1, From: endNames[i], To: endNames[j], Src: p.src, Dst: p.dst, Segment: p.seg,
		Departs: p.at.Sub(c.Began), Arrives: p.at.Sub(c.Began), Fate: fsm.UnderWay, SeqISN: e.isn, AckISN: other.isn,
	}
	f.Segment.Seq -= e.isn
	if f.Segment.Flags.Has(fsm.ACK) {
		if !other.known {
			f.AckISN = p.seg.Ack - 1
		}
		f.Segment.Ack -= f.AckISN
	} else {
		f.Segment.Ack = 0
	}
	if again {
		f.Note = "retransmission"
	}
	c.Trace.Flights = append(c.Trace.Flights, f)
	if len(p.ip) > 0 {
		c.frames = append(c.frames, frameOf(p, i, j))
	}
	return f.ID
}
