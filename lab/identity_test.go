package lab

import (
	"testing"

	"fourwave/fsm"
)

// The last ACK of the first client's handshake is lost, so the second one's child is complete first and is
// accepted as a. Entries say by their numbers which child that is, from its beginning, and so does the
// result of the accept.
func TestSecondChildIsAccepted(t *testing.T) {
	worlds := []string{"model"}
	if k := infoOf(t, "kernel"); k.Runs {
		worlds = append(worlds, "kernel")
	} else {
		skipUnlessCI(t, "kernel world: "+k.Why)
	}
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	l := create(t, ls, Spec{Worlds: worlds, Script: `# Whose child is accepted?
+0 server bind l :7865
+0 server listen l
+0 wire drop client ACK
+0 client connect c server:7865 from client:40001 = ok
+0 client connect d server:7865 from client:40002 = ok
+0 server accept l as a = ok
+0 server close a
+0 client close d
`})
	<-l.Done()
	snap := l.Snapshot()
	for _, w := range worlds {
		trace, err := l.Trace(w)
		if err != nil {
			t.Fatal(err)
		}
		accepted := snap.Steps[5].Results[w].End
		var children []int // in the order of their SYNs
		cause := map[int]string{}
		for _, e := range trace.Entries {
			if e.Host == "server" && e.Event == string(fsm.RcvSYN) {
				children = append(children, e.End)
				cause[e.End] = sourceOf(trace, e.Of)
			}
			if e.Socket == "a" && e.End != accepted {
				t.Errorf("%s: %s of a is of end %d, want %d", w, e.Event, e.End, accepted)
			}
		}
		if len(children) != 2 || children[0] == children[1] || accepted != children[1] {
			t.Fatalf("%s: children %v, accepted %d, want the second", w, children, accepted)
		}
		if got, want := cause[accepted], "10.0.0.2:40002"; got != want {
			t.Errorf("%s: the SYN of the accepted child came from %s, want %s", w, got, want)
		}
		checkCauses(t, w, trace)
	}
	if s := snap.Summary; len(worlds) == 2 && s.States.Differ+s.Segments.Unexplained+s.Steps.Differ > 0 {
		t.Errorf("the worlds differ: %+v, %+v", s, snap.Differences)
	}
}

// sourceOf is where a flight came from.
func sourceOf(trace *fsm.Trace, id int) string {
	for _, f := range trace.Flights {
		if f.ID == id {
			return f.Src.String()
		}
	}
	return ""
}

// checkCauses checks that a story hangs together by its numbers: what caused an entry went to its host and
// had arrived by then, and what it sent came from there, each segment of one entry alone.
func checkCauses(t *testing.T, world string, trace *fsm.Trace) {
	t.Helper()
	flights := map[int]*fsm.Flight{}
	for i := range trace.Flights {
		flights[trace.Flights[i].ID] = &trace.Flights[i]
	}
	sender := map[int]int{}
	for i, e := range trace.Entries {
		if e.Of != 0 {
			if f := flights[e.Of]; f == nil || f.To != e.Host || f.Fate != fsm.Arrived {
				t.Errorf("%s: %s %s at %v is of flight %d: %+v", world, e.Host, e.Event, e.At, e.Of, f)
			}
		}
		if len(e.Flights) != len(e.Sent) {
			t.Errorf("%s: %s %s sent %d segments and %d flights", world, e.Host, e.Event, len(e.Sent), len(e.Flights))
		}
		for _, id := range e.Flights {
			if f := flights[id]; f == nil || f.From != e.Host {
				t.Errorf("%s: %s %s sent flight %d: %+v", world, e.Host, e.Event, id, f)
			}
			if before, twice := sender[id]; twice {
				t.Errorf("%s: flight %d was sent by entries %d and %d", world, id, before, i)
			}
			sender[id] = i
		}
		if e.End == 0 && (e.From != fsm.Closed || e.To != fsm.Closed) {
			t.Errorf("%s: %s %s from %s to %s is nobody's", world, e.Host, e.Event, e.From, e.To)
		}
	}
}
