package quiz

import (
	"fmt"
	"slices"
	"strings"

	"fourwave/fsm"
)

// which-blocks: a socket table and a new socket; the rows that the bind rule refuses it for.

// tableRow is a socket of a table, and what the rule makes of it.
type tableRow struct {
	holding
	other bool // has another port
	why   *fsm.Why
	right bool
	shown string
}

func makeWhichBlocks(d draw, level int) *Item {
	s := newScene(d)
	n := holding{
		name: "n", addr: one(d, []string{"", "server", "127.0.0.1"}),
		opts: one(d, [][]string{nil, {"reuseaddr"}, {"reuseport"}}),
	}
	if level == 3 {
		n.opts = one(d, [][]string{{"reuseaddr"}, {"reuseport"}})
	}
	rows := drawRows(d, n, level)
	right, rules := 0, map[string]bool{}
	for i := range rows {
		if rows[i].judge(n); rows[i].right {
			right++
		}
		if !rows[i].other {
			rules[rows[i].why.Rule] = true
		}
	}
	mixed := rules["linux-bind-mixed-options"]
	if right == 0 || right > 3 || levelOf(slices.Collect(mapKeys(rules)), mixed) != level {
		return nil
	}
	mine, others := s.port, itoa(1000+len(s.port)+d.below(900))
	for i := range rows {
		if s.port = mine; rows[i].other {
			s.port = others
		}
		rows[i].build(s)
	}
	s.port = mine
	look := s.add("+1s server sockets")
	at := s.add("+0 server %s", strings.TrimSpace("bind n "+n.addr+":"+s.port+" "+strings.Join(n.opts, " ")))
	t := s.play(linux)
	if t.failedBefore(at) || !fillRows(rows, t, look) {
		return nil
	}
	part := Part{Interaction: ByChoices}
	for i := range rows {
		part.Options = append(part.Options, rows[i].option())
	}
	if t.at(at) == "ok" {
		return nil
	}
	part.Options = letters(part.Options)
	it := &Item{
		System: "linux", Text: say("which-blocks.ask", "with", with(n.opts), "addr", s.address(n.addr)),
		Stimulus: same(table(part.Options, rows)), about: s.about(), rules: slices.Sorted(mapKeys(rules)),
		Hints: []Text{hint("bind"), say("hint.rows", "n", right)}, Parts: []Part{part},
	}
	it.Bare = it.Text
	it.because(t, at)
	it.hard = mixed
	s.film(it, at)
	it.strike()
	it.proof = s.script("proof")
	return it
}

func mapKeys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// drawRows draws four to eight sockets that can stand beside each other: connections of one
// listener that has gone, and listeners on other addresses or ports.
func drawRows(d draw, n holding, level int) []tableRow {
	var rows []tableRow
	add := func(h holding, other bool) {
		h.name = "s" + itoa(len(rows)+1)
		rows = append(rows, tableRow{holding: h, other: other})
	}
	some := [][]string{nil, {"reuseaddr"}, {"reuseport"}}
	if level == 1 {
		some = [][]string{one(d, some)}
	}
	for range 1 + d.below(2+level) {
		add(
			holding{state: one(d, connections), addr: one(d, []string{"", "server"}), opts: one(d, some)},
			d.chance(1, 4),
		)
	}
	for _, a := range []string{"127.0.0.1", "127.0.0.2", "[::1]"} {
		if d.chance(1, 2) {
			add(holding{state: "LISTEN", addr: a, opts: one(d, some)}, d.chance(1, 3))
		}
	}
	for len(rows) < 4 {
		add(holding{state: one(d, connections), addr: "server", opts: one(d, some)}, true)
	}
	shuffle(d, rows)
	return rows
}

// fillRows writes each row as ss does, with addresses as the run had them.
func fillRows(rows []tableRow, t *take, look int) bool {
	for i := range rows {
		r := &rows[i]
		for _, row := range t.Results[look].Rows {
			if row.Name == r.name {
				options := "-"
				if !r.late && len(r.opts) > 0 {
					options = optionWords[r.opts[0]]
				}
				local, remote := row.Addrs()
				r.shown = fmt.Sprintf("%-11s %-20s %-20s %s", ssState(row.State), local, remote, options)
			}
		}
		if r.shown == "" {
			return false
		}
	}
	return true
}

func ssState(s string) string {
	if s == "ESTABLISHED" {
		return "ESTAB"
	}
	return s
}

// judge asks the bind rule about the row.
func (r *tableRow) judge(n holding) {
	old, _ := r.holder()
	if r.other {
		r.why = &fsm.Why{Rule: "other-port"}
		return
	}
	if r.why = n.newHolder().Refused(old); r.why != nil {
		r.right = true
		return
	}
	r.why = n.newHolder().Admission(old)
}

func (r *tableRow) option() Option {
	o := Option{Text: same(strings.Join(strings.Fields(r.shown), " ")), Right: r.right}
	switch {
	case r.other:
		o.Feedback = say("row.other")
	case r.right:
		o.Feedback = say("row.blocks", "why", r.why.Text)
	default:
		o.Feedback = say("row.free", "why", r.why.Text)
		o.Myth = map[string]string{"linux-bind-other-address": "port-whole", "linux-bind-both-reuseaddr": "reuse-tw-only"}[r.why.Rule]
	}
	return o
}

// table is the socket table with the options' ids.
func table(options []Option, rows []tableRow) string {
	out := fmt.Sprintf("   %-11s %-20s %-20s %s\n", "State", "Local Address:Port", "Peer Address:Port", "Options")
	for i, o := range options {
		out += o.ID + ") " + rows[i].shown + "\n"
	}
	return out
}
