package realsock

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary be another program: one that holds Nets until it is killed.
func TestMain(m *testing.M) {
	switch {
	case os.Args[0] == attackerName, os.Args[0] == attackerAppName:
		attack(os.Args[0] == attackerAppName)
	case os.Getenv("FOURWAVE_TEST_HOLD") != "":
		hold()
	}
	os.Exit(m.Run())
}

// skip leaves a test out, with the reason, unless nothing may be left out.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// trial is a Net with everything it told.
type trial struct {
	*Net
	t         *testing.T
	mu        sync.Mutex
	frames    []Frame // as first told
	fates     map[int]Frame
	sightings []Sighting
	tables    map[string]Table
}

func newTrial(t *testing.T, cfg Config) *trial {
	t.Helper()
	if a := Able(); !a.OK {
		skip(t, "no kernel world: "+a.Why+" "+a.Remedy)
	}
	l := &trial{t: t, fates: map[int]Frame{}, tables: map[string]Table{}}
	cfg.Observe = l.observe
	n, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	l.Net = n
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *trial) observe(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.Frame != nil:
		if _, ok := l.fates[e.Frame.ID]; !ok {
			l.frames = append(l.frames, *e.Frame)
		}
		l.fates[e.Frame.ID] = *e.Frame
	case e.Sighting != nil:
		l.sightings = append(l.sightings, *e.Sighting)
	case e.Table != nil:
		l.tables[e.Table.Host] = *e.Table
	}
}

func (l *trial) quiet() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	if err := l.Quiet(ctx); err != nil {
		l.t.Fatal(err)
	}
}

// do makes a group of calls once the wire is quiet.
func (l *trial) do(lines ...string) []Outcome {
	l.t.Helper()
	l.quiet()
	var calls []Call
	for _, line := range lines {
		calls = append(calls, parseCall(l.t, line))
	}
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	outs, err := l.Do(ctx, calls...)
	if err != nil {
		l.t.Fatal(err)
	}
	return outs
}

// run makes calls one after the other; each line may say what it should come to.
func (l *trial) run(script string) {
	l.t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		line, want, _ := strings.Cut(line, "=>")
		want = strings.TrimSpace(want)
		o := l.do(line)[0]
		got := o.Result
		if o.NotRun != "" {
			got = "not run: " + o.NotRun
		}
		if want != "" && got != want {
			l.t.Errorf("%s: got %s, want %s", strings.TrimSpace(line), got, want)
		}
	}
}

// path is the way of a socket through the states, the first one included.
func (l *trial) path(host, name string) string {
	l.quiet()
	l.mu.Lock()
	defer l.mu.Unlock()
	end := 0
	for _, s := range l.sightings {
		if s.Host == host && s.Name == name {
			end = s.End
		}
	}
	var words []string
	for _, s := range l.sightings {
		if s.End != end || s.Host != host {
			continue
		}
		if len(words) == 0 {
			words = append(words, s.Prev)
		}
		if words[len(words)-1] != s.Prev {
			l.t.Errorf("%s %s: seen in %s, before that in %s", host, name, s.Prev, words[len(words)-1])
		}
		if s.State != s.Prev {
			words = append(words, s.State)
		}
	}
	return strings.Join(words, " ")
}

func (l *trial) wantPath(host, name, want string) {
	l.t.Helper()
	if got := l.path(host, name); got != want {
		l.t.Errorf("%s %s: got %s, want %s", host, name, got, want)
	}
}

// sent is what a host put on the wire or its loopback, with numbers relative to the ISNs.
func (l *trial) sent(host string) []string {
	l.quiet()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, f := range l.frames {
		if f.From != host || f.Forged {
			continue
		}
		s := fmt.Sprintf("%s %d:%d", flagsText(f.Flags), f.Seq-f.SeqISN, f.Len)
		if f.Flags&flagACK != 0 {
			s += fmt.Sprintf(" ack %d", f.Ack-f.AckISN)
		}
		out = append(out, s)
	}
	return out
}

func (l *trial) wantSent(host string, want ...string) {
	l.t.Helper()
	if got := l.sent(host); !slices.Equal(got, want) {
		l.t.Errorf("%s sent\n got %q\nwant %q", host, got, want)
	}
}

