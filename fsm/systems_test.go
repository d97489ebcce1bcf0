package fsm

import (
	"fmt"
	"testing"
	"time"
)

// OpenBSD compares sockets of one family only; without an option any overlapping address is in the
// way, with one an unconnected socket with exactly this address. I is EADDRINUSE, N EADDRNOTAVAIL.
func TestOpenBSDBind(t *testing.T) {
	none, ra, rp := Options{}, Options{ReuseAddr: true}, Options{ReusePort: true}
	for _, tt := range []struct {
		old, new string
		oo, no   Options
		want     Errno
	}{
		{"0.0.0.0", "0.0.0.0", none, none, EADDRINUSE},
		{"0.0.0.0", "127.0.0.1", none, none, EADDRINUSE},
		{"127.0.0.1", "0.0.0.0", none, none, EADDRINUSE},
		{"127.0.0.1", "127.0.0.2", none, none, ""},
		{"0.0.0.0", "127.0.0.1", none, ra, ""},
		{"127.0.0.1", "0.0.0.0", ra, ra, ""},
		{"127.0.0.1", "127.0.0.1", ra, ra, EADDRINUSE},
		{"127.0.0.1", "127.0.0.1", rp, rp, ""},
		{"127.0.0.1", "127.0.0.1", ra, rp, EADDRINUSE},
		{"0.0.0.0", "::", none, none, ""},
		{"::", "0.0.0.0", none, none, ""},
		{"::", "::1", none, none, EADDRINUSE},
		{"::1", "::", none, ra, ""},
		{"0.0.0.0", "::ffff:127.0.0.1", none, none, EADDRNOTAVAIL},
		// Another user's socket, whatever its options, unless root asks.
		{"0.0.0.0", "127.0.0.1", Options{UID: 1000}, Options{UID: 1001, ReuseAddr: true}, EADDRINUSE},
		{"0.0.0.0", "127.0.0.1", Options{UID: 1000}, Options{UID: 0, ReuseAddr: true}, ""},
		{"127.0.0.1", "127.0.0.1", Options{UID: 1000, ReusePort: true}, Options{UID: 1001, ReusePort: true},
			EADDRINUSE},
	} {
		s := newStage(t, OpenBSD)
		s.ok(s.bind("server", "old", tt.old, tt.oo))
		got := s.bind("server", "new", tt.new, tt.no)
		if got.Err != tt.want {
			t.Errorf("%s %+v over %s %+v: got %q, want %q", tt.new, tt.no, tt.old, tt.oo, got.Err, tt.want)
		}
		if cited := OpenBSD.Cite(got); cited.Err != tt.want {
			t.Errorf("%s over %s: %q has no source: %+v", tt.new, tt.old, got.Err, got.Why)
		}
	}
}

// Over a connection OpenBSD's newcomer needs SO_REUSEADDR alone, in any state; lwIP's needs it over
// TIME-WAIT alone, and over anything else the old one needs it too.
func TestBindOverConnections(t *testing.T) {
	for _, tt := range []struct {
		p        *Profile
		stage    string
		old, new bool
		want     Errno
	}{
		{OpenBSD, "TW", false, false, EADDRINUSE},
		{OpenBSD, "TW", false, true, ""},
		{OpenBSD, "ES", false, true, ""},
		{LwIP, "TW", false, false, EADDRINUSE},
		{LwIP, "TW", false, true, ""},
		{LwIP, "ES", false, true, EADDRINUSE},
		{LwIP, "ES", true, true, ""},
		{LwIP, "CW", false, false, EADDRINUSE},
	} {
		for _, st := range stages {
			if st.name != tt.stage {
				continue
			}
			s := st.build(t, tt.p)
			s.server().Conn("a").ReuseAddr = tt.old
			if got := s.bind("server", "new", "0.0.0.0", Options{ReuseAddr: tt.new}).Err; got != tt.want {
				t.Errorf("%s, %s with reuseaddr=%v, new %v: got %q, want %q", tt.p.Name, tt.stage, tt.old, tt.new,
					got, tt.want)
			}
		}
	}
}

// Two lwIP sockets with SO_REUSEADDR may be bound to one address, and the first to listen wins.
func TestLwIPListen(t *testing.T) {
	s := newStage(t, LwIP)
	s.ok(s.bind("server", "one", "0.0.0.0", Options{ReuseAddr: true}))
	s.ok(s.bind("server", "two", "0.0.0.0", Options{ReuseAddr: true}))
	s.ok(s.server().Listen(s.server().Conn("two"), 5))
	if o := s.server().Listen(s.server().Conn("one"), 5); o.Err != EADDRINUSE || LwIP.Cite(o).Err != EADDRINUSE {
		t.Errorf("the second to listen: got %q, %+v", o.Err, o.Why)
	}
}

