package realsock

import (
	"slices"
	"strings"
	"time"
)

// rules are what the wire has been told to do with segments.
type rules struct {
	latency time.Duration
	holds   []match
	shots   []shot
}

// match picks segments by the host that sent them, or by a direction, "server>client", and by kind; ""
// and "any" match all.
type match struct{ of, kind string }

func (m match) has(from, to string, s *segment) bool {
	sender, receiver, _ := strings.Cut(m.of, ">")
	return (sender == "" || sender == from) && (receiver == "" || receiver == to) && s.isKind(m.kind)
}

// shot is a rule that is used up by one segment: the nth that matches.
type shot struct {
	match
	verb string // "drop", "dup", "delay"
	nth  int
	d    time.Duration
}

// fate is what the rules say of one segment.
type fate struct {
	lost  bool
	held  bool
	late  time.Duration // on top of the latency, on purpose
	twice bool
	after time.Duration // between the two
}

// judge applies the rules to a segment. The first shot that hits it is used up and decides alone; a hold takes what no shot hits.
func (r *rules) judge(from, to string, seg *segment) (f fate) {
	for i := range r.shots {
		s := &r.shots[i]
		if !s.has(from, to, seg) {
			continue
		}
		if s.nth--; s.nth > 0 {
			continue
		}
		switch s.verb {
		case "drop":
			f.lost = true
		case "dup":
			f.twice, f.after = true, s.d
		case "delay":
			f.late = s.d
		}
		r.shots = slices.Delete(r.shots, i, i+1)
		return f
	}
	for _, h := range r.holds {
		f.held = f.held || h.has(from, to, seg)
	}
	return f
}
