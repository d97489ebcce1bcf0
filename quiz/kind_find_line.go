package quiz

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// find-the-line: a listing with one line that is wrong; which one, and what comes of it. What comes
// of a mutation is what its script does that the script of the right listing does not.

// outcome is something that may come of a mistake: lines at whose end it is seen, by the result of
// the last.
type outcome struct {
	id   string
	seen string // the last line's result if it comes about
}

// fault is a mistake of a listing: the script of a server that makes it, and what is seen.
type fault struct {
	id, comes, myth string
	bind, again     string   // options of the first server's bind, and of the second's
	addr            string   // that is bound
	late            bool     // the option is set after bind
	serve           []string // what the server does with a connection; nil: as the right listing
	rules           []string
	hard            bool
}

var served9 = []string{
	"client send c 100", "client shutdown c wr", "server recv a", "server send a 50", "client recv c",
	"server close a",
}

var faults = []fault{
	{
		id: "late-option", comes: "restart", myth: "reuse-everything", bind: "", again: "", late: true,
		rules: []string{"bind", "order of calls"},
	},
	{id: "accepted-only", comes: "restart", myth: "listener-waits", rules: []string{"bind", "inherited options"}},
	{id: "option-zero", comes: "restart", rules: []string{"bind"}},
	{id: "other-option", comes: "restart", rules: []string{"bind"}},
	{
		id: "only-restart", comes: "restart", myth: "new-suffices", again: "reuseaddr",
		rules: []string{"bind", "both sockets"},
	},
	{
		id: "loopback", comes: "refused", bind: "reuseaddr", again: "reuseaddr", addr: "127.0.0.1",
		rules: []string{"address"},
	},
	{
		id: "port-zero", comes: "refused", bind: "reuseaddr", again: "reuseaddr", addr: "zero",
		rules: []string{"address"},
	},
	{
		id: "v6only", comes: "refused", bind: "reuseaddr", again: "reuseaddr", addr: "[::1]",
		rules: []string{"address", "family"},
	},
	{
		id:    "linger-zero",
		comes: "reset",
		bind:  "reuseaddr",
		again: "reuseaddr",
		rules: []string{"abort", "half-close", "SO_LINGER", "TIME-WAIT"},
		serve: []string{
			"client send c 100", "client shutdown c wr", "server recv a", "server send a 50", "server abort a",
		},
	},
	{
		id:    "no-read",
		comes: "reset",
		bind:  "reuseaddr",
		again: "reuseaddr",
		rules: []string{"unread data", "half-close", "close", "RST"},
		serve: []string{
			"client send c 100", "client shutdown c wr", "server recv a 1", "server send a 50", "server close a",
		},
	},
	{
		id:    "no-close",
		comes: "close-wait",
		bind:  "reuseaddr",
		again: "reuseaddr",
		rules: []string{"half-close", "CLOSE-WAIT"},
		serve: []string{
			"client send c 100", "client shutdown c wr", "server recv a", "server send a 50", "client recv c",
		},
	},
	{
		id:    "shutdown-rd",
		comes: "close-wait",
		myth:  "fin-both-ways",
		bind:  "reuseaddr",
		again: "reuseaddr",
		rules: []string{"half-close", "shutdown", "CLOSE-WAIT", "EOF"},
		serve: []string{
			"client send c 100", "client shutdown c wr", "server recv a", "server send a 50", "server shutdown a rd",
			"client recv c",
		},
	},
	{
		id:    "closes-first",
		comes: "time-wait",
		myth:  "last-closer-waits",
		bind:  "reuseaddr",
		again: "reuseaddr",
		rules: []string{"first FIN", "TIME-WAIT", "request", "EOF"},
		serve: []string{
			"client send c 100", "server recv a", "server send a 50", "server close a", "client recv c",
			"client close c",
		},
	},
}

// rightOne is the listing without a mistake.
var rightOne = fault{id: "", bind: "reuseaddr", again: "reuseaddr"}

// outcomes are all that may come of a mistake, with the script's lines that show it.
var outcomes = []outcome{
	{"restart", "EADDRINUSE"}, {"refused", "ECONNREFUSED"}, {"reset", "CLOSED"}, {"close-wait", "CLOSE-WAIT"},
	{"time-wait", "TIME-WAIT"},
}

