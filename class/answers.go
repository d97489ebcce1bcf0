package class

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// Saving is an answer to be kept.
type Saving struct {
	Attempt  string
	Secret   string
	N        int
	Revision int64
	Body     json.RawMessage // as package quiz reads it; null is a blank
}

// Save keeps an answer. When it returns nil, the answer survives whatever happens. The same
// revision and body give the same acknowledgement; a lower revision, or the same with another body,
// is a *StaleError with what is kept. *quiz.UnreadableError, *FieldError, ErrNoSecret, ErrNotFound,
// ErrLate, ErrSubmitted, ErrClosed.
func (c *Class) Save(ctx context.Context, in Saving) (d *doc.SavedAnswer, err error) {
	if in.Revision < 1 {
		return nil, &FieldError{"/revision", "not at least 1"}
	}
	if len(in.Body) > MaxAnswer {
		return nil, &FieldError{"/answer", fmt.Sprintf("more than %d bytes", MaxAnswer)}
	}
	answer, blank, err := readAnswer(in.Body)
	if err != nil {
		return nil, err
	}
	var quizID string
	err = c.Store.Update(ctx, func(tx store.Tx) error {
		q, s, a, err := c.sit(tx, in.Attempt, in.Secret)
		if err != nil {
			return err
		}
		quizID = q.ID
		row, err := itemOf(tx, a.ID, in.N)
		if err != nil {
			return err
		}
		last, err := tx.Answer(a.ID, in.N)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if d, err = c.repeated(s, a, row, last, &in); d != nil || err != nil {
			return err
		}
		if err := c.takes(s, a, in.N); err != nil {
			return err
		}
		next, err := mark(row, answer, blank, &in, a.Lang)
		if err != nil {
			return err
		}
		next.At = c.now()
		next.keepFirst(s, last)
		if err := tx.AddAnswer(&next.Answer); err != nil {
			return err
		}
		d = savedDoc(s, next)
		return c.event(
			tx, q.ID, "saved", map[string]any{"attempt": a.ID, "n": in.N, "revision": in.Revision, "blank": blank},
		)
	})
	if err != nil {
		return nil, found(err)
	}
	_ = c.Store.Notify(ctx, topic(quizID))
	return d, nil
}

// itemOf is question n of an attempt.
func itemOf(tx store.Tx, attempt string, n int) (*store.Item, error) {
	row, err := tx.Item(attempt, n)
	return row, found(err)
}

// takes says whether an attempt takes an answer to question n now.
func (c *Class) takes(s *settings, a *store.Attempt, n int) error {
	switch {
	case !a.Submitted.IsZero() || a.Void:
		return ErrSubmitted
	case !c.isOpen(a, s, c.now()):
		return ErrLate
	case s.hides(n) || s.LiveState != nil && (s.LiveState.Phase != phaseOpen || s.LiveState.Question != n):
		return ErrClosed
	}
	return nil
}

// repeated is the acknowledgement of what is kept already, or the conflict with it; both nil for a
// new answer.
func (c *Class) repeated(
	s *settings, a *store.Attempt, row *store.Item, last *store.Answer, in *Saving,
) (*doc.SavedAnswer, error) {
	if last == nil || in.Revision > last.Revision {
		return nil, nil
	}
	if in.Revision < last.Revision || !sameJSON(last.Body, in.Body) {
		return nil, &StaleError{last.Revision, last.At, last.Body}
	}
	answer, blank, err := readAnswer(last.Body)
	if err != nil {
		return nil, err
	}
	again, err := mark(row, answer, blank, in, a.Lang)
	if err != nil {
		return nil, err
	}
	again.At = last.At
	return savedDoc(s, again), nil
}

func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// marked is an answer with its mark.
type marked struct {
	store.Answer
	grade *quiz.Grade // nil for a blank
}

// mark marks an answer. A blank scores 0.
func mark(row *store.Item, answer quiz.Answer, blank bool, in *Saving, lang string) (*marked, error) {
	m := &marked{Answer: store.Answer{Attempt: row.Attempt, N: row.N, Revision: in.Revision, Body: in.Body}}
	if blank {
		return m, nil
	}
	it, err := keyOf(row)
	if err != nil {
		return nil, err
	}
	g, err := it.Mark(answer, lang)
	if err != nil {
		return nil, err
	}
	m.grade, m.Score, m.Myth = &g, g.Score, g.Myth
	m.Parts, err = json.Marshal(g.Parts)
	return m, err
}

