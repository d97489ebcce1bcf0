package realsock

import (
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// restart is the trial of a server that closes first and is started again, with both ends looked at after each call.
func restart() Trial {
	a := netip.MustParseAddr("127.0.0.1")
	return Trial{
		Existing: []TrialSocket{{State: "TIME_WAIT", Role: "accepted", Addr: a, Via: a, Orphan: true}},
		New:      TrialSocket{Addr: a}, Listen: true, Watch: true,
	}
}

// A trial that is watched shows every state that its connection goes through. The client acknowledges the server's FIN
// together with its own, so that the server passes over FIN_WAIT2.
func TestTrialWatched(t *testing.T) {
	tr := openTrials(t)
	want := []Seen{
		{Call: "listen", State: "LISTEN"},
		{Call: "peer connect", State: "ESTABLISHED", Peer: "ESTABLISHED"},
		{Call: "accept", State: "ESTABLISHED", Peer: "ESTABLISHED"},
		{Call: "close", State: "FIN_WAIT1", Peer: "CLOSE_WAIT"},
		{Call: "peer close", State: "TIME_WAIT", Peer: "CLOSE"},
		{Call: "bind", State: "TIME_WAIT", Peer: "CLOSE"},
	}
	var got []Seen
	for range 5 { // where a timer comes in between it is told otherwise, and that is no mistake
		o := tr.all(t, []Trial{restart()})[0]
		if o.Bind != "EADDRINUSE" {
			t.Fatalf("got %+v, want EADDRINUSE", o)
		}
		if got = o.Seen(); slices.Equal(got, want) {
			return
		}
	}
	t.Error(cmp.Diff(want, got))
}

// Of several sockets each is looked at after the new one's calls.
func TestTrialWatchedOfTwo(t *testing.T) {
	one, other := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	trial := Trial{
		Existing: []TrialSocket{{State: "LISTEN", Addr: one}, {State: "ESTABLISHED", Role: "accepted", Addr: other, Via: other}},
		New:      TrialSocket{Addr: netip.MustParseAddr("127.0.0.3")}, Watch: true,
	}
	o := openTrials(t).all(t, []Trial{trial})[0]
	seen := o.Seen()
	want := []Seen{
		{Call: "bind", Socket: 0, State: "LISTEN"},
		{Call: "bind", Socket: 1, State: "ESTABLISHED", Peer: "ESTABLISHED"},
	}
	if got := seen[max(len(seen)-2, 0):]; o.Bind != "ok" || !slices.Equal(got, want) {
		t.Errorf("got %+v, last seen %v, want %v", o, got, want)
	}
}

// BenchmarkRestart lays a whole trial, with both ends looked at after every call, beside a plain C loop that makes the
// same calls and does not look (ratio), and beside a process that is started for the trial (times-cold).
func BenchmarkRestart(b *testing.B) {
	prog := compileC(b, "restart.c")
	const n = 500
	trials := make([]Trial, n)
	for i := range trials {
		trials[i] = restart()
	}
	tr := openTrials(b)
	var turns turns
	var cold []time.Duration
	for b.Loop() {
		start := time.Now()
		outs := tr.all(b, trials)
		ours := time.Since(start)
		for i := range outs {
			if outs[i].Bind != "EADDRINUSE" || len(outs[i].Looks) != 6*lookSize {
				b.Fatalf("got %+v", outs[i])
			}
		}
		out, err := exec.Command(prog, strconv.Itoa(n)).Output()
		if err != nil {
			b.Fatal(err)
		}
		seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			b.Fatal(err)
		}
		turns.add(ours/n, time.Duration(seconds*float64(time.Second))/n)
		start = time.Now()
		one, err := OpenTrials(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		one.all(b, trials[:1])
		if err := one.Close(); err != nil {
			b.Fatal(err)
		}
		cold = append(cold, time.Since(start))
	}
	turns.report(b, "trials/s")
	b.ReportMetric(median(cold).Seconds()/median(turns.ours).Seconds(), "times-cold")
}
