package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/script"
)

// The types of this file are what the templates of plain/ show.

// plainFrame is what every page has.
type plainFrame struct {
	ID     string // of the experiment that is shown; "": none
	Lang   string // "en" or "zh"
	Chosen bool   // by ?lang=
}

// Say is a word or sentence of the page itself.
func (f plainFrame) Say(key string) string { return plainWords[key].in(f.Lang) }

// Query is what links must have for the language to stay.
func (f plainFrame) Query() string {
	if !f.Chosen {
		return ""
	}
	return "?lang=" + f.Lang
}

type plainProblem struct {
	plainFrame
	Status int
	Title  string
	About  string
}

type plainExperiment struct {
	plainFrame
	Title, Question string
	Lead, Rest      string // the answer's first sentence, and the others
	Script          string
	Telling         *plainMoment
	Phases          []plainPhase
	Later           []plainSentence // when the last line has run
}

type plainPhase struct {
	Title   string
	Moments []plainMoment
}

// plainMoment is a line of the script with what it led to.
type plainMoment struct {
	Line   int
	At     string // when the call returned; "" where it was not made
	Call   string
	Result string
	Why    *doc.Why
	Before []plainSentence // while its delay passed
	After  []plainSentence // until the wire was quiet
}

type plainSentence struct{ At, Text string }

type plainChapter struct {
	Title       string
	Experiments []plainEntry
}

type plainEntry struct{ ID, Question string }

// Chapters is the library, in its order.
func (f plainFrame) Chapters() []plainChapter {
	var all []plainChapter
	index := make(map[string]int)
	for _, e := range lab.Library() {
		i, ok := index[e.Tags[0]]
		if !ok {
			i = len(all)
			index[e.Tags[0]] = i
			all = append(all, plainChapter{Title: e.Chapter().In(f.Lang)})
		}
		all[i].Experiments = append(all[i].Experiments, plainEntry{e.ID, text(e.Question).in(f.Lang)})
	}
	return all
}

// viewPlain tells an experiment that has run.
func viewPlain(e *lab.Experiment, s lab.Snapshot, events []lab.Event, key plainKey) plainExperiment {
	in := func(t lab.Text) string { return text(t).in(key.lang) }
	v := plainExperiment{
		plainFrame: plainFrame{ID: e.ID, Lang: key.lang, Chosen: key.chosen},
		Title:      in(e.Title), Question: in(e.Question), Script: e.Script,
	}
	v.Lead, v.Rest = firstSentence(in(e.Explain))
	n := narrator{lang: key.lang, before: map[int][]plainSentence{}, after: map[int][]plainSentence{}}
	n.hear(events)
	for i := range s.Steps {
		st := &s.Steps[i]
		if len(v.Phases) == 0 || v.Phases[len(v.Phases)-1].Title != st.Phase {
			v.Phases = append(v.Phases, plainPhase{Title: st.Phase})
		}
		p := &v.Phases[len(v.Phases)-1]
		p.Moments = append(p.Moments, n.moment(st))
	}
	for _, line := range slices.Sorted(maps.Keys(n.before)) { // those of lines that never came
		v.Later = append(v.Later, n.before[line]...)
	}
	if i := tellingStep(s.Steps); i >= 0 {
		m := n.moment(&s.Steps[i])
		v.Telling = &m
	}
	return v
}

// moment is a step in words.
func (n *narrator) moment(st *lab.StepReport) plainMoment {
	r := st.Results[plainWorld]
	m := plainMoment{Line: st.Line, Call: st.Actor + " " + st.Text, Result: r.Result, Why: lab.WhyIn(n.lang, r.Why)}
	if r.Result != script.NotRun {
		m.At = plainTime(r.At)
	} else {
		m.Result = text{"not run", "未运行"}.in(n.lang)
	}
	for _, row := range r.Rows {
		m.After = append(m.After, plainSentence{m.At, fmt.Sprintf("%s %s → %s", row.State, row.Local, row.Remote)})
	}
	m.Before, m.After = n.before[st.Line], append(m.After, n.after[st.Line]...)
	delete(n.before, st.Line)
	delete(n.after, st.Line)
	return m
}

func plainTime(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// tellingStep finds the step that answers an experiment's question: the first call that is refused
// with a socket in the way, else the first that is refused, the last that asks for a state, the
// last.
func tellingStep(steps []lab.StepReport) int {
	refused := func(s lab.StepReport) bool {
		r := s.Results[plainWorld].Result
		return strings.HasPrefix(r, "E") && r != "EOF" && r != "EAGAIN" && r != string(fsm.Established)
	}
	conflict := func(s lab.StepReport) bool {
		why := s.Results[plainWorld].Why
		return refused(s) && why != nil && !why.Conflict.IsZero()
	}
	if i := slices.IndexFunc(steps, conflict); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(steps, refused); i >= 0 {
		return i
	}
	last := -1
	for i := range steps {
		r := steps[i].Results[plainWorld].Result
		asks := steps[i].Cmd.Verb == "state" || steps[i].Cmd.Verb == "forge"
		if r != script.NotRun && (asks || last < 0 || steps[last].Cmd.Verb != "state" &&
			steps[last].Cmd.Verb != "forge") {
			last = i
		}
	}
	return last
}

// firstSentence cuts a text after its first sentence, in English or Chinese.
func firstSentence(s string) (first, rest string) {
	for i, r := range s {
		end := i + len(string(r))
		switch {
		case strings.ContainsRune("。！？", r):
		case strings.ContainsRune(".!?", r) && len(s) > end+1 && s[end] == ' ' && s[end+1] >= 'A' && s[end+1] <= 'Z':
		default:
			continue
		}
		return s[:end], strings.TrimSpace(s[end:])
	}
	return s, ""
}
