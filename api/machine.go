package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/fsm"
)

func viewRow(r fsm.Row) doc.Arrow {
	return doc.Arrow{
		From: string(r.From), Event: string(r.Event), To: string(r.To), Actions: r.Do.Names(), Section: r.Section,
	}
}

// getMachine answers GET /v1/machine.
func (s *Server) getMachine(c echo.Context) error {
	p := profile(c.QueryParam("profile"))
	switch c.QueryParam("format") {
	case "mermaid":
		return tagged(c, http.StatusOK, "text/vnd.mermaid; charset=utf-8", []byte(mermaid(p.Table())))
	case "dot":
		return tagged(c, http.StatusOK, "text/vnd.graphviz; charset=utf-8", []byte(dot(p.Table())))
	}
	return answer(c, http.StatusOK, doc.Machine{
		Profile: p.Name, Confidence: p.Confidence, Source: p.Source,
		States: doc.Each(fsm.States, func(s fsm.State) string { return string(s) }),
		Events: doc.Each(fsm.Events, func(e fsm.Event) string { return string(e) }),
		Rows:   doc.Each(p.Table(), viewRow),
	})
}

// profile finds a profile by a name that the contract allows; the RFC's is the default.
func profile(name string) *fsm.Profile {
	p := fsm.ProfileByName(cmp.Or(name, fsm.RFC9293.Name))
	if p == nil {
		panic("BUG: openapi.yaml allows a profile that fsm does not have: " + name)
	}
	return p
}

// stepMachine answers POST /v1/machine/step.
func (s *Server) stepMachine(c echo.Context) error {
	var in doc.MachineStep
	if err := decode(c, &in); err != nil {
		return err
	}
	state, event := fsm.State(in.State), fsm.Event(in.Event)
	if st, ok := fsm.ParseState(in.State); ok {
		state = st
	}
	if e, ok := fsm.ParseEvent(in.Event); ok {
		event = e
	}
	row, err := profile(in.Profile).Step(state, event)
	if err != nil {
		return noArrow(err)
	}
	return writeJSON(c, http.StatusOK, "application/json", viewRow(row))
}

// noArrow tells which events the state knows.
func noArrow(err error) error {
	var unknown *fsm.UnknownEventError
	if !errors.As(err, &unknown) {
		return err
	}
	p := problem(noArrowKind, fmt.Sprintf("%s does not know %q", unknown.State, unknown.Event))
	p.events = doc.Each(unknown.Known, func(e fsm.Event) string { return string(e) })
	return p
}

// shown are the actions that the pictures name, as RFC 9293's figure 5 does: what is sent, and
// 2MSL.
const shown = fsm.SendSYN | fsm.SendSYNACK | fsm.SendACK | fsm.SendFIN | fsm.SendRST | fsm.AckText | fsm.Start2MSL

// edge is all arrows from one state to another one.
type edge struct {
	from, to fsm.State
	labels   []string // "rcv FIN / send ACK"
}

// edges joins the rows that lead from one state to another; those that stay are not drawn.
func edges(rows []fsm.Row) []*edge {
	var all []*edge
	at := make(map[[2]fsm.State]*edge)
	for _, r := range rows {
		if r.From == r.To {
			continue
		}
		e := at[[2]fsm.State{r.From, r.To}]
		if e == nil {
			e = &edge{from: r.From, to: r.To}
			at[[2]fsm.State{r.From, r.To}] = e
			all = append(all, e)
		}
		label := string(r.Event)
		if does := (r.Do & shown).Names(); len(does) > 0 {
			label += " / " + strings.Join(does, ", ")
		}
		e.labels = append(e.labels, label)
	}
	return all
}

// mermaid draws the rows as a Mermaid state diagram.
func mermaid(rows []fsm.Row) string {
	id := func(s fsm.State) string { return strings.ReplaceAll(string(s), "-", "_") }
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range fsm.States {
		fmt.Fprintf(&b, "    state %q as %s\n", s, id(s))
	}
	for _, e := range edges(rows) {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", id(e.from), id(e.to), strings.Join(e.labels, "<br/>"))
	}
	return b.String()
}

// dot draws the rows for Graphviz.
func dot(rows []fsm.Row) string {
	var b strings.Builder
	b.WriteString("digraph tcp {\n    node [shape=box, fontname=\"sans-serif\"];\n    edge [fontname=\"sans-serif\", " +
		"fontsize=9];\n")
	for _, s := range fsm.States {
		fmt.Fprintf(&b, "    %q;\n", s)
	}
	for _, e := range edges(rows) {
		fmt.Fprintf(&b, "    %q -> %q [label=%q];\n", e.from, e.to, strings.Join(e.labels, "\n"))
	}
	b.WriteString("}\n")
	return b.String()
}