// The pool of an ESP32 has sixteen: TIME-WAIT gives way to a newcomer, the oldest first, and living
// connections never do; then a SYN is not answered and socket() fails.
func TestLwIPPool(t *testing.T) {
	s := newStage(t, LwIP)
	s.client().sys.Timestamps = false
	l := s.socket("server", "l")
	s.ok(s.server().Bind(l, addr("0.0.0.0:7865")))
	s.ok(s.server().Listen(l, 10))
	connect := func(i int) *Conn {
		t.Helper()
		c := s.socket("client", fmt.Sprint("c", i))
		if o := s.Await(s.Start(s.client().Connect(c, addr("10.0.0.1:7865"))), time.Second/2); o.Err != "" {
			return nil
		}
		s.settle()
		s.ok(s.Await(s.Start(s.server().Accept(l, fmt.Sprint("a", i))), 0))
		return s.server().Conn(fmt.Sprint("a", i))
	}
	// The server closes first, so that its ends wait; the client's pool has room again each time.
	var waiting []*Conn
	for i := range LwIP.Pool {
		a := connect(i)
		s.close("server", a.name)
		s.close("client", fmt.Sprint("c", i))
		if a.State() != TimeWait {
			t.Fatalf("connection %d is in %s", i, a.State())
		}
		waiting = append(waiting, a)
		s.Advance(time.Second)
	}
	if connect(16) == nil {
		t.Fatal("a newcomer found no room beside sixteen in TIME-WAIT")
	}
	if waiting[0].State() != Closed || waiting[1].State() != TimeWait {
		t.Errorf("the oldest is in %s, the next in %s; want CLOSED and TIME-WAIT", waiting[0].State(),
			waiting[1].State())
	}
	for i := 17; i < 32; i++ {
		if connect(i) == nil {
			t.Fatalf("connection %d found no room", i)
		}
	}
	c, o := s.client().Socket("late", 4, Options{})
	if o.Err != ENOBUFS || c != nil || LwIP.Cite(o).Err != ENOBUFS {
		t.Errorf("socket() with sixteen living connections: got %q, want ENOBUFS with its source", o.Err)
	}
	if o := s.client().Abort(s.client().Conn("c31")); o.Err != "" {
		t.Fatal(o.Err)
	}
	s.settle()
}

// lwIP's clocks run from the last segment that came while there was a descriptor (pcb->tmr): a
// connection that was idle for a minute before close() waits for one minute, not two.
func TestLwIPIdleClock(t *testing.T) {
	for _, tt := range []struct{ idle, want time.Duration }{{0, 120 * time.Second}, {time.Minute, time.Minute},
		{time.Hour, 500 * time.Millisecond}} {
		s := established(t, LwIP)
		s.Advance(tt.idle)
		s.close("server", "a")
		s.close("client", "c")
		a, began := s.server().Conn("a"), s.Now()
		if tt.idle > 20*time.Second && a.State() == Closed {
			continue // its FIN-WAIT-2 was over before the FIN came
		}
		s.Until(10*time.Minute, func() bool { return a.State() == Closed })
		if got := s.Now() - began; got < tt.want-100*time.Millisecond || got > tt.want+100*time.Millisecond {
			t.Errorf("idle for %v: TIME-WAIT lasted %v, want %v", tt.idle, got, tt.want)
		}
	}
}

// Nobody answers: twelve SYNs more, 1.5 s apart, and lwIP says that it aborted.
func TestLwIPConnectTimesOut(t *testing.T) {
	s := newStage(t, LwIP)
	c := s.socket("client", "c")
	s.Wire().Drop("client", "SYN", 1)
	syns := 0
	s.watch.Flight = func(f Flight) {
		if f.Segment.Flags == SYN && f.Fate == Lost {
			syns++
		}
	}
	o := s.Await(s.Start(s.client().Connect(c, addr("10.0.0.9:7865"))), time.Minute)
	if o.Err != ECONNABORTED || syns != 13 || LwIP.Cite(o).Err != ECONNABORTED {
		t.Errorf("got %q after %d SYNs and %v, want ECONNABORTED after 13", o.Err, syns, s.Now())
	}
}

// What a system makes of IPV6_V6ONLY: Linux and macOS have it off, FreeBSD and Windows on until it
// is cleared, and OpenBSD does not let it be cleared.
func TestV6OnlyByDefault(t *testing.T) {
	for _, tt := range []struct {
		p           *Profile
		def, cleard bool
		err         Errno
	}{{Linux, false, false, ""}, {MacOS, false, false, ""}, {FreeBSD, true, false, ""},
		{Windows, true, false, ""}, {OpenBSD, true, true, EINVAL}} {
		s := newStage(t, tt.p)
		c, o := s.server().Socket("l", 6, Options{})
		s.ok(o)
		was := c.V6Only
		o = s.server().SetOptions(c, []Option{{Name: "v6only"}})
		if was != tt.def || c.V6Only != tt.cleard || o.Err != tt.err {
			t.Errorf("%s: v6only %v, cleared %v with %q; want %v, %v, %q", tt.p.Name, was, c.V6Only, o.Err,
				tt.def, tt.cleard, tt.err)
		}
	}
}

