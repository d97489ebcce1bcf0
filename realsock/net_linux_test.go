package realsock

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const opened = `
	server bind l :7865           => ok
	server listen l n=20          => ok
	client connect c server:7865  => ok
	server accept l as=a          => ok`

// RFC 9293, figure 12, put to the kernel.
//
//	    TCP Peer A                                           TCP Peer B
//	1.  ESTABLISHED                                          ESTABLISHED
//	2.  (Close)
//	    FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
//	3.  FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>      <-- CLOSE-WAIT
//	4.                                                       (Close)
//	    TIME-WAIT   <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
//	5.  TIME-WAIT   --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
func TestCloseInTurn(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened + `
		server close a  => ok
		server state a  => FIN_WAIT2
		client state c  => CLOSE_WAIT
		client close c  => ok
		server state a  => TIME_WAIT
		server timer a  => timewait
		client state c  => CLOSE
		client timer c  => none`)
	l.wantPath(Server, "a", "LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT")
	l.wantPath(Client, "c", "CLOSE SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE")
	l.wantSent(Server, "SYN+ACK 0:0 ack 1", "FIN+ACK 1:0 ack 1", "ACK 2:0 ack 2")
	l.wantSent(Client, "SYN 0:0", "ACK 1:0 ack 1", "ACK 1:0 ack 2", "FIN+ACK 1:0 ack 2")
	l.wantEven()
}

// RFC 9293, figure 13: both ends close at once, and both wait.
func TestCloseAtOnce(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened)
	for _, o := range l.do("server close a", "client close c") {
		if o.Result != "ok" {
			t.Errorf("got %+v, want ok", o)
		}
	}
	l.wantPath(Server, "a", "LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT")
	l.wantPath(Client, "c", "CLOSE SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT")
	l.wantEven()
}

func TestOpenAtOnce(t *testing.T) {
	l := newTrial(t, Config{})
	l.do("server bind s server:1000")
	l.do("client bind c client:2000")
	for _, o := range l.do("server connect s client:2000", "client connect c server:1000") {
		if o.Result != "ok" {
			t.Errorf("got %+v, want ok", o)
		}
	}
	l.wantPath(Server, "s", "CLOSE SYN_SENT SYN_RECV ESTABLISHED")
	l.wantPath(Client, "c", "CLOSE SYN_SENT SYN_RECV ESTABLISHED")
	l.wantEven()
}

func TestRestart(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened + `
		server exit                      => ok
		client close c                   => ok
		server state a                   => TIME_WAIT
		server bind l2 :7865             => EADDRINUSE
		server bind l3 :7865 reuseaddr   => EADDRINUSE
		server bind l4 127.0.0.1:7865    => ok`)
	if got := l.do("server sockets x :7865")[0].Rows; len(got) != 1 || got[0].Name != "a" || got[0].State != "TIME_WAIT" || got[0].Open {
		t.Errorf("got %+v, want the one in TIME_WAIT", got)
	}
	l.wantEven()
}

// TestTimeWaitEnds waits for a real one: 60.0 to 62.1 s at HZ=250.
func TestTimeWaitEnds(t *testing.T) {
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("takes a minute; set FOURWAVE_LONG=1")
	}
	t.Parallel()
	l := newTrial(t, Config{})
	l.run(opened + `
		server close a  => ok
		client close c  => ok
		server state a  => TIME_WAIT`)
	began := l.last(Server, "a").At
	deadline := time.Now().Add(70 * time.Second)
	for l.last(Server, "a").State != "CLOSE" {
		if time.Now().After(deadline) {
			t.Fatalf("still in %s after 70 s", l.last(Server, "a").State)
		}
		time.Sleep(10 * time.Millisecond)
	}
	s := l.last(Server, "a")
	if d := s.At - began; d < 59900*time.Millisecond || d > 62500*time.Millisecond || s.Cause.Kind != "timer" {
		t.Errorf("gone after %v by %+v, want 60 s to 62.5 s by a timer", d, s.Cause)
	}
	l.run("server bind l2 :7866 => ok")
}

// last is the last sighting of a socket.
func (l *trial) last(host, name string) (s Sighting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.sightings {
		if x.Host == host && x.Name == name {
			s = x
		}
	}
	return s
}

