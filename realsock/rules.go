package realsock

import "time"

// rules are what the wire has been told to do with segments.
type rules struct {
	latency time.Duration
	holds   []match
	shots   []shot
}

// match picks segments by the host that sent them and by kind; "" and "any" match all.
type match struct{ of, kind string }

func (m match) has(from, kind string) bool {
	return (m.of == "" || m.of == from) && (m.kind == "" || m.kind == "any" || m.kind == kind)
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

// judge applies the rules to a segment, which uses up those shots that hit it.
func (r *rules) judge(from, kind string) (f fate) {
	left := r.shots[:0]
	for _, s := range r.shots {
		if !s.has(from, kind) {
			left = append(left, s)
			continue
		}
		if s.nth--; s.nth > 0 {
			left = append(left, s)
			continue
		}
		switch s.verb {
		case "drop":
			f.lost = true
		case "dup":
			f.twice, f.after = true, s.d
		case "delay":
			f.late += s.d
		}
	}
	r.shots = left
	for _, h := range r.holds {
		f.held = f.held || h.has(from, kind)
	}
	return f
}
