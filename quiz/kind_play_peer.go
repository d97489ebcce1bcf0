package quiz

import (
	"slices"
	"strings"

	"fourwave/fsm"
)

// play-the-peer: you are the client; segments that bring the server's end to a state.

// moves are the segments to choose from: id, segment, further spelling.
var moves = [][3]string{
	{"ack", "ACK seq=nxt ack=nxt", "ack"},
	{"ack-una", "ACK seq=nxt ack=una", ""},
	{"fin", "FIN+ACK seq=nxt ack=nxt", "fin+ack"},
	{"fin-una", "FIN+ACK seq=nxt ack=una", ""},
	{"rst", "RST seq=nxt", "rst"},
	{"rst-window", "RST seq=nxt+100", ""},
	{"syn", "SYN seq=nxt+100", "syn"},
	{"data", "ACK seq=nxt ack=nxt len=10", "psh+ack"},
}

func makePlayPeer(d draw, level int) *Item {
	s := newScene(d)
	s.open("")
	s.tell(say("peer.open", "port", s.port))
	n := 10 * (1 + d.below(140))
	sent := d.chance(1, 2)
	if sent {
		s.add("+0 wire hold client")
		s.add("+0 server send a %d", n)
		s.tell(say("peer.sent", "n", n))
	}
	if n2 := 10 * (1 + d.below(60)); d.chance(1, 2) && !sent {
		s.add("+0 client send c %d", n2)
		s.add("+50ms server recv a")
		s.tell(say("peer.read", "n", n2))
	}
	g := &Goal{}
	switch d.below(3) {
	case 0:
		if !sent {
			s.add("+0 wire hold client")
		}
		s.add("+0 server %s", one(d, []string{"shutdown a wr", "close a"}))
		s.tell(say("peer.closed"))
	case 1:
		g.Closes = true
		s.tell(say("peer.closes"))
	}
	s.add("+0 wire hold server")
	g.Setup = s.lines
	options := []Option{}
	forbidden := map[string]bool{}
	if level > 1 {
		forbidden["rst"] = true
	}
	if level == 3 { // the direct ways are not to be had
		forbidden[one(d, []string{"fin", "fin-una"})] = true
		forbidden["rst-window"] = d.chance(1, 2)
	}
	for _, m := range moves {
		if !forbidden[m[0]] {
			options = append(options, Option{Text: say("move." + m[0]), Also: also(m), Feedback: say("would.none")})
		}
	}
	shuffle(d, options)
	letters(options)
	var targets []string
	found := g.ways(options, min(level, 2))
	for state, way := range found {
		if len(way) == 1 && level < 3 || len(way) == 2 {
			targets = append(targets, state)
		}
	}
	slices.Sort(targets)
	if len(targets) == 0 {
		return nil
	}
	g.Target = one(d, targets)
	best := found[g.Target]
	g.MaxSteps = len(best)
	g.Goals = []string{"goal server state " + g.Target}
	g.Example = append(g.Example, best...)
	part := Part{Interaction: BySteps, Options: options, Goal: g}
	var words []Text
	for _, id := range best {
		words = append(words, Text{En: id + ") " + part.option(id).Text.En, Zh: id + ") " + part.option(id).Text.Zh})
	}
	part.Right = list(words)
	_, path := g.walk(options, best)
	it := &Item{
		System: "linux", Text: join(s.words(), say("peer.ask", "target", g.Target, "n", g.MaxSteps)), about: s.about() + g.Target + optionTexts(options), Bare: say("peer.bare", "target", g.Target, "n", g.MaxSteps),
		Rule: "path to " + g.Target, Source: "RFC 9293 §3.10.7", Why: say("peer.why", "path", strings.Join(path, " → ")), Hints: []Text{hint("machine"), say("hint.step", "step", words[0])},
		Parts: []Part{part}, Experiment: "orderly-close",
	}
	it.rules = []string{"reach " + g.Target}
	for i := range best[1:] {
		it.rules = append(it.rules, "step "+itoa(i+2))
	}
	if sent {
		it.rules = append(it.rules, "data under way")
	}
	if level > 1 {
		it.rules = append(it.rules, "no reset")
	}
	it.hard = level == 3 && len(best) > 1
	film := &scene{port: s.port, lines: append([]string{}, s.lines...)}
	for _, id := range best {
		film.add("+600ms wire forge client c %s", segmentOf(*part.option(id)))
	}
	end := film.add("+0 server state a")
	film.film(it, end)
	if !g.Closes {
		it.proof = film.script("proof")
	}
	return it
}

func also(m [3]string) []string {
	out := []string{"=" + m[1], m[0]}
	if m[2] != "" {
		out = append(out, m[2])
	}
	return out
}

// place is where the server's end is after some segments.
type place struct {
	lines  []string
	way    []string // ids of the segments
	state  string
	closed bool
}

// ways finds a shortest way of at most limit segments to each state that can be reached.
func (g *Goal) ways(options []Option, limit int) map[string][]string {
	start := place{lines: g.Setup, state: stateAfter(g.Setup)}
	found := map[string][]string{start.state: nil}
	here := []place{start}
	for range limit {
		var next []place
		for _, p := range here {
			for _, o := range options {
				q := place{way: append(slices.Clone(p.way), o.ID), closed: p.closed}
				q.lines = append(slices.Clone(p.lines), "+600ms wire forge client c "+segmentOf(o))
				q.state = stateAfter(q.lines)
				note := func() {
					if _, ok := found[q.state]; !ok {
						found[q.state] = q.way
					}
				}
				if note(); q.state == "CLOSE-WAIT" && g.Closes && !q.closed {
					q.closed, q.lines = true, append(q.lines, "+0 server close a")
					q.state = stateAfter(q.lines)
					note()
				}
				if q.state != p.state && q.state != "CLOSED" {
					next = append(next, q)
				}
			}
		}
		here = next
	}
	return found
}

// stateAfter is the state of the server's end after lines.
func stateAfter(lines []string) string {
	t, ok := playText("# q\n\n" + strings.Join(lines, "\n") + "\n+0 server state a\n")
	if !ok {
		return string(fsm.Closed)
	}
	return t.at(len(t.Results) - 1)
}