func TestFinWait2Ends(t *testing.T) {
	t.Parallel()
	l := newTrial(t, Config{})
	l.run("server sysctl tcp_fin_timeout value=1 => ok" + opened + `
		server close a  => ok
		server state a  => FIN_WAIT2`)
	deadline := time.Now().Add(5 * time.Second)
	for l.last(Server, "a").State != "CLOSE" && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if s := l.last(Server, "a"); s.State != "CLOSE" || s.Prev != "FIN_WAIT2" || s.Cause.Kind != "timer" {
		t.Errorf("got %+v, want FIN_WAIT2 ended by its timer", s)
	}
}

func TestResets(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened + `
		client send c n=10             => 10
		server close a                 => ok
		client state c                 => CLOSE
		client recv c                  => ECONNRESET
		client send c n=1              => EPIPE
		client close c                 => ok
		client connect d server:7865   => ok
		server accept l as=b           => ok
		server abort b                 => ok
		client state d                 => CLOSE
		client connect e server:7865   => ok
		server close l                 => ok
		client state e                 => CLOSE
		client connect f server:7865   => ECONNREFUSED
		client state f                 => CLOSE
		client send nobody n=1         => EBADF`)
	l.wantPath(Server, "a", "LISTEN SYN_RECV ESTABLISHED CLOSE")
	l.wantPath(Client, "f", "CLOSE SYN_SENT CLOSE")
	l.wantEven()
}

func TestHalfClose(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened + `
		client shutdown c wr           => ok
		server recv a                  => EOF
		server send a n=3000           => 3000
		client recv c                  => 3000
		client recv c within=10ms      => EAGAIN
		client send c n=1              => EPIPE
		client state c                 => FIN_WAIT2
		server close a                 => ok
		client state c                 => TIME_WAIT
		client shutdown c wr           => ENOTCONN
		client close c                 => ok
		client state c                 => TIME_WAIT`)
	l.wantEven()
}

func TestIPv6(t *testing.T) {
	l := newTrial(t, Config{})
	if !l.Ability().IPv6 {
		skip(t, "this kernel has no IPv6")
	}
	l.run(`
		server bind l [::]:7865 v6only=0     => ok
		server listen l                      => ok
		client connect c [fd00::1]:7865      => ok
		client connect d server:7865         => ok
		server accept l as=a                 => ok
		server accept l as=b                 => ok
		server close a                       => ok
		server close b                       => ok
		client close c                       => ok
		client close d                       => ok
		server state a                       => TIME_WAIT
		server state b                       => TIME_WAIT`)
	l.wantPath(Server, "b", "LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT")
	rows := l.do("server sockets x :7865")[0].Rows
	var got []string
	for _, r := range rows {
		got = append(got, r.Name+" "+r.State+" "+r.Local.String())
	}
	want := []string{"l LISTEN [::]:7865", "b TIME_WAIT [::ffff:10.0.0.1]:7865", "a TIME_WAIT [fd00::1]:7865"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	l.wantEven()
}

func TestLoopback(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(`
		client bind l 127.0.0.1:80         => ok
		client listen l                    => ok
		client connect c 127.0.0.1:80      => ok
		client accept l as=a               => ok
		client close a                     => ok
		client close c                     => ok
		client state a                     => TIME_WAIT
		client connect d 127.0.0.1:81      => ECONNREFUSED
		client bind s 127.0.0.1:82         => ok
		client connect s 127.0.0.1:82      => ok
		client close s                     => ok
		client state s                     => TIME_WAIT`)
	l.wantPath(Client, "a", "LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT")
	l.wantPath(Client, "c", "CLOSE SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSE")
	l.wantPath(Client, "d", "CLOSE SYN_SENT CLOSE")
	l.wantPath(Client, "s", "CLOSE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT")
	l.wantEven()
}

func TestOptions(t *testing.T) {
	l := newTrial(t, Config{})
	if l.Ability().UIDs {
		l.run(`
		server bind u server:80 uid=1000                => EACCES
		server bind p :4001 reuseport uid=1000          => ok
		server bind q :4001 reuseport uid=1001          => EADDRINUSE
		server bind r :4001 reuseport uid=1000          => ok`)
	} else {
		l.run("server bind u server:80 uid=1000         => not run: uid 1000 does not exist in this user namespace; that needs root")
	}
	l.run(`
		server bind v server:80                         => ok
		server bind v server:81                         => EINVAL
		server bind w 10.0.0.9:81                       => EADDRNOTAVAIL
		server bind d1 :4002 device=lo                  => ok
		server bind d2 :4002 device=eth0                => ok
		server bind d3 :4002                            => EADDRINUSE
		server sysctl tcp_tw_reuse_delay value=0        => EINVAL
		server sysctl ip_local_port_range value=5000,5001 => ok
		server sysctl kernel_panic value=1              => not run: sysctl "kernel_panic" is not on the list
		client listen v                                 => EBADF
		client bind l :7865                             => ok
		client listen l                                 => ok
		server connect c client:7865 portrange=5001-5001 => ok
		server connect d client:7865 portrange=5001-5001 => EADDRNOTAVAIL`)
}

// TestLimits: a call that does not come back ends with what it would give without blocking, and goes on.
func TestLimits(t *testing.T) {
	l := newTrial(t, Config{Sockets: 3})
	l.run(opened + `
		server recv a within=20ms           => EAGAIN
		server accept l as=b within=20ms    => EAGAIN
		wire hold client SYN                => ok
		client connect d server:7865 within=20ms => EINPROGRESS
		client state d                      => SYN_SENT
		client await d within=20ms          => pending
		wire release                        => ok
		client await d                      => ok
		client state d                      => ESTABLISHED
		server await l                      => ok
		server state b                      => ESTABLISHED
		client send c n=5                   => 5
		server await a                      => 5
		server await a                      => not run: no call on a goes on in the background
		server socket x                     => EMFILE
		client set d linger=1s              => ok
		wire hold client FIN                => ok
		client close d within=50ms          => pending
		client state d                      => FIN_WAIT1
		wire release                        => ok
		client await d                      => ok`)
	l.wantEven()
}

// TestClosedWhileWaiting: what waits on a socket does not keep it open.
func TestClosedWhileWaiting(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened + `
		server recv a within=10ms   => EAGAIN
		server close a              => ok
		server state a              => FIN_WAIT2
		server await a              => EBADF`)
}

