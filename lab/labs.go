package lab

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Labs keeps the labs of one server, and bounds them. Its methods may be called from any
// goroutine. Where both are held, its lock is taken before that of a lab.
type Labs struct {
	limits Limits
	worlds *world.Registry
	keeper Keeper // nil: labs go with the process

	mu     sync.Mutex
	closed bool
	all    []*Lab // oldest first
	byID   map[string]*Lab
	lines  map[string]*line // by the name of the lane
	ended  Stats            // Worlds and Verdicts alone
	memory memory           // that they hold
	twins  map[string]*Lab  // by twinKey

	restoring sync.Mutex
	away      sync.WaitGroup // labs whose worlds have not gone, forgotten ones too
}

// line is where labs of one lane wait for their turn.
type line struct {
	places  int
	running int
	waiting []*Lab
}

// NewLabs makes an empty set with the limits given, of labs that run in the worlds given.
func NewLabs(limits Limits, worlds *world.Registry) *Labs {
	limits = limits.orDefault()
	return &Labs{
		limits: limits, worlds: worlds, byID: map[string]*Lab{}, lines: map[string]*line{},
		memory: memory{most: limits.Memory, each: limits.MemoryEach},
		ended:  Stats{Worlds: map[Outcome]uint64{}, Verdicts: map[Verdict]uint64{}},
	}
}

// KeepIn makes labs outlive the process. Call it before the first lab is made.
func (ls *Labs) KeepIn(k Keeper) { ls.keeper = k }

// Create makes a lab and starts it, or puts it in line when too many run. A *SyntaxError for
// a bad script, ErrExperiment, ErrWorld, ErrSpec, ErrTooMany, ErrClosed.
func (ls *Labs) Create(spec Spec) (*Lab, error) { return ls.create(spec, false) }

// create is Create; a fleeting lab is not kept.
func (ls *Labs) create(spec Spec, fleeting bool) (*Lab, error) {
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
	l.experiment, l.live, l.fleeting, l.owner, l.client = spec.Experiment, live, fleeting, spec.Owner, spec.Client
	key := twinKey(&spec, worlds)
	if spec.Experiment != "" && !live {
		if t := ls.twin(key); t != nil {
			l.again(t)
			return l, ls.putTwin(l)
		}
	}
	if parsed != "" {
		if err := l.addLocked(parsed, false); err != nil {
			return nil, err
		}
	}
	if err := ls.save(l); err != nil {
		return nil, err
	}
	name, places := ls.lane(worlds)
	at, err := ls.keep(l, name, places)
	if err != nil {
		ls.drop(l.id)
		return nil, err
	}
	if at {
		l.compute(patience)
		if spec.Experiment != "" && !fleeting {
			ls.offerTwin(key, l)
		}
	}
	return l, nil
}

// putTwin keeps a lab that has ended as soon as it was made.
func (ls *Labs) putTwin(l *Lab) error {
	if err := ls.save(l); err != nil {
		return err
	}
	if err := ls.putBack(l); err != nil {
		ls.drop(l.id)
		return err
	}
	ls.count(l)
	return nil
}

// save keeps a lab as it is now, durably.
func (ls *Labs) save(l *Lab) error {
	if ls.keeper == nil || l.fleeting {
		return nil
	}
	k, err := l.kept()
	if err != nil {
		return err
	}
	return ls.keeper.Keep(k)
}

// drop forgets what is kept of a lab. What cannot be forgotten now is removed with age.
func (ls *Labs) drop(id string) {
	if ls.keeper != nil {
		if err := ls.keeper.Forget(id); err != nil && !errors.Is(err, ErrNotFound) {
			slog.Warn("a lab is still kept", "lab", id, "err", err)
		}
	}
}

// saveAtEnd keeps what was seen of a lab once it has ended, where running it again would not tell
// the same.
func (ls *Labs) saveAtEnd(l *Lab) {
	if ls.keeper == nil || l.fleeting || l.virtual() && !l.live {
		return
	}
	ls.away.Go(func() {
		<-l.gone
		ls.mu.Lock()
		here := ls.byID[l.id] == l
		closed := ls.closed
		ls.mu.Unlock()
		if !here || closed && l.virtual() {
			return // it was deleted, or forgotten; or a live lab that goes on after a restart
		}
		if err := ls.save(l); err != nil {
			slog.Warn("what a lab showed is not kept", "lab", l.id, "err", err)
		}
	})
}

// keep remembers a new lab and lets it run when its turn in a lane comes. It reports true if the
// lab is a calculated one that has its place at once: then the caller is to compute it.
func (ls *Labs) keep(l *Lab, lane string, places int) (at bool, err error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q := ls.lines[lane]
	if q == nil {
		q = &line{}
		ls.lines[lane] = q
	}
	q.places = places
	l.enqueue = func() bool { return ls.enter(q, l) }
	l.dequeue = func() { ls.leave(q, l) }
	l.release = func() { ls.release(q) }
	l.departed = func() {
		ls.count(l)
		ls.away.Done()
	}
	if ls.closed {
		return false, ErrClosed
	}
	if !ls.makeRoom(l) {
		return false, ErrTooMany
	}
	ls.insert(l)
	ls.saveAtEnd(l)
	return ls.enterLocked(q, l), nil
}

