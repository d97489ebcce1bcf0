package lab

import (
	"slices"
	"time"
)

// Snapshot is the lab as it is now.
func (l *Lab) Snapshot() Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Snapshot{
		ID: l.id, Experiment: l.experiment, Question: l.question, Script: l.script,
		Worlds: slices.Clone(l.worlds), Status: l.status, Live: l.live && !l.log.ended,
		Place: int(l.place.Load()), Created: l.created, Ended: l.ended, Err: l.err,
		Progress: make(map[string]Progress, len(l.runs)),
		Steps:    slices.Clone(l.steps),
		Events:   len(l.log.events), Dropped: l.log.dropped,
	}
	for _, r := range l.runs {
		s.Progress[r.name] = r.progressLocked()
	}
	c := l.compareLocked()
	s.Differences = c.list(l.steps)
	s.Summary = Summary{Steps: summarize(l.steps), States: c.states, Segments: c.segments}
	return s
}

func (r *run) progressLocked() Progress {
	p := Progress{Status: r.status, Done: r.done(), Total: len(r.lab.steps), Now: r.now}
	if r.real() && !r.seen.IsZero() && !r.lab.log.ended {
		p.Now += time.Since(r.seen) // it goes on between two looks
	}
	if !r.until.IsZero() {
		p.Waiting = max(0, time.Until(r.until))
	}
	return p
}

// done counts the steps that have a result in this world.
func (r *run) done() int {
	n := min(r.next, len(r.lab.steps))
	for n > 0 {
		if _, ok := r.lab.steps[n-1].Results[r.name]; ok {
			break
		}
		n--
	}
	return n
}

// compareLocked lays the worlds' states and segments side by side, when all worlds rest.
func (l *Lab) compareLocked() compared {
	for _, r := range l.runs {
		if !l.log.ended && (!r.idle || r.next < len(l.steps)) {
			return compared{}
		}
	}
	if n := len(l.log.events); l.count.events != n {
		tales := l.tales(len(l.steps))
		l.read(tales)
		l.placeAll(tales)
		l.count = compared{n, compare(tales)}
		l.count.explain(l.found, l.groups)
	}
	return l.count
}
