package class

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// Attempts lists a quiz's attempts by student; those of the roster who never came are absent.
func (c *Class) Attempts(ctx context.Context, id, key string) (out []doc.AttemptSummary, err error) {
	out = []doc.AttemptSummary{}
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, s, err := c.teach(tx, id, key, false)
		if err != nil {
			return err
		}
		g, err := gather(tx, q, s)
		if err != nil {
			return err
		}
		for _, a := range g.attempts {
			out = append(out, c.summary(s, a, g))
		}
		for _, r := range g.roster {
			if !slices.ContainsFunc(g.attempts, func(a *store.Attempt) bool { return a.Student == r.Student }) {
				out = append(
					out, doc.AttemptSummary{Student: r.Student, Name: r.Name, Status: "absent", Saved: []int{}},
				)
			}
		}
		return nil
	})
	return out, err
}

func (c *Class) summary(s *settings, a *store.Attempt, g *gathered) doc.AttemptSummary {
	d := doc.AttemptSummary{
		ID: a.ID, Student: a.Student, Name: g.names[a.Student], No: a.No, Status: "open", Started: &a.Started,
		Max: a.Max, Saved: []int{},
	}
	if !a.Deadline.IsZero() {
		d.Deadline = &a.Deadline
	}
	for n, answer := range g.answers[a.ID] {
		if string(answer.Body) != "null" {
			d.Saved = append(d.Saved, n)
		}
	}
	slices.Sort(d.Saved)
	switch {
	case a.Void:
		d.Status = "void"
	case !c.isOpen(a, s, c.now()):
		d.Status, d.Submitted = "submitted", submittedAt(a)
		score := 0.0
		for _, t := range g.tallies(s, a) {
			score = round(score + t.score)
		}
		d.Score = &score
	}
	return d
}

// AttemptChange is what a teacher may change of an attempt. Nil members stay.
type AttemptChange struct {
	ExtraTime *time.Duration // more time from now on, or from the deadline if that is later
	Reopen    *bool
	Void      *bool // true: it neither counts nor uses up the limit
}

// ChangeAttempt applies a change and writes it into the quiz's audit. ErrNotFound, ErrNoSecret.
func (c *Class) ChangeAttempt(
	ctx context.Context, id, key, attempt string, change AttemptChange,
) (d *doc.AttemptSummary, err error) {
	err = c.noted(ctx, id, func(tx store.Tx) error {
		q, s, err := c.teach(tx, id, key, true)
		if err != nil {
			return err
		}
		a, err := tx.Attempt(attempt)
		if err != nil || a.Quiz != q.ID {
			return ErrNotFound
		}
		what := c.apply(q, s, a, change)
		if err := c.rescore(tx, s, a); err != nil {
			return err
		}
		if err := tx.AddAudit(&store.Audit{Quiz: q.ID, At: c.now(), Who: "teacher", What: what + " attempt " + a.ID + " of " + a.Student}); err != nil {
			return err
		}
		g, err := gather(tx, q, s)
		if err != nil {
			return err
		}
		sum := c.summary(s, a, g)
		d = &sum
		return c.event(tx, q.ID, "time", map[string]any{"attempt": a.ID, "deadline": d.Deadline})
	})
	return d, err
}

// apply changes an attempt and says what was done.
func (c *Class) apply(q *store.Quiz, s *settings, a *store.Attempt, change AttemptChange) (what string) {
	now := c.now()
	if change.Reopen != nil && *change.Reopen {
		a.Submitted, a.Void = time.Time{}, false
		if !a.Deadline.IsZero() && !a.Deadline.After(now) {
			a.Deadline = now.Add(max(s.limit, time.Minute))
			if !q.Closes.IsZero() && a.Deadline.After(q.Closes) && q.Closes.After(now) {
				a.Deadline = q.Closes
			}
		}
		what += "reopened, "
	}
	if change.ExtraTime != nil && !a.Deadline.IsZero() {
		from := a.Deadline
		if from.Before(now) {
			from = now
		}
		a.Deadline = from.Add(*change.ExtraTime)
		what += fmt.Sprintf("%s more time, ", *change.ExtraTime)
	}
	if change.Void != nil {
		a.Void = *change.Void
		what += fmt.Sprintf("void %v, ", a.Void)
	}
	if len(what) > 2 {
		what = what[:len(what)-2] + ":"
	}
	return what
}

