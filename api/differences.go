package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

type differenceView struct {
	ID     string            `json:"id"`
	Worlds [][]string        `json:"worlds"`
	Kernel string            `json:"kernel,omitempty"`
	Text   string            `json:"text"`
	Texts  map[string]string `json:"texts"`
	Source string            `json:"source"`
	Seen   []string          `json:"seen"`
}

// listDifferences answers GET /v1/differences: with one world those that speak of it, with several those
// that lie between two of them.
func (s *Server) listDifferences(c echo.Context) error {
	known := s.Labs.Registry()
	var worlds []world.Info
	if q := c.QueryParam("worlds"); q != "" {
		for i, name := range strings.Split(q, ",") {
			m, ok := known.Find(name)
			if !ok {
				err := fmt.Errorf("%w: %s", lab.ErrWorld, script.Unknown("world", name, known.Names()))
				return wrongAt(unknownWorldKind, mistake{Parameter: "worlds", Detail: fmt.Sprintf("%d: %v", i, err)})
			}
			worlds = append(worlds, m.Info())
		}
	}
	all := slices.DeleteFunc(lab.Differences(), func(d lab.Difference) bool { return !d.Concerns(worlds) })
	items := viewAll(all, func(d lab.Difference) differenceView { return viewDifference(d, known, langOf(c)) })
	return answer(c, http.StatusOK, map[string]any{"items": items})
}

// getDifference answers GET /v1/differences/{difference_id}.
func (s *Server) getDifference(c echo.Context) error {
	d, ok := lab.FindDifference(c.Param("difference_id"))
	if !ok {
		return problem(notFoundKind, fmt.Sprintf("difference %.100q is not in the catalogue", c.Param("difference_id")))
	}
	return answer(c, http.StatusOK, viewDifference(d, s.Labs.Registry(), langOf(c)))
}

func viewDifference(d lab.Difference, known *world.Registry, lang string) differenceView {
	v := differenceView{
		ID: d.ID, Kernel: d.Kernel, Text: text(d.Text).in(lang), Texts: map[string]string{},
		Source: d.Source, Seen: append([]string{}, d.Seen...),
	}
	for _, group := range d.Worlds {
		var names []string
		for _, word := range group {
			names = append(names, known.Called(word)...)
		}
		v.Worlds = append(v.Worlds, names)
	}
	for _, l := range languages {
		v.Texts[l] = text(d.Text).in(l)
	}
	return v
}

// findingView is a difference between two worlds in what they went through.
type findingView struct {
	What   string            `json:"what"`
	Line   int               `json:"line"`
	Host   string            `json:"host"`
	Socket string            `json:"socket,omitempty"`
	Told   map[string]string `json:"told"`
	Why    *doc.Why          `json:"why"`
}

func viewFinding(f lab.Finding, lang string) findingView {
	v := findingView{f.What, f.Line, f.Host, f.Socket, map[string]string{}, lab.WhyIn(lang, f.Why)}
	for i, w := range f.Worlds {
		v.Told[w] = f.Told[i]
	}
	return v
}
