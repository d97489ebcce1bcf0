package doctor

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	diag "fourwave/sockdiag"
)

// TestTimesComeTrue foretells with short sysctls when a port becomes free, and watches until it
// does.
func TestTimesComeTrue(t *testing.T) {
	for _, test := range []struct {
		name    string
		sysctls map[string]string
		make    func(t *testing.T)
	}{
		{"FIN-WAIT-2", map[string]string{"tcp_fin_timeout": "2"}, orphan},
		{"FIN-WAIT-2 above a minute", map[string]string{"tcp_fin_timeout": "61"}, orphan},
		{"FIN-WAIT-1", map[string]string{"tcp_orphan_retries": "1"}, orphanUnanswered},
		{"FIN-WAIT-1, three retries", map[string]string{"tcp_orphan_retries": "3"}, orphanUnanswered},
		{"LAST-ACK", map[string]string{"tcp_orphan_retries": "2"}, orphanLastAck},
		{"a closed window, answered", map[string]string{"tcp_rto_max_ms": "1000"}, closedWindow},
		{"a closed window, silent", map[string]string{"tcp_orphan_retries": "2"},
			func(t *testing.T) { closedWindow(t); cut(t) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			if long := test.name == "FIN-WAIT-1, three retries" || test.name == "LAST-ACK"; long &&
				os.Getenv("FOURWAVE_LONG") == "" {
				t.Skip("it takes long; FOURWAVE_LONG asks for it")
			}
			t.Parallel()
			enter(t)
			for name, value := range test.sysctls {
				if name == "tcp_rto_max_ms" && sysctl(name) == "" {
					skip(t, "this kernel has no "+name)
				}
				setSysctl(t, name, value)
			}
			test.make(t)
			asked := time.Now()
			r, err := Examine(t.Context(), Question{Port: port})
			if err != nil {
				t.Fatal(err)
			}
			if r.Passes == nil || !r.Passes.Timed {
				t.Fatalf("got %+v, want a time; %s", r.Passes, written(r))
			}
			gone := watchGone(t, asked.Add(r.Passes.After+20*time.Second))
			// A busy machine looks late, never early.
			if took := gone.Sub(asked); took < r.Passes.Least-20*time.Millisecond || took > r.Passes.After+time.Second {
				t.Errorf("gone after %v, foretold was %v to %v: %s", took, r.Passes.Least, r.Passes.After,
					r.Passes.Text.En)
			}
		})
	}
}

// watchGone polls until the port has no socket.
func watchGone(t *testing.T, deadline time.Time) time.Time {
	t.Helper()
	c, err := diag.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for time.Now().Before(deadline) {
		n := 0
		if err := c.Dump(t.Context(), diag.Filter{States: diag.Any, Low: port, High: port},
			func(*diag.Socket) { n++ }); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("it does not go")
	return deadline
}

// closedWindow closes a server's end whose peer is there and does not read.
func closedWindow(t *testing.T) {
	server, client := pair(t, "0.0.0.0:27865")
	client.leave()
	if err := unix.SetNonblock(server.fd, true); err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); ; {
		if _, err := unix.Write(server.fd, block); err != nil {
			break
		}
	}
	server.close()
	c, err := diag.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wait(t, func() bool {
		probes := false
		err := c.Dump(t.Context(), diag.Filter{States: diag.Set(diag.FinWait1), Low: port, High: port},
			func(s *diag.Socket) { probes = s.Timer == diag.TimerProbe })
		return err == nil && probes
	})
}

// TestNoLimit: a FIN-WAIT-2 that a process has open has neither timer nor limit, and a connection
// in the accept queue is no leak.
func TestNoLimit(t *testing.T) {
	enter(t)
	server, client := pair(t, "127.0.0.1:27865")
	server.leave()
	client.leave()
	if err := unix.Shutdown(server.fd, unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	client.eof()
	waitState(t, "FIN-WAIT-2")
	r := examine(t)
	if s := r.Sockets[0]; s.Passes.Timed || s.Timer != NoTimer {
		t.Errorf("got %+v and timer %s, want no time", s.Passes, s.Timer)
	}
	says(t, r.Answer.En, "no timer and no limit")
}

func TestAcceptQueue(t *testing.T) {
	enter(t)
	l := listen(t, "127.0.0.1:27865").leave()
	c := connect(t, "127.0.0.1:27865")
	c.close() // CLOSE-WAIT, and not accepted
	r := examine(t)
	var queued *Socket
	for i := range r.Sockets {
		if r.Sockets[i].State == "CLOSE-WAIT" {
			queued = &r.Sockets[i]
		}
	}
	if queued == nil || queued.Case != AcceptQueue || !queued.Waiting {
		t.Errorf("got %+v, want a connection that waits in the accept queue", queued)
	}
	_ = l
}

func TestUnread(t *testing.T) {
	enter(t)
	server, client := pair(t, "127.0.0.1:27865")
	server.leave()
	if _, err := unix.Write(client.fd, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	client.close()
	waitState(t, "CLOSE-WAIT")
	r := examine(t)
	says(t, r.Answer.En, "32 bytes it has not read")
	if got := r.Sockets[0].RecvQ; got != 33 {
		t.Errorf("got Recv-Q %d, want 33: the FIN counts as one", got)
	}
}

func examine(t *testing.T) *Report {
	t.Helper()
	r, err := Examine(t.Context(), Question{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
