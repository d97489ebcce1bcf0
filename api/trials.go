package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab/trial"
)

const (
	maxTrialRuns = 4                // requests whose trials are made at once
	maxUnsent    = 64 << 10         // octets of a stream that wait for its next write
	streamPace   = time.Second / 10 // after which they wait no longer
)

const ndjson = "application/x-ndjson"

// makeTrials answers POST /v1/trials.
func (s *Server) makeTrials(c echo.Context) error {
	trials, single, err := s.readTrials(bodyOf(c))
	if err != nil {
		return err
	}
	t, mistakes := trial.NewSet(s.Labs.Registry(), trials, single)
	if len(mistakes) > 0 {
		return trialMistakes(mistakes)
	}
	c.Response().Header().Add("Vary", "Accept")
	switch {
	case wantsLines(c):
		return s.streamTrials(c, t, nil, func(_ int, a trial.Answer) any { return a.Document(langOf(c)) })
	case single:
		return s.answerTrial(c, t, &trials[0])
	}
	out := doc.TrialAnswers{Trials: []doc.TrialAnswer{}}
	var count trial.Count
	err = s.runTrials(c, t, func(_ int, a trial.Answer) error {
		out.Trials = append(out.Trials, a.Document(langOf(c)))
		count.Add(a.Verdict)
		return nil
	})
	if err != nil {
		return err
	}
	out.Summary = doc.TrialCount(count)
	return writeJSON(c, http.StatusOK, "application/json", out)
}

// answerTrial answers one trial, which comes with its script.
func (s *Server) answerTrial(c echo.Context, t *trial.Set, one *trial.Trial) error {
	var out doc.TrialAnswer
	err := s.runTrials(c, t, func(_ int, a trial.Answer) error {
		out = a.Document(langOf(c))
		return nil
	})
	if err != nil {
		return err
	}
	if out.Script, err = s.scriptOf(c, one); err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, "application/json", out)
}

// scriptOf is a trial as an experiment that expects what the model says.
func (s *Server) scriptOf(c echo.Context, one *trial.Trial) (string, error) {
	for _, name := range s.calculated() {
		if m, ok := s.Labs.Registry().Find(name); ok && m.Trials != nil {
			by := m.Trials(c.Request().Context())
			defer by.Close()
			return one.Script(c.Request().Context(), by)
		}
	}
	return "", nil
}

func wantsLines(c echo.Context) bool {
	return strings.Contains(c.Request().Header.Get("Accept"), ndjson)
}

// readTrials reads one trial or an array of them, each held against the contract by itself, so that
// a mistake has its place.
func (s *Server) readTrials(body []byte) (trials []trial.Trial, single bool, err error) {
	var elements []json.RawMessage
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '[' {
		elements, single = []json.RawMessage{body}, true
	} else if err := json.Unmarshal(body, &elements); err != nil {
		return nil, false, badRequest(mistake{Detail: "body: " + jsonReason(err)})
	}
	if len(elements) > trial.Max {
		return nil, false, problem(unprocessableKind, fmt.Sprintf("body: %d trials, at most %d", len(elements),
			trial.Max))
	}
	schema := s.contract.doc.Components.Schemas["Trial"].Value
	trials = make([]trial.Trial, len(elements))
	var wrong []mistake
	for i, e := range elements {
		at := ""
		if !single {
			at = pointer(strconv.Itoa(i))
		}
		wrong = append(wrong, readTrial(schema, e, at, &trials[i])...)
		if len(wrong) >= maxMistakes {
			break
		}
	}
	if len(wrong) > 0 {
		return nil, single, badRequest(wrong...)
	}
	return trials, single, nil
}

// readTrial reads one trial; at is its place in the body.
func readTrial(schema *openapi3.Schema, text json.RawMessage, at string, t *trial.Trial) []mistake {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return []mistake{{Pointer: at, Detail: jsonReason(err)}}
	}
	if err := schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		wrong := mistakes(err, mistake{})
		for i := range wrong {
			wrong[i].Pointer = at + wrong[i].Pointer
		}
		return wrong
	}
	if err := json.Unmarshal(text, t); err != nil {
		return []mistake{{Pointer: at, Detail: jsonReason(err)}}
	}
	t.Normalize()
	return nil
}

// trialMistakes is what is wrong with trials that keep the contract.
func trialMistakes(found []trial.Mistake) error {
	var wrong []mistake
	for _, m := range found[:min(len(found), maxMistakes)] {
		wrong = append(wrong, mistake{Pointer: pointer(m.Path...), Detail: m.Detail})
	}
	kind := unprocessableKind
	if path := found[0].Path; len(path) > 1 && path[len(path)-2] == "worlds" {
		kind = unknownWorldKind
	}
	return wrongAt(kind, wrong...)
}

// runTrials makes trials when there is room for one more to do so.
func (s *Server) runTrials(c echo.Context, t *trial.Set, tell func(int, trial.Answer) error) error {
	select {
	case s.trials <- struct{}{}:
		defer func() { <-s.trials }()
	default:
		return problem(busyKind, fmt.Sprintf("%d requests for trials are under way", maxTrialRuns))
	}
	return t.Run(c.Request().Context(), tell)
}

// streamTrials answers with a head, one line for each trial in its order, and a summary last. An
// answer that ends without one was broken off.
func (s *Server) streamTrials(c echo.Context, t *trial.Set, head any, view func(int, trial.Answer) any) error {
	w := lineWriter{c: c, control: http.NewResponseController(c.Response()), sent: time.Now()}
	if head != nil {
		if err := w.add(head); err != nil {
			return err
		}
	}
	var count trial.Count
	err := s.runTrials(c, t, func(i int, a trial.Answer) error {
		count.Add(a.Verdict)
		return w.add(view(i, a))
	})
	if err != nil {
		return err
	}
	return errors.Join(w.add(map[string]doc.TrialCount{"summary": doc.TrialCount(count)}), w.flush())
}

// lineWriter gathers lines and writes them some at a time. Until the first write the answer may
// still become an error.
type lineWriter struct {
	c       echo.Context
	control *http.ResponseController
	buf     []byte
	sent    time.Time
}

func (w *lineWriter) add(v any) error {
	line, err := encode(v)
	if err != nil {
		return err
	}
	w.buf = append(w.buf, line...)
	if len(w.buf) < maxUnsent && time.Since(w.sent) < streamPace {
		return nil
	}
	return w.flush()
}

func (w *lineWriter) flush() error {
	if !w.c.Response().Committed {
		setLanguage(w.c)
		w.c.Response().Header().Set("Content-Type", ndjson)
		w.c.Response().Header().Set("Cache-Control", "no-store")
	}
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTime)) // test recorders have none
	_, err := w.c.Response().Write(w.buf)
	w.buf, w.sent = w.buf[:0], time.Now()
	if err != nil {
		return err
	}
	return w.control.Flush()
}
