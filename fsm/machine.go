package fsm

import (
	"context"
	"fmt"
	"sync"

	looplab "github.com/looplab/fsm"
)

// A machine is a profile's table made fast: looplab/fsm is asked once for every state and event,
// and the answers are kept in an array. A test holds the array against looplab cell by cell.
type machine struct {
	rows   [16][64]*Row // by stateNo and eventNo; nil: the state does not know the event
	arrows [1024]arrow  // the same by cell and in numbers, for crowds
}

// arrow is a row without words. One that is not in the table leads to numState.
type arrow struct {
	do Action
	to uint8
}

// cellNo numbers a cell of the state × event matrix: stateNo above eventNo.
type cellNo uint16

func cellOf(state, event uint8) cellNo { return cellNo(state)<<6 | cellNo(event) }

func (c cellNo) state() uint8 { return uint8(c >> 6) }
func (c cellNo) event() uint8 { return uint8(c & 63) }

// newLooplab makes a looplab machine of the rows, in the state given.
func newLooplab(rows []Row, initial State) *looplab.FSM {
	events := make([]looplab.EventDesc, len(rows))
	for i, r := range rows {
		events[i] = looplab.EventDesc{Name: string(r.Event), Src: []string{string(r.From)}, Dst: string(r.To)}
	}
	// No callbacks: a misspelt name would be dropped silently, and a row back to the same state
	// would not run enter_ and leave_ ones. What a row does stands in the row.
	return looplab.NewFSM(string(initial), events, nil)
}

// fire sends one event to a looplab machine in state s and returns the state it leads to.
func fire(m *looplab.FSM, s State, e Event) (State, bool) {
	m.SetState(string(s))
	if !m.Can(string(e)) {
		return s, false
	}
	// The background context, never a request's: cancelled, it would leave the machine in
	// transition for good. A row to the same state comes back as NoTransitionError.
	if err := m.Event(context.Background(), string(e)); err != nil {
		if _, same := err.(looplab.NoTransitionError); !same {
			panic(fmt.Sprintf("BUG: looplab: %s in %s: %v", e, s, err))
		}
	}
	return State(m.Current()), true
}

// newMachine reads the rows out of looplab into the dense form. It panics if the table is no
// function.
func newMachine(rows []Row) *machine {
	m := new(machine)
	for i := range rows {
		r := &rows[i]
		cell := &m.rows[stateNo(r.From)][eventNo(r.Event)]
		if *cell != nil {
			panic(fmt.Sprintf("BUG: two rows for %s in %s", r.Event, r.From))
		}
		*cell = r
	}
	ll := newLooplab(rows, Closed)
	for _, s := range States {
		for _, e := range Events {
			to, ok := fire(ll, s, e)
			r := m.rows[stateNo(s)][eventNo(e)]
			if ok != (r != nil) || ok && r.To != to {
				panic(fmt.Sprintf("BUG: table and looplab differ on %s in %s", e, s))
			}
			a := &m.arrows[cellOf(uint8(stateNo(s)), uint8(eventNo(e)))]
			if a.to = numState; ok {
				*a = arrow{r.Do, uint8(stateNo(r.To))}
			}
		}
	}
	return m
}

// overlay is base with the rows of over in the place of those for the same state and event.
func overlay(base, over []Row) []Row {
	type key struct {
		s State
		e Event
	}
	at := make(map[key]int, len(base))
	out := append([]Row(nil), base...)
	for i, r := range out {
		at[key{r.From, r.Event}] = i
	}
	for _, r := range over {
		if i, ok := at[key{r.From, r.Event}]; ok {
			out[i] = r
		} else {
			out = append(out, r)
		}
	}
	return out
}

// row is the table's answer, nil if the state does not know the event.
func (m *machine) row(s State, e Event) *Row { return m.rows[stateNo(s)][eventNo(e)] }

// UnknownEventError says that a state does not know an event.
type UnknownEventError struct {
	State State
	Event Event
	Known []Event // what the state knows, in the order of Events
}

func (e *UnknownEventError) Error() string {
	return fmt.Sprintf("step: %s does not know %q", e.State, e.Event)
}

// Step asks the profile's table where event e leads from state s. The error is an
// *UnknownEventError.
func (p *Profile) Step(s State, e Event) (Row, error) {
	if r := p.machine().row(s, e); r != nil {
		return *r, nil
	}
	err := &UnknownEventError{State: s, Event: e}
	for _, e := range Events {
		if p.machine().row(s, e) != nil {
			err.Known = append(err.Known, e)
		}
	}
	return Row{}, err
}

var machines sync.Map // *Profile → *machine: each table is read out of looplab once

func (p *Profile) machine() *machine {
	if m, ok := machines.Load(p); ok {
		return m.(*machine)
	}
	m, _ := machines.LoadOrStore(p, newMachine(p.Table()))
	return m.(*machine)
}

// Table is the profile's table: RFC 9293's with the profile's own rows in place.
func (p *Profile) Table() []Row { return overlay(Table, p.Rows) }
