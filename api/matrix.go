package api

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
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
	v := matrixView{
		Existing: spec.State, Role: m.Rows[0].Role, ListenerOpen: spec.ListenerOpen, Listen: spec.Listen,
		Worlds: spec.Worlds, Rows: m.Rows, Columns: m.Columns,
	}
	if v.Role == "" {
		v.Role = trial.Roles(spec.State)[0]
	}
	rules := &ruleBook{seen: map[string]ruleView{}, lang: langOf(c)}
	if wantsLines(c) {
		return s.streamTrials(c, t, map[string]matrixView{"matrix": v}, func(i int, a trial.Answer) any {
			cell := rules.cell(m, i, a)
			return struct {
				cellView
				Rules map[string]ruleView `json:"rules,omitempty"`
			}{cell, rules.fresh()}
		})
	}
	whole := wholeMatrixView{matrixView: v}
	err := s.runTrials(c, t, func(i int, a trial.Answer) error {
		whole.Cells = append(whole.Cells, rules.cell(m, i, a))
		whole.Summary.Add(a.Verdict)
		return nil
	})
	if err != nil {
		return err
	}
	whole.Rules = rules.seen
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

// matrixView is how a matrix is laid out. Rows and columns are those of a trial's existing and new.
type matrixView struct {
	Existing     string           `json:"existing"`
	Role         string           `json:"role"`
	ListenerOpen bool             `json:"listener_open"`
	Listen       bool             `json:"listen"`
	Worlds       []string         `json:"worlds"`
	Rows         []trial.Existing `json:"rows"`
	Columns      []trial.Newcomer `json:"columns"`
}

type wholeMatrixView struct {
	matrixView
	Cells   []cellView          `json:"cells"`
	Rules   map[string]ruleView `json:"rules"`
	Summary trial.Count         `json:"summary"`
}

type cellView struct {
	Row     int                       `json:"row"`
	Column  int                       `json:"column"`
	Results map[string]cellResultView `json:"results"`
	Verdict lab.Verdict               `json:"verdict"`
}

// cellResultView names its rule; the rule's text is told once, in rules.
type cellResultView struct {
	Bind   string `json:"bind"`
	Listen string `json:"listen,omitempty"`
	Rule   string `json:"rule,omitempty"`
}

type ruleView struct {
	Text   string `json:"text"`
	Source string `json:"source,omitempty"`
}

// ruleBook gathers the rules that cells name.
type ruleBook struct {
	seen map[string]ruleView
	new  map[string]ruleView // since fresh was asked
	lang string
}

func (b *ruleBook) cell(m *trial.Matrix, i int, a trial.Answer) cellView {
	v := cellView{
		Row: i / len(m.Columns), Column: i % len(m.Columns),
		Results: map[string]cellResultView{}, Verdict: a.Verdict,
	}
	for w, r := range a.Results {
		out := cellResultView{Bind: r.Bind, Listen: r.Listen}
		if why := lab.WhyIn(b.lang, r.Why); why != nil {
			out.Rule = why.Rule
			if _, ok := b.seen[why.Rule]; !ok {
				b.seen[why.Rule] = ruleView{why.Text, why.Source}
				if b.new == nil {
					b.new = map[string]ruleView{}
				}
				b.new[why.Rule] = b.seen[why.Rule]
			}
		}
		v.Results[w] = out
	}
	return v
}

// fresh are the rules that were not told yet.
func (b *ruleBook) fresh() map[string]ruleView {
	rules := b.new
	b.new = nil
	return rules
}
