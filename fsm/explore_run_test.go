package fsm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// visited is what one exploration saw.
type visited struct {
	states, moves int
	joint         map[string]int // places by the pair of states
	waits         map[string]int // places where nothing happens unless a user acts, by name
	bad           string         // the first thing that is wrong
	path          []move         // that led to it
}

// explore visits every place depth first: what is kept is one laboratory for each place on the way
// to the present one, and sixteen octets for each that was seen.
func (w *world) explore(t *testing.T, limit int) *visited {
	v := &visited{joint: map[string]int{}, waits: map[string]int{}}
	seen := map[key]bool{}
	type step struct {
		at    *place
		moves []move
		by    move
	}
	start := w.begin(t)
	seen[w.key(start)] = true
	v.states++
	stack := []step{{at: start, moves: w.moves(start)}}
	for len(stack) > 0 && v.bad == "" {
		top := &stack[len(stack)-1]
		if len(top.moves) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		m := top.moves[0]
		top.moves = top.moves[1:]
		to := w.make(top.at, m)
		v.moves++
		if to == nil {
			continue
		}
		k := w.key(to)
		if seen[k] && to.moved == "" {
			continue
		}
		seen[k] = true
		v.states++
		next := step{at: to, moves: w.moves(to), by: m}
		if v.bad = w.look(v, to, next.moves); v.bad == "" && v.states > limit {
			v.bad = fmt.Sprintf("more than %d states", limit)
		}
		stack = append(stack, next)
	}
	for _, s := range stack {
		if s.by.verb != "" {
			v.path = append(v.path, s.by)
		}
	}
	return v
}

// look judges a place.
func (w *world) look(v *visited, at *place, moves []move) string {
	if at.moved != "" {
		return at.moved
	}
	pair := at.pair()
	v.joint[pair]++
	if len(at.wire.held) > 0 || slices.ContainsFunc(moves,
		func(m move) bool { return m.verb == "timer" || m.verb == "pass" }) {
		return ""
	}
	v.waits[pair]++
	if len(moves) == 0 && pair != "CLOSED / CLOSED" && !w.forever(pair) {
		return "deadlock: " + pair
	}
	return ""
}

// forever is the one wait that nobody can end: RFC 9293 gives a FIN-WAIT-2 no timer, and where its
// user has gone and the other end too there is nobody left to say anything. Systems bound it.
func (w *world) forever(pair string) bool {
	return w.profile.FinWait2 == 0 && (pair == "FIN-WAIT-2* / CLOSED" || pair == "CLOSED / FIN-WAIT-2*")
}

// pair names the states of both ends, orphans with a star.
func (at *place) pair() string {
	var ends []string
	for _, h := range slices.Backward(at.hosts) {
		name := string(Closed)
		for _, c := range h.live() {
			if c.state == Listen {
				continue
			}
			if name = string(c.state); !c.open {
				name += "*"
			}
		}
		ends = append(ends, name)
	}
	return strings.Join(ends, " / ")
}

func (v *visited) report(t *testing.T, name string, began time.Time) {
	t.Helper()
	t.Logf("%s: %d states, %d moves, %d pairs of states, %v", name, v.states, v.moves, len(v.joint),
		time.Since(began).Round(time.Millisecond))
	for _, k := range slices.Sorted(maps.Keys(v.waits)) {
		t.Logf("  waits: %-30s %d", k, v.waits[k])
	}
	if v.bad != "" {
		lines := []string{}
		for _, m := range v.path {
			lines = append(lines, m.String())
		}
		t.Errorf("%s: %s, after\n\t%s", name, v.bad, strings.Join(lines, "\n\t"))
	}
}

// joined is an established connection without a listener; both ISNs are fixed.
func joined(t *testing.T, p *Profile) *Net {
	s := stage{NewNet(Config{Profile: p, ISN: map[string]uint32{"client": 99, "server": 299}}), t}
	l := s.socket("server", "l")
	s.ok(s.server().Bind(l, addr("0.0.0.0:7865")))
	s.ok(s.server().Listen(l, 10))
	s.connect()
	s.accept()
	s.Start(s.server().Close(l))
	s.settle()
	delete(s.server().named, "l")
	return s.Net
}

// opening has the client's SYN on the wire, on its way to a listener.
func opening(t *testing.T, p *Profile) *Net {
	s := stage{NewNet(Config{Profile: p, ISN: map[string]uint32{"client": 99, "server": 299}}), t}
	l := s.socket("server", "l")
	s.ok(s.server().Bind(l, addr("0.0.0.0:7865")))
	s.ok(s.server().Listen(l, 10))
	s.Wire().Hold("", "")
	s.Start(s.client().Connect(s.socket("client", "c"), addr("10.0.0.1:7865")))
	return s.Net
}

// both opens actively at both ends at once.
func both(t *testing.T, p *Profile) *Net {
	s := crossing(t, p)
	s.fixed = map[string]uint32{"client": 99, "server": 299}
	return s.Net
}

var explorations = []struct {
	name  string
	when  func() bool
	world world
}{
	{"every call", always, world{start: joined, room: 2, loses: true,
		calls: []string{"send", "recv", "shutdown", "close", "abort"}}},
	{"every call, three in flight", long, world{start: joined, room: 3, loses: true,
		calls: []string{"send", "recv", "shutdown", "close", "abort"}}},
	{"data one way", always, world{start: joined, room: 2, sends: [2]int{0, 1}, loses: true,
		calls: []string{"send", "recv", "close"}}},
	{"data one way, three in flight", long, world{start: joined, room: 3, sends: [2]int{0, 1}, loses: true,
		calls: []string{"send", "recv", "close"}}},
	{"data both ways", deep, world{start: joined, room: 2, sends: [2]int{1, 1}, loses: true,
		calls: []string{"send", "recv", "shutdown", "close"}}},
	{"opened by a listener", always, world{start: opening, room: 2, loses: true, calls: []string{"close", "abort"}}},
	{"opened by both", always, world{start: both, room: 2, loses: true, calls: []string{"close", "abort"}}},
	{"opened by both, three in flight", soak,
		world{start: both, room: 3, loses: true, calls: []string{"shutdown", "close", "abort"}}},
}

func always() bool { return true }

// Every joint state can be left but CLOSED / CLOSED and those that wait for a user; nobody is in
// two states; and the end that closed first comes to CLOSED by way of TIME-WAIT.
func TestExplore(t *testing.T) {
	for _, p := range []*Profile{RFC9293, Linux} {
		for _, e := range explorations {
			if !e.when() {
				continue
			}
			t.Run(p.Name+"/"+e.name, func(t *testing.T) {
				t.Parallel()
				w := e.world
				w.profile = p
				if raced {
					w.room = 1
				}
				began := time.Now()
				w.explore(t, 3_000_000).report(t, p.Name+", "+e.name, began)
			})
		}
	}
}
