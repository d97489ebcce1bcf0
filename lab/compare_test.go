package lab

import (
	"fmt"
	"testing"
	"time"

	"fourwave/fsm"
)

func TestSameResult(t *testing.T) {
	named := ports{7865: true}
	rows := func(rows ...string) Result {
		var r Result
		for _, s := range rows {
			var row Row
			if _, err := fmt.Sscan(s, &row.State, &row.Local, &row.Remote); err != nil {
				t.Fatal(err)
			}
			r.Rows = append(r.Rows, row)
		}
		r.Result = fmt.Sprint(len(rows))
		return r
	}
	res := func(s string) Result { return Result{Result: s} }
	tests := []struct {
		verb string
		a, b Result
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
	r := Result{Result: "3", Rows: []Row{
		{State: "LISTEN", Local: "0.0.0.0:7865", Remote: "*"},
		{State: "TIME-WAIT", Local: "10.0.0.1:7865", Remote: "10.0.0.2:40000"},
		{State: "TIME-WAIT", Local: "10.0.0.1:7865", Remote: "10.0.0.2:40001"},
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
		s, err := Parse("server sockets = " + tt.expect)
		if err != nil {
			t.Fatal(err)
		}
		if got := rowsMeet(s.Steps[0].Expect, r); got != tt.want {
			t.Errorf("%q met: %v, want %v", s.Steps[0].Expect, got, tt.want)
		}
	}
	if !rowsMeet("none", Result{Result: "0"}) || rowsMeet("none", Result{Result: "EBADF"}) {
		t.Error(`"none" is the empty table and no error`)
	}
}

// storyOf makes a tale of states at the socket "a" of the server, one a second from 1 s on, and
// of steps, the first at 0 s.
func storyOf(states []fsm.State, steps ...int) tale {
	tl := tale{trace: &fsm.Trace{}, steps: map[int]time.Duration{}, knows: map[[2]string]bool{}}
	for i, s := range states {
		tl.trace.Entries = append(tl.trace.Entries, fsm.Entry{At: time.Duration(i+1) * time.Second, Host: "server", Socket: "a", To: s})
	}
	for _, i := range steps {
		tl.steps[i] = time.Duration(i) * time.Second
	}
	tl.knows[[2]string{"server", "a"}] = len(steps) > 0
	return tl
}

func TestCompareStates(t *testing.T) {
	full := []fsm.State{fsm.Established, fsm.FinWait1, fsm.FinWait2, fsm.TimeWait, fsm.Closed}
	other := []fsm.State{fsm.Established, fsm.FinWait1, fsm.Closing, fsm.TimeWait, fsm.Closed}
	tests := []struct {
		name  string
		tales []tale
		want  Count
	}{
		{"same", []tale{storyOf(full, 0), storyOf(full, 0)}, Count{Agree: 1}},
		{"another way", []tale{storyOf(full, 0), storyOf(other, 0)}, Count{Differ: 1}},
		{"the same steps, one stops short", []tale{storyOf(full, 0, 1), storyOf(full[:4], 0, 1)}, Count{Differ: 1}},
		// The last state came at 5 s, in a step at 6 s that the other did not run.
		{"one was asked for less", []tale{storyOf(full, 0, 4, 6), storyOf(full[:4], 0, 4)}, Count{Agree: 1}},
		{"one was asked for less, but missed a state before", []tale{storyOf(full, 0, 4, 6), storyOf(full[:3], 0, 4)}, Count{Differ: 1}},
		{"one alone", []tale{storyOf(full, 0)}, Count{NotRun: 1}},
		{"the other ran nothing", []tale{storyOf(full, 0), storyOf(nil)}, Count{NotRun: 1}},
		{"a third differs", []tale{storyOf(full, 0), storyOf(full, 0), storyOf(other, 0)}, Count{Differ: 1}},
	}
	for _, tt := range tests {
		if got := compareStates(tt.tales); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// sentOf makes a tale of segments between server:7865 and a client's port, each as a string:
// s or c for the sender, and a number for the sequence number.
func sentOf(port int, steps []int, segments ...string) tale {
	tl := storyOf(nil, steps...)
	server, client := "10.0.0.1:7865", fmt.Sprint("10.0.0.2:", port)
	for i, s := range segments {
		f := fsm.Flight{ID: i, From: "server", To: "client", Src: server, Dst: client, Departs: time.Duration(i+1) * time.Second}
		if s[0] == 'c' {
			f.From, f.To, f.Src, f.Dst = "client", "server", client, server
		}
		fmt.Sscan(s[1:], &f.Segment.Seq)
		tl.trace.Flights = append(tl.trace.Flights, f)
	}
	return tl
}

func TestCompareSegments(t *testing.T) {
	named := ports{7865: true}
	one := []int{0}
	tests := []struct {
		name  string
		tales []tale
		want  Count
	}{
		{"same, from other ports", []tale{sentOf(40000, one, "c0", "s0", "c1"), sentOf(51234, one, "c0", "s0", "c1")}, Count{Agree: 3}},
		{"crossing in another order", []tale{sentOf(1, one, "c0", "s0"), sentOf(1, one, "s0", "c0")}, Count{Agree: 2}},
		{"another number", []tale{sentOf(1, one, "c0", "s0", "c1"), sentOf(1, one, "c0", "s0", "c2")}, Count{Agree: 2, Differ: 1}},
		{"one more in the middle", []tale{sentOf(1, one, "c0", "c1", "c2"), sentOf(1, one, "c0", "c2")}, Count{Agree: 2, Differ: 1}},
		{"one more at the end", []tale{sentOf(1, one, "c0", "c1"), sentOf(1, one, "c0")}, Count{Agree: 1, Differ: 1}},
		{"one more in steps of its own", []tale{sentOf(1, []int{0, 1, 2}, "c0", "c1"), sentOf(1, []int{0, 1}, "c0")}, Count{Agree: 1, NotRun: 1}},
		{"one alone", []tale{sentOf(1, one, "c0", "c1")}, Count{NotRun: 2}},
		{"the other ran nothing", []tale{sentOf(1, one, "c0", "c1"), sentOf(1, nil)}, Count{NotRun: 2}},
	}
	for _, tt := range tests {
		if got := compareSegments(tt.tales, named); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// Two connections one after the other from ports of the system's choice are compared each with
// its own like, not with one another.
func TestCompareSegmentsOfSeveralConnections(t *testing.T) {
	join := func(a, b tale) tale {
		a.trace.Flights = append(a.trace.Flights, b.trace.Flights...)
		return a
	}
	one := []int{0}
	a := join(sentOf(40000, one, "c0", "c1"), sentOf(40001, one, "c0", "c7"))
	b := join(sentOf(50002, one, "c0", "c1"), sentOf(50000, one, "c0", "c7"))
	if got, want := compareSegments([]tale{a, b}, ports{7865: true}), (Count{Agree: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAlignmentIsBounded(t *testing.T) {
	a, b := make([]timedMark, 5000), make([]timedMark, 5000)
	for i := range a {
		a[i].seq, b[i].seq = uint32(i), uint32(i)
	}
	b[0].seq = 99999
	start := time.Now()
	if got := common(a, b); got != 4999 {
		t.Errorf("%d in common, want 4999", got)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
}
