package quiz

import (
	"strings"

	"fourwave/fsm"
)

// two-systems: one script on two systems; how its last line ends on each.

func makeTwoSystems(d draw, level int) *Item {
	systems := []string{"linux", "freebsd", "rfc9293", "macos", "windows"}
	shuffle(d, systems)
	a, b := systems[0], systems[1]
	var s *scene
	var at int
	rules := []string{"system: " + a, "system: " + b}
	switch level {
	case 1, 2:
		if level == 1 {
			rules = []string{"2MSL"}
		}
		s, at = systemsTimer(d, level)
	default:
		s, at = systemsBind(d)
	}
	ta, tb := s.play(fsm.ProfileByName(a)), s.play(fsm.ProfileByName(b))
	ra, rb := ta.at(at), tb.at(at)
	if ta.failedBefore(at) || tb.failedBefore(at) || !clean(ra) || !clean(rb) || ra == rb && !d.chance(1, 4) {
		return nil
	}
	it := &Item{
		System: a, Text: join(s.words(), say("two.ask", "a", say(a), "b", say(b))), Bare: say("two.bare", "a", say(a), "b", say(b)), Script: s.script(say("two.bare", "a", say(a), "b", say(b)).En),
		about: s.about() + a + b, rules: rules, hard: level == 3, Rule: "systems differ", Source: fsm.ProfileByName(a).Source + "; " + fsm.ProfileByName(b).Source,
		Why:   say("two.why", "a", say(a), "b", say(b), "ra", ra, "rb", rb, "na", note(ta, at), "nb", note(tb, at)),
		Hints: []Text{hint("systems"), say("hint.one", "a", say(a), "ra", ra)}, Experiment: "wait-it-out",
	}
	s.film(it, at)
	part := Part{Interaction: ByMatch, Ask: say("two.note")}
	all := []string{"TIME-WAIT", "CLOSED", "FIN-WAIT-2", "ESTABLISHED"}
	if level == 3 {
		all = []string{"ok", "EADDRINUSE", "EACCES", "EADDRNOTAVAIL"}
		part.Domain, it.Experiment = OfErrnos, "reuse-new-only"
	} else {
		part.Domain = OfStates
	}
	for _, r := range all {
		part.Options = append(part.Options, Option{Text: same(r), Also: []string{strings.ToLower(r)}})
	}
	letters(part.Options)
	field := func(sys, key, other string) Field {
		f := Field{ID: sys, Label: say(sys), Kind: "option", Key: key}
		if other != key {
			f.Wrong = append(f.Wrong, Miss{other, "", say("two.swapped")})
		}
		if myth := systemsMyth(sys, key); myth != "" {
			f.Wrong = append(
				f.Wrong,
				Miss{
					map[string]string{"ok": "EADDRINUSE", "EADDRINUSE": "ok", "CLOSED": "TIME-WAIT", "TIME-WAIT": "CLOSED"}[key],
					myth, wouldIf(myth),
				},
			)
		}
		return f
	}
	part.Fields = []Field{field(a, ra, rb), field(b, rb, ra)}
	part.keyByText()
	if part.Fields[0].Key == "" || part.Fields[1].Key == "" {
		return nil
	}
	it.Parts = []Part{part}
	if a == "linux" {
		it.proof = s.script("proof")
	} else if b == "linux" {
		it.proof = s.script("proof")
	}
	return it
}

func clean(r string) bool { return r != string(fsm.Unknown) && r != "not run" }

// note says of an answer that nobody measured that it is read in documents.
func note(t *take, at int) Text {
	if w := t.Results[at].Why; w != nil {
		return w.Text
	}
	return say("two.measured")
}

func systemsMyth(sys, key string) string {
	switch {
	case key == "CLOSED":
		return "tw-240"
	case key == "EADDRINUSE":
		return "new-suffices"
	}
	return ""
}

// systemsTimer is a close and the state of the end that closed first, some seconds later.
func systemsTimer(d draw, level int) (*scene, int) {
	s := newScene(d)
	s.open("")
	s.tell(say("two.open", "port", s.port))
	first := one(d, []string{"server", "client"})
	s.perform(act{who: first, how: one(d, []string{"close", "exit"}), gap: "0"})
	half := one(d, []string{"100ms", "1s", "2s", "3s", "4s"})
	s.perform(act{who: peer(first), how: one(d, []string{"close", "exit"}), gap: half})
	after := one(d, []int{20, 25, 35, 40, 45, 50, 65, 70, 80, 90, 100, 110, 125, 140, 180, 200, 230, 250})
	if level == 2 && d.chance(1, 2) {
		s.lines = append([]string{"+0 server sysctl tcp_fin_timeout 20"}, s.lines...)
		s.told = append([]Text{say("free.timeout", "n", 20)}, s.told...)
	}
	s.tell(say("two.then", "gap", span(itoa(after)+"s"), "who", who(first)))
	return s, s.add("+%ds %s state %s", after, first, socketOf(first))
}

// systemsBind is a socket that has a port and one that wants it.
func systemsBind(d draw) (*scene, int) {
	s := newScene(d)
	h := holding{
		name: "o", state: one(d, []string{"BOUND", "LISTEN", "TIME-WAIT", "ESTABLISHED"}),
		addr: one(d, []string{"", "server"}), opts: one(d, [][]string{nil, {"reuseaddr"}}),
	}
	n := holding{addr: one(d, []string{"", "server", "127.0.0.1"}), opts: one(d, [][]string{nil, {"reuseaddr"}})}
	h.build(s)
	gap := one(d, []string{"1s", "2s", "5s", "10s", "15s"})
	s.tell(h.tell(s))
	s.tell(say("two.bind", "gap", span(gap), "with", with(n.opts), "addr", s.address(n.addr)))
	return s, s.add("+%s server %s", gap, strings.TrimSpace("bind n "+n.addr+":"+s.port+" "+strings.Join(n.opts, " ")))
}
