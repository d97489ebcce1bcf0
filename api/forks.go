package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
)

// forkLab answers POST /v1/labs/{lab_id}/forks.
func (s *Server) forkLab(c echo.Context) error {
	var in doc.ForkRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	of, err := s.lab(c)
	if err != nil {
		return err
	}
	l, err := s.Labs.Fork(of.ID(), in.AtStep, labClient(c))
	if errors.Is(err, lab.ErrSpec) {
		return wrongAt(unprocessableKind, mistake{Pointer: "/at_step", Detail: err.Error()})
	}
	if err != nil {
		return err
	}
	s.awaitLab(c, l)
	c.Response().Header().Set("Location", "/v1/labs/"+l.ID())
	return s.answerLab(c, http.StatusCreated, l)
}
