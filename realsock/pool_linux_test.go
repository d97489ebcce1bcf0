package realsock

import (
	"os"
	"testing"
	"time"
)

// ownProcesses counts the processes below this one.
func ownProcesses(t *testing.T) (n int) {
	t.Helper()
	all := processes(t)
	for _, p := range all {
		if p.descends(os.Getpid(), all) && p.state != "Z" {
			n++
		}
	}
	return n
}

// wantProcesses waits until there are so many.
func wantProcesses(t *testing.T, want int) {
	t.Helper()
	got := ownProcesses(t)
	for deadline := time.Now().Add(10 * time.Second); got != want && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		got = ownProcesses(t)
	}
	if got != want {
		t.Errorf("got %d processes, want %d", got, want)
	}
}

// TestPool: what a pool keeps is bounded in number and time, a Net from it is as good as another, and nothing is left.
func TestPool(t *testing.T) {
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	const each = 3 // processes of a Net
	before, files := ownProcesses(t), openFiles(t)
	p := NewPool(2, time.Hour)
	for range 3 {
		began := time.Now()
		events := 0
		n, err := p.Open(t.Context(), Config{Observe: func(Event) { events++ }})
		if err != nil {
			t.Fatal(err)
		}
		if now, took := n.Now(), time.Since(began); now > took {
			t.Errorf("its clock shows %v, %v after it was asked for", now, took)
		}
		for _, line := range []string{"client bind c :1", "client listen c"} {
			outs, err := n.Do(t.Context(), parseCall(t, line))
			if err != nil || outs[0].Result != "ok" {
				t.Errorf("%s: got %v, %v", line, outs, err)
			}
		}
		if events == 0 {
			t.Error("got no event")
		}
		wantProcesses(t, before+3*each)
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		wantProcesses(t, before+2*each)
	}
	p.Empty()
	wantProcesses(t, before)

	p = NewPool(2, time.Millisecond)
	n, err := p.Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	p.Empty() // while it is being filled
	wantProcesses(t, before)
	if got := openFiles(t); got > files {
		t.Errorf("got %d open files, %d before", got, files)
	}
}

// BenchmarkNets makes and ends Nets, cold and from a pool, and says how long who asks for one waits.
func BenchmarkNets(b *testing.B) {
	if a := Able(); !a.OK {
		b.Skip("no kernel world: " + a.Why)
	}
	pool := NewPool(2, time.Minute)
	defer pool.Empty()
	var cold, warm, rounds []time.Duration
	for b.Loop() {
		start := time.Now()
		n, err := Open(b.Context(), Config{})
		if err != nil {
			b.Fatal(err)
		}
		cold = append(cold, time.Since(start))
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
		rounds = append(rounds, time.Since(start))

		full(pool)
		start = time.Now()
		if n, err = pool.Open(b.Context(), Config{}); err != nil {
			b.Fatal(err)
		}
		warm = append(warm, time.Since(start))
		if err := n.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1/median(rounds).Seconds(), "nets/s-cold")
	b.ReportMetric(float64(median(cold).Microseconds())/1000, "ms-cold")
	b.ReportMetric(float64(median(warm).Microseconds())/1000, "ms-warm")
	b.ReportMetric(median(cold).Seconds()/median(warm).Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// full waits until nobody fills the pool any more.
func full(p *Pool) {
	p.fill()
	p.mu.Lock()
	making := p.making
	p.mu.Unlock()
	if making != nil {
		<-making
	}
}
