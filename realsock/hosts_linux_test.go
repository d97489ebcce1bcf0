package realsock

import (
	"net/netip"
	"testing"
	"time"
)

// withHost adds a host to a Net.
func (l *trial) withHost(name string, addrs ...string) {
	l.t.Helper()
	c := Call{Host: "host", Op: opHost, Name: name}
	for _, a := range addrs {
		c.Addrs = append(c.Addrs, netip.MustParseAddr(a))
	}
	outs, err := l.Do(l.t.Context(), c)
	if err != nil || outs[0].Result != "ok" {
		l.t.Fatalf("host %s: %+v, %v", name, outs, err)
	}
}

// TestThirdHost: a host that a script makes has addresses, ports and a wire to each of the others.
func TestThirdHost(t *testing.T) {
	t.Parallel()
	l := newTrial(t, Config{})
	l.withHost("a-proxy-with-a-long-name", "10.0.0.3", "fd00::3")
	l.withHost("second", "10.0.0.200")
	l.run(`
		server bind l [::]:7865 => ok
		server listen l => ok
		a-proxy-with-a-long-name connect p 10.0.0.1:7865 => ok
		server accept l as=a => ok
		a-proxy-with-a-long-name connect q [fd00::1]:7865 => ok
		server accept l as=b => ok
		second connect s 10.0.0.1:7865 from=10.0.0.200:4000 => ok
		client connect c 10.0.0.200:7865 => ECONNREFUSED
		client connect d 10.0.0.3:7865 => ECONNREFUSED
		wire drop second>server FIN => ok
		second close s => ok
		second state s => FIN_WAIT1
		a-proxy-with-a-long-name close p => ok
		a-proxy-with-a-long-name state p => FIN_WAIT2
		a-proxy-with-a-long-name exit => ok
		server state b => CLOSE_WAIT`)
	l.wantPath("a-proxy-with-a-long-name", "p", "CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2")
	l.wantEven()

	for want, c := range map[string]Call{
		`host "server" is there already`:                                    {Name: "server", Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.9")}},
		"address 10.0.0.3 is another host's":                                {Name: "x", Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.3")}},
		"address 192.0.2.1 is not on the wire's network":                    {Name: "x", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
		"host x: its addresses must be one of IPv4 and at most one of IPv6": {Name: "x"},
	} {
		c.Host, c.Op = "host", opHost
		outs, err := l.Do(t.Context(), c)
		if err != nil || outs[0].NotRun != want {
			t.Errorf("got %+v, %v, want %s", outs, err, want)
		}
	}
}

// TestICMPErrors: an ICMP error reaches the socket that it is about, in both families, with the errno of
// the kernel's own table (icmp_err_convert, icmpv6_err_convert).
func TestICMPErrors(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"10.0.0.1", "[fd00::1]"} {
		t.Run(to, func(t *testing.T) {
			admin := "EHOSTUNREACH"
			if to[0] == '[' {
				admin = "EACCES"
			}
			for kind, want := range map[string]string{"net": "ENETUNREACH", "host": "EHOSTUNREACH", "port": "ECONNREFUSED", "admin": admin} {
				l := newTrial(t, Config{})
				l.run(`
					server bind l [::]:7865
					server listen l
					client connect d ` + to + `:7865 => ok
					server accept l as=a => ok
					wire block client how=` + kind + ` => ok
					client connect c ` + to + `:7865 => ` + want + `
					wire forge server sock=a icmp=` + kind + ` => silence
					client state d => ESTABLISHED`)
			}
		})
	}
}

// TestForget: a middlebox that forgets answers with a reset, or not at all, also for connections that
// were there before it was told to.
func TestForget(t *testing.T) {
	t.Parallel()
	l := newTrial(t, Config{})
	l.run(`
		server bind l :7865
		server listen l
		client connect c server:7865
		server accept l as=a
		wire forget d=300ms how=rst => ok
		client send c n=5 => 5`)
	if err := l.Wait(t.Context(), 400*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	l.run(`
		client send c n=5 => 5
		client state c => CLOSE
		client recv c => ECONNRESET
		server state a => ESTABLISHED`)
	l.wantPath("client", "c", "CLOSE SYN_SENT ESTABLISHED CLOSE")
}

// TestRecycle: a Net that was used is like a new one, whatever it was left with.
func TestRecycle(t *testing.T) {
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why)
	}
	pool := NewReusingPool(1, time.Minute)
	defer pool.Empty()
	var last *Net
	for range 4 {
		l := &trial{t: t, fates: map[int]Frame{}, tables: map[string]Table{}}
		n, err := pool.Open(t.Context(), Config{Observe: l.observe})
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && n != last {
			t.Error("got another Net, want the one that was given back")
		}
		last, l.Net = n, n
		if now := n.Now(); now > 10*time.Second {
			t.Errorf("its clock shows %v", now)
		}
		l.withHost("third", "10.0.0.3")
		l.run(`
			server bind l :7865 => ok
			server bind b :7000 => ok
			server listen l => ok
			client connect c server:7865 from=10.0.0.2:4000 => ok
			server accept l as=a => ok
			client connect d server:7865 => ok
			server close a => ok
			client close c => ok
			server state a => TIME_WAIT
			third connect t server:7865 => ok
			client sysctl tcp_timestamps value=0 => ok
			client connect n server:7865 => ok
			client recv n within=1ms => EAGAIN
			wire hold => ok
			client send d n=5 => 5
			client connect e server:7865 within=1ms => EINPROGRESS`)
		if first := l.frames[0]; first.ID != 1 || first.Seq != first.SeqISN || !first.HasTS {
			t.Errorf("got %+v, want the first segment of a connection with timestamps", first)
		}
		l.wantEven()
		if err := n.recycle(); err != nil {
			t.Fatal(err)
		}
		if err := pool.Give(n); err != nil { // what has nothing in it can be made like new too
			t.Fatal(err)
		}
	}
}
