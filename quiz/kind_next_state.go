package quiz

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"fourwave/fsm"
)

// next-state: a state, one event or two, and a system; the state that follows and, at level 2 and
// 3, what is sent.

// step is an event that is asked about in a state, with the row that it takes.
type step struct {
	asked
	row fsm.Row
}

// stepsFrom are the events asked about in a state under a profile.
func stepsFrom(p *fsm.Profile, from fsm.State) []step {
	var out []step
	for _, q := range questions {
		if row, err := p.Step(from, q.event); slices.Contains(q.in, from) && err == nil {
			out = append(out, step{q, row})
		}
	}
	return out
}

// steps of every state and both systems.
var everyStep = sync.OnceValue(func() map[string][]step {
	all := map[string][]step{}
	for _, p := range []*fsm.Profile{fsm.Linux, fsm.RFC9293} {
		for _, s := range fsm.States {
			all[p.Name] = append(all[p.Name], stepsFrom(p, s)...)
		}
	}
	return all
})

// drawStep draws a step whose state that follows, and what is sent, are not to be guessed from the
// question: that it stays and CLOSED are right in a quarter each, and so is each thing to send.
func drawStep(d draw, system string) (step, bool) {
	to, sent := d.below(4), one(d, []string{"ACK", "RST", "nothing", "other"})
	opening := d.chance(1, 10)
	var fit []step
	for _, st := range everyStep()[system] {
		stays, closed := st.row.To == st.row.From, st.row.To == fsm.Closed
		got := sentBy(st.row.Do)
		if got != "ACK" && got != "RST" && got != "nothing" {
			got = "other"
		}
		if slices.Contains(openingStates, st.row.From) == opening &&
			(to == 0 && stays || to == 1 && closed || to > 1 && !stays && !closed) &&
			got == sent {
			fit = append(fit, st)
		}
	}
	if len(fit) == 0 {
		return step{}, false
	}
	return one(d, fit), true
}

func makeNextState(d draw, level int) *Item {
	system := one(d, []string{"linux", "rfc9293"})
	p := fsm.ProfileByName(system)
	last, ok := drawStep(d, system)
	if !ok {
		return nil
	}
	from, steps, n := last.row.From, []step{last}, 1
	if level == 3 { // a step before, that leads to its state from another one
		var before []step
		for _, st := range everyStep()[system] {
			if st.row.To == from && st.row.From != from {
				before = append(before, st)
			}
		}
		if len(before) == 0 {
			return nil
		}
		first := one(d, before)
		from, steps, n = first.row.From, []step{first, last}, 2
	}
	it := nextStateItem(d, system, from, steps)
	if it == nil {
		return nil
	}
	options, ok := nextStateOptions(d, p, last)
	it.Parts = []Part{{Interaction: ByChoice, Domain: OfStates, Options: options}}
	if level > 1 {
		sent, ok2 := sentOptions(d, last)
		it.rules, ok = append(it.rules, "what is sent"), ok && ok2
		it.Parts[0].Ask, it.Parts[0].Max = say("next.q1"), .5
		it.Parts = append(it.Parts, Part{Interaction: ByChoice, Ask: say("next.q2"), Max: .5, Options: sent})
	}
	if strings.Contains(string(last.event), "window") || strings.Contains(string(last.event), "unsent") ||
		last.event == fsm.RcvSYN {
		it.rules = append(it.rules, "window check")
	}
	if it.hard = n == 2; !ok || it.Film == "" {
		return nil
	}
	it.strike()
	return it
}

