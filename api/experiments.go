package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
)

// listExperiments answers GET /v1/experiments.
func (s *Server) listExperiments(c echo.Context) error {
	worlds := s.Labs.Worlds()
	items := doc.Each(lab.Library(), func(e lab.Experiment) doc.Experiment { return e.Document(worlds, langOf(c)) })
	return answer(c, http.StatusOK, doc.ExperimentList{Items: items})
}

// getExperiment answers GET /v1/experiments/{experiment_id}.
func (s *Server) getExperiment(c echo.Context) error {
	for _, e := range lab.Library() {
		if e.ID == c.Param("experiment_id") {
			return answer(c, http.StatusOK, e.Document(s.Labs.Worlds(), langOf(c)))
		}
	}
	return problem(notFoundKind, fmt.Sprintf("experiment %.100q is not in the library", c.Param("experiment_id")))
}
