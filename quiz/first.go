package quiz

import (
	"slices"
	"strings"

	"fourwave/fsm"
)

// firstVersion is a question of the first generators as an item. Its token is its own.
func firstVersion(p *problem) *Item {
	it := &Item{
		Kind: p.kind, Version: 1, Seed: p.seed, System: "linux", Text: fromLab(p.text), Script: p.script.En,
		Film: p.script.En, Rule: p.why.Rule, Source: p.why.Source, Why: p.why.Text, Experiment: p.experiment,
		about: p.facts, Hints: []Text{hint("bind")},
	}
	part := Part{Interaction: ByChoice, Domain: OfAnswers}
	if p.kind == NextState {
		part.Domain, it.Hints = OfStates, []Text{hint("machine")}
	}
	for i, c := range p.choices {
		o := Option{ID: c.id, Text: fromLab(c.text), Right: i == p.key, Also: c.also}
		if !o.Right {
			o.Myth, o.Feedback = p.misled(o.Text.En)
		}
		part.Options = append(part.Options, o)
	}
	it.Parts = []Part{part}
	it.seal()
	it.about = p.token()
	return it
}

// misled says what leads to a wrong choice: a misconception, or what would have to be so.
func (p *problem) misled(choice string) (myth string, feedback Text) {
	if p.kind == WillItBind {
		myth := map[string]string{"linux-bind-old-lacks-reuseaddr": "new-suffices", "linux-bind-mixed-options": "port-stronger",
			"linux-bind-listener": "reuse-everything", "linux-bind-both-reuseaddr": "reuse-tw-only", "linux-bind-other-address": "port-whole",
			"linux-bind-no-options": "tw-gone-with-process"}[p.why.Rule]
		if myth == "" {
			return "", say("would.rule", "rule", p.why.Text)
		}
		return myth, wouldIf(myth)
	}
	from, event, _ := strings.Cut(strings.Split(p.facts, "\n")[0], ", ")
	return stateMyth(fsm.State(from), fsm.Event(event), choice), wouldLead(fsm.State(from), choice)
}

// stateMyth is the misconception by which an event in a state leads to a state; "" if none does.
func stateMyth(from fsm.State, event fsm.Event, to string) string {
	closed := to == string(fsm.Closed)
	switch {
	case event == fsm.RcvRSTInWindow && closed && from != fsm.TimeWait:
		return "rst-anywhere"
	case event == fsm.RcvSYN && closed && slices.Contains(synced, from):
		return "syn-resets"
	case event == fsm.UserClose && closed:
		return "close-is-gone"
	case event == fsm.RcvFIN && from == fsm.Established && (closed || to == string(fsm.LastAck) || to == string(fsm.TimeWait)):
		return "fin-both-ways"
	case event == fsm.RcvRST && from == fsm.TimeWait && to == string(fsm.TimeWait):
		return "tw-kills-no-one"
	case event == fsm.RcvACKOfFIN && from == fsm.LastAck && to == string(fsm.TimeWait):
		return "last-closer-waits"
	}
	return ""
}

// wouldLead says what leads from a state to another one, in the words of the events asked about.
func wouldLead(from fsm.State, to string) Text {
	if string(from) == to {
		return say("would.stays")
	}
	for _, q := range questions {
		if row, ok := agreed(from, q); ok && string(row.To) == to {
			return say("would.event", "event", fromLab(q.text))
		}
	}
	return say("would.nothing", "from", from, "to", to)
}
