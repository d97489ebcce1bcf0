package fsm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A sentence says what one end does with one event in one state: where it goes, what it sends, what
// its user hears. What it does not mention must not happen: sent "" is silence, and is asserted.
type sentence struct {
	says string
	at   string // the stage where it begins, if not the state's first
	of   string // the profiles that it holds for; "": rfc9293 and linux
	when func(*scene)
	then State
	sent string
	user Errno               // SO_ERROR afterwards
	and  func(*scene) string // what is wrong besides; "" if nothing

	restarts bool // in TIME-WAIT: 2MSL runs from now
}

// A reading is an arrow that no segment brings about: what the table alone says to a caller of
// Step.
type reading struct {
	says string
	call Event
	then State
	does string // the actions' names, with commas between
	of   string
}

// A scene is a sentence being acted: the server's end is its subject, the client's end the other
// one.
type scene struct {
	stage
	c    *Conn // the subject; nil in CLOSED
	sent []string
	rows []Cell // what the table was asked, in order
}

// chapter is all that the tests say about a state.
type chapter struct {
	state     State
	stage     string // where its sentences begin
	sentences []sentence
	readings  []reading
}

// chapters are in the order of RFC 9293's list of states (§3.3.2).
func chapters() []chapter {
	return []chapter{
		listenChapter, synSentChapter, synReceivedChapter, establishedChapter, finWait1Chapter, finWait2Chapter,
		closeWaitChapter, closingChapter, lastAckChapter, timeWaitChapter, closedChapter,
	}
}

// read tests a chapter under every profile that it speaks of.
func (ch *chapter) read(t *testing.T) {
	for _, s := range ch.sentences {
		for _, p := range profilesOf(s.of) {
			if problem, _ := ch.act(t, &s, p); problem != "" {
				t.Errorf("%s, %s: %s: %s", p.Name, ch.state, s.says, problem)
			}
		}
	}
	for _, r := range ch.readings {
		for _, p := range profilesOf(r.of) {
			if problem := ch.step(&r, p); problem != "" {
				t.Errorf("%s, %s: %s: %s", p.Name, ch.state, r.says, problem)
			}
		}
	}
}

func profilesOf(names string) []*Profile {
	if names == "" {
		return []*Profile{RFC9293, Linux}
	}
	var all []*Profile
	for _, name := range strings.Fields(names) {
		all = append(all, ProfileByName(name))
	}
	return all
}

// step asks the table alone.
func (ch *chapter) step(r *reading, p *Profile) string {
	row, err := p.Step(ch.state, r.call)
	if err != nil {
		return err.Error()
	}
	if does := strings.Join(row.Do.Names(), ", "); row.To != r.then || does != r.does {
		return fmt.Sprintf("got %s and %q, want %s and %q", row.To, does, r.then, r.does)
	}
	return ""
}

// act plays a sentence and says what went otherwise, and which cells of the table it asked.
func (ch *chapter) act(t testing.TB, s *sentence, p *Profile) (problem string, asked []Cell) {
	t.Helper()
	i := slices.IndexFunc(stages, func(st stageOf) bool { return st.name == cmpOr(s.at, ch.stage) })
	sc := &scene{stage: stages[i].build(t, p)}
	sc.Wire().Hold("server", "")
	other := sc.client().Conn("c")
	sc.c = sc.Wire().peer(other)
	if sc.c == nil {
		sc.c = sc.server().listenerFor(unmap(other.remote), unmap(other.local))
	}
	subject := sc.c
	seen := map[int]bool{}
	sc.watch = Watcher{
		Entry: func(e Entry) {
			if e.Host == "server" {
				sc.rows = append(sc.rows, Cell{e.From, Event(e.Event)})
			}
		},
		Flight: func(f Flight) {
			if f.From == "server" && !seen[f.ID] && !f.Forged {
				sc.sent = append(sc.sent, saidBy(f.Segment))
			}
			seen[f.ID] = true
		},
	}
	for _, f := range sc.Wire().held {
		seen[f.ID] = true
	}
	sc.waiting = nil // a connect that waits would collect the error that the user hears
	now := sc.Now()
	s.when(sc)
	sc.settle()
	sc.Advance(45 * time.Millisecond) // an ACK may be delayed
	return sc.judgement(s, subject, other, now), sc.rows
}

