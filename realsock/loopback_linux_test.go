package realsock

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// TestShield: our own clients come over lo to a listener that is shielded; to one that is deaf they do not.
func TestShield(t *testing.T) {
	wildcard, lo := netip.IPv4Unspecified(), netip.AddrFrom4([4]byte{127, 0, 0, 1})
	l, err := stageListener(netip.AddrPortFrom(wildcard, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l)
	at, err := boundTo(l)
	if err != nil {
		t.Fatal(err)
	}
	// With a socket that does not block: connectSoon would begin anew at every signal of this process.
	connects := func() bool {
		c, err := newSocket(lo, &TrialSocket{}, unix.SOCK_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(c)
		if err := reachAll(c, lo); err != nil {
			t.Fatal(err)
		}
		if err := connect(c, netip.AddrPortFrom(lo, at.Port())); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
		for start := time.Now(); time.Since(start) < patience; time.Sleep(time.Millisecond) {
			if tcpState(c) == sockdiag.Established {
				return true
			}
		}
		return false
	}
	if err := shield(l, wildcard); err != nil {
		t.Fatal(err)
	}
	if !connects() {
		t.Error("a client of this host does not come through the shield")
	}
	if deafen(l) == nil && connects() {
		t.Error("a client comes to a listener that is deaf")
	}
}

// TestPlainTrials holds the trials that other systems make, with the calls that every Unix has, against those of a namespace.
func TestPlainTrials(t *testing.T) {
	tr := openTrials(t)
	all := everyTrial()
	var some []Trial
	for i := 0; i < len(all); i += 29 {
		some = append(some, all[i])
	}
	want := tr.all(t, some)
	got, err := plainTrials(some)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]int{}
	for i, o := range got {
		if o.NotRun != "" {
			if !strings.Contains(o.NotRun, "held back") && !strings.Contains(o.NotRun, "outside") {
				t.Errorf("%+v: %s", some[i], o.NotRun)
			}
			continue
		}
		made[some[i].Existing[0].State]++
		if o.Bind != want[i].Bind || o.Listen != want[i].Listen {
			t.Errorf("%+v: got %s %s, want %s %s", some[i], o.Bind, o.Listen, want[i].Bind, want[i].Listen)
		}
	}
	if len(made) != 6 {
		t.Errorf("made %v, want six states", made)
	}
	t.Logf("%v of %d", made, len(some))
}

// TestPlainTrialsBesideOthers: a port that connect chose for a trial may be another program's, on
// another address. What that program's socket refuses is not told as the kernel's rule. Here
// the stranger comes as soon as the port is chosen, in all attempts but the last, and then in all.
func TestPlainTrialsBesideOthers(t *testing.T) {
	here, there := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.77")
	l, err := stageListener(netip.AddrPortFrom(there, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l)
	at, err := boundTo(l)
	if err != nil {
		t.Fatal(err)
	}
	trial := Trial{
		Existing: []TrialSocket{{State: "ESTABLISHED", Role: "autobound", Via: here, ReuseAddr: true}},
		New:      TrialSocket{Addr: netip.IPv4Unspecified(), ReuseAddr: true},
	}
	for strangers := range plainAttempts + 1 {
		made := 0
		o := makePlain(&trial, func(port uint16) {
			if made++; made > strangers {
				return
			}
			fd, err := newSocket(there, &TrialSocket{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { abort(fd) })
			// A port that the kernel's connect chose, as a browser's has: no bind, and a range of one.
			if err := setInt(fd, unix.IPPROTO_IP, ipLocalPortRange, int(port)<<16|int(port)); err != nil {
				t.Fatal(err)
			}
			if err := connectSoon(fd, at); err != nil {
				t.Fatal(err)
			}
		})
		want := "ok"
		if strangers == plainAttempts {
			want = "EADDRINUSE"
		}
		if o.Bind != want {
			t.Errorf("with %d strangers: got %s, want %s", strangers, o.Bind, want)
		}
	}
}
