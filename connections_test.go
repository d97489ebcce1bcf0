package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

// boundedServer serves with a bound of connections. Requests to /slow are answered when release is
// closed.
func boundedServer(t *testing.T, most, each int) (addr string, release chan struct{}, c *connections) {
	t.Helper()
	c = &connections{most: most, mostEach: each}
	release = make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
		}
	}))
	s.Listener = c.limit(s.Listener)
	s.Config.ConnState = c.stateChanged
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), release, c
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func ask(t *testing.T, c net.Conn, path string) error {
	t.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return err
	}
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	return a.Body.Close()
}

// TestIdleConnectionsMakeRoom opens ten times as many connections as there may be and says nothing
// on them: whoever comes next is answered.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	addr, _, c := boundedServer(t, 20, 20)
	first := dial(t, addr)
	if err := ask(t, first, "/"); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		dial(t, addr)
	}
	if err := ask(t, dial(t, addr), "/"); err != nil {
		t.Errorf("behind 200 idle connections: %v", err)
	}
	c.mu.Lock()
	if n := len(c.open); n > 20 {
		t.Errorf("%d connections are open, want at most 20", n)
	}
	c.mu.Unlock()
	if _, err := first.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the oldest idle connection is still there: %v", err)
	}
}

// TestBusyConnectionsStay: a connection whose request is being answered is not closed for another's
// sake.
func TestBusyConnectionsStay(t *testing.T) {
	addr, release, c := boundedServer(t, 2, 2)
	done := make(chan error, 2)
	for range 2 {
		conn := dial(t, addr)
		go func() { done <- ask(t, conn, "/slow") }()
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		busy := len(c.open) == 2 && c.idle.Len() == 0
		c.mu.Unlock()
		if busy {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the requests do not arrive")
		}
	}
	if _, err := dial(t, addr).Read(make([]byte, 1)); err == nil {
		t.Error("a third connection is kept")
	}
	close(release)
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("a request that was being answered: %v", err)
		}
	}
	if err := ask(t, dial(t, addr), "/"); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

// TestOneClientTakesNotAll: from one address there may be fewer than in all, from loopback as many.
func TestOneClientTakesNotAll(t *testing.T) {
	c := &connections{most: 10, mostEach: 3}
	c.limit(nil)
	from := func(ip string, port uint16) net.Conn {
		return fakeConn{addr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), port))}
	}
	busy := func(conn net.Conn) bool {
		ok := c.add(conn)
		c.stateChanged(conn, http.StateActive)
		return ok
	}
	first := from("192.0.2.7", 1)
	busy(first)
	for i, want := range []bool{true, true, false} {
		if got := busy(from("192.0.2.7", uint16(i+2))); got != want {
			t.Errorf("connection %d of one client: taken %v", i+2, got)
		}
	}
	if !busy(from("::ffff:192.0.2.8", 1)) || busy(from("::ffff:192.0.2.7", 9)) {
		t.Error("a mapped address is not the address itself")
	}
	for i, want := range []bool{true, true, true, false} {
		if got := busy(from(fmt.Sprintf("2001:db8::%d", i+1), 1)); got != want {
			t.Errorf("connection %d of one network: taken %v", i+1, got)
		}
	}
	for i, want := range []bool{true, true, true, false} {
		if got := busy(from("127.0.0.1", uint16(i))); got != want {
			t.Errorf("connection %d over loopback, of ten in all: taken %v", i+8, got)
		}
	}
	c.stateChanged(first, http.StateClosed)
	if !busy(from("192.0.2.7", 77)) {
		t.Error("a closed connection gives no room")
	}
}

// fakeConn is a connection from somewhere.
type fakeConn struct {
	net.Conn
	addr *net.TCPAddr
}

func (f fakeConn) RemoteAddr() net.Addr { return f.addr }
func (fakeConn) Close() error           { return nil }
