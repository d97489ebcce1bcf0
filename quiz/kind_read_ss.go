package quiz

import (
	"fmt"
	"math"
	"strings"

	"fourwave/lab/world"
)

// read-ss: the socket tables of both hosts as ss -tano shows them; who closed first, whether the
// server can be started again, and when it can.

func makeReadSS(d draw, level int) *Item {
	s := newScene(d)
	s.add("+0 server bind l :%s", s.port)
	s.add("+0 server listen l 64")
	asked := -1
	var closers []string
	for i := range level {
		s.add("+0 client connect c%d server:%s", i, s.port)
		s.add("+0 server accept l as a%d", i)
	}
	if level == 3 || d.chance(1, 2) {
		n := one(d, []int{10, 20, 30})
		s.add("+0 server sysctl tcp_fin_timeout %d", n)
		s.rule("tcp_fin_timeout")
	}
	for i := range level {
		who := one(d, []string{"server", "client"})
		closers = append(closers, who)
		s.rule("closed by the " + who)
		first, second := fmt.Sprintf("server close a%d", i), fmt.Sprintf("client close c%d", i)
		if who == "client" {
			first, second = second, first
		}
		s.add("+%ds %s", 1+d.below(6), first)
		s.add("+100ms %s", second)
		asked = i
	}
	s.add("+0 server close l")
	wait := 1 + d.below(38)
	look := s.add("+%ds server sockets", wait)
	other := s.add("+0 client sockets")
	at := s.add("+0 server bind n :%s", s.port)
	t := s.play(linux)
	serverRows, clientRows := t.Results[look].Rows, t.Results[other].Rows
	if t.failedBefore(at) || len(serverRows)+len(clientRows) != level {
		return nil
	}
	peerPort, ok := peerOf(t, asked, s.port)
	if !ok {
		return nil
	}
	free := 0.0
	for _, r := range serverRows {
		free = max(free, math.Round(r.Left.Seconds()))
	}
	if closers[asked] == "client" && level == 1 && !d.chance(2, 3) {
		return nil
	}
	it := &Item{
		System: "linux", Text: say("ss.ask", "port", s.port, "peer", peerPort), Stimulus: same(ssTables(serverRows, clientRows)), about: s.about() + itoa(asked), rules: s.rules, hard: level == 3,
		Rule: "time-wait-closed-first", Source: "RFC 9293 §3.6; ss(8)", Experiment: "plain-restart", Hints: []Text{hint("ss"), say("hint.ss.first", "who", who(closers[asked]))},
	}
	it.Why = say("ss.why", "who", who(closers[asked]), "n", formatNumber(free, "s"))
	it.Bare = it.Text
	s.film(it, at)
	result := t.at(at)
	p1 := Part{Interaction: ByMatch, Domain: OfErrnos, Ask: say("ss.q1"), Max: .5, Options: letters([]Option{
		{Text: say("server")},
		{Text: say("client")}, {Text: same("ok"), Also: []string{"yes"}}, {Text: same("EADDRINUSE"), Also: []string{"no"}}})}
	other2 := map[string]string{"server": "client", "client": "server"}[closers[asked]]
	otherResult := map[string]string{"ok": "EADDRINUSE", "EADDRINUSE": "ok"}[result]
	p1.Fields = []Field{
		{
			ID: "first", Label: say("ss.first"), Kind: "option", Key: say(closers[asked]).En,
			Wrong: []Miss{{say(other2).En, "last-closer-waits", wouldIf("last-closer-waits")}},
		},
		{ID: "restart", Label: say("ss.restart"), Kind: "option", Key: result},
	}
	if otherResult == "ok" {
		p1.Fields[1].Wrong = []Miss{{"ok", "tw-gone-with-process", wouldIf("tw-gone-with-process")}}
	} else {
		p1.Fields[1].Wrong = []Miss{{"EADDRINUSE", "both-wait", wouldIf("both-wait")}}
	}
	p1.keyByText()
	p2 := Part{Interaction: ByNumber, Ask: say("ss.q2"), Max: .5, Unit: "s", Tolerance: 1, Key: free}
	for _, r := range append(serverRows, clientRows...) {
		p2.Wrong = append(p2.Wrong, Wrong{Value: math.Round(r.Left.Seconds()), Feedback: say("ss.other")})
	}
	p2.Wrong = append(
		p2.Wrong, Wrong{Value: 0, Myth: "tw-gone-with-process", Feedback: wouldIf("tw-gone-with-process")},
		Wrong{Value: 60, Feedback: say("ss.sixty")}, Wrong{Value: 240, Myth: "tw-240", Feedback: wouldIf("tw-240")},
	)
	p2.prune()
	it.Parts = []Part{p1, p2}
	it.proof = s.script("proof")
	return it
}

// peerOf is the client's port of a connection, from either table.
func peerOf(t *take, conn int, port string) (string, bool) {
	for _, f := range t.Flights {
		if f.From == "client" && f.Segment.Flags.Names()[0] == "SYN" {
			if conn--; conn < 0 {
				return itoa(int(f.Src.Port())), true
			}
		}
	}
	return "", false
}

// ssTables writes rows as ss -tano does.
func ssTables(server, client []world.Row) string {
	out := ""
	for _, host := range []struct {
		name string
		rows []world.Row
	}{{"server", server}, {"client", client}} {
		out += host.name + "$ ss -tano\n" + fmt.Sprintf(
			"%-10s %6s %6s  %-21s %-21s\n", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port",
		)
		for _, r := range host.rows {
			timer := ""
			if r.Timer != "none" && r.Timer != "" {
				timer = fmt.Sprintf("timer:(%s,%.0fsec,0)", r.Timer, r.Left.Seconds())
			}
			local, remote := r.Addrs()
			out += strings.TrimRight(
				fmt.Sprintf("%-10s %6d %6d  %-21s %-21s %s", ssState(r.State), r.RecvQ, r.SendQ, local, remote, timer),
				" ",
			) + "\n"
		}
		out += "\n"
	}
	return out
}
