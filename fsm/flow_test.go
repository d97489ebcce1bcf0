package fsm

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestFlowControl sends through buffers of one octet to four megabytes, over a wire that loses now
// and then, to readers that are fast, slow or pause, and half-closes behind it: every octet comes,
// in every profile that is measured, no window is taken back, and nothing stalls.
func TestFlowControl(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		for _, p := range []*Profile{Linux, RFC9293} {
			t.Run(fmt.Sprintf("%s/%d", p.Name, seed), func(t *testing.T) { transfer(t, p, seed) })
		}
	}
}

func transfer(t *testing.T, p *Profile, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 7865))
	size := func() int { return 1 << rng.IntN(23) }
	edges := map[string]uint32{}
	lossy := rng.IntN(3) == 0
	n := NewNet(Config{Profile: p, Seed: seed, Watch: Watcher{Flight: func(f Flight) {
		s := f.Segment
		if f.Fate != UnderWay || !s.Flags.Has(ACK) || s.Flags&(SYN|RST) != 0 {
			return
		}
		edge := s.Ack + s.Wnd
		if old, ok := edges[f.From]; ok && before(edge, old) && f.From == "server" {
			t.Errorf("at %v the right edge of the window goes from %d back to %d", f.Departs, old, edge)
		}
		edges[f.From] = edge
	}}})
	s, c := n.Host("server"), n.Host("client")
	l, _ := s.Socket("l", 4, Options{RcvBuf: size()})
	s.Bind(l, addr("0.0.0.0:7865"))
	s.Listen(l, 1)
	from, _ := c.Socket("c", 4, Options{SndBuf: size(), NoDelay: rng.IntN(2) == 0})
	n.Start(c.Connect(from, addr("10.0.0.1:7865")))
	n.Advance(10 * time.Millisecond)
	n.Start(s.Accept(l, "a"))
	to := s.Conn("a")
	total := 1 + rng.IntN(min(200_000, 4*int(to.rcvWnd)+2000))
	sending := n.Start(c.Send(from, total))
	half := false
	for got := 0; got < total; {
		if n.Now() > 24*time.Hour {
			t.Fatalf("%d of %d octets after a day: client %+v", got, total, from.out)
		}
		if lossy && rng.IntN(20) == 0 {
			n.Wire().Drop([]string{"client", "server"}[rng.IntN(2)], "any", 1+rng.IntN(3))
		}
		if sending.Done && !half {
			c.Shutdown(from, "wr")
			half = true
		}
		if rng.IntN(4) == 0 {
			n.Advance(time.Duration(rng.IntN(3000)) * time.Millisecond)
		}
		q := n.Start(s.Recv(to, 1+rng.IntN(size())))
		o := n.Await(q, 10*time.Minute)
		if !q.Done || o.Err != "" || o.EOF {
			t.Fatalf("after %d of %d octets at %v recv says %+v; client %s, retransmits %d, window %d, timer %s",
				got, total, n.Now(), o,
				from.State(), from.retries, from.sndWnd, kindOf(from.Timer()))
		}
		got += o.N
		if p.Buffers == BuffersLinux && (to.in.used < 0 || to.unread == 0 && to.in.used != 0) {
			t.Fatalf("%d octets wait to be read in %d octets of memory", to.unread, to.in.used)
		}
	}
	n.Advance(10 * time.Minute)
	if !sending.Done || sending.Outcome.N != total {
		t.Errorf("everything was read, and send says %+v", sending.Outcome)
	}
	if from.out.used < 0 || len(from.sent) == 0 && from.out.used != 0 {
		t.Errorf("nothing is under way in %d octets of memory", from.out.used)
	}
}

func kindOf(name string, _ time.Duration) string { return name }
