package lab

import (
	"flag"
	"fmt"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// few scripts are run when there is little time.
const few = 40

var (
	scripts = flag.Int("scripts", few, "random scripts of each kind that TestDifferential runs in model and kernel")
	shrinks = flag.Int("shrinks", 3, "failing scripts that are shrunk")
	seed    = flag.Uint64("seed", 1, "of the first of them")
)

// A deck deals random scripts: calls on both hosts in any order, sensible or not.
type deck struct {
	*rand.Rand
	lines []string
	names map[string][]string // sockets by host; kinds not told apart
}

func (d *deck) say(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func pick[T any](d *deck, of ...T) T { return of[d.IntN(len(of))] }

// delay keeps clear of the moments at which timers run out: 4, 40, 204 ms and its multiples.
func (d *deck) delay() string {
	return pick(d, "+0", "+0", "+0", "+0", "+0", "+150ms", "+150ms")
}

func (d *deck) options() string {
	var o string
	if d.IntN(3) == 0 {
		o += " reuseaddr"
	}
	if d.IntN(6) == 0 {
		o += " reuseport"
	}
	return o
}

func (d *deck) sock(host string) string { return pick(d, d.names[host]...) }

func (d *deck) host() string { return pick(d, "server", "client") }

func (d *deck) kind() string { return pick(d, "SYN", "ACK", "FIN", "DATA", "RST", "any") }

func (d *deck) forged() string {
	seq := "seq=nxt" + pick(d, "", "", "", "+10", "-1", "-1000", "+1000000")
	ack := "ack=nxt" + pick(d, "", "", "", "+1000")
	return pick(d, "RST "+seq, "ACK "+seq+" "+ack, "FIN+ACK "+seq+" "+ack, "SYN "+seq, "SYN+ACK "+seq+" "+ack, "ACK+PSH "+seq+" "+ack+" len=5")
}

func newDeck(seed uint64) *deck {
	return &deck{Rand: rand.New(rand.NewPCG(seed, 7865)), names: map[string][]string{}}
}

// deal makes one script from a seed.
func deal(seed uint64) string {
	d := newDeck(seed)
	if d.IntN(4) == 0 {
		key, value := "tcp_tw_reuse", pick(d, "0", "1", "2")
		switch d.IntN(4) {
		case 0:
			key, value = "tcp_timestamps", "0"
		case 1:
			key, value = "tcp_fin_timeout", pick(d, "1", "5")
		case 2:
			key, value = "tcp_max_tw_buckets", pick(d, "0", "1")
		}
		d.say("+0 %s sysctl %s %s", d.host(), key, value)
	}
	ra := d.options()
	d.say("+0 server bind l %s%s", pick(d, ":7865", ":7865", "10.0.0.1:7865", "[::]:7865"), ra)
	d.say("+0 server listen l %s", pick(d, "1", "5", "20"))
	d.say("+0 client connect c server:7865%s within 300ms", pick(d, "", "", " from :4000"+d.options()))
	d.say("+0 server accept l as a within 50ms")
	d.names["server"], d.names["client"] = []string{"l", "a", "a", "a"}, []string{"c", "c", "c"}
	for range 4 + d.IntN(10) {
		d.step()
	}
	for _, h := range []string{"server", "client"} {
		d.say("+0 %s sockets", h)
	}
	return strings.Join(d.lines, "\n") + "\n"
}

// step adds one random line.
func (d *deck) step() {
	h, t := d.host(), d.delay()
	s := d.sock(h)
	switch d.IntN(28) {
	case 22:
		d.say("%s wire drop %s %s", t, h, d.kind())
	case 23:
		d.say("%s wire dup %s %s", t, h, d.kind())
	case 24:
		d.say("%s wire hold %s", t, h)
	case 25:
		d.say("%s wire release", t)
	case 26:
		d.say("%s wire forge %s %s", t, pick(d, "server a", "client c"), d.forged())
	case 27:
		n := fmt.Sprintf("n%d", len(d.lines))
		d.names["server"] = append(d.names["server"], n)
		d.say("%s server connect %s %s:7865%s within 300ms", t, n, pick(d, "127.0.0.1", "10.0.0.1"), pick(d, "", " from :7865", " from :4000"+d.options()))
	case 0, 1:
		d.say("%s %s close %s", t, h, s)
	case 2, 3:
		d.say("%s %s shutdown %s %s", t, h, s, pick(d, "wr", "wr", "rd", "both"))
	case 4, 5:
		d.say("%s %s send %s %d", t, h, s, pick(d, 1, 5, 1000))
	case 6, 7:
		d.say("%s %s recv %s within 10ms", t, h, s)
	case 8:
		d.say("%s %s abort %s", t, h, s)
	case 9:
		d.say("%s %s exit", t, h)
	case 10, 11, 12:
		d.say("%s %s state %s", t, h, s)
	case 13, 14:
		n := fmt.Sprintf("n%d", len(d.lines))
		d.names["server"] = append(d.names["server"], n)
		d.say("%s server bind %s %s%s", t, n, pick(d, ":7865", "10.0.0.1:7865", "127.0.0.1:7865", "[::]:7865", "[::1]:7865", "[::ffff:10.0.0.1]:7865"), d.options())
		if d.IntN(2) == 0 && !strings.Contains(d.lines[len(d.lines)-1], "reuseport") { // which of two gets a SYN is the kernel's secret
			d.say("+0 server listen %s", n)
		}
	case 15, 16:
		n := fmt.Sprintf("n%d", len(d.lines))
		d.names["client"] = append(d.names["client"], n)
		d.say("%s client connect %s server:7865%s within 300ms", t, n, pick(d, "", " from :4000"+d.options()))
	case 17:
		l, n := d.sock("server"), fmt.Sprintf("n%d", len(d.lines))
		d.names["server"] = append(d.names["server"], n)
		d.say("%s server accept %s as %s within 50ms", t, l, n)
	case 18:
		d.say("%s %s set %s %s", t, h, s, pick(d, "reuseaddr", "reuseaddr=0", "linger=0s", "linger=100ms", "linger2=-1s", "linger2=3s", "reuseport", "reuseport=0"))
	case 19:
		d.say("%s server listen %s %d", t, d.sock("server"), pick(d, 1, 10))
	case 20:
		d.say("%s %s timer %s", t, h, s)
	case 21:
		d.say("%s server close %s\n& client close %s", t, d.sock("server"), d.sock("client"))
	}
}

// runBoth runs a script in model and kernel and returns what differs, a line each.
func runBoth(t *testing.T, ls *Labs, parsed string) []string {
	t.Helper()
	l, err := ls.Create(Spec{Script: parsed, Worlds: []string{"model", "kernel"}})
	if err != nil {
		return nil // a shorter script may speak of a socket that it no longer makes
	}
	<-l.Done()
	snap := l.Snapshot()
	defer ls.Delete(l.ID())
	if snap.Status != Done {
		t.Fatalf("lab is %s: %s\n%s", snap.Status, snap.Err, parsed)
	}
	var out []string
	for _, s := range snap.Steps {
		m, k := s.Results["model"], s.Results["kernel"]
		explained := s.Verdict == Differ && s.Why.Rule != Unexplained
		if s.Verdict != Agree && !explained && (m.Result != script.NotRun || k.Result != script.NotRun) {
			line := fmt.Sprintf("line %d: %s %s: model %s, kernel %s", s.Line, s.Actor, s.Text, m.Result, k.Result)
			if m.Why != nil {
				line += " (" + m.Why.Rule + ")"
			}
			if k.Why != nil {
				line += " (" + k.Why.Text.En + ")"
			}
			if s.Cmd.Verb == "sockets" {
				line += fmt.Sprintf("\n\tmodel  %s\n\tkernel %s", rowsText(m.Rows), rowsText(k.Rows))
			}
			out = append(out, line)
		}
	}
	return out
}

func rowsText(rows []world.Row) string {
	var out []string
	for _, r := range rows {
		local, remote := r.Addrs()
		out = append(out, r.State+" "+local+" "+remote)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// shrink leaves out lines as long as the script still differs, and differs again when run again.
func shrink(t *testing.T, ls *Labs, script string) string {
	lines := strings.Split(strings.TrimSpace(script), "\n")
	for i := len(lines) - 1; i >= 0 && len(lines) > 1; i-- {
		fewer := slices.Delete(slices.Clone(lines), i, i+1)
		text := strings.Join(fewer, "\n") + "\n"
		if differsAgain(t, ls, text) {
			lines = fewer
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// Random scripts of calls come to the same results in model:linux and on the kernel, and so do forged
// segments in every state. What differs is run again, alone: what then does not differ every time was
// the machine's timing, and is counted. What differs every time and has no entry in the catalogue of
// differences is a fault of the model, and is shown with the fewest lines that show it; more than one
// script in two hundred fails the test.
func TestDifferential(t *testing.T) {
	for _, test := range []struct {
		name string
		deal func(seed uint64) string
		n    int // scripts when there is time
	}{
		{"calls", deal, 1500},
		{"segments", dealSegments, 700},
		{"rules", dealRules, 1000},
		{"buffers", dealBuffers, 500},
		{"bulk", dealBulk, 100},
		{"clocks", dealClocks, 100},
		{"queues", dealQueues, 200},
		{"pending", dealPending, 200},
		{"hosts", dealHosts, 200},
		{"families", dealFamilies, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := *scripts
			if test.name == "bulk" && os.Getenv("FOURWAVE_SOAK") == "" {
				return // make soak's: see dealBulk
			}
			if os.Getenv("FOURWAVE_LONG") != "" && !raced && n == few {
				n = test.n
			}
			differential(t, test.deal, n)
		})
	}
}

func differential(t *testing.T, deal func(seed uint64) string, n int) {
	for _, w := range allWorlds(t).Infos() {
		if w.Name == "kernel" && !w.Runs {
			t.Skipf("kernel world: %s", w.Why)
		}
	}
	ls := NewLabs(DefaultLimits, reusedWorlds(t))
	defer ls.Close()
	start := time.Now()
	suspects := runAll(t, ls, deal, n)
	took := time.Since(start)
	failed := 0
	for _, seed := range suspects {
		script := deal(seed)
		if !differsAgain(t, ls, script) {
			continue
		}
		if failed++; failed <= *shrinks {
			script = shrink(t, ls, script)
		}
		t.Logf("seed %d:\n%s%s", seed, script, strings.Join(runBoth(t, ls, script), "\n"))
	}
	t.Logf("%d scripts in %.0f s: %d differ, %d more differed under load and not alone", n, took.Seconds(), failed, len(suspects)-failed)
	if failed > n/200 {
		t.Errorf("%d of %d scripts differ", failed, n)
	}
	if len(suspects)-failed > n/3 { // a machine as busy as that shows nothing
		t.Errorf("%d of %d scripts differed under load", len(suspects), n)
	}
}

// runAll runs n scripts, many at a time, and returns the seeds of those that differ.
func runAll(t *testing.T, ls *Labs, deal func(uint64) string, n int) []uint64 {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var suspects []uint64
	gate := make(chan bool, 32)
	for i := range n {
		gate <- true
		wg.Go(func() {
			defer func() { <-gate }()
			parsed := deal(*seed + uint64(i))
			if _, err := script.Parse(parsed); err != nil {
				t.Errorf("%v\n%s", err, parsed)
				return
			}
			if len(runBoth(t, ls, parsed)) > 0 {
				mu.Lock()
				defer mu.Unlock()
				suspects = append(suspects, *seed+uint64(i))
			}
		})
	}
	wg.Wait()
	slices.Sort(suspects)
	return suspects
}

// differsAgain reports whether a script differs three times out of three.
func differsAgain(t *testing.T, ls *Labs, script string) bool {
	for range 3 {
		if len(runBoth(t, ls, script)) == 0 {
			return false
		}
	}
	return true
}
