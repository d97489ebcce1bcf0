package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// rowOf is a line of a socket table, "*" standing for no remote address.
func rowOf(state, local, remote string) world.Row {
	r := world.Row{State: state, Local: netip.MustParseAddrPort(local)}
	if remote != "*" {
		r.Remote = netip.MustParseAddrPort(remote)
	}
	return r
}

func TestSameResult(t *testing.T) {
	named := ports{7865: true}
	rows := func(rows ...string) world.Result {
		var r world.Result
		for _, s := range rows {
			f := strings.Fields(s)
			r.Rows = append(r.Rows, rowOf(f[0], f[1], f[2]))
		}
		r.Result = fmt.Sprint(len(rows))
		return r
	}
	res := func(s string) world.Result { return world.Result{Result: s} }
	tests := []struct {
		verb string
		a, b world.Result
		want bool
	}{
		{"bind", res("ok"), res("ok"), true},
		{"bind", res("ok"), res("EADDRINUSE"), false},
		{"state", res("TIME_WAIT"), res("TIME-WAIT"), true},
		{"state", res("FIN-WAIT-1"), res("FIN-WAIT-2"), false},
		{"forge", res("ACK+RST"), res("RST+ACK"), true},
		{"forge", res("RST"), res("RST+ACK"), false},
		{"recv", res("5"), res("EOF"), false},
		// The greater of 0.3 s and 3.5 %.
		{"timer", res("timewait 60.0s"), res("timewait 58.0s"), true},
		{"timer", res("timewait 60.0s"), res("timewait 57.5s"), false},
		{"timer", res("retransmit 0.2s"), res("retransmit 0.5s"), true},
		{"timer", res("retransmit 0.2s"), res("retransmit 0.6s"), false},
		{"timer", res("retransmit 0.2s"), res("timewait 0.2s"), false},
		{"timer", res("none"), res("none"), true},
		{"timer", res("none"), res("retransmit 0.1s"), false},
		{"timer", res("EBADF"), res("none"), false},
		// Ports that the script does not name are all alike; order does not count, number does.
		{"sockets", rows("TIME-WAIT 10.0.0.1:7865 10.0.0.2:40000"), rows("TIME-WAIT 10.0.0.1:7865 10.0.0.2:51111"), true},
		{"sockets", rows("TIME-WAIT 10.0.0.1:7865 10.0.0.2:40000"), rows("TIME-WAIT 10.0.0.1:7866 10.0.0.2:40000"), false},
		{"sockets", rows("TIME-WAIT 10.0.0.1:7865 10.0.0.2:1"), rows("FIN-WAIT-2 10.0.0.1:7865 10.0.0.2:1"), false},
		{"sockets", rows("A 1.1.1.1:7865 *", "B 1.1.1.1:7865 *"), rows("B 1.1.1.1:7865 *", "A 1.1.1.1:7865 *"), true},
		{"sockets", rows("A 1.1.1.1:7865 *", "A 1.1.1.1:7865 *"), rows("A 1.1.1.1:7865 *"), false},
		{"sockets", rows(), rows(), true},
		{"sockets", rows(), res("EBADF"), false},
	}
	for _, tt := range tests {
		if got := sameResult(tt.verb, tt.a, tt.b, named); got != tt.want {
			t.Errorf("%s: %+v and %+v same: %v, want %v", tt.verb, tt.a, tt.b, got, tt.want)
		}
		if got := sameResult(tt.verb, tt.b, tt.a, named); got != tt.want {
			t.Errorf("%s: %+v and %+v same: %v, want %v", tt.verb, tt.b, tt.a, got, tt.want)
		}
	}
}

func TestRowsMeet(t *testing.T) {
	r := world.Result{Result: "3", Rows: []world.Row{
		rowOf("LISTEN", "0.0.0.0:7865", "*"),
		rowOf("TIME-WAIT", "10.0.0.1:7865", "10.0.0.2:40000"),
		rowOf("TIME-WAIT", "10.0.0.1:7865", "10.0.0.2:40001"),
	}}
	tests := []struct {
		expect string
		want   bool
	}{
		{"3", true},
		{"2", false},
		{"none", false},
		{"LISTEN, TIME-WAIT, TIME-WAIT", true},
		{"LISTEN, TIME-WAIT", false},
		{"LISTEN, TIME-WAIT, TIME-WAIT, TIME-WAIT", false},
		{"LISTEN :7865, TIME-WAIT server:7865, TIME-WAIT server:7865 client:*", true},
		{"LISTEN :7865, TIME-WAIT server:7865, TIME-WAIT server:*  client:40002", false},
		// The broad pattern must leave the narrow one its row.
		{"TIME-WAIT, TIME-WAIT * client:40000, LISTEN", true},
		{"TIME-WAIT * client:40000, TIME-WAIT * client:40000, LISTEN", false},
		{"LISTEN :7866, TIME-WAIT, TIME-WAIT", false},
	}
	for _, tt := range tests {
		s, err := script.Parse("server sockets = " + tt.expect)
		if err != nil {
			t.Fatal(err)
		}
		if got := rowsMeet(s.Steps[0].Expect, r); got != tt.want {
			t.Errorf("%q met: %v, want %v", s.Steps[0].Expect, got, tt.want)
		}
	}
	if !rowsMeet("none", world.Result{Result: "0"}) || rowsMeet("none", world.Result{Result: "EBADF"}) {
		t.Error(`"none" is the empty table and no error`)
	}
}

