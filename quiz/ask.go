package quiz

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Asked is a question for practice: what a student may see, and the token to grade it with.
type Asked struct {
	Token string `json:"token"`
	Seed  int64  `json:"seed"`
	Shown
}

// Ask is the question of the item for practice, in a language.
func (it *Item) Ask(lang, stimulus string) Asked {
	return Asked{Token: it.Token(), Seed: it.Seed, Shown: it.Show(lang, stimulus)}
}

// MaxDraw bounds how many questions are drawn at once.
const MaxDraw = 100

// Wish says which questions to draw.
type Wish struct {
	Kind   string   // "" for any kind on the topics
	Topics []string // none for all
	Level  int      // 1 to 3
	Count  int      // 1 to MaxDraw
	Seed   int64    // that determines them
}

// Draw draws questions. None repeats another's facts or text, and no rule decides more than a
// quarter of them, as long as the pool has others. The error is ErrKind if no kind fits.
func Draw(w Wish) ([]*Item, error) {
	var fit []string
	for _, k := range registry {
		on := len(w.Topics) == 0 ||
			slices.ContainsFunc(w.Topics, func(t string) bool { return slices.Contains(k.Topics, t) })
		if on && (w.Kind == "" || w.Kind == k.ID) {
			fit = append(fit, k.ID)
		}
	}
	if len(fit) == 0 {
		return nil, fmt.Errorf("%w: %.40q on %q", ErrKind, w.Kind, w.Topics)
	}
	d := draw{src: rand.NewPCG(0x9e3779b97f4a7c15, uint64(w.Seed))}
	var out []*Item
	seen, rules := map[string]bool{}, map[string]int{}
	most := (w.Count + 3) / 4
	for try := 0; len(out) < w.Count; try++ {
		it, err := New(fit[(len(out)+d.below(len(fit)))%len(fit)], int64(d.src.Uint64()>>11), w.Level)
		if err != nil {
			return nil, err
		}
		again := seen[it.Facts] || seen[it.Text.En]
		if patience := 8 * w.Count; again && try < patience || rules[it.Rule] >= most && try < patience/2 {
			continue
		}
		seen[it.Facts], seen[it.Text.En] = true, true
		rules[it.Rule]++
		out = append(out, it)
	}
	return out, nil
}
