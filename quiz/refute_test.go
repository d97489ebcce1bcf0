package quiz

import (
	"maps"
	"slices"
	"testing"

	"fourwave/lab"
)

// TestEachMythIsRefuted: the experiment that a misconception names has a counterexample to it in
// its run on the model, and the library has experiments without one, so that what looks for it is
// not always satisfied.
func TestEachMythIsRefuted(t *testing.T) {
	all := len(lab.Library())
	for _, m := range Myths {
		by := refuting()[m.ID]
		if _, ok := counterexamples[m.ID]; !ok {
			t.Errorf("%s: nothing looks for a counterexample", m.ID)
			continue
		}
		if !by[m.Refuted] {
			t.Errorf(
				"%s: %s has no counterexample to %q; these have: %v", m.ID, m.Refuted, m.Claim.En,
				slices.Sorted(maps.Keys(by)),
			)
		}
		if len(by) > all-4 {
			t.Errorf("%s: %d of %d experiments refute it, which leaves none to choose beside them", m.ID, len(by), all)
		}
		t.Logf("%s: refuted by %d experiments, %s among them", m.ID, len(by), m.Refuted)
	}
	if len(counterexamples) != len(Myths) {
		t.Errorf("%d counterexamples for %d misconceptions", len(counterexamples), len(Myths))
	}
}

// TestOneExperimentDecides: of the experiments that myth-or-true offers, the right one alone
// refutes the claim.
func TestOneExperimentDecides(t *testing.T) {
	byTitle := map[string]string{}
	for _, e := range lab.Library() {
		byTitle[fromLab(e.Title).En] = e.ID
	}
	for level := 1; level <= 3; level++ {
		for _, it := range items(t, "myth-or-true", level, perLevel()) {
			myth := it.rules[0]
			for _, o := range it.Parts[1].Options {
				if refutes := refuting()[myth][byTitle[o.Text.En]]; refutes != o.Right {
					t.Errorf(
						"seed %d level %d, %s: %q refutes it: %v, but is right: %v", it.Seed, level, myth, o.Text.En,
						refutes, o.Right,
					)
				}
			}
		}
	}
}
