package lab

import "time"

// Experiment is an entry of the library.
type Experiment struct {
	ID       string
	Title    Text
	Question Text
	Explain  Text // what to see in it, when it has run
	Tags     []string
	Needs    map[string]time.Duration // how long each world needs, roughly
	Script   string
}

// Text is a sentence in both languages.
type Text struct{ En, Zh string }

// Library lists the experiments in their teaching order.
func Library() []Experiment { return nil }

// FindExperiment finds an experiment of the library by its id.
func FindExperiment(id string) (Experiment, bool) {
	for _, e := range Library() {
		if e.ID == id {
			return e, true
		}
	}
	return Experiment{}, false
}
