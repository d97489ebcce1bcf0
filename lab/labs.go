package lab

import (
	"fmt"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// Labs keeps the labs of one server, and bounds them. Its methods may be called from any
// goroutine. Where both are held, its lock is taken before that of a lab.
type Labs struct {
	limits Limits
	worlds *world.Registry

	mu     sync.Mutex
	closed bool
	all    []*Lab // oldest first
	byID   map[string]*Lab
	lines  map[string]*line // by the name of the lane
	away   sync.WaitGroup   // labs whose worlds have not gone, forgotten ones too
}

// line is where labs of one lane wait for their turn.
type line struct {
	places  int
	running int
	waiting []*Lab
}

// NewLabs makes an empty set with the limits given, of labs that run in the worlds given.
func NewLabs(limits Limits, worlds *world.Registry) *Labs {
	return &Labs{limits: limits.orDefault(), worlds: worlds, byID: map[string]*Lab{}, lines: map[string]*line{}}
}

// Create makes a lab and starts it, or puts it in line when too many run. A *SyntaxError for
// a bad script, ErrExperiment, ErrWorld, ErrSpec, ErrTooMany, ErrClosed.
func (ls *Labs) Create(spec Spec) (*Lab, error) {
	worlds, err := ls.choose(spec.Worlds)
	if err != nil {
		return nil, err
	}
	parsed, live := spec.Script, spec.Live
	switch {
	case spec.Experiment != "" && parsed != "":
		return nil, ErrSpec
	case spec.Experiment != "":
		e, ok := FindExperiment(spec.Experiment)
		if !ok {
			return nil, fmt.Errorf("%w: %q", ErrExperiment, script.Clip(spec.Experiment))
		}
		parsed = e.Script
	case parsed == "":
		live = true
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("lab: id: %w", err)
	}
	l := newLab(id.String(), worlds, ls.worlds, ls.limits)
	l.experiment, l.live = spec.Experiment, live
	if parsed != "" {
		if err := l.addLocked(parsed, false); err != nil {
			return nil, err
		}
	}
	name, places := ls.lane(worlds)
	return l, ls.keep(l, name, places)
}

// keep remembers a new lab and lets it run when its turn in a lane comes.
func (ls *Labs) keep(l *Lab, lane string, places int) error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q := ls.lines[lane]
	if q == nil {
		q = &line{}
		ls.lines[lane] = q
	}
	q.places = places
	l.dequeue = func() { ls.leave(q, l) }
	l.release = func() { ls.release(q) }
	if ls.closed {
		return ErrClosed
	}
	if !ls.makeRoom() {
		return ErrTooMany
	}
	ls.all = append(ls.all, l)
	ls.byID[l.id] = l
	q.waiting = append(q.waiting, l)
	ls.admit(q)
	return nil
}

// makeRoom forgets the oldest labs that have ended until there is room for one more, and for
// what it will have to tell.
func (ls *Labs) makeRoom() bool {
	events := 0
	for _, l := range ls.all {
		l.mu.Lock()
		events += len(l.log.events)
		l.mu.Unlock()
	}
	for len(ls.all) >= ls.limits.Kept || events > ls.limits.Log {
		i := slices.IndexFunc(ls.all, func(l *Lab) bool {
			select {
			case <-l.done:
				return true
			default:
				return false
			}
		})
		if i < 0 {
			return len(ls.all) < ls.limits.Kept
		}
		events -= len(ls.all[i].log.events) // it has ended and does not change
		ls.forget(i)
	}
	return true
}

func (ls *Labs) forget(i int) {
	delete(ls.byID, ls.all[i].id)
	ls.all = slices.Delete(ls.all, i, i+1)
}

// admit lets labs at the head of the line run while there are places.
func (ls *Labs) admit(q *line) {
	for q.running < q.places && len(q.waiting) > 0 && !ls.closed {
		l := q.waiting[0]
		q.waiting = q.waiting[1:]
		l.place.Store(0)
		ls.away.Add(1)
		if l.start() {
			q.running++
		} else {
			ls.away.Done()
		}
	}
	for i, l := range q.waiting {
		l.place.Store(int32(i + 1))
	}
}

func (ls *Labs) release(q *line) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q.running--
	ls.admit(q)
	ls.away.Done()
}

// leave takes a lab that was cancelled out of the line.
func (ls *Labs) leave(q *line, l *Lab) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(x *Lab) bool { return x == l })
	l.place.Store(0)
	ls.admit(q)
}

// Get finds a lab by id; ErrNotFound.
func (ls *Labs) Get(id string) (*Lab, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l, ok := ls.byID[id]; ok {
		return l, nil
	}
	return nil, ErrNotFound
}

// List is a page of at most n labs, newest first, after the given id ("" for the first page).
// The id may be that of a lab that has been forgotten meanwhile.
func (ls *Labs) List(after string, n int) []*Lab {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var page []*Lab
	for i := len(ls.all) - 1; i >= 0 && len(page) < n; i-- {
		// UUIDv7 sorts by the time when it was made.
		if after == "" || strings.Compare(ls.all[i].id, after) < 0 {
			page = append(page, ls.all[i])
		}
	}
	return page
}

// Delete cancels a lab and forgets it; ErrNotFound.
func (ls *Labs) Delete(id string) error {
	ls.mu.Lock()
	i := slices.IndexFunc(ls.all, func(l *Lab) bool { return l.id == id })
	if i < 0 {
		ls.mu.Unlock()
		return ErrNotFound
	}
	l := ls.all[i]
	ls.forget(i)
	ls.mu.Unlock()
	l.Cancel()
	return nil
}

// Close cancels all labs and waits until their worlds have gone. It does not close the registry.
func (ls *Labs) Close() {
	ls.mu.Lock()
	ls.closed = true
	all := slices.Clone(ls.all)
	ls.mu.Unlock()
	for _, l := range all {
		l.Cancel()
	}
	ls.away.Wait()
}
