package quiz

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
)

// Goal is what a script, or steps, must reach, and what may be used.
type Goal struct {
	Setup    []string `json:"setup,omitempty"`     // lines before the answer's
	Goals    []string `json:"goals"`               // lines of the goal language, see met
	MaxSteps int      `json:"max_steps,omitempty"` // steps for full credit; two more give half
	Target   string   `json:"target,omitempty"`    // of steps: the state of the server's end
	Closes   bool     `json:"closes,omitempty"`    // of steps: the server's program closes when it reads EOF
	Example  []string `json:"example"`             // an answer that reaches all
}

// The goal language, a line each:
//
//	goal client state CLOSING          at some instant
//	goal server sockets TIME-WAIT 2    at the end
//	goal no RST                        no segment with RST
//	at most 14 lines
//	without abort, forge
//	within 2m                          of the script's own waits
//	server bind n :7865 = ok           a line of the grader's, run at the end
var goalForm = regexp.MustCompile(`^goal (server|client) (state|sockets) ([A-Z0-9-]+)(?: (\d+))?$`)

// The guards on scripts of students; what goes beyond them scores 0.
const (
	maxVirtual = 10 * time.Minute
	maxSendOf  = 1 << 20
	maxFlights = 5000
)

// tooLong says that a script goes beyond a guard.
var tooLong = Text{
	En: "The script is too long: at most 60 lines, 10 minutes and 1 MiB a call.",
	Zh: "脚本太长：至多 60 行、10 分钟，每次调用 1 MiB。",
}

// delays are the networks under which a script is graded, so that a lucky wait does not pass.
var delays = [][]string{{"+0 wire latency 1ms"}, {"+0 wire latency 40ms"}, {"+0 wire delay server ACK 60ms"}}

var (
	expectation = regexp.MustCompile(`\s=\s[^#]*`)
	worldTag    = regexp.MustCompile(`^\s*\[[^\]:]*(?::[^\]]*)?\]\s+`)
)

// studentLines are the lines of a script without comments, expectations and world tags.
func studentLines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if i := strings.Index(l, "#"); i >= 0 {
			l = l[:i]
		}
		l = strings.TrimSpace(expectation.ReplaceAllString(worldTag.ReplaceAllString(l+" ", ""), " "))
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

// markScript runs a student's script under each network; the score is that of the worst.
func (p *Part) markScript(a Answer) (verdict, error) {
	given, ok := a.single(a.Script)
	if !ok {
		return verdict{}, wrongMember("script")
	}
	lines := studentLines(given)
	if len(lines) == 0 {
		return verdict{}, unreadable("/script", given, Text{En: "it has no line of a script", Zh: "其中没有脚本行"})
	}
	if _, err := script.Parse("# q\n\n" + strings.Join(append(slices.Clone(p.Goal.Setup), lines...), "\n") + "\n"); err != nil {
		return verdict{}, unreadable("/script", lines[0], Text{En: err.Error(), Zh: err.Error()})
	}
	return p.Goal.grade(lines), nil
}

// grade runs lines under each network.
func (g *Goal) grade(lines []string) verdict {
	v := verdict{credit: 1, readAs: say("script.read", "n", len(lines))}
	if len(lines) > maxScriptLines {
		return verdict{readAs: v.readAs, feedback: tooLong}
	}
	for _, network := range delays {
		met, unmet, ok := g.met(network, lines)
		if !ok {
			return verdict{readAs: v.readAs, feedback: tooLong}
		}
		if c := float64(met) / float64(len(g.Goals)); c < v.credit {
			v.credit, v.feedback = c, say("goal.unmet", "goal", unmet, "network", strings.TrimPrefix(network[0], "+0 "))
		}
	}
	return v
}

// met counts the goals that lines reach under a network, and gives the first that they do not.
func (g *Goal) met(network, lines []string) (n int, unmet string, ok bool) {
	all := slices.Concat(network, g.Setup, lines)
	var probes []string
	for _, goal := range g.Goals {
		if goal[0] == 's' || goal[0] == 'c' { // a line of the grader's
			line, _, _ := strings.Cut(goal, " = ")
			probes = append(probes, "+0 "+line)
		}
	}
	own := len(all)
	all = append(all, "+2s server sockets", "+0 client sockets")
	parsed, err := script.Parse("# q\n\n" + strings.Join(append(slices.Clone(all), probes...), "\n") + "\n")
	if err != nil || guarded(parsed) {
		return 0, "", false
	}
	t, ok := playText("# q\n\n" + strings.Join(append(all, probes...), "\n") + "\n")
	if !ok || len(t.Flights) > maxFlights {
		return 0, "", false
	}
	probe := own + 2
	for _, goal := range g.Goals {
		reached := g.reached(goal, t, own, probe, lines)
		if goal[0] == 's' || goal[0] == 'c' {
			probe++
		}
		if reached {
			n++
		} else if unmet == "" {
			unmet = goal
		}
	}
	return n, unmet, true
}

// guarded reports whether a script is beyond what the grader runs.
func guarded(s *script.Script) bool {
	total := time.Duration(0)
	for i := range s.Steps {
		total += s.Steps[i].Delay + s.Steps[i].Cmd.Within
		if s.Steps[i].Cmd.N > maxSendOf {
			return true
		}
	}
	return total > maxVirtual
}

