package fsm

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	fivetuple "fourwave/fsm/tuple"
)

// netStory is what a Net tells of the life that a crowd's only connection has.
func netStory(t *testing.T, cfg CrowdConfig, port uint16) *Trace {
	t.Helper()
	trace := new(Trace)
	s := stage{NewNet(Config{Profile: cfg.Profile, Seed: cfg.Seed, Watch: Watcher{
		Flight: func(f Flight) {
			if f.ID <= len(trace.Flights) {
				trace.Flights[f.ID-1] = f
			} else {
				trace.Flights = append(trace.Flights, f)
			}
		},
	}}), t}
	s.Wire().SetLatency(cfg.Latency)
	l := s.socket("server", "l")
	s.ok(s.server().Bind(l, crowdServer))
	s.ok(s.server().Listen(l, 1))
	s.watch.Entry = func(e Entry) {
		e.End-- // the first is the listener's, of which a crowd does not tell
		trace.Entries = append(trace.Entries, e)
	}
	c := s.socket("client", "c")
	s.ok(s.client().Bind(c, netip.AddrPortFrom(crowdClient, port)))
	s.Start(s.client().Connect(c, crowdServer))
	s.Advance(cfg.Open)
	s.Start(s.server().Accept(l, "a"))
	ends := []func(){
		func() { s.Start(s.client().Close(c)) },
		func() { s.Start(s.server().Close(s.server().Conn("a"))) },
	}
	if cfg.ServerFirst {
		ends[0], ends[1] = ends[1], ends[0]
	}
	ends[0]()
	s.Advance(cfg.Half)
	ends[1]()
	s.Advance(10 * time.Minute)
	return trace
}

// A crowd tells of a connection what a Net tells of it, octet for octet: each of a hundred seeded
// lives, told again in the middle of others.
func TestCrowdTellsWhatNetTells(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 1))
		ms := func(n int) time.Duration { return time.Duration(rng.IntN(n)) * time.Millisecond }
		cfg := CrowdConfig{Profile: RFC9293, Seed: seed, Latency: ms(101), ServerFirst: rng.IntN(2) == 0}
		if rng.IntN(2) == 0 {
			cfg.Profile = Linux
		}
		cfg.Open = 3*cfg.Latency + ms(1000)
		cfg.Half = ms([]int{1, 5, 100, 60_000}[rng.IntN(4)])
		want := netStory(t, cfg, 40000)
		for run := range 3 {
			var log Log
			cfg.Log = &log
			c, err := NewCrowd(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for range run {
				c.Live(0, 50000)
			}
			before := len(log.flights)
			n := c.Live(0, 40000)
			c.Live(0, 50001)
			c.Expire(10 * time.Minute)
			got := c.Story(n)
			renumber(got, before)
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
				t.Fatalf("seed %d, %+v (-net +crowd):\n%s", seed, cfg, diff)
			}
			if c.Waiting() != 0 {
				t.Fatalf("seed %d: %d are still in TIME-WAIT", seed, c.Waiting())
			}
		}
	}
}

// renumber takes from the IDs of a story's flights how many there were before.
func renumber(t *Trace, before int) {
	for i := range t.Flights {
		t.Flights[i].ID -= before
	}
	for _, e := range t.Entries {
		for i := range e.Flights {
			e.Flights[i] -= before
		}
	}
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Of > 0 {
			e.Of -= before
		}
	}
}

