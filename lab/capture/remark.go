package capture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"fourwave/fsm"
	"fourwave/internal/text"
	"fourwave/lab/script"
)

// spot is a place in the story: within a line of the script, or in the delay before it.
type spot struct {
	line  int
	stage int // of the line: inDelay, itself, inLine
	event int // ID
}

const (
	inDelay = iota
	itself
	inLine
)

func (e *Event) spot() spot {
	m := spot{e.Line, inLine, e.ID}
	if e.InDelay {
		m.stage = inDelay
	}
	return m
}

// remark is something that is said of a packet, and its place in the story.
type remark struct {
	spot
	text string
}

// Bounds of what is said: an option of pcapng has at most 65,535 bytes, and a reader of the file
// has a screen.
const (
	maxRemark  = 1000   // characters of one
	maxRemarks = 1000   // of one packet
	maxAbout   = 60_000 // octets of what is said of the whole file
)

// hear takes in the next event of the story.
func (c *captured) hear(e *Event) {
	switch {
	case e.Flight != nil:
		i, known := c.place[e.Flight.ID]
		if !known {
			i = c.hearNew(e)
		}
		c.packets[i].Flight, c.packets[i].arrived = *e.Flight, e.spot()
	case e.Entry != nil:
		if i, ok := c.place[e.Entry.Of]; ok {
			c.packets[i].told = true
		}
		c.say(c.ofEntry(e.Entry), remark{e.spot(), entryText(e.Entry)})
	case e.Step != nil:
		c.hearStep(e)
	}
}

// hearNew takes in a segment that was not heard of before.
func (c *captured) hearNew(e *Event) int {
	i := len(c.packets)
	c.place[e.Flight.ID] = i
	c.packets = append(c.packets, packet{sent: e.spot()})
	if !e.InDelay {
		for _, from := range []string{e.Flight.From, ""} {
			key := turn{e.Line, from}
			if _, ok := c.first[key]; !ok {
				c.first[key] = i
			}
		}
	}
	return i
}

// hearStep says a line with the first packet that its actor sent in it, or else that anybody did,
// or else the one before.
func (c *captured) hearStep(e *Event) {
	s := e.Step
	if !s.Same {
		c.group = 0
	}
	if s.Result == script.NotRun {
		return
	}
	if c.group == 0 {
		c.group = s.Line
	}
	i := len(c.packets) - 1
	for _, from := range []string{"", s.Actor} {
		if first, ok := c.first[turn{c.group, from}]; ok {
			i = first
		}
	}
	text := fmt.Sprintf("line %d: %s %s %s → %s", s.Line, s.When(), s.Actor, s.Text, s.Result)
	c.say(i, remark{spot{c.group, itself, e.ID}, text})
}

// ofEntry is the packet that an entry is said with: the one that arrived, or else the first that it
// sent, or else the one before.
func (c *captured) ofEntry(e *fsm.Entry) int {
	if i, ok := c.place[e.Of]; ok {
		return i
	}
	for _, id := range e.Flights {
		if i, ok := c.place[id]; ok {
			return i
		}
	}
	return len(c.packets) - 1
}

// say adds a remark to a packet; -1 is before the first.
func (c *captured) say(i int, r remark) {
	if i < 0 {
		c.early = append(c.early, r)
		return
	}
	c.packets[i].remarks = append(c.packets[i].remarks, r)
}

// finish says what became of each packet, and puts all remarks in the order of the story.
func (c *captured) finish() {
	if len(c.packets) > 0 {
		c.packets[0].remarks = append(c.packets[0].remarks, c.early...)
	} else {
		c.about = append(c.about, inOrder(c.early)...)
	}
	for i := range c.packets {
		p := &c.packets[i]
		p.sayFate()
		p.remarks = inOrder(p.remarks)
	}
}

func inOrder(remarks []remark) []remark {
	slices.SortStableFunc(remarks, func(a, b remark) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.stage, b.stage), cmp.Compare(a.event, b.event))
	})
	return remarks
}

func entryText(e *fsm.Entry) string {
	who := e.Host
	if e.Socket != "" {
		who += " " + e.Socket
	}
	state := string(e.From)
	if e.From != e.To {
		state += " → " + string(e.To)
	}
	text := fmt.Sprintf("%s: %s (%s) at %.3f", who, state, e.Event, e.At.Seconds())
	if e.Note != "" {
		text += ", " + e.Note
	}
	return text
}

// sayFate says what befell a packet.
func (p *packet) sayFate() {
	say := func(m spot, text string) { p.remarks = append(p.remarks, remark{m, text}) }
	if p.Forged {
		say(p.sent, "made by hand, as if "+p.From+" had sent it")
	}
	if p.Fate == fsm.Lost {
		say(p.sent, "lost on the wire: "+strings.TrimSuffix(p.Note, " on the wire"))
		return
	}
	if p.Note != "" {
		say(p.sent, p.Note)
	}
	switch {
	case p.Fate == fsm.Held:
		say(p.sent, "held on the wire")
	case p.Fate == fsm.UnderWay:
		say(p.sent, "still under way")
	case !p.told && p.From != p.To:
		say(p.arrived, fmt.Sprintf("arrived at %.3f", p.Arrives.Seconds()))
	}
}

// texts are the remarks as comments of one packet.
func texts(remarks []remark) []string {
	more := len(remarks) - maxRemarks
	if more > 0 {
		remarks = remarks[:maxRemarks]
	}
	out := make([]string, 0, len(remarks)+1)
	for _, r := range remarks {
		out = append(out, text.Clip(r.text, maxRemark+1))
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}

// joined are the remarks as one comment, each on a line of its own.
func joined(remarks []remark) string {
	text := strings.Join(texts(remarks), "\n")
	if len(text) > maxAbout {
		text = strings.ToValidUTF8(text[:maxAbout], "") + "…"
	}
	return text
}
