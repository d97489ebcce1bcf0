package class

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"fourwave/quiz"
	"fourwave/store"
)

// How often a question is drawn again because it repeats another one of the quiz or the
// neighbour's, or, fewer times since a kind may know one rule only, a rule that was asked often
// enough.
const (
	redraws    = 16
	ruleRounds = 3
)

// variant says whose questions are drawn.
type variant struct {
	student string // empty for one-for-all
	attempt int    // 0 unless per-attempt
}

func (s *settings) variant(student string, no int) variant {
	switch s.Variants {
	case OneForAll:
		return variant{}
	case PerAttempt:
		return variant{student, no}
	}
	return variant{student, 0}
}

// seed is 53 bits that only the server can compute: HMAC-SHA-256 of who is asked what by the quiz's
// secret. The round counts redraws.
func seed(q *store.Quiz, n int, v variant, round int) int64 {
	mac := hmac.New(sha256.New, q.Secret)
	fmt.Fprintf(mac, "%s\x00%d\x00%s\x00%d\x00%d", q.ID, n, v.student, v.attempt, round)
	return int64(binary.BigEndian.Uint64(mac.Sum(nil)) >> 11)
}

// drawn is what a quiz has drawn so far for one variant.
type drawn struct {
	facts map[string]bool
	rules map[string]int
	most  int // times that one deciding rule may be asked
}

// draw makes the items of a variant. avoid has the facts of neighbours, by question.
func (c *Class) draw(
	ctx context.Context, q *store.Quiz, s *settings, v variant, avoid map[int]map[string]bool,
) ([]*quiz.Item, error) {
	select { // drawing leaves a processor to students who save their answers meanwhile
	case c.drawing <- struct{}{}:
		defer func() { <-c.drawing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	questions := s.questions()
	so := drawn{map[string]bool{}, map[string]int{}, (len(questions) + 3) / 4}
	items := make([]*quiz.Item, len(questions))
	for i, ask := range questions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		it, err := drawOne(q, ask, v, s.Seeds[ask.n], so, avoid[ask.n])
		if err != nil {
			return nil, err
		}
		so.facts[it.Facts] = true
		so.rules[it.Rule]++
		items[i] = it
	}
	return items, nil
}

// drawOne draws a question until it repeats nothing, or takes the best that the bound allows.
func drawOne(q *store.Quiz, ask question, v variant, from int, so drawn, avoid map[string]bool) (*quiz.Item, error) {
	var best *quiz.Item
	worst := 4
	var last error
	for round := range redraws {
		sd := seed(q, ask.n, v, from*redraws+round)
		kind := ask.kind
		if kind == "" {
			kinds := kindsOn(ask.topics)
			kind = kinds[int(sd%int64(len(kinds)))]
		}
		it, err := quiz.New(kind, sd, ask.level)
		if err != nil {
			last = err // this seed gives no question of the level; another one does
			continue
		}
		bad := 0
		switch {
		case so.facts[it.Facts]:
			bad = 3
		case avoid[it.Facts]:
			bad = 2
		case so.rules[it.Rule] >= so.most && round < ruleRounds:
			bad = 1
		}
		if bad < worst {
			best, worst = it, bad
		}
		if bad == 0 {
			break
		}
	}
	if best == nil {
		return nil, fmt.Errorf("class: question %d: %w", ask.n, last)
	}
	return best, nil
}

// neighbours is what a student's neighbours in the roster are asked, by question, so that two who
// sit side by side are not asked the same. Only every other student looks at them, so they need
// not look in turn.
func (c *Class) neighbours(
	ctx context.Context, q *store.Quiz, s *settings, roster []*store.Student, student string, no int,
) (map[int]map[string]bool, error) {
	i := slices.IndexFunc(roster, func(r *store.Student) bool { return r.Student == student })
	if s.Variants == OneForAll || i%2 == 0 || i < 0 {
		return nil, nil
	}
	avoid := make(map[int]map[string]bool)
	for _, r := range roster[i-1 : min(i+2, len(roster))] {
		if r.Student == student {
			continue
		}
		items, err := c.draw(ctx, q, s, s.variant(r.Student, no), nil)
		if err != nil {
			return nil, err
		}
		for n, it := range items {
			if avoid[n+1] == nil {
				avoid[n+1] = make(map[string]bool)
			}
			avoid[n+1][it.Facts] = true
		}
	}
	return avoid, nil
}

// rows are the items as they are kept with an attempt.
func rows(attempt, lang, stimulus string, items []*quiz.Item) ([]*store.Item, error) {
	out := make([]*store.Item, len(items))
	for i, it := range items {
		shown, err := json.Marshal(it.Show(lang, stimulus))
		if err != nil {
			return nil, err
		}
		key, err := json.Marshal(it)
		if err != nil {
			return nil, err
		}
		out[i] = &store.Item{Attempt: attempt, N: i + 1, Kind: it.Kind, GenVersion: it.Version, Seed: uint64(it.Seed),
			Level: it.Level, Facts: it.Facts, Shown: shown, Key: key}
	}
	return out, nil
}

// keyOf is the item as it was kept.
func keyOf(row *store.Item) (*quiz.Item, error) {
	var it quiz.Item
	if err := json.Unmarshal(row.Key, &it); err != nil {
		return nil, fmt.Errorf("class: item %d of attempt %s: %w", row.N, row.Attempt, err)
	}
	return &it, nil
}
