package lab

import (
	"maps"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/lab/world"
)

// tale is what one world told, with what is needed to lay it beside another's.
type tale struct {
	world string
	info  *world.Info
	trace *fsm.Trace
	marks []mark // of the steps that it ran, in order
	now   time.Duration
	ends  map[[2]string][2]string
	table map[int]string // the names of ends that socket tables told
	named ports

	// What reading it finds.
	knows map[[2]string]bool    // host and name of the sockets that its steps spoke of
	names map[int]string        // the script's name of each end that has one, from its beginning
	wires map[[2]string]string  // the name of each pair of addresses that had segments
	of    []*fsm.Entry          // for each flight, the entry that tells of its sending, or nil
	clock map[*fsm.Entry]timing // see byClock
}

// mark says how far a world's trace and its clock had come when it had run a step, and how many entries
// it had before.
type mark struct {
	step, entries, flights, before int

	at time.Duration
}

// tales is what each world told up to and with a step. The lab's mutex is held.
func (l *Lab) tales(last int) []*tale {
	out := make([]*tale, len(l.runs))
	for i, r := range l.runs {
		t := &tale{world: r.name, table: r.story.names, info: &r.of.info, marks: r.marks, now: r.now, ends: r.story.ends, named: l.named}
		n := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].step > last })
		entries, flights := len(r.story.trace.Entries), len(r.story.trace.Flights)
		if n < len(t.marks) {
			entries, flights = 0, 0
			if t.marks = t.marks[:n]; n > 0 {
				m := &t.marks[n-1]
				entries, flights = m.entries, m.flights
			}
		}
		t.trace = &fsm.Trace{Entries: r.story.trace.Entries[:entries], Flights: r.story.trace.Flights[:flights]}
		out[i] = t
	}
	return out
}

// read reads the tales, so that they can be compared.
func (l *Lab) read(tales []*tale) {
	for _, t := range tales {
		if t.knows, t.names = map[[2]string]bool{}, maps.Clone(t.table); t.names == nil {
			t.names = map[int]string{}
		}
		for _, m := range t.marks {
			s := &l.steps[m.step]
			host, sock, as := s.Names()
			t.knows[[2]string{host, sock}], t.knows[[2]string{host, as}] = true, true
			r := s.Results[t.world]
			if _, sock, ok := world.About(s.Step, r.Result); ok && r.End != 0 {
				t.names[r.End] = sock
			}
		}
		t.trackSegments()
		t.clock = t.byClock()
	}
}

// nameOf is the script's name for the socket of an entry. A connection that was accepted later is known by the
// name that it was given then.
func (t *tale) nameOf(e *fsm.Entry) string {
	if e.Socket != "" {
		return e.Socket
	}
	return t.names[e.End]
}

// ran reports whether the world ran a step.
func (t *tale) ran(step int) bool {
	i := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].step >= step })
	return i < len(t.marks) && t.marks[i].step == step
}

// stepOf is the step in which the n-th entry, or flight, was told: the first that was done when it had
// been. What comes after the last step belongs to that.
func (t *tale) stepOf(n int, count func(mark) int) int {
	if len(t.marks) == 0 {
		return 0
	}
	i := sort.Search(len(t.marks), func(i int) bool { return count(t.marks[i]) > n })
	return t.marks[min(i, len(t.marks)-1)].step
}

func entriesBy(m mark) int { return m.entries }
func flightsBy(m mark) int { return m.flights }

// trackSegments names the connections and finds the entry that sent each segment.
func (t *tale) trackSegments() {
	t.wires = map[[2]string]string{}
	t.of = make([]*fsm.Entry, len(t.trace.Flights))
	count := map[string]int{}
	at := make(map[int]int, len(t.trace.Flights)) // of a flight, by its ID
	for i, f := range t.trace.Flights {
		at[f.ID] = i
		p := wirePair(f.Src.String(), f.Dst.String())
		if _, ok := t.wires[p]; !ok {
			kind := strings.Join(sorted(t.named.blur(p[0]), t.named.blur(p[1])), " ")
			count[kind]++
			t.wires[p] = kind + " #" + strconv.Itoa(count[kind])
		}
	}
	for i := range t.trace.Entries {
		e := &t.trace.Entries[i]
		for _, id := range e.Flights {
			if n, ok := at[id]; ok {
				t.of[n] = e
			}
		}
	}
}

// wirePair is a connection's two addresses in a fixed order, as they are on the wire.
func wirePair(a, b string) [2]string {
	a, b = onWire(a), onWire(b)
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// onWire writes a v4-mapped address as the IPv4 address that packets carry.
func onWire(addr string) string {
	a, err := netip.ParseAddrPort(addr)
	if err != nil || !a.Addr().Is4In6() {
		return addr
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}

func sorted(s ...string) []string { slices.Sort(s); return s }

// about are the keys under which differences at a socket are found: the socket's own and its connection's.
func (t *tale) about(host, sock string) []string {
	if sock == "" {
		return nil
	}
	keys := []string{host + " " + sock}
	if at, ok := t.ends[[2]string{host, sock}]; ok {
		if name, ok := t.wires[wirePair(at[0], at[1])]; ok {
			keys = append(keys, name)
		}
	}
	return keys
}

// stateAt is the state of a socket before a step.
func (t *tale) stateAt(host, sock string, step int) fsm.State {
	n := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].step >= step })
	if n == len(t.marks) {
		return fsm.Closed
	}
	for i := t.marks[n].before - 1; i >= 0; i-- {
		if e := &t.trace.Entries[i]; e.Host == host && t.nameOf(e) == sock && e.To != "" {
			return e.To
		}
	}
	return fsm.Closed
}

// clockBefore is the time of the world's clock when it had run the step before a given one.
func (t *tale) clockBefore(step int) time.Duration {
	n := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].step >= step })
	if n == 0 {
		return 0
	}
	return t.marks[n-1].at
}

// endsBefore reports whether the world's story ends before what happened in another's at an instant of a step: a
// timer that one clock has reached at the end of a script and the other has not is no difference. The
// clocks run apart, since each call takes a real kernel some time, so the instant counts from the
// end of the step before.
func (t *tale) endsBefore(other *tale, step int, at time.Duration) bool {
	return at-other.clockBefore(step) > t.now-t.clockBefore(step)
}

func isTimeout(event string) bool { return strings.HasSuffix(event, " timeout") }
