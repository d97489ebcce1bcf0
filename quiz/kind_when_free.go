package quiz

import (
	"strings"
	"time"

	"fourwave/fsm"
)

// when-free: a server that exits and is started again and again; the first try that succeeds.

// restarts is a server's exit and the tries to start it again.
type restarts struct {
	port, gap, how    string // how long after the exit the client closes, and how; gap "" for never
	old, new          []string
	every, finTimeout int
}

// play runs the story until a try succeeds, or for limit seconds; it returns the seconds from the
// exit to it.
func (r restarts) play(p *fsm.Profile, limit int) (s *scene, t *take, at int, seconds float64) {
	s = &scene{port: r.port}
	if r.finTimeout > 0 {
		s.add("+0 server sysctl tcp_fin_timeout %d", r.finTimeout)
	}
	s.open(strings.Join(r.old, " "))
	s.add("+0 server exit")
	rest := time.Duration(r.every) * time.Second
	if r.gap != "" {
		s.add("+%s client %s", r.gap, r.how)
		rest -= secondsOf(r.gap)
	}
	first := len(s.lines)
	for i := range limit / r.every {
		s.add("+%s server %s", rest, strings.TrimSpace("bind n"+itoa(i)+" :"+r.port+" "+strings.Join(r.new, " ")))
		rest = time.Duration(r.every) * time.Second
	}
	t = s.play(p)
	for at = first; at < len(t.Results) && t.at(at) != "ok"; at++ {
	}
	if at == len(t.Results) {
		return s, t, at, -1
	}
	s.lines, t.Results, t.Steps = s.lines[:at+1], t.Results[:at+1], t.Steps[:at+1]
	return s, t, at, float64((at - first + 1) * r.every)
}

func makeWhenFree(d draw, level int) *Item {
	r := restarts{
		port: newScene(d).port, every: 5 + d.below(16), gap: itoa(100*(1+d.below(9))) + "ms",
		how: one(d, []string{"close c", "exit"}),
	}
	rules := []string{"TIME-WAIT"}
	hard := false
	if level > 1 {
		r.gap = one(d, []string{"2s", "3s", "4s"})
		r.old, r.new = one(d, [][]string{nil, {"reuseaddr"}, nil}), one(
			d, [][]string{nil, {"reuseaddr"}, {"reuseaddr"}},
		)
		rules = append(rules, "FIN-WAIT-2 before it")
		if d.chance(2, 3) {
			r.finTimeout = one(d, []int{5, 10, 15, 20, 25, 30, 40})
			rules = append(rules, "tcp_fin_timeout")
		}
	}
	if level == 3 {
		hard = true
		if d.chance(1, 2) {
			r.gap = ""
		}
		if r.finTimeout == 0 {
			r.finTimeout = 10 + 5*d.below(7)
		}
	}
	s, t, at, key := r.play(linux, 130)
	if key < 0 || key == float64(r.every) && !d.chance(1, 3) {
		return nil
	}
	part := Part{Interaction: ByNumber, Unit: "s", Tolerance: 1, Key: key}
	timeout := r.finTimeout
	if timeout == 0 {
		timeout = 60
	}
	for _, m := range []struct {
		myth string
		msl  int
	}{{"tw-fin-timeout", timeout}, {"tw-240", 240}} {
		believed := *linux
		believed.TimeWait = time.Duration(m.msl) * time.Second
		if _, _, _, x := r.play(&believed, 262); x > 0 {
			part.Wrong = append(part.Wrong, Wrong{Value: x, Myth: m.myth, Feedback: wouldIf(m.myth)})
		}
	}
	fromExit := float64((60 + r.every - 1) / r.every * r.every)
	part.Wrong = append(part.Wrong,
		Wrong{Value: float64(r.every), Myth: "tw-gone-with-process", Feedback: wouldIf("tw-gone-with-process")},
		Wrong{Value: fromExit, Credit: .5, Feedback: say("free.start")})
	if len(r.new) > 0 {
		part.Wrong = append(
			part.Wrong, Wrong{Value: float64(r.every), Myth: "new-suffices", Feedback: wouldIf("new-suffices")},
		)
	}
	part.prune()
	text := say("free.open", "port", r.port, "with", with(r.old))
	if r.finTimeout > 0 {
		text = join(text, say("free.timeout", "n", r.finTimeout))
	}
	if r.gap == "" {
		text = join(text, say("free.never"))
	} else {
		text = join(text, say("free.exit", "gap", span(r.gap)))
	}
	it := &Item{
		System: "linux", Text: join(text, say("free.ask", "n", r.every, "with", with(r.new))), Bare: say("free.bare"), about: s.about(), rules: rules, hard: hard,
		Hints: []Text{hint("timer"), say("hint.holder", "state", t.path("server", "a")[len(t.path("server", "a"))-1])},
		Parts: []Part{part},
		Rule:  "first-free", Source: "inet_csk_get_port; TCP_TIMEWAIT_LEN", Experiment: "wait-it-out",
		Why: say("free.why", "path", strings.Join(t.path("server", "a"), " → "), "n", formatNumber(key, "s")),
	}
	s.film(it, at)
	it.strike()
	it.proof = s.script("proof")
	return it
}
