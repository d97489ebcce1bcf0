package lab

import (
	"slices"
	"time"
	"unsafe"

	"fourwave/fsm"
	"fourwave/lab/capture"
	"fourwave/lab/world"
)

// eventLog is the ordered story of a lab in all its worlds. It only grows, and what is in it
// never changes, so that a reader may keep a slice of it. Its lab's mutex guards it.
type eventLog struct {
	events  []Event
	most    int // states and segments; tables have as much room again, of which each row takes one
	told    int // states and segments
	rows    int // of tables
	dropped int
	more    chan struct{} // closed when the log has grown; nil while nobody waits
	ended   bool
	bytes   int64    // that its lab holds
	account *account // that they count for; nil while the lab is not among the others
}

// roomy gives a full slice twice the room, where append would copy long ones four times as often.
func roomy[T any](s []T) []T {
	if len(s) < cap(s) {
		return s
	}
	return slices.Grow(s, max(len(s), 16))
}

// add appends an event and reports whether it was kept. Steps and statuses are bounded by the
// script and always kept; what else a world tells is dropped when the log is full. Tables never
// take the room of states and segments.
func (l *eventLog) add(e Event) bool {
	if l.ended {
		return false
	}
	switch e.Kind {
	case "step", "status":
	case "sockets":
		w := e.Table.weight()
		if l.rows+w > l.most || l.account.full() {
			l.rows = l.most // a table after one that is missing would be wrong
			l.dropped++
			return false
		}
		l.rows += w
	default:
		if l.told == l.most || l.account.full() {
			l.dropped++
			return false
		}
		l.told++
	}
	e.ID = len(l.events) + 1
	l.events = append(roomy(l.events), e)
	l.charge(bytesOf(&e))
	l.wake()
	return true
}

// wait is closed when there are more events, or the log has ended.
func (l *eventLog) wait() <-chan struct{} {
	if l.more == nil {
		l.more = make(chan struct{})
		if l.ended {
			close(l.more)
		}
	}
	return l.more
}

func (l *eventLog) wake() {
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
}

// end closes the log: nothing is added any more, and those who wait are told.
func (l *eventLog) end() {
	l.wake()
	l.ended = true
}

// after is what follows the event with the given id.
func (l *eventLog) after(id int) []Event {
	id = min(max(id, 0), len(l.events))
	return slices.Clip(l.events[id:])
}

// story is the trace of one world while it grows. Its lab's mutex guards it.
type story struct {
	zero    time.Time // the moment from which the world counts its time
	trace   fsm.Trace
	dropped int                     // entries and segments that found no room
	place   map[int]int             // of a flight in trace.Flights, by its ID
	tables  map[string]*hostTable   // by host
	ends    map[[2]string][2]string // of a connection, by the host and name of its socket: both addresses
	names   map[int]string          // of the ends that a socket table names, by their numbers
	frames  []capture.Frame         // of the flights at the same places, as far as any were captured
}

// flight notes a segment, or a change of its fate.
func (s *story) flight(f fsm.Flight) {
	if i, ok := s.place[f.ID]; ok {
		s.trace.Flights[i] = f
		return
	}
	if s.place == nil {
		s.place = map[int]int{}
	}
	s.place[f.ID] = len(s.trace.Flights)
	s.trace.Flights = append(roomy(s.trace.Flights), f)
}

// change notes what has changed in a host's table; nil if nothing has.
func (s *story) change(host string, c world.TableChange) *Table {
	t := s.tables[host]
	if t == nil {
		if s.tables == nil {
			s.tables = map[string]*hostTable{}
		}
		t = new(hostTable)
		s.tables[host] = t
	}
	return t.change(c)
}

// table notes between which addresses the sockets' connections are, and which ends have a name: one
// that a call accepted which nobody was waiting for any more is named nowhere else.
func (s *story) table(host string, rows []world.Row) {
	if s.ends == nil {
		s.ends, s.names = map[[2]string][2]string{}, map[int]string{}
	}
	for i := range rows {
		r := &rows[i]
		if r.Name == "" {
			continue
		}
		if r.End != 0 {
			s.names[r.End] = r.Name
		}
		if r.Remote.Port() != 0 {
			local, remote := r.Addrs()
			s.ends[[2]string{host, r.Name}] = [2]string{local, remote}
		}
	}
}

// observer takes what one world tells and puts it into the lab's log and the world's story: into
// both, or neither, so that a reader of the trace also finds it in the log.
type observer struct{ run *run }

func (o observer) Entry(e fsm.Entry) {
	s := o.lock()
	defer o.run.lab.mu.Unlock()
	if o.add(Event{Kind: "state", At: e.At, Entry: &e}) {
		s.trace.Entries = append(roomy(s.trace.Entries), e)
	} else {
		s.dropped++
	}
}

func (o observer) Flight(f fsm.Flight) {
	at := f.Departs
	if f.Fate == fsm.Arrived {
		at = f.Arrives
	}
	s := o.lock()
	defer o.run.lab.mu.Unlock()
	_, known := s.place[f.ID]
	switch kept := o.add(Event{Kind: "segment", At: at, Flight: &f}); {
	case kept, known: // what became of a segment takes no room in the trace
		s.flight(f)
	default:
		s.dropped++
	}
}

// Frame keeps what was captured of a flight, if the story has that; so the bound on events bounds
// this too.
func (o observer) Frame(flight int, head []byte, size int) {
	s := o.lock()
	defer o.run.lab.mu.Unlock()
	i, ok := s.place[flight]
	if !ok {
		return
	}
	if n := i + 1 - len(s.frames); n > 0 {
		s.frames = append(s.frames, make([]capture.Frame, n)...)
	}
	s.frames[i] = capture.Frame{Head: head, Size: size}
	o.run.lab.log.charge(int64(len(head)) + int64(unsafe.Sizeof(s.frames[i])))
}

func (o observer) Table(host string, c world.TableChange) {
	s := o.lock()
	defer o.run.lab.mu.Unlock()
	l := &o.run.lab.log
	if l.ended || l.rows >= l.most { // nobody will see it
		l.dropped++
		return
	}
	t := s.change(host, c)
	if t != nil && o.add(Event{Kind: "sockets", At: c.At, Host: host, Table: t}) {
		s.table(host, t.Changed.Rows)
	}
}

// lock locks the lab and gives the world's story.
func (o observer) lock() *story {
	o.run.lab.mu.Lock()
	return &o.run.story
}

// add adds an event of the line that the world is at.
func (o observer) add(e Event) bool {
	e.World, e.Line, e.InDelay = o.run.name, o.run.line, o.run.inDelay
	return o.run.lab.log.add(e)
}
