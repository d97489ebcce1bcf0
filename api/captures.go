package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"fourwave/fsm"
	"fourwave/lab/capture"
	"fourwave/lab/world/replay"
)

// maxReading is how many captures are read at the same time.
const maxReading = 2

// captureOf finds the capture that a route names.
func (s *Server) captureOf(c echo.Context) (*capture.File, error) {
	if f := s.Captures.Get(c.Param("capture_id")); f != nil {
		return f, nil
	}
	return nil, problem(notFoundKind, "there is no such capture; the last few are kept")
}

type captureView struct {
	ID          string     `json:"id,omitempty"`
	Format      string     `json:"format"`
	Packets     int        `json:"packets"`
	Other       int        `json:"other"`
	Connections []connView `json:"connections"`
}

type connView struct {
	N               int                `json:"n"`
	Tuple           string             `json:"tuple"`
	Began           time.Time          `json:"began"`
	Packets         int                `json:"packets"`
	ClosedFirst     string             `json:"closed_first"`
	Ends            map[string]endView `json:"ends"`
	EndedBy         string             `json:"ended_by"`
	Why             string             `json:"why"`
	LeftBehind      []leftView         `json:"left_behind"`
	Retransmissions int                `json:"retransmissions"`
	Completeness    int                `json:"completeness"`
	Midway          bool               `json:"midway,omitempty"`
	OneSided        bool               `json:"one_sided,omitempty"`
	Unseen          int                `json:"unseen,omitempty"`
	Script          string             `json:"script"`
	World           string             `json:"world,omitempty"`
}

type endView struct {
	Addr     string    `json:"addr"`
	State    fsm.State `json:"state"`
	Inferred bool      `json:"inferred"`
}

type leftView struct {
	End   string     `json:"end"`
	State fsm.State  `json:"state"`
	Addr  string     `json:"addr"`
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"`
}

// readCapture answers POST /v1/captures. The body is read as it comes.
func (s *Server) readCapture(c echo.Context) error {
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-c.Request().Context().Done():
		return c.Request().Context().Err()
	}
	_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(bodyTime))
	f, err := capture.Read(c.Request().Body)
	switch {
	case errors.Is(err, capture.ErrTooLarge):
		return problem(tooLargeKind, err.Error())
	case errors.Is(err, capture.ErrBroken):
		return wrongAt(unprocessableKind, mistake{Detail: err.Error()})
	case err != nil:
		return badRequest(mistake{Detail: "body: " + err.Error()})
	}
	id := uuid.Must(uuid.NewV7()).String()
	s.Captures.Put(id, f)
	c.Response().Header().Set("Location", "/v1/captures/"+id)
	return writeJSON(c, http.StatusCreated, "application/json", viewCapture(id, f, langOf(c)))
}

// getCapture answers GET /v1/captures/{capture_id}.
func (s *Server) getCapture(c echo.Context) error {
	f, err := s.captureOf(c)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, "application/json", viewCapture(c.Param("capture_id"), f, langOf(c)))
}

// getCaptureTrace answers GET /v1/captures/{capture_id}/connections/{n}/trace.
func (s *Server) getCaptureTrace(c echo.Context) error {
	f, err := s.captureOf(c)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil || n < 1 || n > len(f.Connections) {
		return problem(notFoundKind, "the capture has no connection of that number")
	}
	trace := &f.Connections[n-1].Trace
	switch c.QueryParam("format") {
	case "text":
		return writeTrace(c, trace)
	case "pcapng":
		var b bytes.Buffer
		if err := capture.Write(&b, f.Connections[n-1].Story()); err != nil {
			return err
		}
		return attach(c, "capture-"+c.Param("n")+".pcapng", b.Bytes())
	}
	return writeJSON(c, http.StatusOK, "application/json", traceView{
		"capture", viewAll(trace.Entries, viewTraceEntry), viewAll(trace.Flights, viewFlight), trace.Dropped,
	})
}

// WriteCapture writes what was read as POST /v1/captures answers it.
func WriteCapture(w io.Writer, f *capture.File, lang string) error {
	return writeDocument(w, viewCapture("", f, lang))
}

func viewCapture(id string, f *capture.File, lang string) captureView {
	return captureView{id, f.Format, f.Packets, f.Other, viewAll(f.Connections, func(c *capture.Conn) connView {
		v := connView{
			N: c.N, Tuple: "tcp " + c.A.String() + " " + c.B.String(), Began: c.Began.UTC(), Packets: c.Packets, ClosedFirst: c.ClosedFirst,
			Ends: make(map[string]endView), EndedBy: c.EndedBy, Why: text(c.Why).in(lang), Retransmissions: c.Retransmissions,
			Completeness: c.Completeness, Midway: c.Midway, OneSided: c.OneSided, Unseen: c.Unseen, Script: c.Script(),
		}
		if id != "" {
			v.World = replay.Name(id, c.N)
		}
		for i, e := range c.Ends {
			v.Ends[[]string{"a", "b"}[i]] = endView{e.Addr.String(), e.State, e.Inferred}
		}
		v.LeftBehind = viewAll(c.LeftBehind, func(l capture.Left) leftView {
			w := leftView{End: l.End, State: l.State, Addr: v.Ends[l.End].Addr, From: l.From.UTC()}
			if !l.Until.IsZero() {
				until := l.Until.UTC()
				w.Until = &until
			}
			return w
		})
		return v
	})}
}
