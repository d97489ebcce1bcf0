package quiz

import (
	"fmt"
	"strings"
	"time"

	"fourwave/fsm"
)

// wrong-line: a trace of a close in which one line was changed so that no run gives it; which one.

// mutation changes a line of a trace; it is "" if it does not apply.
type mutation struct {
	id, myth string
	change   func(segs []seen, i int) bool
}

var mutations = []mutation{
	{
		"ack-minus-one",
		"ack-not-plus-one",
		func(segs []seen, i int) bool { // the ACK of a FIN, where the sender goes on as if it were acknowledged
			for j := range i {
				p := segs[j]
				if p.received(segs[i]) && p.Segment.Flags.Has(fsm.FIN) &&
					segs[i].ack == p.seq+int64(p.Segment.SegLen()) &&
					i == len(segs)-1 {
					segs[i].ack--
					return true
				}
			}
			return false
		},
	},
	{"seq-off", "", func(segs []seen, i int) bool {
		if segs[i].again || i == 0 || segs[i].Segment.Flags.Has(fsm.RST) {
			return false
		}
		segs[i].seq += 7
		return true
	}},
	{"ack-ahead", "", func(segs []seen, i int) bool {
		segs[i].ack += 9
		return segs[i].Segment.Flags.Has(fsm.ACK)
	}},
	{"state-waits", "last-closer-waits", func(segs []seen, i int) bool {
		ok := segs[i].state == "LAST-ACK"
		segs[i].state = "TIME-WAIT"
		return ok
	}},
	{"state-closed", "close-is-gone", func(segs []seen, i int) bool {
		ok := segs[i].state == "FIN-WAIT-1"
		segs[i].state = "CLOSED"
		return ok
	}},
	{"state-last", "fin-both-ways", func(segs []seen, i int) bool {
		ok := segs[i].state == "CLOSE-WAIT" && !segs[i].Segment.Flags.Has(fsm.FIN)
		segs[i].state = "TIME-WAIT"
		return ok
	}},
	{"rst-for-ack", "rst-anywhere", func(segs []seen, i int) bool {
		ok := segs[i].Segment.Len == 0 && segs[i].Segment.Flags == fsm.ACK && i < len(segs)-1
		segs[i].Segment.Flags = fsm.RST | fsm.ACK
		return ok
	}},
}

func makeWrongLine(d draw, level int) *Item {
	c := drawClosing(d, level, level == 3)
	end := c.add("+3s server state a")
	t := c.play(linux)
	isn := drawISNs(d)
	segs := t.segmentsAfter(isn, 0)
	if c.hard && (!t.lost() || t.hangsOnInstant()) || len(segs) < 4 || len(segs) > 9 {
		return nil
	}
	m, i := one(d, mutations), d.below(len(segs))
	truth := segs[i]
	if !m.change(segs, i) {
		return nil
	}
	part := Part{Interaction: ByLine}
	lines := ""
	for j, s := range segs {
		line := traceLine(s, segs[0].Departs)
		lines += fmt.Sprintf("%2d  %s\n", j+1, line)
		o := Option{ID: itoa(j + 1), Text: same(line), Right: j == i, Feedback: say("wrong.other")}
		if j == i {
			o.Myth = ""
		}
		part.Options = append(part.Options, o)
	}
	it := &Item{
		System: "linux", Text: join(c.words(), say("wrong.ask", "c", isn["client"], "s", isn["server"])), Bare: say("wrong.bare"),
		Stimulus: same(lines),
		about:    c.about() + m.id + itoa(i) + fmt.Sprint(isn), rules: append(t.rulesOf(), c.rules...), hard: c.hard,
		Rule: "trace: " + m.id, Source: "RFC 9293 §3.4, §3.6", Why: say("wrong.why", "n", i+1, "line", traceLine(truth, segs[0].Departs)),
		Hints: []Text{hint("numbers"), say("hint.kind", "kind", say("wrong."+m.id))},
		Parts: []Part{part}, Experiment: "orderly-close",
	}
	c.film(it, end)
	it.proof = c.scene.script("proof")
	return it
}

// traceLine is a line of a trace without blanks.
func traceLine(s seen, start time.Duration) string {
	note := ""
	if s.Fate == fsm.Lost {
		note = "  (lost)"
	}
	return strings.TrimRight(
		fmt.Sprintf(
			"%8.3f  %-6s  <SEQ=%d><ACK=%d><CTL=%s>%s  %s%s", (s.Departs-start).Round(time.Millisecond).Seconds(),
			s.From, s.seq, s.ack, strings.Join(s.flags(), ","),
			map[bool]string{true: fmt.Sprintf("<DATA=%d>", s.Segment.Len)}[s.Segment.Len > 0], s.state, note,
		),
		" ",
	)
}
