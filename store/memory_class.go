package store

import (
	"slices"
	"strings"
	"time"
)

func (x *memoryTx) AddQuiz(q *Quiz) error {
	if _, ok := x.t.codes.Get(q.Code); ok {
		return ErrExists
	}
	if err := add(x.t.quizzes, q.ID, memoryQuiz{Quiz: *q}); err != nil {
		return err
	}
	x.t.codes.Set(q.Code, q.ID)
	return nil
}

func (x *memoryTx) SetQuiz(q *Quiz) error {
	old, ok := x.t.quizzes.Get(q.ID)
	if !ok {
		return ErrNotFound
	}
	if old.Code != q.Code {
		if err := add(x.t.codes, q.Code, q.ID); err != nil {
			return err
		}
		x.t.codes.Delete(old.Code)
	}
	old.Quiz = *q
	x.t.quizzes.Set(q.ID, old)
	return nil
}

func (x *memoryTx) Quiz(id string) (*Quiz, error) {
	q, err := one(x.t.quizzes, id)
	if err != nil {
		return nil, err
	}
	return &q.Quiz, nil
}

func (x *memoryTx) LockQuiz(id string) (*Quiz, error) { return x.Quiz(id) }

func (x *memoryTx) QuizByCode(code string) (*Quiz, error) {
	id, ok := x.t.codes.Get(code)
	if !ok {
		return nil, ErrNotFound
	}
	return x.Quiz(id)
}

func (x *memoryTx) Quizzes(after string, limit int) ([]*Quiz, error) {
	var out []*Quiz
	x.t.quizzes.Ascend(after, func(id string, q memoryQuiz) bool {
		if id > after {
			out = append(out, &q.Quiz)
		}
		return len(out) < limit
	})
	return out, nil
}

func (x *memoryTx) DeleteQuiz(id string) error {
	q, ok := x.t.quizzes.Get(id)
	if !ok {
		return ErrNotFound
	}
	attempts, _ := x.Attempts(id)
	for _, a := range attempts {
		x.t.attempts.Delete(a.ID)
		x.t.due.Delete(dueKey(a))
		removeUnder(x.t.items, a.ID)
		removeUnder(x.t.answers, a.ID)
		removeUnder(x.t.hints, a.ID)
	}
	removeUnder(x.t.attemptKeys, id)
	removeUnder(x.t.roster, id)
	removeUnder(x.t.events, id)
	removeUnder(x.t.audits, id)
	x.t.codes.Delete(q.Code)
	x.t.quizzes.Delete(id)
	return nil
}

func (x *memoryTx) PutStudent(s *Student) error {
	if _, ok := x.t.quizzes.Get(s.Quiz); !ok {
		return ErrNotFound
	}
	x.t.roster.Set(key(s.Quiz, s.Student), *s)
	return nil
}

func (x *memoryTx) Student(quiz, student string) (*Student, error) {
	return one(x.t.roster, key(quiz, student))
}

func (x *memoryTx) Roster(quiz string) ([]*Student, error) { return all(x.t.roster, quiz), nil }

func (x *memoryTx) AddAttempt(a *Attempt) error {
	if _, ok := x.t.quizzes.Get(a.Quiz); !ok {
		return ErrNotFound
	}
	if _, ok := x.t.attempts.Get(a.ID); ok {
		return ErrExists
	}
	if err := add(x.t.attemptKeys, key(a.Quiz, a.Student, a.No), a.ID); err != nil {
		return err
	}
	x.t.attempts.Set(a.ID, *a)
	x.setDue(a)
	return nil
}

func dueKey(a *Attempt) string { return key(a.Deadline.UnixMicro(), a.ID) }

func (x *memoryTx) setDue(a *Attempt) {
	if a.Submitted.IsZero() && !a.Deadline.IsZero() {
		x.t.due.Set(dueKey(a), a.ID)
	}
}

func (x *memoryTx) SetAttempt(a *Attempt) error {
	old, ok := x.t.attempts.Get(a.ID)
	if !ok {
		return ErrNotFound
	}
	x.t.due.Delete(dueKey(&old))
	kept := *a // whose it is does not change
	kept.Quiz, kept.Student, kept.No = old.Quiz, old.Student, old.No
	x.t.attempts.Set(a.ID, kept)
	x.setDue(&kept)
	return nil
}

func (x *memoryTx) Attempt(id string) (*Attempt, error) { return one(x.t.attempts, id) }

func (x *memoryTx) Attempts(quiz string) ([]*Attempt, error) { return x.attempts(quiz) }

func (x *memoryTx) AttemptsOf(quiz, student string) ([]*Attempt, error) {
	return x.attempts(quiz, student)
}

