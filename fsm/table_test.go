package fsm

import (
	"errors"
	"testing"
)

func TestNumbersFollowTheLists(t *testing.T) {
	for i, s := range States {
		if got := stateNo(s); got != i {
			t.Errorf("stateNo(%s): got %d, want %d", s, got, i)
		}
	}
	for i, e := range Events {
		if got := eventNo(e); got != i {
			t.Errorf("eventNo(%s): got %d, want %d", e, got, i)
		}
		if got, ok := ParseEvent(string(e)); !ok || got != e {
			t.Errorf("ParseEvent(%q): got %q, %v", e, got, ok)
		}
	}
}

// The dense form says in every cell what looplab says, and the table is a function: two rows for
// one state and event would be one too many, and looplab would silently keep the last.
func TestDenseEqualsLooplab(t *testing.T) {
	for _, p := range Profiles {
		rows := p.Table()
		seen := map[[2]string]bool{}
		for _, r := range rows {
			key := [2]string{string(r.From), string(r.Event)}
			if seen[key] {
				t.Errorf("%s: two rows for %v", p.Name, key)
			}
			seen[key] = true
			if r.Section == "" {
				t.Errorf("%s: no section for %v", p.Name, key)
			}
		}
		ll := newLooplab(rows, Closed)
		for _, s := range States {
			for _, e := range Events {
				to, ok := fire(ll, s, e)
				r := p.machine().row(s, e)
				want := arrow{to: numState}
				if r != nil {
					want = arrow{r.Do, uint8(stateNo(to))}
				}
				if got := p.machine().arrows[cellOf(uint8(stateNo(s)), uint8(eventNo(e)))]; got != want {
					t.Errorf("%s: %s in %s: got arrow %+v, want %+v", p.Name, e, s, got, want)
				}
				if ok != (r != nil) || ok && to != r.To {
					t.Errorf("%s: %s in %s: looplab says %s, %v; the array %v", p.Name, e, s, to, ok, r)
				}
			}
		}
	}
}

func TestStep(t *testing.T) {
	r, err := RFC9293.Step(FinWait1, "rcv FIN")
	if err != nil || r.To != Closing || r.Do&SendACK == 0 {
		t.Errorf("FIN-WAIT-1, rcv FIN: got %+v, %v; want CLOSING and an ACK", r, err)
	}
	_, err = RFC9293.Step(Closed, Timeout2MSL)
	var unknown *UnknownEventError
	if !errors.As(err, &unknown) || len(unknown.Known) == 0 {
		t.Errorf("CLOSED, 2MSL timeout: got %v, want an UnknownEventError with the events that CLOSED knows", err)
	}
}

// Nothing stays in TIME-WAIT without a way out, and every state is reached.
func TestEveryStateIsReachedAndLeft(t *testing.T) {
	in, out := map[State]bool{Closed: true}, map[State]bool{}
	for _, r := range Table {
		if r.From != r.To {
			in[r.To], out[r.From] = true, true
		}
	}
	for _, s := range States {
		if !in[s] || !out[s] {
			t.Errorf("%s: reached %v, left %v", s, in[s], out[s])
		}
	}
}

func TestRulesHaveBothLanguagesAndASource(t *testing.T) {
	for id, r := range rules {
		if r.en == "" || r.zh == "" || r.source == "" {
			t.Errorf("rule %s: %+v", id, r)
		}
	}
}
