package lab

import (
	"testing"
	"time"

	"fourwave/fsm"
)

// delayedACK is a tale of two lines: the first brings a FIN to the client at 10 ms, the second is done at
// the time given. If acks says when, the client's delayed ACK leaves then, within the second line.
func delayedACK(world string, done, acks time.Duration) *tale {
	t := &tale{world: world, now: done, trace: &fsm.Trace{Entries: []fsm.Entry{
		{At: 10 * time.Millisecond, Host: "client", Socket: "c", End: 1, From: fsm.Established, Event: string(fsm.RcvFIN), To: fsm.CloseWait},
	}}}
	t.marks = []mark{{step: 0, entries: 1, at: 10 * time.Millisecond}, {step: 1, entries: 1, before: 1, at: done}}
	if acks > 0 {
		t.trace.Entries = append(t.trace.Entries,
			fsm.Entry{At: acks, Host: "client", Socket: "c", End: 1, From: fsm.CloseWait, Event: string(fsm.TimeoutDelayedACK), To: fsm.CloseWait, Flights: []int{7}},
			fsm.Entry{At: acks + time.Millisecond, Host: "server", Socket: "a", End: 2, From: fsm.FinWait1, Event: string(fsm.RcvACKOfFIN), To: fsm.FinWait2, Of: 7})
		t.marks[1].entries = 3
	}
	t.clock = t.byClock()
	return t
}

// TestBehind: what a timer did in one world is no difference while it still ran in the other, whose
// clock had not come so far; and is one where that clock had.
func TestBehind(t *testing.T) {
	kernel := delayedACK("kernel", 60*time.Millisecond, 50*time.Millisecond)
	last := &kernel.trace.Entries[2]
	x, ok := kernel.clock[last]
	if !ok {
		t.Fatal("got no timer for what the delayed ACK led to")
	}
	for _, test := range []struct {
		name         string
		done         time.Duration // when the model has done the second line
		closes       time.Duration // when the client has closed in it; 0: it has not
		behind, ends bool
	}{
		{"the model's clock stands still", 11 * time.Millisecond, 0, true, true},
		{"the model waited as long and did nothing", 200 * time.Millisecond, 0, false, false},
		{"something else came first", 200 * time.Millisecond, 20 * time.Millisecond, true, false},
		{"something else came after it was due", 200 * time.Millisecond, 150 * time.Millisecond, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			model := delayedACK("model", test.done, 0)
			if test.closes > 0 {
				model.trace.Entries = append(model.trace.Entries, fsm.Entry{
					At: test.closes, Host: "client", Socket: "c", End: 1, From: fsm.CloseWait, Event: string(fsm.UserClose), To: fsm.LastAck})
				model.marks[1].entries = 2
			}
			behind, ends := kernel.behind(x, 1, last.At, model)
			if behind != test.behind || ends != test.ends {
				t.Errorf("got %v, %v, want %v, %v", behind, ends, test.behind, test.ends)
			}
		})
	}
}
