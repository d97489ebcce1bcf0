package fsm

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// door is a server that listens with a backlog; knock connects from one more client socket.
type door struct {
	*Net
	l *Conn
}

func newDoor(t *testing.T, backlog int, opts Options, sysctls ...string) door {
	t.Helper()
	n := NewNet(Config{Seed: 1})
	s := n.Host("server")
	for _, kv := range sysctls {
		key, value, _ := strings.Cut(kv, " ")
		if errno, err := s.SetSysctl(key, value); errno != "" || err != nil {
			t.Fatalf("sysctl %s: %s %v", kv, errno, err)
		}
	}
	l, _ := s.Socket("l", 4, opts)
	s.Bind(l, addr("0.0.0.0:7865"))
	s.Listen(l, backlog)
	return door{n, l}
}

func (d door) knock(i int) (*Conn, Outcome) {
	c, _ := d.Host("client").Socket(fmt.Sprint("c", i), 4, Options{})
	return c, d.Await(d.Start(d.Host("client").Connect(c, addr("10.0.0.1:7865"))), 100*time.Millisecond)
}

// A backlog of n has room for n+1 connections, of 0 too. The next SYN is dropped, and the reason
// counts.
func TestAcceptQueueFull(t *testing.T) {
	for _, backlog := range []int{0, 1, 3} {
		d := newDoor(t, backlog, Options{})
		for i := range backlog + 1 {
			if _, o := d.knock(i); o.Err != "" {
				t.Fatalf("backlog %d: connection %d says %s", backlog, i+1, o.Err)
			}
		}
		_, o := d.knock(9)
		if o.Err != EINPROGRESS || o.Why == nil || o.Why.Rule != "queue-accept-full" {
			t.Fatalf("backlog %d: one too many says %s, %v", backlog, o.Err, o.Why)
		}
		if want := fmt.Sprintf("its accept queue is full (%d of %d)", backlog+1,
			backlog+1); !strings.Contains(o.Why.Text.En, want) || !strings.Contains(o.Why.Text.En, "ListenOverflows") {
			t.Errorf("the reason is %q, want %q and the counter's name", o.Why.Text, want)
		}
	}
}

// Two handshakes end at once and there is room for one: the other client believes it is connected
// until the server's SYN,ACK comes again, or is reset with tcp_abort_on_overflow. Once somebody
// accepts, the handshake ends.
func TestHandshakeOverflows(t *testing.T) {
	for _, test := range []struct {
		sysctl string
		want   State
	}{{"tcp_abort_on_overflow 0", Established}, {"tcp_abort_on_overflow 1", Closed}} {
		d := newDoor(t, 1, Options{}, test.sysctl)
		d.knock(0)
		d.Wire().Hold("client", "ACK")
		first, _ := d.knock(1)
		second, _ := d.knock(2)
		d.Wire().Release()
		d.Advance(100 * time.Millisecond)
		if first.State() != Established || second.State() != test.want {
			t.Errorf("%s: clients are in %s and %s, want ESTABLISHED and %s", test.sysctl, first.State(),
				second.State(), test.want)
		}
		if test.want == Closed {
			if second.pendingErr != ECONNRESET {
				t.Errorf("the second client hears %q, want ECONNRESET", second.pendingErr)
			}
			continue
		}
		d.Start(d.Host("server").Accept(d.l, "a"))
		d.Advance(3 * time.Second)
		if len(d.l.accepted) != 2 || d.l.requests != 0 {
			t.Errorf("after an accept %d wait and %d are request sockets, want 2 and 0",
				len(d.l.accepted), d.l.requests)
		}
	}
}

// When the request queue is full a SYN is answered with a cookie, or dropped where there are none;
// with 2 it always is. A cookie that comes back makes a connection; one that was made up, or is
// three minutes old, does not.
func TestSYNCookies(t *testing.T) {
	for _, test := range []struct {
		value string
		want  Errno
	}{{"0", EINPROGRESS}, {"1", ""}, {"2", ""}} {
		d := newDoor(t, 0, Options{}, "tcp_syncookies "+test.value)
		d.Wire().Drop("client", "ACK", 1)
		d.knock(1) // stays a request socket, or was never remembered
		c, o := d.knock(2)
		if o.Err != test.want {
			t.Errorf("tcp_syncookies %s: the second connect says %q, want %q", test.value, o.Err, test.want)
		}
		if half, want := d.l.requests, map[string]int{"0": 1, "1": 1, "2": 0}[test.value]; half != want {
			t.Errorf("tcp_syncookies %s: %d are request sockets, want %d", test.value, half, want)
		}
		if test.want == "" {
			d.Start(d.Host("client").Send(c, 5))
			d.Advance(100 * time.Millisecond)
			if len(d.l.accepted) != 1 || d.l.accepted[0].unread != 5 {
				t.Errorf("tcp_syncookies %s: the data of the connection that a cookie made has not come", test.value)
			}
		}
	}
	d := newDoor(t, 5, Options{}, "tcp_syncookies 2")
	d.Wire().Hold("client", "ACK")
	c, _ := d.knock(1)
	if answer, err := d.Wire().Forge("client", "c1", ACK, Point{}, Point{"nxt", 1}, 0, ""); answer != "RST" ||
		err != nil {
		t.Errorf("an ACK that is no cookie is answered by %s, %v", answer, err)
	}
	d.Advance(3 * time.Minute)
	d.Wire().Deliver("client", "ACK")
	d.Advance(10 * time.Millisecond)
	if len(d.l.accepted) != 0 || c.State() != Closed {
		t.Errorf("a cookie of three minutes ago makes %d connections, and the client is in %s", len(d.l.accepted),
			c.State())
	}
}

// With TCP_DEFER_ACCEPT a connection waits for data, and is accepted without it when the time is
// over.
func TestDeferAccept(t *testing.T) {
	d := newDoor(t, 5, Options{DeferAccept: 3 * time.Second})
	c, o := d.knock(1)
	if o.Err != "" || len(d.l.accepted) != 0 || d.l.requests != 1 {
		t.Fatalf("connect says %q, %d wait to be accepted and %d are request sockets", o.Err,
			len(d.l.accepted), d.l.requests)
	}
	d.Start(d.Host("client").Send(c, 1))
	d.Advance(10 * time.Millisecond)
	if len(d.l.accepted) != 1 {
		t.Error("data has come and the connection cannot be accepted")
	}
	d.knock(2)
	d.Advance(10 * time.Second)
	if len(d.l.accepted) != 2 {
		t.Errorf("%d can be accepted after the time is over, want 2", len(d.l.accepted))
	}
}

// tcp_synack_retries and a crowded queue bound how long a request socket is kept.
func TestRequestSocketEnds(t *testing.T) {
	for _, test := range []struct {
		retries string
		want    time.Duration
	}{{"0", time.Second}, {"1", 3 * time.Second}, {"5", 63 * time.Second}} {
		d := newDoor(t, 5, Options{}, "tcp_synack_retries "+test.retries)
		d.Wire().Hold("client", "ACK")
		d.knock(1)
		d.Advance(test.want - 200*time.Millisecond)
		if d.l.requests != 1 {
			t.Errorf("tcp_synack_retries %s: gone before %v", test.retries, test.want)
		}
		d.Advance(400 * time.Millisecond)
		if d.l.requests != 0 {
			t.Errorf("tcp_synack_retries %s: still there after %v", test.retries, test.want)
		}
	}
}
