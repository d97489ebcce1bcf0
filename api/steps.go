package api

import (
	"math"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
)

// appendSteps answers POST /v1/labs/{lab_id}/steps.
func (s *Server) appendSteps(c echo.Context) error {
	l, err := s.lab(c)
	if err != nil {
		return err
	}
	if err := s.ifMatch(c, l); err != nil {
		return err
	}
	script, err := stepsScript(c)
	if err != nil {
		return err
	}
	from, to, err := s.Labs.Append(l, script)
	if err != nil {
		return err
	}
	s.awaitSteps(c, l, to)
	c.Response().Header().Set("Location", "/v1/labs/"+l.ID())
	steps := lab.StepDocuments(l.Steps(from, to), langOf(c))
	return writeJSON(c, http.StatusCreated, "application/json", doc.Appended{From: from, To: to, Steps: steps})
}

func stepsScript(c echo.Context) (string, error) {
	if isPlain(c) {
		return string(bodyOf(c)), nil
	}
	var in doc.StepsRequest
	err := decode(c, &in)
	return in.Script, err
}

// awaitLab holds the answer, if the caller prefers so, until the lab has ended, or has run all its
// lines and takes more.
func (s *Server) awaitLab(c echo.Context, l *lab.Lab) {
	if l.Live() {
		s.awaitSteps(c, l, math.MaxInt)
		return
	}
	s.awaitAll(c, func() <-chan struct{} {
		select {
		case <-l.Done():
			return nil
		default:
			return l.Done()
		}
	})
}

// awaitSteps holds the answer, if the caller prefers so, until all worlds have run the lines up to
// to.
func (s *Server) awaitSteps(c echo.Context, l *lab.Lab, to int) {
	s.awaitAll(c, func() <-chan struct{} { return l.Ran(to) })
}
