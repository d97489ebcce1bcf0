package lab

import (
	"cmp"
	"slices"
	"time"

	"fourwave/fsm"
	"fourwave/internal/text"
	"fourwave/lab/world"
)

// finding is one place where two worlds differ.
type finding struct {
	what   string // "enters" a state, "sends" a segment, "lasts": a time; else the verb of a step
	worlds [2]string
	infos  [2]*world.Info // what they are
	sides  [2]side
	step   int      // the index of the step in which it came about
	about  []string // the sockets and connections concerned
	host   string
	socket string
	count  string      // the socket among whose states it counts; "" for a segment
	late   bool        // a timer brought it about in one world that still ran in the other: no difference
	cut    bool        // and the other's story ends there, as far as it is looked at: others may follow from it
	alone  bool        // it came about in steps that one of the two did not run: no difference, but others may follow from it
	entry  *Difference // of the catalogue, that fits; see known
	sought bool
	why    *world.Why
}

// side is what one world did where another did something else.
type side struct {
	word  string        // the state, the segment's kind, the time, the result; "" for nothing
	state fsm.State     // that the socket was in until then
	event string        // that made it do so
	rule  string        // that the model gives for a result
	text  Text          // in full, for people
	at    time.Duration // when
}

// comparison is what laying worlds side by side came to.
type comparison struct {
	findings         []finding // of states and segments
	states, segments Count
}

// compare lays what the worlds told side by side: each with the first one that ran anything.
func compare(tales []*tale) (c comparison) {
	c.states, c.findings = compareStates(tales)
	segments, count := compareSegments(tales)
	c.findings, c.segments = append(c.findings, segments...), count
	slices.SortStableFunc(c.findings, func(a, b finding) int { return cmp.Compare(a.step, b.step) })
	return c
}

// moment is a state that a connection end came to.
type moment struct {
	state fsm.State
	at    time.Duration
	step  int
	entry *fsm.Entry
}

