package lab

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"fourwave/fsm"
	"fourwave/lab/world"
)

func TestCatalogue(t *testing.T) {
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	worlds := allWorlds(t)
	seen := map[string]bool{}
	for _, d := range Differences() {
		if seen[d.ID] || d.ID == Unexplained {
			t.Errorf("%s comes twice", d.ID)
		}
		seen[d.ID] = true
		if han(d.Text.En) || !han(d.Text.Zh) || strings.ContainsAny(d.Text.Zh, ";?!") {
			t.Errorf("%s: texts %q, %q", d.ID, d.Text.En, d.Text.Zh)
		}
		kernel := slices.ContainsFunc(slices.Concat(d.Worlds...), func(word string) bool {
			return slices.Contains(worlds.Called(word), "kernel")
		})
		if !kernel && d.Kernel != "" {
			t.Errorf("%s: releases of a kernel that it does not speak of", d.ID)
		}
		all := map[string]bool{}
		for _, w := range slices.Concat(d.Worlds...) {
			if all[w] {
				t.Errorf("%s: %s is in two groups", d.ID, w)
			}
			all[w] = true
			if len(worlds.Called(w)) == 0 {
				t.Errorf("%s: there is no world, and no system of one, called %s", d.ID, w)
			}
		}
	}
}

func TestReadCatalogueRefuses(t *testing.T) {
	good := "id: x\nworlds: linux | rfc9293\ntext: a\ntext.zh: 甲\nsource: s\n"
	if _, err := readCatalogue(good + "\n# a remark\n\n" + good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"id: x\n", `is missing`},
		{good + "id: y\n", "comes twice"},
		{good + "colour: red\n", `"colour" is unknown`},
		{strings.Replace(good, "rfc9293", "", 1), `a world without a name`},
		{strings.Replace(good, "|", ",", 1), "one group"},
		{good + "kernel: some\n", `kernel "some" is not`},
		{good + "kernel: 6.13 to 5.10\n", `kernel "6.13 to 5.10" is not`},
		{good + "seen: dances\n", `no verb: "dances"`},
		{good + "seen: sends in LIMBO\n", `no state "LIMBO"`},
		{good + "seen: sends on rcv postcard\n", `no event "rcv postcard"`},
	} {
		if _, err := readCatalogue(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got error %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestDifferenceBetween(t *testing.T) {
	for _, tt := range []struct {
		worlds, kernel, a, b, release string
		want                          bool
	}{
		{"linux | rfc9293", "", "model", "model:rfc9293", "", true},
		{"linux | rfc9293", "", "model:rfc9293", "kernel", "", true},
		{"linux | rfc9293", "", "model", "kernel", "", false}, // one group
		{"linux | rfc9293", "", "model", "model:macos", "", false},
		{"linux | rfc9293 | macos", "", "model:macos", "model:rfc9293", "", true},
		{"kernel | model:linux", "6.18 seen", "model", "kernel", "5.4.0-100-generic", true},
		{"kernel | model:linux", "to 6.7", "model", "kernel", "6.7.12", true},
		{"kernel | model:linux", "to 6.7", "model", "kernel", "6.18.44", false},
		{"kernel | model:linux", "to 6.7", "model", "kernel", "", false},
		{"kernel | model:linux", "5.10 on", "model", "kernel", "5.9.1", false},
		{"kernel | model:linux", "5.10 on", "model", "kernel", "5.10-rc1", true},
		{"kernel | model:linux", "5.10 on", "model", "kernel", "6.0", true},
		{"kernel | model:linux", "5.10 to 6.13", "model", "kernel", "6.13.9", true},
		{"kernel | model:linux", "5.10 to 6.13", "model", "kernel", "5.4.1", false},
		{"kernel | model:linux", "5.10 to 6.13", "model", "kernel", "6.14", false},
		{"kernel | model:linux", "5.10 to 6.13", "kernel:6.1", "kernel", "6.18.44", true},
		{"kernel | model:linux", "5.10 to 6.13", "kernel:6.1", "kernel", "6.12.3", false},
		{"kernel | model:linux", "5.10 to 6.13", "kernel:6.1", "kernel", "", false},
		{"kernel | model:linux", "5.10 to 6.13", "kernel:6.1", "model:linux@6.1", "", false},
		{"kernel | model:linux", "5.10 to 6.13", "model", "model:linux@6.1", "", true},
		{"kernel | model:linux", "5.10 to 6.13", "model:freebsd", "kernel:6.1", "", false},
	} {
		groups, err := readWorlds(tt.worlds)
		if err != nil {
			t.Fatal(err)
		}
		d := Difference{Worlds: groups, Kernel: tt.kernel}
		var infos [2]*world.Info
		for i, name := range []string{tt.a, tt.b} {
			switch name {
			case "kernel:6.1":
				infos[i] = &world.Info{Name: name, System: "linux", Release: "6.1.192", Measured: true}
			case "model:linux@6.1":
				infos[i] = &world.Info{Name: name, System: "linux", Release: "6.1", Calculated: true}
			case "kernel":
				infos[i] = infoOf(t, name)
				infos[i].Release = tt.release
			default:
				infos[i] = infoOf(t, name)
			}
		}
		if got := d.between(infos); got != tt.want {
			t.Errorf("%s (%s) between %s and %s on %s: %v, want %v", tt.worlds, tt.kernel, tt.a, tt.b, tt.release, got, tt.want)
		}
	}
}

func TestPatternFits(t *testing.T) {
	f := finding{what: "sends", sides: [2]side{
		{word: "ACK", state: fsm.TimeWait, event: "rcv ACK"}, {word: "RST", state: fsm.Closed, event: "rcv ACK"},
	}}
	for pattern, want := range map[string]bool{
		"sends":        true,
		"enters|sends": true,
		"enters":       false,
		"sends = ACK":  true,
		"sends = A*":   true,
		"sends = FIN":  false,
		"sends = ACK in TIME-WAIT on rcv ACK|rcv SYN":    true,
		"sends = ACK in CLOSED":                          false, // one side must be all that is said
		"sends in TIME-WAIT on rcv RST,in window":        false,
		"sends by linux-*":                               false,
		"sends = RST|FIN in TIME-WAIT|CLOSED on rcv ACK": true,
	} {
		p, err := readPattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.fits(&f); got != want {
			t.Errorf("%q fits: %v, want %v", pattern, got, want)
		}
	}
}

// opened begins every script below: a connection c to a, whose server's segments are held.
const opened = `+0 server bind l :7865
+0 server listen l
+0 client connect c server:7865
+0 server accept l as a
+0 wire hold server
`

// cells are where RFC 9293 and Linux part in what a segment leads to, one of each sort in the order of the
// RFC's states.
var cells = []struct{ name, script, want, other string }{
	{"half-open, SYN in window", halfOpen + "+0 wire forge client c SYN seq=nxt+10", "half-open-reset", "model:rfc9293"},
	{"half-open, SYN,ACK in window", halfOpen + "+0 wire forge client c SYN+ACK seq=nxt+10", "half-open-reset", "model:rfc9293"},
	{"half-open, its SYN again", halfOpen + "+0 wire forge client c SYN seq=nxt-1", "half-open-syn-again", "model:rfc9293"},
	{"FIN-WAIT-1, old FIN", opened + "+0 server close a\n+0 wire forge client c FIN+ACK seq=nxt-1 ack=nxt", "old-fin-acknowledges", "model:rfc9293"},
	{"CLOSING, old FIN", closing + "+0 wire forge client c FIN+ACK seq=nxt-1 ack=nxt", "old-fin-acknowledges", "model:rfc9293"},
	{"LAST-ACK, old FIN", lastAck + "+0 wire forge client c FIN+ACK seq=nxt-1 ack=nxt", "old-fin-acknowledges", "model:rfc9293"},
	{"CLOSE-WAIT, second FIN", closeWait + "+0 wire forge client c FIN+ACK seq=nxt ack=una", "beyond-the-fin", "model:rfc9293"},
	{"CLOSE-WAIT, second FIN and its ACK", closeWait + "+0 wire forge client c FIN+ACK seq=nxt ack=nxt", "beyond-the-fin", "model:rfc9293"},
	{"CLOSE-WAIT, data and second FIN", closeWait + "+0 wire forge client c FIN+ACK seq=nxt len=5", "beyond-the-fin", "model:rfc9293"},
	{"LAST-ACK, second FIN", lastAck + "+0 wire forge client c FIN+ACK seq=nxt ack=una", "beyond-the-fin", "model:rfc9293"},
	{"CLOSING, second FIN and ACK of ours", closing + "+0 wire forge client c FIN+ACK seq=nxt ack=nxt", "beyond-the-fin", "model:rfc9293"},
	{"CLOSING, data and second FIN", closing + "+0 wire forge client c FIN+ACK seq=nxt ack=nxt len=5", "beyond-the-fin", "model:rfc9293"},
	{"TIME-WAIT, bare ACK", timeWaiting + "+0 wire forge client c ACK seq=nxt ack=nxt", "time-wait-bare-ack", "model:rfc9293"},
	{"TIME-WAIT, old ACK", timeWaiting + "+0 wire forge client c ACK seq=nxt ack=nxt-1", "time-wait-bare-ack", "model:rfc9293"},
	{"TIME-WAIT, ACK of unsent", timeWaiting + "+0 wire forge client c ACK seq=nxt ack=nxt+1000", "time-wait-bare-ack", "model:rfc9293"},
	{"TIME-WAIT, RST in window", timeWaiting + "+0 wire forge client c RST seq=nxt+10", "time-wait-rst-in-window", "model:rfc9293"},
	{"TIME-WAIT, no ACK", timeWaiting + "+0 wire forge client c PSH seq=nxt len=5", "time-wait-no-ack", "model:rfc9293"},
	{"FIN-WAIT-2 of an orphan, RST in window", orphaned + "+0 wire forge client c RST seq=nxt+10", "minisocket-rst", "model:rfc9293"},
	{"FIN-WAIT-2 of an orphan, RST below", orphaned + "+0 wire forge client c RST seq=nxt-10", "minisocket-rst", "model:rfc9293"},
	{"FIN-WAIT-2 of an orphan, SYN", orphaned + "+0 wire forge client c SYN seq=nxt+10", "minisocket-syn", "model:rfc9293"},
	{"FIN-WAIT-2 of an orphan, ACK of unsent", orphaned + "+0 wire forge client c ACK seq=nxt ack=nxt+1000", "minisocket-ack-of-unsent", "model:rfc9293"},
	{"no room in TIME-WAIT", noRoom + timeWaiting, "max-tw-buckets", "model:rfc9293"},
	{"no room in TIME-WAIT, from CLOSING", noRoom + closing + "+0 wire forge client c ACK seq=nxt ack=nxt", "max-tw-buckets", "model:rfc9293"},
	{"no room in TIME-WAIT, from FIN-WAIT-2", noRoom + opened + "+0 server shutdown a wr\n+0 wire forge client c ACK seq=nxt ack=nxt\n+0 wire forge client c FIN+ACK", "max-tw-buckets", "model:rfc9293"},
	{"TIME-WAIT, old data", timeWaiting + "+5s wire forge client c ACK seq=nxt-1 ack=nxt len=1\n+0 server timer a", "time-wait-length", "model:rfc9293"},
	{"TIME-WAIT, old data, as FreeBSD has it", timeWaiting + "+5s wire forge client c ACK seq=nxt-1 ack=nxt len=1\n+0 server timer a", "time-wait-restart", "model:freebsd"},
	{"TIME-WAIT, SYN,ACK, as FreeBSD has it", timeWaiting + "+5s wire forge client c SYN+ACK seq=nxt\n+0 server timer a", "time-wait-restart", "model:freebsd"},
	{"TIME-WAIT, exact RST, as FreeBSD has it", timeWaiting + "+0 wire forge client c RST seq=nxt", "rfc1337", "model:freebsd"},
	{"FIN-WAIT-2 of an orphan, SYN,ACK", orphaned + "+0 wire forge client c SYN+ACK seq=nxt+10", "minisocket-syn", "model:rfc9293"},
	{"FIN-WAIT-2 of an orphan, RST above", orphaned + "+0 wire forge client c RST seq=wnd+10", "minisocket-rst", "model:rfc9293"},
	{"SYN-RECEIVED, old FIN", bothOpen + "+0 wire forge client c FIN+ACK seq=nxt-1 ack=nxt", "old-segment-opens", "model:rfc9293"},
	{"TIME-WAIT, bound again, as FreeBSD has it", timeWaiting + "+0 server close l\n+0 server bind m :7865 reuseaddr", "bsd-bind", "model:freebsd"},
	{"TIME-WAIT, bound again, as Windows has it", timeWaiting + "+0 server close l\n+0 server bind m :7865", "undocumented", "model:windows"},
	{"wildcard and specific, as Windows has it", "server bind l :7865\nserver bind m 10.0.0.1:7865", "windows-bind", "model:windows"},
	{"an IPv4 client of ::, as FreeBSD has it", "server bind l [::]:7865\nserver listen l\nclient connect c server:7865", "v6only-default", "model:freebsd"},
	{"a v4-mapped address, as OpenBSD has it", "server bind l [::ffff:10.0.0.1]:7865", "openbsd-no-mapped", "model:openbsd"},
	{"TIME-WAIT, bound again, as lwIP has it", timeWaiting + "+0 server close l\n+0 server bind m :7865 reuseaddr", "lwip-bind", "model:lwip"},
	{"refused, as lwIP has it", "client connect c server:7865", "lwip-errors", "model:lwip"},
	{"ESTABLISHED, RST in window, as OpenBSD has it", opened + "+0 wire forge client c RST seq=nxt+10", "openbsd-rst-in-window", "model:openbsd"},
	{"TIME-WAIT, a second FIN, as OpenBSD has it", timeWaiting + "+0 wire forge client c FIN+ACK seq=nxt", "openbsd-time-wait", "model:openbsd"},
	{"SYN-SENT, ICMP host unreachable", "+0 wire block client icmp=host\n+0 client connect c server:7865 within 10ms\n", "icmp-errors", "model:rfc9293"},
	{"CLOSE-WAIT, RST at the FIN", closeWait + "+0 wire forge client c RST seq=nxt-1\n+0 server state a", "reset-at-fin", "model:rfc9293"},
}

const (
	bothOpen    = "+0 wire hold\n+0 server connect a client:5000 from :6000 within 0\n+0 client connect c server:6000 from :5000 within 0\n+0 wire deliver client SYN\n"
	noRoom      = "+0 server sysctl tcp_max_tw_buckets 0\n"
	halfOpen    = "+0 server bind l :7865\n+0 server listen l\n+0 wire hold server\n+0 client connect c server:7865 within 10ms\n"
	closeWait   = opened + "+0 wire forge client c FIN+ACK seq=nxt ack=nxt\n"
	lastAck     = closeWait + "+0 server close a\n"
	closing     = opened + "+0 server close a\n+0 wire forge client c FIN+ACK seq=nxt ack=una\n"
	timeWaiting = opened + "+0 server close a\n+0 wire forge client c FIN+ACK seq=nxt ack=nxt\n"
	orphaned    = opened + "+0 server close a\n+0 wire forge client c ACK seq=nxt ack=nxt\n"
)

// TestEveryCellHasItsReason: Linux's model and the RFC's part in each cell, and the first reason that is
// given is the right one.
func TestEveryCellHasItsReason(t *testing.T) {
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	for _, tt := range cells {
		l := create(t, ls, Spec{Script: tt.script, Worlds: []string{"model", tt.other}})
		<-l.Done()
		s := l.Snapshot()
		var got []string
		for _, f := range s.Differences {
			got = append(got, f.Why.Rule)
		}
		for _, st := range s.Steps {
			if st.Verdict == Differ {
				got = append(got, st.Why.Rule)
			}
		}
		if len(got) == 0 || got[0] != tt.want || slices.Contains(got, Unexplained) {
			var b strings.Builder
			_ = WriteReport(&b, s, ReportOptions{})
			t.Errorf("%s: got reasons %q, want %s\n%s", tt.name, got, tt.want, &b)
		}
	}
}

// TestEveryPatternIsNeeded: each way of recognising a difference between models is met by an experiment of the
// library or by a cell above. What is between the kernel and its model shows on other kernels, and what a
// capture cannot tell beside captures.
func TestEveryPatternIsNeeded(t *testing.T) {
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	met := map[string]bool{}
	for i, a := range fsm.Profiles {
		for _, b := range fsm.Profiles[i+1:] {
			for _, e := range Library() {
				meet(met, create(t, ls, Spec{Experiment: e.ID, Worlds: []string{"model:" + a.Name, "model:" + b.Name}}))
			}
		}
	}
	for _, tt := range cells {
		meet(met, create(t, ls, Spec{Script: tt.script, Worlds: []string{"model", tt.other}}))
	}
	for _, d := range Differences() {
		for _, s := range d.Seen {
			if first := d.Worlds[0][0]; first != "kernel" && first != "capture" && !met[d.ID+": "+s] {
				t.Errorf("%s: nothing is recognised by %q", d.ID, s)
			}
		}
	}
}

// meet notes the patterns that a lab's findings fit first.
func meet(met map[string]bool, l *Lab) {
	<-l.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	tales := l.tales(len(l.steps))
	l.read(tales)
	for _, f := range append(compare(tales).findings, l.found...) {
		if f.known() == nil {
			continue
		}
		i := slices.IndexFunc(f.entry.seen, func(p pattern) bool { return p.fits(&f) })
		met[f.entry.ID+": "+f.entry.Seen[i]] = true
	}
}