// What a mini keeps is all that TIME-WAIT needs: it answers every late segment as a Net's end does.
func TestLateIsJudgedAsByNet(t *testing.T) {
	for _, p := range []*Profile{RFC9293, Linux} {
		s := stage{NewNet(Config{Profile: p, Seed: 1}), t}
		l := s.socket("server", "l")
		s.ok(s.server().Bind(l, crowdServer))
		s.ok(s.server().Listen(l, 1))
		s.connect()
		s.accept()
		s.close("client", "c")
		s.close("server", "a")
		s.close("server", "l")
		whole := s.client().Conn("c")
		if whole.State() != TimeWait {
			t.Fatalf("%s: got %s, want TIME-WAIT", p.Name, whole.State())
		}
		var log Log
		c, err := NewCrowd(CrowdConfig{Profile: p, Latency: time.Millisecond, Open: 10 * time.Millisecond,
			Half: time.Second, Log: &log})
		if err != nil {
			t.Fatal(err)
		}
		c.Live(0, 40000)
		fin := log.flights[slices.IndexFunc(log.flights,
			func(f flown) bool { return f.from == atServer && f.Flags.Has(FIN) })]
		if got, want := c.waits.at(0).tsRecent, fin.TSVal; got != want {
			t.Errorf("%s: TS.Recent: got %d, want the FIN's %d", p.Name, got, want)
		}
		// The peer's timestamps are counted from other zeros in the two worlds.
		offset := whole.tsRecent - c.waits.at(0).tsRecent
		events := map[Event]int{}
		rng := rand.New(rand.NewPCG(7, 7))
		for range 20_000 {
			seg := Segment{Seq: 2 + rng.Uint32N(5) - 3, Ack: 2 + rng.Uint32N(5) - 3, Flags: Flags(rng.IntN(32)),
				Len: rng.Uint32N(2) * rng.Uint32N(100), Wnd: 65535}
			if rng.IntN(4) == 0 {
				seg.Seq += 1 << (rng.IntN(16) + 16)
			}
			if seg.HasTS = rng.IntN(2) == 0; seg.HasTS {
				seg.TSVal = c.waits.at(0).tsRecent + rng.Uint32N(5) - 2
			}
			got, _ := c.Late(0, seg)
			same := seg
			same.Seq, same.Ack, same.TSVal = seg.Seq+whole.irs, seg.Ack+whole.iss, seg.TSVal+offset
			if want := whole.judge(same); got.Event != want {
				t.Fatalf("%s: %v: got %q, want %q", p.Name, seg, got.Event, want)
			}
			events[got.Event]++
		}
		if _, ok := c.Late(1, Segment{}); ok {
			t.Errorf("%s: Late speaks of a second TIME-WAIT", p.Name)
		}
		if len(events) < 8 {
			t.Errorf("%s: only %v were met", p.Name, events)
		}
	}
}

func TestCrowdRefuses(t *testing.T) {
	good := CrowdConfig{Latency: time.Millisecond, Open: time.Second, Half: time.Second}
	if _, err := NewCrowd(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*CrowdConfig){
		"a profile nobody ran": func(c *CrowdConfig) { c.Profile = FreeBSD },
		"negative latency":     func(c *CrowdConfig) { c.Latency = -1 },
		"microseconds":         func(c *CrowdConfig) { c.Open += time.Microsecond },
		"a slow wire":          func(c *CrowdConfig) { c.Latency = 101 * time.Millisecond },
		"closed before open":   func(c *CrowdConfig) { c.Open = 2 * time.Millisecond },
		"negative half":        func(c *CrowdConfig) { c.Half = -time.Millisecond },
		"half for a minute":    func(c *CrowdConfig) { c.Half = time.Minute },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := NewCrowd(cfg); !errors.Is(err, ErrCrowd) {
			t.Errorf("%s: got %v, want %v", name, err, ErrCrowd)
		}
	}
}

// A million in TIME-WAIT (fifty thousand if it may not take long): sixteen octets of state each,
// and all in all, with the table of their five-tuples, less than 128.
func TestCrowdOfAMillion(t *testing.T) {
	if got := unsafe.Sizeof(mini{}); got != 16 {
		t.Errorf("state: got %d octets, want 16", got)
	}
	n := 50_000
	if long() {
		n = 1_000_000
	}
	before := inUse()
	c, err := NewCrowd(CrowdConfig{})
	if err != nil {
		t.Fatal(err)
	}
	tuples := fivetuple.New(1)
	for i := range n {
		at := time.Duration(i) * 50 * time.Second / time.Duration(n)
		c.Live(at, uint16(i))
		client := netip.AddrFrom4([4]byte{10, 1, byte(i >> 24), byte(i >> 16)})
		ft := fivetuple.FiveTuple{Protocol: fivetuple.TCP, Local: netip.AddrPortFrom(client, uint16(i)),
			Remote: crowdServer}
		if err := tuples.Insert(&ft, (at + Linux.TimeWait).Milliseconds()); err != nil {
			t.Fatal(err)
		}
	}
	each := float64(inUse()-before) / float64(n)
	t.Logf("%.1f octets for each of %d in TIME-WAIT", each, c.Waiting())
	if c.Waiting() != n || tuples.Len() != n || each > 128 {
		t.Errorf("%d and %d in TIME-WAIT at %.1f octets each, want %d at no more than 128", c.Waiting(),
			tuples.Len(), each, n)
	}
	c.Expire(Linux.TimeWait - time.Millisecond)
	if c.Waiting() != n {
		t.Errorf("before the first is over: %d, want %d", c.Waiting(), n)
	}
	c.Expire(Linux.TimeWait + 25*time.Second - time.Millisecond)
	if got := c.Waiting(); got != n/2 {
		t.Errorf("half time: %d in TIME-WAIT, want %d", got, n/2)
	}
}

// inUse is how many octets are in use once the garbage is collected.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
