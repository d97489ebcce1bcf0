package class

import (
	"context"
	"time"

	"fourwave/store"
)

// examTime is how long the answer of [Class.ExamOpen] is reused.
const examTime = time.Second

// exams are the open exams as they were last seen.
type exams struct {
	at   time.Time
	keys []string // hashes of their teachers' keys
}

// ExamOpen says whether an exam is open, to everyone but the bearers of the keys of all open exams.
// It is always false unless [Config.Exam] is set.
func (c *Class) ExamOpen(ctx context.Context, secret string) (bool, error) {
	if !c.Exam {
		return false, nil
	}
	c.examMu.Lock()
	defer c.examMu.Unlock()
	if now := c.now(); c.exams == nil || now.Sub(c.exams.at) >= examTime || now.Before(c.exams.at) {
		seen, err := c.openExams(ctx, now)
		if err != nil {
			return true, err // whoever cannot look must not answer
		}
		c.exams = seen
	}
	for _, hash := range c.exams.keys {
		if !matches(secret, hash) {
			return true, nil
		}
	}
	return false, nil
}

// lookAgain makes the next ExamOpen look at the quizzes.
func (c *Class) lookAgain() {
	c.examMu.Lock()
	defer c.examMu.Unlock()
	c.exams = nil
}

func (c *Class) openExams(ctx context.Context, now time.Time) (*exams, error) {
	e := &exams{at: now}
	err := c.Store.View(ctx, func(tx store.Tx) error {
		all, err := tx.Quizzes("", c.Limits.Quizzes)
		if err != nil {
			return err
		}
		for _, q := range all {
			s, err := parseSettings(q)
			if err != nil {
				return err
			}
			if s.Mode == Exam && c.status(q, s) == "open" {
				e.keys = append(e.keys, q.KeyHash)
			}
		}
		return nil
	})
	return e, err
}
