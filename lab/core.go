package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Lab is one experiment under way or done. Its methods may be called from any goroutine.
type Lab struct {
	id         string
	experiment string
	owner      string // the login that made it
	client     string // for whom its memory counts
	question   string
	worlds     []string
	live       bool
	fleeting   bool // not kept beyond the process
	limits     Limits
	created    time.Time
	place      atomic.Int32 // in line, see Snapshot.Place
	enqueue    func() bool  // goes in line again; true: it has a place at once. Takes the lock of Labs, as the next two
	dequeue    func()       // leaves the line
	release    func()       // gives back its place among the labs that run
	departed   func()       // says that its worlds have gone
	parting    sync.Once
	sameAs     string // see SameAs

	ctx    context.Context // of its worlds; ends with the lab
	cancel context.CancelFunc
	done   chan struct{} // closed when the lab has ended
	gone   chan struct{} // closed when its worlds have gone too

	mu      sync.Mutex
	started bool
	turn    turn // of a calculated lab
	status  Status
	ended   time.Time
	err     string
	script  string
	reader  *script.Reader // of script
	named   ports
	groups  groups
	steps   []StepReport // their Results are replaced, never changed
	runs    []*run
	left    int           // runs that have not gone
	more    chan struct{} // closed when steps were added
	idler   *time.Timer
	log     eventLog
	found   []finding // how the results of steps differ
	placed  int       // of found
	looked  int       // see maxLook
	count   compared
}

// compared is a comparison of the worlds' stories, good for as long as the log is that long.
type compared struct {
	events int
	comparison
}

// newLab makes a lab that has not started.
func newLab(id string, worlds []chosen, known *world.Registry, lim Limits) *Lab {
	l := &Lab{
		id: id, limits: lim, created: time.Now(), status: Running,
		done: make(chan struct{}), gone: make(chan struct{}), more: make(chan struct{}),
		reader: script.NewReader(script.Bounds{Steps: lim.Steps, Bytes: lim.Script, Worlds: known}),
		named:  ports{}, groups: groups{},
		log: eventLog{most: lim.Events, bytes: labBytes},
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for _, w := range worlds {
		l.worlds = append(l.worlds, w.Name)
		l.runs = append(l.runs, &run{lab: l, name: w.Name, of: w, status: Running})
	}
	return l
}

// start lets the worlds run; false when the lab has ended before its turn came.
func (l *Lab) start() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log.ended {
		return false
	}
	l.started, l.left = true, len(l.runs)
	l.log.add(Event{Kind: "status", Status: Running})
	for _, r := range l.runs {
		go r.drive()
	}
	return true
}

// leave is called by each run when its world has gone; the last one gives the place back.
func (l *Lab) leave() {
	l.mu.Lock()
	l.left--
	last := l.left == 0
	l.mu.Unlock()
	if last {
		close(l.gone)
		l.release()
		l.departed()
	}
}

// ID is the lab's UUIDv7.
func (l *Lab) ID() string { return l.id }

// Created is when the lab was made.
func (l *Lab) Created() time.Time { return l.created }

// Ended is when the lab ended; the zero time while it has not.
func (l *Lab) Ended() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Owner is the login that made the lab; "" on a server without logins.
func (l *Lab) Owner() string { return l.owner }

// Done is closed when the lab has ended; for a live lab, when it is cancelled or idle too long.
func (l *Lab) Done() <-chan struct{} { return l.done }

// Cancel ends the lab. Waits in real time end at once; its worlds go soon after.
func (l *Lab) Cancel() {
	l.mu.Lock()
	l.finishLocked(Cancelled)
	waits := !l.started || l.turn == inLine
	l.mu.Unlock()
	if waits {
		l.dequeue()
	}
}

// finishLocked ends the lab, once. Steps that have not run get that result.
func (l *Lab) finishLocked(s Status) {
	if l.log.ended {
		return
	}
	if s == Done && l.err != "" {
		s = Failed
	}
	l.status, l.ended = s, time.Now()
	for i := range l.steps {
		for _, r := range l.runs {
			if _, ok := l.steps[i].Results[r.name]; !ok {
				l.set(r, i, world.Result{Result: script.NotRun, At: r.now, Why: &world.Why{Rule: "cancelled",
					Text: Text{En: "the lab was cancelled before", Zh: "在此之前实验已被取消"}}})
			}
		}
	}
	for _, r := range l.runs {
		if r.until = (time.Time{}); r.status == Running {
			r.status = s
		}
	}
	if l.idler != nil {
		l.idler.Stop()
	}
	l.log.add(Event{Kind: "status", Status: s})
	l.log.end()
	l.cancel()
	close(l.done)
	switch {
	case !l.started:
		close(l.gone)
	case l.calculated() && l.turn != computing:
		go l.depart()
	}
}

// restLocked is called when a world has caught up with the script. When all have, the lab
// ends, or a live one waits for more steps, but not for ever.
func (l *Lab) restLocked() {
	for _, r := range l.runs {
		if !r.idle || r.next < len(l.steps) {
			return
		}
	}
	if !l.live {
		l.finishLocked(Done)
		return
	}
	have := len(l.steps)
	l.idler = time.AfterFunc(l.limits.Idle, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.steps) == have {
			l.finishLocked(Done)
		}
	})
}

