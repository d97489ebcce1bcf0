package doctor

import (
	"bufio"
	"strings"
	"testing"
	"time"
	"unicode"

	"fourwave/fsm"
	"fourwave/internal/term"
	diag "fourwave/sockdiag"
)

// TestRightsHide asks as a user who may not look into root's processes, nor into root's options.
func TestRightsHide(t *testing.T) {
	enter(t)
	listen(t, "0.0.0.0:27865", "reuseport").leave()
	out, err := child(t, 4242, "FOURWAVE_TEST_ASK=27865").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"taken EADDRINUSE listener-of-another-user true", "rights hide", "reuseport=unknown",
		"as root the doctor sees all", "Ask again as root"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("got %s\nwant it to say %q", out, want)
		}
	}
}

// TestRightsHideNamespaces: what a user may not see is not said to be nothing.
func TestRightsHideNamespaces(t *testing.T) {
	enter(t)
	otherNamespace(t)
	out, err := child(t, 4242, "FOURWAVE_TEST_ASK=27865").Output()
	if want := "Rights hide the network namespaces of "; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("got %s, %v\nwant it to say %q", out, err, want)
	}
}

// TestPassing: what may be followed by another wait does not promise an end.
func TestPassing(t *testing.T) {
	for _, test := range []struct {
		s                     Socket
		timed, atMost, longer bool
		says                  string
	}{
		{Socket{State: "TIME-WAIT", mini: true, Orphan: true}, true, false, false, "when TIME-WAIT ends"},
		{Socket{State: "FIN-WAIT-2", mini: true, Orphan: true}, true, false, true, "becomes a TIME-WAIT"},
		{Socket{State: "FIN-WAIT-2", Orphan: true}, true, false, true, "becomes a TIME-WAIT"},
		{Socket{State: "FIN-WAIT-2"}, false, false, false, "no timer runs and there is no limit"},
		{Socket{State: "FIN-WAIT-1", Orphan: true}, true, true, true, "FIN-WAIT-2 or TIME-WAIT follows"},
		{Socket{State: "CLOSING", Orphan: true}, true, true, true, "TIME-WAIT of 60 s follows"},
		{Socket{State: "LAST-ACK", Orphan: true}, true, true, false, "tcp_orphan_retries=0"},
		{Socket{State: "CLOSE-WAIT"}, false, false, false, "never by itself"},
		{Socket{State: "ESTABLISHED", Orphan: true, Waiting: true}, false, false, false, "with its listener"},
		{Socket{State: "ESTABLISHED"}, false, false, false, "when one end closes"},
		{Socket{State: "BOUND"}, false, false, false, "when its process closes it"},
	} {
		test.s.timings = timingsOf(&test.s)
		got := test.s.passing(linuxLimits)
		if got.Timed != test.timed || got.AtMost != test.atMost || got.Longer != test.longer ||
			!strings.Contains(got.Text.En, test.says) {
			t.Errorf("%s, mini %t: got %+v, want timed %t, at most %t, longer %t and %q", test.s.State, test.s.mini,
				got, test.timed, test.atMost, test.longer, test.says)
		}
	}
}

// timingsOf gives a socket that has a timer in life one here.
func timingsOf(s *Socket) []timing {
	if !s.Orphan || s.State == "ESTABLISHED" {
		return nil
	}
	t := timing{state: fsm.State(s.State), timer: RetransmitTimer, left: time.Second, rto: time.Second, orphan: true,
		mini: s.mini}
	if s.mini {
		t.timer = TimeWaitTimer
	} else if s.State == "FIN-WAIT-2" {
		t.timer = KeepaliveTimer
	}
	return []timing{t}
}

// TestManyKinds: each explanation is given once, and the list ends.
func TestManyKinds(t *testing.T) {
	out := Report{Question: Question{Port: 1}}
	for i := range 20 {
		s := Socket{State: "TIME-WAIT", Count: 2, Verdict: Taken, Orphan: true, mini: true,
			Why: ownRule("linux-bind-new-lacks-options")}
		s.timings = []timing{{state: fsm.TimeWait, timer: TimeWaitTimer, left: time.Duration(i) * time.Second,
			mini: true}}
		s.Passes = s.passing(linuxLimits)
		out.Sockets = append(out.Sockets, s)
	}
	text := written(&out)
	for what, want := range map[string]int{
		"another socket has this port": 1, "[linux-bind-new-lacks-options]": maxShown, "when TIME-WAIT ends": 1,
		"goes: in 3.0 s to 5.1 s\n": 1, "16 more sockets": 1,
	} {
		if got := strings.Count(text, what); got != want {
			t.Errorf("%q is there %d times, want %d, in\n%s", what, got, want, text)
		}
	}
}

