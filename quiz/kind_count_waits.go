package quiz

import (
	"strings"
)

// count-waits: several connections and who closes them; the sockets in TIME-WAIT on each host.

func makeCountWaits(d draw, level int) *Item {
	s := newScene(d)
	buckets := level == 3 && d.chance(1, 2)
	limit := 1 + d.below(3)
	if buckets {
		s.add("+0 server sysctl tcp_max_tw_buckets %d", limit)
		s.hard = true
	}
	s.add("+0 server bind l :%s", s.port)
	s.add("+0 server listen l 64")
	groups := []string{"server", "client"}
	switch level {
	case 1:
		groups = groups[d.below(2):][:1]
	case 3:
		groups = append(groups, "abort", "open")
	}
	s.tell(say("count.open", "port", s.port))
	n := 0
	var told []Text
	for _, g := range groups {
		k := 1 + d.below(4)
		key := "count." + g
		if g == "open" {
			key = "count.open2"
		}
		told = append(told, say(key, "n", k))
		s.rule("close by " + g)
		for range k {
			n++
			s.add("+0 client connect c%d server:%s", n, s.port)
			s.add("+0 server accept l as a%d", n)
			switch g {
			case "server":
				s.add("+0 server close a%d", n)
				s.add("+10ms client close c%d", n)
			case "client":
				s.add("+0 client close c%d", n)
				s.add("+10ms server close a%d", n)
			case "abort":
				s.add("+0 %s abort %s%d", one(d, []string{"server", "client"}), "X", n)
				last := &s.lines[len(s.lines)-1]
				*last = strings.Replace(
					*last, "X", map[bool]string{true: "a", false: "c"}[strings.Contains(*last, "server")], 1,
				)
			}
		}
	}
	s.tell(list(told))
	s.told[len(s.told)-1].En += "."
	s.told[len(s.told)-1].Zh += "。"
	if buckets {
		s.tell(say("count.buckets", "n", limit))
		s.rule("tcp_max_tw_buckets")
	}
	listener := d.chance(1, 2)
	if listener {
		s.add("+0 server close l")
		s.tell(say("count.listener"))
	}
	gap := one(d, []string{"1s", "2s", "3s", "5s", "10s", "20s"})
	if level > 1 && d.chance(1, 8) {
		gap = "65s"
	}
	at := s.add("+%s server sockets", gap)
	other := s.add("+0 client sockets")
	t := s.play(linux)
	if t.failedBefore(at) {
		return nil
	}
	server, client := t.count(at, "TIME-WAIT"), t.count(other, "TIME-WAIT")
	if server == client {
		return nil
	}
	it := &Item{
		System: "linux", Text: join(s.words(), say("count.ask", "gap", span(gap))), Bare: say("count.bare"), Script: s.script(say("count.bare").En), about: s.about(), rules: s.rules, hard: s.hard || level == 3 && n > 3,
		Rule: "first-fin-waits", Source: "RFC 9293 §3.6", Why: say("count.why", "server", server, "client", client), Experiment: "client-closes-first",
		Hints: []Text{hint("close"), say("hint.count")},
	}
	if buckets {
		it.Experiment = "max-tw-buckets"
	}
	s.film(it, at)
	f := func(host string, key, theirs int) Field {
		f := Field{ID: host, Label: say(host), Key: itoa(key), Kind: "number"}
		for _, m := range []struct {
			v    int
			myth string
		}{{theirs, "last-closer-waits"}, {server + client, "both-wait"}, {key + 1, "listener-waits"}, {0, "tw-gone-with-process"}} {
			if m.v != key {
				f.Wrong = append(f.Wrong, Miss{itoa(m.v), m.myth, wouldIf(m.myth)})
			}
		}
		return f
	}
	it.Parts = []Part{
		{Interaction: ByFields, Fields: []Field{f("server", server, client), f("client", client, server)}},
	}
	it.proof = s.script("proof")
	return it
}
