package api

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/lab/trial"
)

// getMatrix answers GET /v1/matrix.
func (s *Server) getMatrix(c echo.Context) error {
	spec := trial.MatrixSpec{
		State: trial.StateName(cmp.Or(c.QueryParam("existing"), "TIME-WAIT")), Role: c.QueryParam("role"),
		ListenerOpen: c.QueryParam("listener_open") == "true", Listen: c.QueryParam("listen") != "false",
		Worlds: s.calculated(),
	}
	if worlds := c.QueryParam("worlds"); worlds != "" {
		spec.Worlds = strings.Split(worlds, ",")
	}
	m := trial.NewMatrix(spec)
	t, wrong := trial.NewSet(s.Labs.Registry(), m.Trials(), false)
	if len(wrong) > 0 {
		return matrixMistake(wrong[0])
	}
	c.Response().Header().Add("Vary", "Accept")
	head := m.Head(spec)
	rules := &trial.Rules{Lang: langOf(c), Seen: make(map[string]doc.MatrixRule)}
	if wantsLines(c) {
		return s.streamTrials(c, t, map[string]doc.MatrixHead{"matrix": head}, func(i int, a trial.Answer) any {
			cell := rules.Cell(m, i, a)
			return doc.MatrixLine{MatrixCell: cell, Rules: rules.Fresh()}
		})
	}
	whole := doc.Matrix{MatrixHead: head}
	var count trial.Count
	err := s.runTrials(c, t, func(i int, a trial.Answer) error {
		whole.Cells = append(whole.Cells, rules.Cell(m, i, a))
		count.Add(a.Verdict)
		return nil
	})
	if err != nil {
		return err
	}
	whole.Rules, whole.Summary = rules.Seen, doc.TrialCount(count)
	return writeJSON(c, http.StatusOK, "application/json", whole)
}

// calculated are the usual worlds that calculate, which answer a whole matrix at once: the model.
func (s *Server) calculated() (names []string) {
	for _, w := range s.Labs.Registry().Infos() {
		if w.Default && w.Calculated {
			names = append(names, w.Name)
		}
	}
	return names
}

// matrixMistake is a mistake of the matrix's trials, which are all alike, as one of the query.
func matrixMistake(m trial.Mistake) error {
	place := m.Path[len(m.Path)-1]
	switch {
	case len(m.Path) > 1 && m.Path[len(m.Path)-2] == "worlds":
		return wrongAt(unknownWorldKind, mistake{Parameter: "worlds", Detail: m.Detail})
	case place == "state":
		place = "existing"
	}
	return wrongAt(unprocessableKind, mistake{Parameter: place, Detail: m.Detail})
}
