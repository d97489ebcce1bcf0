package quiz

import (
	"strings"
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
	start := "ESTABLISHED"
	switch d.below(3) {
	case 0:
		if !sent {
			s.add("+0 wire hold client")
		}
		s.add("+0 server %s", one(d, []string{"shutdown a wr", "close a"}))
		s.tell(say("peer.closed"))
		start = "FIN-WAIT-1"
	case 1:
		g.Closes = true
		s.tell(say("peer.closes"))
	}
	s.add("+0 wire hold server")
	g.Setup = s.lines
	targets := map[string][]string{"ESTABLISHED": {"CLOSE-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK"}, "FIN-WAIT-1": {"FIN-WAIT-2", "CLOSING", "TIME-WAIT", "CLOSED"}}[start]
	g.Target = one(d, targets)
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
	best := g.shortest(options, min(level, 2))
	if best == nil {
		return nil
	}
	g.MaxSteps = len(best)
	g.Goals = []string{"goal server state " + g.Target}
	for _, id := range best {
		g.Example = append(g.Example, id)
	}
	part := Part{Interaction: BySteps, Options: options, Goal: g}
	var words []Text
	for _, id := range best {
		words = append(words, Text{id + ") " + part.option(id).Text.En, id + ") " + part.option(id).Text.Zh})
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
	t := film.play(linux)
	film.film(it, end)
	if !g.Closes {
		it.Proof = proofOf(film, t, end)
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

// shortest is a shortest way to the target of at most limit segments; nil if there is none.
func (g *Goal) shortest(options []Option, limit int) []string {
	ways := [][]string{nil}
	for range limit {
		var longer [][]string
		for _, w := range ways {
			for _, o := range options {
				way := append(append([]string{}, w...), o.ID)
				n, path := g.walk(options, way)
				if n == len(way) {
					return way
				}
				if last := path[len(path)-1]; n == 0 && last != "CLOSED" && last != path[len(path)-2] {
					longer = append(longer, way)
				}
			}
		}
		ways = longer
	}
	return nil
}
