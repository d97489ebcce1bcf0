package api

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
)

const (
	maxEvents = 1000             // in one JSON answer
	heartbeat = 15 * time.Second // between comments on a stream where nothing happens
	writeTime = 10 * time.Second // for one write; a reader that takes longer is cut off
)

// followLab answers GET /v1/labs/{lab_id}/events, as a stream or as one document.
func (s *Server) followLab(c echo.Context) error {
	l, err := s.lab(c)
	if err != nil {
		return err
	}
	// The contract has made sure that these are numbers.
	after, _ := strconv.Atoi(cmp.Or(c.Request().Header.Get("Last-Event-ID"), c.QueryParam("after"), "0"))
	c.Response().Header().Add("Vary", "Accept")
	if wantsJSON(c) {
		return s.answerEvents(c, l, after)
	}
	if events, _, ended := l.Events(after); ended && len(events) == 0 {
		return c.NoContent(http.StatusNoContent) // at which an EventSource stops coming back
	}
	return s.stream(c, l, after)
}

// wantsJSON reports whether the events are wanted as one document: the caller accepts JSON and
// no stream, or says where to go on and does not ask for a stream.
func wantsJSON(c echo.Context) bool {
	accept := c.Request().Header.Get("Accept")
	if strings.Contains(accept, "text/event-stream") {
		return false
	}
	return strings.Contains(accept, "application/json") || c.QueryParam("after") != ""
}

// answerEvents gives the events after a number as JSON, and may wait for the first.
func (s *Server) answerEvents(c echo.Context, l *lab.Lab, after int) error {
	s.awaitAll(c, func() <-chan struct{} {
		if events, more, ended := l.Events(after); len(events) == 0 && !ended {
			return more
		}
		return nil
	})
	events, _, ended := l.Events(after)
	if len(events) > maxEvents {
		events, ended = events[:maxEvents], false
	}
	return writeJSON(c, http.StatusOK, "application/json", doc.EventList{
		Events: doc.Each(events, func(e lab.Event) doc.Event { return *e.Document(langOf(c)) }),
		Next:   after + len(events), Ended: ended,
	})
}

// stream sends the events after a number as they happen, until the lab has ended or nobody listens.
func (s *Server) stream(c echo.Context, l *lab.Lab, after int) error {
	w, done, err := s.openStream(c, clientOf(c.Request()))
	if w == nil || err != nil {
		return err
	}
	defer done()
	s.pump(*w, l, after)
	return nil
}

// openStream begins a stream of events for a client, if there is a place for one; done gives it
// back. w is nil where nothing more is to be written: the answer to HEAD, or a listener that has
// gone.
func (s *Server) openStream(c echo.Context, client string) (w *streamWriter, done func(), err error) {
	done, full := s.streams.take(client)
	if done == nil {
		return nil, nil, problem(busyKind, fmt.Sprintf("%d event streams are open", full))
	}
	setLanguage(c)
	c.Response().Header().Set("Content-Type", "text/event-stream")
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	w = &streamWriter{c, http.NewResponseController(c.Response())}
	if c.Request().Method == http.MethodHead || w.write("retry: 2000\n\n") != nil {
		done()
		return nil, nil, nil
	}
	return w, done, nil
}

// pump copies the lab's events to the stream.
func (s *Server) pump(w streamWriter, l *lab.Lab, after int) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	feed, leave := s.feeds.open(l, langOf(w.c))
	defer leave()
	for {
		text, next, more, ended, err := feed.after(after)
		switch {
		case err != nil:
			return
		case next > after:
			if after = next; w.writeBytes(text) != nil {
				return
			}
			continue
		case ended:
			_ = w.write("event: end\ndata: {}\n\n") // the last there is to say
			return
		}
		select {
		case <-more:
		case <-beat.C:
			if w.write(": still here\n\n") != nil {
				return
			}
		case <-w.c.Request().Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}

// streamWriter writes to one listener. The first error ends the stream; there is nobody to tell.
type streamWriter struct {
	c       echo.Context
	control *http.ResponseController
}

func (w streamWriter) write(s string) error { return w.writeBytes([]byte(s)) }

func (w streamWriter) writeBytes(b []byte) error {
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTime)) // test recorders have none
	if _, err := w.c.Response().Write(b); err != nil {
		return err
	}
	return w.control.Flush()
}
