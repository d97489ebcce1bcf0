package lab

import "maps"

// Stats count the labs of a server: those that it has now, and what all have come to since it started.
type Stats struct {
	Kept     int // in memory
	Running  int
	Waiting  int                // in line for a place
	Worlds   map[Outcome]uint64 // runs that have ended
	Verdicts map[Verdict]uint64 // of steps
}

// Outcome is how one world of a lab ended.
type Outcome struct {
	World  string
	Status Status
}

// Stats counts the labs.
func (ls *Labs) Stats() Stats {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	s := Stats{Kept: len(ls.all), Worlds: maps.Clone(ls.ended.Worlds), Verdicts: maps.Clone(ls.ended.Verdicts)}
	for _, q := range ls.lines {
		s.Running += q.running
		s.Waiting += len(q.waiting)
	}
	return s
}

// count adds what a lab has come to; its worlds have gone.
func (ls *Labs) count(l *Lab) {
	l.mu.Lock()
	outcomes, verdicts := make([]Outcome, 0, len(l.runs)), map[Verdict]uint64{}
	for _, r := range l.runs {
		outcomes = append(outcomes, Outcome{r.name, r.status})
	}
	for i := range l.steps {
		if v := l.steps[i].Verdict; v != "" {
			verdicts[v]++
		}
	}
	l.mu.Unlock()
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.ended.Worlds == nil {
		ls.ended = Stats{Worlds: map[Outcome]uint64{}, Verdicts: map[Verdict]uint64{}}
	}
	for _, o := range outcomes {
		ls.ended.Worlds[o]++
	}
	for v, n := range verdicts {
		ls.ended.Verdicts[v] += n
	}
}
