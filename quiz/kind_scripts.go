package quiz

import (
	"slices"
	"strings"
)

// order-the-script and write-the-script: a goal, and the lines that reach it.

// task is a goal that a script can reach.
type task struct {
	goals  []string
	lines  []string // an answer, after the four lines that make the connection
	decoys [][3]string
	rules  []string
	hard   bool
}

// drawTask draws a goal and a script that reaches it; P is the port.
func drawTask(d draw, level int) task {
	n := 10 * (1 + d.below(99))
	first := one(d, []string{"server", "client"})
	last := peer(first)
	f, l := socketOf(first), socketOf(last)
	closeF, closeL := first+" close "+f, last+" close "+l
	shut := first + " shutdown " + f + " wr"
	decoys := [][3]string{
		{first + " abort " + f, "exit-resets", "decoy.abort"}, {last + " abort " + l, "exit-resets", "decoy.abort"},
		{first + " shutdown " + f + " rd", "fin-both-ways", "decoy.rd"},
		{last + " shutdown " + l + " rd", "fin-both-ways", "decoy.rd"},
	}
	t := task{decoys: decoys, rules: []string{"orderly close"}}
	switch kind := d.below(3) + 3*(level-1); kind {
	case 0: // who waits
		t.lines, t.goals = []string{closeF, closeL}, []string{
			"goal " + first + " state TIME-WAIT", "goal " + last + " state LAST-ACK", "goal no RST",
		}
	case 1: // half
		t.lines, t.goals = []string{shut}, []string{
			"goal " + first + " state FIN-WAIT-2", "goal " + last + " state CLOSE-WAIT", "goal no RST",
		}
	case 2: // data first
		t.lines = []string{last + " send " + l + " " + itoa(n), first + " recv " + f, closeF}
		t.goals = []string{"goal " + first + " state FIN-WAIT-2", "goal no RST", "goal " + last + " state CLOSE-WAIT"}
	case 3: // data after a half-close
		t.lines = []string{shut, last + " send " + l + " " + itoa(n), first + " recv " + f, closeL}
		t.goals = []string{
			"goal " + first + " state TIME-WAIT", "goal no RST", "goal " + first + " sockets TIME-WAIT 1",
		}
		t.rules = append(t.rules, "half-close")
	case 4: // a restart at once
		t.lines = []string{"client close c", "server close a", "server close l"}
		t.goals = []string{"server bind n :P = ok", "goal client state TIME-WAIT", "goal no RST"}
		t.rules = append(t.rules, "bind")
	case 5: // a restart that fails
		t.lines = []string{"server close l", "server close a", "client close c"}
		t.goals = []string{"server bind n :P = EADDRINUSE", "goal server state TIME-WAIT", "goal no RST"}
		t.rules = append(t.rules, "bind")
	case 6: // no TIME-WAIT at all
		t.lines = []string{
			first + " send " + f + " " + itoa(n), last + " recv " + l, first + " abort " + f, last + " close " + l,
		}
		t.goals = []string{
			"goal server sockets TIME-WAIT 0", "goal client sockets TIME-WAIT 0",
			"goal " + first + " sockets ESTABLISHED 0",
		}
		t.decoys = [][3]string{
			{first + " close " + f, "close-is-gone", "decoy.close"},
			{first + " shutdown " + f + " wr", "fin-both-ways", "decoy.rd"},
		}
		t.hard = true
	case 7: // data both ways, then the client waits
		t.lines = []string{
			"client send c " + itoa(n), "server recv a", "server send a " + itoa(n+10), "client recv c",
			"client close c", "server close a",
		}
		t.goals = []string{"goal client sockets TIME-WAIT 1", "goal server sockets TIME-WAIT 0", "goal no RST"}
		t.hard = true
	default: // unread data resets
		t.lines = []string{last + " send " + l + " " + itoa(n), first + " close " + f}
		t.goals = []string{
			"goal " + first + " sockets TIME-WAIT 0", "goal " + last + " state CLOSED",
			"goal " + first + " state CLOSED",
		}
		t.decoys = [][3]string{
			{first + " recv " + f, "exit-resets", "decoy.recv"},
			{last + " shutdown " + l + " wr", "fin-both-ways", "decoy.rd"},
		}
		t.hard = true
	}
	return t
}

// fit puts the port in.
func (t *task) fit(port string) {
	for i := range t.goals {
		t.goals[i] = strings.ReplaceAll(t.goals[i], ":P", ":"+port)
	}
}