// wantEven checks that the wire's books agreed with the kernel's counters throughout.
func (l *trial) wantEven() {
	l.t.Helper()
	if got := l.Stats(); got != (Stats{}) {
		l.t.Errorf("got %+v, want none", got)
	}
}

var callWords = map[string]string{"server": "10.0.0.1", "client": "10.0.0.2", "": "0.0.0.0"}

func parseAddr(t *testing.T, s string) netip.AddrPort {
	t.Helper()
	if i := strings.LastIndex(s, ":"); i >= 0 {
		if ip, ok := callWords[s[:i]]; ok {
			s = ip + s[i:]
		}
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// parseCall reads "HOST OP NAME [ADDR] [option…]", in the manner of an experiment script.
func parseCall(t *testing.T, line string) Call {
	t.Helper()
	w := strings.Fields(line)
	c := Call{Host: w[0], Op: w[1], Family: 4, N: -1}
	if c.Host == Wire {
		return parseWireCall(t, c, w[2:])
	}
	if len(w) > 2 {
		c.Name = w[2]
	}
	for _, a := range w[min(3, len(w)):] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "as":
			c.As = value
		case "from":
			c.From = parseAddr(t, value)
		case "within":
			c.Limit = duration(t, value)
		case "n":
			c.N = number(t, value)
		case "nowait":
			c.NoWait = true
		case "wr", "rd", "both", "all", "recv", "send", "connect", "accept", "close":
			c.How = key
		case "tcp6":
			c.Family = 6
		case "value":
			c.Value = strings.ReplaceAll(value, ",", " ")
		case "uid":
			c.Opts = append(c.Opts, Opt{Name: key, N: number(t, value)})
		case "linger", "linger2":
			c.Opts = append(c.Opts, Opt{Name: key, D: duration(t, value), Off: value == "off"})
		case "rcvbuf", "sndbuf", "keepcnt":
			c.Opts = append(c.Opts, Opt{Name: key, N: number(t, value)})
		case "keepidle", "keepintvl", "usertimeout", "deferaccept":
			c.Opts = append(c.Opts, Opt{Name: key, D: duration(t, value)})
		case "reuseaddr", "reuseport", "nodelay", "nobindport", "deaf", "keepalive":
			c.Opts = append(c.Opts, Opt{Name: key, N: 1})
		case "v6only":
			c.Opts = append(c.Opts, Opt{Name: key, N: number(t, value)})
		case "device":
			c.Opts = append(c.Opts, Opt{Name: key, S: value})
		case "portrange":
			o := Opt{Name: key}
			if _, err := fmt.Sscanf(value, "%d-%d", &o.N, &o.M); err != nil {
				t.Fatal(err)
			}
			c.Opts = append(c.Opts, o)
		default:
			c.Addr = parseAddr(t, a)
			if c.Addr.Addr().Is6() {
				c.Family = 6
			}
		}
	}
	if c.Op == "sysctl" {
		c.Key = c.Name
	}
	return c
}

func parseWireCall(t *testing.T, c Call, w []string) Call {
	t.Helper()
	if c.Op == "forge" {
		c.Forge = &Forge{}
	}
	for _, a := range w {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "server", "client", "second>server":
			c.Of = key
		case "how":
			c.How = value
		case "icmp":
			c.Forge.ICMP = value
		case "nth":
			c.Nth = number(t, value)
		case "d":
			c.D = duration(t, value)
		case "sock":
			c.Name = value
		case "flags":
			for _, f := range strings.Split(value, "+") {
				c.Forge.Flags |= map[string]uint8{"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16}[f]
			}
		case "seq":
			c.Forge.Seq = parseNumber(t, value)
		case "ack":
			c.Forge.Ack = parseNumber(t, value)
		case "len":
			c.Forge.Len = number(t, value)
		case "ts":
			c.Forge.TS = value
		default:
			c.Kind = key
		}
	}
	return c
}

func parseNumber(t *testing.T, s string) Number {
	t.Helper()
	n := Number{Base: s[:3]}
	if s = s[3:]; s != "" {
		n.Offset = int64(number(t, s))
	}
	return n
}

func number(t *testing.T, s string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	if s == "off" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
