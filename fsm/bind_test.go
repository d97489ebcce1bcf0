package fsm

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func bindTo(s string) (netip.Addr, Options) {
	if s == ":: v6only" {
		return netip.IPv6Unspecified(), Options{V6Only: true}
	}
	return netip.MustParseAddr(s), Options{}
}

func (s stage) bind(host, name, address string, o Options) Outcome {
	a, more := bindTo(address)
	o.V6Only = o.V6Only || more.V6Only
	family := 4
	if a.Is6() {
		family = 6
	}
	c, out := s.Host(host).Socket(name, family, o)
	s.ok(out)
	return s.Host(host).Bind(c, netip.AddrPortFrom(a, 7865))
}

// Two sockets without options, the first only bound: measured on Linux 6.18. I is EADDRINUSE.
func TestBindAddresses(t *testing.T) {
	const table = `
existing         | 0.0.0.0 | 127.0.0.1 | 127.0.0.2 | :: | ::1 | ::ffff:127.0.0.1 | :: v6only
0.0.0.0          | I  | I  | I  | I | ok | I  | ok
127.0.0.1        | I  | I  | ok | I | ok | I  | ok
127.0.0.2        | I  | ok | I  | I | ok | ok | ok
::               | I  | I  | I  | I | I  | I  | I
::1              | ok | ok | ok | I | I  | ok | I
::ffff:127.0.0.1 | I  | I  | ok | I | ok | I  | ok
:: v6only        | ok | ok | ok | I | I  | ok | I`
	lines := strings.Split(strings.TrimSpace(table), "\n")
	cut := func(l string) []string {
		f := strings.Split(l, "|")
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		return f
	}
	cols := cut(lines[0])
	for _, l := range lines[1:] {
		row := cut(l)
		for i := 1; i < len(row); i++ {
			s := newStage(t, Linux)
			s.ok(s.bind("server", "old", row[0], Options{}))
			want := map[string]Errno{"I": EADDRINUSE, "ok": ""}[row[i]]
			if got := s.bind("server", "new", cols[i], Options{}).Err; got != want {
				t.Errorf("%s over %s: got %q, want %q", cols[i], row[0], got, want)
			}
		}
	}
}

// SO_REUSEADDR and SO_REUSEPORT on the old and the new socket, over a TIME-WAIT, an established
// child and a listener: it takes the same option on both, and SO_REUSEADDR never does over a
// listener.
func TestBindOptions(t *testing.T) {
	olds := map[string]func(s stage){
		"TIME-WAIT": func(s stage) {
			s.connect()
			s.accept()
			s.close("server", "l")
			s.close("server", "a")
			s.close("client", "c")
		},
		"ESTABLISHED": func(s stage) { s.connect(); s.accept(); s.close("server", "l") },
		"LISTEN":      func(s stage) {},
	}
	for state, build := range olds {
		for bits := range 16 {
			old := Options{ReuseAddr: bits&1 != 0, ReusePort: bits&2 != 0}
			fresh := Options{ReuseAddr: bits&4 != 0, ReusePort: bits&8 != 0}
			s := newStage(t, Linux)
			l, o := s.server().Socket("l", 4, old)
			s.ok(o)
			s.ok(s.server().Bind(l, addr("0.0.0.0:7865")))
			s.ok(s.server().Listen(l, 5))
			build(s)
			want := old.ReusePort && fresh.ReusePort || old.ReuseAddr && fresh.ReuseAddr && state != "LISTEN"
			got := s.bind("server", "new", "0.0.0.0", fresh)
			if (got.Err == "") != want {
				t.Errorf("%s with %+v, new %+v: got %q", state, old, fresh, got.Err)
			}
			if got.Err != "" && (got.Why == nil || !strings.Contains(got.Why.Conflict.En, state) ||
				got.Why.Remedy.En == "" || got.Why.Passes.En == "") {
				t.Errorf("%s: a refusal names the socket, the remedy and the end: got %+v", state, got.Why)
			}
		}
	}
}

// A dual-stack listener's child on a real IPv6 address stands in the way of 0.0.0.0, but not of
// 127.0.0.1: its IPv4 equivalent is 127.0.0.6.
func TestBindQuirkOfDualStackChild(t *testing.T) {
	for address, want := range map[string]Errno{"0.0.0.0": EADDRINUSE, "127.0.0.1": "", "127.0.0.6": ""} {
		s := newStage(t, Linux)
		l, o := s.server().Socket("l", 6, Options{})
		s.ok(o)
		s.ok(s.server().Bind(l, netip.AddrPortFrom(netip.IPv6Unspecified(), 7865)))
		s.ok(s.server().Listen(l, 5))
		c, o := s.server().Socket("c", 6, Options{})
		s.ok(o)
		s.ok(s.Await(s.Start(s.server().Connect(c, netip.AddrPortFrom(netip.IPv6Loopback(), 7865))), time.Second))
		s.accept()
		s.close("server", "l")
		if got := s.bind("server", "new", address, Options{}).Err; got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// TIME-WAIT lasts a minute whatever tcp_fin_timeout says; an orphan's FIN-WAIT-2 lasts what it
// says, and twice what goes beyond a minute.
func TestLifetimes(t *testing.T) {
	for _, tt := range []struct {
		fin       string
		timeWait  bool
		want, tol time.Duration
	}{
		{"60", true, 60 * time.Second, 0},
		{"5", true, 60 * time.Second, 0},
		{"1", false, time.Second, 20 * time.Millisecond},
		{"0", false, 714 * time.Millisecond, 20 * time.Millisecond},
		{"30", false, 30 * time.Second, 0},
		{"61", false, 2 * time.Second, 0},
		{"90", false, 60 * time.Second, 0},
		{"120", false, 120 * time.Second, 0},
	} {
		s := established(t, Linux)
		if e, err := s.server().SetSysctl("tcp_fin_timeout", tt.fin); e != "" || err != nil {
			t.Fatal(e, err)
		}
		start := s.Now()
		s.close("server", "a")
		if tt.timeWait {
			s.close("client", "c")
		}
		a := s.server().Conn("a")
		for a.State() != Closed && s.Now()-start < 10*time.Minute {
			s.Advance(time.Millisecond)
		}
		got := s.Now() - start
		if got < tt.want || got > tt.want+tt.tol+20*time.Millisecond {
			t.Errorf("tcp_fin_timeout=%s, TIME-WAIT %v: gone after %v, want %v", tt.fin, tt.timeWait, got, tt.want)
		}
	}
}
