package api

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/fsm"
	"fourwave/lab"
)

// getTrace answers GET /v1/labs/{lab_id}/trace.
func (s *Server) getTrace(c echo.Context) error {
	l, err := s.Labs.Get(c.Param("lab_id"))
	if err != nil {
		return err
	}
	world, trace, err := traceOf(c, l)
	if err != nil {
		return err
	}
	if c.QueryParam("format") == "text" {
		return writeTrace(c, trace)
	}
	return writeJSON(c, http.StatusOK, "application/json", traceView{
		world, viewAll(trace.Entries, viewTraceEntry), viewAll(trace.Flights, viewFlight),
	})
}

type traceView struct {
	World    string        `json:"world"`
	Entries  []entryView   `json:"entries"`
	Segments []segmentView `json:"segments"`
}

// traceOf finds the trace that is asked for: of the lab's first world unless another is named.
func traceOf(c echo.Context, l *lab.Lab) (world string, t *fsm.Trace, err error) {
	if world = c.QueryParam("world"); world == "" {
		world = l.Snapshot().Worlds[0]
	}
	t, err = l.Trace(world)
	if errors.Is(err, lab.ErrWorld) {
		err = wrongAt(unknownWorldKind, mistake{Parameter: "world", Detail: err.Error()})
	}
	return world, t, err
}

func writeTrace(c echo.Context, t *fsm.Trace) error {
	var b bytes.Buffer
	if err := t.WriteText(&b); err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", b.Bytes())
}
