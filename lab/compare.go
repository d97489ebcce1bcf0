package lab

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
)

// tale is what one world told, with what is needed to lay it beside another's.
type tale struct {
	trace *fsm.Trace
	steps map[int]time.Duration // those it ran, and when each was done
	knows map[[2]string]bool    // host and name of the sockets that its steps spoke of
}

// tales collects what each world told. The lab's mutex is held.
func (l *Lab) tales() []tale {
	out := make([]tale, len(l.runs))
	for i, r := range l.runs {
		t := tale{trace: &r.story.trace, steps: map[int]time.Duration{}, knows: map[[2]string]bool{}}
		for j := range l.steps {
			s := &l.steps[j]
			res, ok := s.Results[r.name]
			if !ok || res.Result == NotRun {
				continue
			}
			t.steps[j] = res.At
			host := s.Actor
			if host == "wire" {
				host = s.Cmd.Host
			}
			t.knows[[2]string{host, s.Cmd.Sock}] = true
			t.knows[[2]string{host, s.Cmd.As}] = true
		}
		out[i] = t
	}
	return out
}

// alone is the time in t from which on it ran only steps that o did not run; ok is false
// when there is none. What happened later than that in t says nothing against o.
func (t tale) alone(o tale) (from time.Duration, ok bool) {
	last, lastShared := -1, -1
	for i := range t.steps {
		last = max(last, i)
		if _, both := o.steps[i]; both {
			lastShared = max(lastShared, i)
		}
	}
	if last == lastShared || lastShared < 0 {
		return 0, false
	}
	return t.steps[lastShared], true
}

// moment is a state that a connection end was in, and when it came to it.
type moment struct {
	state fsm.State
	at    time.Duration
}

// compareStates compares, for every socket that the script names, the states it went through.
func compareStates(tales []tale) (c Count) {
	paths := make([]map[[2]string][]moment, len(tales))
	ends := map[[2]string]bool{}
	for i, t := range tales {
		paths[i] = statePaths(t.trace)
		for end := range paths[i] {
			ends[end] = true
		}
	}
	for end := range ends {
		var have []int
		for i, t := range tales {
			if t.knows[end] {
				have = append(have, i)
			}
		}
		switch {
		case len(have) < 2:
			c.NotRun++
		case slices.ContainsFunc(have[1:], func(i int) bool {
			a := have[0]
			return !samePath(paths[a][end], paths[i][end], tales[a], tales[i])
		}):
			c.Differ++
		case len(have) < len(tales):
			c.NotRun++
		default:
			c.Agree++
		}
	}
	return c
}

// statePaths are the states that each named socket of a world went through, in order.
func statePaths(t *fsm.Trace) map[[2]string][]moment {
	paths := map[[2]string][]moment{}
	for _, e := range t.Entries {
		if e.Socket == "" || e.To == "" {
			continue
		}
		end := [2]string{e.Host, e.Socket}
		p := paths[end]
		if len(p) > 0 && p[len(p)-1].state == e.To || len(p) == 0 && e.To == fsm.Closed {
			continue
		}
		paths[end] = append(p, moment{e.To, e.At})
	}
	return paths
}

// samePath compares two sequences of states. Where one is the beginning of the other, the
// rest of the other must be beyond what the first world was asked to live through.
func samePath(a, b []moment, ta, tb tale) bool {
	n := min(len(a), len(b))
	for i := range n {
		if a[i].state != b[i].state {
			return false
		}
	}
	return beyond(a[n:], ta, tb) && beyond(b[n:], tb, ta)
}

// beyond reports whether what happened in the world of t happened when it ran steps that
// the other world did not run.
func beyond(rest []moment, t, other tale) bool {
	if len(rest) == 0 {
		return true
	}
	from, ok := t.alone(other)
	return ok && rest[0].at > from
}

// mark is what two worlds' segments are compared by.
type mark struct {
	flags         fsm.Flags
	seq, ack, len uint32
}

