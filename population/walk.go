package population

import (
	"net/netip"
	"strings"
	"time"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/fsm/tuple"
)

// maxWalk bounds how many connections are taken through the state machine one by one.
const maxWalk = 2_000_000

// crowd is the population's connections as the state machine sees them: whole milliseconds, and a
// wire that loses nothing. The error is an *[Error] where the machine cannot follow.
func (a *asked) crowd(log *fsm.Log) (*fsm.Crowd, error) {
	oneWay := (a.rtt / 2).Truncate(time.Millisecond)
	c, err := fsm.NewCrowd(fsm.CrowdConfig{
		Profile: a.profile, Seed: 1, Latency: oneWay, Open: a.open.Truncate(time.Millisecond), Half: oneWay,
		ServerFirst: a.Closer == "server", Log: log,
	})
	if err != nil {
		return nil, wrong("walk",
			"the state machine follows round trips of at most 200 ms and connections open for at least 1.5 of them")
	}
	return c, nil
}

// story is the trace of one connection: who closes, where TIME-WAIT begins, and when it is over.
func (a *asked) story() ([]string, error) {
	c, err := a.crowd(new(fsm.Log))
	if err != nil {
		return []string{}, nil // a slow wire has no story; the counts need none
	}
	c.Expire(0)
	n := c.Live(0, uint16(a.low))
	c.Expire(a.span + a.open + 10*time.Minute)
	var b strings.Builder
	if err := c.Story(n).WriteText(&b); err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"), nil
}

// walk takes every connection through the state machine's table and keeps its five-tuple until the
// TIME-WAIT is over: the slow way to the same counts.
func (a *asked) walk() (*doc.PopulationWalk, error) {
	s := a.setup()
	switch {
	case s.n > maxWalk:
		return nil, wrong("walk", "%d connections are more than %d", s.n, maxWalk)
	case a.Closer == "server" || s.reuses() || s.buckets < s.groups*s.ports && s.buckets < s.n:
		return nil, wrong("walk", "TIME-WAITs that are taken over or dropped are not walked: ask without "+
			"tcp_tw_reuse and tcp_max_tw_buckets, and with closer client")
	case a.rtt%(2*time.Millisecond) != 0 || a.open%time.Millisecond != 0:
		return nil, wrong("walk", "the state machine counts whole milliseconds: open, and half of rtt")
	}
	c, err := a.crowd(nil)
	if err != nil {
		return nil, err
	}
	s.whole, s.every = true, 1e9/s.rate
	w := walker{setup: s, crowd: c, low: a.low, span: a.high - a.low + 1, skip: a.reserved(),
		next: make([]int, s.groups), held: tuple.New(1)}
	if err := w.run(); err != nil {
		return nil, err
	}
	check := newRun(s)
	check.until(a.span)
	out := &doc.PopulationWalk{Connections: w.opened, Refused: w.refused, Ports: w.peak}
	out.Agrees = w.opened == check.now.opened && w.refused == check.now.refused && w.peak == check.peakHeld
	return out, nil
}

// reserved are the ports of the range that may not be chosen, by their place in it.
func (a *asked) reserved() map[int]bool {
	taken := make(map[int]bool)
	for p := a.low; p <= a.high; p++ {
		for _, r := range a.sys.Reserved {
			if int(r.Low) <= p && p <= int(r.High) {
				taken[p-a.low] = true
			}
		}
	}
	return taken
}

type walker struct {
	setup
	crowd           *fsm.Crowd
	held            *tuple.Table
	low, span       int          // the range of ports
	skip            map[int]bool // places in it that may not be chosen
	next            []int        // of each group: the place to try first
	opened, refused int
	peak            int // ports held at most
}

func (w *walker) run() error {
	inUse := make([]int, w.groups)
	for k := range w.n {
		at, g := w.at(k), k%w.groups
		w.crowd.Expire(at)
		w.held.Expire(at.Milliseconds(), func(t tuple.FiveTuple) { inUse[groupOf(&t)]-- })
		if inUse[g] == w.ports {
			w.refused++
			continue
		}
		t := w.choose(g)
		if err := w.held.Insert(&t, (at + w.life + w.wait).Milliseconds()); err != nil {
			return err
		}
		w.crowd.Live(at, t.Local.Port())
		inUse[g]++
		w.opened++
		if w.held.Len() != w.crowd.Waiting() {
			panic("BUG: a five-tuple and its TIME-WAIT do not end together")
		}
		w.peak = max(w.peak, w.held.Len())
	}
	return nil
}

// choose is the next free port of a group in turn. The caller knows that there is one.
func (w *walker) choose(g int) tuple.FiveTuple {
	client := netip.AddrFrom4([4]byte{10, 64 + byte(g>>16), byte(g >> 8), byte(g)})
	t := tuple.FiveTuple{Protocol: tuple.TCP, Remote: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 7865)}
	for {
		place := w.next[g]
		w.next[g] = (place + 1) % w.span
		t.Local = netip.AddrPortFrom(client, uint16(w.low+place))
		if _, taken := w.held.Lookup(&t); !taken && !w.skip[place] {
			return t
		}
	}
}

// groupOf is the group that a tuple of choose belongs to.
func groupOf(t *tuple.FiveTuple) int {
	a := t.Local.Addr().As4()
	return int(a[1]-64)<<16 | int(a[2])<<8 | int(a[3])
}