// reached reports whether a run reaches a goal. own is how many steps are not the grader's.
func (g *Goal) reached(goal string, t *take, own, probe int, lines []string) bool {
	m := goalForm.FindStringSubmatch(goal)
	switch {
	case m != nil && m[2] == "state":
		return slices.ContainsFunc(
			t.Entries, func(e fsm.Entry) bool { return e.Host == m[1] && string(e.To) == m[3] && e.Socket != "l" },
		)
	case m != nil:
		at := own
		if m[1] == "client" {
			at++
		}
		return itoa(t.count(at, m[3])) == m[4]
	case goal == "goal no RST":
		return !slices.ContainsFunc(t.Flights, func(f fsm.Flight) bool { return f.Segment.Flags.Has(fsm.RST) })
	case strings.HasPrefix(goal, "at most "):
		return len(lines) <= atoi(strings.Fields(goal)[2])
	case strings.HasPrefix(goal, "without "):
		for _, verb := range strings.Split(strings.TrimPrefix(goal, "without "), ", ") {
			if slices.ContainsFunc(t.Steps[:own], func(s script.Step) bool { return s.Cmd.Verb == verb }) {
				return false
			}
		}
		return true
	case strings.HasPrefix(goal, "within "):
		limit, err := time.ParseDuration(strings.TrimPrefix(goal, "within "))
		total := time.Duration(0)
		for i := range own {
			total += t.Steps[i].Delay
		}
		return err == nil && total <= limit
	}
	_, want, _ := strings.Cut(goal, " = ")
	return t.at(probe) == want
}

// markScriptOrder runs the lines in the order given; goals met over goals, less the decoys that
// have no place in it.
func (p *Part) markScriptOrder(ids []string, v verdict) (verdict, error) {
	var lines []string
	for _, id := range ids {
		lines = append(lines, "+100ms "+p.option(id).Text.En)
	}
	if len(lines) == 0 {
		v.feedback = say("goal.unmet", "goal", p.Goal.Goals[0], "network", "-")
		return v, nil
	}
	g := p.Goal.grade(lines)
	v.credit, v.feedback = g.credit, g.feedback
	if g.credit < 1 {
		for _, id := range ids {
			if o := p.option(id); !o.Right {
				v.myth, v.feedback = o.Myth, join(v.feedback, o.Feedback)
				break
			}
		}
	}
	return v, nil
}

// markSteps sends the segments of a student one by one; the target's state must be reached.
func (p *Part) markSteps(a Answer) (verdict, error) {
	var given []string
	if a.Steps != nil {
		given = *a.Steps
	} else if s, ok := a.single(nil); ok {
		given = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";,、，；\n>→", r) })
	} else {
		return verdict{}, wrongMember("steps")
	}
	var ids []string
	var reads []Text
	for i, s := range given {
		id := p.readStep(s)
		if id == "" || len(given) > 20 {
			return verdict{}, unreadable("/steps/"+itoa(i), s, p.offers())
		}
		ids, reads = append(ids, id), append(reads, p.option(id).Text)
	}
	v := verdict{readAs: list(reads)}
	if len(reads) == 0 {
		v.readAs = say("none.chosen")
	}
	n, path := p.Goal.walk(p.Options, ids)
	switch {
	case n > 0 && n <= p.Goal.MaxSteps:
		v.credit = 1
	case n > 0 && n <= p.Goal.MaxSteps+2:
		v.credit, v.feedback = .5, say("steps.many", "n", n, "max", p.Goal.MaxSteps)
	case n > 0:
		v.feedback = say("steps.many", "n", n, "max", p.Goal.MaxSteps)
	default:
		v.feedback = say("steps.path", "path", strings.Join(path, " → "))
	}
	return v, nil
}

// readStep reads a segment: an option's id or text, or its flags.
func (p *Part) readStep(s string) string {
	if o, _, ok := p.readChoice(s); ok && o != nil {
		return o.ID
	}
	flags, ok := readFlags(plain(s))
	if !ok {
		return ""
	}
	for _, o := range p.Options {
		if slices.Contains(o.Also, strings.ToLower(flags)) {
			return o.ID
		}
	}
	return ""
}

// walk sends the segments; it returns after how many the server's end is in the target state, 0 if
// after none, and the states that it went through.
func (g *Goal) walk(options []Option, ids []string) (n int, path []string) {
	lines := slices.Clone(g.Setup)
	closed := false
	now := stateAfter(lines)
	path = append(path, now)
	for i, id := range ids {
		j := slices.IndexFunc(options, func(o Option) bool { return o.ID == id })
		lines = append(lines, fmt.Sprintf("+600ms wire forge client c %s", segmentOf(options[j])))
		if now = stateAfter(lines); now == "CLOSE-WAIT" && g.Closes && !closed {
			if now == g.Target {
				return i + 1, append(path, now)
			}
			closed = true
			lines = append(lines, "+0 server close a")
			now = stateAfter(lines)
		}
		if path = append(path, now); now == g.Target {
			return i + 1, path
		}
	}
	return 0, path
}

// segmentOf is the segment of a step, which its option has among its spellings behind a "=".
func segmentOf(o Option) string {
	for _, a := range o.Also {
		if s, ok := strings.CutPrefix(a, "="); ok {
			return s
		}
	}
	return "ACK"
}
