package quiz

import (
	"slices"
	"strings"
)

// make-it-work: a bind that fails, and five changes; each is run, and those that succeed are right.

// change is something that could be done about a bind that fails.
type change struct {
	id   string
	myth string // the misconception by which it would help
	do   func(s *scene, h, n *holding) bool
}

var changes = []change{
	{"new-ra", "new-suffices", func(_ *scene, h, n *holding) bool { return put(n, "reuseaddr") }},
	{"old-ra", "", func(_ *scene, h, n *holding) bool { h.late = false; return put(h, "reuseaddr") }},
	{"both-ra", "reuse-everything", func(_ *scene, h, n *holding) bool {
		h.opts, n.opts, h.late = []string{"reuseaddr"}, []string{"reuseaddr"}, false
		return true
	}},
	{"new-rp", "port-stronger", func(_ *scene, h, n *holding) bool { n.opts = []string{"reuseport"}; return true }},
	{"both-rp", "", func(_ *scene, h, n *holding) bool {
		h.opts, n.opts, h.late = []string{"reuseport"}, []string{"reuseport"}, false
		return true
	}},
	{
		"tw-reuse", "tw-reuse-bind",
		func(s *scene, h, n *holding) bool { s.add("+0 server sysctl tcp_tw_reuse 1"); return true },
	},
	{"fin-timeout", "tw-fin-timeout", func(s *scene, h, n *holding) bool {
		s.add("+0 server sysctl tcp_fin_timeout 5")
		return h.state != "FIN-WAIT-2"
	}},
	{"loopback", "port-whole", func(_ *scene, h, n *holding) bool { n.addr = "127.0.0.1"; return h.connected() }},
	{"client-first", "", func(_ *scene, h, n *holding) bool { ok := h.connected(); h.state = "gone"; return ok }},
	{"no-listen", "", func(_ *scene, h, n *holding) bool { ok := h.state == "LISTEN"; h.state = "BOUND"; return ok }},
}

func put(h *holding, opt string) bool {
	if slices.Contains(h.opts, opt) && !h.late {
		return false
	}
	h.opts = []string{opt}
	return true
}

// tried is a situation that was built and played.
func tried(port, gap string, h, n holding, c *change) (s *scene, t *take, at int, ok bool) {
	s = &scene{port: port}
	ok = c == nil || c.do(s, &h, &n)
	h.build(s)
	opts := strings.Join(n.opts, " ")
	if n.uid != 0 {
		opts += " uid=" + itoa(n.uid)
	}
	at = s.add("+%s server %s", gap, strings.TrimSpace("bind n "+n.addr+":"+s.port+" "+opts))
	t = s.play(linux)
	return s, t, at, ok && !t.failedBefore(at)
}

func makeMakeItWork(d draw, level int) *Item {
	class := one(d, bindClasses[false])
	h, n := drawHolding(d, class, level)
	gap := one(d, []string{"1s", "2s", "5s", "10s", "15s", "20s"})
	s, t, at, ok := tried(newScene(d).port, gap, h, n, nil)
	if !ok || t.at(at) == "ok" || n.addr == "127.0.0.1" {
		return nil
	}
	pool := slices.Clone(changes)
	shuffle(d, pool)
	part := Part{Interaction: ByChoices}
	rules := []string{ruleOfBind(t, at)}
	right := 0
	for i := range pool {
		_, t2, at2, ok := tried(s.port, gap, h, n, &pool[i])
		if !ok || len(part.Options) == 5 {
			continue
		}
		r := t2.Results[at2]
		o := Option{Text: say("fix." + pool[i].id), Right: r.Result == "ok"}
		o.Feedback = say(map[bool]string{true: "fix.works", false: "fix.fails"}[o.Right], "why", whyText(t2, at2))
		if !o.Right {
			o.Myth = pool[i].myth
			rules = append(rules, ruleOfBind(t2, at2))
		} else {
			right++
		}
		part.Options = append(part.Options, o)
	}
	if len(part.Options) < 5 || right == 0 || right > 3 {
		return nil
	}
	part.Options = letters(part.Options)
	it := &Item{
		System: "linux", Bare: say("fix.bare"), Script: s.script(say("fix.bare").En), about: s.about() + part.inWords().En + optionTexts(part.Options),
		Text: join(
			say("bind.setup"), h.tell(s),
			say("fix.ask", "gap", span(gap), "with", with(n.opts), "addr", s.address(n.addr)),
		),
		Hints: []Text{hint("bind"), say("hint.fixes", "n", right)}, Parts: []Part{part}, rules: rules,
		hard: class == "linux-bind-mixed-options" || class == "late" || h.uid+n.uid != 0 ||
			strings.Contains(h.addr+n.addr, "["),
	}
	it.because(t, at)
	s.film(it, at)
	it.strike()
	it.proof = s.script("proof")
	return it
}

func whyText(t *take, at int) Text {
	if w := t.Results[at].Why; w != nil {
		return w.Text
	}
	return free.Text
}

// optionTexts are the texts of options in the order of the texts, since the order offered is no
// fact.
func optionTexts(options []Option) string {
	var all []string
	for _, o := range options {
		all = append(all, o.Text.En)
	}
	slices.Sort(all)
	return strings.Join(all, "|")
}
