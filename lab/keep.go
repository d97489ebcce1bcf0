package lab

import (
	"bytes"
	"compress/flate"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"fourwave/lab/capture"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Keeper keeps labs beyond the process. What Keep was given is durable when it returns nil.
type Keeper interface {
	Keep(*Kept) error
	Kept(id string) (*Kept, error) // ErrNotFound
	Forget(id string) error        // ErrNotFound
	// Page lists at most n ids of an owner's ("" for all), newest first, after the given one (""
	// for the first page).
	Page(owner, after string, n int) ([]string, error)
}

// Kept is a lab as it is kept. One whose worlds are all virtual is its script: it can be run again
// and comes to the same. Of one with a real world, what was seen is kept.
type Kept struct {
	ID      string
	Owner   string // the login that made it
	Created time.Time
	Status  Status
	Spec    []byte // JSON
	Seen    []byte // nil while a real world runs, and for virtual ones
}

// keptSpec is what a lab is made of.
type keptSpec struct {
	Experiment string   `json:"experiment,omitempty"`
	Script     string   `json:"script"`
	Worlds     []string `json:"worlds"`
	Live       bool     `json:"live,omitempty"`
}

// virtual says whether all worlds of the lab are in virtual time and stay, so that running it again
// tells the same.
func (l *Lab) virtual() bool {
	for _, r := range l.runs {
		if r.real() || r.of.info.Fleeting {
			return false
		}
	}
	return true
}

// kept is the lab as it is to be kept now.
func (l *Lab) kept() (*Kept, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	spec, err := json.Marshal(keptSpec{l.experiment, l.script, l.worlds, l.live})
	if err != nil {
		return nil, err
	}
	k := &Kept{ID: l.id, Owner: l.owner, Created: l.created, Status: l.status, Spec: spec}
	if l.virtual() {
		if !l.live && k.Status == Running {
			k.Status = Done // it takes no time, and is run again when somebody asks
		}
		return k, nil
	}
	if l.log.ended {
		k.Seen, err = l.seenLocked()
	}
	return k, err
}

// seen is what is kept of a lab with a real world once it has ended.
type seen struct {
	Status  Status
	Err     string
	Ended   time.Time
	Results []map[string]world.Result // by step
	Events  []Event                   // a step's report is made anew
	Dropped int
	Runs    []seenRun
}

type seenRun struct {
	Name   string
	Status Status
	Now    time.Duration
	Zero   time.Time
	Broken *world.Why
	Frames []capture.Frame
	Marks  []seenMark
	Done   int
}

type seenMark struct {
	Step, Entries, Flights, Before int
	At                             time.Duration
}

// maxSeen bounds what is read back of one lab, in bytes: some hundred thousand events.
const maxSeen = 512 << 20

func (l *Lab) seenLocked() ([]byte, error) {
	s := seen{Status: l.status, Err: l.err, Ended: l.ended, Dropped: l.log.dropped}
	for i := range l.steps {
		s.Results = append(s.Results, l.steps[i].Results)
	}
	for _, e := range l.log.events {
		e.Step = nil
		s.Events = append(s.Events, e)
	}
	for _, r := range l.runs {
		k := seenRun{
			Name: r.name, Status: r.status, Now: r.now, Zero: r.story.zero, Broken: r.broken,
			Frames: r.story.frames, Done: r.next,
		}
		for _, m := range r.marks {
			k.Marks = append(k.Marks, seenMark{m.step, m.entries, m.flights, m.before, m.at})
		}
		s.Runs = append(s.Runs, k)
	}
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := gob.NewEncoder(z).Encode(s); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// restore finds a lab that is kept and no longer, or not yet again, in memory: a virtual one is run
// again, any other is as it was seen. One that a restart interrupted is failed.
func (ls *Labs) restore(id string) (*Lab, error) {
	if ls.keeper == nil {
		return nil, ErrNotFound
	}
	k, err := ls.keeper.Kept(id)
	if err != nil {
		return nil, err
	}
	var spec keptSpec
	if err := json.Unmarshal(k.Spec, &spec); err != nil {
		return nil, fmt.Errorf("lab %s: kept: %w", id, err)
	}
	worlds, err := ls.choose(spec.Worlds)
	if err != nil {
		return nil, fmt.Errorf("lab %s: kept: %w", id, err)
	}
	l := newLab(id, worlds, ls.worlds, ls.limits)
	l.client = k.Owner // where no login made it, what it holds counts for all alone
	l.experiment, l.owner, l.live, l.created = spec.Experiment, k.Owner, spec.Live && k.Status == Running, k.Created
	if spec.Script != "" {
		if err := l.addLocked(spec.Script, false); err != nil {
			return nil, fmt.Errorf("lab %s: kept: %w", id, err)
		}
	}
	if !l.virtual() {
		if err := l.fromSeen(k); err != nil {
			return nil, fmt.Errorf("lab %s: kept: %w", id, err)
		}
		return l, ls.putBack(l)
	}
	name, places := ls.lane(worlds)
	at, err := ls.keep(l, name, places)
	if err != nil {
		return nil, err
	}
	if at {
		l.compute(patience)
	}
	l.awaitRest(restoreTime)
	return l, nil
}

// restoreTime bounds how long a caller waits for a lab that is run again.
const restoreTime = 5 * time.Second

// awaitRest waits until the lab has ended or its worlds have caught up with the script.
func (l *Lab) awaitRest(most time.Duration) {
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	for {
		l.mu.Lock()
		rests := l.log.ended
		if !rests {
			rests = l.started
			for _, r := range l.runs {
				rests = rests && r.idle && r.next >= len(l.steps)
			}
		}
		more := l.log.more
		l.mu.Unlock()
		if rests {
			return
		}
		select {
		case <-more:
		case <-time.After(time.Millisecond): // coming to rest is no event
		case <-deadline.C:
			return
		}
	}
}

// fromSeen makes the lab what it was when it ended.
func (l *Lab) fromSeen(k *Kept) error {
	if k.Seen == nil {
		l.interrupted()
		return nil
	}
	var s seen
	z := flate.NewReader(bytes.NewReader(k.Seen))
	if err := gob.NewDecoder(io.LimitReader(z, maxSeen)).Decode(&s); err != nil {
		return err
	}
	if len(s.Results) != len(l.steps) || len(s.Runs) != len(l.runs) {
		return errors.New("what was seen does not fit the script")
	}
	for i, r := range l.runs {
		k := s.Runs[i]
		r.status, r.now, r.broken, r.next, r.idle, r.story.zero = k.Status, k.Now, k.Broken, k.Done, true, k.Zero
		for _, m := range k.Marks {
			r.marks = append(r.marks, mark{m.Step, m.Entries, m.Flights, m.Before, m.At})
		}
	}
	lines := make(map[int]int, len(l.steps)) // line: step
	for i := range l.steps {
		l.steps[i].Results = s.Results[i]
		l.steps[i].judge(l.worlds, l.named)
		lines[l.steps[i].Line] = i
	}
	for i := range s.Events {
		e := &s.Events[i]
		if at, ok := lines[e.Line]; ok && e.Kind == "step" {
			e.Step = &l.steps[at]
		}
		l.retell(e)
	}
	for i, r := range l.runs {
		r.story.frames = s.Runs[i].Frames
	}
	for i := range l.steps {
		if l.steps[i].Verdict == Differ && l.steps[i].Why == nil {
			l.steps[i].Why = l.explainStep(i)
		}
	}
	l.log.events, l.log.dropped = s.Events, s.Dropped
	l.status, l.err, l.ended = s.Status, s.Err, s.Ended
	l.over()
	return nil
}

// retell puts an event into its world's story.
func (l *Lab) retell(e *Event) {
	r, err := l.runLocked(e.World)
	if err != nil {
		return // a status of the whole lab
	}
	switch {
	case e.Entry != nil:
		r.story.trace.Entries = append(r.story.trace.Entries, *e.Entry)
	case e.Flight != nil:
		r.story.flight(*e.Flight)
	case e.Table != nil:
		e.Table = r.story.change(e.Host, e.Table.Changed)
		r.story.table(e.Host, e.Table.Changed.Rows)
	}
}

// interrupted makes the lab one whose real world went with an earlier server.
func (l *Lab) interrupted() {
	why := &world.Why{Rule: "interrupted", Text: Text{En: "interrupted by a restart", Zh: "因服务器重启而中断"}}
	for i := range l.steps {
		for _, r := range l.runs {
			r.status, r.idle, r.next = Failed, true, len(l.steps)
			l.set(r, i, world.Result{Result: script.NotRun, Why: why})
		}
	}
	l.status, l.err, l.ended = Failed, why.Text.En, l.created
	l.log.add(Event{Kind: "status", Status: Failed})
	l.over()
}

// over marks a lab that never ran in this process as one that has ended.
func (l *Lab) over() {
	l.live = false
	l.log.end()
	l.cancel()
	close(l.done)
	close(l.gone)
	l.dequeue, l.release = func() {}, func() {}
}
