package model

import (
	"context"
	"fmt"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Story is a script that was run on the model alone.
type Story struct {
	Steps   []script.Step
	Results []world.Result // one for each of Steps
	Entries []fsm.Entry    // what happened at each end, in order
	Flights []fsm.Flight   // every segment that was put on the wire, with what became of it
}

// Run runs a script on the model under a profile, at once and in virtual time, for callers
// that want the answer and no lab. The error is a *SyntaxError, or says that there is no such
// profile or that the model could not go on.
func Run(text, profile string) (*Story, error) {
	p := fsm.ProfileByName(profile)
	if p == nil {
		return nil, fmt.Errorf("model: no profile %q", profile)
	}
	return RunUnder(text, p)
}

// RunUnder is Run for a profile of the caller's own, such as Linux with one rule changed.
// The profile must not be changed while the script runs; lines restricted to worlds go by its Name.
func RunUnder(text string, p *fsm.Profile) (*Story, error) {
	parsed, err := script.Parse(text)
	if err != nil {
		return nil, err
	}
	run := &Story{Steps: parsed.Steps, Results: make([]world.Result, len(parsed.Steps))}
	w := open(p, listener{run})
	defer w.Close()
	about := world.Info{Name: family + p.Name}
	var group []int
	for i := range parsed.Steps {
		s := &parsed.Steps[i]
		if !s.RunsIn(about.Tags(), about.Release) {
			run.Results[i] = world.Result{Result: script.NotRun, At: w.Now(), Why: world.Restricted(s)}
			continue
		}
		if !s.Same {
			if err := run.do(w, group); err != nil {
				return nil, err
			}
			group = group[:0]
		}
		group = append(group, i)
	}
	if err := run.do(w, group); err != nil {
		return nil, err
	}
	return run, w.Wait(context.Background(), 0)
}

// do waits, and carries out the steps of one instant.
func (m *Story) do(world world.World, group []int) error {
	if len(group) == 0 {
		return nil
	}
	steps := make([]script.Step, len(group))
	for i, at := range group {
		steps[i] = m.Steps[at]
	}
	ctx := context.Background() // virtual time: nothing to break off
	if err := world.Wait(ctx, steps[0].Delay); err != nil {
		return err
	}
	results, err := world.Do(ctx, steps)
	if err != nil {
		return err
	}
	for i, at := range group {
		m.Results[at] = results[i]
	}
	return nil
}

// listener keeps what happens at each end and on the wire, and nothing else.
type listener struct{ run *Story }

func (l listener) Entry(e fsm.Entry) { l.run.Entries = append(l.run.Entries, e) }

// Flight keeps the latest report of each segment: the model numbers them from 1 without gaps.
func (l listener) Flight(f fsm.Flight) {
	for i := len(l.run.Flights) - 1; i >= 0; i-- {
		if l.run.Flights[i].ID == f.ID {
			l.run.Flights[i] = f
			return
		}
	}
	l.run.Flights = append(l.run.Flights, f)
}

func (listener) Frame(int, []byte, int)          {}
func (listener) Table(string, world.TableChange) {}