func makeOrderScript(d draw, level int) *Item {
	t := drawTask(d, level)
	s := newScene(d)
	t.fit(s.port)
	opening := []string{
		"server bind l :" + s.port, "server listen l 20", "client connect c server:" + s.port, "server accept l as a",
	}
	lines := slices.Concat(opening, t.lines)
	part := Part{Interaction: ByOrder, Goal: &Goal{Goals: t.goals}}
	for _, l := range lines {
		part.Options = append(part.Options, Option{Text: same(l), Right: true})
	}
	shuffle(d, t.decoys)
	for _, x := range t.decoys[:2] {
		part.Options = append(part.Options, Option{Text: same(x[0]), Myth: x[1], Feedback: say(x[2])})
	}
	if duplicated(part.Options) {
		return nil
	}
	for i := range part.Options {
		part.Options[i].ID = "s" + itoa(i+1)
	}
	renumber(d, &part)
	it := taskItem(d, s, t, lines, "script.order")
	if it == nil {
		return nil
	}
	part.Goal.Example = lines
	it.Parts = []Part{part}
	it.Hints = append(it.Hints, say("hint.decoy", "id", part.decoy()))
	return it
}

func (p *Part) decoy() string {
	for _, o := range p.Options {
		if !o.Right {
			return o.ID
		}
	}
	return ""
}

func makeWriteScript(d draw, level int) *Item {
	t := drawTask(d, level)
	s := newScene(d)
	t.fit(s.port)
	opening := []string{
		"server bind l :" + s.port, "server listen l 20", "client connect c server:" + s.port, "server accept l as a",
	}
	lines := slices.Concat(opening, t.lines)
	atMost := len(lines) + d.below(4)
	t.goals = append(t.goals, "at most "+itoa(atMost)+" lines")
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "abort") }) && d.chance(1, 2) {
		t.goals = append(t.goals, "without abort, forge")
	}
	if d.chance(1, 2) {
		t.goals = append(t.goals, one(d, []string{"within 10s", "within 1m", "within 2m"}))
	}
	it := taskItem(d, s, t, lines, "script.write")
	if it == nil {
		return nil
	}
	var timed []string // without waits a late ACK is in the way of some
	for _, l := range lines {
		timed = append(timed, "+100ms "+l)
	}
	it.Parts = []Part{
		{Interaction: ByScript, Goal: &Goal{Goals: t.goals, Example: timed}, Right: same(strings.Join(timed, "\n"))},
	}
	it.Hints = append(it.Hints, say("hint.lines", "line", t.lines[0]))
	return it
}

// taskItem is a question about a goal; nil if the lines do not reach it.
func taskItem(d draw, s *scene, t task, lines []string, key string) *Item {
	var timed []string
	for _, l := range lines {
		timed = append(timed, "+100ms "+l)
	}
	if v := (&Goal{Goals: t.goals}).grade(timed); v.credit < 1 {
		return nil
	}
	s.lines = timed
	end := s.add("+1s server state a")
	it := &Item{
		System: "linux", Text: say(key, "goals", goalsText(t.goals), "port", s.port), about: key + strings.ReplaceAll(strings.Join(append(lines, t.goals...), "\n"), s.port, "P"), rules: t.rules, hard: t.hard,
		Rule: "goal", Source: "RFC 9293 §3.6", Why: say("script.why", "lines", strings.Join(lines, "; ")), Experiment: "orderly-close", Hints: []Text{hint("close")},
	}
	it.Bare = it.Text
	s.film(it, end)
	it.proof = s.script("proof")
	return it
}

// goalsText are goals as sentences.
func goalsText(goals []string) Text {
	var all []Text
	for _, g := range goals {
		f := strings.Fields(g)
		switch {
		case strings.HasPrefix(g, "goal no"):
			all = append(all, say("goal.norst"))
		case len(f) == 4 && f[2] == "state":
			all = append(all, say("goal.state", "who", who(f[1]), "state", f[3]))
		case len(f) == 5:
			all = append(all, say("goal.sockets", "who", who(f[1]), "state", f[3], "n", f[4]))
		case f[0] == "server":
			all = append(all, say("goal.probe", "addr", f[3], "result", f[len(f)-1]))
		default:
			all = append(all, say("goal."+f[0], "what", strings.Join(f[1:], " "), "n", f[len(f)-2]))
		}
	}
	return list(all)
}
