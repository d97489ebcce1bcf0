package quiz

import (
	"strings"
)

// tuple-again: a client comes back over the five-tuple of an old connection, or a part of it.

func makeTupleAgain(d draw, level int) *Item {
	s := newScene(d)
	s.tell(say("tuple.open"))
	dest, other := s.port, itoa(atoi(s.port)+1)
	if one(d, []int{1, 2, 3}) > 1 && level > 1 {
		v := one(d, []string{"0", "1", "2"})
		s.add("+0 client sysctl tcp_tw_reuse %s", v)
		s.tell(say("tuple.set", "key", "tcp_tw_reuse", "n", v))
		s.rule("tcp_tw_reuse")
	}
	if level == 3 && d.chance(1, 2) {
		s.add("+0 client sysctl tcp_timestamps 0")
		s.add("+0 server sysctl tcp_timestamps 0")
		s.tell(say("tuple.set2", "key", "tcp_timestamps", "n", 0))
		s.hard = true
	}
	ephemeral := d.chance(1, 2)
	s.add("+0 server bind l :%s reuseaddr", dest)
	s.add("+0 server listen l 20")
	s.add("+0 server bind k :%s reuseaddr", other)
	s.add("+0 server listen k 20")
	from, opts := " from :40000", one(d, []string{"", " reuseaddr", " reuseport"})
	if ephemeral {
		s.add("+0 client sysctl ip_local_port_range 40000 40000")
		from, opts = "", ""
		s.tell(say("tuple.range"))
	}
	s.add("+0 client connect c server:%s%s%s", dest, from, opts)
	s.add("+0 server accept l as a")
	s.tell(say("tuple.first", "port", dest, "with", with(strings.Fields(opts))))
	want := wanted(d, 0, []string{"ok", "EADDRINUSE", "EADDRNOTAVAIL"})
	closers := wanted(d, 1, []string{"client", "server", "none", "half"})
	if level == 1 { // a close is a rule more
		closers = "none"
	}
	switch closers {
	case "client":
		s.add("+0 client close c")
		s.add("+100ms server close a")
	case "server":
		s.add("+0 server close a")
		s.add("+100ms client close c")
	case "half":
		s.add("+0 client close c")
	}
	s.tell(say("tuple." + closers))
	age := one(d, []string{"100ms", "300ms", "500ms", "2s", "3s", "5s", "8s", "10s", "30s"})
	to := dest
	if d.chance(1, 3) || want == "ok" && closers == "none" {
		to = other
	}
	again := one(d, []string{opts, opts, opts, " reuseaddr"})
	if ephemeral {
		again = ""
	}
	at := s.add("+%s client connect d server:%s%s%s", age, to, from, again)
	t := s.play(linux)
	result := t.at(at)
	why := t.Results[at].Why
	if t.failedBefore(at) || why == nil && result != "ok" ||
		result != "ok" && result != "EADDRINUSE" && result != "EADDRNOTAVAIL" {
		return nil
	}
	rule := "nothing-in-the-way"
	if why != nil {
		rule = why.Rule
	}
	if _, ok := wordsBind["reason."+rule]; !ok || rule == "linux-bind-both-reuseaddr" ||
		rule == "linux-bind-both-reuseport" ||
		rule == "bind-free" {
		if result != "ok" {
			return nil
		}
		rule = map[bool]string{true: "tuple-free", false: "tuple-differs"}[closers == "server"]
		if closers != "server" && to == dest {
			return nil
		}
	}
	if result != want {
		return nil
	}
	it := &Item{
		System: "linux", Bare: say("tuple.bare"), Script: s.script(say("tuple.bare").En), about: s.about(), hard: s.hard,
		Text: join(s.words(), say("tuple.ask", "gap", span(age), "port", to, "with", with(strings.Fields(again)))),
		Hints: []Text{
			hint("tuple"), say("hint.tuple.state", "state", t.path("client", "c")[len(t.path("client", "c"))-1]),
		},
	}
	it.because(t, at)
	if rule == "tuple-free" || rule == "tuple-differs" {
		it.Rule, it.Why, it.Source = rule, say("reason."+rule), "__inet_check_established, net/ipv4/inet_hashtables.c"
	}
	it.rules = append(s.rules, rule)
	if closers != "none" {
		it.rules = append(it.rules, "TIME-WAIT")
	}
	s.film(it, at)
	var ok1, ok2 bool
	var p1, p2 Part
	p1, ok1 = tupleResult(d, result, to == dest, closers)
	p2, ok2 = tupleReason(d, rule, result, to == dest)
	it.Parts = []Part{p1, p2}
	it.strike()
	it.proof = s.script("proof")
	if !ok1 || !ok2 {
		return nil
	}
	return it
}

func tupleResult(d draw, key string, same5 bool, closers string) (Part, bool) {
	var wrong []candidate
	for _, r := range []string{"ok", "EADDRINUSE", "EADDRNOTAVAIL", "ECONNREFUSED"} {
		c := candidate{
			text: say("tuple.result." + r), feedback: say("tuple.would." + r), also: []string{strings.ToLower(r)},
		}
		if r == "ok" {
			c.also = []string{"yes", "ok"}
		}
		if r != "ok" && key == "ok" && !same5 {
			c.myth, c.feedback = "local-port-unique", wouldIf("local-port-unique")
		}
		if r == "EADDRNOTAVAIL" && key == "ok" && same5 && closers != "none" {
			c.myth, c.feedback = "tw-kills-no-one", wouldIf("tw-kills-no-one")
		}
		wrong = append(wrong, c)
	}
	right := candidate{text: say("tuple.result." + key), also: []string{strings.ToLower(key)}}
	if key == "ok" {
		right.also = []string{"yes", "ok"}
	}
	options, ok := choose(d, right, wrong, 4)
	return Part{Interaction: ByChoice, Domain: OfErrnos, Ask: say("tuple.q1"), Max: .5, Options: options}, ok
}

// tupleReasons are what may decide on a connect; those that mean a success first.
var tupleReasons = []string{
	"tuple-free", "tuple-differs", "connect-timewait-taken", "connect-tuple-taken", "connect-timewait-no-timestamps",
	"connect-tw-reuse-off", "connect-tw-reuse-delay", "connect-port-bound", "linux-bind-no-options",
	"linux-bind-new-lacks-reuseaddr", "linux-bind-old-lacks-reuseaddr", "linux-bind-mixed-options",
}

func tupleReason(d draw, rule, result string, same5 bool) (Part, bool) {
	var wrong []candidate
	for _, r := range tupleReasons {
		if r == "tuple-free" && (rule == "tuple-differs") || r == "tuple-differs" && (rule == "tuple-free" || !same5) ||
			r == "tuple-free" && result == "ok" && rule != "tuple-free" {
			continue
		}
		wrong = append(wrong, candidate{text: say("reason." + r), feedback: say("reason.would")})
	}
	shuffle(d, wrong)
	myths := []candidate{{text: say("reason.local-port-unique"), myth: "local-port-unique"}}
	if rule != "connect-tuple-taken" {
		myths = append(myths, candidate{text: say("reason.tw-kills-no-one"), myth: "tw-kills-no-one"})
	}
	options, ok := choose(d, candidate{text: say("reason." + rule)}, append(myths, wrong...), 4)
	return Part{Interaction: ByChoice, Ask: say("bind.reason"), Max: .5, Options: options}, ok
}
