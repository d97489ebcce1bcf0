package doctor

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMachine builds what goes wrong, and finds each: a full accept queue, a leak, a FIN-WAIT-2
// that is held, no ports left.
func TestMachine(t *testing.T) {
	enter(t)
	setSysctl(t, "ip_local_port_range", "40000 40003")
	if o, err := Machine(t.Context()); err != nil || o.Wrong() {
		t.Fatalf("got %+v, %v, want nothing wrong", o, err)
	}
	l := bind(t, "127.0.0.1:9000", "reuseaddr").leave()
	if err := unix.Listen(l.fd, 1); err != nil {
		t.Fatal(err)
	}
	a, b := connect(t, "127.0.0.1:9000").leave(), connect(t, "127.0.0.1:9000").leave()
	server := l.accept().leave()
	if err := unix.Shutdown(server.fd, unix.SHUT_WR); err != nil { // FIN-WAIT-2 here, CLOSE-WAIT there
		t.Fatal(err)
	}
	a.eof()
	c, d := connect(t, "127.0.0.1:9000").leave(), connectLater(t, "127.0.0.1:9000")
	var o *Overview
	wait(t, func() bool { // the FIN is acknowledged after 40 ms
		var err error
		if o, err = Machine(t.Context()); err != nil {
			t.Fatal(err)
		}
		return len(o.FinWait2) > 0
	})
	var text strings.Builder
	if err := o.Write(&text, WriteOptions{Lang: "en", Verbose: true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"accept queue is full", "ephemeral ports are left toward 127.0.0.1:9000",
		"FIN-WAIT-2 to 127.0.0.1 held by"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got\n%s\nwant it to say %q", text.String(), want)
		}
	}
	if len(o.CloseWait) != 1 || o.CloseWait[0].Count != 1 || o.CloseWait[0].Process == "" {
		t.Errorf("got %+v, want one connection in CLOSE-WAIT, with its process", o.CloseWait)
	}
	_, _, _ = b, c, d
}

// connectLater begins a connect that nobody accepts.
func connectLater(t *testing.T, to string) end {
	t.Helper()
	family, sa := sockaddr(to)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Connect(fd, sa)
	return end{t, fd}.leave()
}
