package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/class"
)

// joinQuiz answers POST /v1/quizzes/{quiz_id}/attempts; the quiz is named by its code.
func (s *Server) joinQuiz(c echo.Context) error {
	var in struct {
		Student string `json:"student"`
		PIN     string `json:"pin"`
		Lang    string `json:"lang"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	from, _, _ := net.SplitHostPort(c.Request().RemoteAddr)
	if !s.guesses.allow(from) {
		return problem(busyKind, "too many wrong codes or PINs: wait a minute")
	}
	a, resumed, err := s.Class.Join(c.Request().Context(), class.Joining{Code: c.Param("quiz_id"), Student: in.Student,
		PIN: in.PIN, Lang: in.Lang})
	if errors.Is(err, class.ErrNotFound) || errors.Is(err, class.ErrPIN) || errors.Is(err, class.ErrTaken) {
		s.guesses.wrong(from)
	}
	if err != nil {
		return err
	}
	if resumed {
		return private(c, http.StatusOK, a)
	}
	c.Response().Header().Set("Location", "/v1/attempts/"+a.ID)
	return private(c, http.StatusCreated, a)
}

// Bounds on guessing codes and PINs.
const (
	maxGuesses  = 20 // wrong ones a minute and address
	guessTime   = time.Minute
	maxGuessers = 10_000 // addresses remembered
)

// guesses counts wrong codes and PINs by address.
type guesses struct {
	mu     sync.Mutex
	byAddr map[string]*guessed
}

type guessed struct {
	n     int
	until time.Time
}

func newGuesses() *guesses { return &guesses{byAddr: make(map[string]*guessed)} }

// allow says whether an address may try again.
func (g *guesses) allow(addr string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.byAddr[addr]
	return e == nil || e.n < maxGuesses || time.Now().After(e.until)
}

// wrong counts a wrong guess.
func (g *guesses) wrong(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if len(g.byAddr) >= maxGuessers {
		for a, e := range g.byAddr {
			if now.After(e.until) {
				delete(g.byAddr, a)
			}
		}
		if len(g.byAddr) >= maxGuessers {
			clear(g.byAddr)
		}
	}
	e := g.byAddr[addr]
	if e == nil || now.After(e.until) {
		e = &guessed{until: now.Add(guessTime)}
		g.byAddr[addr] = e
	}
	e.n++
}

// getAttempt answers GET /v1/attempts/{attempt_id}.
func (s *Server) getAttempt(c echo.Context) error {
	a, err := s.Class.Attempt(c.Request().Context(), c.Param("attempt_id"), bearer(c))
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, a)
}

// saveAnswer answers PUT /v1/attempts/{attempt_id}/answers/{n}. The answer is kept before this
// returns.
func (s *Server) saveAnswer(c echo.Context) error {
	var in struct {
		Answer   json.RawMessage `json:"answer"`
		Revision int64           `json:"revision"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	if in.Answer == nil {
		in.Answer = json.RawMessage("null")
	}
	n, _ := strconv.Atoi(c.Param("n"))
	saved, err := s.Class.Save(c.Request().Context(), class.Saving{Attempt: c.Param("attempt_id"), Secret: bearer(c),
		N: n, Revision: in.Revision, Body: in.Answer})
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, saved)
}

// takeHint answers POST /v1/attempts/{attempt_id}/answers/{n}/hints.
func (s *Server) takeHint(c echo.Context) error {
	n, _ := strconv.Atoi(c.Param("n"))
	h, err := s.Class.Hint(c.Request().Context(), c.Param("attempt_id"), bearer(c), n)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, h)
}

// submitAttempt answers PUT /v1/attempts/{attempt_id}/submission.
func (s *Server) submitAttempt(c echo.Context) error {
	a, err := s.Class.Submit(c.Request().Context(), c.Param("attempt_id"), bearer(c))
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, a)
}

// getAttemptResult answers GET /v1/attempts/{attempt_id}/result.
func (s *Server) getAttemptResult(c echo.Context) error {
	r, err := s.Class.Result(c.Request().Context(), c.Param("attempt_id"), bearer(c))
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, r)
}

// followQuiz answers GET /v1/quizzes/{quiz_id}/events, as a stream or as one document.
func (s *Server) followQuiz(c echo.Context) error {
	secret := bearer(c)
	if secret == "" {
		return class.ErrNoSecret
	}
	id, err := s.Class.ID(c.Request().Context(), c.Param("quiz_id"))
	if err != nil {
		return err
	}
	last := c.Request().Header.Get("Last-Event-ID")
	if last == "" {
		last = c.QueryParam("after")
	}
	after, _ := strconv.ParseInt(last, 10, 64)
	events, err := s.Class.Events(c.Request().Context(), id, secret, after)
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	if wantsJSON(c) {
		next := after
		if n := len(events); n > 0 {
			next = events[n-1].ID
		}
		return private(c, http.StatusOK, doc.QuizEventList{Events: events, Next: next})
	}
	w, done, err := s.openStream(c, secret) // a class may sit behind one address
	if w == nil || err != nil {
		return err
	}
	defer done()
	s.pumpQuiz(*w, id, secret, after)
	return nil
}

// pumpQuiz copies a quiz's events to a stream, at most four times a second.
func (s *Server) pumpQuiz(w streamWriter, id, secret string, after int64) {
	const pace = 250 * time.Millisecond
	wake, stop := s.Class.Follow(id)
	defer stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	ctx := w.c.Request().Context()
	for {
		events, err := s.Class.Events(ctx, id, secret, after)
		if err != nil {
			return
		}
		for _, e := range events {
			data, err := encode(e)
			if err != nil || w.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n", e.ID,
				strings.ReplaceAll(e.Kind, " ", "-"), data)) != nil {
				return
			}
			after = e.ID
		}
		if !s.waitForMore(ctx, w, wake, beat.C) {
			return
		}
		select {
		case <-time.After(pace):
		case <-ctx.Done():
			return
		case <-s.closing:
			return
		}
	}
}

// waitForMore waits until there may be more to send; false ends the stream.
func (s *Server) waitForMore(ctx context.Context, w streamWriter, wake <-chan struct{}, beat <-chan time.Time) bool {
	for {
		select {
		case <-wake:
			return true
		case <-beat:
			return w.write(": still here\n\n") == nil // and look: a wake-up may have been lost on the way
		case <-ctx.Done():
			return false
		case <-s.closing:
			return false
		}
	}
}
