package fsm

import (
	"net/netip"
	"testing"
	"time"
)

// stage is a laboratory with the server's socket "a" in some state and the client's "c" at the
// other end. What the server says from then on stays on the wire.
type stage struct {
	*Net
	t testing.TB
}

func newStage(t testing.TB, p *Profile) stage {
	t.Helper()
	return stage{NewNet(Config{Profile: p, Seed: 1}), t}
}

func (s stage) server() *Host { return s.Host("server") }
func (s stage) client() *Host { return s.Host("client") }

func (s stage) ok(o Outcome) {
	s.t.Helper()
	if o.Err != "" {
		s.t.Fatalf("call: got %v (%v)", o.Err, o.Why)
	}
}

func (s stage) settle() {
	s.t.Helper()
	if err := s.Quiet(); err != nil {
		s.t.Fatal(err)
	}
}

func (s stage) socket(host, name string) *Conn {
	c, o := s.Host(host).Socket(name, 4, Options{})
	s.ok(o)
	return c
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func listening(t testing.TB, p *Profile) stage {
	s := newStage(t, p)
	l := s.socket("server", "l")
	s.ok(s.server().Bind(l, addr("0.0.0.0:7865")))
	s.ok(s.server().Listen(l, 10))
	return s
}

func (s stage) connect() {
	c := s.socket("client", "c")
	s.Await(s.Start(s.client().Connect(c, addr("10.0.0.1:7865"))), time.Second/2)
	s.settle()
}

func (s stage) accept() { s.ok(s.Await(s.Start(s.server().Accept(s.server().Conn("l"), "a")), 0)) }

// A stage of the play: which state the server's socket is in, in truth's abbreviations, and how it
// came there. "SRp" is a request socket, "SRs" a simultaneous open; "F1o" and "F2o" have no
// descriptor.
type stageOf struct {
	name  string
	build func(t testing.TB, p *Profile) stage
}

// The stages, each built from the one before it: figure 5 again.
var stages = []stageOf{
	{"CL", func(t testing.TB, p *Profile) stage {
		s := newStage(t, p)
		s.Wire().Hold("client", "")
		s.connect()
		return s
	}},
	{"LI", func(t testing.TB, p *Profile) stage {
		s := listening(t, p)
		s.Wire().Hold("client", "")
		s.connect()
		return s
	}},
	{"SS", func(t testing.TB, p *Profile) stage { return crossing(t, p) }},
	{"SRp", func(t testing.TB, p *Profile) stage {
		s := listening(t, p)
		s.Wire().Hold("server", "")
		s.connect()
		return s
	}},
	{"SRs", func(t testing.TB, p *Profile) stage {
		s := crossing(t, p)
		s.Wire().Deliver("client", "SYN")
		s.settle()
		return s
	}},
	{"ES", established},
	{"F1", finWait1},
	{"F1o", func(t testing.TB, p *Profile) stage {
		s := established(t, p)
		s.Wire().Hold("server", "")
		s.close("server", "a")
		return s
	}},
	{"F2", finWait2},
	{"F2o", func(t testing.TB, p *Profile) stage {
		s := established(t, p)
		s.close("server", "a")
		return s
	}},
	{"CW", closeWait},
	{"CG", func(t testing.TB, p *Profile) stage {
		s := finWait1(t, p)
		s.Wire().Hold("client", "")
		s.shutdown("client", "c")
		s.Wire().Deliver("client", "FIN")
		s.settle()
		return s
	}},
	{"LA", func(t testing.TB, p *Profile) stage {
		s := closeWait(t, p)
		s.Wire().Hold("server", "")
		s.shutdown("server", "a")
		return s
	}},
	{"TW", func(t testing.TB, p *Profile) stage {
		s := finWait2(t, p)
		s.shutdown("client", "c")
		return s
	}},
}

// crossing has both ends in SYN-SENT, their SYNs on the wire.
func crossing(t testing.TB, p *Profile) stage {
	s := newStage(t, p)
	s.Wire().Hold("", "")
	a, c := s.socket("server", "a"), s.socket("client", "c")
	s.ok(s.server().Bind(a, addr("10.0.0.1:7865")))
	s.ok(s.client().Bind(c, addr("10.0.0.2:40000")))
	s.Start(s.server().Connect(a, addr("10.0.0.2:40000")))
	s.Start(s.client().Connect(c, addr("10.0.0.1:7865")))
	s.settle()
	return s
}

func established(t testing.TB, p *Profile) stage {
	s := listening(t, p)
	s.connect()
	s.accept()
	s.close("server", "l")
	return s
}

func finWait1(t testing.TB, p *Profile) stage {
	s := established(t, p)
	s.Wire().Hold("server", "")
	s.shutdown("server", "a")
	return s
}

func finWait2(t testing.TB, p *Profile) stage {
	s := established(t, p)
	s.shutdown("server", "a")
	return s
}

func closeWait(t testing.TB, p *Profile) stage {
	s := established(t, p)
	s.shutdown("client", "c")
	return s
}

func (s stage) close(host, name string) {
	s.ok(s.Await(s.Start(s.Host(host).Close(s.Host(host).Conn(name))), 0))
	s.settle()
}

func (s stage) shutdown(host, name string) {
	s.ok(s.Host(host).Shutdown(s.Host(host).Conn(name), "wr"))
	s.settle()
}
