package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
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
	return writeJSON(c, http.StatusCreated, "application/json", captureDocument(id, f, langOf(c)))
}

// getCapture answers GET /v1/captures/{capture_id}.
func (s *Server) getCapture(c echo.Context) error {
	f, err := s.captureOf(c)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, "application/json", captureDocument(c.Param("capture_id"), f, langOf(c)))
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
	return writeJSON(c, http.StatusOK, "application/json", lab.TraceDocument("capture", trace))
}

// captureDocument is what was read of a capture that is kept: each of its connections is a world.
func captureDocument(id string, f *capture.File, lang string) *doc.Capture {
	v := f.Document(id, lang)
	for i := range v.Connections {
		v.Connections[i].World = replay.Name(id, v.Connections[i].N)
	}
	return v
}