// TestColumns: Chinese characters take two columns, so that what is below one another stays so.
func TestColumns(t *testing.T) {
	var b strings.Builder
	out := Report{Sockets: make([]Socket, 1), Options: []Prediction{{Result: "X"}, {ReuseAddr: true, Result: "X"}}}
	p := printer{out: bufio.NewWriter(&b), o: WriteOptions{Lang: "zh"}}
	p.options(&out)
	p.out.Flush()
	var at []int
	for line := range strings.Lines(b.String()) {
		if before, _, ok := strings.Cut(line, "X"); ok {
			at = append(at, term.Columns(before))
		}
	}
	if len(at) != 2 || at[0] != at[1] || at[0] != 16 {
		t.Errorf("the results begin in columns %v, want 16 twice:\n%s", at, b.String())
	}
}

func TestPrivilegedPort(t *testing.T) {
	enter(t)
	out, err := child(t, 4242, "FOURWAVE_TEST_ASK=80").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"taken EACCES privileged true", "Ports below 1024", "setcap"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("got %s\nwant it to say %q", out, want)
		}
	}
	setSysctl(t, "ip_unprivileged_port_start", "80")
	out, err = child(t, 4242, "FOURWAVE_TEST_ASK=80").Output()
	if want := "free  nothing true"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("with a lower start: got %s, %v, want %q", out, err, want)
	}
}

// TestMemoryIsBounded has more kinds of sockets than are told apart.
func TestMemoryIsBounded(t *testing.T) {
	table := newTable(TCP, addr("127.9.9.9"), 32768, 60999)
	l := diag.Socket{Family: 4, State: diag.TimeWait, Timer: diag.TimerTimeWait}
	for i := range 100_000 {
		a := addr("127.0.0.0").As4()
		a[1], a[2], a[3] = byte(i>>16), byte(i>>8), byte(i)
		l.Local = addrPort(a)
		table.add(&l)
	}
	l.Local = addrPort([4]byte{127, 9, 9, 9})
	table.add(&l)
	if len(table.order) != maxKinds+1 || table.more != 100_000-maxKinds {
		t.Errorf("got %d kinds and %d more, want %d and %d", len(table.order), table.more, maxKinds+1, 100_000-maxKinds)
	}
	if got := table.order[maxKinds].Local; got != l.Local {
		t.Errorf("the address asked about is not kept: the last is %v", got)
	}
}

func TestRanges(t *testing.T) {
	for _, test := range []struct {
		list string
		port int
		want bool
	}{
		{"", 80, false}, {"80", 80, true}, {"80", 81, false}, {"1,8000-8010", 8005, true}, {"8000-8010", 8010,
			true}, {"8000-8010", 8011, false},
	} {
		if got := inRanges(test.list, test.port); got != test.want {
			t.Errorf("%q, %d: got %t, want %t", test.list, test.port, got, test.want)
		}
	}
}

// TestBothLanguages: each case has a myth and an answer in both languages, and a Chinese text has
// Chinese in it.
func TestBothLanguages(t *testing.T) {
	check := func(what string, x Text) {
		t.Helper()
		if x.En == "" || !strings.ContainsFunc(x.Zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: got %q and %q, want both languages", what, x.En, x.Zh)
		}
		if strings.Contains(x.En+x.Zh, "%!") {
			t.Errorf("%s: a format went wrong: %q %q", what, x.En, x.Zh)
		}
	}
	for c, myths := range mythTexts {
		for _, m := range myths {
			check(string(c), m.Claim)
			check(string(c), m.Truth)
		}
	}
	for name, w := range ownRules {
		check(name, w.Text)
	}
	for name, x := range words {
		if name != "colon" && name != "comma" {
			check(name, x)
		}
	}
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			r := sc.examine(t)
			check("answer", r.Answer)
			check("waiting", r.Waiting())
			for _, x := range r.Do {
				check("do", x)
			}
			if len(r.Myths) == 0 {
				t.Errorf("%s has no myth", r.Case)
			}
		})
	}
}
