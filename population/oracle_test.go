package population

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"fourwave/api/doc"
	"fourwave/fsm"
)

// oracle is the same population on a whole fsm.Net: sockets, bind rules, segments, timers. It is
// slow, and knows nothing of the arithmetic.
type oracle struct {
	t       *testing.T
	net     *fsm.Net
	a       *asked
	refused int
	first   time.Duration
	opened  int
}

// happening is something that an application does at an instant.
type happening struct {
	at time.Duration
	do func()
}

func newOracle(t *testing.T, a *asked) *oracle {
	o := &oracle{t: t, net: fsm.NewNet(fsm.Config{Profile: a.profile, Seed: 1}), a: a, first: -1}
	o.net.Wire().SetLatency(a.rtt / 2)
	for _, key := range sorted(a.Sysctls) {
		for _, name := range []string{"client", "server"} {
			if errno, err := o.net.Host(name).SetSysctl(key, a.Sysctls[key]); errno != "" || err != nil {
				t.Fatal(key, errno, err)
			}
		}
	}
	if errno, err := o.net.Host("client").SetSysctl("ip_local_port_range",
		fmt.Sprintf("%d %d", a.low, a.high)); errno != "" || err != nil {
		t.Fatal(errno, err)
	}
	server := o.net.Host("server")
	for d := range a.Destinations {
		l, out := server.Socket(fmt.Sprintf("l%d", d), 4, fsm.Options{})
		o.ok(out)
		o.ok(server.Bind(l, o.destination(d)))
		o.ok(server.Listen(l, 1000))
	}
	return o
}

func (o *oracle) destination(d int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(7000+d))
}

func (o *oracle) ok(out fsm.Outcome) {
	o.t.Helper()
	if out.Err != "" {
		o.t.Fatalf("call: %v (%v)", out.Err, out.Why)
	}
}

// run does everything up to an instant and calls look at the instants given.
func (o *oracle) run(looks []time.Duration, look func(at time.Duration)) {
	s := newRun(o.a.setup()).setup
	var all []happening
	for k := range s.n {
		all = append(all, happening{s.at(k), func() { all = append(all, o.connect(k)...) }})
	}
	for _, at := range looks {
		all = append(all, happening{at, func() { look(at) }})
	}
	byTime := func(x, y happening) int { return int(x.at - y.at) }
	for len(all) > 0 {
		slices.SortStableFunc(all, byTime)
		next := all[0]
		all = all[1:]
		if next.at > o.a.span {
			return
		}
		if err := o.net.Advance(next.at - o.net.Now()); err != nil {
			o.t.Fatal(err)
		}
		next.do()
	}
}

// connect has a client come, and returns what its connection will do.
func (o *oracle) connect(k int) []happening {
	client, server := o.net.Host("client"), o.net.Host("server")
	name := fmt.Sprintf("c%d", k)
	now := o.net.Now()
	refuse := func() {
		if o.refused++; o.first < 0 {
			o.first = now
		}
	}
	c, out := client.Socket(name, 4, fsm.Options{BindNoPort: o.a.Bind == "no-port"})
	o.ok(out)
	if o.a.Bind != "connect" {
		if out := client.Bind(c, netip.MustParseAddrPort("10.0.0.2:0")); out.Err != "" {
			refuse()
			return nil
		}
	}
	d := k % o.a.Destinations
	if p := o.net.Start(client.Connect(c, o.destination(d))); p.Done && p.Outcome.Err != "" {
		refuse()
		o.ok(o.net.Start(client.Close(c)).Outcome)
		return nil
	}
	o.opened++
	var a string
	closeClient := func() { o.ok(o.net.Start(client.Close(client.Conn(name))).Outcome) }
	closeServer := func() { o.ok(o.net.Start(server.Close(server.Conn(a))).Outcome) }
	accept := happening{now + o.a.open, func() {
		a = "a" + name
		o.ok(o.net.Start(server.Accept(server.Conn(fmt.Sprintf("l%d", d)), a)).Outcome)
	}}
	first, second := closeClient, closeServer
	if o.a.Closer == "server" {
		first, second = second, first
	}
	return []happening{accept, {now + o.a.open, first}, {now + o.a.open + o.a.rtt/2, second}}
}

func (o *oracle) timeWaits(host string) (n int) {
	for _, r := range o.net.Host(host).Rows() {
		if r.State == string(fsm.TimeWait) {
			n++
		}
	}
	return n
}

