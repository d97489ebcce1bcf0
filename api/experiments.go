package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
	"fourwave/lab/world"
)

type experimentView struct {
	ID string `json:"id"`
	experimentText
	Texts  map[string]experimentText `json:"texts"`
	Tags   []string                  `json:"tags"`
	Needs  map[string]seconds        `json:"needs"`
	Script string                    `json:"script"`
}

type experimentText struct {
	Title    string `json:"title"`
	Question string `json:"question"`
	Explain  string `json:"explain"`
}

// listExperiments answers GET /v1/experiments.
func (s *Server) listExperiments(c echo.Context) error {
	worlds := s.Labs.Worlds()
	items := viewAll(lab.Library(), func(e lab.Experiment) experimentView { return viewExperiment(e, worlds, langOf(c)) })
	return answer(c, http.StatusOK, map[string]any{"items": items})
}

// getExperiment answers GET /v1/experiments/{experiment_id}.
func (s *Server) getExperiment(c echo.Context) error {
	for _, e := range lab.Library() {
		if e.ID == c.Param("experiment_id") {
			return answer(c, http.StatusOK, viewExperiment(e, s.Labs.Worlds(), langOf(c)))
		}
	}
	return problem(notFoundKind, fmt.Sprintf("experiment %.100q is not in the library", c.Param("experiment_id")))
}

func viewExperiment(e lab.Experiment, worlds []world.Info, lang string) experimentView {
	in := func(lang string) experimentText {
		return experimentText{text(e.Title).in(lang), text(e.Question).in(lang), text(e.Explain).in(lang)}
	}
	v := experimentView{
		ID: e.ID, experimentText: in(lang), Texts: make(map[string]experimentText), Script: e.Script,
		Tags: append([]string{}, e.Tags...), Needs: make(map[string]seconds),
	}
	for _, l := range languages {
		v.Texts[l] = in(l)
	}
	for _, w := range worlds {
		v.Needs[w.Name] = seconds(e.Needs(w))
	}
	return v
}