type timedMark struct {
	mark
	at time.Duration
}

// compareSegments compares what each end of each connection sent: flags, relative numbers
// and length, in order. The two directions are compared apart, since segments that cross on
// the wire have no order.
func compareSegments(tales []tale, named ports) (c Count) {
	sent := make([]map[string][]timedMark, len(tales))
	keys := map[string]bool{}
	var ran []int
	for i, t := range tales {
		sent[i] = sentBy(t.trace, named)
		for k := range sent[i] {
			keys[k] = true
		}
		if len(t.steps) > 0 {
			ran = append(ran, i)
		}
	}
	for k := range keys {
		if len(ran) < 2 {
			for i := range sent {
				c.NotRun += len(sent[i][k])
			}
			continue
		}
		for _, i := range ran[1:] {
			c.add(compareMarks(sent[ran[0]][k], sent[i][k], tales[ran[0]], tales[i]))
		}
	}
	return c
}

func (c *Count) add(d Count) {
	c.Agree += d.Agree
	c.Differ += d.Differ
	c.NotRun += d.NotRun
	c.Unexpected += d.Unexpected
}

// sentBy sorts a world's segments by connection and sender. Connections between the same
// addresses are told apart by their order, ports that the script does not name being alike.
func sentBy(t *fsm.Trace, named ports) map[string][]timedMark {
	out := map[string][]timedMark{}
	count := map[string]int{}
	connection := map[[2]string]string{}
	for _, f := range t.Flights {
		src, dst := f.Src, f.Dst
		if src > dst {
			src, dst = dst, src
		}
		pair := [2]string{src, dst}
		if _, ok := connection[pair]; !ok {
			kind := strings.Join(sorted(blurAll(named, f.Src), blurAll(named, f.Dst)), " ")
			count[kind]++
			connection[pair] = kind + " #" + strconv.Itoa(count[kind])
		}
		key := connection[pair] + " " + f.From + " " + blurAll(named, f.Src)
		s := f.Segment
		m := mark{flags: s.Flags &^ fsm.PSH, seq: s.Seq, len: s.Len}
		if s.Flags.Has(fsm.ACK) {
			m.ack = s.Ack
		}
		out[key] = append(out[key], timedMark{m, f.Departs})
	}
	return out
}

func sorted(s ...string) []string { slices.Sort(s); return s }

func blurAll(named ports, addr string) string {
	if _, err := netip.ParseAddrPort(addr); err != nil {
		return addr
	}
	return named.blur(addr)
}

// maxAligned bounds the table of the alignment below.
const maxAligned = 4 << 20

// compareMarks aligns two sequences: what they have in common in order agrees (longest common
// subsequence), the rest of the longer one differs, or was not run by the other world. Very
// long ones are compared in step.
func compareMarks(a, b []timedMark, ta, tb tale) (c Count) {
	if len(a) < len(b) {
		a, b, ta, tb = b, a, tb, ta
	}
	c.Agree = common(a, b)
	c.Differ = len(a) - c.Agree
	from, ok := ta.alone(tb)
	for _, m := range a[len(b):] {
		if ok && m.at > from && c.Differ > 0 {
			c.Differ--
			c.NotRun++
		}
	}
	return c
}

func common(a, b []timedMark) int {
	n := 0
	for len(b) > 0 && a[0].mark == b[0].mark {
		a, b, n = a[1:], b[1:], n+1
	}
	if len(a)*len(b) > maxAligned {
		for i := range b {
			if a[i].mark == b[i].mark {
				n++
			}
		}
		return n
	}
	prev, cur := make([]int, len(b)+1), make([]int, len(b)+1)
	for _, x := range a {
		for j, y := range b {
			if x.mark == y.mark {
				cur[j+1] = prev[j] + 1
			} else {
				cur[j+1] = max(prev[j+1], cur[j])
			}
		}
		prev, cur = cur, prev
	}
	return n + prev[len(b)]
}