// TestAgreesWithTheLab: counting bits comes to what the whole machine does, connection by
// connection.
func TestAgreesWithTheLab(t *testing.T) {
	for name, in := range map[string]doc.PopulationRequest{
		"lasts":                      {Rate: 1, Range: "40000-40099", For: "3m"},
		"runs out":                   {Rate: 1, Range: "40000-40019", For: "3m"},
		"runs out at once":           {Rate: 50, Range: "40000-40001", For: "65s"},
		"one port":                   {Rate: 2, Range: "40000-40000", For: "3m"},
		"open for long":              {Rate: 2, Range: "40000-40060", Open: "20s", For: "3m"},
		"two destinations":           {Rate: 2, Range: "40000-40019", Destinations: 2, For: "3m"},
		"three, bound to port 0":     {Rate: 2, Range: "40000-40029", Destinations: 3, Bind: "port-0", For: "3m"},
		"three, without bind's port": {Rate: 2, Range: "40000-40029", Destinations: 3, Bind: "no-port", For: "3m"},
		"tcp_tw_reuse": {Rate: 5, Range: "40000-40009", For: "3m",
			Sysctls: map[string]string{"tcp_tw_reuse": "1"}},
		"tcp_tw_reuse, too fast": {Rate: 20, Range: "40000-40009", For: "70s",
			Sysctls: map[string]string{"tcp_tw_reuse": "1"}},
		"tcp_tw_reuse on a wire: 2": {Rate: 5, Range: "40000-40009", For: "3m",
			Sysctls: map[string]string{"tcp_tw_reuse": "2"}},
		"a longer delay": {Rate: 5, Range: "40000-40009", For: "70s",
			Sysctls: map[string]string{"tcp_tw_reuse": "1", "tcp_tw_reuse_delay": "5000"}},
		"no timestamps": {Rate: 2, Range: "40000-40009", For: "3m",
			Sysctls: map[string]string{"tcp_tw_reuse": "1", "tcp_timestamps": "0"}},
		"few buckets": {Rate: 2, Range: "40000-40019", For: "3m",
			Sysctls: map[string]string{"tcp_max_tw_buckets": "7"}},
		"no buckets": {Rate: 2, Range: "40000-40009", For: "3m",
			Sysctls: map[string]string{"tcp_max_tw_buckets": "0"}},
		"few buckets, open for long": {Rate: 2, Range: "40000-40019", Open: "8s", For: "3m",
			Sysctls: map[string]string{"tcp_max_tw_buckets": "7"}},
		"the decoy": {Rate: 1, Range: "40000-40019", For: "3m",
			Sysctls: map[string]string{"tcp_fin_timeout": "5"}},
		"reserved ports": {Rate: 1, Range: "40000-40019", For: "3m",
			Sysctls: map[string]string{"ip_local_reserved_ports": "40003,40010-40012"}},
		"the server closes first":    {Rate: 3, Range: "40000-40019", Closer: "server", For: "3m"},
		"it closes first, open long": {Rate: 3, Range: "40000-40019", Closer: "server", Open: "10s", For: "3m"},
		"the RFC, 240 s":             {Rate: 1, Range: "40000-40019", Profile: "rfc9293", For: "10m"},
		"the RFC, tcp_tw_reuse or no": {Rate: 1, Range: "40000-40019", Profile: "rfc9293", For: "10m",
			Sysctls: map[string]string{"tcp_tw_reuse": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in.RTT = "2ms"
			a, err := read(in)
			if err != nil {
				t.Fatal(err)
			}
			fast, slow := newRun(a.setup()), newOracle(t, a)
			var looks []time.Duration
			for at := 777 * time.Millisecond; at < a.span; at += a.span / 37 {
				looks = append(looks, at.Truncate(time.Millisecond)+500*time.Microsecond)
			}
			slow.run(looks, func(at time.Duration) {
				fast.until(at)
				waits := slow.timeWaits(a.Closer)
				// At the server a TIME-WAIT ends when its port comes again, and which port comes is
				// the system's choice: the count is for ports in turn, which leaves the most.
				same := fast.now.waits == waits || a.Closer == "server" && waits < fast.now.waits
				if fast.now.opened != slow.opened || fast.now.refused != slow.refused || !same {
					t.Errorf("at %s: got %d opened, %d refused, %d TIME-WAITs; the lab has %d, %d, %d", at,
						fast.now.opened, fast.now.refused, fast.now.waits, slow.opened, slow.refused, waits)
				}
			})
			if fast.first != slow.first {
				t.Errorf("the first is refused at %s, in the lab at %s", fast.first, slow.first)
			}
		})
	}
}
