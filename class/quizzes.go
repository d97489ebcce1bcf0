package class

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"fourwave/api/doc"
	"fourwave/internal/text"
	"fourwave/store"
)

// Create makes a quiz and gives its document with the teacher's key, which nobody sees again.
// *FieldError, ErrTooMany.
func (c *Class) Create(ctx context.Context, in doc.QuizSettings) (*doc.Quiz, error) {
	now := c.now()
	if err := c.checkSettings(&in, now); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	key, hash := newSecret(teacherPrefix)
	q := &store.Quiz{ID: id.String(), KeyHash: hash, Secret: make([]byte, 32), Revision: 1, Created: now}
	rand.Read(q.Secret)
	s := &settings{QuizSettings: in}
	if in.Mode == Live {
		s.LiveState = &doc.LiveView{Phase: phaseLobby}
	}
	if in.Verify == verifyKernel {
		s.ToCheck = c.toVerify(s)
	}
	if err := s.keep(q); err != nil {
		return nil, err
	}
	err = c.Store.Update(ctx, func(tx store.Tx) error {
		all, err := tx.Quizzes("", c.Limits.Quizzes)
		if err != nil {
			return err
		}
		if len(all) >= c.Limits.Quizzes {
			return fmt.Errorf("%w quizzes: %d are kept", ErrTooMany, len(all))
		}
		for { // a code that is taken is one in 2^40
			q.Code = newCode()
			if err := tx.AddQuiz(q); !errors.Is(err, store.ErrExists) {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	c.lookAgain()
	d := c.quizDoc(q, s)
	d.TeacherKey = key
	return d, nil
}

// teach runs f on a quiz for the bearer of its key. ErrNoSecret, ErrNotFound.
func (c *Class) teach(tx store.Tx, id, key string, lock bool) (*store.Quiz, *settings, error) {
	if key == "" {
		return nil, nil, ErrNoSecret
	}
	read := tx.Quiz
	if lock {
		read = tx.LockQuiz
	}
	q, err := read(id)
	if errors.Is(err, store.ErrNotFound) {
		matches(key, hashOf("")) // as much work as for one that is there
		return nil, nil, ErrNotFound
	}
	if err != nil {
		return nil, nil, err
	}
	if !matches(key, q.KeyHash) {
		return nil, nil, ErrNotFound
	}
	s, err := parseSettings(q)
	return q, s, err
}

// finder finds a quiz, locks it and reads its settings.
type finder func(store.Tx) (*store.Quiz, *settings, error)

// asTeacher finds a quiz for the bearer of its key. ErrNoSecret, ErrNotFound.
func (c *Class) asTeacher(id, key string) finder {
	return func(tx store.Tx) (*store.Quiz, *settings, error) { return c.teach(tx, id, key, true) }
}

// asServer finds a quiz for what the server does with it by itself. ErrNotFound.
func asServer(id string) finder {
	return func(tx store.Tx) (*store.Quiz, *settings, error) {
		q, err := tx.LockQuiz(id)
		if err != nil {
			return nil, nil, found(err)
		}
		s, err := parseSettings(q)
		return q, s, err
	}
}

// amend changes a quiz: what f does to the row, to the settings and to whatever else tx holds is
// kept as a whole, or, if f returns an error, not at all.
func (c *Class) amend(
	ctx context.Context, id string, find finder, f func(store.Tx, *store.Quiz, *settings) error,
) error {
	return c.noted(ctx, id, func(tx store.Tx) error {
		q, s, err := find(tx)
		if err != nil {
			return err
		}
		if err := f(tx, q, s); err != nil {
			return err
		}
		if err := s.keep(q); err != nil {
			return err
		}
		return tx.SetQuiz(q)
	})
}

// Quiz gives a quiz to its teacher, and its revision.
func (c *Class) Quiz(ctx context.Context, id, key string) (d *doc.Quiz, revision int64, err error) {
	err = c.Store.View(ctx, func(tx store.Tx) error {
		q, s, err := c.teach(tx, id, key, false)
		if err == nil {
			d, revision = c.quizDoc(q, s), q.Revision
		}
		return err
	})
	return d, revision, err
}

// quizDoc is a quiz's document.
func (c *Class) quizDoc(q *store.Quiz, s *settings) *doc.Quiz {
	d := &doc.Quiz{ID: q.ID, Code: q.Code[:4] + "-" + q.Code[4:], Status: c.status(q, s), Questions: len(s.questions()),
		Verified: fmt.Sprintf("%d of %d", s.Checked, s.ToCheck), Join: c.Link + q.Code, Live: s.LiveState,
		Created: q.Created, ServerTime: c.now(), QuizSettings: s.QuizSettings}
	for _, ask := range s.questions() {
		d.Points += ask.points
	}
	for n := range s.Withdrawn {
		d.Withdrawn = append(d.Withdrawn, n)
	}
	slices.Sort(d.Withdrawn)
	if s.Mode == Exam {
		d.Oracles = "open"
		if c.Exam {
			d.Oracles = "closed"
		}
	}
	return d
}

// status is where a quiz stands.
func (c *Class) status(q *store.Quiz, s *settings) string {
	now := c.now()
	switch {
	case !q.Closes.IsZero() && !now.Before(q.Closes):
		return "closed"
	case s.LiveState != nil && s.LiveState.Phase == phaseDone:
		return "closed"
	case s.Checked < s.ToCheck:
		return "verifying"
	case now.Before(q.Opens):
		return "scheduled"
	}
	return "open"
}

// Change applies a change to a quiz's settings. Slots and variants are fixed once somebody has
// begun. ifMatch 0 matches any revision. *FieldError, ErrRevision, ErrNotFound, ErrNoSecret.
func (c *Class) Change(
	ctx context.Context, id, key string, ifMatch int64, change func(*doc.QuizSettings) error,
) (d *doc.Quiz, revision int64, err error) {
	err = c.amend(ctx, id, c.asTeacher(id, key), func(tx store.Tx, q *store.Quiz, s *settings) error {
		if ifMatch != 0 && ifMatch != q.Revision {
			return ErrRevision
		}
		before := s.QuizSettings
		before.Slots = slices.Clone(before.Slots)
		if err := change(&s.QuizSettings); err != nil {
			return err
		}
		if err := c.checkSettings(&s.QuizSettings, c.now()); err != nil {
			return err
		}
		if err := c.checkChange(tx, q, &before, &s.QuizSettings); err != nil {
			return err
		}
		q.Revision++
		s.readTimes()
		if !sameTime(before.Closes, s.Closes) || before.TimeLimit != s.TimeLimit {
			if err := c.moveDeadlines(tx, q, s); err != nil {
				return err
			}
		}
		if err := s.keep(q); err != nil { // the document shows the row
			return err
		}
		d, revision = c.quizDoc(q, s), q.Revision
		return nil
	})
	return d, revision, err
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// checkChange refuses what would change the questions of those who have begun.
func (c *Class) checkChange(tx store.Tx, q *store.Quiz, before, after *doc.QuizSettings) error {
	same := slices.EqualFunc(before.Slots, after.Slots, func(a, b doc.Slot) bool {
		return a.Kind == b.Kind && a.Level == b.Level && a.Count == b.Count && a.Points == b.Points &&
			slices.Equal(a.Topics, b.Topics)
	})
	if same && before.Variants == after.Variants && before.Mode == after.Mode && before.Roster == after.Roster {
		return nil
	}
	attempts, err := tx.Attempts(q.ID)
	if err != nil || len(attempts) == 0 {
		return err
	}
	pointer := "/slots"
	switch {
	case before.Variants != after.Variants:
		pointer = "/variants"
	case before.Mode != after.Mode:
		pointer = "/mode"
	case before.Roster != after.Roster:
		pointer = "/roster"
	}
	return &FieldError{pointer, fmt.Sprintf("cannot change: %d attempts have begun", len(attempts))}
}

// moveDeadlines gives open attempts the deadline that the new settings mean.
func (c *Class) moveDeadlines(tx store.Tx, q *store.Quiz, s *settings) error {
	attempts, err := tx.Attempts(q.ID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if !a.Submitted.IsZero() {
			continue
		}
		extra := 1.0
		if r, err := tx.Student(q.ID, a.Student); err == nil {
			extra = r.ExtraTime
		}
		a.Deadline = s.deadline(a.Started, extra)
		if err := tx.SetAttempt(a); err != nil {
			return err
		}
	}
	return nil
}

// deadline is the earlier of the start plus the limit times extra, and the quiz's end; zero if
// there is neither.
func (s *settings) deadline(started time.Time, extra float64) time.Time {
	var end time.Time
	if s.Closes != nil {
		end = *s.Closes
	}
	if s.limit > 0 {
		if d := started.Add(time.Duration(float64(s.limit) * max(extra, 1))); end.IsZero() || d.Before(end) {
			end = d
		}
	}
	return end
}

// Delete forgets a quiz with all its attempts.
func (c *Class) Delete(ctx context.Context, id, key string) error {
	err := c.Store.Update(ctx, func(tx store.Tx) error {
		if _, _, err := c.teach(tx, id, key, true); err != nil {
			return err
		}
		return tx.DeleteQuiz(id)
	})
	if err == nil {
		_ = c.Store.Notify(ctx, topic(id))
	}
	return found(err)
}

// SetRoster adds students to a quiz's roster, or changes them, and gives each new one a PIN, which
// nobody sees again. *FieldError, ErrTooMany.
func (c *Class) SetRoster(ctx context.Context, id, key string, in []doc.RosterStudent) ([]doc.RosterStudent, error) {
	if err := c.checkRoster(in); err != nil {
		return nil, err
	}
	out := slices.Clone(in)
	err := c.noted(ctx, id, func(tx store.Tx) error {
		q, _, err := c.teach(tx, id, key, true) // of the quiz itself nothing changes, so it is not amended
		if err != nil {
			return err
		}
		for i := range out {
			r := &out[i]
			row := &store.Student{Quiz: q.ID, Student: r.Student, Name: r.Name, ExtraTime: max(r.ExtraTime, 1)}
			if old, err := tx.Student(q.ID, r.Student); err == nil && in[i].PIN == "" {
				r.PIN, row.PINHash = "", old.PINHash
			} else if in[i].PIN != "" {
				row.PINHash = hashOf(in[i].PIN)
			} else {
				r.PIN, row.PINHash = newPIN()
			}
			if err := tx.PutStudent(row); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (c *Class) checkRoster(in []doc.RosterStudent) error {
	if len(in) == 0 || len(in) > c.Limits.Attempts {
		return &FieldError{"", fmt.Sprintf("not from 1 to %d students", c.Limits.Attempts)}
	}
	seen := make(map[string]bool)
	for i, r := range in {
		at := func(member, detail string) error { return &FieldError{fmt.Sprintf("/%d/%s", i, member), detail} }
		switch {
		case !goodName(r.Student):
			return at("student", badName)
		case seen[r.Student]:
			return at("student", "twice in the roster")
		case utf8.RuneCountInString(r.Name) > maxTitle:
			return at("name", "too long")
		case r.ExtraTime != 0 && (r.ExtraTime < 1 || r.ExtraTime > 10):
			return at("extra_time", "not a factor from 1 to 10")
		case r.PIN != "" && (len(r.PIN) < 4 || len(r.PIN) > 64):
			return at("pin", "not from 4 to 64 characters")
		}
		seen[r.Student] = true
	}
	return nil
}

const badName = "not 1 to 64 printable characters"

// goodName bounds a student's pseudonym, and refuses what would not be seen as it is on a teacher's
// screen: control characters, zero-width characters, bidirectional controls.
func goodName(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= maxStudent && text.Clean(s) == s
}