// TestTables: the table that is told without asking is the one that sock_diag has.
func TestTables(t *testing.T) {
	l := newTrial(t, Config{})
	l.run(opened + `
		server bind b :9
		server bind m [::1]:10
		client connect d server:7865
		server close a
		client close c`)
	for _, host := range []string{Server, Client} {
		asked := l.do(host + " sockets x all")[0].Rows
		l.mu.Lock()
		told := slices.Clone(l.tables[host].Rows)
		l.mu.Unlock()
		if diff := cmp.Diff(brief(asked), brief(told)); diff != "" {
			t.Errorf("table of %s (-asked +told):\n%s", host, diff)
		}
	}
}

func brief(rows []Row) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.Name, r.State, r.Local, r.Remote, r.Open, r.Timer))
	}
	return out
}

// TestMany: fifty Nets at once, none of which knows of the others.
func TestMany(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 50 {
		l := newTrial(t, Config{})
		wg.Go(func() {
			l.run(opened + `
				server exit           => ok
				client close c        => ok
				server state a        => TIME_WAIT
				server bind l2 :7865  => EADDRINUSE`)
			l.wantPath(Server, "a", "LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT")
			l.wantEven()
		})
	}
	wg.Wait()
}

// TestMuch moves more than any buffer holds.
func TestMuch(t *testing.T) {
	t.Parallel()
	l := newTrial(t, Config{Latency: 100 * time.Microsecond})
	l.run(opened)
	outs := l.do("client send c n=8000000", "server recv a n=8000000")
	if outs[0].Result != "8000000" {
		t.Logf("sent %s at first", outs[0].Result)
	}
	got := number(t, outs[1].Result)
	for deadline := time.Now().Add(20 * time.Second); got < 8_000_000 && time.Now().Before(deadline); {
		o := l.do("server recv a n=8000000")[0]
		if o.Result == "EAGAIN" {
			continue
		}
		got += number(t, o.Result)
	}
	if got != 8_000_000 {
		t.Errorf("got %d octets, want 8000000", got)
	}
	if s := l.Stats(); s.Dropped > 0 {
		t.Logf("%d frames dropped for want of buffer", s.Dropped)
	}
}

// TestFirstSYN: the hosts have their addresses when a Net is ready, not only soon: nobody sends the first SYN twice.
func TestFirstSYN(t *testing.T) {
	t.Parallel()
	nets := 5
	if os.Getenv("FOURWAVE_LONG") != "" {
		nets = 20
	}
	for i := range nets {
		l := newTrial(t, Config{})
		l.run(`
			server bind l [fd00::1]:7865   => ok
			server listen l                => ok
			client connect c [fd00::1]:7865 within=3s => ok`)
		if got := l.sent(Client); len(got) != 2 {
			t.Fatalf("net %d: client sent %q, want a SYN and an ACK", i, got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
