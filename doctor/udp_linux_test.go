package doctor

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// bindUDP binds a UDP socket; sharing is "", "reuseaddr" or "reuseport".
func bindUDP(t *testing.T, at, sharing string) end {
	t.Helper()
	family, sa := sockaddr(at)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	switch sharing {
	case "reuseaddr":
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	case "reuseport":
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err != nil {
		t.Fatal(err)
	}
	return end{t, fd}
}

// TestUDPRules holds what is foretold of each pair of addresses and options against a real bind.
func TestUDPRules(t *testing.T) {
	enter(t)
	addrs := []string{"0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1"}
	checked := 0
	for _, old := range addrs {
		for _, had := range []string{"", "reuseaddr", "reuseport"} {
			e := bindUDP(t, at(old), had)
			for _, host := range addrs {
				for _, options := range [][2]bool{{}, {true, false}, {false, true}} {
					q := Question{Port: port, Protocol: UDP, Host: addr(host), ReuseAddr: options[0],
						ReusePort: options[1]}
					r, err := Examine(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					want := r.Errno
					if r.Verdict == Free {
						want = "ok"
					}
					if got := Try(q); got != want {
						t.Errorf("%s %s, then %s %v: bind says %s, foretold was %s", old, had, host, options, got, want)
					}
					checked++
				}
			}
			e.close()
		}
	}
	if checked != 5*3*5*3 {
		t.Errorf("checked %d", checked)
	}
}

func at(host string) string {
	if host[0] == ':' {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// TestUDPBeside: an answer about TCP names the UDP socket of the same number, and the other way
// round it is no obstacle.
func TestUDPBeside(t *testing.T) {
	enter(t)
	bindUDP(t, "0.0.0.0:27865", "").leave()
	r := examine(t)
	if r.Verdict != Free || len(r.UDP) != 1 {
		t.Errorf("got %s and %d UDP sockets, want free and 1", r.Verdict, len(r.UDP))
	}
	says(t, written(r), "has 0.0.0.0:27865/udp")
	u, err := Examine(t.Context(), Question{Port: port, Protocol: UDP})
	if err != nil {
		t.Fatal(err)
	}
	if u.Verdict != Taken || u.Case != UDPSocket {
		t.Errorf("got %s %s, want taken by a UDP socket", u.Verdict, u.Case)
	}
	says(t, u.Answer.En, "on UDP")
	listen(t, "0.0.0.0:27866").leave()
	u, err = Examine(t.Context(), Question{Port: port + 1, Protocol: UDP})
	if err != nil || u.Verdict != Free {
		t.Errorf("got %v, %v: a TCP listener does not take a UDP port", u.Verdict, err)
	}
}

func TestNearAndSurvey(t *testing.T) {
	enter(t)
	setSysctl(t, "ip_local_reserved_ports", "27864")
	listen(t, "0.0.0.0:27865").leave()
	listen(t, "0.0.0.0:27866").leave()
	n, err := Near(t.Context(), examine(t))
	if err != nil || n != 27863 {
		t.Errorf("got %d, %v, want 27863: 27864 is reserved", n, err)
	}
	s, err := ExamineAll(t.Context(), []Target{{Low: 27860, High: 27870}}, Question{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Reports) != 2 || fmt.Sprint(s.Free) != "[27860-27864 27867-27870]" || s.Bindable() {
		t.Errorf("got %d reports and %v", len(s.Reports), s.Free)
	}
}
