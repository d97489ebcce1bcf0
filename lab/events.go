package lab

import (
	"slices"
	"time"

	"fourwave/fsm"
	"fourwave/lab/capture"
	"fourwave/lab/world"
)

// eventLog is the ordered story of a lab in all its worlds. It only grows, and what is in it
// never changes, so that a reader may keep a slice of it. Its lab's mutex guards it.
type eventLog struct {
	events  []Event
	most    int // events, where a row of a table counts as one more
	weight  int
	dropped int
	more    chan struct{} // closed when the log has grown
	ended   bool
}

// add appends an event. Steps and statuses are bounded by the script and always kept;
// what else a world tells is dropped when the log is full.
func (l *eventLog) add(e Event) {
	if l.ended {
		return
	}
	must := e.Kind == "step" || e.Kind == "status"
	if w := 1 + len(e.Rows); !must {
		if l.weight+w > l.most {
			l.dropped++
			return
		}
		l.weight += w
	}
	e.ID = len(l.events) + 1
	l.events = append(l.events, e)
	l.wake()
}

func (l *eventLog) wake() {
	close(l.more)
	l.more = make(chan struct{})
}

// end closes the log: nothing is added any more, and those who wait are told.
func (l *eventLog) end() {
	l.ended = true
	close(l.more)
}

// after is what follows the event with the given id.
func (l *eventLog) after(id int) []Event {
	id = min(max(id, 0), len(l.events))
	return slices.Clip(l.events[id:])
}

// story is the trace of one world while it grows. Its lab's mutex guards it.
type story struct {
	zero   time.Time // the moment from which the world counts its time
	trace  fsm.Trace
	place  map[int]int             // of a flight in trace.Flights, by its ID
	ends   map[[2]string][2]string // of a connection, by the host and name of its socket: both addresses
	names  map[int]string          // of the ends that a socket table names, by their numbers
	frames []capture.Frame         // of the flights at the same places, as far as any were captured
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
	s.trace.Flights = append(s.trace.Flights, f)
}

// table notes between which addresses the sockets' connections are, and which ends have a name: one that a
// call accepted which nobody was waiting for any more is named nowhere else.
func (s *story) table(host string, rows []world.Row) {
	if s.ends == nil {
		s.ends, s.names = map[[2]string][2]string{}, map[int]string{}
	}
	for _, r := range rows {
		if r.Name != "" && r.End != 0 {
			s.names[r.End] = r.Name
		}
		if r.Name != "" && r.Remote != "*" {
			s.ends[[2]string{host, r.Name}] = [2]string{r.Local, r.Remote}
		}
	}
}

// observer takes what one world tells and puts it into the lab's log and the world's story.
type observer struct{ run *run }

func (o observer) Entry(e fsm.Entry) {
	o.record(Event{Kind: "state", At: e.At, Entry: &e}, func(s *story) { s.trace.Entries = append(s.trace.Entries, e) })
}

func (o observer) Flight(f fsm.Flight) {
	at := f.Departs
	if f.Fate == fsm.Arrived {
		at = f.Arrives
	}
	o.record(Event{Kind: "segment", At: at, Flight: &f}, func(s *story) { s.flight(f) })
}

// Frame keeps what was captured of a flight, if the story has that; so the bound on events bounds this too.
func (o observer) Frame(flight int, head []byte, size int) {
	o.run.lab.mu.Lock()
	defer o.run.lab.mu.Unlock()
	s := &o.run.story
	i, ok := s.place[flight]
	if !ok {
		return
	}
	if n := i + 1 - len(s.frames); n > 0 {
		s.frames = append(s.frames, make([]capture.Frame, n)...)
	}
	s.frames[i] = capture.Frame{Head: head, Size: size}
}

func (o observer) Table(host string, at time.Duration, rows []world.Row) {
	o.record(Event{Kind: "sockets", At: at, Host: host, Rows: slices.Clone(rows)}, func(s *story) { s.table(host, rows) })
}

// record adds an event and its part of the story, or neither: what a reader finds in the
// trace he also finds in the log.
func (o observer) record(e Event, tell func(*story)) {
	l := o.run.lab
	l.mu.Lock()
	defer l.mu.Unlock()
	e.World, e.Line, e.InDelay = o.run.name, o.run.line, o.run.inDelay
	before := len(l.log.events)
	l.log.add(e)
	if len(l.log.events) > before {
		tell(&o.run.story)
	}
}
