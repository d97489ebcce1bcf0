package class

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// The policies of a withdrawn question: everyone gets its points, or it does not count.
const (
	FullPoints = "full"
	DropPoints = "drop"
)

// tally is what one question of one attempt counts: the sum that is shown is the sum that is
// counted.
type tally struct {
	score, max float64
	hints      float64 // cost, as a share of max
}

// count counts question ask with its answer (nil for none) and hints.
func (s *settings) count(ask question, answer *store.Answer, hints []*store.Hint) tally {
	t := tally{max: ask.points}
	for _, h := range hints {
		if h.N == ask.n {
			t.hints += h.Cost
		}
	}
	switch s.Withdrawn[ask.n] {
	case FullPoints:
		t.score, t.hints = t.max, 0
		return t
	case DropPoints:
		return tally{}
	}
	if answer != nil {
		t.score = round(t.max * math.Max(0, answer.Score-t.hints))
	}
	return t
}

// round drops what floating point adds.
func round(x float64) float64 { return math.Round(x*1e9) / 1e9 }

// rescore sums up an attempt and keeps the sum.
func (c *Class) rescore(tx store.Tx, s *settings, a *store.Attempt) error {
	answers, err := answersOf(tx, a.ID)
	if err != nil {
		return err
	}
	hints, err := tx.Hints(a.ID)
	if err != nil {
		return err
	}
	a.Score, a.Max = 0, 0
	for _, ask := range s.questions() {
		t := s.count(ask, answers[ask.n], hints)
		a.Score, a.Max = round(a.Score+t.score), round(a.Max+t.max)
	}
	return tx.SetAttempt(a)
}

// resultShown says whether a student may see results now; if not, when (zero: not known).
func (c *Class) resultShown(q *store.Quiz, s *settings, a *store.Attempt) (bool, time.Time) {
	ended := !c.isOpen(a, s, c.now())
	switch s.Feedback {
	case AtOnce:
		return true, time.Time{}
	case AfterSubmit:
		if s.LiveState != nil {
			return s.LiveState.Phase == phaseDone, time.Time{}
		}
		return ended, a.Deadline
	case AfterClose:
		return c.status(q, s) == "closed", q.Closes
	}
	return false, time.Time{}
}

// Result gives an attempt's result to its student. *WhenError or ErrNotYet while it is not shown.
func (c *Class) Result(ctx context.Context, id, secret string) (d *doc.AttemptResult, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, s, a, err := c.sit(tx, id, secret)
		if err != nil {
			return err
		}
		if shown, when := c.resultShown(q, s, a); !shown {
			if when.IsZero() {
				return ErrNotYet
			}
			return &WhenError{when}
		}
		d, err = c.resultDoc(tx, s, a)
		return err
	})
	return d, found(err)
}

func (c *Class) resultDoc(tx store.Tx, s *settings, a *store.Attempt) (*doc.AttemptResult, error) {
	items, err := tx.Items(a.ID)
	if err != nil {
		return nil, err
	}
	answers, err := answersOf(tx, a.ID)
	if err != nil {
		return nil, err
	}
	hints, err := tx.Hints(a.ID)
	if err != nil {
		return nil, err
	}
	d := &doc.AttemptResult{ID: a.ID, Started: a.Started, Submitted: submittedAt(a), Questions: []doc.QuestionResult{}}
	for i, ask := range s.questions() {
		if i >= len(items) {
			return nil, fmt.Errorf("class: attempt %s has %d items", a.ID, len(items))
		}
		row := items[i]
		t := s.count(ask, answers[ask.n], hints)
		r := doc.QuestionResult{N: ask.n, Kind: row.Kind, Score: t.score, Max: t.max, HintCost: round(t.hints * t.max),
			Withdrawn: s.Withdrawn[ask.n], Answer: json.RawMessage("null"), Question: row.Shown}
		it, err := keyOf(row)
		if err != nil {
			return nil, err
		}
		if last := answers[ask.n]; last != nil {
			r.Answer, r.Grade = last.Body, gradeOf(it, last.Body, a.Lang)
		}
		if r.Grade == nil { // what would have been right
			if g, err := it.Mark(quiz.Answer{}, a.Lang); err == nil {
				r.Grade, _ = json.Marshal(g)
			}
		}
		d.Score, d.Max = round(d.Score+t.score), round(d.Max+t.max)
		d.Questions = append(d.Questions, r)
	}
	if d.Max > 0 {
		d.Percent = round(100 * d.Score / d.Max)
	}
	return d, nil
}