// insert puts a lab among the others, which are in the order of their ids.
func (ls *Labs) insert(l *Lab) {
	i, _ := slices.BinarySearchFunc(ls.all, l.id, func(x *Lab, id string) int { return strings.Compare(x.id, id) })
	ls.all = slices.Insert(ls.all, i, l)
	ls.byID[l.id] = l
	l.log.countFor(&l.mu, ls.memory.account(l.client))
}

// putBack remembers a lab that has ended long ago.
func (ls *Labs) putBack(l *Lab) error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	switch {
	case ls.closed:
		return ErrClosed
	case !ls.makeRoom(l):
		return ErrTooMany
	}
	ls.insert(l)
	return nil
}

func (ls *Labs) forget(i int) {
	ls.all[i].log.uncount(&ls.all[i].mu)
	delete(ls.byID, ls.all[i].id)
	ls.all = slices.Delete(ls.all, i, i+1)
}

// enter puts a lab in line. It reports true if the lab is a calculated one that has its place at
// once.
func (ls *Labs) enter(q *line, l *Lab) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.enterLocked(q, l)
}

func (ls *Labs) enterLocked(q *line, l *Lab) bool {
	if l.calculated() && q.running < q.places && len(q.waiting) == 0 && !ls.closed {
		return ls.place(q, l)
	}
	q.waiting = append(q.waiting, l)
	ls.admit(q)
	return false
}

// place gives a calculated lab a place; false if it has ended meanwhile.
func (ls *Labs) place(q *line, l *Lab) bool {
	first, ok := l.begin()
	if first {
		ls.away.Add(1)
	}
	if ok {
		q.running++
	}
	return ok
}

// admit lets labs at the head of the line run while there are places.
func (ls *Labs) admit(q *line) {
	for q.running < q.places && len(q.waiting) > 0 && !ls.closed {
		l := q.waiting[0]
		q.waiting = q.waiting[1:]
		l.place.Store(0)
		if l.calculated() {
			if ls.place(q, l) {
				go l.compute(0)
			}
			continue
		}
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

// release gives a place back.
func (ls *Labs) release(q *line) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q.running--
	ls.admit(q)
}

// leave takes a lab that was cancelled out of the line.
func (ls *Labs) leave(q *line, l *Lab) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(x *Lab) bool { return x == l })
	l.place.Store(0)
	ls.admit(q)
}

// Get finds a lab by id, if need be among those that are kept; ErrNotFound.
func (ls *Labs) Get(id string) (*Lab, error) {
	if l, ok := ls.inMemory(id); ok {
		return l, nil
	}
	ls.restoring.Lock() // one at a time, so that nobody restores the same lab beside it
	defer ls.restoring.Unlock()
	if l, ok := ls.inMemory(id); ok {
		return l, nil
	}
	return ls.restore(id)
}

func (ls *Labs) inMemory(id string) (*Lab, bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l, ok := ls.byID[id]
	return l, ok
}

// Append adds lines to a lab as [Lab.Append] does. When it returns nil, they are kept.
func (ls *Labs) Append(l *Lab, text string) (from, to int, err error) {
	if from, to, err = l.Append(text); err != nil {
		return 0, 0, err
	}
	return from, to, ls.save(l)
}

// List is a page of at most n labs of an owner's ("" for all), newest first, after the given id (""
// for the first page). The id may be that of a lab that has been forgotten meanwhile.
func (ls *Labs) List(owner, after string, n int) []*Lab {
	if ls.keeper != nil {
		return ls.listKept(owner, after, n)
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var page []*Lab
	for i := len(ls.all) - 1; i >= 0 && len(page) < n; i-- {
		// UUIDv7 sorts by the time when it was made.
		if (owner == "" || ls.all[i].owner == owner) && (after == "" || strings.Compare(ls.all[i].id, after) < 0) {
			page = append(page, ls.all[i])
		}
	}
	return page
}

// listKept is List among all labs that are kept.
func (ls *Labs) listKept(owner, after string, n int) []*Lab {
	ids, err := ls.keeper.Page(owner, after, n)
	if err != nil {
		slog.Warn("labs cannot be listed", "err", err)
	}
	var page []*Lab
	for _, id := range ids {
		if l, err := ls.Get(id); err == nil {
			page = append(page, l)
		} else if !errors.Is(err, ErrNotFound) {
			slog.Warn("a lab cannot be restored", "lab", id, "err", err)
		}
	}
	return page
}

// Delete cancels a lab and forgets it; ErrNotFound.
func (ls *Labs) Delete(id string) error {
	kept := ErrNotFound
	if ls.keeper != nil {
		if kept = ls.keeper.Forget(id); kept != nil && !errors.Is(kept, ErrNotFound) {
			return kept
		}
	}
	ls.mu.Lock()
	i := slices.IndexFunc(ls.all, func(l *Lab) bool { return l.id == id })
	if i < 0 {
		ls.mu.Unlock()
		return kept
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
