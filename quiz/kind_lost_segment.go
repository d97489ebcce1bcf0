package quiz

import (
	"time"

	"fourwave/fsm"
)

// lost-segment: which copies of which segment are lost, and an instant; both states, and how often
// the FIN has been sent by then.

func makeLostSegment(d draw, level int) *Item {
	s := newScene(d)
	s.open("")
	s.tell(say("open", "port", s.port))
	first := one(d, []string{"server", "client"})
	sender, kind := first, "FIN"
	two := level > 1
	if two {
		l := one(d, losses)
		sender, kind = l[0], l[1]
	}
	n := 1
	if level == 3 || d.chance(1, 3) {
		n = 2 + d.below(level)
	}
	if two && d.chance(1, 3) {
		s.exchange(d)
	}
	s.lose(sender, kind, min(n, 4))
	s.hard = level == 3
	s.perform(act{who: first, how: one(d, []string{"close", "exit"}), gap: "100ms"})
	rule := []string{"retransmission"}
	if two {
		s.perform(
			act{
				who: peer(first), how: one(d, []string{"close", "exit"}),
				gap: one(d, []string{"100ms", "300ms", "2s", "3s"}),
			},
		)
		rule = append(rule, "orderly close")
	}
	gap := one(d, []string{"100ms", "150ms", "300ms", "500ms", "1s", "2s", "3s", "5s", "8s", "10s"})
	at, other := s.states(gap)
	t := s.play(linux)
	now := t.Results[at].At
	count, near := finsSent(t, first, now)
	if !t.lost() || near || t.hangsOnInstant() || !valid(t.at(at)) || !valid(t.at(other)) || count == 0 ||
		count == 1 && !d.chance(1, 4) {
		return nil
	}
	it := &Item{
		System: "linux", Text: join(s.words(), say("lost.ask", "gap", span(gap), "who", who(first))), Bare: say("lost.bare", "who", who(first)),
		Script: s.script(say("lost.bare", "who", who(first)).En), about: s.about(), rules: rule, hard: s.hard,
		Rule: "retransmission", Source: "RFC 6298; tcp_retransmit_timer, net/ipv4/tcp_timer.c", Why: join(t.paths()), Experiment: "lost-fin",
		Hints: []Text{hint("lost"), say("hint.fins", "n", count)},
	}
	it.Why = Text{
		En: it.Why.En + "; " + say("lost.why", "who", who(first), "n", count).En,
		Zh: it.Why.Zh + "；" + say("lost.why", "who", who(first), "n", count).Zh,
	}
	s.film(it, at)
	server, client := t.at(at), t.at(other)
	p1 := Part{
		Interaction: ByMatch,
		Domain:      OfStates,
		Ask:         say("lost.q1"),
		Max:         .5,
		Options:     stateOptions(d, server, client),
		Fields: []Field{
			endField("server", server, client), endField("client", client, server)},
	}
	p1.keyByText()
	p2 := Part{Interaction: ByNumber, Ask: say("lost.q2", "who", who(first)), Max: .5, Key: float64(count)}
	for _, v := range []int{1, count - 1, count + 1, count + 2, 0} {
		if v != count && v >= 0 {
			key := "lost.more"
			if v < count {
				key = "lost.fewer"
			}
			p2.Wrong = append(p2.Wrong, Wrong{Value: float64(v), Feedback: say(key)})
		}
	}
	p2.prune()
	it.Parts = []Part{p1, p2}
	it.proof = s.script("proof")
	return it
}

// finsSent counts how often a host has sent its FIN by an instant; near says that one was, or will
// be, sent close to it.
func finsSent(t *take, host string, now time.Duration) (n int, near bool) {
	var start time.Duration
	for _, f := range t.Flights {
		if f.From != host || !f.Segment.Flags.Has(fsm.FIN) {
			continue
		}
		if start == 0 {
			start = f.Departs
		}
		if gap := (now - f.Departs).Abs(); gap < (f.Departs-start)/4+30*time.Millisecond {
			near = true
		}
		if f.Departs <= now {
			n++
		}
	}
	return n, near
}
