package quiz

// The acts of a close, which many kinds are built of: who does it, how, and how long after the act
// before.

// act is one end's way to end its side of a connection.
type act struct {
	who string // "server" or "client"
	how string // "close", "exit", "shutdown", "abort", "unread"
	gap string // before it: "0", "300ms", …
	n   int    // octets of unread: of those that were never read
}

// ways of an act. exit closes like close().
var ways = []string{"close", "close", "exit", "shutdown", "abort", "unread"}

var gaps = []string{"100ms", "200ms", "300ms", "500ms", "700ms", "900ms", "1s", "2s", "3s", "5s", "8s", "10s", "20s"}

// drawAct draws an act of a host in one of some ways.
func drawAct(d draw, host string, ways []string, gaps []string) act {
	return act{who: host, how: one(d, ways), gap: one(d, gaps), n: 10 * (1 + d.below(99))}
}

// perform appends an act's lines and tells it. It returns the index of the step that closes.
func (s *scene) perform(a act) int {
	if a.how == "unread" {
		s.add("+%s %s send %s %d", a.gap, peer(a.who), socketOf(peer(a.who)), a.n)
	}
	gap := a.gap
	if a.how == "unread" {
		gap = "0"
	}
	if a.how == "shutdown" {
		s.rule("half-close")
	}
	i := s.add("+%s %s %s", gap, a.who, a.verb())
	words := say("act."+a.how, "who", who(a.who), "peer", who(peer(a.who)), "n", a.n)
	if a.gap == "0" {
		s.tell(say("now", "act", words))
	} else {
		s.tell(say("later", "gap", span(a.gap), "act", words))
	}
	return i
}

// both lets both ends act at the same instant.
func (s *scene) both(a, b act) {
	s.add("+%s %s %s", a.gap, a.who, a.verb())
	s.add("& %s %s", b.who, b.verb())
	tell := func(a act) Text { return say("act."+a.how, "who", who(a.who)) }
	s.tell(say("act.both", "gap", span(a.gap), "act", tell(a), "act2", tell(b)))
}

// verb is an act as a line of a script has it.
func (a act) verb() string {
	sock := socketOf(a.who)
	return map[string]string{"close": "close " + sock, "unread": "close " + sock, "exit": "exit", "shutdown": "shutdown " + sock + " wr", "abort": "abort " + sock}[a.how]
}

// exchange is data that is sent and read, before any close.
func (s *scene) exchange(d draw) {
	from := one(d, []string{"server", "client"})
	n := 10 * (1 + d.below(140))
	s.add("+0 %s send %s %d", from, socketOf(from), n)
	s.add("+50ms %s recv %s", peer(from), socketOf(peer(from)))
	s.tell(say("act.data", "who", who(from), "peer", who(peer(from)), "n", n))
}

// losses are segments of a close that may be lost, by sender and kind.
var losses = [][2]string{{"server", "FIN"}, {"client", "FIN"}, {"server", "ACK"}, {"client", "ACK"}}

// lose loses the next such segments, n of them.
func (s *scene) lose(host, kind string, n int) {
	for range n {
		s.add("+0 wire drop %s %s", host, kind)
	}
	s.hard = true
	s.tell(say("lost", "who", who(host), "kind", kind, "n", count(n)))
}

// count is a small number in words.
func count(n int) Text {
	if n == 1 {
		return Text{En: "first", Zh: "第一个"}
	}
	return Text{
		En: "first " + []string{"", "", "two", "three", "four"}[n],
		Zh: "前" + []string{"", "", "两", "三", "四"}[n] + "个",
	}
}

// states asks for the states of both ends after a delay; it returns the two steps.
func (s *scene) states(after string) (server, client int) {
	return s.add("+%s server state a", after), s.add("+0 client state c")
}

// closing is a story of how a connection ends, drawn for a level.
type closing struct {
	*scene
	first, last act
	crossed     bool // both closed at the same instant
	one         bool // only one end has closed
}

// drawClosing draws a story: at level 1 an orderly close or a single act, at 2 with other ways, at
// 3 with a loss.
func drawClosing(d draw, level int, fault bool) *closing {
	c := &closing{scene: newScene(d)}
	c.open("")
	c.tell(say("open", "port", c.port))
	if d.below(2) == 0 {
		c.exchange(d)
	}
	firstWays, lastWays := []string{"close", "exit"}, []string{"close", "exit"}
	if level > 1 {
		firstWays, lastWays = ways, []string{"close", "exit", "close", "exit", "abort", "unread"}
	}
	if fault {
		l := one(d, losses)
		c.lose(l[0], l[1], 1)
	}
	a := one(d, []string{"server", "client"})
	switch n := d.below(8); {
	case n == 0 && level > 1:
		c.crossed = true
		c.first = drawAct(d, "server", []string{"close", "exit", "shutdown", "abort"}, gaps[:7])
		c.last = drawAct(d, "client", []string{"close", "exit", "close", "abort"}, gaps[:7])
		c.both(c.first, c.last)
		return c
	case n <= 2:
		c.one = true
	}
	c.first = drawAct(d, a, firstWays, gaps[:7])
	c.perform(c.first)
	if !c.one {
		c.last = drawAct(d, peer(a), lastWays, gaps)
		c.perform(c.last)
	}
	return c
}
