package fsm

import (
	"context"
	"testing"
	"time"
)

// BenchmarkCycle is one open, a four-way close and the end of 2MSL, with its whole trace recorded.
// The laboratory is made once; each cycle takes the same ports.
func BenchmarkCycle(b *testing.B) {
	for _, p := range []*Profile{RFC9293, Linux} {
		b.Run(p.Name, func(b *testing.B) {
			var trace Trace
			n := NewNet(Config{Profile: p, Seed: 1, Watch: Watcher{
				Entry:  func(e Entry) { trace.Entries = append(trace.Entries, e) },
				Flight: func(f Flight) { trace.Flights = append(trace.Flights, f) },
			}})
			s, c := n.Host("server"), n.Host("client")
			l, _ := s.Socket("l", 4, Options{ReuseAddr: true})
			s.Bind(l, addr("0.0.0.0:7865"))
			s.Listen(l, 10)
			b.ReportAllocs()
			for b.Loop() {
				trace.Entries, trace.Flights = trace.Entries[:0], trace.Flights[:0]
				a, _ := c.Socket("c", 4, Options{})
				n.Start(c.Connect(a, addr("10.0.0.1:7865")))
				n.Advance(10 * time.Millisecond)
				n.Start(s.Accept(l, "a"))
				n.Start(c.Close(a))
				n.Advance(100 * time.Millisecond)
				n.Start(s.Close(s.Conn("a")))
				n.Advance(p.TimeWait + time.Second)
			}
			if a := c.Conn("c"); a.State() != Closed || len(c.conns) > 0 || len(trace.Entries) < 10 {
				b.Fatalf("the cycle ends in %s with %d entries", a.State(), len(trace.Entries))
			}
			b.ReportMetric(float64(len(trace.Entries)), "entries/op")
		})
	}
}

// A transition by the dense table, and the same by looplab's Event.
func BenchmarkTransition(b *testing.B) {
	b.Run("table", func(b *testing.B) {
		m := RFC9293.machine()
		b.ReportAllocs()
		s := Established
		for b.Loop() {
			if s = m.row(s, UserClose).To; s == FinWait1 {
				s = Established
			}
		}
	})
	b.Run("looplab", func(b *testing.B) {
		m := newLooplab(Table, Established)
		b.ReportAllocs()
		for b.Loop() {
			if err := m.Event(context.Background(), string(UserClose)); err != nil {
				b.Fatal(err)
			}
			m.SetState(string(Established))
		}
	})
}
