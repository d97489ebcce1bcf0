package quiz

import (
	"fmt"
	"strings"
	"time"

	"fourwave/fsm"
)

// seen is a segment of a close as a trace shows it: with absolute numbers, and with the state in
// which its sender is once it has sent it.
type seen struct {
	fsm.Flight
	seq, ack int64
	state    string
	again    bool // a copy of one sent before
}

// isns are initial sequence numbers; they are surface, but arithmetic has to be done with them.
type isns map[string]int64

func drawISNs(d draw) isns {
	return isns{"client": int64(100 * (1 + d.below(90))), "server": int64(100 * (101 + d.below(90)))}
}

// segmentsAfter are the segments that depart after the handshake, in the order of departure.
func (t *take) segmentsAfter(isn isns, until time.Duration) []seen {
	var out []seen
	for _, f := range t.Flights[min(3, len(t.Flights)):] {
		if until > 0 && f.Departs > until {
			break
		}
		s := seen{Flight: f, seq: isn[f.From] + int64(f.Segment.Seq), ack: isn[f.To] + int64(f.Segment.Ack)}
		s.state = t.stateOf(f.From, f.ID)
		for _, o := range out {
			s.again = s.again ||
				o.From == f.From && o.Segment.Flags == f.Segment.Flags && o.seq == s.seq && f.Segment.SegLen() > 0
		}
		out = append(out, s)
	}
	return out
}

// stateOf is the sender's state after the entry that sent a flight.
func (t *take) stateOf(host string, flight int) string {
	for _, e := range t.Entries {
		for _, id := range e.Flights {
			if e.Host == host && id == flight {
				return string(e.To)
			}
		}
	}
	return ""
}

// text writes the segment as RFC 9293 does, with its sender and its fate.
func (s seen) text() Text {
	t := fmt.Sprintf("<SEQ=%d><ACK=%d><CTL=%s>", s.seq, s.ack, strings.Join(s.flags(), ","))
	if s.Segment.Len > 0 {
		t += fmt.Sprintf("<DATA=%d>", s.Segment.Len)
	}
	key := "segment"
	switch {
	case s.Fate == fsm.Lost:
		key = "segment.lost"
	case s.again:
		key = "segment.again"
	}
	return say(key, "from", say(s.From), "text", t)
}

// flags are the segment's, without PSH, which says nothing here.
func (s seen) flags() []string {
	f := s.Segment.Flags &^ fsm.PSH
	return f.Names()
}

// received reports whether a host had received the segment when it sent another.
func (s seen) received(by seen) bool {
	return s.To == by.From && s.Fate == fsm.Arrived && s.Arrives <= by.Departs
}