func nextStateItem(d draw, system string, from fsm.State, steps []step) *Item {
	last := steps[len(steps)-1]
	why := whyRow(last.row)
	text := say("next.situation", "from", from)
	var events []fsm.Event
	about := system + " " + string(from)
	for i, st := range steps {
		key := []string{"next.first", "next.then"}[i]
		if len(steps) == 1 {
			key = "next.event"
		}
		text = join(text, say(key, "event", fromLab(st.text)))
		events = append(events, st.event)
		about += ", " + string(st.event)
	}
	ask := "next.ask." + system
	if strings.HasPrefix(last.row.Section, "RFC 1122") {
		ask = "next.ask.should"
	}
	it := &Item{
		System: system, Text: join(text, say(ask)), Rule: fmt.Sprintf("%s: %s", last.row.From, last.event), Source: why.Source,
		Why: why.Text, Experiment: evidence().ofRow(last.row), about: about, rules: []string{"row"}, Hints: []Text{hint("machine")},
	}
	if len(steps) == 2 {
		it.rules = append(it.rules, "second row")
		it.Hints = append(it.Hints, say("hint.after", "state", steps[0].row.To))
	}
	if len(strings.Fields(it.Text.En)) > longStem {
		return nil
	}
	s, _, at, ok := enacted(d, from, events, last.row.To)
	if it.Bare = it.Text; ok {
		s.film(it, at)
		if system == "linux" {
			it.proof = s.script("proof")
		}
	} else if e, found := findExperiment(it.Experiment); found {
		it.Film, it.FilmLine = e, 1
	}
	return it
}

// nextStateOptions are four states: where misconceptions lead, that nothing changes, where this
// event leads from elsewhere, and where others lead from here.
func nextStateOptions(d draw, p *fsm.Profile, last step) ([]Option, bool) {
	var wrong []candidate
	add := func(s fsm.State) {
		if s != last.row.To {
			wrong = append(
				wrong,
				candidate{
					text: stateText(s), myth: stateMyth(last.row.From, last.event, string(s)),
					feedback: wouldLead(last.row.From, string(s)),
				},
			)
		}
	}
	for _, s := range fsm.States {
		if stateMyth(last.row.From, last.event, string(s)) != "" {
			add(s)
		}
	}
	add(last.row.From)
	if d.chance(3, 4) {
		add(fsm.Closed)
	}
	var near []fsm.State
	for _, from := range fsm.States {
		if row, err := p.Step(from, last.event); err == nil {
			near = append(near, row.To)
		}
	}
	for _, st := range stepsFrom(p, last.row.From) {
		near = append(near, st.row.To)
	}
	shuffle(d, near)
	for _, s := range append(near, fsm.TimeWait, fsm.CloseWait, fsm.FinWait2, fsm.LastAck) {
		if s != fsm.Listen || last.row.From == fsm.Listen || last.row.From == fsm.SynReceived {
			add(s)
		}
	}
	return choose(
		d, candidate{text: stateText(last.row.To), feedback: wouldLead(last.row.From, string(last.row.To))}, wrong, 4,
	)
}

// sentOptions are what A may send at once.
func sentOptions(d draw, last step) ([]Option, bool) {
	key := sentBy(last.row.Do)
	var wrong []candidate
	all := []string{"ACK", "RST", "FIN", "nothing", "SYN+ACK"}
	myth := map[string]string{"RST": "rst-anywhere"}
	for _, s := range all {
		c := candidate{text: say("sent." + s), feedback: say("sent.would." + s), also: []string{strings.ToLower(s)}}
		if last.event == fsm.RcvSYN && s == "RST" {
			c.myth = "syn-resets"
		}
		if last.event == fsm.RcvRSTInWindow && s == "nothing" {
			c.myth = myth["RST"]
		}
		if strings.HasPrefix(string(last.event), "CLOSE") && s == "nothing" {
			c.myth = "close-is-gone"
		}
		wrong = append(wrong, c)
	}
	shuffle(d, wrong[:4])
	return choose(d, candidate{text: say("sent." + key), also: []string{strings.ToLower(key)}}, wrong, 4)
}

// sentBy is what a row's actions send at once; of an acknowledgment that may wait, too.
func sentBy(do fsm.Action) string {
	switch {
	case do&fsm.SendRST != 0:
		return "RST"
	case do&(fsm.SendFIN) != 0:
		return "FIN"
	case do&fsm.SendSYNACK != 0:
		return "SYN+ACK"
	case do&(fsm.SendACK|fsm.AckText|fsm.Challenge) != 0:
		return "ACK"
	case do&fsm.Retransmit != 0:
		return "again"
	}
	return "nothing"
}
