package quiz

import (
	"slices"

	"fourwave/lab"
)

// myth-or-true: a claim, a misconception or its truth, about a system; whether it is so, and which
// experiment decides it.

// standards are the misconceptions that RFC 9293 answers too.
var standards = []string{
	"tw-240", "last-closer-waits", "both-wait", "close-is-gone", "fin-both-ways", "four-always", "ack-not-plus-one",
	"rst-anywhere", "syn-resets", "exit-resets",
}

func makeMythOrTrue(d draw, level int) *Item {
	system := "linux"
	pool := Myths
	if level == 3 {
		system = one(d, []string{"rfc9293", "freebsd", "macos"})
		pool = nil
		for _, m := range Myths {
			if system == "rfc9293" && slices.Contains(standards, m.ID) || m.holds(system) || m.ID == "new-suffices" {
				pool = append(pool, m)
			}
		}
		if system != "rfc9293" { // what is documented of them is bind; the RFC's answers they share
			for _, m := range Myths {
				if m.ID == "fin-both-ways" || m.ID == "ack-not-plus-one" || m.ID == "both-wait" ||
					m.ID == "last-closer-waits" ||
					m.ID == "close-is-gone" ||
					m.ID == "tw-240" {
					pool = append(pool, m)
				}
			}
		}
	}
	m := one(d, pool)
	myth := d.chance(1, 2)
	if m.holds(system) && !myth || system == "rfc9293" && m.ID == "new-suffices" {
		return nil
	}
	claim := m.Twin
	if myth {
		claim = m.Claim
	}
	truth := !myth || m.holds(system)
	it := &Item{
		System: system, about: system + m.ID + map[bool]string{true: "+", false: "-"}[myth], rules: []string{m.ID}, hard: level == 3,
		Rule: "myth: " + m.ID, Source: "experiment " + m.Refuted, Experiment: m.Refuted, Hints: []Text{hint("claim"), say("hint.topic", "topic", same(m.Topics[0]))},
	}
	it.Why = m.Truth
	if m.holds(system) {
		it.Why = say("myth.holds", "system", say(system), "claim", m.Claim)
	}
	var p1 Part
	if level == 2 {
		n := one(d, Myths)
		second := d.chance(1, 2)
		if n.ID == m.ID {
			return nil
		}
		claim2 := n.Twin
		if second {
			claim2 = n.Claim
		}
		it.about += n.ID + map[bool]string{true: "+", false: "-"}[second]
		it.rules = append(it.rules, n.ID)
		it.Text = say("myth.ask2", "system", say(system), "claim", claim, "claim2", claim2)
		it.Why = Text{En: m.Truth.En + "; " + n.Truth.En, Zh: m.Truth.Zh + "；" + n.Truth.Zh}
		p1 = mythBoth(d, m, n, truth, !second)
	} else {
		it.Text = say("myth.ask", "system", say(system), "claim", claim)
		p1 = mythOne(m, myth, truth)
	}
	it.Bare = it.Text
	p2, ok := mythExperiment(d, &m)
	it.Parts = []Part{p1, p2}
	film, found := findExperiment(m.Refuted)
	if !ok || !found {
		return nil
	}
	it.Film, it.FilmLine = film, 1
	if system == "linux" {
		it.proof = film
	}
	return it
}

func mythOne(m Myth, myth, truth bool) Part {
	p := Part{Interaction: ByChoice, Domain: OfAnswers, Ask: say("myth.q1"), Max: .5, Options: letters([]Option{
		{Text: say("true"), Right: truth, Also: []string{"yes", "true", "真", "对"}},
		{Text: say("false"), Right: !truth, Also: []string{"no", "false", "假", "错"}}})}
	for i := range p.Options {
		if o := &p.Options[i]; !o.Right {
			o.Feedback = say("myth.other")
			if !truth || !myth {
				o.Myth = m.ID
			}
		}
	}
	return p
}

// mythBoth asks which of two claims are true.
func mythBoth(d draw, m, n Myth, first, second bool) Part {
	key := map[[2]bool]string{{true, true}: "both", {true, false}: "first", {false, true}: "second", {false, false}: "neither"}[[2]bool{first, second}]
	var wrong []candidate
	for _, k := range []string{"both", "first", "second", "neither"} {
		c := candidate{text: say("myth." + k), feedback: say("myth.other"), myth: m.ID, also: []string{k}}
		if (k == "both" || k == "first") == first {
			c.myth = n.ID
		}
		wrong = append(wrong, c)
	}
	options, _ := choose(d, candidate{text: say("myth." + key), also: []string{key}}, wrong, 4)
	return Part{Interaction: ByChoice, Ask: say("myth.q1b"), Max: .5, Options: options}
}

// mythExperiment asks which of four experiments tells the claim from its opposite. The others have
// no counterexample to it: those that other misconceptions name first, then any of the library.
func mythExperiment(d draw, m *Myth) (Part, bool) {
	var others, rest []string
	for _, o := range Myths {
		others = append(others, o.Refuted)
	}
	for _, e := range lab.Library() {
		rest = append(rest, e.ID)
	}
	shuffle(d, others)
	shuffle(d, rest)
	title := func(id string) candidate {
		e, ok := lab.FindExperiment(id)
		if !ok {
			return candidate{}
		}
		return candidate{text: fromLab(e.Title), feedback: say("myth.blind"), also: []string{plain(id)}}
	}
	var wrong []candidate
	for _, id := range append(others, rest...) {
		if !refuting()[m.ID][id] {
			wrong = append(wrong, title(id))
		}
	}
	options, ok := choose(d, title(m.Refuted), wrong, 4)
	return Part{Interaction: ByChoice, Ask: say("myth.q2"), Max: .5, Options: options}, ok
}
