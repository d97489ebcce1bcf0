package fsm

import (
	"net/netip"
	"testing"
	"time"
)

// A v4-mapped wildcard is a wildcard: what is bound to it becomes specific on connect, and a
// listener on it is reached by IPv4. Measured on Linux 6.18.
func TestMappedWildcard(t *testing.T) {
	s := newStage(t, Linux)
	any := netip.AddrFrom16(netip.IPv4Unspecified().As16())
	l, o := s.server().Socket("l", 6, Options{})
	s.ok(o)
	s.ok(s.server().Bind(l, netip.AddrPortFrom(any, 9000)))
	s.ok(s.server().Listen(l, 5))
	c, o := s.server().Socket("c", 6, Options{})
	s.ok(o)
	s.ok(s.server().Bind(c, netip.AddrPortFrom(any, 7865)))
	s.ok(s.Await(s.Start(s.server().Connect(c, addr("[::ffff:127.0.0.1]:9000"))), time.Second))
	if got, want := c.Local(), addr("[::ffff:127.0.0.1]:7865"); got != want {
		t.Errorf("local address: got %v, want %v", got, want)
	}
	if got := s.bind("server", "n", "127.0.0.2", Options{}).Err; got != "" {
		t.Errorf("another address: got %v, want ok", got)
	}
	if got := s.bind("server", "m", "127.0.0.1", Options{}).Err; got != EADDRINUSE {
		t.Errorf("the same address: got %q, want EADDRINUSE", got)
	}
}

// ::1 is an address of lo alone, while any device will do for 127.0.0.1.
func TestBindLoopbackOfAnotherDevice(t *testing.T) {
	for _, tt := range []struct {
		address, device string
		want            Errno
	}{
		{"::1", "eth0", EADDRNOTAVAIL}, {"::1", "lo", ""}, {"::1", "", ""}, {"127.0.0.1", "eth0", ""},
		{"fd00::1", "lo", ""},
	} {
		s := newStage(t, Linux)
		if got := s.bind("server", "n", tt.address, Options{Device: tt.device}).Err; got != tt.want {
			t.Errorf("%s on %q: got %q, want %q", tt.address, tt.device, got, tt.want)
		}
	}
}

// An end whose segments are lost stays where its FIN left it, and tells the FIN again in time.
func TestLoseOverLoopback(t *testing.T) {
	s := listening(t, Linux)
	c, o := s.server().Socket("c", 4, Options{})
	s.ok(o)
	s.ok(s.Await(s.Start(s.server().Connect(c, addr("127.0.0.1:7865"))), time.Second))
	s.accept()
	a := s.server().Conn("a")
	s.ok(s.server().Shutdown(a, "wr"))
	s.Wire().Lose(a)
	if s.Until(100*time.Millisecond, func() bool { return a.State() != FinWait1 || c.State() != Established }) {
		t.Fatalf("got %s and %s, want FIN-WAIT-1 and ESTABLISHED", a.State(), c.State())
	}
	if !s.Until(time.Second, func() bool { return a.State() == FinWait2 && c.State() == CloseWait }) {
		t.Errorf("after the FIN was told again: got %s and %s", a.State(), c.State())
	}
}