// storyOf makes a tale of states at the socket "a" of the server, one a second from 1 s on, and
// of steps, each of which is done at as many seconds as its number says.
func storyOf(states []fsm.State, steps ...int) *tale {
	tl := &tale{trace: &fsm.Trace{}, knows: map[[2]string]bool{}, named: ports{7865: true}}
	last := fsm.Closed
	for i, s := range states {
		e := fsm.Entry{At: time.Duration(i+1) * time.Second, Host: "server", Socket: "a", From: last, To: s}
		tl.trace.Entries = append(tl.trace.Entries, e)
		last = s
	}
	for _, i := range steps {
		tl.marks = append(tl.marks, mark{step: i, entries: min(i, len(states))})
	}
	tl.knows[[2]string{"server", "a"}] = len(steps) > 0
	return tl
}

func TestCompareStates(t *testing.T) {
	full := []fsm.State{fsm.Established, fsm.FinWait1, fsm.FinWait2, fsm.TimeWait, fsm.Closed}
	other := []fsm.State{fsm.Established, fsm.FinWait1, fsm.Closing, fsm.TimeWait, fsm.Closed}
	tests := []struct {
		name  string
		tales []*tale
		want  Count
	}{
		{"same", []*tale{storyOf(full, 0), storyOf(full, 0)}, Count{Agree: 1}},
		{"another way", []*tale{storyOf(full, 0), storyOf(other, 0)}, Count{Differ: 1}},
		{"the same steps, one stops short", []*tale{storyOf(full, 0, 1), storyOf(full[:4], 0, 1)}, Count{Differ: 1}},
		// The last state came at 5 s, in a step at 6 s that the other did not run.
		{"one was asked for less", []*tale{storyOf(full, 0, 4, 6), storyOf(full[:4], 0, 4)}, Count{Agree: 1}},
		{"one was asked for less, but missed a state before", []*tale{storyOf(full, 0, 4, 6), storyOf(full[:3], 0, 4)}, Count{Differ: 1}},
		{"one alone", []*tale{storyOf(full, 0)}, Count{NotRun: 1}},
		{"the other ran nothing", []*tale{storyOf(full, 0), storyOf(nil)}, Count{NotRun: 1}},
		{"a third differs", []*tale{storyOf(full, 0), storyOf(full, 0), storyOf(other, 0)}, Count{Differ: 1}},
	}
	for _, tt := range tests {
		if got, _ := compareStates(tt.tales); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// sentOf makes a tale of segments between server:7865 and a client's port, each as a string:
// s or c for the sender, and a number for the sequence number.
func sentOf(port int, steps []int, segments ...string) *tale {
	tl := storyOf(nil, steps...)
	server, client := netip.MustParseAddrPort("10.0.0.1:7865"), netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), uint16(port))
	for i, s := range segments {
		f := fsm.Flight{ID: i, From: "server", To: "client", Src: server, Dst: client, Departs: time.Duration(i+1) * time.Second}
		if s[0] == 'c' {
			f.From, f.To, f.Src, f.Dst = "client", "server", client, server
		}
		fmt.Sscan(s[1:], &f.Segment.Seq)
		tl.trace.Flights = append(tl.trace.Flights, f)
	}
	for i := range tl.marks {
		tl.marks[i].flights = min(tl.marks[i].step, len(segments))
	}
	tl.trackSegments()
	return tl
}

