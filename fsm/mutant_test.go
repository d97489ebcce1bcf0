package fsm

import (
	"fmt"
	"strings"
	"testing"
)

// frail is a testing.TB for a mutant: what would fail the test kills the mutant instead.
type frail struct{ testing.TB }

type died struct{ reason string }

func (frail) Helper()                      {}
func (frail) Fatal(args ...any)            { panic(died{fmt.Sprint(args...)}) }
func (frail) Fatalf(f string, args ...any) { panic(died{fmt.Sprintf(f, args...)}) }
func (frail) Errorf(f string, args ...any) { panic(died{fmt.Sprintf(f, args...)}) }

// survives reports whether no sentence or reading of a chapter notices that a row of it was
// replaced.
func (ch *chapter) survives(mutant Row, profiles []*Profile) bool {
	twisted := map[string]*Profile{}
	for _, p := range profiles {
		q := *p
		q.Rows = overlay(p.Rows, []Row{mutant})
		twisted[p.Name] = &q
	}
	defer func() {
		for _, q := range twisted {
			machines.Delete(q)
		}
	}()
	for i := range ch.readings {
		r := &ch.readings[i]
		for _, p := range profilesOf(r.of) {
			if q := twisted[p.Name]; q != nil && r.call == mutant.Event && ch.step(r, q) != "" {
				return false
			}
		}
	}
	for i := range ch.sentences {
		s := &ch.sentences[i]
		for _, p := range profilesOf(s.of) {
			if q := twisted[p.Name]; q != nil && ch.asks(s, p, mutant.Event) && ch.notices(s, q) {
				return false
			}
		}
	}
	return true
}

// asks reports whether a sentence comes by a cell of its chapter, by what it did when it was right.
func (ch *chapter) asks(s *sentence, p *Profile, e Event) bool {
	key := askKey{ch.state, s.says + s.at + s.of, p}
	cells, ok := asked[key]
	if !ok {
		func() {
			defer func() { _ = recover() }()
			_, rows := ch.act(frail{}, s, p)
			cells = map[Event]bool{}
			for _, c := range rows {
				if c.State == ch.state {
					cells[c.Event] = true
				}
			}
		}()
		asked[key] = cells
	}
	return cells[e]
}

type askKey struct {
	state State
	says  string
	p     *Profile
}

var asked = map[askKey]map[Event]bool{}

func (ch *chapter) notices(s *sentence, q *Profile) (bad bool) {
	defer func() {
		if recover() != nil {
			bad = true
		}
	}()
	problem, _ := ch.act(frail{}, s, q)
	return problem != ""
}

// mutants are a row with another end, without one of its actions, and with one that it has not.
func mutants(r Row) []Row {
	var all []Row
	to := Closed
	switch {
	case r.To == Closed && r.From == Closed:
		to = Listen
	case r.To == Closed:
		to = r.From
	case r.To != r.From:
		to = r.From
	}
	m := r
	m.To = to
	all = append(all, m)
	for bit := Action(1); bit <= SendProbe; bit <<= 1 {
		if r.Do&bit != 0 && !harmless(r, bit) {
			m := r
			m.Do &^= bit
			all = append(all, m)
		}
	}
	for _, bit := range []Action{SendRST, SendACK} {
		if r.Do&(SendRST|SendACK|SendSYNACK|SendSYN|AckText|Retransmit|SendFIN|SendData|SendProbe) == 0 {
			m := r
			m.Do |= bit
			all = append(all, m)
		}
	}
	return all
}

// harmless are actions without which the machine does the same, each for a reason.
func harmless(r Row, bit Action) bool {
	switch bit {
	case Challenge:
		return true // what it limits is limited anyway where nothing in the segment is taken
	case Reopen:
		return true // it names what Conn.arrive does by the event
	case TakeText:
		return r.Do&TakeFIN != 0 // takeText takes both
	}
	return false
}

// TestEveryRowIsHeld breaks each row of each table, one at a time, in every way that mutants knows,
// and sees a sentence under that row's state fail.
func TestEveryRowIsHeld(t *testing.T) {
	of := map[State]*chapter{}
	for _, ch := range chapters() {
		of[ch.state] = &ch
	}
	tables := []struct {
		name string
		rows []Row
		of   []*Profile
	}{
		{"RFC 9293", Table, []*Profile{RFC9293, Linux}},
		{"linux", Linux.Rows, []*Profile{Linux}},
		{"freebsd", FreeBSD.Rows, []*Profile{FreeBSD}},
		{"openbsd", OpenBSD.Rows, []*Profile{OpenBSD}},
		{"lwip", LwIP.Rows, []*Profile{LwIP}},
	}
	n := 0
	for _, table := range tables {
		for _, r := range table.rows {
			profiles := table.of
			if table.name == "RFC 9293" {
				profiles = withoutOwn(profiles, r)
			}
			for _, m := range mutants(r) {
				n++
				if of[r.From].survives(m, profiles) {
					t.Errorf("%s: no sentence about %s notices that %q leads to %s with %q, "+
						"where it should lead to %s with %q",
						table.name, r.From, r.Event, m.To, strings.Join(m.Do.Names(), ", "), r.To,
						strings.Join(r.Do.Names(), ", "))
				}
			}
		}
	}
	t.Logf("%d mutants of %d tables", n, len(tables))
}

// withoutOwn are the profiles that have no row of their own in the place of r.
func withoutOwn(profiles []*Profile, r Row) []*Profile {
	var out []*Profile
	for _, p := range profiles {
		own := false
		for _, o := range p.Rows {
			own = own || o.From == r.From && o.Event == r.Event
		}
		if !own {
			out = append(out, p)
		}
	}
	return out
}
