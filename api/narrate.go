package api

import (
	"fmt"
	"strings"

	"fourwave/fsm"
	"fourwave/lab"
)

// narrator tells a lab's events in words, each at the line of the script that brought it about.
type narrator struct {
	lang          string
	before, after map[int][]plainSentence // by line: while its delay passed; since it ran
}

// hear takes in the story of a lab with one world.
func (n *narrator) hear(events []lab.Event) {
	for _, e := range events {
		var said string
		switch {
		case e.Entry != nil:
			said = n.entry(e.Entry)
		case e.Flight != nil && (e.Flight.Fate == fsm.Lost || e.Flight.Forged):
			said = n.flight(e.Flight)
		default:
			continue
		}
		where := n.after
		if e.InDelay {
			where = n.before
		}
		where[e.Line] = append(where[e.Line], plainSentence{plainTime(e.At), said})
	}
}

// entry says what happened to one end of a connection, and what that end did.
func (n *narrator) entry(e *fsm.Entry) string {
	who := n.who(e.Host)
	if e.Socket != "" {
		who = fmt.Sprintf(n.say("%s (%s)", "%s（%s）"), who, e.Socket)
	}
	var b strings.Builder
	b.WriteString(fmt.Sprintf(n.say("%s: %s", "%s：%s"), who, e.Event))
	if e.From != e.To {
		fmt.Fprintf(&b, n.say(", from %s to %s", "，从 %s 进入 %s"), e.From, e.To)
	} else {
		fmt.Fprintf(&b, n.say(", stays in %s", "，仍在 %s"), e.To)
	}
	for i, s := range e.Sent {
		if i == 0 {
			b.WriteString(n.say(", sends ", "，发出 "))
		} else {
			b.WriteString(n.say(" and ", " 和 "))
		}
		b.WriteString(s.String())
	}
	if e.Note != "" {
		b.WriteString(n.say("; ", "；") + e.Note)
	}
	return n.end(b.String())
}

// flight says of a segment what no entry says.
func (n *narrator) flight(f *fsm.Flight) string {
	if f.Fate == fsm.Lost {
		return fmt.Sprintf(n.say("%s of %s is lost on the wire.", "%[1]s（由%[2]s发出）在线路上丢失。"), f.Segment, n.who(f.From))
	}
	return fmt.Sprintf(n.say("A forged %s leaves as if %s had sent it.", "伪造的 %s 以%s的名义发出。"), f.Segment, n.who(f.From))
}

func (n *narrator) who(host string) string {
	switch host {
	case "server":
		return n.say("the server", "服务器")
	case "client":
		return n.say("the client", "客户端")
	}
	return host
}

func (n *narrator) say(en, zh string) string { return text{en, zh}.in(n.lang) }

// end makes a sentence of what was said.
func (n *narrator) end(s string) string { return strings.ToUpper(s[:1]) + s[1:] + n.say(".", "。") }