// compareStates compares, for every socket that the script names, the states it went through and how
// long those lasted that a timer ended.
func compareStates(tales []*tale) (c Count, found []finding) {
	paths := make([]map[[2]string][]moment, len(tales))
	var ends [][2]string
	for i, t := range tales {
		paths[i] = t.statePaths()
		for end := range paths[i] {
			ends = append(ends, end)
		}
	}
	ran := 0 // worlds that ran anything
	for _, t := range tales {
		if len(t.marks) > 0 {
			ran++
		}
	}
	slices.SortFunc(ends, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, end := range slices.Compact(ends) {
		var have []int
		for i, t := range tales {
			if t.knows[end] {
				have = append(have, i)
			}
		}
		differs := false
		for _, i := range have[min(1, len(have)):] {
			a := have[0]
			all := comparePaths(end, paths[a][end], paths[i][end], tales[a], tales[i])
			differs = differs || slices.ContainsFunc(all, func(f finding) bool { return !f.alone && !f.late })
			found = append(found, all...)
		}
		switch {
		case differs:
			c.Differ++
		case len(have) < max(2, ran):
			c.NotRun++
		default:
			c.Agree++
		}
	}
	return c, found
}

// statePaths are the states that each named socket of a world went through, in order.
func (t *tale) statePaths() map[[2]string][]moment {
	paths := map[[2]string][]moment{}
	for i := range t.trace.Entries {
		e := &t.trace.Entries[i]
		name := t.nameOf(e)
		if name == "" || e.To == "" {
			continue
		}
		to := e.To
		if e.Note == fsm.NotDocumented {
			to = fsm.State(fsm.Unknown)
		}
		end := [2]string{e.Host, name}
		p := paths[end]
		if len(p) > 0 && p[len(p)-1].state == to || len(p) == 0 && to == fsm.Closed {
			continue
		}
		paths[end] = append(p, moment{to, e.At, t.stepOf(i, entriesBy), e})
	}
	return paths
}

// comparePaths aligns two sequences of states. What a world went through in steps that the other did
// not run says nothing against the other.
func comparePaths(end [2]string, a, b []moment, ta, tb *tale) (found []finding) {
	last := [2]fsm.State{fsm.Closed, fsm.Closed}
	for _, p := range align(statesOf(a), statesOf(b)) {
		ma, mb := momentAt(a, p[0]), momentAt(b, p[1])
		f := finding{
			what: "enters", worlds: [2]string{ta.world, tb.world}, infos: [2]*world.Info{ta.info, tb.info}, host: end[0], socket: end[1], count: end[0] + " " + end[1],
			sides: [2]side{ma.side(last[0]), mb.side(last[1])},
			about: append(ta.about(end[0], end[1]), tb.about(end[0], end[1])...),
		}
		f.step = -1
		for i, m := range []*moment{ma, mb} {
			if m == nil {
				continue
			}
			f.happened(m.step, ta, tb)
			last[i] = m.state
		}
		switch {
		case mb == nil && f.isLate(ma.entry, ma.step, ma.at, ta, tb),
			ma == nil && f.isLate(mb.entry, mb.step, mb.at, tb, ta):
			found = append(found, f)
		case ma == nil || mb == nil || ma.state != mb.state:
			found = append(found, f)
		case p[0] > 0 && p[1] > 0 && byTimer(ma.entry) && byTimer(mb.entry):
			if f.lasts(ma.at-a[p[0]-1].at, mb.at-b[p[1]-1].at) {
				found = append(found, f)
			}
		}
	}
	return found
}

// isLate makes f a finding about what a timer brought about in one world and not yet in the other, and
// reports whether it is one.
func (f *finding) isLate(e *fsm.Entry, step int, at time.Duration, t, other *tale) bool {
	x, ok := t.clock[e]
	if ok {
		f.late, f.cut = t.behind(x, step, at, other)
	}
	return f.late
}

// happened notes a step in which one of the two worlds did its part of f; f.step is -1 before the first.
func (f *finding) happened(step int, ta, tb *tale) {
	if f.step < 0 || step < f.step {
		f.step = step
	}
	f.alone = f.alone || !ta.ran(step) || !tb.ran(step)
}

func statesOf(path []moment) []fsm.State {
	out := make([]fsm.State, len(path))
	for i, m := range path {
		out[i] = m.state
	}
	return out
}

func momentAt(path []moment, i int) *moment {
	if i == none {
		return nil
	}
	return &path[i]
}

// side is what a moment says in a finding; nil is a state that was not entered.
func (m *moment) side(from fsm.State) side {
	if m == nil {
		return side{state: from}
	}
	return side{word: string(m.state), state: from, event: m.entry.Event, at: m.at,
		text: text.Same(string(m.state) + " (" + m.entry.Event + ")")}
}

// byTimer reports whether a timer that runs alone led to the event.
func byTimer(e *fsm.Entry) bool {
	switch fsm.Event(e.Event) {
	case fsm.Timeout2MSL, fsm.TimeoutFinWait2, fsm.TimeoutUser:
		return true
	}
	return false
}

// lasts makes f a finding about two times, and reports whether they differ by more than a kernel's
// timer explains.
func (f *finding) lasts(a, b time.Duration) bool {
	f.what = "lasts"
	for i, d := range []time.Duration{a, b} {
		f.sides[i].word = seconds(d) + "s"
		f.sides[i].text = text.Same(f.sides[i].word + " (" + f.sides[i].event + ")")
	}
	return !sameWait(a, b)
}

// segmentMark is what two worlds' segments are compared by.
type segmentMark struct {
	flags         fsm.Flags
	seq, ack, len uint32
}

// markOf leaves out the numbers of a segment that was made by hand: they are what the script asks for, by
// each world's own window.
func markOf(f *fsm.Flight) segmentMark {
	s := &f.Segment
	if f.Forged {
		return segmentMark{flags: s.Flags &^ fsm.PSH, len: s.Len}
	}
	m := segmentMark{flags: s.Flags &^ fsm.PSH, seq: s.Seq, len: s.Len}
	if s.Flags.Has(fsm.ACK) {
		m.ack = s.Ack
	}
	return m
}

// sending is a segment that one end of a connection sent.
type sending struct {
	flight *fsm.Flight
	entry  *fsm.Entry // that tells of it, if one does
	name   string     // of the socket of that
	step   int
}

// sender is an end of a connection: the connection's name, the host and its address.
type sender struct{ wire, host, addr string }

// compareSegments compares what each end of each connection sent: flags, relative numbers
// and length, in order, and how long the sender waited before it repeated one. The two directions are
// compared apart, since segments that cross on the wire have no order.
func compareSegments(tales []*tale) (found []finding, c Count) {
	sent := make([]map[sender][]sending, len(tales))
	var senders []sender
	var ran []int
	for i, t := range tales {
		sent[i] = t.sentBy()
		for s := range sent[i] {
			senders = append(senders, s)
		}
		if len(t.marks) > 0 {
			ran = append(ran, i)
		}
	}
	slices.SortFunc(senders, func(a, b sender) int {
		return cmp.Or(cmp.Compare(a.wire, b.wire), cmp.Compare(a.host, b.host), cmp.Compare(a.addr, b.addr))
	})
	for _, s := range slices.Compact(senders) {
		if len(ran) < 2 {
			for i := range sent {
				c.NotRun += len(sent[i][s])
			}
			continue
		}
		for _, i := range ran[1:] {
			f, n := compareSent(s, sent[ran[0]][s], sent[i][s], tales[ran[0]], tales[i])
			found = append(found, f...)
			c.add(n)
		}
	}
	return found, c
}

// explain gives each finding its reason, with those of steps at hand, and counts them.
func (c *comparison) explain(steps []finding, shared groups) {
	all := append(slices.Clone(c.findings), steps...)
	explain(all, shared)
	copy(c.findings, all)
	c.findings = slices.DeleteFunc(c.findings, func(f finding) bool { return f.alone || f.late })
	unexplained, differ := map[string]bool{}, map[string]bool{}
	for i := range c.findings {
		f := &c.findings[i]
		if f.count == "" {
			c.segments.countReason(f.why)
			continue
		}
		differ[f.count] = true
		unexplained[f.count] = unexplained[f.count] || f.why.Rule == Unexplained
	}
	for end := range differ {
		if unexplained[end] {
			c.states.Unexplained++
		} else {
			c.states.Explained++
		}
	}
}

func (c *Count) add(d Count) {
	c.Agree += d.Agree
	c.Differ += d.Differ
	c.NotRun += d.NotRun
	c.Unexpected += d.Unexpected
}

// sentBy sorts a world's segments by connection and sender. Connections between the same
// addresses are told apart by their order, ports that the script does not name being alike.
func (t *tale) sentBy() map[sender][]sending {
	out := map[sender][]sending{}
	for i := range t.trace.Flights {
		f := &t.trace.Flights[i]
		key := sender{t.wires[wirePair(f.Src.String(), f.Dst.String())], f.From, t.named.blur(f.Src.String())}
		x := sending{flight: f, entry: t.of[i], step: t.stepOf(i, flightsBy)}
		if x.entry != nil {
			x.name = t.nameOf(x.entry)
		}
		out[key] = append(out[key], x)
	}
	return out
}

// compareSent aligns what one end sent in two worlds.
func compareSent(s sender, a, b []sending, ta, tb *tale) (found []finding, c Count) {
	for _, p := range align(marksOf(a), marksOf(b)) {
		f := finding{what: "sends", worlds: [2]string{ta.world, tb.world}, infos: [2]*world.Info{ta.info, tb.info}, step: -1, host: s.host, about: []string{s.wire}}
		for i, all := range [][]sending{a, b} {
			if p[i] == none {
				continue
			}
			x := all[p[i]]
			f.sides[i] = x.side()
			if x.entry != nil && f.socket == "" {
				f.socket = x.name
			}
			f.happened(x.step, ta, tb)
		}
		switch {
		case p[1] == none && a[p[0]].entry != nil && f.isLate(a[p[0]].entry, a[p[0]].step, a[p[0]].flight.Departs, ta, tb),
			p[0] == none && b[p[1]].entry != nil && f.isLate(b[p[1]].entry, b[p[1]].step, b[p[1]].flight.Departs, tb, ta):
			found = append(found, f)
		case p[0] != none && p[1] != none && markOf(a[p[0]].flight) == markOf(b[p[1]].flight):
			if f.repeatsAt(a, b, p) && !f.alone {
				found = append(found, f)
				c.Differ++
			} else {
				c.Agree++
			}
		case f.alone:
			found = append(found, f)
			c.NotRun++
		default:
			found = append(found, f)
			c.Differ++
		}
	}
	return found, c
}

func marksOf(all []sending) []segmentMark {
	out := make([]segmentMark, len(all))
	for i, s := range all {
		out[i] = markOf(s.flight)
	}
	return out
}

func (s *sending) side() side {
	x := side{word: s.flight.Segment.Kind(), text: text.Same(s.flight.Segment.String()), at: s.flight.Departs}
	if s.entry != nil {
		x.state, x.event = s.entry.From, s.entry.Event
		x.text = text.Same(x.text.En + " (" + s.entry.Event + ")")
	}
	return x
}

// repeatsAt makes f a finding about the time after which a segment was sent again, if both worlds did
// so, and reports whether those differ.
func (f *finding) repeatsAt(a, b []sending, p pair) bool {
	const again = string(fsm.TimeoutRetransmit)
	if p[0] == 0 || p[1] == 0 || f.sides[0].event != again || f.sides[1].event != again {
		return false
	}
	before := [2]*fsm.Flight{a[p[0]-1].flight, b[p[1]-1].flight}
	return f.lasts(f.sides[0].at-before[0].Departs, f.sides[1].at-before[1].Departs)
}
