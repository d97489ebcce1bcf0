package quiz

import (
	"fmt"
	"strings"

	"fourwave/fsm"
)

// which-call-fails: calls of one program after the other; the first that fails, and its errno.

// callFamilies draw the lines of a program on the server. P is the scene's port.
var callFamilies = []func(d draw) []string{
	func(d draw) []string { // two listeners
		o1, o2 := one(d, callOptions), one(d, callOptions)
		return []string{"bind l %s:P" + o1, "listen l 20", "bind m %s:P" + o2, "listen m 20"}
	},
	func(d draw) []string { // bound together, then listening
		o := one(d, callOptions)
		return []string{"bind l %s:P" + o, "bind m %s:P" + o, "listen l 20", "listen m 20"}
	},
	func(d draw) []string { // twice on one socket
		return []string{"bind l %s:P" + one(d, callOptions), "bind l %s:Q", "listen l 20"}
	},
	func(d draw) []string { // an address of somebody else
		return []string{"bind l 10.0.0.9:P", "listen l 20"}
	},
	func(d draw) []string { // no bind at all
		return []string{"socket l tcp4", "listen l 20", "bind m %s:P" + one(d, callOptions), "listen m 20"}
	},
	func(d draw) []string { // a connect to nobody
		return []string{"bind l %s:P", "listen l 20", "connect x 10.0.0.1:Q", "bind m %s:Q"}
	},
	func(d draw) []string { // one five-tuple twice
		o := one(d, callOptions)
		return []string{
			"bind l :P reuseaddr", "listen l 20", "connect x 10.0.0.1:P from 10.0.0.1:Q" + o,
			"connect y 10.0.0.1:P from 10.0.0.1:Q" + o,
		}
	},
	func(d draw) []string { // one local port, two destinations
		o := one(d, callOptions)
		return []string{
			"bind l :P reuseaddr", "listen l 20", "bind m :R reuseaddr", "listen m 20",
			"connect x 10.0.0.1:P from 10.0.0.1:Q" + o, "connect y 10.0.0.1:R from 10.0.0.1:Q" + o,
		}
	},
	func(d draw) []string { // an option that comes late
		return []string{"bind l %s:P", "set l reuseaddr", "bind m %s:P reuseaddr", "listen l 20", "listen m 20"}
	},
	func(d draw) []string { // a privileged port
		return []string{"bind l %s:P", "listen l 20", "bind m %s:W uid=1000", "listen m 20"}
	},
}

var callOptions = []string{"", " reuseaddr", " reuseport"}

func makeWhichCall(d draw, level int) *Item {
	s := newScene(d)
	lines := one(d, callFamilies)(d)
	firsts := len(lines)
	if level == 3 {
		lines = append(lines, one(d, callFamilies)(d)...)
	}
	for i, l := range lines {
		if strings.Contains(l, "%s") {
			l = fmt.Sprintf(l, one(d, []string{"", "", "10.0.0.1", "127.0.0.1"}))
		}
		if i >= 6 {
			return nil
		}
		if i >= firsts { // a second program's names
			l = strings.NewReplacer(" l", " k", " m", " n", " x", " v", " y", " w").Replace(l)
		}
		port := atoi(s.port)
		l = strings.NewReplacer(":P", ":"+s.port, ":Q", ":"+itoa(port+1), ":R", ":"+itoa(port+2), ":W", ":"+itoa(80+d.below(800))).
			Replace(l)
		s.add("+0 server %s", l)
	}
	t := s.play(linux)
	first := -1
	for i := range t.Results {
		if t.at(i) == string(fsm.Unknown) {
			return nil // the machine does not know; a kernel would
		}
		if t.failed(i) && first < 0 {
			first = i
		}
	}
	if first < 0 && !d.chance(1, 6) || first >= 0 && t.Results[first].Why == nil {
		return nil
	}
	part := Part{Interaction: ByMatch, Domain: OfErrnos}
	numbered := ""
	for i, st := range t.Steps {
		text := callText(st.Text)
		numbered += itoa(i+1) + ". " + text + "\n"
		part.Options = append(
			part.Options,
			Option{Text: same(itoa(i+1) + ". " + text), Also: []string{itoa(i + 1), "call " + itoa(i+1)}},
		)
	}
	part.Options = append(part.Options, Option{Text: say("call.none"), Also: []string{"ok", "none", "无"}})
	for _, e := range []fsm.Errno{fsm.EADDRINUSE, fsm.EADDRNOTAVAIL, fsm.EINVAL, fsm.EACCES, fsm.ECONNREFUSED} {
		part.Options = append(part.Options, Option{Text: same(string(e))})
	}
	call, errno := "none", "none"
	if first >= 0 {
		call, errno = part.Options[first].Text.En, t.at(first)
	}
	part.Fields = []Field{
		{ID: "call", Label: say("call.first"), Kind: "option", Key: call},
		{ID: "errno", Label: same("errno"), Kind: "option", Key: errno},
	}
	part.missCalls(t, first)
	part.Options = letters(part.Options)
	part.keyByText()
	it := &Item{
		System: "linux", Text: say("call.ask", "port", s.port), Stimulus: same(numbered), about: s.about(), rules: callRules(t),
		Hints: []Text{hint("calls"), say("hint.call", "n", max(1, first))}, Parts: []Part{part},
	}
	it.Bare = it.Text
	it.because(t, max(first, 0))
	if first < 0 {
		it.Rule, it.Why, it.Source = "nothing-in-the-way", say("call.all"),
			"inet_csk_get_port, net/ipv4/inet_connection_sock.c"
	}
	it.hard = level == 3 && len(lines) > 4
	s.film(it, max(first, 0))
	it.proof = s.script("proof")
	return it
}

func atoi(s string) int {
	n := 0
	for _, r := range s {
		n = 10*n + int(r-'0')
	}
	return n
}

// callText writes a line of a script as a call.
func callText(line string) string {
	for o, w := range optionWords {
		line = strings.ReplaceAll(line, " "+o, " "+w)
	}
	return line
}

// callRules are the distinct rules by which calls were refused or let in.
func callRules(t *take) []string {
	rules := []string{"sockets API"}
	for i := range t.Results {
		if w := t.Results[i].Why; w != nil && w.Rule != "bind-free" && w.Rule != "connect-waits" {
			rules = append(rules, w.Rule)
		}
	}
	return rules[min(1, len(rules)-1):]
}

// missCalls says what misconceptions make of it: that only bind fails, and that a taken five-tuple
// is an address in use.
func (p *Part) missCalls(t *take, first int) {
	call, errno := &p.Fields[0], &p.Fields[1]
	for i := range t.Steps {
		if i == first {
			continue
		}
		f := say("call.passes")
		if i < len(t.Results) && t.failed(i) {
			f = say("call.later")
		}
		call.Wrong = append(call.Wrong, Miss{p.Options[i].Text.En, "", f})
	}
	if errno.Key == string(fsm.EADDRNOTAVAIL) {
		errno.Wrong = append(errno.Wrong, Miss{string(fsm.EADDRINUSE), "", say("call.errno")})
	}
	if errno.Key == string(fsm.EADDRINUSE) {
		errno.Wrong = append(errno.Wrong, Miss{string(fsm.EADDRNOTAVAIL), "", say("call.errno")})
		if first >= 0 && t.Steps[first].Cmd.Verb == "listen" {
			call.Wrong = append([]Miss{{"none", "reuse-everything", wouldIf("reuse-everything")}}, call.Wrong...)
		}
	}
}
