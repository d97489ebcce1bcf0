package quiz

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world/model"
)

// scene is a situation while a generator builds it: lines of a script, and the same in words.
type scene struct {
	port  string
	lines []string
	told  []Text
	rules []string // of the machine's classes below, and those that a generator adds
	hard  bool
}

// newScene draws a port. It is surface: it makes stems differ, and no answer depends on it.
func newScene(d draw) *scene { return &scene{port: itoa(2000 + d.below(7900))} }

// add appends a line and returns its index among the steps.
func (s *scene) add(format string, args ...any) int {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
	return len(s.lines) - 1
}

func (s *scene) tell(t Text) { s.told = append(s.told, t) }

func (s *scene) rule(names ...string) { s.rules = append(s.rules, names...) }

// open is a connection made: the server's listener l and accepted socket a, the client's c.
func (s *scene) open(options string) {
	s.add("+0 server %s", strings.TrimSpace("bind l :"+s.port+" "+options))
	s.add("+0 server listen l 20")
	s.add("+0 client connect c server:%s", s.port)
	s.add("+0 server accept l as a")
}

// script is the scene as a script under a question.
func (s *scene) script(question string) string {
	return "# " + question + "\n\n" + strings.Join(s.lines, "\n") + "\n"
}

// about is the scene without what is surface.
func (s *scene) about() string {
	return strings.ReplaceAll(strings.Join(s.lines, "\n"), s.port, "P")
}

// words tells the scene.
func (s *scene) words() Text { return join(s.told...) }

// film is the scene as the script of an item that is to be looked at from one of its steps on.
func (s *scene) film(it *Item, step int) {
	it.Film = s.script(it.Bare.En)
	it.FilmLine = step + 3
}

// take is a scene that was played.
type take struct{ *model.Story }

// play runs the scene under a profile; nil if the model could not go on.
func (s *scene) play(p *fsm.Profile) *take {
	run, err := model.RunUnder(s.script("?"), p)
	if err != nil {
		panic("BUG: quiz: " + err.Error() + "\n" + s.script("?"))
	}
	return &take{run}
}

// at is the result of a step.
func (t *take) at(step int) string { return t.Results[step].Result }

// failed reports whether one of the steps ended with an errno, or was not run.
func (t *take) failed(steps ...int) bool {
	return slices.ContainsFunc(steps, func(i int) bool {
		r := t.Results[i].Result
		return r == script.NotRun || r == string(fsm.Unknown) || isErrno(r)
	})
}

// lost reports whether something was lost on the wire, as a scene said it would.
func (t *take) lost() bool {
	return slices.ContainsFunc(t.Flights, func(f fsm.Flight) bool { return f.Fate == fsm.Lost })
}

// hangsOnInstant reports whether a call is so close to a retransmission that a kernel, whose timers
// are coarse, may well do the two in the other order: 200 ms after a FIN that was lost is no
// instant to ask about.
func (t *take) hangsOnInstant() bool {
	type copyOf struct {
		from     string
		seq, len uint32
	}
	sent := map[copyOf]time.Duration{} // when the first copy departed
	for _, f := range t.Flights {
		if f.Segment.SegLen() == 0 || f.Forged {
			continue // nobody sends a bare ACK again by a timer
		}
		c := copyOf{f.From, f.Segment.Seq, f.Segment.SegLen()}
		first, again := sent[c]
		if !again {
			sent[c] = f.Departs
			continue
		}
		slack := max(60*time.Millisecond, (f.Departs-first)/4)
		for i, r := range t.Results {
			if t.Steps[i].Actor != "wire" && (r.At-f.Departs).Abs() < slack {
				return true
			}
		}
	}
	return false
}

// count counts the rows of a step's socket table in a state.
func (t *take) count(step int, state string) int {
	n := 0
	for _, r := range t.Results[step].Rows {
		if r.State == state {
			n++
		}
	}
	return n
}

// path is the states that a host's socket goes through from ESTABLISHED on.
func (t *take) path(host, socket string) []string {
	out := []string{string(fsm.Established)}
	for _, e := range t.Entries {
		if e.Host == host && e.Socket == socket && e.From != e.To && len(out) > 0 && string(e.From) == out[len(out)-1] {
			out = append(out, string(e.To))
		}
	}
	return out
}

// paths tells both ends' paths: the reason for a key that is a state.
func (t *take) paths() Text {
	var parts []Text
	for _, end := range [][2]string{{"server", "a"}, {"client", "c"}} {
		p := strings.Join(t.path(end[0], end[1]), " → ")
		parts = append(parts, say("why.path", "who", who(end[0]), "path", p))
	}
	return Text{En: parts[0].En + "; " + parts[1].En, Zh: parts[0].Zh + "；" + parts[1].Zh}
}

// before is the state of a socket just before its last change.
func (t *take) before(host, socket string) string {
	p := t.path(host, socket)
	return p[max(0, len(p)-2)]
}

// ruleClasses name what of the machine an entry exercises; an orderly close of both ends is one
// rule.
var ruleClasses = map[string]string{
	"ESTABLISHED CLOSE":      "orderly close",
	"CLOSE-WAIT CLOSE":       "orderly close",
	"FIN-WAIT-1 rcv FIN":     "simultaneous close",
	"CLOSING rcv ACK of FIN": "simultaneous close",
}

// rulesOf lists the rules that fire in a take.
func (t *take) rulesOf() []string {
	var out []string
	for _, e := range t.Entries {
		c := ruleClasses[string(e.From)+" "+e.Event]
		switch {
		case c != "":
		case strings.HasPrefix(e.Event, "CLOSE,unread"):
			c = "unread data"
		case e.Event == "ABORT":
			c = "abort"
		case e.Event == string(fsm.RcvNoReader):
			c = "data after close"
		case e.Event == string(fsm.Timeout2MSL), e.Event == string(fsm.TimeoutFinWait2):
			c = e.Event
		}
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// who is a host in words.
func who(host string) Text {
	if host == "server" {
		return Text{En: "the server", Zh: "服务器"}
	}
	return Text{En: "the client", Zh: "客户端"}
}

func peer(host string) string {
	if host == "server" {
		return "client"
	}
	return "server"
}

func socketOf(host string) string {
	if host == "server" {
		return "a"
	}
	return "c"
}

// span is a delay of a script in words: "300ms" is "300 ms", "2m5s" stays.
func span(delay string) Text {
	for _, unit := range []string{"ms", "s", "m"} {
		if n, ok := strings.CutSuffix(delay, unit); ok && strings.Trim(n, "0123456789") == "" {
			zh := map[string]string{"ms": " 毫秒", "s": " 秒", "m": " 分钟"}[unit]
			if unit == "m" {
				unit = "min"
			}
			return Text{En: n + " " + unit, Zh: n + zh}
		}
	}
	return same(delay)
}

// failedBefore reports whether a step before one went wrong: then the situation did not come about.
func (t *take) failedBefore(step int) bool {
	for i := range step {
		if t.failed(i) {
			return true
		}
	}
	return false
}

// because takes rule, reason and source from the result of a step.
func (it *Item) because(t *take, step int) {
	why := t.Results[step].Why
	if why == nil {
		why = &free
	}
	it.Rule, it.Why, it.Source = why.Rule, why.Text, why.Source
	it.Experiment = evidence().ofRule(why.Rule)
}

func itoa(n int) string { return strconv.Itoa(n) }

// playText plays a script as it stands on the model of Linux.
func playText(text string) (*take, bool) {
	run, err := model.RunUnder(text, linux)
	return &take{run}, err == nil
}
