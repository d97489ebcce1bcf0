package quiz

// order-segments: the segments of a close in some order, with decoys among them; the partial order
// in which a segment comes after what its sender sent or received before.

func makeOrderSegments(d draw, level int) *Item {
	c := drawClosing(d, level, level == 3)
	end := c.add("+3s server state a")
	t := c.play(linux)
	isn := drawISNs(d)
	segs := t.segmentsAfter(isn, 0)
	if c.hard && (!t.lost() || t.hangsOnInstant()) || len(segs) < 3 || len(segs) > 8 {
		return nil
	}
	part := Part{Interaction: ByOrder}
	for _, s := range segs {
		part.Options = append(part.Options, Option{Text: s.text(), Right: true})
	}
	part.Options = append(part.Options, decoysOf(d, segs, c)...)
	if duplicated(part.Options) || len(part.Options) == len(segs) {
		return nil
	}
	for i := range part.Options {
		part.Options[i].ID = "s" + itoa(i+1)
	}
	part.Before = closure(segs)
	part.Right = Text{}
	renumber(d, &part)
	it := &Item{
		System: "linux", Text: join(c.words(), say("order.ask", "c", isn["client"], "s", isn["server"])), Bare: say("order.bare"),
		Script: c.script(say("order.bare").En), about: c.about(), rules: append(t.rulesOf(), c.rules...), hard: c.hard,
		Rule: "happens-before", Source: "RFC 9293 §3.6", Why: say("order.why"), Hints: []Text{hint("close"), say("hint.order", "first", segs[0].text())},
		Parts: []Part{part}, Experiment: "orderly-close",
	}
	c.film(it, end)
	for _, o := range it.Parts[0].Options {
		if !o.Right {
			it.Hints = append(it.Hints, say("hint.decoy", "id", o.ID))
			break
		}
	}
	it.proof = c.scene.script("proof")
	return it
}

// closure is what comes before what, by ids before they are shuffled.
func closure(segs []seen) [][2]string {
	n := len(segs)
	before := make([][]bool, n)
	for i := range before {
		before[i] = make([]bool, n)
		for j := range n {
			before[i][j] = i < j && (segs[i].From == segs[j].From || segs[i].received(segs[j]))
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				before[i][j] = before[i][j] || before[i][k] && before[k][j]
			}
		}
	}
	var out [][2]string
	for i := range n {
		for j := range n {
			if before[i][j] {
				out = append(out, [2]string{"s" + itoa(i+1), "s" + itoa(j+1)})
			}
		}
	}
	return out
}

// renumber shuffles the options and gives them new ids; the key in words keeps one right order.
func renumber(d draw, p *Part) {
	right := make([]string, 0, len(p.Options))
	order := p.Options
	for _, o := range order {
		if o.Right {
			right = append(right, o.ID)
		}
	}
	shuffle(d, order)
	id := map[string]string{}
	for i := range order {
		id[order[i].ID] = "s" + itoa(i+1)
		order[i].ID = "s" + itoa(i+1)
	}
	for i := range p.Before {
		p.Before[i] = [2]string{id[p.Before[i][0]], id[p.Before[i][1]]}
	}
	var words []Text
	for _, r := range right {
		words = append(words, same(id[r]))
	}
	p.Right = list(words)
}

func duplicated(options []Option) bool {
	seen := map[Text]bool{}
	for _, o := range options {
		if seen[o.Text] {
			return true
		}
		seen[o.Text] = true
	}
	return false
}

// decoysOf are one or two segments that a misconception would have on the wire.
func decoysOf(d draw, segs []seen, c *closing) []Option {
	var out []Option
	add := func(s seen, myth string) {
		s.again, s.Fate = false, "arrived"
		out = append(out, Option{Text: s.text(), Myth: myth, Feedback: wouldIf(myth)})
	}
	for i, s := range segs {
		if s.Segment.Flags&1 == 0 { // FIN
			continue
		}
		rst := s
		rst.Segment.Flags, rst.Segment.Len = rstFlag, 0
		add(rst, "exit-resets")
		ack := s
		ack.From, ack.To = s.To, s.From
		ack.Segment.Flags, ack.Segment.Len = ackFlag, 0
		ack.seq, ack.ack = s.ack, s.seq+int64(s.Segment.Len)
		add(ack, "ack-not-plus-one")
		if i+1 < len(segs) && segs[i+1].Segment.Flags&1 != 0 && segs[i+1].From != s.From &&
			!c.crossed { // FIN answered by FIN
			ack.ack++
			add(ack, "four-always")
		}
		break
	}
	shuffle(d, out)
	return out[:min(len(out), 1+d.below(2))]
}
