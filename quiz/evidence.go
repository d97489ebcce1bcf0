package quiz

import (
	"sync"

	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/world/model"
)

// shown says which experiment of the library shows what, found by running all of them on the model.
type shown struct {
	events map[[3]string]string // from, event, to
	arrows map[[2]string]string // from, to
	rules  map[string]string    // that decided on a bind
}

// evidence is worked out once. Where several experiments show a thing, the first in the library's
// teaching order counts.
var evidence = sync.OnceValue(func() *shown {
	s := &shown{map[[3]string]string{}, map[[2]string]string{}, map[string]string{}}
	for _, e := range lab.Library() {
		run, err := model.Run(e.Script, fsm.Linux.Name)
		if err != nil {
			continue // the library's own tests hold that each of them runs
		}
		s.add(e.ID, run)
	}
	return s
})

func (s *shown) add(id string, run *model.Story) {
	for _, e := range run.Entries {
		first(s.events, [3]string{string(e.From), e.Event, string(e.To)}, id)
		first(s.arrows, [2]string{string(e.From), string(e.To)}, id)
	}
	for i, r := range run.Results {
		if run.Steps[i].Cmd.Verb == "bind" && r.Why != nil {
			first(s.rules, r.Why.Rule, id)
		}
	}
}

func first[K comparable](m map[K]string, key K, id string) {
	if _, ok := m[key]; !ok {
		m[key] = id
	}
}

// ofRow is an experiment in which the arrow is taken, or at least another arrow between the same
// two states; "" if there is none. The ways to CLOSED have too little in common for that.
func (s *shown) ofRow(row fsm.Row) string {
	if id := s.events[[3]string{string(row.From), string(row.Event), string(row.To)}]; id != "" {
		return id
	}
	if row.From == row.To || row.To == fsm.Closed {
		return ""
	}
	return s.arrows[[2]string{string(row.From), string(row.To)}]
}

// ofRule is an experiment in which the rule decides on a bind; "" if there is none.
func (s *shown) ofRule(rule string) string { return s.rules[rule] }

// findExperiment is the script of an experiment in the library.
func findExperiment(id string) (script string, ok bool) {
	e, ok := lab.FindExperiment(id)
	return e.Script, ok
}
