package realsock

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

var trialStates = strings.Fields("BOUND LISTEN SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSING TIME_WAIT CLOSE_WAIT LAST_ACK")

// everyTrial is bind's matrix: every state in every role, seven addresses and four combinations of options
// on either side.
func everyTrial() []Trial {
	var sides []TrialSocket
	for _, a := range strings.Fields("0.0.0.0 127.0.0.1 127.0.0.2 :: ::1 ::ffff:127.0.0.1 ::v6only") {
		a, v6only := strings.CutSuffix(a, "v6only")
		for bits := range 4 {
			sides = append(sides, TrialSocket{Addr: netip.MustParseAddr(a), V6Only: v6only, ReuseAddr: bits&1 != 0, ReusePort: bits&2 != 0})
		}
	}
	var all []Trial
	for i, state := range trialStates {
		roles := []string{"accepted", "connected", "autobound"}
		switch {
		case i < 2:
			roles = roles[:1]
		case state == "SYN_SENT":
			roles = roles[1:]
		}
		for _, role := range roles {
			for _, old := range sides {
				old.State, old.Role, old.Orphan = state, role, state == "TIME_WAIT"
				if i >= 2 {
					old.Via = reached(netip.AddrPortFrom(old.Addr, 1), netip.MustParseAddrPort("127.0.0.1:0")).Addr()
				}
				if role == "autobound" {
					if old.Addr.IsUnspecified() {
						continue // its address would be that of another row
					}
					old.Addr = netip.Addr{}
				}
				for _, fresh := range sides {
					all = append(all, Trial{Existing: []TrialSocket{old}, New: fresh, Listen: true})
				}
			}
		}
	}
	return all
}

func openTrials(t testing.TB) *Trials {
	t.Helper()
	if a := Able(); !a.OK {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(a.Why)
		}
		t.Skip("no kernel world: " + a.Why)
	}
	tr, err := OpenTrials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

func (t *Trials) all(tb testing.TB, trials []Trial) (outs []TrialOutcome) {
	tb.Helper()
	for from := 0; from < len(trials); from += MaxTrials {
		o, err := t.Try(tb.Context(), trials[from:min(from+MaxTrials, len(trials))])
		if err != nil {
			tb.Fatal(err)
		}
		outs = append(outs, o...)
	}
	return outs
}

// Every situation comes about, on a port that no other trial has had.
func TestTrialsAreBuilt(t *testing.T) {
	tr := openTrials(t)
	all := everyTrial()
	var some []Trial
	for i := 0; i < len(all); i += 23 {
		some = append(some, all[i])
	}
	seen := map[int]bool{}
	for i, o := range tr.all(t, some) {
		if o.NotRun != "" || o.Bind == "" {
			t.Errorf("%+v: %+v", some[i], o)
		}
		if seen[o.Port] {
			t.Errorf("port %d was used twice", o.Port)
		}
		seen[o.Port] = true
	}
}

// Where the ports of a namespace are used up the trials go on in another: the same trial comes to the same
// however many there were before, though each leaves a TIME-WAIT.
func TestTrialsOutliveANamespace(t *testing.T) {
	t.Parallel()
	if os.Getenv("FOURWAVE_LONG") == "" {
		t.Skip("makes 18,000 trials; set FOURWAVE_LONG=1")
	}
	tr := openTrials(t)
	a := netip.MustParseAddr("127.0.0.1")
	trial := Trial{Existing: []TrialSocket{{State: "TIME_WAIT", Role: "accepted", Addr: a, Via: a, Orphan: true}}, New: TrialSocket{Addr: a}}
	many := make([]Trial, trialPortLast-trialPortFirst+200)
	for i := range many {
		many[i] = trial
	}
	for i, o := range tr.all(t, many) {
		if o.Bind != "EADDRINUSE" {
			t.Fatalf("trial %d: got %+v, want EADDRINUSE", i, o)
		}
	}
}

// BenchmarkTrials lays the whole matrix beside a plain C program that makes the same calls, and holds that both come
// to the same. The figure that counts is ratio: ours divided by C's, in trials per second, at the median of many short
// turns that the two take, since other work on the machine slows one turn down and not the next.
func BenchmarkTrials(b *testing.B) {
	prog := compileC(b, "trials.c")
	all := everyTrial()
	tr := openTrials(b)
	var turns turns
	for b.Loop() {
		for part := range slices.Chunk(all, 1000) {
			var lines strings.Builder
			for i := range part {
				lines.WriteString(trialLine(&part[i]))
			}
			start := time.Now()
			outs := tr.all(b, part)
			ours := time.Since(start)
			results, theirs := runC(b, prog, lines.String())
			for i, o := range outs {
				if got := o.Bind + " " + o.Listen; got != results[i] {
					b.Fatalf("%+v: got %q, C says %q", part[i], got, results[i])
				}
			}
			turns.add(ours/time.Duration(len(part)), theirs/time.Duration(len(part)))
		}
	}
	turns.report(b, "trials/s")
}

// trialLine is a trial as the C program reads it.
func trialLine(t *Trial) string {
	e, n := &t.Existing[0], &t.New
	state, role := 0, 0
	for i, s := range trialStates {
		if s == e.State {
			state = i
		}
	}
	for i, s := range []string{"accepted", "connected", "autobound"} {
		if s == e.Role {
			role = i
		}
	}
	word := func(a netip.Addr) string {
		if !a.IsValid() {
			return "-"
		}
		return a.String()
	}
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return fmt.Sprintf("%d %d %s %s %d %d %d %s %d %d %d\n", state, role, word(e.Addr), word(e.Via), bit(e.V6Only && e.Role != "autobound"), bit(e.ReuseAddr), bit(e.ReusePort),
		word(n.Addr), bit(n.V6Only), bit(n.ReuseAddr), bit(n.ReusePort))
}

// runC runs the C program, and says the results in our words and how long they took it.
func runC(b *testing.B, prog, input string) (results []string, took time.Duration) {
	b.Helper()
	cmd := exec.Command(prog)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			b.Fatalf("%v: %s", err, exit.Stderr)
		}
		b.Fatal(err)
	}
	said := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, line := range said[:len(said)-1] {
		var bind, listen int
		if _, err := fmt.Sscan(line, &bind, &listen); err != nil {
			b.Fatal(err)
		}
		r := errnoText(bind) + " "
		if bind == 0 {
			r += errnoText(listen)
		}
		results = append(results, r)
	}
	seconds, err := strconv.ParseFloat(said[len(said)-1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return results, time.Duration(seconds * float64(time.Second))
}

func errnoText(n int) string {
	if n == 0 {
		return "ok"
	}
	return sockdiag.ErrnoName(unix.Errno(n))
}
