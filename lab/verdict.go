package lab

import (
	"fourwave/lab/script"
	"fourwave/lab/world"
	"slices"
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

// sameWait reports whether two times that a timer ended are the same to Linux's timer wheel (HZ=250). A
// timer fires late by up to one notch: a jiffy, and eight times as much for every level of 63 notches
// that its time is beyond; so 60 s may take 62.05 s, and 26 s may take 28.
func sameWait(a, b time.Duration) bool {
	const jiffy = 4 * time.Millisecond
	notch := jiffy
	for ; min(a, b) > 63*notch; notch *= 8 {
	}
	return (a-b).Abs() <= notch+timerSlack/6 || withinSlack(a, b)
}

// judge gives a step its verdict once all of its worlds have a result, and says whether one
// of them met the expectation as soon as that is known.
// Why two worlds differ is said by whoever knows their stories.
func (s *StepReport) judge(worlds []string, named ports) {
	ran := s.ran(worlds)
	all := len(s.Results) == len(worlds)
	s.Expected = s.expected(ran, all)
	if !all {
		return
	}
	s.Verdict, s.Why = Agree, nil
	if s.differs(ran, named) {
		s.Verdict = Differ
		return
	}
	if present := s.present(worlds); len(ran) == 0 || len(ran) < present || len(ran) < 2 && len(worlds) > 1 {
		s.Verdict, s.Why = VerdictNotRun, s.notRun(worlds)
	}
}

// ran are the worlds that ran the step, in their order.
func (s *StepReport) ran(worlds []string) (ran []string) {
	for _, w := range worlds {
		if r, ok := s.Results[w]; ok && r.Result != script.NotRun {
			ran = append(ran, w)
		}
	}
	return ran
}

// present counts the worlds that exist at all. One that cannot be made here, or has failed, has no say:
// what the others agree on is agreed.
func (s *StepReport) present(worlds []string) (n int) {
	for _, w := range worlds {
		if why := s.Results[w].Why; why == nil || why.Rule != ruleUnavailable && why.Rule != ruleFailed {
			n++
		}
	}
	return n
}

// differs reports whether a world that ran the step differs from the first one that did.
func (s *StepReport) differs(ran []string, named ports) bool {
	return slices.ContainsFunc(ran, func(w string) bool {
		return !sameResult(s.Cmd.Verb, s.Results[ran[0]], s.Results[w], named)
	})
}

// expected is true when a world met the expectation, false when all have come past and
// none did, nil when it is not known or there is nothing to know.
func (s *StepReport) expected(ran []string, all bool) *bool {
	if s.Expect == "" {
		return nil
	}
	met := s.Expect == script.NotRun && all && len(ran) < len(s.Results)
	for _, w := range ran {
		met = met || meets(s.Cmd.Verb, s.Expect, s.Results[w])
	}
	if !met && (!all || len(ran) == 0) {
		return nil
	}
	return &met
}

// notRun is the reason of the first world that did not run the step.
func (s *StepReport) notRun(worlds []string) *world.Why {
	for _, w := range worlds {
		r := s.Results[w]
		if r.Result != script.NotRun {
			continue
		}
		if r.Why != nil {
			why := r.Why.Copy()
			why.Text = Text{En: w + ": " + why.Text.En, Zh: w + "：" + why.Text.In("zh")}
			return why
		}
		return &world.Why{Rule: "not-run", Text: Text{En: w + " gave no reason", Zh: w + " 没有说明原因"}}
	}
	return nil
}

// say is a result in a sentence: rows are written out.
func say(verb string, r world.Result) string {
	if verb != "sockets" || r.Rows == nil && r.Result != "none" {
		return r.Result
	}
	rows := make([]string, len(r.Rows))
	for i := range r.Rows {
		local, remote := r.Rows[i].Addrs()
		rows[i] = strings.TrimSpace(r.Rows[i].State + " " + local + " " + remote)
	}
	if len(rows) == 0 {
		return "none"
	}
	return strings.Join(rows, ", ")
}

// sameResult compares what two worlds made of one line.
func sameResult(verb string, a, b world.Result, named ports) bool {
	switch verb {
	case "sockets":
		return sameRows(a, b, named)
	case "timer":
		x, okx := script.ParseTimer(a.Result)
		y, oky := script.ParseTimer(b.Result)
		if okx && oky {
			return x.Kind == y.Kind && withinSlack(x.Left, y.Left)
		}
	}
	return script.Normal(verb, a.Result) == script.Normal(verb, b.Result)
}

// meets reports whether a result is what the line expects.
func meets(verb, expect string, r world.Result) bool {
	switch verb {
	case "sockets":
		return rowsMeet(expect, r)
	case "timer":
		want, okw := script.ParseTimer(expect)
		got, okg := script.ParseTimer(r.Result)
		if okw && okg {
			return want.Kind == got.Kind && (want.Any || withinSlack(want.Left, got.Left))
		}
	}
	return script.Normal(verb, r.Result) == expect
}

// ports are the port numbers that a script names. Any other port in a result was chosen by
// a system, and no two systems choose alike.
type ports map[uint16]bool

// add notes the ports that a step names.
func (p ports) add(s *script.Step) {
	for _, a := range []script.Addr{s.Cmd.Addr, s.Cmd.From} {
		if a.Set {
			p[a.Port()] = true
		}
	}
	// A range of one port leaves no choice. Which of several is taken is chance.
	if f := strings.Fields(s.Cmd.Value); s.Cmd.Key == "ip_local_port_range" && len(f) == 2 && f[0] == f[1] {
		if n, ok := parsePort(f[0]); ok {
			p[n] = true
		}
	}
	for _, o := range s.Cmd.Opts {
		if o.Name == "portrange" && o.N == o.M {
			p[uint16(o.N)] = true
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
			c.countReason(s.Why)
		case VerdictNotRun:
			c.NotRun++
		}
		if s.Expected != nil && !*s.Expected {
			c.Unexpected++
		}
	}
	return c
}

// countReason counts a difference as explained or not.
func (c *Count) countReason(w *world.Why) {
	if w.Rule == Unexplained {
		c.Unexplained++
	} else {
		c.Explained++
	}
}
