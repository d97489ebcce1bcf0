package realsock

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
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

// aftermath is how long the kernel is at most busy with a namespace that has been left; the next turn should not pay for it.
const aftermath = 60 * time.Millisecond

// BenchmarkRestart lays a whole trial, with both ends looked at after every call, beside a plain C loop that makes the
// same calls and does not look: by the clock (ratio), for which two processes want a processor here and one there, and by the
// processor time of who makes the trials (ratio-cpu), which other work on the machine disturbs less. And beside a process that is
// started for the trial (times-cold).
func BenchmarkRestart(b *testing.B) {
	prog := compileC(b, "restart.c")
	const n = 4000
	trials := make([]Trial, n)
	for i := range trials {
		trials[i] = restart()
	}
	var clock, cpu turns
	var cold []time.Duration
	for b.Loop() {
		one, oneCPU := timeTrials(b, nil, trials[:1])
		ours, oursCPU := timeTrials(b, trials[:1], trials[1:])
		cold = append(cold, one)
		time.Sleep(aftermath)
		out, err := exec.Command(prog, strconv.Itoa(n)).Output()
		if err != nil {
			b.Fatal(err)
		}
		var theirs, theirsCPU float64
		if _, err := fmt.Sscan(string(out), &theirs, &theirsCPU); err != nil {
			b.Fatal(err)
		}
		seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
		clock.add(ours/n, seconds(theirs)/n)
		cpu.add((oursCPU-oneCPU)/n, seconds(theirsCPU)/n)
	}
	clock.report(b, "trials/s")
	cpu.reportRatio(b, "ratio-cpu")
	b.ReportMetric(median(cold).Seconds()/median(clock.ours).Seconds(), "times-cold")
}

// timeTrials starts a process for trials: how long they took it by the clock, once it had made others to warm itself, or from its
// start if there are none, and its processor time from its start to its end.
func timeTrials(b *testing.B, before, trials []Trial) (took, cpu time.Duration) {
	b.Helper()
	time.Sleep(aftermath)
	used, start := childrenCPU(b), time.Now()
	tr, err := OpenTrials(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if len(before) > 0 {
		tr.all(b, before)
		start = time.Now()
	}
	outs := tr.all(b, trials)
	took = time.Since(start)
	if err := tr.Close(); err != nil {
		b.Fatal(err)
	}
	for i := range outs {
		if outs[i].Bind != "EADDRINUSE" || len(outs[i].Looks) != 6*lookSize {
			b.Fatalf("got %+v", outs[i])
		}
	}
	return took, childrenCPU(b) - used
}

// childrenCPU is the processor time of the processes that this one has started and that have ended.
func childrenCPU(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
