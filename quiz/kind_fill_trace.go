package quiz

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fourwave/fsm"
)

const (
	rstFlag = fsm.RST | fsm.ACK
	ackFlag = fsm.ACK
)

// fill-trace: a trace of a close with blanks for numbers, flags and states.

// cell is a place in a trace that may be blank.
type cell struct {
	row           int
	column        string // "SEQ", "ACK", "CTL", "state"
	key, kind     string
	wrong, myth   string
	by            int64
	followsInRow  int
	followsColumn string
}

func makeFillTrace(d draw, level int) *Item {
	c := drawClosing(d, level, level == 3)
	if c.one && d.chance(1, 2) {
		return nil
	}
	end := c.add("+3s server state a")
	t := c.play(linux)
	isn := drawISNs(d)
	segs := t.segmentsAfter(isn, 0)
	if c.hard && (!t.lost() || t.hangsOnInstant()) || len(segs) < 3 || len(segs) > 9 {
		return nil
	}
	cells := cellsOf(segs)
	shuffle(d, cells)
	chosen := cells[:min(len(cells), 1+level+d.below(2))]
	slices.SortFunc(chosen, func(a, b cell) int { return 10*(a.row-b.row) + strings.Compare(a.column, b.column) })
	part := Part{Interaction: ByFields}
	name := map[string]string{}
	for i, x := range chosen {
		name[fmt.Sprint(x.row, x.column)] = "f" + itoa(i+1)
	}
	for i, x := range chosen {
		f := Field{ID: "f" + itoa(i+1), Label: same("f" + itoa(i+1)), Key: x.key, Kind: x.kind}
		if x.wrong != "" {
			f.Wrong = []Miss{{x.wrong, x.myth, wouldIf(x.myth)}}
		}
		if from := name[fmt.Sprint(x.followsInRow, x.followsColumn)]; from != "" && x.followsColumn != "" {
			f.Follows, f.FollowBy = from, x.by
		}
		part.Fields = append(part.Fields, f)
	}
	it := &Item{
		System: "linux", Text: join(c.words(), say("fill.ask", "c", isn["client"], "s", isn["server"])), Bare: say("fill.bare"),
		Stimulus: same(drawTrace(segs, name)),
		about:    c.about() + fmt.Sprint(isn, name), rules: append(t.rulesOf(), c.rules...), hard: c.hard,
		Rule: "sequence-numbers", Source: "RFC 9293 §3.4", Why: say("fill.why"), Hints: []Text{hint("numbers"), say("hint.isn", "c", isn["client"]+1, "s", isn["server"]+1)},
		Parts: []Part{part}, Experiment: "orderly-close",
	}
	c.film(it, end)
	it.proof = c.scene.script("proof")
	return it
}

// cellsOf are the places that may be left blank, with their keys.
func cellsOf(segs []seen) []cell {
	var out []cell
	for i, s := range segs {
		seq := cell{row: i, column: "SEQ", key: fmt.Sprint(s.seq), kind: "number"}
		ack := cell{row: i, column: "ACK", key: fmt.Sprint(s.ack), kind: "number"}
		for j := i - 1; j >= 0; j-- { // what the numbers are counted from
			p := segs[j]
			if p.From == s.From && seq.followsColumn == "" && !s.again {
				seq.followsInRow, seq.followsColumn, seq.by = j, "SEQ", s.seq-p.seq
				if p.Segment.Flags.Has(fsm.FIN) && s.seq == p.seq+int64(p.Segment.SegLen()) {
					seq.wrong, seq.myth = fmt.Sprint(s.seq-1), "ack-not-plus-one"
				}
			}
			if p.To == s.From && p.received(s) && ack.followsColumn == "" {
				ack.followsInRow, ack.followsColumn, ack.by = j, "SEQ", s.ack-p.seq
				if p.Segment.Flags.Has(fsm.FIN) && s.ack == p.seq+int64(p.Segment.SegLen()) {
					ack.wrong, ack.myth = fmt.Sprint(s.ack-1), "ack-not-plus-one"
				}
			}
		}
		out = append(out, seq)
		if s.Segment.Flags.Has(fsm.ACK) {
			out = append(out, ack)
		}
		if s.state != "" && i > 0 {
			out = append(out, cell{row: i, column: "state", key: s.state, kind: "state"})
		}
		if s.Segment.Len == 0 && !s.Segment.Flags.Has(fsm.RST) {
			out = append(out, cell{row: i, column: "CTL", key: strings.Join(s.flags(), "+"), kind: "flags"})
		}
	}
	return out
}

// drawTrace writes the trace with the names of its blanks.
func drawTrace(segs []seen, name map[string]string) string {
	put := func(row int, column, value string) string {
		if f := name[fmt.Sprint(row, column)]; f != "" {
			return "[" + f + "]"
		}
		return value
	}
	out := fmt.Sprintf(
		"%2s  %8s  %-6s  %6s  %6s  %-8s  %4s  %s\n", "", "time", "from", "SEQ", "ACK", "CTL", "LEN",
		"sender's state then",
	)
	start := segs[0].Departs
	for i, s := range segs {
		note := ""
		if s.Fate == fsm.Lost {
			note = "  (lost)"
		}
		ack := "-"
		if s.Segment.Flags.Has(fsm.ACK) {
			ack = fmt.Sprint(s.ack)
		}
		out += strings.TrimRight(
			fmt.Sprintf(
				"%2d  %8.3f  %-6s  %6s  %6s  %-8s  %4d  %s%s", i+1,
				(s.Departs-start).Round(time.Millisecond).Seconds(), s.From, put(i, "SEQ", fmt.Sprint(s.seq)),
				put(i, "ACK", ack), put(i, "CTL", strings.Join(s.flags(), "+")), s.Segment.Len,
				put(i, "state", s.state), note,
			),
			" ",
		) + "\n"
	}
	return out
}