func (x *memoryTx) attempts(parts ...any) ([]*Attempt, error) {
	var out []*Attempt
	for _, id := range all(x.t.attemptKeys, parts...) {
		a, err := x.Attempt(*id)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (x *memoryTx) DueAttempts(t time.Time, limit int) ([]*Attempt, error) {
	var out []*Attempt
	x.t.due.Scan(func(_ string, id string) bool {
		a, ok := x.t.attempts.Get(id)
		if !ok || a.Deadline.After(t) {
			return false
		}
		out = append(out, &a)
		return len(out) < limit
	})
	return out, nil
}

func (x *memoryTx) AddItems(items []*Item) error {
	for _, i := range items {
		if _, ok := x.t.attempts.Get(i.Attempt); !ok {
			return ErrNotFound
		}
		if err := add(x.t.items, key(i.Attempt, i.N), *i); err != nil {
			return err
		}
	}
	return nil
}

func (x *memoryTx) SetItem(i *Item) error { return set(x.t.items, key(i.Attempt, i.N), *i) }

func (x *memoryTx) Items(attempt string) ([]*Item, error) { return all(x.t.items, attempt), nil }

func (x *memoryTx) Item(attempt string, n int) (*Item, error) { return one(x.t.items, key(attempt, n)) }

func (x *memoryTx) ItemsOf(quiz string) ([]*Item, error) { return ofQuiz(x, quiz, x.Items) }

// ofQuiz joins what list gives for each attempt at a quiz, by the attempts' ids.
func ofQuiz[R any](x *memoryTx, quiz string, list func(string) ([]R, error)) ([]R, error) {
	attempts, err := x.Attempts(quiz)
	slices.SortFunc(attempts, func(a, b *Attempt) int { return strings.Compare(a.ID, b.ID) })
	var out []R
	for _, a := range attempts {
		var rows []R
		if rows, err = list(a.ID); err != nil {
			break
		}
		out = append(out, rows...)
	}
	return out, err
}

func (x *memoryTx) AddAnswer(a *Answer) error {
	if _, ok := x.t.attempts.Get(a.Attempt); !ok {
		return ErrNotFound
	}
	return add(x.t.answers, key(a.Attempt, a.N, a.Revision), *a)
}

func (x *memoryTx) Answers(attempt string) ([]*Answer, error) {
	var out []*Answer
	under(x.t.answers, func(_ string, a Answer) bool {
		if n := len(out); n > 0 && out[n-1].N == a.N {
			out[n-1] = &a // a later revision
		} else {
			out = append(out, &a)
		}
		return true
	}, attempt)
	return out, nil
}

func (x *memoryTx) Answer(attempt string, n int) (*Answer, error) {
	var last *Answer
	under(x.t.answers, func(_ string, a Answer) bool {
		last = &a
		return true
	}, attempt, n)
	if last == nil {
		return nil, ErrNotFound
	}
	return last, nil
}

func (x *memoryTx) AnswersOf(quiz string) ([]*Answer, error) { return ofQuiz(x, quiz, x.Answers) }

func (x *memoryTx) SetMark(a *Answer) error {
	old, ok := x.t.answers.Get(key(a.Attempt, a.N, a.Revision))
	if !ok {
		return ErrNotFound
	}
	old.Score, old.Parts, old.Myth = a.Score, a.Parts, a.Myth
	x.t.answers.Set(key(a.Attempt, a.N, a.Revision), old)
	return nil
}

func (x *memoryTx) AddHint(h *Hint) error {
	if _, ok := x.t.attempts.Get(h.Attempt); !ok {
		return ErrNotFound
	}
	return add(x.t.hints, key(h.Attempt, h.N, h.K), *h)
}

func (x *memoryTx) Hints(attempt string) ([]*Hint, error) { return all(x.t.hints, attempt), nil }

func (x *memoryTx) AddEvent(e *Event) error {
	q, ok := x.t.quizzes.Get(e.Quiz)
	if !ok {
		return ErrNotFound
	}
	q.events++
	e.Seq = q.events
	x.t.quizzes.Set(e.Quiz, q)
	x.t.events.Set(key(e.Quiz, e.Seq), *e)
	return nil
}

func (x *memoryTx) Events(quiz string, after int64, limit int) ([]*Event, error) {
	var out []*Event
	prefix := key(quiz) + "\x00"
	x.t.events.Ascend(key(quiz, after+1), func(k string, e Event) bool {
		if !strings.HasPrefix(k, prefix) || len(out) >= limit {
			return false
		}
		out = append(out, &e)
		return true
	})
	return out, nil
}

func (x *memoryTx) PutVerification(v *Verification) error {
	x.t.verifications.Set(key(v.Facts, v.Kernel), *v)
	return nil
}

func (x *memoryTx) Verification(facts, kernel string) (*Verification, error) {
	return one(x.t.verifications, key(facts, kernel))
}

func (x *memoryTx) AddAudit(a *Audit) error {
	q, ok := x.t.quizzes.Get(a.Quiz)
	if !ok {
		return ErrNotFound
	}
	q.audits++
	a.Seq = q.audits
	x.t.quizzes.Set(a.Quiz, q)
	x.t.audits.Set(key(a.Quiz, a.Seq), *a)
	return nil
}

func (x *memoryTx) Audits(quiz string) ([]*Audit, error) { return all(x.t.audits, quiz), nil }
