package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/class"
	"fourwave/doctor"
	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/quiz"
	"fourwave/store"
)

// errorTable says which problem an error of another package is; errors that are not in it are
// 500, and their text stays in the log.
var errorTable = []struct {
	err  error
	kind *kind
}{
	{lab.ErrNotFound, noLabKind},
	{lab.ErrExperiment, unknownExperimentKind},
	{lab.ErrWorld, unknownWorldKind},
	{lab.ErrNotLive, notLiveKind},
	{lab.ErrTooMany, busyKind},
	{lab.ErrSpec, unprocessableKind},
	{lab.ErrClosed, closingKind},
	{quiz.ErrKind, unprocessableKind},
	{quiz.ErrToken, unknownQuestionKind},
	{quiz.ErrAnswer, noChoiceKind},
	{doctor.ErrCannotAsk, cannotAskKind},
	{class.ErrNotFound, noQuizKind},
	{class.ErrNoSecret, noSecretKind},
	{class.ErrPIN, wrongPINKind},
	{class.ErrTaken, nameTakenKind},
	{class.ErrNotYet, notYetKind},
	{class.ErrLate, lateKind},
	{class.ErrSubmitted, submittedKind},
	{class.ErrClosed, closedKind},
	{class.ErrRevision, changedKind},
	{class.ErrTooMany, busyKind},
	{store.ErrUnavailable, storeKind},
	{echo.ErrNotFound, notFoundKind},
	{echo.ErrMethodNotAllowed, methodKind},
	{context.DeadlineExceeded, timeoutKind},
	{echo.ErrServiceUnavailable, timeoutKind}, // what echo makes of the deadline
}

// problemError is an error that knows what it is to the caller.
type problemError struct {
	kind     *kind
	detail   string
	mistakes []mistake
	events   []string         // of noArrowKind
	header   http.Header      // to be sent with it
	when     *time.Time       // of notYetKind, where it is known
	kept     *doc.SavedAnswer // of staleAnswerKind
}

func (p *problemError) Error() string { return p.kind.slug + ": " + p.detail }

// problem makes an error of a kind.
func problem(k *kind, detail string) *problemError { return &problemError{kind: k, detail: detail} }

// maxMistakes bounds how many mistakes one answer lists; a caller who has more sees the first.
const maxMistakes = 20

// badRequest is a request that breaks the contract in the places given.
func badRequest(wrong ...mistake) error { return wrongAt(badRequestKind, wrong...) }

// wrongAt is a problem that can be pointed at.
func wrongAt(k *kind, wrong ...mistake) error {
	return &problemError{kind: k, detail: wrong[0].String(), mistakes: wrong[:min(len(wrong), maxMistakes)]}
}

// asProblem says what an error is to the caller; ok is false when it is the server's own fault.
func asProblem(err error) (p *problemError, ok bool) {
	if errors.As(err, &p) {
		return p, true
	}
	if syntax := (*script.SyntaxError)(nil); errors.As(err, &syntax) {
		p := &problemError{kind: syntaxKind, detail: syntax.Error()}
		for _, m := range syntax.Problems {
			p.mistakes = append(p.mistakes, mistake{Line: m.Line, Column: m.Column, Detail: m.Detail})
		}
		return p, true
	}
	if p := classProblem(err); p != nil {
		return p, true
	}
	for _, row := range errorTable {
		if errors.Is(err, row.err) {
			return problem(row.kind, ""), true
		}
	}
	return problem(internalKind, ""), false
}

// answerError is where every error of every call becomes an answer.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed || errors.Is(err, context.Canceled) {
		return // the answer is under way, or nobody is there to read one
	}
	p, ok := asProblem(err)
	s.logFailure(c, p, ok, err)
	for name, values := range p.header {
		c.Response().Header()[name] = values
	}
	if s := p.kind.retryAfter; s > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(s))
	}
	if s.sendProblemPage(c, p) {
		return
	}
	body := doc.Problem{
		Type: "/problems/" + p.kind.slug, Title: p.kind.title.in(langOf(c)), Status: p.kind.status,
		Detail: p.detail, Instance: c.Request().URL.EscapedPath(), Events: p.events,
		Errors: doc.Each(p.mistakes, func(m mistake) doc.Mistake { return doc.Mistake(m) }),
		When:   p.when, Kept: p.kept,
	}
	if p.kind.status == http.StatusUnauthorized {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="fourwave"`)
	}
	if body.Detail == "" {
		body.Detail = p.kind.about.in(langOf(c))
	}
	if err := writeJSON(c, p.kind.status, "application/problem+json", body); err != nil {
		s.Log.Debug("answer not sent", "err", err)
	}
}

// logFailure writes a line about a request that failed, with an id that the answer has as well:
// what the server could not do where somebody reads it, what the caller did wrong for those who
// look for it.
func (s *Server) logFailure(c echo.Context, p *problemError, known bool, err error) {
	id := uuid.NewString()
	c.Response().Header().Set(echo.HeaderXRequestID, id)
	level := slog.LevelDebug
	switch {
	case !known:
		level = slog.LevelError
	case p.kind.status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	}
	s.Log.Log(c.Request().Context(), level, "request failed", "request", id, "method", c.Request().Method,
		"route", c.Path(), "status", p.kind.status, "problem", p.kind.slug, "err", err)
}

// mistake is one thing that is wrong with a request, and its place.
type mistake doc.Mistake

func (m mistake) String() string {
	switch {
	case m.Pointer != "":
		return m.Pointer + ": " + m.Detail
	case m.Parameter != "":
		return m.Parameter + ": " + m.Detail
	case m.Header != "":
		return m.Header + ": " + m.Detail
	case m.Line > 0:
		return fmt.Sprintf("%d:%d: %s", m.Line, m.Column, m.Detail)
	}
	return m.Detail
}
