package realsock

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// lab is a Net with everything it told.
type lab struct {
	*Net
	t         *testing.T
	mu        sync.Mutex
	frames    []Frame
	sightings []Sighting
	tables    []Table
}

func open1(t *testing.T, cfg Config) *lab {
	t.Helper()
	if a := Able(); !a.OK {
		t.Skipf("no kernel world: %s; %s", a.Why, a.Remedy)
	}
	l := &lab{t: t}
	cfg.Observe = func(e Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case e.Frame != nil:
			l.frames = append(l.frames, *e.Frame)
		case e.Sighting != nil:
			l.sightings = append(l.sightings, *e.Sighting)
		case e.Table != nil:
			l.tables = append(l.tables, *e.Table)
		}
	}
	n, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	l.Net = n
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *lab) quiet() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Quiet(ctx); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) do(calls ...Call) []string {
	l.t.Helper()
	l.quiet()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	outs, err := l.Do(ctx, calls...)
	if err != nil {
		l.t.Fatal(err)
	}
	var got []string
	for _, o := range outs {
		if o.NotRun != "" {
			got = append(got, "not run: "+o.NotRun)
		} else {
			got = append(got, o.Result)
		}
	}
	return got
}

func (l *lab) want(want string, c Call) {
	l.t.Helper()
	if got := l.do(c); got[0] != want {
		l.t.Errorf("%s %s %s: got %s, want %s", c.Host, c.Op, c.Name, got[0], want)
	}
}

func TestFirst(t *testing.T) {
	t0 := time.Now()
	l := open1(t, Config{})
	fmt.Println("open", time.Since(t0))
	l.want("ok", Call{Host: Server, Op: "bind", Name: "l", Family: 4, Addr: netip.MustParseAddrPort("0.0.0.0:7865")})
	l.want("ok", Call{Host: Server, Op: "listen", Name: "l", N: 20})
	l.want("ok", Call{Host: Client, Op: "connect", Name: "c", Family: 4, Addr: netip.MustParseAddrPort("10.0.0.1:7865")})
	l.want("ok", Call{Host: Server, Op: "accept", Name: "l", As: "a"})
	l.want("ok", Call{Host: Server, Op: "exit"})
	l.want("FIN_WAIT2", Call{Host: Server, Op: "state", Name: "a"})
	l.want("ok", Call{Host: Client, Op: "close", Name: "c"})
	l.want("TIME_WAIT", Call{Host: Server, Op: "state", Name: "a"})
	l.want("timewait", Call{Host: Server, Op: "timer", Name: "a"})
	l.want("EADDRINUSE", Call{Host: Server, Op: "bind", Name: "l2", Family: 4, Addr: netip.MustParseAddrPort("0.0.0.0:7865")})
	l.quiet()
	fmt.Println(l.Now())
	for _, f := range l.frames {
		f.Raw = nil
		fmt.Printf("%v %s %s>%s seq %d ack %d flags %s %v %v\n", f.ID, f.Fate, f.From, f.To, f.Seq-f.SeqISN, f.Ack-f.AckISN, flagsText(f.Flags), f.Departs, f.Arrives)
	}
	for _, s := range l.sightings {
		fmt.Printf("%v %s %s %s>%s %v sent %v timer %s %v\n", s.At, s.Host, s.Name, s.Prev, s.State, s.Cause, s.Sent, s.Timer, s.Left)
	}
	for _, s := range l.tables {
		fmt.Printf("%+v\n", s)
	}
}
