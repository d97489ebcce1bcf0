package lab

import (
	"fmt"
	"strings"
	"time"
)

// Two timers are the same when they differ by no more than the greater of the two. Linux's
// timer wheel lets a timer of 60 s fire up to 2.05 s late (HZ=250).
const (
	timerSlack = 300 * time.Millisecond
	timerRatio = 0.035
)

// withinSlack reports whether two durations are the same to a kernel's timer.
func withinSlack(a, b time.Duration) bool {
	slack := max(timerSlack, time.Duration(timerRatio*float64(max(a, b))))
	return (a - b).Abs() <= slack
}

// judge gives a step its verdict once all of its worlds have a result, and says whether one
// of them met the expectation as soon as that is known.
func (s *StepReport) judge(worlds []string, named ports) {
	var ran []string
	for _, w := range worlds {
		if r, ok := s.Results[w]; ok && r.Result != NotRun {
			ran = append(ran, w)
		}
	}
	all := len(s.Results) == len(worlds)
	s.Expected = s.expected(ran, all)
	if !all {
		return
	}
	s.Verdict, s.Why = Agree, nil
	if why := s.difference(ran, named); why != nil {
		s.Verdict, s.Why = Differ, why
		return
	}
	if len(ran) < len(worlds) {
		s.Verdict, s.Why = VerdictNotRun, s.notRun(worlds)
	}
}

// expected is true when a world met the expectation, false when all have come past and
// none did, nil when it is not known or there is nothing to know.
func (s *StepReport) expected(ran []string, all bool) *bool {
	if s.Expect == "" {
		return nil
	}
	met := s.Expect == NotRun && all && len(ran) < len(s.Results)
	for _, w := range ran {
		met = met || meets(s.Cmd.Verb, s.Expect, s.Results[w])
	}
	if !met && (!all || len(ran) == 0) {
		return nil
	}
	return &met
}

// difference compares each world that ran the step with the first one that did.
func (s *StepReport) difference(ran []string, named ports) *Why {
	for _, w := range ran[min(1, len(ran)):] {
		a, b := s.Results[ran[0]], s.Results[w]
		if sameResult(s.Cmd.Verb, a, b, named) {
			continue
		}
		return &Why{
			Rule:   "difference",
			Text:   fmt.Sprintf("%s says %s, %s says %s", ran[0], say(s.Cmd.Verb, a), w, say(s.Cmd.Verb, b)),
			TextZh: fmt.Sprintf("%s 的结果是 %s，%s 的结果是 %s", ran[0], say(s.Cmd.Verb, a), w, say(s.Cmd.Verb, b)),
		}
	}
	return nil
}

// notRun is the reason of the first world that did not run the step.
func (s *StepReport) notRun(worlds []string) *Why {
	for _, w := range worlds {
		r := s.Results[w]
		if r.Result != NotRun {
			continue
		}
		if r.Why != nil {
			why := *r.Why
			why.Text = w + ": " + why.Text
			if why.TextZh != "" {
				why.TextZh = w + "：" + why.TextZh
			}
			return &why
		}
		return &Why{Rule: "not-run", Text: w + " gave no reason", TextZh: w + " 没有说明原因"}
	}
	return nil
}

// say is a result in a sentence: rows are written out.
func say(verb string, r Result) string {
	if verb != "sockets" || r.Rows == nil && r.Result != "none" {
		return r.Result
	}
	rows := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = strings.TrimSpace(row.State + " " + row.Local + " " + row.Remote)
	}
	if len(rows) == 0 {
		return "none"
	}
	return strings.Join(rows, ", ")
}

// sameResult compares what two worlds made of one line.
func sameResult(verb string, a, b Result, named ports) bool {
	switch verb {
	case "sockets":
		return sameRows(a, b, named)
	case "timer":
		x, okx := parseTimer(a.Result)
		y, oky := parseTimer(b.Result)
		if okx && oky {
			return x.kind == y.kind && withinSlack(x.left, y.left)
		}
	}
	return normal(verb, a.Result) == normal(verb, b.Result)
}

// normal is a result in the form that expectations have.
func normal(verb, result string) string {
	v := findVerb(hostVerbs, verb)
	if v == nil {
		v = findVerb(wireVerbs, verb)
	}
	if v == nil {
		return result
	}
	if n, wrong := parseResult(result, v.gives); wrong == "" {
		return n
	}
	return result
}

// meets reports whether a result is what the line expects.
func meets(verb, expect string, r Result) bool {
	switch verb {
	case "sockets":
		return rowsMeet(expect, r)
	case "timer":
		want, okw := parseTimer(expect)
		got, okg := parseTimer(r.Result)
		if okw && okg {
			return want.kind == got.kind && (want.any || withinSlack(want.left, got.left))
		}
	}
	return normal(verb, r.Result) == expect
}

// ports are the port numbers that a script names. Any other port in a result was chosen by
// a system, and no two systems choose alike.
type ports map[uint16]bool

// add notes the ports that a step names.
func (p ports) add(s *Step) {
	for _, a := range []Addr{s.Cmd.Addr, s.Cmd.From} {
		if a.Set {
			p[a.Port()] = true
		}
	}
	for _, f := range strings.Fields(s.Cmd.Value) {
		if n, ok := parsePort(f); ok && s.Cmd.Key == "ip_local_port_range" {
			p[n] = true
		}
	}
	for _, o := range s.Cmd.Opts {
		if o.Name == "portrange" {
			p[uint16(o.N)], p[uint16(o.M)] = true, true
		}
	}
}

// summarize counts the verdicts of the steps.
func summarize(steps []StepReport) (c Count) {
	for i := range steps {
		s := &steps[i]
		switch s.Verdict {
		case Agree:
			c.Agree++
		case Differ:
			c.Differ++
		case VerdictNotRun:
			c.NotRun++
		}
		if s.Expected != nil && !*s.Expected {
			c.Unexpected++
		}
	}
	return c
}