// keepFirst makes the first graded answer the one that counts where the student has seen its grade:
// else a rated quiz with feedback at once could be answered by trying.
func (m *marked) keepFirst(s *settings, last *store.Answer) {
	if last != nil && s.Mode != Practice && s.Feedback == AtOnce && string(last.Body) != "null" {
		m.Score, m.Myth, m.Parts = min(m.Score, last.Score), last.Myth, last.Parts
	}
}

func savedDoc(s *settings, m *marked) *doc.SavedAnswer {
	d := &doc.SavedAnswer{N: m.N, Revision: m.Revision, SavedAt: m.At}
	if m.grade != nil {
		d.ReadAs = &m.grade.ReadAs
		if s.Feedback == AtOnce && s.Mode != Live {
			d.Grade, _ = json.Marshal(m.grade)
		}
	}
	return d
}

// Hint gives the next hint to a question, and records what it costs. ErrClosed when there is none
// left or the quiz gives none, and the errors of Save.
func (c *Class) Hint(ctx context.Context, id, secret string, n int) (d *doc.Hint, err error) {
	err = c.Store.Update(ctx, func(tx store.Tx) error {
		_, s, a, err := c.sit(tx, id, secret)
		if err != nil {
			return err
		}
		row, err := itemOf(tx, a.ID, n)
		if err != nil {
			return err
		}
		if err := c.takes(s, a, n); err != nil {
			return err
		}
		it, err := keyOf(row)
		if err != nil {
			return err
		}
		taken, err := tx.Hints(a.ID)
		if err != nil {
			return err
		}
		k := 1
		for _, h := range taken {
			if h.N == n {
				k++
			}
		}
		most := min(s.Hints, len(it.Hints))
		if k > most {
			return ErrClosed
		}
		d = &doc.Hint{N: n, K: k, Text: it.Hints[k-1].In(a.Lang), Cost: s.HintCost, Left: most - k}
		return tx.AddHint(&store.Hint{Attempt: a.ID, N: n, K: k, At: c.now(), Cost: s.HintCost})
	})
	return d, found(err)
}

// Submit ends an attempt; a second time it does nothing. ErrNoSecret, ErrNotFound.
func (c *Class) Submit(ctx context.Context, id, secret string) (d *doc.Attempt, err error) {
	var quizID string
	err = c.Store.Update(ctx, func(tx store.Tx) error {
		q, s, a, err := c.sit(tx, id, secret)
		if err != nil {
			return err
		}
		quizID = q.ID
		if a.Submitted.IsZero() {
			if err := c.submit(tx, s, a, "submitted"); err != nil {
				return err
			}
		}
		d, err = c.attemptDoc(tx, q, s, a)
		return err
	})
	if err != nil {
		return nil, found(err)
	}
	_ = c.Store.Notify(ctx, topic(quizID))
	return d, nil
}

// submit ends an attempt and sums up its score.
func (c *Class) submit(tx store.Tx, s *settings, a *store.Attempt, why string) error {
	a.Submitted = c.now()
	if !a.Deadline.IsZero() && a.Submitted.After(a.Deadline) {
		a.Submitted = a.Deadline
	}
	if err := c.rescore(tx, s, a); err != nil {
		return err
	}
	return c.event(tx, a.Quiz, why, map[string]any{"attempt": a.ID, "student": a.Student})
}

// Sweep submits attempts whose deadline and grace are over. Call it every second.
func (c *Class) Sweep(ctx context.Context) error {
	const most = 200 // at once
	var due []*store.Attempt
	err := c.Store.View(ctx, func(tx store.Tx) (err error) {
		due, err = tx.DueAttempts(c.now(), most)
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range due {
		err := c.Store.Update(ctx, func(tx store.Tx) error {
			a, err := tx.Attempt(d.ID)
			if err != nil || !a.Submitted.IsZero() {
				return err
			}
			q, err := tx.Quiz(a.Quiz)
			if err != nil {
				return err
			}
			s, err := parseSettings(q)
			if err != nil || c.isOpen(a, s, c.now()) {
				return err
			}
			return c.submit(tx, s, a, "deadline")
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		_ = c.Store.Notify(ctx, topic(d.Quiz))
	}
	return nil
}