// enact is the script that shows whether an outcome comes of a listing.
func (f *fault) enact(port, id string) *scene {
	s := &scene{port: port}
	bind := func(name, opts string) string {
		at := f.addr + ":" + port
		if f.addr == "zero" {
			at = ":0"
		}
		return strings.TrimSpace("bind " + name + " " + at + " " + opts)
	}
	s.add("+0 server %s", bind("l", f.bind))
	if f.late {
		s.add("+0 server set l reuseaddr")
	}
	s.add("+0 server listen l 64")
	s.add("+0 client connect c server:%s", port)
	if id == "refused" || f.addr != "" {
		if id == "restart" {
			s.add("+0 server exit")
			s.add("+100ms server %s", bind("n", f.again))
		}
		return s
	}
	s.add("+0 server accept l as a")
	serve := f.serve
	if serve == nil {
		serve = served9
	}
	switch id {
	case "restart": // stopped while a client is connected
		s.add("+0 server exit")
		s.add("+100ms client close c")
		s.add("+1s server %s", bind("n", f.again))
	default:
		for _, l := range serve {
			s.add("+10ms %s", l)
		}
		if id == "reset" {
			s.add("+100ms client state c")
		} else {
			s.add("+100ms server state a")
		}
	}
	return s
}

// comesOf reports whether an outcome comes of a listing.
func (f *fault) comesOf(port string, o outcome) bool {
	s := f.enact(port, o.id)
	t := s.play(linux)
	return t.at(len(t.Results)-1) == o.seen
}

// proved are the mistakes of which just that comes on the model which is said to; a test holds that
// none is missing. No outcome depends on the port.
var proved = sync.OnceValue(func() map[string]bool {
	ok := map[string]bool{}
	for i := range faults {
		f := &faults[i]
		ok[f.id] = true
		for _, o := range outcomes {
			if comes := f.comesOf("7865", o) && !rightOne.comesOf("7865", o); comes != (o.id == f.comes) {
				ok[f.id] = false
			}
		}
	}
	return ok
})

func makeFindLine(d draw, level int) *Item {
	f := one(d, faults)
	l := one(d, listings)
	if levelOf(f.rules, f.hard) != level || !proved()[f.id] {
		return nil
	}
	port := newScene(d).port
	names := strings.NewReplacer(
		"{L}", one(d, []string{"listener", "lsock", "srv", "server", "passive"}), "{C}",
		one(d, []string{"conn", "client", "sock", "c", "accepted"}), "{F}",
		one(d, []string{"serve", "handle", "reply", "session", "work"}), "{P}", port,
	)
	lines, at, ok := l.apply(f.id, names)
	if !ok {
		return nil
	}
	find := Part{Interaction: ByLine, Ask: say("find.q1"), Max: .5}
	listingText := ""
	for i, text := range lines {
		listingText += fmt.Sprintf("%2d  %s\n", i+1, strings.ReplaceAll(text, "\t", "    "))
		if strings.TrimSpace(text) != "" && strings.TrimSpace(text) != "}" {
			find.Options = append(
				find.Options,
				Option{
					ID: itoa(i + 1), Text: same(strings.TrimSpace(text)), Right: i+1 == at,
					Feedback: say("find.fine"),
				},
			)
		}
	}
	var s *scene
	var wrong []candidate
	for _, o := range outcomes {
		if o.id == f.comes {
			s = f.enact(port, o.id)
		} else {
			wrong = append(wrong, candidate{text: say("comes." + o.id), feedback: say("find.not")})
		}
	}
	shuffle(d, wrong)
	options, ok := choose(d, candidate{text: say("comes." + f.comes)}, wrong, 4)
	it := &Item{
		System: "linux", Text: say("find.ask", "language", l.language, "port", port), Stimulus: same(listingText), about: l.language + f.id + strings.Join(lines, "\n"), rules: f.rules, hard: f.hard,
		Rule: "listing: " + f.id, Source: "socket(7), tcp(7)", Why: say("find.why."+f.id, "n", at), Experiment: map[string]string{"restart": "reuse-new-only", "reset": "unread-data", "close-wait": "close-wait-for-ever", "time-wait": "plain-restart", "refused": "addresses"}[f.comes],
		Hints: []Text{hint("listing"), say("hint.part", "comes", say("comes."+f.comes))},
		Parts: []Part{find, {Interaction: ByChoice, Ask: say("find.q2"), Max: .5, Options: options}},
	}
	it.Hints = it.Hints[:1]
	it.about = strings.ReplaceAll(it.about, port, "P")
	it.Bare = it.Text
	for i := range it.Parts[1].Options {
		if o := &it.Parts[1].Options[i]; !o.Right && f.myth != "" {
			o.Myth, o.Feedback = f.myth, wouldIf(f.myth)
			break
		}
	}
	it.Hints = append(it.Hints, say("hint.between", "from", max(1, at-3), "to", min(len(lines), at+3)))
	s.film(it, len(s.lines)-1)
	it.proof = s.script("proof")
	if !ok || slices.Contains(lines, "") && len(lines) > 30 {
		return nil
	}
	return it
}
