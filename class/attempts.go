package class

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// Joining is who wants to sit a quiz.
type Joining struct {
	Code    string
	Student string
	PIN     string
	Lang    string // en or zh; empty: the first of the quiz
}

// Join begins an attempt, or resumes the student's open one with a new secret: the old one dies.
// resumed says which. ErrNotFound, *FieldError, ErrPIN, ErrTaken, *WhenError, ErrClosed,
// ErrSubmitted, ErrTooMany.
func (c *Class) Join(ctx context.Context, j Joining) (d *doc.Attempt, resumed bool, err error) {
	if !goodName(j.Student) {
		return nil, false, &FieldError{"/student", badName}
	}
	plan, err := c.planJoin(ctx, &j)
	if err != nil {
		return nil, false, err
	}
	var items []*quiz.Item
	if plan.resume == nil {
		if items, err = c.drawFor(ctx, plan, j.Student); err != nil {
			return nil, false, err
		}
	}
	secret, hash := newSecret(studentPrefix)
	var a *store.Attempt
	err = c.noted(ctx, plan.q.ID, func(tx store.Tx) error {
		if plan.resume != nil {
			a, err = c.resume(tx, plan.resume.ID, hash)
		} else {
			a, err = c.begin(tx, plan, &j, items, hash)
		}
		if err != nil {
			return err
		}
		d, err = c.attemptDoc(tx, plan.q, plan.s, a)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	d.Secret = secret
	if plan.resume == nil {
		d.PIN = plan.pin
	}
	return d, plan.resume != nil, nil
}

// joinPlan is what joining will do.
type joinPlan struct {
	q      *store.Quiz
	s      *settings
	resume *store.Attempt // nil: begin attempt number no
	no     int
	extra  float64
	roster []*store.Student
	pin    string // without a roster: a new one
	pinned string // its hash, or that of the earlier attempts
}

// planJoin says whether a student may join, and how.
func (c *Class) planJoin(ctx context.Context, j *Joining) (*joinPlan, error) {
	p := &joinPlan{extra: 1, no: 1}
	err := c.Store.View(ctx, func(tx store.Tx) (err error) {
		if p.q, err = tx.QuizByCode(readCode(j.Code)); err != nil {
			return found(err)
		}
		if p.s, err = parseSettings(p.q); err != nil {
			return err
		}
		mine, err := tx.AttemptsOf(p.q.ID, j.Student)
		if err != nil {
			return err
		}
		if err := c.admit(tx, p, j, mine); err != nil {
			return err
		}
		return c.place(tx, p, mine)
	})
	if j.Lang != "zh" && j.Lang != "en" && err == nil {
		j.Lang = p.s.Lang[0]
	}
	return p, err
}

// admit checks the PIN: of the roster, or of the first attempt by that name.
func (c *Class) admit(tx store.Tx, p *joinPlan, j *Joining, mine []*store.Attempt) (err error) {
	if p.s.Roster {
		r, err := tx.Student(p.q.ID, j.Student)
		if errors.Is(err, store.ErrNotFound) {
			matches(j.PIN, hashOf("")) // as much work as for a student who is there
			return ErrPIN
		}
		if err != nil {
			return err
		}
		if !matches(j.PIN, r.PINHash) {
			return ErrPIN
		}
		p.extra = r.ExtraTime
		p.roster, err = tx.Roster(p.q.ID)
		return err
	}
	if len(mine) > 0 {
		p.pinned = mine[0].PINHash
		if !matches(j.PIN, p.pinned) {
			return ErrTaken
		}
	} else {
		p.pin, p.pinned = newPIN()
	}
	return nil
}

// place decides between resuming and beginning.
func (c *Class) place(tx store.Tx, p *joinPlan, mine []*store.Attempt) error {
	now := c.now()
	for _, a := range mine {
		if c.isOpen(a, p.s, now) {
			p.resume = a
			return nil
		}
		p.no = max(p.no, a.No+1)
	}
	switch {
	case now.Before(p.q.Opens):
		return &WhenError{p.q.Opens}
	case c.status(p.q, p.s) == "closed":
		return ErrClosed
	case countedOf(mine) >= p.s.Attempts:
		return ErrSubmitted
	}
	all, err := tx.Attempts(p.q.ID)
	if err == nil && len(all) >= c.Limits.Attempts {
		err = fmt.Errorf("%w attempts: %d are kept", ErrTooMany, len(all))
	}
	return err
}

// countedOf counts the attempts that use up the limit.
func countedOf(mine []*store.Attempt) int {
	n := 0
	for _, a := range mine {
		if !a.Void {
			n++
		}
	}
	return n
}

// isOpen says whether an attempt still takes answers.
func (c *Class) isOpen(a *store.Attempt, s *settings, now time.Time) bool {
	return a.Submitted.IsZero() && !a.Void && (a.Deadline.IsZero() || !now.After(a.Deadline.Add(s.grace)))
}

// drawFor draws the items of the attempt that begins.
func (c *Class) drawFor(ctx context.Context, p *joinPlan, student string) ([]*quiz.Item, error) {
	avoid, err := c.neighbours(ctx, p.q, p.s, p.roster, student, p.no)
	if err != nil {
		return nil, err
	}
	return c.draw(ctx, p.q, p.s, p.s.variant(student, p.no), avoid)
}

// begin keeps a new attempt with its items.
func (c *Class) begin(tx store.Tx, p *joinPlan, j *Joining, items []*quiz.Item, hash string) (*store.Attempt, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	now := c.now()
	a := &store.Attempt{
		ID: id.String(), Quiz: p.q.ID, Student: j.Student, No: p.no, SecretHash: hash, PINHash: p.pinned,
		Lang: j.Lang, Started: now, Deadline: p.s.deadline(now, p.extra), Rated: p.s.Mode != Practice,
	}
	for _, ask := range p.s.questions() {
		a.Max += ask.points
	}
	kept, err := rows(a.ID, a.Lang, p.s.Stimulus, items)
	if err != nil {
		return nil, err
	}
	switch err := tx.AddAttempt(a); {
	case errors.Is(err, store.ErrExists): // the same student joined twice at once
		return nil, ErrTaken
	case err != nil:
		return nil, err
	}
	if err := tx.AddItems(kept); err != nil {
		return nil, err
	}
	return a, c.event(tx, a.Quiz, "joined", map[string]any{"attempt": a.ID, "student": a.Student, "no": a.No})
}

// resume gives an open attempt a new secret.
func (c *Class) resume(tx store.Tx, id, hash string) (*store.Attempt, error) {
	a, err := tx.Attempt(id)
	if err != nil {
		return nil, err
	}
	a.SecretHash = hash
	if err := tx.SetAttempt(a); err != nil {
		return nil, err
	}
	return a, c.event(tx, a.Quiz, "resumed", map[string]any{"attempt": a.ID, "student": a.Student})
}

// sit reads an attempt for the bearer of its secret, and submits it if its time is over.
// ErrNoSecret, ErrNotFound.
func (c *Class) sit(tx store.Tx, id, secret string) (*store.Quiz, *settings, *store.Attempt, error) {
	if secret == "" {
		return nil, nil, nil, ErrNoSecret
	}
	a, err := tx.Attempt(id)
	if errors.Is(err, store.ErrNotFound) {
		matches(secret, hashOf(""))
		return nil, nil, nil, ErrNotFound
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if !matches(secret, a.SecretHash) {
		return nil, nil, nil, ErrNotFound
	}
	q, err := tx.Quiz(a.Quiz)
	if err != nil {
		return nil, nil, nil, found(err)
	}
	s, err := parseSettings(q)
	return q, s, a, err
}

// Attempt gives an attempt to its student.
func (c *Class) Attempt(ctx context.Context, id, secret string) (d *doc.Attempt, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, s, a, err := c.sit(tx, id, secret)
		if err != nil {
			return err
		}
		d, err = c.attemptDoc(tx, q, s, a)
		return err
	})
	return d, err
}

// attemptDoc is an attempt's document: what its student may see now.
func (c *Class) attemptDoc(tx store.Tx, q *store.Quiz, s *settings, a *store.Attempt) (*doc.Attempt, error) {
	now := c.now()
	d := &doc.Attempt{
		ID: a.ID, Quiz: q.Code, Title: titleIn(s.Title, a.Lang), Mode: s.Mode, Student: a.Student, No: a.No,
		Lang: a.Lang, Status: "open", Started: a.Started, ServerTime: now, HintsLeft: s.Hints, HintCost: s.HintCost,
		FocusNoted: s.FocusNoted, Live: s.LiveState, Questions: []doc.AttemptQuestion{},
	}
	if !a.Deadline.IsZero() {
		d.Deadline = &a.Deadline
	}
	if !c.isOpen(a, s, now) {
		d.Status = "submitted"
		d.Submitted = submittedAt(a)
	}
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
	asks := s.questions()
	for i, row := range items {
		if s.hides(row.N) || i >= len(asks) {
			continue
		}
		d.Questions = append(d.Questions, c.questionDoc(s, a, row, asks[i], answers[row.N], hints))
	}
	return d, nil
}

func titleIn(t doc.Text, lang string) string {
	if lang == "zh" && t.Zh != "" {
		return t.Zh
	}
	return t.En
}

// submittedAt is when an attempt was submitted: by its deadline, if nobody did.
func submittedAt(a *store.Attempt) *time.Time {
	at := a.Submitted
	if at.IsZero() {
		at = a.Deadline
	}
	if at.IsZero() {
		return nil
	}
	return &at
}

func (c *Class) questionDoc(
	s *settings, a *store.Attempt, row *store.Item, ask question, last *store.Answer, hints []*store.Hint,
) doc.AttemptQuestion {
	d := doc.AttemptQuestion{
		N: row.N, Points: ask.points, VerifiedOn: s.Verified[row.N], Answer: json.RawMessage("null"),
		Shown: row.Shown,
	}
	_, d.Withdrawn = s.Withdrawn[row.N]
	if last != nil {
		d.Answer, d.Revision = last.Body, last.Revision
	}
	it, err := keyOf(row)
	if err != nil {
		return d
	}
	for _, h := range hints {
		if h.N == row.N && h.K <= len(it.Hints) {
			d.HintsTaken = append(d.HintsTaken, it.Hints[h.K-1].In(a.Lang))
		}
	}
	if last != nil && s.Feedback == AtOnce && s.Mode != Live {
		d.Grade = gradeOf(it, last.Body, a.Lang)
	}
	return d
}

// gradeOf marks an answer that was saved, as JSON; nil for a blank.
func gradeOf(it *quiz.Item, body []byte, lang string) json.RawMessage {
	answer, blank, err := readAnswer(body)
	if err != nil || blank {
		return nil
	}
	g, err := it.Mark(answer, lang)
	if err != nil {
		return nil
	}
	b, err := json.Marshal(g)
	if err != nil {
		return nil
	}
	return b
}

// readAnswer reads an answer's JSON; blank says that it is null.
func readAnswer(body []byte) (a quiz.Answer, blank bool, err error) {
	if err := json.Unmarshal(body, &a); err != nil {
		return a, false, &FieldError{"/answer", err.Error()}
	}
	return a, string(body) == "null", nil
}

// answersOf are an attempt's answers by question.
func answersOf(tx store.Tx, attempt string) (map[int]*store.Answer, error) {
	rows, err := tx.Answers(attempt)
	out := make(map[int]*store.Answer, len(rows))
	for _, a := range rows {
		out[a.N] = a
	}
	return out, err
}
