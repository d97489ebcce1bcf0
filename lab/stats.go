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
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.runs {
		ls.ended.Worlds[Outcome{r.name, r.status}]++
	}
	for i := range l.steps {
		if v := l.steps[i].Verdict; v != "" {
			ls.ended.Verdicts[v]++
		}
	}
}
