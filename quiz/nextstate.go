package quiz

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/world"
)

// choicesOf is how many states a question offers.
const choicesOf = 4

// openingStates are asked about one time in ten.
var openingStates = []fsm.State{fsm.Listen, fsm.SynSent, fsm.SynReceived}

// poseNextState draws a state, then one of the states that it can lead to, then an event that
// leads there; drawn by event, most questions would end in CLOSED.
func poseNextState(d draw) (*problem, error) {
	from := one(d, fsm.States[5:])
	if n := d.below(10); n == 0 {
		from = one(d, openingStates)
	} else if n == 1 {
		from = fsm.Established
	}
	var rows []fsm.Row
	var words []lab.Text
	var ends []fsm.State
	for _, q := range questions {
		row, ok := agreed(from, q)
		if !ok {
			continue
		}
		rows, words = append(rows, row), append(words, q.text)
		if !slices.Contains(ends, row.To) {
			ends = append(ends, row.To)
		}
	}
	to := one(d, ends)
	var at []int
	for i, r := range rows {
		if r.To == to {
			at = append(at, i)
		}
	}
	i := one(d, at)
	return nextState(d, rows[i], words[i]), nil
}

// agreed is the arrow that a question is about, if it is asked in that state, and RFC 9293 and
// Linux go the same way.
func agreed(from fsm.State, q asked) (fsm.Row, bool) {
	if !slices.Contains(q.in, from) {
		return fsm.Row{}, false
	}
	row, err := fsm.RFC9293.Step(from, q.event)
	linux, errLinux := fsm.Linux.Step(from, q.event)
	return row, err == nil && errLinux == nil && row.To == linux.To
}

// nextState is the question about an arrow.
func nextState(d draw, row fsm.Row, event lab.Text) *problem {
	p := &problem{
		facts: fmt.Sprintf("%s, %s", row.From, row.Event),
		text: lab.Text{
			En: fmt.Sprintf(
				"End A of a TCP connection with end B is in %s. %s According to RFC 9293, in which state is A next?",
				row.From, event.En,
			),
			Zh: fmt.Sprintf("一个 TCP 连接的两端是 A 和 B，A 处于 %s。%s按照 RFC 9293，A 接下来处于什么状态？", row.From, event.Zh),
		},
		why:        whyRow(row),
		experiment: evidence().ofRow(row),
	}
	for i, s := range stateChoices(d, row) {
		p.choices = append(p.choices, choice{id: string(rune('a' + i)), text: lab.Text{En: string(s), Zh: string(s)}})
		if s == row.To {
			p.key = i
		}
	}
	return p
}

// stateChoices is the right state among others that are plausible: that nothing changes, where
// other events lead from here, where this event leads from elsewhere, and other states of the
// close.
func stateChoices(d draw, row fsm.Row) []fsm.State {
	var near, alike []fsm.State
	for _, r := range firstTable() {
		if r.From == row.From {
			near = append(near, r.To)
		}
		if r.Event == row.Event {
			alike = append(alike, r.To)
		}
	}
	rest := slices.Clone(fsm.States[4:])
	all := []fsm.State{row.To, row.From}
	for _, group := range [][]fsm.State{near, alike, rest} {
		shuffle(d, group)
		all = append(all, group...)
	}
	var out []fsm.State
	for _, s := range all {
		if len(out) < choicesOf && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	shuffle(d, out)
	return out
}

// tableText is fsm.Table as it was when the first tokens were given: state, event and next state of
// each row, in order. Options are drawn from it, so that a row more in the machine changes no
// question.
//
//go:embed table-v1.txt
var tableText string

var firstTable = sync.OnceValue(func() []fsm.Row {
	var rows []fsm.Row
	for line := range strings.Lines(tableText) {
		f := strings.Split(strings.TrimSpace(line), "|")
		rows = append(rows, fsm.Row{From: fsm.State(f[0]), Event: fsm.Event(f[1]), To: fsm.State(f[2])})
	}
	return rows
})

// whyRow explains an arrow by what stands in its row.
func whyRow(row fsm.Row) world.Why {
	en, zh := "A drops the segment and sends nothing", "A 丢弃该报文段，不发送任何内容"
	if row.Do != 0 {
		does, doesZh := tell(row.Do)
		en, zh = "A "+enumerate(does), "A "+strings.Join(doesZh, "，")
	}
	w := world.Why{Rule: fmt.Sprintf("%s: %s", row.From, row.Event), Source: row.Section}
	if !strings.HasPrefix(w.Source, "RFC") {
		w.Source = "RFC 9293 " + w.Source
	}
	if row.To == row.From {
		w.Text = Text{
			En: fmt.Sprintf("in %s this changes no state: %s", row.From, en),
			Zh: fmt.Sprintf("在 %s 状态下，这不改变状态：%s", row.From, zh),
		}
		return w
	}
	w.Text = Text{
		En: fmt.Sprintf("in %s this leads to %s: %s", row.From, row.To, en),
		Zh: fmt.Sprintf("在 %s 状态下，这使状态变为 %s：%s", row.From, row.To, zh),
	}
	return w
}

// tell puts a row's actions into words.
func tell(do fsm.Action) (en, zh []string) {
	if do&fsm.Challenge != 0 {
		do &^= fsm.SendACK // the challenge is that ACK
	}
	names := do.Names()
	for _, d := range deeds {
		if slices.Contains(names, d.action) {
			en, zh = append(en, d.text.En), append(zh, d.text.Zh)
		}
	}
	return en, zh
}

// enumerate joins phrases: "x, y and z".
func enumerate(phrases []string) string {
	last := len(phrases) - 1
	if last == 0 {
		return phrases[0]
	}
	return strings.Join(phrases[:last], ", ") + " and " + phrases[last]
}
