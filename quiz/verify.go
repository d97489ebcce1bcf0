package quiz

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Proof is a script whose results decide whether an item's key stands, and what the model said.
type Proof struct {
	Script string   `json:"script"`
	Want   []string `json:"want"` // a step's result; "" where it does not matter
	// Takes is how long the script waits in real time.
	Takes time.Duration `json:"takes"`
}

// Run runs a script on a kernel and returns each step's result, as package lab writes them; rows of a
// socket table as their number.
type Run func(ctx context.Context, script string) ([]string, error)

// Disagreement is a step on which model and kernel differ.
type Disagreement struct {
	Step          int // from 0
	Model, Kernel string
}

// proofOf is the proof that a scene's results are the model's. It compares the results of all calls,
// since an item stands on each of them; timers to within two seconds, see [Proof.Check].
func proofOf(s *scene, t *take, at ...int) *Proof {
	p := &Proof{Script: s.script("proof")}
	for i, r := range t.Results {
		want := r.Result
		if t.Steps[i].Cmd.Verb == "send" || t.Steps[i].Cmd.Verb == "recv" {
			want = "" // how much comes at once is no rule
		}
		p.Want = append(p.Want, want)
		p.Takes += t.Steps[i].Delay
	}
	return p
}

// Verify runs the item's proof. It returns the steps on which the kernel disagrees; none at all is a
// proof. The error says that the script did not run, or that the item has no proof.
func (it *Item) Verify(ctx context.Context, run Run) ([]Disagreement, error) {
	if it.Proof == nil {
		return nil, fmt.Errorf("quiz: %s, seed %d: nothing but the model can tell", it.Kind, it.Seed)
	}
	got, err := run(ctx, it.Proof.Script)
	if err != nil {
		return nil, err
	}
	return it.Proof.Check(got)
}

// timerSlack is how far a kernel's timer may be from the model's: its wheel is coarse, some two
// seconds in a minute at HZ=250.
const timerSlack = 2.5

// Check compares a kernel's results with the model's.
func (p *Proof) Check(got []string) ([]Disagreement, error) {
	if len(got) != len(p.Want) {
		return nil, fmt.Errorf("quiz: %d results for %d steps", len(got), len(p.Want))
	}
	var out []Disagreement
	for i, want := range p.Want {
		if want != "" && got[i] != want && !sameTimer(want, got[i]) {
			out = append(out, Disagreement{i, want, got[i]})
		}
	}
	return out, nil
}

func sameTimer(a, b string) bool {
	kindA, leftA, okA := strings.Cut(a, " ")
	kindB, leftB, okB := strings.Cut(b, " ")
	x, errX := strconv.ParseFloat(strings.TrimSuffix(leftA, "s"), 64)
	y, errY := strconv.ParseFloat(strings.TrimSuffix(leftB, "s"), 64)
	return okA && okB && errX == nil && errY == nil && kindA == kindB && math.Abs(x-y) <= timerSlack
}
