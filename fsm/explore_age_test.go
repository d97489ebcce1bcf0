package fsm

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Time in an exploration of incarnations: the clock moves by half an MSL at a time. A segment that
// is an MSL old is dead (RFC 9293 §3.4.2), and 2MSL ends exactly when it is over.

// dies reports that a segment would be too old after half an MSL more.
func (w *world) dies(at *place) bool {
	return slices.ContainsFunc(at.wire.held, func(f *flight) bool {
		return at.Now()-f.Departs+w.msl/2 >= w.msl
	})
}

// urgent are moves that may not wait: a 2MSL timer that is due.
func (at *place) urgent() ([]move, bool) {
	for _, h := range at.hosts {
		for _, c := range h.live() {
			if d := c.due[timer2MSL]; d != never && d <= at.Now() {
				return []move{{verb: "timer", host: h.name, conn: c.id, timer: timer2MSL}}, true
			}
		}
	}
	return nil, false
}

// pass lets half an MSL pass.
func (at *place) pass(w *world) {
	at.clock.now += w.msl / 2
	at.wire.held = slices.DeleteFunc(at.wire.held, func(f *flight) bool { return at.Now()-f.Departs >= w.msl })
}

// reopening is a connection that the client may open again from the same port. Both incarnations
// have the same ISNs, and there are no timestamps: nothing but TIME-WAIT keeps them apart.
func reopening(t *testing.T, p *Profile) *Net {
	s := stage{NewNet(Config{Profile: p, ISN: map[string]uint32{"client": 99, "server": 299}}), t}
	s.client().sys.Timestamps = false
	l := s.socket("server", "l")
	l.ReuseAddr = true
	s.ok(s.server().Bind(l, addr("0.0.0.0:7865")))
	s.ok(s.server().Listen(l, 10))
	c := s.socket("client", "c1")
	c.ReuseAddr = true
	s.ok(s.client().Bind(c, addr("10.0.0.2:40000")))
	s.Await(s.Start(s.client().Connect(c, addr("10.0.0.1:7865"))), time.Second)
	s.settle()
	s.accept()
	return s.Net
}

// apart is the world in which two incarnations must be kept apart.
func apart(p *Profile) *world {
	room := 2
	switch {
	case raced:
		room = 1
	case long():
		room = 3
	}
	return &world{
		room:    room,
		profile: p, start: reopening, calls: []string{"send", "recv", "close"},
		sends: [2]int{0, 1}, msl: p.TimeWait / 2, again: true, careful: true,
	}
}

// While 2MSL is honoured, no octet of one incarnation reaches the next: whichever end closes first,
// and in whatever order and however often the wire delivers, as long as it delivers within an MSL.
func TestExploreIncarnations(t *testing.T) {
	for _, p := range []*Profile{RFC9293, Linux} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			apart(p).explore(t, 400_000).report(t, p.Name, began)
		})
	}
}

// With TIME-WAIT cut to nothing the explorer finds how an octet gets through, by a duplicate alone.
func TestExploreIncarnationsCutShort(t *testing.T) {
	for _, p := range []*Profile{RFC9293, Linux} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			cut := *p
			cut.TimeWait = 0
			w := apart(&cut)
			w.msl = p.TimeWait / 2
			w.finds(t, p.Name+" without TIME-WAIT")
		})
	}
}

// RFC 1337: a SYN that comes too early makes TIME-WAIT answer, the answer makes the client reset
// it, and the next SYN finds nobody that remembers.
func TestExploreIncarnationsAssassinated(t *testing.T) {
	for _, p := range []*Profile{RFC9293, Linux} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			w := apart(p)
			w.hasty = true
			w.finds(t, p.Name+" with TIME-WAIT assassinated")
		})
	}
}

// finds expects a counterexample, which takes two segments in flight.
func (w *world) finds(t *testing.T, name string) {
	t.Helper()
	w.room = 2
	v := w.explore(t, 400_000)
	if !strings.Contains(v.bad, "of an earlier incarnation") {
		t.Errorf("%s: got %q after %d states, want octets of an earlier incarnation", name, v.bad, v.states)
		return
	}
	t.Logf("%s: %s after %d states and %d moves", name, v.bad, v.states, len(v.path))
}
