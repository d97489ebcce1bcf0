package lab

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
)

// TrialAnswer is a trial with what it came to in each of its worlds, by the name that the caller wrote.
type TrialAnswer struct {
	Worlds  []string
	Results map[string]world.TrialResult
	Verdict Verdict
	Why     *world.Why // for differ and not run
}

// TrialCount counts verdicts.
type TrialCount struct {
	Trials int `json:"trials"`
	Agree  int `json:"agree"`
	Differ int `json:"differ"`
	NotRun int `json:"not_run"`
}

// Add counts one more answer.
func (c *TrialCount) Add(v Verdict) {
	c.Trials++
	switch v {
	case Agree:
		c.Agree++
	case Differ:
		c.Differ++
	case VerdictNotRun:
		c.NotRun++
	}
}

// TrialWorlds are the names of worlds that trials know.
func TrialWorlds() []string {
	names := []string{"model", "kernel"}
	for _, p := range fsm.Profiles {
		names = append(names, "model:"+p.Name)
	}
	slices.Sort(names)
	return names
}

// CheckTrialWorld is an error for a name that is no world.
func CheckTrialWorld(name string) error {
	if name == "kernel" || model.Profile(name) != nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrWorld, script.Unknown("world", name, TrialWorlds()))
}

// Trials are trials that were found to be sound, ready to be made.
type Trials struct {
	worlds     [][]string
	situations []*world.Situation
}

// NewTrials checks trials. Mistakes come with their place; then nothing can be run. The first step
// of a path is the trial's index, which is left out for a single trial.
func NewTrials(all []Trial, single bool) (*Trials, []TrialMistake) {
	t := &Trials{worlds: make([][]string, len(all)), situations: make([]*world.Situation, len(all))}
	var wrong []TrialMistake
	for i := range all {
		s, mistakes := all[i].situation()
		worlds := all[i].Worlds
		if len(worlds) == 0 {
			worlds = defaultWorlds
		}
		for j, w := range worlds {
			if err := CheckTrialWorld(w); err != nil {
				mistakes = append(mistakes, TrialMistake{[]string{"worlds", strconv.Itoa(j)}, err.Error()})
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

// Len is how many there are.
func (t *Trials) Len() int { return len(t.situations) }

// trialBatch is how many trials a world makes at a time, and trialAhead how many batches one world
// may be ahead of another.
const (
	trialBatch = 64
	trialAhead = 8
)

// Run makes the trials in all of their worlds at once and tells the answers in order. It ends with
// the first error: of tell, or of ctx. A world that cannot run here answers every trial with the reason.
func (t *Trials) Run(ctx context.Context, tell func(int, TrialAnswer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	outs := map[string]chan []world.TrialResult{}
	for _, worlds := range t.worlds {
		for _, w := range worlds {
			if outs[w] == nil {
				out := make(chan []world.TrialResult, trialAhead)
				outs[w] = out
				running.Go(func() { t.runWorld(ctx, w, out) })
			}
		}
	}
	for from := 0; from < t.Len(); from += trialBatch {
		to := min(from+trialBatch, t.Len())
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
			a := TrialAnswer{Worlds: t.worlds[i], Results: map[string]world.TrialResult{}}
			for _, w := range slices.Compact(slices.Sorted(slices.Values(a.Worlds))) {
				a.Results[w] = results[w][0]
				results[w] = results[w][1:]
			}
			a.judge()
			if err := tell(i, a); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// of are the situations of a batch that are for a world.
func (t *Trials) of(w string, from, to int) []*world.Situation {
	var batch []*world.Situation
	for i := from; i < to; i++ {
		if slices.Contains(t.worlds[i], w) {
			batch = append(batch, t.situations[i])
		}
	}
	return batch
}

// runWorld makes all trials of one world, batch by batch.
func (t *Trials) runWorld(ctx context.Context, name string, out chan<- []world.TrialResult) {
	w := openTrialWorld(ctx, name)
	defer w.Close()
	for from := 0; from < t.Len(); from += trialBatch {
		batch := t.of(name, from, min(from+trialBatch, t.Len()))
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
		results[i] = world.TrialResult{Bind: script.NotRun, Why: &world.Why{Rule: "trial-not-run", Text: reason, TextZh: "这里无法运行：" + reason}}
	}
	return results
}

func openTrialWorld(ctx context.Context, name string) world.Trials {
	if p := model.Profile(name); p != nil {
		return model.NewTrials(p)
	}
	return kernel.OpenTrials(ctx)
}

// judge compares the worlds that answered with the first one that did.
func (a *TrialAnswer) judge() {
	a.Verdict = Agree
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
			a.Verdict, a.Why = Differ, a.because(first, w)
			return
		}
	}
	if silent == "" {
		return
	}
	a.Verdict = VerdictNotRun
	why := world.Why{Rule: "trial-unknown", Text: "nobody documented it", TextZh: "没有文档说明"}
	if r := a.Results[silent]; r.Why != nil {
		why = *r.Why
	}
	why.Text, why.TextZh = silent+": "+why.Text, silent+"："+why.TextZh
	a.Why = &why
}

// because says why two worlds answer differently, by the catalogue of differences.
func (a *TrialAnswer) because(first, second string) *world.Why {
	f := finding{what: "bind", worlds: [2]string{first, second}}
	for i, w := range f.worlds {
		r := a.Results[w]
		f.sides[i] = side{word: r.Bind, text: sentence(r, "then"), textZh: sentence(r, "然后")}
		if r.Bind == "ok" && r.Listen != "" {
			f.sides[i].word = r.Listen
		}
		if r.Why != nil {
			f.sides[i].rule = r.Why.Rule
		}
	}
	if f.known() != nil {
		return f.because(f.entry, false)
	}
	return f.unexplained()
}

// sentence is a result in a sentence.
func sentence(r world.TrialResult, then string) string {
	if r.Listen == "" {
		return "bind " + r.Bind
	}
	return "bind " + r.Bind + " " + then + " listen " + r.Listen
}
