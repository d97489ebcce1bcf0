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

// BenchmarkCrowd is the same cycle in a crowd.
func BenchmarkCrowd(b *testing.B) {
	for _, p := range []*Profile{RFC9293, Linux} {
		b.Run(p.Name, func(b *testing.B) {
			var log Log
			c, err := NewCrowd(CrowdConfig{Profile: p, Latency: time.Millisecond, Open: 10 * time.Millisecond,
				Half: 100 * time.Millisecond, Log: &log})
			if err != nil {
				b.Fatal(err)
			}
			at := time.Duration(0)
			b.ReportAllocs()
			for b.Loop() {
				log.Reset()
				c.Live(at, 40000)
				at += time.Second + p.TimeWait
				c.Expire(at)
			}
			if c.Waiting() > 0 || log.Len() < 11 {
				b.Fatalf("the cycle ends with %d in TIME-WAIT and %d entries", c.Waiting(), log.Len())
			}
			b.ReportMetric(float64(log.Len()), "entries/op")
		})
	}
}

// walk records what one end of a connection goes through. The loop is a function of its own since
// it then stays in registers.
func (m *machine) walk(log *Log, conn uint32, s uint8, events []uint8) uint8 {
	for i, e := range events {
		at := cellOf(s, e)
		s = m.arrows[at&1023].to
		log.mark(uint32(i), conn, atClient, at)
	}
	return s
}

// BenchmarkTransition holds a recorded transition against looplab's Event, in turns: an op is a
// thousand lives of an end that closes first on our side, and ten on looplab's.
func BenchmarkTransition(b *testing.B) {
	path := []Event{UserActiveOpen, RcvSYNACK, UserClose, RcvACKOfFIN, RcvFIN, Timeout2MSL}
	numbers := make([]uint8, len(path))
	for i, e := range path {
		numbers[i] = uint8(eventNo(e))
	}
	const ours, looplabs = 1000, 10
	m, ll := RFC9293.machine(), newLooplab(Table, Closed)
	var log Log
	var dense, event time.Duration
	for b.Loop() {
		begin := time.Now()
		log.Reset()
		s := uint8(numClosed)
		for i := range uint32(ours) {
			s = m.walk(&log, i, s, numbers)
		}
		half := time.Now()
		for range looplabs {
			for _, e := range path {
				if err := ll.Event(context.Background(), string(e)); err != nil {
					b.Fatal(err)
				}
			}
		}
		dense, event = dense+half.Sub(begin), event+time.Since(half)
		if s != numClosed || log.Len() != ours*len(path) || ll.Current() != string(Closed) {
			b.Fatal("lost the way")
		}
	}
	ourNS := float64(dense.Nanoseconds()) / float64(ours*len(path)*b.N)
	looplabNS := float64(event.Nanoseconds()) / float64(looplabs*len(path)*b.N)
	b.ReportMetric(ourNS, "recorded-ns")
	b.ReportMetric(looplabNS, "looplab-ns")
	b.ReportMetric(looplabNS/ourNS, "times")
}

// BenchmarkBulk is a transfer over the wire in sends of 64 KiB to a reader that keeps up, without a
// trace and with one. Its MB/s are those of the stream.
func BenchmarkBulk(b *testing.B) {
	for _, traced := range []bool{false, true} {
		name := "silent"
		if traced {
			name = "traced"
		}
		b.Run(name, func(b *testing.B) {
			var trace Trace
			cfg := Config{Seed: 1}
			if traced {
				cfg.Watch = Watcher{
					Entry:  func(e Entry) { trace.Entries = append(trace.Entries, e) },
					Flight: func(f Flight) { trace.Flights = append(trace.Flights, f) },
				}
			}
			n := NewNet(cfg)
			s, c := n.Host("server"), n.Host("client")
			l, _ := s.Socket("l", 4, Options{})
			s.Bind(l, addr("0.0.0.0:7865"))
			s.Listen(l, 10)
			from, _ := c.Socket("c", 4, Options{})
			n.Start(c.Connect(from, addr("10.0.0.1:7865")))
			n.Advance(10 * time.Millisecond)
			n.Start(s.Accept(l, "a"))
			to := s.Conn("a")
			const octets = 1 << 20
			b.SetBytes(octets)
			b.ReportAllocs()
			for b.Loop() {
				trace.Entries, trace.Flights = trace.Entries[:0], trace.Flights[:0]
				got := 0
				sending := n.Start(c.Send(from, octets))
				for got < octets {
					if p := n.Start(s.Recv(to, 1<<16)); p.Done {
						got += p.Outcome.N
					} else if o := n.Await(p, time.Second); p.Done {
						got += o.N
					} else {
						b.Fatalf("stalled after %d octets", got)
					}
				}
				if !sending.Done {
					b.Fatal("everything was read and send has not come back")
				}
			}
		})
	}
}
