package doctor

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// certain takes a census until nothing disturbs it.
func (c *census) certain(t *testing.T) int {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		n, err := c.unhashed()
		if err == nil {
			return n
		} else if !errors.Is(err, errBusy) {
			t.Fatal(err)
		}
	}
	t.Fatal("the machine is too busy for a census")
	return 0
}

// TestCensus follows one socket through its states. Other programs' sockets are in the number too,
// so that a difference is looked for until the machine has been quiet for a moment.
func TestCensus(t *testing.T) {
	enter(t)
	c, err := openCensus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, step := range []struct {
		name string
		do   func() (undo func())
		want int
	}{
		{"nothing", func() func() { return func() {} }, 0},
		{"a new socket", func() func() {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			return func() { unix.Close(fd) }
		}, 1},
		{"bound", func() func() { return bind(t, "127.0.0.1:27865").close }, 1},
		{"bound, IPv6", func() func() { return bind(t, "[::1]:27865").close }, 1},
		{"listening", func() func() { return listen(t, "127.0.0.1:27865").close }, 0},
		{"listening, IPv6", func() func() { return listen(t, "[::1]:27865").close }, 0},
		{"a connection", func() func() {
			server, client := pair(t, "127.0.0.1:27866", "reuseaddr")
			return func() { server.close(); client.eof(); client.close() }
		}, 0},
		{"a connection, reset by the other end", func() func() {
			server, client := pair(t, "127.0.0.1:27867", "reuseaddr")
			if err := unix.SetsockoptLinger(server.fd, unix.SOL_SOCKET, unix.SO_LINGER,
				&unix.Linger{Onoff: 1}); err != nil {
				t.Fatal(err)
			}
			server.close()
			return client.close
		}, 1},
		{"TIME-WAIT", func() func() { timeWait(t, "127.0.0.1:27868", "reuseaddr"); return func() {} }, 0},
	} {
		got := 0
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			before := c.certain(t)
			undo := step.do()
			during := c.certain(t)
			undo()
			if got = during - before; got == step.want && c.certain(t) == before {
				break
			}
		}
		if got != step.want {
			t.Errorf("%s: got %d more, want %d", step.name, got, step.want)
		}
	}
}

// TestCensusIsNeverTooSmall: with a bound socket there, connections that come and go do not make it
// seem that there is none.
func TestCensusIsNeverTooSmall(t *testing.T) {
	enter(t)
	bind(t, "127.0.0.1:27865").leave()
	c, err := openCensus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	l := listen(t, "127.0.0.1:27866").leave()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			fd, _, err := unix.Accept4(l.fd, unix.SOCK_CLOEXEC)
			if err != nil {
				return
			}
			unix.Close(fd)
		}
	}()
	defer func() {
		_ = unix.Shutdown(l.fd, unix.SHUT_RD) // ends the accept
		<-done
	}()
	least := 1 << 30
	for deadline := time.Now().Add(300 * time.Millisecond); time.Now().Before(deadline); {
		connect(t, "127.0.0.1:27866").close()
		if n, err := c.unhashed(); err == nil {
			least = min(least, n)
		} else if !errors.Is(err, errBusy) {
			t.Fatal(err)
		}
	}
	if least < 1 {
		t.Errorf("got %d sockets in no table, want at least the one that is bound", least)
	}
}
