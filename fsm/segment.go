package fsm

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Flags are the control bits of a segment (RFC 9293 §3.1).
type Flags uint8

// The control bits that take part in opening and closing a connection.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
)

var flagNames = []struct {
	f    Flags
	name string
}{{SYN, "SYN"}, {FIN, "FIN"}, {RST, "RST"}, {PSH, "PSH"}, {ACK, "ACK"}}

// Has reports whether all bits of g are set in f.
func (f Flags) Has(g Flags) bool { return f&g == g }

// Names lists the bits that are set, SYN first and ACK last.
func (f Flags) Names() []string {
	var out []string
	for _, n := range flagNames {
		if f&n.f != 0 {
			out = append(out, n.name)
		}
	}
	return out
}

// String joins the names with commas, as RFC 9293 writes <CTL=FIN,ACK>.
func (f Flags) String() string { return strings.Join(f.Names(), ",") }

// Segment is a TCP header with the length of its data; no data is carried.
type Segment struct {
	Seq, Ack     uint32
	Flags        Flags
	Len          uint32 // octets of data
	Wnd          uint32 // the window as the receiver understands it, scaled
	TSVal, TSEcr uint32
	HasTS        bool  // a timestamp option (RFC 7323) is present
	SACK         Block // of a SACK option: what arrived last beyond a gap; zero: there is no option
	// Offered by a SYN.
	MSS    uint16 // maximum segment size; 0: not offered
	SACKOK bool   // selective acknowledgment is permitted
	Scale  uint8  // the shift of the window scale option (RFC 7323 §2.2) plus one; 0: not offered
}

// Block is a piece of sequence space that has arrived beyond a gap: the first block of a SACK
// option (RFC 2018 §3).
type Block struct{ Left, Right uint32 }

// SegLen is SEG.LEN of RFC 9293 §3.4: data octets, and one each for SYN and FIN.
func (s Segment) SegLen() uint32 {
	n := s.Len
	if s.Flags.Has(SYN) {
		n++
	}
	if s.Flags.Has(FIN) {
		n++
	}
	return n
}

// End is the sequence number after the segment's last octet.
func (s Segment) End() uint32 { return s.Seq + s.SegLen() }

// String writes the segment as RFC 9293 does: <SEQ=100><ACK=300><CTL=FIN,ACK>.
func (s Segment) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<SEQ=%d>", s.Seq)
	if s.Flags.Has(ACK) {
		fmt.Fprintf(&b, "<ACK=%d>", s.Ack)
	}
	fmt.Fprintf(&b, "<CTL=%s>", s.Flags)
	if s.Len > 0 {
		fmt.Fprintf(&b, "<DATA=%d>", s.Len)
	}
	return b.String()
}

// Kind names the segment as the wire verbs of the script do: SYN, SYN+ACK, ACK
// (bare), FIN, RST or DATA. A segment with FIN is FIN whatever else it carries.
func (s Segment) Kind() string {
	switch {
	case s.Flags.Has(RST):
		return "RST"
	case s.Flags.Has(SYN | ACK):
		return "SYN+ACK"
	case s.Flags.Has(SYN):
		return "SYN"
	case s.Flags.Has(FIN):
		return "FIN"
	case s.Len > 0:
		return "DATA"
	}
	return "ACK"
}

// Fate says what became of a segment that was put on the wire.
type Fate string

// The fates of a Flight.
const (
	UnderWay Fate = "under way"
	Held     Fate = "held"
	Arrived  Fate = "arrived"
	Lost     Fate = "lost"
)

// Flight is a segment on its way from one host to another (or to itself, over loopback).
type Flight struct {
	ID       int
	From, To string // host names
	Src, Dst netip.AddrPort
	Segment  Segment
	Departs  time.Duration
	Arrives  time.Duration // meaningful when Fate is Arrived or UnderWay
	Fate     Fate
	Forged   bool // put on the wire by hand
	Note     string

	SeqISN, AckISN uint32 // what SEG.SEQ and SEG.ACK are relative to: with them added they are as in the header
}