func (sc *scene) judgement(s *sentence, subject, other *Conn, began time.Duration) string {
	then := sc.after(other, subject)
	var user Errno
	if subject != nil {
		user = subject.pendingErr
	}
	switch sent := strings.Join(sc.sent, " "); {
	case then != s.then:
		return fmt.Sprintf("it is in %s, want %s", then, s.then)
	case sent != s.sent:
		return fmt.Sprintf("it sent %q, want %q", sent, s.sent)
	case user != s.user:
		return fmt.Sprintf("its user hears %q, want %q", user, s.user)
	}
	// What deletes a connection sets its state too, so the table is asked where it led at last.
	if len(sc.rows) == 0 {
		return "" // a call that did not reach the connection
	}
	last := sc.rows[len(sc.rows)-1]
	if row, err := sc.profile.Step(last.State, last.Event); err != nil || row.To != s.then {
		return fmt.Sprintf("the table leads from %s on %q to %s, want %s", last.State, last.Event, row.To, s.then)
	}
	if problem := sc.broken(); problem != "" {
		return problem
	}
	if subject != nil && then == TimeWait {
		if restarted := subject.due[timer2MSL]-sc.profile.TimeWait >= began; restarted != s.restarts {
			return fmt.Sprintf("2MSL began again: %v, want %v", restarted, s.restarts)
		}
	}
	if subject != nil && subject.state == Closed {
		for t, due := range subject.due {
			if due != never {
				return fmt.Sprintf("it is gone, and its timer %d runs", t)
			}
		}
	}
	if s.and != nil {
		return s.and(sc)
	}
	return ""
}

// saidBy names a segment by what it says: DATA, FIN, SYN+ACK, RST, ….
func saidBy(s Segment) string {
	switch {
	case s.Flags.Has(FIN):
		return "FIN"
	case s.Len > 0:
		return "DATA"
	}
	return strings.Join(answerNames(s), "+")
}

// rcv has a segment arrive that the client's end might have sent. The numbers are points as the
// receiver sees them: "nxt", "nxt+1000", "una", "wnd+100000".
func rcv(flags, seq, ack string, n uint32) func(*scene) {
	var f Flags
	for _, name := range strings.Split(flags, "+") {
		f |= map[string]Flags{"SYN": SYN, "FIN": FIN, "RST": RST, "ACK": ACK, "PSH": PSH}[name]
	}
	return func(sc *scene) {
		if _, err := sc.Wire().Forge("client", "c", f, point(seq), point(ack), n, ""); err != nil {
			sc.t.Fatal(err)
		}
	}
}

// stamped is rcv with a timestamp: "now", "old", "none".
func stamped(flags Flags, seq, ack string, n uint32, ts string) func(*scene) {
	return func(sc *scene) {
		if _, err := sc.Wire().Forge("client", "c", flags, point(seq), point(ack), n, ts); err != nil {
			sc.t.Fatal(err)
		}
	}
}

func point(s string) Point {
	i := strings.IndexAny(s, "+-")
	if i < 0 {
		return Point{Base: s}
	}
	n, err := strconv.ParseInt(s[i:], 10, 64)
	if err != nil {
		panic(err)
	}
	return Point{s[:i], n}
}

// happens has an event happen that no segment brings: a timer that runs out, an ICMP error.
func happens(e Event) func(*scene) {
	return func(sc *scene) {
		if e == RcvICMPHard || e == RcvICMPSoft {
			sc.c.softErr = EHOSTUNREACH
		}
		sc.c.take(e, nil)
	}
}

// calls has the server's user call something on its socket.
func calls(f func(h *Host, c *Conn) Call) func(*scene) {
	return func(sc *scene) { sc.Start(f(sc.server(), sc.c)) }
}

func theyClose(h *Host, c *Conn) Call { return h.Close(c) }
func theyAbort(h *Host, c *Conn) Call { return done(h.Abort(c)) }
func theySend(h *Host, c *Conn) Call  { return h.Send(c, 5) }
func theyShut(h *Host, c *Conn) Call  { return done(h.Shutdown(c, "wr")) }

// inTurn is two things, one and then the other.
func inTurn(first, then func(*scene)) func(*scene) {
	return func(sc *scene) { first(sc); sc.settle(); then(sc) }
}

// Things that must hold besides.

func outstanding(n int) func(*scene) string {
	return func(sc *scene) string {
		if got := len(sc.c.sent); got != n {
			return fmt.Sprintf("%d segments wait for an ACK, want %d", got, n)
		}
		return ""
	}
}

// acknowledged: all that was sent, the SYN and the FIN included, has been.
func acknowledged(sc *scene) string {
	if sc.c.sndUna != sc.c.sndNxt {
		return fmt.Sprintf("%d numbers are not acknowledged", sc.c.sndNxt-sc.c.sndUna)
	}
	return ""
}

// and is two things that must hold.
func and(a, b func(*scene) string) func(*scene) string {
	return func(sc *scene) string { return cmpOr(a(sc), b(sc)) }
}

func read(n uint32, eof bool) func(*scene) string {
	return func(sc *scene) string {
		if sc.c.unread != n || sc.c.finSeen != eof {
			return fmt.Sprintf("%d octets to read, end of file %v; want %d, %v", sc.c.unread, sc.c.finSeen, n, eof)
		}
		return ""
	}
}

func queued(n int) func(*scene) string {
	return func(sc *scene) string {
		if got := len(sc.c.ahead); got != n {
			return fmt.Sprintf("%d segments wait behind a gap, want %d", got, n)
		}
		return ""
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
