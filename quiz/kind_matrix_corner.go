package quiz

import (
	"fmt"
	"slices"
	"strings"
)

// matrix-corner: three sockets that have a port by three that want it; four of the nine results.

func makeMatrixCorner(d draw, level int) *Item {
	states := []string{"BOUND", "LISTEN", "TIME-WAIT", "ESTABLISHED", "CLOSE-WAIT"}
	if level == 1 {
		states = states[:2]
	}
	state := one(d, states)
	addrs := []string{"", "server"}
	if state == "BOUND" || state == "LISTEN" {
		addrs = append(addrs, "127.0.0.1", "127.0.0.2")
	}
	some := [][]string{nil, {"reuseaddr"}, {"reuseport"}}
	if level == 1 {
		some = [][]string{nil}
	} else if level == 2 {
		some = [][]string{nil, {"reuseaddr"}}
	}
	newAddrs := []string{"", "server", "127.0.0.1", "127.0.0.2"}
	if level == 3 && d.chance(1, 2) {
		newAddrs = append(newAddrs, "[::]", "[::1]")
	}
	rows, cols := distinct(d, addrs, some), distinct(d, newAddrs, some)
	if rows == nil || cols == nil {
		return nil
	}
	s := newScene(d)
	base := s.port
	var cells [3][3]string
	var rules []string
	var ats [3][3]int
	for i := range 3 {
		for j := range 3 {
			s.port = itoa(10000 + 10*i + j)
			h := rows[i]
			h.state, h.name = state, fmt.Sprintf("o%d%d", i, j)
			h.build(s)
			ats[i][j] = s.add(
				"+0 server %s",
				strings.TrimSpace(
					fmt.Sprintf("bind n%d%d %s:%s %s", i, j, cols[j].addr, s.port, strings.Join(cols[j].opts, " ")),
				),
			)
		}
	}
	s.port = base
	t := s.play(linux)
	for i := range 3 {
		for j := range 3 {
			cells[i][j] = t.at(ats[i][j])
			rules = append(rules, ruleOfBind(t, ats[i][j]))
		}
	}
	part, stimulus, ok := blanks(d, state, rows, cols, cells)
	if !ok {
		return nil
	}
	it := &Item{
		System: "linux", Text: say("matrix.ask", "state", say("state."+state), "port", s.port), Stimulus: stimulus,
		about: fmt.Sprint(state, rows, cols, part.fieldLabels()),
		rules: blankRules(part, rules, len(some) > 1), Hints: []Text{hint("bind"), say("hint.matrix")},
		Parts: []Part{part},
		hard:  slices.Contains(rules, "linux-bind-mixed-options") || strings.Contains(stimulus.En, "["),
	}
	it.Bare = it.Text
	it.because(t, ats[0][0])
	for i := range 3 { // the reason of the first blank
		for j := range 3 {
			if part.Fields[0].ID == cellID(i, j) {
				it.because(t, ats[i][j])
				s.film(it, ats[i][j])
			}
		}
	}
	it.proof = s.script("proof")
	return it
}

func cellID(i, j int) string { return fmt.Sprintf("r%dc%d", i+1, j+1) }

func (p *Part) fieldLabels() string {
	var all []string
	for _, f := range p.Fields {
		all = append(all, f.ID)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// blankRules are the rules that decide on the blanks; without options that is overlap alone.
func blankRules(p Part, rules []string, options bool) []string {
	if !options {
		return []string{"overlap"}
	}
	var out []string
	for i := range 9 {
		if slices.ContainsFunc(p.Fields, func(f Field) bool { return f.ID == cellID(i/3, i%3) }) {
			out = append(out, rules[i])
		}
	}
	return out
}

// distinct draws three sockets that differ; nil if there are not so many.
func distinct(d draw, addrs []string, some [][]string) []holding {
	var out []holding
	for range 30 {
		h := holding{addr: one(d, addrs), opts: one(d, some)}
		if !slices.ContainsFunc(out, func(o holding) bool { return o.addr == h.addr && slices.Equal(o.opts, h.opts) }) {
			if out = append(out, h); len(out) == 3 {
				return out
			}
		}
	}
	return nil
}

// blanks leaves four cells out, two of each result if it can.
func blanks(d draw, state string, rows, cols []holding, cells [3][3]string) (Part, Text, bool) {
	order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}
	shuffle(d, order)
	var chosen []int
	n := map[string]int{}
	for _, k := range order {
		r := cells[k/3][k%3]
		if r != "ok" && r != "EADDRINUSE" {
			return Part{}, Text{}, false
		}
		if n[r] < 2 && len(chosen) < 4 {
			n[r]++
			chosen = append(chosen, k)
		}
	}
	if len(chosen) < 4 {
		return Part{}, Text{}, false
	}
	slices.Sort(chosen)
	part := Part{Interaction: ByFields}
	for _, k := range chosen {
		h := rows[k/3]
		h.state = state
		f := Field{
			ID: cellID(k/3, k%3), Label: same(cellID(k/3, k%3)), Kind: "result", Key: cells[k/3][k%3],
			Choices: []string{"ok", "EADDRINUSE"},
		}
		if m := mythOfBind(h, cols[k%3].newHolder(), f.Key == "ok"); m != "" {
			f.Wrong = []Miss{{map[string]string{"ok": "EADDRINUSE", "EADDRINUSE": "ok"}[f.Key], m, wouldIf(m)}}
		}
		part.Fields = append(part.Fields, f)
	}
	return part, same(drawMatrix(rows, cols, cells, chosen)), true
}

func drawMatrix(rows, cols []holding, cells [3][3]string, hidden []int) string {
	name := func(h holding) string {
		w := asWritten[h.addr]
		if strings.Contains(w, ":") {
			w = "[" + w + "]"
		}
		for _, o := range h.opts {
			w += " " + strings.ToUpper(o[:1]+o[5:6])
		}
		return w
	}
	out := fmt.Sprintf("%-16s", "old \\ new")
	for _, c := range cols {
		out += fmt.Sprintf("  %-14s", name(c))
	}
	for i, r := range rows {
		out += fmt.Sprintf("\n%-16s", name(r))
		for j := range 3 {
			v := cells[i][j]
			if slices.Contains(hidden, 3*i+j) {
				v = cellID(i, j) + " = ?"
			}
			out += fmt.Sprintf("  %-14s", v)
		}
	}
	return out + "\nRA = SO_REUSEADDR, RP = SO_REUSEPORT\n"
}
