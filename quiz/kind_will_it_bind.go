package quiz

import (
	"slices"
	"strings"

	"fourwave/fsm"
)

// will-it-bind: a socket that has the port, and a new one; the result of bind and the rule that
// decides.

// bindClasses are what may decide, by result, so that no result and no rule is asked about more
// often than another.
var bindClasses = map[bool][]string{
	true: {
		"linux-bind-both-reuseaddr", "linux-bind-both-reuseport", "linux-bind-other-address", "bind-free",
		"linux-bind-other-address",
	},
	false: {
		"linux-bind-no-options", "linux-bind-old-lacks-reuseaddr", "linux-bind-new-lacks-reuseaddr",
		"linux-bind-mixed-options", "linux-bind-listener", "linux-bind-reuseport-other-user", "late",
	},
}

// drawHolding draws a holding and a new socket that a rule is likely to decide on.
func drawHolding(d draw, class string, level int) (h, n holding) {
	ra, rp := []string{"reuseaddr"}, []string{"reuseport"}
	any4 := []string{"", "server"}
	h = holding{name: "o", state: one(d, append([]string{"BOUND", "LISTEN"}, connections...)), addr: one(d, any4)}
	n = holding{name: "n", state: "BOUND", addr: one(d, any4)}
	some := [][]string{nil, ra, rp}
	h.opts, n.opts = one(d, some), one(d, some)
	switch class {
	case "linux-bind-both-reuseaddr":
		h.opts, n.opts, h.state = ra, ra, one(d, append([]string{"BOUND"}, connections...))
	case "linux-bind-both-reuseport":
		h.opts, n.opts = rp, rp
		if level == 3 && d.chance(1, 3) {
			h.state, h.uid, n.uid = "TIME-WAIT", 0, 1000
		}
	case "linux-bind-reuseport-other-user":
		h.opts, n.opts, h.uid, n.uid = rp, rp, 1000, 1001
		h.state = one(d, []string{"BOUND", "LISTEN", "ESTABLISHED", "CLOSE-WAIT"})
	case "linux-bind-no-options":
		h.opts, n.opts = nil, nil
	case "linux-bind-old-lacks-reuseaddr":
		h.opts, n.opts = nil, ra
	case "linux-bind-new-lacks-reuseaddr":
		h.opts, n.opts = ra, nil
	case "linux-bind-mixed-options":
		if h.opts, n.opts = ra, rp; d.chance(1, 2) {
			h.opts, n.opts = rp, ra
		}
	case "linux-bind-listener":
		h.opts, n.opts, h.state = ra, ra, "LISTEN"
	case "bind-free":
		h.state, h.opts, n.opts = "gone", one(d, [][]string{nil, ra}), one(d, [][]string{nil, ra})
	case "late":
		h.opts, n.opts, h.late, h.state = ra, ra, true, one(d, []string{"TIME-WAIT", "ESTABLISHED"})
	case "linux-bind-other-address":
		n.addr = one(d, []string{"127.0.0.1", "127.0.0.2"})
		h.opts, n.opts = one(d, [][]string{nil, ra}), one(d, [][]string{nil, ra})
		if !h.connected() {
			h.addr = one(d, []string{"server", "127.0.0.1", "127.0.0.2"})
		}
	}
	if level == 3 && d.chance(1, 3) && class != "linux-bind-other-address" {
		six(d, &h, &n)
	}
	return h, n
}

// six moves one or both sockets to IPv6.
func six(d draw, h, n *holding) {
	if !h.connected() {
		h.addr = one(d, []string{"[::]", "[::1]", "[fd00::1]"})
	}
	n.addr = one(d, []string{"[::]", "[::]", "[::1]", "", "server"})
	if n.addr == "[::]" && d.chance(1, 3) {
		n.opts = append(slices.Clone(n.opts), "v6only")
	}
}

