package quiz

import (
	"strings"

	"fourwave/fsm"
)

// what-is-sent: a state and a segment made by hand; what the end in that state sends in answer.

// forgeries are segments, by what they test. {n} is a distance in sequence space.
var forgeries = []struct {
	id, line, check string
}{
	{"rst-exact", "RST seq=nxt", "exact RST"},
	{"rst-window", "RST seq=nxt+{n}", "RST in the window"},
	{"rst-below", "RST seq=nxt-{n}", "RST outside the window"},
	{"rst-above", "RST seq=nxt+70{n}", "RST outside the window"},
	{"syn-window", "SYN seq=nxt+{n}", "SYN on a connection"},
	{"syn-below", "SYN seq=nxt-{n}", "SYN on a connection"},
	{"synack", "SYN+ACK seq=nxt+{n} ack=nxt", "SYN on a connection"},
	{"ack-plain", "ACK seq=nxt ack=nxt", "plain ACK"},
	{"ack-unsent", "ACK seq=nxt ack=nxt+{n}", "ACK of unsent data"},
	{"data", "ACK seq=nxt ack=nxt len={n}", "data in order"},
	{"data-ahead", "ACK seq=nxt+{n} ack=nxt len=10", "data beyond a gap"},
	{"data-old", "ACK seq=nxt-{n} ack=nxt len={n}", "old data"},
	{"data-above", "ACK seq=wnd+{n} ack=nxt len=10", "outside the window"},
	{"fin", "FIN+ACK seq=nxt ack=nxt", "FIN"},
	{"fin-old", "FIN+ACK seq=nxt-1 ack=nxt", "old FIN"},
}

func makeWhatIsSent(d draw, level int) *Item {
	states := []fsm.State{fsm.Established, fsm.Closed}
	switch level {
	case 2:
		states = []fsm.State{fsm.FinWait1, fsm.FinWait2, fsm.CloseWait, fsm.Closing, fsm.LastAck}
	case 3:
		states = []fsm.State{fsm.TimeWait, fsm.FinWait2, fsm.TimeWait, fsm.FinWait2, fsm.CloseWait}
	}
	state := one(d, states)
	want := one(d, []string{"ACK", "ACK", "RST", "RST", "silence", "silence", "silence"})
	reset := d.chance(2, 5)
	f := one(d, forgeries)
	if reset != strings.HasPrefix(f.id, "rst") {
		return nil
	}
	n := 100 + d.below(800)
	s := newScene(d)
	s.open("")
	if state == fsm.Closed {
		s.tell(say("sent.closed"))
		s.lines = append(s.lines, "+0 server close l", "+0 server abort a")
	} else {
		s.tell(say("sent.open", "state", state))
	}
	s.rule(f.check)
	if state != fsm.Established && state != fsm.Closed {
		s.rule("answer in " + string(state))
	}
	how := ""
	if level == 3 {
		s.hard = true
		switch {
		case state == fsm.TimeWait && d.chance(1, 2):
			s.add("+0 server sysctl tcp_rfc1337 1")
			how = "sent.rfc1337"
		case state == fsm.FinWait2:
			how = "sent.orphan"
		default:
			how = "sent.nosysctl"
			s.rule("no timestamps")
			s.lines = append(
				[]string{"+0 server sysctl tcp_timestamps 0", "+0 client sysctl tcp_timestamps 0"},
				s.lines...)
		}
		s.tell(say(how))
	}
	for _, l := range reach[state] {
		if how == "sent.orphan" {
			l = strings.Replace(l, "shutdown a wr", "close a", 1)
		}
		s.lines = append(s.lines, l)
	}
	look := s.add("+0 server state a")
	s.add("+0 wire hold server")
	at := s.add("+0 wire forge client c %s", strings.ReplaceAll(f.line, "{n}", itoa(n)))
	after := s.add("+0 server state a")
	t := s.play(linux)
	key := t.at(at)
	if t.at(look) != string(state) || !strings.Contains("|ACK|RST|RST+ACK|silence|", "|"+key+"|") {
		return nil
	}
	if !strings.HasPrefix(key, want) {
		return nil
	}
	s.tell(say("forged."+f.id, "n", n))
	it := &Item{
		System: "linux", Text: join(s.words(), say("sent.ask")), about: s.about(), rules: s.rules, hard: s.hard,
		Rule: f.check, Source: "RFC 9293 §3.10.7.4; RFC 5961 §3 to §5", Hints: []Text{hint("segment"), say("hint.check", "check", say("check."+f.id))},
		Why: say(
			"sent.why", "key", say("sent."+sentName(key)), "state", state, "check", say("check."+f.id), "to",
			t.at(after),
		),
	}
	it.Bare = it.Text
	s.film(it, at)
	sort := key // of answer: a RST is one with or without ACK
	if strings.HasPrefix(key, "RST") {
		sort = "RST"
	}
	var wrong []candidate
	for _, o := range []string{"ACK", "RST", "silence"} {
		c := candidate{text: say("sent." + sentName(o)), feedback: say("sent.would." + sentName(o)), also: spelled(o)}
		switch {
		case strings.HasPrefix(f.id, "rst-window") && o == "silence":
			c.myth = "rst-anywhere"
		case strings.HasPrefix(f.id, "syn") && strings.HasPrefix(o, "RST"):
			c.myth = "syn-resets"
		case state == fsm.TimeWait && o == "silence":
			c.myth = "tw-kills-no-one"
		case state == fsm.TimeWait && o == "RST":
			c.myth = "close-is-gone"
		}
		if o == sort {
			continue
		}
		wrong = append(wrong, c)
	}
	options, ok := choose(d, candidate{text: say("sent." + sentName(sort)), also: spelled(sort)}, wrong, 3)
	if !ok {
		return nil
	}
	it.Parts = []Part{{Interaction: ByChoice, Options: options}}
	it.strike()
	it.proof = s.script("proof")
	return it
}

func sentName(answer string) string {
	if answer == "silence" {
		return "nothing"
	}
	return answer
}

// spelled are the ways to write an answer.
func spelled(answer string) []string {
	also := []string{strings.ToLower(answer), strings.ToLower(sentName(answer))}
	if answer == "RST" {
		also = append(also, "rst+ack", "rst,ack")
	}
	return also
}
