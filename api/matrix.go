package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

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
	real := s.anyReal(spec.Worlds)
	if err := sameSite(c, real); err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	if wantsLines(c) {
		return s.streamMatrix(c, spec)
	}
	var body []byte
	var err error
	if find := func() ([]byte, error) { return s.matrix(c, spec, real) }; real {
		body, err = find()
	} else {
		body, err = s.matrices.get(fmt.Sprintf("%s %+v", langOf(c), spec), find)
	}
	if err != nil {
		return err
	}
	setLanguage(c)
	return tagged(c, http.StatusOK, "application/json", body)
}

// matrix makes the trials of a matrix and writes it whole.
func (s *Server) matrix(c echo.Context, spec trial.MatrixSpec, real bool) ([]byte, error) {
	m := trial.NewMatrix(spec)
	t, wrong := trial.NewSet(s.Labs.Registry(), m.Trials(), false)
	if len(wrong) > 0 {
		return nil, matrixMistake(wrong[0])
	}
	rules := &trial.Rules{Lang: langOf(c), Seen: make(map[string]doc.MatrixRule)}
	whole := doc.Matrix{MatrixHead: m.Head(spec)}
	var count trial.Count
	tell := func(i int, a trial.Answer) error {
		whole.Cells = append(whole.Cells, rules.Cell(m, i, a))
		count.Add(a.Verdict)
		return nil
	}
	var err error
	if real {
		err = s.runTrials(c, t, tell)
	} else { // calculating needs no place
		err = t.Run(c.Request().Context(), tell)
	}
	if err != nil {
		return nil, err
	}
	whole.Rules, whole.Summary = rules.Seen, doc.TrialCount(count)
	return encode(whole)
}

// streamMatrix answers with the cells of a matrix as they come.
func (s *Server) streamMatrix(c echo.Context, spec trial.MatrixSpec) error {
	m := trial.NewMatrix(spec)
	t, wrong := trial.NewSet(s.Labs.Registry(), m.Trials(), false)
	if len(wrong) > 0 {
		return matrixMistake(wrong[0])
	}
	rules := &trial.Rules{Lang: langOf(c), Seen: make(map[string]doc.MatrixRule)}
	return s.streamTrials(c, t, map[string]doc.MatrixHead{"matrix": m.Head(spec)}, func(i int, a trial.Answer) any {
		cell := rules.Cell(m, i, a)
		return doc.MatrixLine{MatrixCell: cell, Rules: rules.Fresh()}
	})
}

// anyReal reports whether a world among those named, or one that nobody knows, does more than
// calculate.
func (s *Server) anyReal(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		m, ok := s.Labs.Registry().Find(name)
		return !ok || !m.Info().Calculated
	})
}

// sameSite refuses a request that another site's page makes a browser send and that makes real
// sockets. Reading is otherwise free: a page of another site cannot read the answer.
func sameSite(c echo.Context, real bool) error {
	switch from := c.Request().Header.Get("Sec-Fetch-Site"); {
	case !real, from == "", from == "same-origin", from == "none":
		return nil
	}
	return problem(crossSiteKind, "the call makes real sockets")
}

// sameEachTime are documents that come out the same every time, by what was asked.
type sameEachTime struct {
	mu  sync.Mutex
	all map[string]func() ([]byte, error)
}

// maxAnswers bounds what is kept: matrices take some 100 kB each.
const maxAnswers = 64

// get gives the answer that is kept, or else finds it; who asks for the same meanwhile waits for
// that.
func (a *sameEachTime) get(what string, find func() ([]byte, error)) ([]byte, error) {
	a.mu.Lock()
	once := a.all[what]
	if once == nil {
		for other := range a.all {
			if len(a.all) < maxAnswers {
				break
			}
			delete(a.all, other)
		}
		if a.all == nil {
			a.all = map[string]func() ([]byte, error){}
		}
		once = sync.OnceValues(find)
		a.all[what] = once
	}
	a.mu.Unlock()
	body, err := once()
	if err != nil { // of one who gave up, it may be: the next finds it
		a.mu.Lock()
		delete(a.all, what)
		a.mu.Unlock()
	}
	return body, err
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
