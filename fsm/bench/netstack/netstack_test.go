package netstack

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"fourwave/fsm"
)

// TestCycle holds what is compared to be the same: both go from the open by a four-way close of seven
// segments to TIME-WAIT, and leave it when 2MSL are over and not before.
func TestCycle(t *testing.T) {
	p, err := newPair()
	if err != nil {
		t.Fatal(err)
	}
	c, a, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.close(c, a); err != nil {
		t.Fatal(err)
	}
	sent := p.client.Stats().TCP.SegmentsSent.Value() + p.server.Stats().TCP.SegmentsSent.Value()
	p.clock.Advance(tcp.DefaultTCPTimeWaitTimeout - time.Nanosecond)
	states := []tcp.EndpointState{state(c)}
	p.clock.Advance(time.Nanosecond)
	states = append(states, state(c))
	if want := []tcp.EndpointState{tcp.StateTimeWait, tcp.StateClose}; sent != 7 || !slices.Equal(states, want) {
		t.Errorf("netstack: %d segments and %v, want 7 and %v", sent, states, want)
	}

	var log fsm.Log
	crowd := newCrowd(t, &log)
	n := crowd.Live(0, 40000)
	before := crowd.Waiting()
	crowd.Expire(time.Hour)
	story := crowd.Story(n)
	last := story.Entries[len(story.Entries)-1]
	if len(story.Flights) != 7 || before != 1 || crowd.Waiting() != 0 || last.From != fsm.TimeWait || last.To != fsm.Closed {
		t.Errorf("fsm: %d segments, %d in TIME-WAIT, and %+v at the end", len(story.Flights), before, last)
	}
}

func state(ep tcpip.Endpoint) tcp.EndpointState { return tcp.EndpointState(ep.State()) }

func newCrowd(tb testing.TB, log *fsm.Log) *fsm.Crowd {
	tb.Helper()
	c, err := fsm.NewCrowd(fsm.CrowdConfig{Profile: fsm.Linux, Latency: time.Millisecond, Open: 10 * time.Millisecond, Half: 100 * time.Millisecond, Log: log})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// BenchmarkCycle holds the cycle on gVisor against the same in a crowd, and against the same in a laboratory
// with its sockets, ports and options; each in turns on one core, and each of ours with all that happens recorded.
// The figures are medians of the turns.
//
//	go test -run '^$' -bench . -cpu 1
func BenchmarkCycle(b *testing.B) {
	b.Run("crowd", func(b *testing.B) { compare(b, turn{cycles: 10_000, cycle: crowdCycle(b)}) })
	b.Run("lab", func(b *testing.B) { compare(b, turn{cycles: 100, cycle: labCycle(b)}) })
}

func compare(b *testing.B, ours turn) {
	p, err := newPair()
	if err != nil {
		b.Fatal(err)
	}
	gvisors := turn{cycles: 50, cycle: p.cycle}
	for b.Loop() {
		for _, t := range []*turn{&gvisors, &ours} {
			if err := t.take(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(gvisors.median(), "gvisor-ns")
	b.ReportMetric(ours.median(), "ours-ns")
	b.ReportMetric(gvisors.median()/ours.median(), "times")
}

// turn is one of those that are measured in turns.
type turn struct {
	cycles int // in one turn
	cycle  func() error
	took   []float64 // nanoseconds a cycle, of each turn
}

func (t *turn) take() error {
	begin := time.Now()
	for range t.cycles {
		if err := t.cycle(); err != nil {
			return err
		}
	}
	t.took = append(t.took, float64(time.Since(begin).Nanoseconds())/float64(t.cycles))
	return nil
}

func (t *turn) median() float64 {
	slices.Sort(t.took)
	return t.took[len(t.took)/2]
}

func crowdCycle(b *testing.B) func() error {
	var log fsm.Log
	c := newCrowd(b, &log)
	at := time.Duration(0)
	return func() error {
		log.Reset()
		c.Live(at, 40000)
		at += fsm.Linux.TimeWait + time.Second
		c.Expire(at)
		return nil
	}
}

func labCycle(b *testing.B) func() error {
	var trace fsm.Trace
	n := fsm.NewNet(fsm.Config{Profile: fsm.Linux, Watch: fsm.Watcher{
		Entry:  func(e fsm.Entry) { trace.Entries = append(trace.Entries, e) },
		Flight: func(f fsm.Flight) { trace.Flights = append(trace.Flights, f) },
	}})
	s, c := n.Host("server"), n.Host("client")
	at := netip.MustParseAddrPort("10.0.0.1:7865")
	l, _ := s.Socket("l", 4, fsm.Options{})
	if o := s.Bind(l, at); o.Err != "" {
		b.Fatal(o.Err)
	}
	if o := s.Listen(l, 10); o.Err != "" {
		b.Fatal(o.Err)
	}
	return func() error {
		trace.Entries, trace.Flights = trace.Entries[:0], trace.Flights[:0]
		a, _ := c.Socket("c", 4, fsm.Options{})
		n.Start(c.Connect(a, at))
		n.Advance(10 * time.Millisecond)
		n.Start(s.Accept(l, "a"))
		n.Start(c.Close(a))
		n.Advance(100 * time.Millisecond)
		n.Start(s.Close(s.Conn("a")))
		n.Advance(fsm.Linux.TimeWait + time.Second)
		return nil
	}
}
