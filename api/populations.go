package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/population"
)

// countPopulation answers POST /v1/populations.
func (s *Server) countPopulation(c echo.Context) error {
	var in doc.PopulationRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	out, err := population.Answer(in, langOf(c))
	var wrong *population.Error
	if errors.As(err, &wrong) {
		return wrongAt(unprocessableKind, mistake{Pointer: "/" + wrong.Field, Detail: wrong.Detail})
	} else if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, "application/json", out)
}
