package class

import (
	"context"
	"fmt"

	"fourwave/api/doc"
	"fourwave/store"
)

// The phases of a live quiz: lobby → open → closed → revealed → open … → done.
const (
	phaseLobby    = "lobby"
	phaseOpen     = "open"
	phaseClosed   = "closed"
	phaseRevealed = "revealed"
	phaseDone     = "done"
)

// hides says whether a student must not see question n yet: in a live quiz, those after the open
// one.
func (s *settings) hides(n int) bool {
	if s.LiveState == nil || s.LiveState.Phase == phaseDone {
		return false
	}
	return s.LiveState.Phase == phaseLobby || n > s.LiveState.Question
}

// Command is what a teacher does with a live quiz: open (question 0: the next), close, reveal,
// next, end.
type Command struct {
	Do       string
	Question int
}

// Live moves a live quiz on. Its state is kept, so any device of the teacher goes on with it.
// *FieldError, ErrClosed for a step that the phase does not allow.
func (c *Class) Live(ctx context.Context, id, key string, do Command) (view *doc.LiveView, err error) {
	err = c.amend(ctx, id, c.asTeacher(id, key), func(tx store.Tx, q *store.Quiz, s *settings) error {
		if s.LiveState == nil {
			return fmt.Errorf("%w: the quiz is not a live one", ErrClosed)
		}
		if err := s.step(do); err != nil {
			return err
		}
		if s.LiveState.Phase == phaseDone {
			if err := c.submitAll(tx, q, s); err != nil {
				return err
			}
		}
		view = s.LiveState
		return c.event(tx, id, "live", view)
	})
	return view, err
}

// step carries out one command.
func (s *settings) step(do Command) error {
	l, last := s.LiveState, len(s.questions())
	wrong := fmt.Errorf(
		"%w: %s is not possible while question %d is in phase %s", ErrClosed, do.Do, l.Question, l.Phase,
	)
	switch do.Do {
	case "open", "next":
		n := do.Question
		if n == 0 {
			n = l.Question + 1
		}
		if n < 1 || n > last {
			return &FieldError{"/question", fmt.Sprintf("not from 1 to %d", last)}
		}
		if l.Phase == phaseOpen || l.Phase == phaseDone {
			return wrong
		}
		l.Phase, l.Question = phaseOpen, n
	case "close":
		if l.Phase != phaseOpen {
			return wrong
		}
		l.Phase = phaseClosed
	case "reveal":
		if l.Phase != phaseClosed {
			return wrong
		}
		l.Phase = phaseRevealed
	case "end":
		if l.Phase == phaseDone {
			return wrong
		}
		l.Phase = phaseDone
	default:
		return &FieldError{"/do", fmt.Sprintf("%.20q is none of open, close, reveal, next, end", do.Do)}
	}
	return nil
}

// submitAll submits every open attempt.
func (c *Class) submitAll(tx store.Tx, q *store.Quiz, s *settings) error {
	attempts, err := tx.Attempts(q.ID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.Submitted.IsZero() && !a.Void {
			if err := c.submit(tx, s, a, "submitted"); err != nil {
				return err
			}
		}
	}
	return nil
}
