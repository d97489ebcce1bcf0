package quiz

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files; commit only changes whose cause you understand and want")

// poolSeeds is how many questions of each level are drawn to count a pool.
const poolSeeds = 700

// TestPools counts the distinct facts of each kind, and the misconceptions that its wrong answers
// come from. At least 15 kinds have 200 facts or more.
func TestPools(t *testing.T) {
	if os.Getenv("FOURWAVE_SOAK") == "" && !*update {
		rich := 0
		for _, k := range List() {
			if k.Pool >= 200 {
				rich++
			}
		}
		if rich < 15 {
			t.Errorf("%d kinds have a pool of 200, want 15", rich)
		}
		return
	}
	var out strings.Builder
	for i := range registry {
		k := &registry[i]
		facts, myths, ways := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for level := 1; level <= 3; level++ {
			for seed := range int64(poolSeeds) {
				it, err := New(k.ID, seed, level)
				if err != nil {
					t.Fatal(err)
				}
				facts[it.Facts] = true
				parts := ""
				for _, p := range it.Parts {
					parts += "+" + string(p.Interaction)
					p.eachMyth(func(m string) { myths[m] = true })
				}
				ways[parts[1:]] = true
			}
		}
		longest := slices.MaxFunc(slices.Sorted(maps.Keys(ways)), func(a, b string) int { return len(a) - len(b) })
		fmt.Fprintf(
			&out, "%s %d %s %s\n", k.ID, len(facts), longest, strings.Join(slices.Sorted(maps.Keys(myths)), ","),
		)
	}
	if *update {
		if err := os.WriteFile("pools.txt", []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if out.String() != poolText {
		t.Errorf("pools have changed, run with -update:\n%s", out.String())
	}
}

func (p *Part) eachMyth(f func(string)) {
	for _, o := range p.Options {
		if o.Myth != "" {
			f(o.Myth)
		}
	}
	for _, w := range p.Wrong {
		if w.Myth != "" {
			f(w.Myth)
		}
	}
	for _, x := range p.Fields {
		for _, w := range x.Wrong {
			if w.Myth != "" {
				f(w.Myth)
			}
		}
	}
}