// set gives a step its result in one world.
func (l *Lab) set(r *run, i int, res world.Result) *StepReport {
	s := &l.steps[i]
	results := make(map[string]world.Result, len(s.Results)+1)
	maps.Copy(results, s.Results)
	results[r.name] = res
	s.Results = results
	switch s.judge(l.worlds, l.named); {
	case s.Verdict == Differ && s.Why == nil:
		s.Why = l.explainStep(i)
	case s.Verdict == VerdictNotRun:
		l.found = append(l.found, s.oneSided(i, l.infos())...)
	}
	return s
}

// record gives a step its result and tells those who follow the lab.
func (l *Lab) record(r *run, i int, res world.Result) {
	if l.log.ended {
		return
	}
	if res.Result != script.NotRun {
		r.marks = append(r.marks, mark{i, len(r.story.trace.Entries), len(r.story.trace.Flights), r.began, r.now})
	}
	s := *l.set(r, i, res)
	l.log.add(Event{Kind: "step", World: r.name, At: res.At, Line: s.Line, Step: &s})
}

// Append adds lines of script to a lab that has not ended and runs them in all its worlds;
// lines are numbered on. It returns the first and last line added. A *SyntaxError runs
// nothing; ErrNotLive when the lab takes no more.
func (l *Lab) Append(text string) (from, to int, err error) {
	if from, to, err = l.append(text); err == nil && l.calculated() {
		l.resume()
	}
	return from, to, err
}

func (l *Lab) append(text string) (from, to int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log.ended {
		return 0, 0, ErrNotLive
	}
	from = l.reader.Lines() + 1
	if err := l.addLocked(text, true); err != nil {
		if errors.As(err, new(*script.SyntaxError)) {
			return 0, 0, err
		}
		return 0, 0, fmt.Errorf("lab %s: %w", l.id, err)
	}
	for _, r := range l.runs {
		r.idle = false
	}
	if l.idler != nil {
		l.idler.Stop()
	}
	close(l.more)
	l.more = make(chan struct{})
	return from, l.reader.Lines(), nil
}

// addLocked parses lines and puts their steps behind those that the lab has.
func (l *Lab) addLocked(text string, more bool) error {
	added, err := l.reader.Read(text, !more)
	if err != nil {
		return err
	}
	if !more {
		l.question = added.Question
	}
	if l.script != "" && !strings.HasSuffix(l.script, "\n") {
		l.script += "\n"
	}
	l.script += text
	l.refuseLong(added.Steps)
	if len(l.steps) == 0 {
		l.steps = make([]StepReport, 0, len(added.Steps))
	}
	for i := range added.Steps {
		s := &added.Steps[i]
		l.named.add(s)
		l.groups.add(s)
		l.steps = append(l.steps, StepReport{Step: s})
	}
	l.log.charge(int64(2*len(text)) + int64(len(added.Steps))*stepBytes)
	return nil
}

// refuseLong marks new steps that would keep a world waiting for longer than it may.
func (l *Lab) refuseLong(added []script.Step) {
	for _, r := range l.runs {
		r.waits += script.Total(added, r.of.info.Tags(), r.of.info.Release)
		if r.waits = min(r.waits, 2*script.MaxDelay); r.waits > r.longest() {
			r.refused = append(r.refused, [2]int{len(l.steps), len(l.steps) + len(added)})
		}
	}
}

// longest is how long the lines of one lab may wait in this world, in all.
func (r *run) longest() time.Duration {
	if r.real() {
		return r.lab.limits.RealWait
	}
	return script.MaxDelay
}

func (r *run) tooLong() *world.Why {
	d := script.Span(r.longest())
	if !r.real() {
		d = "10 years"
	}
	return &world.Why{Rule: "too-long", Text: Text{
		En: "the script waits longer than the " + d + " that this world may take",
		Zh: "脚本的等待时间超过了这个世界允许的 " + d,
	}}
}

// Events returns the events after the given id, and a channel that is closed when there
// are more or the lab has ended.
func (l *Lab) Events(after int) (events []Event, more <-chan struct{}, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.after(after), l.log.wait(), l.log.ended
}

// Live reports whether the lab takes more steps.
func (l *Lab) Live() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live && !l.log.ended
}

// Worlds are the names of the lab's worlds, as its maker wrote them.
func (l *Lab) Worlds() []string { return slices.Clone(l.worlds) }

// Steps are the steps on the lines from from to to.
func (l *Lab) Steps(from, to int) []StepReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := func(line int) int {
		return sort.Search(len(l.steps), func(i int) bool { return l.steps[i].Line >= line })
	}
	first, end := at(from), len(l.steps)
	if to < math.MaxInt {
		end = at(to + 1)
	}
	return slices.Clone(l.steps[first:max(first, end)])
}

// Ran returns nil if every world has the results of all lines up to to, or the lab has ended; else
// a channel that is closed when it is time to ask again.
func (l *Lab) Ran(to int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := sort.Search(len(l.steps), func(i int) bool { return l.steps[i].Line > to })
	if l.log.ended || !slices.ContainsFunc(l.runs, func(r *run) bool { return r.done() < n }) {
		return nil
	}
	return l.log.wait()
}

// Trace is the story so far of one of the lab's worlds; ErrWorld for a name that is none of them.
func (l *Lab) Trace(world string) (*fsm.Trace, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.runLocked(world)
	if err != nil {
		return nil, err
	}
	s := &r.story
	return &fsm.Trace{Entries: slices.Clip(s.trace.Entries), Flights: slices.Clone(s.trace.Flights), Dropped: s.dropped}, nil
}

// runLocked finds the run in one of the lab's worlds.
func (l *Lab) runLocked(world string) (*run, error) {
	for _, r := range l.runs {
		if r.name == world {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%w in this lab: %q", ErrWorld, script.Clip(world))
}
