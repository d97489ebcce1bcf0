package lab

import (
	"slices"
	"sort"
	"time"

	"fourwave/fsm"
)

// ruleClock is the catalogue's entry for a timer that ran out in one world while it still ran in the
// other: a real clock goes on while calls are made and looked at.
const ruleClock = "clock-ahead"

// timing says of something that a timer brought about when that timer was started, as far as the trace
// tells: at the event before it at the same end.
type timing struct {
	from time.Duration
	step int       // in which it was started
	end  [2]string // host and socket; the socket is "" for one without a name
}

// byClock are the entries of a trace that a timer brought about, and those that segments did that such
// an entry had sent.
func (t *tale) byClock() map[*fsm.Entry]timing {
	type endKey struct {
		host string
		end  int
	}
	out, sent, before := map[*fsm.Entry]timing{}, map[int]timing{}, map[endKey]int{}
	for i := range t.trace.Entries {
		e := &t.trace.Entries[i]
		x, by := sent[e.Of]
		if isTimeout(e.Event) {
			x, by = timing{from: e.At, step: t.stepOf(i, entriesBy), end: [2]string{e.Host, t.nameOf(e)}}, true
			if k, ok := before[endKey{e.Host, e.End}]; ok {
				x.from, x.step = t.trace.Entries[k].At, t.stepOf(k, entriesBy)
			}
		}
		before[endKey{e.Host, e.End}] = i
		if !by {
			continue
		}
		out[e] = x
		for _, id := range e.Flights {
			sent[id] = x
		}
	}
	return out
}

// behind reports whether another world had not come as far as what a timer brought about in this one, at
// an instant of a step. ends says that its story ends before; otherwise something else happened
// at that end while the timer still ran there. The clocks run apart, since each call takes a real kernel
// some time, so a timer's time counts from the step in which it was started.
func (t *tale) behind(x timing, step int, at time.Duration, other *tale) (behind, ends bool) {
	took, since := at-x.from, other.clockBefore(x.step)
	if other.endsBefore(t, step, at) || took > other.now-since {
		return true, true
	}
	if x.end[1] == "" {
		return false, false
	}
	n := sort.Search(len(other.marks), func(i int) bool { return other.marks[i].step > x.step })
	if n == len(other.marks) {
		return false, false
	}
	first := other.marks[n].before
	k := slices.IndexFunc(other.trace.Entries[first:], func(e fsm.Entry) bool {
		return e.Host == x.end[0] && other.nameOf(&e) == x.end[1]
	})
	if k < 0 {
		return false, false
	}
	e := &other.trace.Entries[first+k]
	if _, clock := other.clock[e]; clock || other.stepOf(first+k, entriesBy) < step {
		return false, false
	}
	return e.At-since < took, false
}