func makeWillItBind(d draw, level int) *Item {
	yes := d.chance(1, 2)
	class := one(d, bindClasses[yes])
	h, n := drawHolding(d, class, level)
	s := newScene(d)
	h.build(s)
	gap := one(d, []string{"1s", "2s", "3s", "5s", "8s", "10s", "15s", "20s", "30s", "45s"})
	opts := strings.Join(n.opts, " ")
	if n.uid != 0 {
		opts += " uid=" + itoa(n.uid)
	}
	at := s.add("+%s server %s", gap, strings.TrimSpace("bind n "+n.addr+":"+s.port+" "+opts))
	t := s.play(linux)
	rule := ruleOfBind(t, at)
	if rule != class && class != "late" || (t.at(at) == "ok") != yes || t.failedBefore(at) {
		return nil
	}
	ask := "bind.ask"
	if n.uid != 0 {
		ask = "bind.ask.uid"
	}
	it := &Item{
		System: "linux", Bare: say("bind.bare"),
		Text: join(
			say("bind.setup"), h.tell(s),
			say(ask, "gap", span(gap), "with", with(n.opts), "addr", s.address(n.addr), "uid", n.uid),
		),
		Script: s.script(say("bind.bare").En), about: s.about(), Hints: []Text{hint("bind")},
	}
	it.because(t, at)
	it.rules = []string{rule}
	if h.connected() && len(h.opts) > 0 && h.state != "gone" {
		it.rules = append(it.rules, "inherited options")
	}
	if h.addr != n.addr {
		it.rules = append(it.rules, "overlap")
	}
	it.hard = class == "linux-bind-mixed-options" || class == "late" || h.uid+n.uid != 0 ||
		strings.Contains(h.addr+n.addr, "[")
	s.film(it, at)
	it.Hints = append(
		it.Hints, say("hint.holding", "state", map[bool]string{true: "CLOSED", false: h.state}[h.state == "gone"]),
	)
	result := bindResult(d, h, n, yes)
	reason, ok := bindReason(d, rule, h, n)
	it.Parts = []Part{result, reason}
	it.strike()
	it.proof = s.script("proof")
	if !ok || len(it.Hints) > 3 {
		return nil
	}
	return it
}

// ruleOfBind is the rule that decided on a bind; two names of one reason are one.
func ruleOfBind(t *take, at int) string {
	why := t.Results[at].Why
	switch {
	case why == nil:
		return "bind-free"
	case why.Rule == "linux-bind-reuseport-cached":
		return "linux-bind-both-reuseport"
	}
	return why.Rule
}

// newHolder is the new socket as the rule sees it.
func (h holding) newHolder() fsm.Holder {
	x := fsm.Holder{Addr: addrOf(h.addr), Options: optionsOf(h.opts, h.uid)}
	x.V6Only = x.V6Only || strings.HasPrefix(h.addr, "[") && h.addr != "[::]"
	return x
}

// bindResult is the part that asks whether bind succeeds.
func bindResult(d draw, h, n holding, yes bool) Part {
	myth := mythOfBind(h, n.newHolder(), yes)
	feedback := say(map[bool]string{true: "bind.would.no", false: "bind.would.yes"}[yes])
	if myth != "" {
		feedback = wouldIf(myth)
	}
	options := []Option{
		{Text: say("bind.yes"), Right: yes, Also: []string{"yes", "ok"}},
		{Text: say("bind.no"), Right: !yes, Also: []string{"no", "eaddrinuse"}},
	}
	for i := range options {
		if !options[i].Right {
			options[i].Myth, options[i].Feedback = myth, feedback
		}
	}
	shuffle(d, options)
	return Part{Interaction: ByChoice, Domain: OfAnswers, Ask: say("bind.result"), Max: .4, Options: letters(options)}
}

// bindReason is the part that asks what decides: four reasons of both results.
func bindReason(d draw, rule string, h, n holding) (Part, bool) {
	old, exists := h.holder()
	var wrong []candidate
	for _, m := range bindMyths {
		if m.id == "tw-gone-with-process" && !exists ||
			m.id == "port-stronger" && rule == "linux-bind-both-reuseport" ||
			m.id == "listener-waits" && old.Listen {
			continue
		}
		wrong = append(wrong, candidate{text: say("reason." + m.id), myth: m.id})
	}
	shuffle(d, wrong)
	var rules []candidate
	for _, yes := range []bool{true, false} {
		for _, r := range bindClasses[yes] {
			if r != rule && r != "late" {
				rules = append(rules, candidate{text: say("reason." + r), feedback: say("reason.would")})
			}
		}
	}
	shuffle(d, rules)
	options, ok := choose(d, candidate{text: say("reason." + rule)}, append(wrong[:2:2], rules...), 4)
	return Part{Interaction: ByChoice, Ask: say("bind.reason"), Max: .6, Options: options}, ok
}
