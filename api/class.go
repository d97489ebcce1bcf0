package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/class"
	"fourwave/quiz"
)

// Bounds on work that a class gives the server beside answering.
const (
	verifyTime = 10 * time.Minute // of one quiz
	sweepEvery = time.Second
)

// oracles begin the routes of calls that can answer an exam's questions.
var oracles = []string{
	"/v1/questions/grade", "/v1/questions/hints", "/v1/labs", "/v1/trials", "/v1/matrix", "/v1/machine",
	"/v1/experiments", "/experiments",
	"/guide/rules",
	"/v1/differences", "/v1/reuse-checks", "/v1/populations", "/v1/captures", "/v1/tables", "/v1/ports",
}

// examine refuses this server's oracles while an exam is open, to all but its teacher.
func (s *Server) examine(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		path := c.Request().URL.Path
		if !slices.ContainsFunc(oracles, func(o string) bool { return path == o || strings.HasPrefix(path, o+"/") }) {
			return next(c)
		}
		open, err := s.examOpen(c)
		if err != nil {
			return err
		}
		if open {
			return problem(examKind, "")
		}
		return next(c)
	}
}

// examOpen reports whether an exam is open, to all but its teacher.
func (s *Server) examOpen(c echo.Context) (bool, error) {
	if !s.Class.Exam {
		return false, nil
	}
	return s.Class.ExamOpen(c.Request().Context(), bearer(c))
}

// verifyLater runs a new quiz's questions on the kernel, if it asks for that. One quiz at a time.
func (s *Server) verifyLater(q *doc.Quiz) {
	if q.Verify != "kernel" || s.Class.Run == nil {
		return
	}
	go func() {
		select {
		case s.verifying <- struct{}{}:
			defer func() { <-s.verifying }()
		case <-s.closing:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), verifyTime)
		defer cancel()
		go func() {
			select {
			case <-s.closing:
				cancel()
			case <-ctx.Done():
			}
		}()
		err := s.Class.Verify(ctx, q.ID, func(it *quiz.Item, differs []quiz.Disagreement) {
			s.Log.Warn("kernel and model differ on a question", "kind", it.Kind, "facts", it.Facts, "steps",
				len(differs))
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			s.Log.Error("quiz not verified", "quiz", q.ID, "err", err)
		}
	}()
}

// sweep submits attempts at their deadline, until the server closes.
func (s *Server) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.closing:
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*sweepEvery)
		if err := s.Class.Sweep(ctx); err != nil {
			s.Log.Error("attempts not submitted at their deadline", "err", err)
		}
		cancel()
	}
}

// classProblem says what an error of package class is to the caller; nil for another error.
func classProblem(err error) *problemError {
	var when *class.WhenError
	var field *class.FieldError
	var stale *class.StaleError
	var unreadable *quiz.UnreadableError
	switch {
	case errors.As(err, &when):
		p := problem(notYetKind, "")
		p.when = &when.When
		return p
	case errors.As(err, &field):
		return &problemError{kind: unprocessableKind, detail: field.Error(),
			mistakes: []mistake{{Pointer: field.Pointer, Detail: field.Detail}}}
	case errors.As(err, &stale):
		p := problem(staleAnswerKind, stale.Error())
		p.kept = &doc.SavedAnswer{Revision: stale.Revision, SavedAt: stale.SavedAt, Answer: stale.Answer}
		return p
	case errors.As(err, &unreadable):
		return &problemError{kind: noChoiceKind, detail: unreadable.Error(),
			mistakes: []mistake{{Pointer: "/answer" + unreadable.Pointer, Detail: unreadable.Error()}}}
	}
	return nil
}