func TestCompareSegments(t *testing.T) {
	one := []int{0}
	tests := []struct {
		name  string
		tales []*tale
		want  Count
	}{
		{"same, from other ports", []*tale{sentOf(40000, one, "c0", "s0", "c1"), sentOf(51234, one, "c0", "s0", "c1")}, Count{Agree: 3}},
		{"crossing in another order", []*tale{sentOf(1, one, "c0", "s0"), sentOf(1, one, "s0", "c0")}, Count{Agree: 2}},
		{"another number", []*tale{sentOf(1, one, "c0", "s0", "c1"), sentOf(1, one, "c0", "s0", "c2")}, Count{Agree: 2, Differ: 1}},
		{"one more in the middle", []*tale{sentOf(1, one, "c0", "c1", "c2"), sentOf(1, one, "c0", "c2")}, Count{Agree: 2, Differ: 1}},
		{"one more at the end", []*tale{sentOf(1, one, "c0", "c1"), sentOf(1, one, "c0")}, Count{Agree: 1, Differ: 1}},
		{"one more in steps of its own", []*tale{sentOf(1, []int{0, 1, 2}, "c0", "c1"), sentOf(1, []int{0, 1}, "c0")}, Count{Agree: 1, NotRun: 1}},
		{"one alone", []*tale{sentOf(1, one, "c0", "c1")}, Count{NotRun: 2}},
		{"the other ran nothing", []*tale{sentOf(1, one, "c0", "c1"), sentOf(1, nil)}, Count{NotRun: 2}},
	}
	for _, tt := range tests {
		if _, got := compareSegments(tt.tales); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// Two connections one after the other from ports of the system's choice are compared each with
// its own like, not with one another.
func TestCompareSegmentsOfSeveralConnections(t *testing.T) {
	join := func(a, b *tale) *tale {
		a.trace.Flights = append(a.trace.Flights, b.trace.Flights...)
		a.trackSegments()
		return a
	}
	one := []int{0}
	a := join(sentOf(40000, one, "c0", "c1"), sentOf(40001, one, "c0", "c7"))
	b := join(sentOf(50002, one, "c0", "c1"), sentOf(50000, one, "c0", "c7"))
	_, got := compareSegments([]*tale{a, b})
	if want := (Count{Agree: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Linux's timer wheel is late by at most one notch, and never early by more than a busy machine explains.
func TestSameWait(t *testing.T) {
	ms := time.Millisecond
	for _, tt := range []struct {
		a, b time.Duration
		want bool
	}{
		{60_000 * ms, 60_000 * ms, true},
		{60_000 * ms, 62_050 * ms, true}, // measured: 60.0 to 62.1 s
		{60_000 * ms, 62_200 * ms, false},
		{60_000 * ms, 240_000 * ms, false},
		{60_000 * ms, 57_000 * ms, false},
		{25_600 * ms, 27_600 * ms, true},
		{200 * ms, 206 * ms, true},
		{200 * ms, 450 * ms, true}, // timers of less than a second are as exact as the machine is idle
		{200 * ms, 1000 * ms, false},
		{3_000 * ms, 3_500 * ms, false},
	} {
		if got := sameWait(tt.a, tt.b); got != tt.want {
			t.Errorf("%v and %v: %v, want %v", tt.a, tt.b, got, tt.want)
		}
		if got := sameWait(tt.b, tt.a); got != tt.want {
			t.Errorf("%v and %v: %v, want %v", tt.b, tt.a, got, tt.want)
		}
	}
}

// A state that a timer ended after another time is a difference, whatever the states are.
func TestCompareTimes(t *testing.T) {
	waited := func(d time.Duration) *tale {
		tl := storyOf([]fsm.State{fsm.FinWait1, fsm.FinWait2, fsm.TimeWait, fsm.Closed}, 0)
		e := &tl.trace.Entries[3]
		e.At, e.Event = tl.trace.Entries[2].At+d, string(fsm.Timeout2MSL)
		return tl
	}
	for d, want := range map[time.Duration]int{60 * time.Second: 0, 62 * time.Second: 0, 240 * time.Second: 1} {
		_, found := compareStates([]*tale{waited(60 * time.Second), waited(d)})
		if len(found) != want || want > 0 && (found[0].what != "lasts" || found[0].sides[1].word != "240.000s") {
			t.Errorf("60 s and %v: found %+v, want %d", d, found, want)
		}
	}
}

func TestAlign(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want []pair
	}{
		{"", "", []pair{}},
		{"abc", "abc", []pair{{0, 0}, {1, 1}, {2, 2}}},
		{"abc", "ac", []pair{{0, 0}, {1, none}, {2, 1}}},
		{"ac", "abc", []pair{{0, 0}, {none, 1}, {1, 2}}},
		{"abc", "axc", []pair{{0, 0}, {1, 1}, {2, 2}}},
		{"axyc", "azc", []pair{{0, 0}, {1, 1}, {2, none}, {3, 2}}},
		{"abcd", "bcda", []pair{{0, none}, {1, 0}, {2, 1}, {3, 2}, {none, 3}}},
		{"", "ab", []pair{{none, 0}, {none, 1}}},
	} {
		if diff := cmp.Diff(tt.want, align([]byte(tt.a), []byte(tt.b))); diff != "" {
			t.Errorf("%q and %q (-want +got):\n%s", tt.a, tt.b, diff)
		}
	}
}

func TestAlignmentIsBounded(t *testing.T) {
	a, b := make([]int, 50_000), make([]int, 50_000)
	for i := range a {
		a[i], b[i] = i, i+i%2
	}
	start := time.Now()
	same := 0
	for _, p := range align(a, b) {
		if p[0] != none && p[1] != none && a[p[0]] == b[p[1]] {
			same++
		}
	}
	if same != 25_000 {
		t.Errorf("%d in common, want every other one", same)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
}