// On OpenBSD a port belongs to a local address whatever the peer; a second connect to another peer
// does not get the only one there is.
func TestOpenBSDPortsAreOwn(t *testing.T) {
	for _, tt := range []struct {
		p    *Profile
		want Errno
	}{{Linux, ""}, {OpenBSD, EADDRNOTAVAIL}, {LwIP, ENOBUFS}} {
		s := newStage(t, tt.p)
		s.server().sys.UnprivPortStart = 0
		for _, port := range []string{"7865", "7866"} {
			l := s.socket("server", "l"+port)
			s.ok(s.server().Bind(l, addr("0.0.0.0:"+port)))
			s.ok(s.server().Listen(l, 5))
		}
		if e, err := s.client().SetSysctl("ip_local_port_range", "40000 40000"); e != "" || err != nil {
			t.Fatal(e, err)
		}
		c, d := s.socket("client", "c"), s.socket("client", "d")
		s.ok(s.Await(s.Start(s.client().Connect(c, addr("10.0.0.1:7865"))), time.Second))
		o := s.Await(s.Start(s.client().Connect(d, addr("10.0.0.1:7866"))), time.Second)
		if o.Err != tt.want || tt.p.Cite(o).Err != tt.want {
			t.Errorf("%s: got %q, %+v, want %q", tt.p.Name, o.Err, o.Why, tt.want)
		}
	}
}

// Releases of Linux before 6.18, where they differ.
func TestLinuxReleases(t *testing.T) {
	reuse := Options{ReuseAddr: true}
	for _, tt := range []struct {
		name                   string
		mapped, cleared, delay Errno
		within, over           bool // may one reconnect after 0.2 s, in the same second and in the next
	}{
		{"linux@5.10", EADDRINUSE, "", ENOENT, false, true},
		{"linux@6.1", "", "", ENOENT, false, true},
		{"linux@6.12", EADDRINUSE, EADDRINUSE, ENOENT, false, true},
		{"linux@6.18", EADDRINUSE, EADDRINUSE, "", false, false},
		{"linux", EADDRINUSE, EADDRINUSE, "", false, false},
	} {
		p := ProfileByName(tt.name)
		s := newStage(t, p)
		s.ok(s.bind("server", "old", "::ffff:0.0.0.0", Options{}))
		if got := s.bind("server", "new", "::ffff:127.0.0.1", Options{}).Err; got != tt.mapped {
			t.Errorf("%s: ::ffff:127.0.0.1 beside ::ffff:0.0.0.0: got %q, want %q", tt.name, got, tt.mapped)
		}
		s = newStage(t, p)
		s.ok(s.bind("server", "old", "0.0.0.0", reuse))
		s.server().Conn("old").ReuseAddr = false
		if got := s.bind("server", "new", "0.0.0.0", reuse).Err; got != tt.cleared {
			t.Errorf("%s: over a socket that cleared SO_REUSEADDR after bind: got %q, want %q", tt.name, got,
				tt.cleared)
		}
		if got, err := s.server().SetSysctl("tcp_tw_reuse_delay", "500"); got != tt.delay || err != nil {
			t.Errorf("%s: tcp_tw_reuse_delay: got %q, %v, want %q", tt.name, got, err, tt.delay)
		}
		if got := reconnects(t, p, 300*time.Millisecond); got != tt.within {
			t.Errorf("%s: reconnecting in the second of the close: got %v", tt.name, got)
		}
		if got := reconnects(t, p, 900*time.Millisecond); got != tt.over {
			t.Errorf("%s: reconnecting 0.2 s later, in the next second: got %v, want %v", tt.name, got, tt.over)
		}
	}
}

// reconnects closes a connection on the loopback at a time within a second, and says whether
// another connect may have its port 0.2 s later.
func reconnects(t *testing.T, p *Profile, at time.Duration) bool {
	s := newStage(t, p)
	h := s.server()
	l := s.socket("server", "l")
	s.ok(h.Bind(l, addr("127.0.0.1:7865")))
	s.ok(h.Listen(l, 10))
	if e, err := h.SetSysctl("ip_local_port_range", "40000 40000"); e != "" || err != nil {
		t.Fatal(e, err)
	}
	s.Advance(at - s.Now())
	c := s.socket("server", "c")
	s.ok(s.Await(s.Start(h.Connect(c, addr("127.0.0.1:7865"))), time.Second/2))
	s.accept()
	s.close("server", "c")
	s.close("server", "a")
	if c.State() != TimeWait {
		t.Fatalf("%s: the client's end is in %s", p.Name, c.State())
	}
	s.Advance(200 * time.Millisecond)
	o := s.Await(s.Start(h.Connect(s.socket("server", "d"), addr("127.0.0.1:7865"))), time.Second/2)
	return o.Err == ""
}
