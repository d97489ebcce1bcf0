package fsm

import (
	"net/netip"
	"testing"
	"time"
)

// idle is an established connection on which nothing happens.
func idle(t *testing.T, p *Profile) (*Net, *Conn, *Conn) {
	t.Helper()
	n := NewNet(Config{Profile: p, Seed: 1})
	s, c := n.Host("server"), n.Host("client")
	l, _ := s.Socket("l", 4, Options{})
	s.Bind(l, addr("0.0.0.0:7865"))
	s.Listen(l, 5)
	a, _ := c.Socket("c", 4, Options{})
	n.Start(c.Connect(a, addr("10.0.0.1:7865")))
	n.Advance(10 * time.Millisecond)
	n.Start(s.Accept(l, "a"))
	return n, a, s.Conn("a")
}

// A flow without traffic is forgotten when its time is over and not before, and what then comes of
// it vanishes, or is answered with RST.
func TestWireForgets(t *testing.T) {
	for _, test := range []struct {
		name  string
		reset bool
		wait  time.Duration
		want  State
	}{
		{"in time", true, 59 * time.Second, Established},
		{"too late", true, 61 * time.Second, Closed},
		{"silently", false, 61 * time.Second, Established},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, c, a := idle(t, Linux)
			n.Wire().Forget(time.Minute, test.reset)
			n.Advance(test.wait)
			n.Start(n.Host("client").Send(c, 100))
			n.Advance(100 * time.Millisecond)
			if c.State() != test.want || a.State() != Established {
				t.Errorf("client is in %s and server in %s, want %s and ESTABLISHED", c.State(), a.State(), test.want)
			}
			if got, want := a.unread == 100, test.name == "in time"; got != want {
				t.Errorf("the data has arrived: %v, want %v", got, want)
			}
		})
	}
}

// A flow that the wire saw end is forgotten at once; a new SYN begins a new one.
func TestWireForgetsWhatEnded(t *testing.T) {
	n, c, a := idle(t, Linux)
	n.Wire().Forget(time.Hour, false)
	n.Start(n.Host("client").Close(c))
	n.Advance(100 * time.Millisecond)
	n.Start(n.Host("server").Close(a))
	n.Advance(100 * time.Millisecond)
	if c.State() != TimeWait || a.State() != Closed {
		t.Fatalf("the close led to %s and %s", c.State(), a.State())
	}
	if got := len(n.wire.memory.flows); got != 0 {
		t.Errorf("%d flows are remembered, want none", got)
	}
	d, _ := n.Host("client").Socket("d", 4, Options{})
	n.Start(n.Host("client").Connect(d, addr("10.0.0.1:7865")))
	n.Advance(10 * time.Millisecond)
	if d.State() != Established || len(n.wire.memory.flows) != 1 {
		t.Errorf("a new connection is in %s, and %d flows are remembered", d.State(), len(n.wire.memory.flows))
	}
}

// Connection tracking keeps an established flow for days and a half-closed one for a minute.
func TestConntrackTimeouts(t *testing.T) {
	n, c, a := idle(t, Linux)
	n.Wire().ForgetAsConntrack()
	n.Advance(4 * 24 * time.Hour)
	n.Start(n.Host("client").Send(c, 1))
	n.Advance(time.Second)
	if a.unread != 1 {
		t.Fatal("an established flow was forgotten within four days")
	}
	n.Host("server").Shutdown(a, "wr")
	n.Advance(61 * time.Second)
	n.Start(n.Host("client").Close(c))
	n.Advance(time.Second)
	if c.State() != LastAck || a.State() != FinWait2 {
		t.Errorf("after a minute in CLOSE_WAIT: client in %s, server in %s, want LAST-ACK and FIN-WAIT-2",
			c.State(), a.State())
	}
}

// An ICMP error ends what is being opened; a connection that is made only remembers it under linux,
// and ends for a hard error under rfc9293.
func TestICMPErrors(t *testing.T) {
	for _, test := range []struct {
		profile *Profile
		kind    string
		want    State
	}{
		{Linux, "port", Established}, {Linux, "host", Established},
		{RFC9293, "port", Closed}, {RFC9293, "host", Established},
	} {
		n, _, a := idle(t, test.profile)
		if answer, err := n.Wire().ForgeICMP("client", "c", test.kind); answer != "silence" || err != nil {
			t.Errorf("%s: %s unreachable is answered by %s, %v", test.profile.Name, test.kind, answer, err)
		}
		if a.State() != test.want {
			t.Errorf("%s: after %s unreachable the server is in %s, want %s", test.profile.Name, test.kind,
				a.State(), test.want)
		}
	}
	n := NewNet(Config{Seed: 1})
	n.Wire().Block("client>server", "host")
	c, _ := n.Host("client").Socket("c", 4, Options{})
	p := n.Start(n.Host("client").Connect(c, addr("10.0.0.1:7865")))
	if o := n.Await(p, time.Second); o.Err != EHOSTUNREACH {
		t.Errorf("connect says %q, want EHOSTUNREACH", o.Err)
	}
}

// A third host has its own ports, and a wire to each of the others that can be held by itself.
func TestThirdHost(t *testing.T) {
	n := NewNet(Config{Seed: 1})
	proxy := n.AddHost("proxy", []netip.Addr{netip.MustParseAddr("10.0.0.3")})
	l, _ := proxy.Socket("l", 4, Options{})
	proxy.Bind(l, addr("0.0.0.0:80"))
	proxy.Listen(l, 5)
	n.Wire().Hold("client>proxy", "any")
	for _, test := range []struct {
		host string
		want Errno
	}{{"client", EINPROGRESS}, {"server", ""}} {
		h := n.Host(test.host)
		c, _ := h.Socket("c", 4, Options{})
		if o := n.Await(n.Start(h.Connect(c, addr("10.0.0.3:80"))), 100*time.Millisecond); o.Err != test.want {
			t.Errorf("connect from %s says %q, want %q", test.host, o.Err, test.want)
		}
	}
}
