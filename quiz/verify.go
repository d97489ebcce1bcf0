package quiz

import (
	"context"
	"fmt"
	"math"
	"regexp"
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

// Run runs a script on a kernel and returns each step's result, as package lab writes them; rows of
// a socket table as their number.
type Run func(ctx context.Context, script string) ([]string, error)

// Disagreement is a step on which model and kernel differ.
type Disagreement struct {
	Step          int // from 0
	Model, Kernel string
}

// longestWait is a wait of a proof that decides nothing: anything on the wire is over by then, and
// tcp_tw_reuse, which counts whole seconds, has seen another one.
const longestWait = 1500 * time.Millisecond

// Proof is what a kernel must say for the item's key to stand: the results of all calls, since an
// item stands on each of them, timers to within two seconds, see [Proof.Check]. It is nil if
// nothing but the model can tell, and for an item that was kept as JSON.
//
// Waits are shortened to longestWait if the model then comes to the same results, timers apart: 38
// seconds in TIME-WAIT prove no more than one.
func (it *Item) Proof() *Proof {
	if it.proof == "" {
		return nil
	}
	t, ok := playText(it.proof)
	if !ok {
		return nil
	}
	p := proofOf(it.proof, t)
	if p.Takes <= longestWait {
		return p
	}
	text := shortened(it.proof)
	short, ok := playText(text)
	if !ok {
		return p
	}
	for i, r := range short.Results {
		if r.Result != t.Results[i].Result && !sameTimerKind(r.Result, t.Results[i].Result) {
			return p
		}
	}
	return proofOf(text, short)
}

// delayOf is the delay that begins a line of a script.
var delayOf = regexp.MustCompile(`(?m)^\+(\S+)`)

// shortened is a script with no wait longer than longestWait.
func shortened(script string) string {
	return delayOf.ReplaceAllStringFunc(script, func(delay string) string {
		if d, err := time.ParseDuration(delay[1:]); err == nil && d > longestWait {
			return "+" + longestWait.String()
		}
		return delay
	})
}

// proofOf is the proof by a script that went so on the model.
func proofOf(script string, t *take) *Proof {
	p := &Proof{Script: script}
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

// Verify runs the item's proof. It returns the steps on which the kernel disagrees; none at all is
// a proof. The error says that the script did not run, or that the item has no proof.
func (it *Item) Verify(ctx context.Context, run Run) ([]Disagreement, error) {
	p := it.Proof()
	if p == nil {
		return nil, fmt.Errorf("quiz: %s, seed %d: nothing but the model can tell", it.Kind, it.Seed)
	}
	got, err := run(ctx, p.Script)
	if err != nil {
		return nil, err
	}
	return p.Check(got)
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
	kindA, x, okA := readTimer(a)
	kindB, y, okB := readTimer(b)
	return okA && okB && kindA == kindB && math.Abs(x-y) <= timerSlack
}

func sameTimerKind(a, b string) bool {
	kindA, _, okA := readTimer(a)
	kindB, _, okB := readTimer(b)
	return okA && okB && kindA == kindB
}

// readTimer reads the result of the verb timer, "timewait 52.9s".
func readTimer(s string) (kind string, seconds float64, ok bool) {
	kind, left, ok := strings.Cut(s, " ")
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(left, "s"), 64)
	return kind, seconds, ok && err == nil
}
