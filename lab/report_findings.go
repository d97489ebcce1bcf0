package lab

import (
	"fmt"
	"slices"
	"strings"

	"fourwave/internal/term"
	"fourwave/lab/world"
)

// findings writes how the worlds differ in states, segments and times, each with the name of its reason,
// and each reason once.
func (r *report) findings() {
	if len(r.s.Differences) == 0 {
		return
	}
	r.paragraph("# ", "# ", r.words["findings"], term.Bold)
	var reasons []*world.Why
	for _, f := range r.s.Differences {
		var told []string
		for i, w := range f.Worlds {
			told = append(told, w+r.words[":"]+or(f.Told[i], r.words["nothing"]))
		}
		head := term.PadLeft(fmt.Sprint(f.Line), r.lines) + gap + term.Pad(strings.TrimSpace(f.Host+" "+f.Socket), len("server a")) + gap
		text := r.words[f.What] + gap + strings.Join(told, r.words[","]) + gap + "[" + f.Why.Rule + "]"
		if reason := f.reason(); reason != nil && !slices.ContainsFunc(reasons, func(w *world.Why) bool { return w.Rule == reason.Rule }) {
			reasons = append(reasons, reason)
		}
		r.paragraph(head, strings.Repeat(" ", term.Columns(head)), text, term.Plain)
	}
	for _, why := range reasons {
		r.paragraph("["+why.Rule+"] ", "  ", r.why(why), term.Dim)
	}
	r.line("")
}

// reason is the entry of the catalogue by itself, nil where there is none.
func (f *Finding) reason() *world.Why {
	d, ok := FindDifference(f.Why.Rule)
	if !ok {
		return nil
	}
	return &world.Why{Rule: d.ID, Text: Text{En: d.Text.En, Zh: d.Text.Zh}, Source: d.Source}
}

// counts writes the summary.
func (r *report) counts() {
	s := r.s.Summary
	for _, c := range []struct {
		what string
		Count
	}{{"steps", s.Steps}, {"states", s.States}, {"segments", s.Segments}} {
		parts := []string{}
		for _, n := range []struct {
			n    int
			word string
			ink  term.Ink
		}{{c.Agree, "agree", term.Green}, {c.Differ, "differ", term.Red}, {c.NotRun, "not run", term.Dim}, {c.Unexpected, "not as expected", term.Red}} {
			if n.n == 0 {
				continue
			}
			text := fmt.Sprintf("%d %s", n.n, r.words[n.word])
			if n.word == "differ" {
				text += r.words["("] + r.reasons(c.Count) + r.words[")"]
			}
			parts = append(parts, r.paint(text, n.ink))
		}
		if len(parts) > 0 {
			r.line(term.Pad(r.words[c.what], 9) + " " + strings.Join(parts, r.words[","]))
		}
	}
}

// reasons says how many of the differences are explained.
func (r *report) reasons(c Count) string {
	if c.Unexplained > 0 {
		return fmt.Sprintf(r.words["unexplained"], c.Unexplained)
	}
	return r.words["explained"]
}
