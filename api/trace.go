package api

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/fsm"
	"fourwave/lab"
)

// getTrace answers GET /v1/labs/{lab_id}/trace.
func (s *Server) getTrace(c echo.Context) error {
	l, err := s.lab(c)
	if err != nil {
		return err
	}
	world, trace, err := traceOf(c, l)
	if err != nil {
		return err
	}
	switch c.QueryParam("format") {
	case "text":
		return writeTrace(c, trace)
	case "pcapng":
		return writePcapng(c, l, world)
	}
	return writeJSON(c, http.StatusOK, "application/json", lab.TraceDocument(world, trace))
}

// traceOf finds the trace that is asked for: of the lab's first world unless another is named.
func traceOf(c echo.Context, l *lab.Lab) (world string, t *fsm.Trace, err error) {
	if world = c.QueryParam("world"); world == "" {
		world = l.Worlds()[0]
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

// pcapng is the media type that Wireshark registers with desktops; IANA has none.
const pcapng = "application/x-pcapng"

// writePcapng answers with a capture file, under the name of what was run and where.
func writePcapng(c echo.Context, l *lab.Lab, world string) error {
	var b bytes.Buffer
	if err := l.WritePcapng(&b, world); err != nil {
		return err
	}
	what := l.Snapshot().Experiment
	if what == "" {
		what = l.ID()
	}
	return attach(c, what+"-"+strings.ReplaceAll(world, ":", "-")+".pcapng", b.Bytes())
}

// attach answers with a capture file of that name.
func attach(c echo.Context, name string, file []byte) error {
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	c.Response().Header().Set("Content-Disposition", disposition)
	return c.Blob(http.StatusOK, pcapng, file)
}