// Asked is a question as its teacher sees it.
type Asked struct {
	N          int             `json:"n"`
	Points     float64         `json:"points"`
	Kind       string          `json:"kind"`
	Level      int             `json:"level"`
	Topics     []string        `json:"topics,omitempty"`
	Withdrawn  string          `json:"withdrawn,omitempty"`
	VerifiedOn string          `json:"verified_on,omitempty"`
	Question   json.RawMessage `json:"question,omitempty"`
	Right      string          `json:"right,omitempty"`
	Why        string          `json:"why,omitempty"`
	Token      string          `json:"token,omitempty"`
	Differs    *Differs        `json:"differs,omitempty"`
}

// Differs is what a kernel did otherwise than the model in a question's proof.
type Differs struct {
	Kernel string `json:"kernel"` // its release
	Script string `json:"script"`
	Model  string `json:"model"` // the results on which they differ, a line each
	Found  string `json:"found"` // the kernel's
}

// Questions shows what a quiz asks, with the keys if asked for: of student's variant, or of an
// example's where student is empty and variants differ.
func (c *Class) Questions(ctx context.Context, id, key, student, lang string, keys bool) ([]Asked, error) {
	items, s, err := c.variantItems(ctx, id, key, student)
	if err != nil {
		return nil, err
	}
	out := []Asked{}
	for i, ask := range s.questions() {
		it := items[i]
		shown, err := json.Marshal(it.Show(lang, s.Stimulus))
		if err != nil {
			return nil, err
		}
		d := Asked{N: ask.n, Points: ask.points, Kind: it.Kind, Level: it.Level, Topics: it.Topics,
			Withdrawn: s.Withdrawn[ask.n], VerifiedOn: s.Verified[ask.n], Question: shown}
		if keys {
			d.Right, d.Why, d.Token = it.Right().In(lang), it.Why.In(lang), it.Token()
			if d.Differs, err = c.differs(ctx, it); err != nil {
				return nil, err
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// differs is how the kernel's run of an item's proof differed from the model's; nil if it did not,
// or was none.
func (c *Class) differs(ctx context.Context, it *quiz.Item) (d *Differs, err error) {
	if c.Kernel == "" {
		return nil, nil
	}
	err = c.Store.View(ctx, func(tx store.Tx) error {
		v, err := tx.Verification(it.Facts, c.Kernel)
		if errors.Is(err, store.ErrNotFound) || err == nil && v.Agrees {
			return nil
		}
		if err == nil {
			d = &Differs{Kernel: v.Kernel, Script: v.Script, Model: v.Model, Found: v.Found}
		}
		return err
	})
	return d, err
}

// variantItems are the items of a student's variant: those of the attempt, if there is one.
func (c *Class) variantItems(
	ctx context.Context, id, key, student string,
) (items []*quiz.Item, s *settings, err error) {
	var q *store.Quiz
	var roster []*store.Student
	err = c.Store.View(ctx, func(tx store.Tx) error {
		if q, s, err = c.teach(tx, id, key, false); err != nil {
			return err
		}
		if roster, err = tx.Roster(q.ID); err != nil {
			return err
		}
		mine, err := tx.AttemptsOf(q.ID, student)
		if err != nil || len(mine) == 0 {
			return err
		}
		kept, err := tx.Items(mine[len(mine)-1].ID)
		for _, row := range kept {
			it, err := keyOf(row)
			if err != nil {
				return err
			}
			items = append(items, it)
		}
		return err
	})
	if err != nil || items != nil {
		return items, s, err
	}
	avoid, err := c.neighbours(ctx, q, s, roster, student, 1)
	if err == nil {
		items, err = c.draw(ctx, q, s, s.variant(student, 1), avoid)
	}
	return items, s, err
}

// Items gives the quiz's items for export: its own where all are asked the same, and variants of
// each question where that is more than one.
func (c *Class) Items(ctx context.Context, id, key string, variants int) ([][]*quiz.Item, error) {
	const most = 2000
	var q *store.Quiz
	var s *settings
	err := c.Store.View(ctx, func(tx store.Tx) (err error) {
		q, s, err = c.teach(tx, id, key, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	n := len(s.questions())
	if variants < 1 || n*variants > most {
		return nil, &FieldError{"/variants", fmt.Sprintf("not from 1 to %d for %d questions", most/n, n)}
	}
	out := make([][]*quiz.Item, n)
	for v := range variants {
		who := variant{}
		if s.Variants != OneForAll || v > 0 {
			who.student = fmt.Sprintf("\x00export %d", v+1) // no student's name has a NUL
		}
		items, err := c.draw(ctx, q, s, who, nil)
		if err != nil {
			return nil, err
		}
		for i, it := range items {
			out[i] = append(out[i], it)
		}
	}
	return out, nil
}

// Withdraw takes a question out of the marks, everyone's attempts re-scored, with an audit line.
func (c *Class) Withdraw(ctx context.Context, id, key string, n int, policy string) (d *doc.Quiz, err error) {
	if policy != FullPoints && policy != DropPoints {
		return nil, &FieldError{"/policy", fmt.Sprintf("%.20q is neither full nor drop", policy)}
	}
	err = c.amend(ctx, id, c.asTeacher(id, key), func(tx store.Tx, q *store.Quiz, s *settings) error {
		if n < 1 || n > len(s.questions()) {
			return ErrNotFound
		}
		if err := c.withdraw(tx, q, s, n, policy, "teacher"); err != nil {
			return err
		}
		d = c.quizDoc(q, s)
		return nil
	})
	return d, err
}

// withdraw is Withdraw inside of an amendment, by whom the audit is to say.
func (c *Class) withdraw(tx store.Tx, q *store.Quiz, s *settings, n int, policy, who string) error {
	if s.Withdrawn == nil {
		s.Withdrawn = make(map[int]string)
	}
	s.Withdrawn[n] = policy
	q.Revision++
	attempts, err := tx.Attempts(q.ID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if !a.Submitted.IsZero() {
			if err := c.rescore(tx, s, a); err != nil {
				return err
			}
		}
	}
	what := fmt.Sprintf("withdrew question %d, policy %s, and re-scored %d attempts", n, policy, len(attempts))
	if err := tx.AddAudit(&store.Audit{Quiz: q.ID, At: c.now(), Who: who, What: what}); err != nil {
		return err
	}
	return c.event(tx, q.ID, "withdrawn", map[string]any{"n": n, "policy": policy})
}

// Audit lists what was changed after the fact.
func (c *Class) Audit(ctx context.Context, id, key string) (out []*store.Audit, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		if _, _, err := c.teach(tx, id, key, false); err != nil {
			return err
		}
		out, err = tx.Audits(id)
		return err
	})
	return out, err
}

// Purge deletes quizzes that closed, or if they have no end were made, before t.
func (c *Class) Purge(ctx context.Context, t time.Time) (n int, err error) {
	err = c.Store.Update(ctx, func(tx store.Tx) error {
		n = 0
		all, err := tx.Quizzes("", c.Limits.Quizzes)
		if err != nil {
			return err
		}
		for _, q := range all {
			end := q.Closes
			if end.IsZero() {
				end = q.Created
			}
			if end.Before(t) {
				if err := tx.DeleteQuiz(q.ID); err != nil {
					return err
				}
				n++
			}
		}
		return nil
	})
	return n, err
}
