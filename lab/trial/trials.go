package trial

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Answer is a trial with what it came to in each of its worlds, by the name that the caller wrote.
type Answer struct {
	Worlds  []string
	Results map[string]world.TrialResult
	Verdict lab.Verdict
	Why     *world.Why // for differ and not run
}

// Count counts verdicts.
type Count struct {
	Trials int `json:"trials"`
	Agree  int `json:"agree"`
	Differ int `json:"differ"`
	NotRun int `json:"not_run"`
}

// Add counts one more answer.
func (c *Count) Add(v lab.Verdict) {
	c.Trials++
	switch v {
	case lab.Agree:
		c.Agree++
	case lab.Differ:
		c.Differ++
	case lab.VerdictNotRun:
		c.NotRun++
	}
}

// unknownWorld is the error for a name that is no world that makes trials.
func unknownWorld(name string, known *world.Registry) error {
	var names []string
	for _, w := range known.Infos() {
		if w.Trials {
			names = append(names, w.Name)
		}
	}
	slices.Sort(names)
	return fmt.Errorf("%w: %s", lab.ErrWorld, script.Unknown("world", name, names))
}

// Set are trials that were found to be sound, ready to be made.
type Set struct {
	makers     map[string]world.Maker // of all the worlds that any of them names
	worlds     [][]string
	situations []*world.Situation
}

// NewSet checks trials that are to be made in worlds of a registry. Mistakes come with their place;
// then nothing can be run. The first step of a path is the trial's index, which is left out for a
// single trial.
func NewSet(known *world.Registry, all []Trial, single bool) (*Set, []Mistake) {
	t := &Set{
		makers: map[string]world.Maker{}, worlds: make([][]string, len(all)),
		situations: make([]*world.Situation, len(all)),
	}
	usual := known.Default()
	var wrong []Mistake
	for i := range all {
		s, mistakes := all[i].situation()
		worlds := all[i].Worlds
		if len(worlds) == 0 {
			worlds = usual
		}
		for j, w := range worlds {
			if err := t.find(known, w); err != nil {
				mistakes = append(mistakes, Mistake{[]string{"worlds", strconv.Itoa(j)}, err.Error()})
			}
		}
		for _, m := range mistakes {
			if !single {
				m.Path = append([]string{strconv.Itoa(i)}, m.Path...)
			}
			wrong = append(wrong, m)
		}
		t.situations[i], t.worlds[i] = s, worlds
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return t, nil
}

// find notes a world that trials name.
func (t *Set) find(known *world.Registry, name string) error {
	if _, ok := t.makers[name]; ok {
		return nil
	}
	m, ok := known.Find(name)
	if !ok || m.Trials == nil {
		return unknownWorld(name, known)
	}
	t.makers[name] = m
	return nil
}

// Len is how many there are.
func (t *Set) Len() int { return len(t.situations) }

// batchSize is how many trials a world makes at a time, and ahead how many batches one world
// may be ahead of another.
const (
	batchSize = 64
	ahead     = 8
)

// Run makes the trials in all of their worlds at once and tells the answers in order. It ends with
// the first error: of tell, or of ctx. A world that cannot run here answers every trial with the
// reason.
func (t *Set) Run(ctx context.Context, tell func(int, Answer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	outs := map[string]chan []world.TrialResult{}
	for _, worlds := range t.worlds {
		for _, w := range worlds {
			if outs[w] == nil {
				out := make(chan []world.TrialResult, ahead)
				outs[w] = out
				running.Go(func() { t.runWorld(ctx, w, out) })
			}
		}
	}
	for from := 0; from < t.Len(); from += batchSize {
		to := min(from+batchSize, t.Len())
		results := map[string][]world.TrialResult{}
		for w, out := range outs {
			if len(t.of(w, from, to)) == 0 {
				continue
			}
			select {
			case results[w] = <-out:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for i := from; i < to; i++ {
			a := Answer{Worlds: t.worlds[i], Results: map[string]world.TrialResult{}}
			for _, w := range slices.Compact(slices.Sorted(slices.Values(a.Worlds))) {
				a.Results[w] = results[w][0]
				results[w] = results[w][1:]
			}
			t.judge(&a)
			if err := tell(i, a); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// of are the situations of a batch that are for a world.
func (t *Set) of(w string, from, to int) []*world.Situation {
	var batch []*world.Situation
	for i := from; i < to; i++ {
		if slices.Contains(t.worlds[i], w) {
			batch = append(batch, t.situations[i])
		}
	}
	return batch
}

// runWorld makes all trials of one world, batch by batch.
func (t *Set) runWorld(ctx context.Context, name string, out chan<- []world.TrialResult) {
	w := t.makers[name].Trials(ctx)
	defer w.Close()
	for from := 0; from < t.Len(); from += batchSize {
		batch := t.of(name, from, min(from+batchSize, t.Len()))
		if len(batch) == 0 {
			continue
		}
		results, err := w.Try(ctx, batch)
		if err != nil {
			results = noTrials(len(batch), err.Error())
		}
		select {
		case out <- results:
		case <-ctx.Done():
			return
		}
	}
}

// noTrials are the results of a world that cannot run.
func noTrials(n int, reason string) []world.TrialResult {
	results := make([]world.TrialResult, n)
	for i := range results {
		results[i] = world.TrialResult{Bind: script.NotRun, Why: &world.Why{Rule: "trial-not-run",
			Text: lab.Text{En: reason, Zh: "这里无法运行：" + reason}}}
	}
	return results
}

// judge compares the worlds that answered with the first one that did.
func (t *Set) judge(a *Answer) {
	a.Verdict = lab.Agree
	first, silent := "", ""
	for _, w := range a.Worlds {
		r := a.Results[w]
		switch {
		case !r.Known():
			if silent == "" {
				silent = w
			}
		case first == "":
			first = w
		case r.Bind != a.Results[first].Bind || r.Listen != a.Results[first].Listen:
			a.Verdict, a.Why = lab.Differ, t.because(a, first, w)
			return
		}
	}
	if silent == "" {
		return
	}
	a.Verdict = lab.VerdictNotRun
	why := world.Why{Rule: "trial-unknown", Text: lab.Text{En: "nobody documented it", Zh: "没有文档说明"}}
	if r := a.Results[silent]; r.Why != nil {
		why = *r.Why
	}
	why.Text = why.Text.After(silent+": ", silent+"：")
	a.Why = &why
}

// because says why two worlds answer differently, by the catalogue of differences.
func (t *Set) because(a *Answer, first, second string) *world.Why {
	said := [2]lab.Said{}
	for i, w := range []string{first, second} {
		r := a.Results[w]
		said[i] = lab.Said{World: t.makers[w].Info(), Word: r.Bind, Text: lab.Text{En: sentence(r, "then"),
			Zh: sentence(r, "然后")}}
		if r.Bind == "ok" && r.Listen != "" {
			said[i].Word = r.Listen
		}
		if r.Why != nil {
			said[i].Rule = r.Why.Rule
		}
	}
	return lab.Because("bind", said)
}

// sentence is a result in a sentence.
func sentence(r world.TrialResult, then string) string {
	if r.Listen == "" {
		return "bind " + r.Bind
	}
	return "bind " + r.Bind + " " + then + " listen " + r.Listen
}
