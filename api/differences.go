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

// listDifferences answers GET /v1/differences: with one world those that speak of it, with several
// those that lie between two of them.
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
	items := doc.Each(all, func(d lab.Difference) doc.Difference { return d.Document(known, langOf(c)) })
	return answer(c, http.StatusOK, doc.DifferenceList{Items: items})
}

// getDifference answers GET /v1/differences/{difference_id}.
func (s *Server) getDifference(c echo.Context) error {
	d, ok := lab.FindDifference(c.Param("difference_id"))
	if !ok {
		return problem(notFoundKind, fmt.Sprintf("difference %.100q is not in the catalogue", c.Param("difference_id")))
	}
	return answer(c, http.StatusOK, d.Document(s.Labs.Registry(), langOf(c)))
}
