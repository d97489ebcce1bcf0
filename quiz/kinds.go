package quiz

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"fourwave/fsm"
)

// Kind is a kind of question as a caller may know it.
type Kind struct {
	ID           string        `json:"kind"`
	Levels       []int         `json:"levels"`
	Topics       []string      `json:"topics"`
	Interaction  Interaction   `json:"interaction"`  // of its first part
	Interactions []Interaction `json:"interactions"` // of all parts
	Pool         int           `json:"pool"`         // how many distinct facts were counted, at least
	Myths        []string      `json:"myths"`        // that its wrong answers come from
	Exports      []string      `json:"exports"`      // formats that carry it
	Aid          string        `json:"aid"`          // "closed", or "open": stays fair with the lab at hand
	Versions     []int         `json:"versions"`     // of its generator; tokens of all of them are good

	code byte // in tokens; never used again for another kind
	make func(d draw, level int) *Item
}

// Version is that of the generators with levels.
const Version = 2

// tries bounds how often a generator draws again for a level; it takes a few.
const tries = 4000

// sameLot is how often a draw keeps the lot that balances a kind's answers: what was wanted may not come about.
const sameLot = 100

// newest finds a kind with levels.
func newest(kind string) (*Kind, bool) {
	i := slices.IndexFunc(registry, func(k Kind) bool { return k.ID == kind })
	if i < 0 {
		return nil, false
	}
	return &registry[i], true
}

// New makes the question of a kind, seed and level, 1 to 3, by the newest generator. The error is
// ErrKind.
func New(kind string, seed int64, level int) (*Item, error) {
	it, _, err := draft(kind, seed, level)
	return it, err
}

// draft is New, and what was refused on the way.
func draft(kind string, seed int64, level int) (*Item, []error, error) {
	k, ok := newest(kind)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %.40q", ErrKind, kind)
	}
	if level < 1 || level > 3 {
		return nil, nil, fmt.Errorf("%w: level %d is not 1, 2 or 3", ErrKind, level)
	}
	d := levelDraw(kind, seed, level)
	var refused []error
	for try := range tries {
		if try >= sameLot { // what was wanted does not come about at this level
			d.lot = d.src.Uint64()
		}
		it := k.make(d, level)
		if it == nil {
			refused = append(refused, errNoItem)
			continue
		}
		it.Kind, it.Version, it.Seed, it.Topics = kind, Version, seed, k.Topics
		it.seal()
		if err := it.admit(level); err != nil {
			refused = append(refused, err)
			continue
		}
		return it, refused, nil
	}
	return nil, refused, fmt.Errorf(
		"quiz: no question of %s, seed %d, level %d in %d tries, last %w", kind, seed, level, tries,
		refused[len(refused)-1],
	)
}

// levelDraw is the chances of a kind, seed and level.
func levelDraw(kind string, seed int64, level int) draw {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%d", kind, Version, level)
	return draw{src: rand.NewPCG(h.Sum64(), uint64(seed)), lot: h.Sum64() ^ uint64(seed)}
}

// chance is true n times in of.
func (d draw) chance(n, of int) bool { return d.below(of) < n }

// candidate is an answer that a choice may offer.
type candidate struct {
	text     Text
	myth     string
	feedback Text
	also     []string
}

// choose makes a choice of n options from the right answer and wrong ones, the first of each
// meaning; ok is false if there are too few.
func choose(d draw, right candidate, wrong []candidate, n int) (options []Option, ok bool) {
	options = []Option{{Text: right.text, Right: true, Also: right.also, Feedback: right.feedback}}
	for _, w := range wrong {
		if len(options) == n {
			break
		}
		if w.text.IsZero() ||
			slices.ContainsFunc(
				options, func(o Option) bool { return o.Text.En == w.text.En || o.Text.Zh == w.text.Zh },
			) {
			continue
		}
		if w.feedback.IsZero() && w.myth != "" {
			w.feedback = wouldIf(w.myth)
		}
		options = append(options, Option{Text: w.text, Also: w.also, Myth: w.myth, Feedback: w.feedback})
	}
	shuffle(d, options)
	return letters(options), len(options) == n
}

// wouldIf says under which misconception an answer would be right.
func wouldIf(myth string) Text {
	m, ok := MythByID(myth)
	if !ok {
		panic("BUG: quiz: no misconception " + myth)
	}
	return say("would.myth", "claim", m.Claim)
}

// hint is the first hint of a family of kinds.
func hint(family string, holes ...any) Text { return say("hint."+family, holes...) }

// strike is the last hint: it strikes out the wrong option that a misconception leads to, the first
// one if several do.
func (it *Item) strike() {
	for i := range it.Parts {
		p := &it.Parts[i]
		for _, o := range p.Options {
			if !o.Right && o.Myth != "" && (p.Interaction == ByChoice || p.Interaction == ByChoices) &&
				len(p.Options) > 2 {
				it.Hints = append(
					it.Hints,
					say("hint.strike", "option", Text{En: o.ID + ") " + o.Text.En, Zh: o.ID + ") " + o.Text.Zh}),
				)
				return
			}
		}
	}
	for i := range it.Parts {
		for _, w := range it.Parts[i].Wrong {
			if w.Myth != "" {
				it.Hints = append(it.Hints, say("hint.strike", "option", same(formatNumber(w.Value, it.Parts[i].Unit))))
				return
			}
		}
	}
}

// linux is the profile whose answers most kinds ask for.
var linux = fsm.Linux
