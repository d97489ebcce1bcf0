package quiz

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// A shallow rule answers a question without understanding it: from what is shown alone.
type shallow struct {
	name string
	pick func(s Shown, p ShownPart) string // a choice's id; "" if it does not apply
}

var shallowRules = []shallow{
	{"first", func(_ Shown, p ShownPart) string { return p.Choices[0].ID }},
	{"last", func(_ Shown, p ShownPart) string { return p.Choices[len(p.Choices)-1].ID }},
	{"longest", func(_ Shown, p ShownPart) string {
		return slices.MaxFunc(p.Choices, func(a, b Choice) int { return len(a.Text) - len(b.Text) }).ID
	}},
	{"shortest", func(_ Shown, p ShownPart) string {
		return slices.MinFunc(p.Choices, func(a, b Choice) int { return len(a.Text) - len(b.Text) }).ID
	}},
	{"stays", func(s Shown, p ShownPart) string {
		for _, c := range p.Choices {
			if valid(c.Text) && strings.Contains(s.Text, " in "+c.Text) {
				return c.ID
			}
		}
		return ""
	}},
	{"closed", func(_ Shown, p ShownPart) string { return withText(p, "CLOSED") }},
	{"yes", func(_ Shown, p ShownPart) string { return withText(p, "Yes") }},
	{"no", func(_ Shown, p ShownPart) string { return withText(p, "No,") }},
	{"same options: yes", func(s Shown, p ShownPart) string {
		a, rest, _ := strings.Cut(s.Text, "with")
		_ = a
		old, rest, _ := strings.Cut(rest, " ")
		same := strings.Count(s.Text, "SO_REUSEADDR") == 2 || strings.Count(s.Text, "SO_REUSEPORT") == 2
		_, _ = old, rest
		if same || strings.Contains(s.Text, "127.0.0") {
			return withText(p, "Yes")
		}
		return withText(p, "No,")
	}},
}

func withText(p ShownPart, prefix string) string {
	for _, c := range p.Choices {
		if strings.HasPrefix(c.Text, prefix) {
			return c.ID
		}
	}
	return ""
}

// sample is a question with its key, as a guesser sees it.
type sample struct {
	shown Shown
	words map[string]bool // of the question's text
	part  ShownPart
	right Option
}

func samples(t *testing.T, kind string, perLevel int) map[string][]sample {
	t.Helper()
	out := map[string][]sample{}
	for level := 1; level <= 3; level++ {
		for _, it := range items(t, kind, level, perLevel) {
			s := it.Show("en", InWords)
			words := map[string]bool{}
			for _, w := range strings.Fields(s.Text) {
				words[w] = true
			}
			for i, p := range it.Parts {
				if p.Interaction == ByChoice {
					out[p.ID] = append(out[p.ID], sample{s, words, s.Parts[i], *p.right()})
				}
			}
		}
	}
	return out
}

// alternate puts every other sample last, so that both halves have all levels in them.
func alternate(all []sample) []sample {
	var even, odd []sample
	for i, s := range all {
		if i%2 == 0 {
			even = append(even, s)
		} else {
			odd = append(odd, s)
		}
	}
	return append(even, odd...)
}

// No shallow rule, and no rule that hangs on one word of the question, scores more than chance and
// 15 points.
func TestShallowRules(t *testing.T) {
	n := max(perLevel(), 50)
	for i := range registry {
		kind := registry[i].ID
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for part, all := range samples(t, kind, n) {
				chance := 0.0
				for _, s := range all {
					chance += 1 / float64(len(s.part.Choices)) / float64(len(all))
				}
				limit := chance + .15 + 1/math.Sqrt(
					float64(len(all)),
				) // a small sample is noisy, and a keyword is fitted to it
				for _, r := range shallowRules {
					hits := 0
					for _, s := range all {
						if r.pick(s.shown, s.part) == s.right.ID {
							hits++
						}
					}
					if score := float64(hits) / float64(len(all)); score > limit {
						t.Errorf("%s: %q scores %.2f, chance is %.2f", part, r.name, score, chance)
					}
				}
				if len(all) < 300 {
					continue // a keyword would be fitted to so few
				}
				word, score := bestKeyword(all)
				if t.Logf("%s: chance %.2f, the best keyword %q scores %.2f", part, chance, word, score); score > limit {
					t.Errorf("%s: the keyword %q scores %.2f, chance is %.2f", part, word, score, chance)
				}
			}
		})
	}
}

// bestKeyword is the best rule "if the question has this word, the answer is X, else Y", learnt
// from one half and tried on the other.
func bestKeyword(all []sample) (word string, score float64) {
	all = alternate(all)
	learn, try := all[:len(all)/2], all[len(all)/2:]
	if len(learn) < 200 {
		learn, try = all, all
	}
	words := map[string]bool{}
	for _, s := range learn {
		maps.Copy(words, s.words)
	}
	best := 0
	var with, without string
	for _, w := range slices.Sorted(maps.Keys(words)) {
		a, b := map[string]int{}, map[string]int{}
		for _, s := range learn {
			if s.words[w] {
				a[s.right.Text.En]++
			} else {
				b[s.right.Text.En]++
			}
		}
		ta, na := top(a)
		tb, nb := top(b)
		if na+nb > best {
			best, word, with, without = na+nb, w, ta, tb
		}
	}
	hits := 0
	for _, s := range try {
		guess := without
		if s.words[word] {
			guess = with
		}
		if s.right.Text.En == guess {
			hits++
		}
	}
	return word, float64(hits) / float64(len(try))
}

func top(m map[string]int) (string, int) {
	best, n := "", 0
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] > n {
			best, n = k, m[k]
		}
	}
	return best, n
}
