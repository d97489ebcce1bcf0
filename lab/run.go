package lab

import (
	"context"
	"errors"
	"fmt"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"log/slog"
	"runtime/debug"
	"time"
)

// run is a lab's script in one of its worlds. One goroutine drives it; the fields below the
// line are guarded by the lab's mutex.
type run struct {
	lab   *Lab
	name  string
	of    chosen
	world world.World
	rests time.Duration // that it has taken for what was on the wire to come to rest
	steps []script.Step // of the group that it runs

	// ---
	status  Status
	next    int // index of the step that it comes to next
	line    int // the script's line that it is at
	inDelay bool
	idle    bool
	broken  *world.Why    // why this world runs no more steps
	waits   time.Duration // of its lines, in all
	refused [][2]int      // steps that wait longer than the world may, from and to
	now     time.Duration
	seen    time.Time // when now was read
	until   time.Time // when the wait it is in will be over
	story   story
	marks   []mark        // how far the story had come after each step
	began   int           // entries of the story when the step it is in began
	ended   time.Duration // when the last step did, in the world's time; a virtual delay counts from there
}

// real reports whether the world's time passes by itself.
func (r *run) real() bool { return r.of.info.Clock == world.Real }

// drive carries out the lab's steps until there are no more to come, then closes the world.
func (r *run) drive() {
	defer r.lab.leave()
	defer r.close()
	r.open()
	for {
		r.catchUp(time.Time{})
		if !r.await() {
			return
		}
	}
}

// catchUp carries out the steps that there are, and lets what the last one has set going come to
// rest. It reports false if it stopped because of the time, which the zero time never does.
func (r *run) catchUp(until time.Time) bool {
	for {
		group, delay := r.nextGroup()
		if len(group) == 0 {
			r.settle()
			return true
		}
		r.step(group, delay)
		if !until.IsZero() && time.Now().After(until) {
			return false
		}
	}
}

// open makes the world. One that cannot be made here runs no step, and says why.
func (r *run) open() {
	err := r.guard(func() (err error) {
		r.world, err = r.of.Open(observer{r})
		return err
	})
	if err == nil {
		r.mark()
		r.lab.mu.Lock()
		if r.story.zero = r.lab.created; r.real() { // virtual time begins with the lab, whenever it runs
			r.story.zero = r.seen.Add(-r.now)
		}
		r.lab.mu.Unlock()
		return
	}
	r.world = nil
	r.fail(whyOf(ruleUnavailable, "the world cannot run here: ", "这个世界在这里无法运行：", err), false)
}

// Why a world runs no step any more.
const (
	ruleUnavailable = "world-unavailable"
	ruleFailed      = "world-failed"
)

// whyOf is the reason that an error gives, behind words in both languages.
func whyOf(rule, en, zh string, err error) *world.Why {
	return &world.Why{Rule: rule, Text: Text{En: en + err.Error(), Zh: zh + err.Error()}}
}

func (r *run) close() {
	if r.world == nil {
		return
	}
	if err := r.guard(r.world.Close); err != nil {
		slog.Warn("world did not close cleanly", "lab", r.lab.id, "world", r.name, "err", err)
	}
}

// guard turns a panic in a world into an error: one lab must not end the others.
func (r *run) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("panic in a world", "lab", r.lab.id, "world", r.name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// mark reads the world's clock for those who ask from outside.
func (r *run) mark() {
	now := r.world.Now()
	r.lab.mu.Lock()
	r.now, r.seen, r.until = now, time.Now(), time.Time{}
	r.lab.mu.Unlock()
}

// begin notes how far the story had come when a step begins.
func (r *run) begin() {
	r.lab.mu.Lock()
	r.began = len(r.story.trace.Entries)
	r.lab.mu.Unlock()
}

// fail stops the world. broke: it ran and could not go on, which the lab's status says.
func (r *run) fail(why *world.Why, broke bool) {
	l := r.lab
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log.ended {
		return
	}
	r.broken, r.status = why, Failed
	if broke && l.err == "" {
		l.err = r.name + ": " + why.Text.En
	}
	l.log.add(Event{Kind: "status", World: r.name, At: r.now, Status: Failed})
}

// nextGroup is the indices of the next steps that run at one instant, and how long to wait
// before them. Steps on the way that this world does not run get that result. It is empty
// when the world has caught up with the script.
func (r *run) nextGroup() (group []int, delay time.Duration) {
	l := r.lab
	l.mu.Lock()
	defer l.mu.Unlock()
	for ; r.next < len(l.steps) && !l.log.ended; r.next++ {
		s := &l.steps[r.next]
		if len(group) > 0 && !s.Same {
			break
		}
		if why := r.skips(s); why != nil {
			l.record(r, r.next, world.Result{Result: script.NotRun, At: r.now, Why: why})
			continue
		}
		if len(group) == 0 {
			delay = s.Delay
		}
		group = append(group, r.next)
	}
	if len(group) > 0 && r.real() {
		r.until = time.Now().Add(delay)
	}
	return group, delay
}

// skips says why this world does not run a step, nil if it does.
func (r *run) skips(s *StepReport) *world.Why {
	if !s.RunsIn(r.of.info.Tags(), r.of.info.Release) {
		return world.Restricted(s.Step)
	}
	if r.broken != nil {
		return r.broken
	}
	for _, span := range r.refused {
		if span[0] <= r.next && r.next < span[1] {
			return r.tooLong()
		}
	}
	return nil
}

// step waits, carries out one group and records its results.
func (r *run) step(group []int, delay time.Duration) {
	l := r.lab
	l.mu.Lock()
	r.steps = r.steps[:0]
	for _, at := range group {
		r.steps = append(r.steps, *l.steps[at].Step)
	}
	steps := r.steps
	l.mu.Unlock()
	var results []world.Result
	err := r.guard(func() error {
		if err := r.wait(delay, steps[0].Line); err != nil {
			return err
		}
		r.mark()
		r.begin()
		var err error
		results, err = r.world.Do(l.ctx, steps)
		return err
	})
	if l.ctx.Err() != nil {
		return
	}
	if err == nil && len(results) != len(group) {
		err = fmt.Errorf("%d results for %d steps", len(results), len(group))
	}
	if err != nil {
		r.fail(whyOf(ruleFailed, "the world could not go on: ", "这个世界无法继续：", err), true)
		results = make([]world.Result, len(group))
		for i := range results {
			results[i] = world.Result{Result: script.NotRun, Why: r.broken}
		}
	} else {
		r.mark()
		r.ended = r.world.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, at := range group {
		l.record(r, at, results[i])
	}
}

// wait lets what the line before has set going come to rest and then the rest of a delay pass, and
// comes to a line.
func (r *run) wait(delay time.Duration, line int) error {
	began := r.world.Now()
	if !r.real() {
		began = r.ended // a live lab has come to rest since then, which a script in one go has not
	}
	if err := r.rest(0); err != nil {
		return err
	}
	if left := delay - (r.world.Now() - began); left > 0 {
		r.comeTo(line, true)
		if err := r.rest(left); err != nil {
			return err
		}
	}
	r.comeTo(line, false)
	return nil
}

// rest lets a time pass and what is on the wire come to rest. In a real world a lab may wait for
// that no longer, in all, than its lines may: a wire can be told to take a day.
func (r *run) rest(d time.Duration) error {
	if !r.real() {
		return r.world.Wait(r.lab.ctx, d)
	}
	ctx, cancel := context.WithTimeout(r.lab.ctx, d+r.longest()-r.rests)
	defer cancel()
	start := time.Now()
	err := r.world.Wait(ctx, d)
	r.rests += max(time.Since(start)-d, 0)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the wire did not come to rest within the %s that a lab may wait for it",
			script.Span(r.longest()))
	}
	return err
}

// comeTo says which line it is whose events are told from now on.
func (r *run) comeTo(line int, inDelay bool) {
	r.lab.mu.Lock()
	r.line, r.inDelay = line, inDelay
	r.lab.mu.Unlock()
}

// settle lets what the last line has set going come to rest, so that its story is whole.
func (r *run) settle() {
	l := r.lab
	if r.broken != nil || r.world == nil || l.ctx.Err() != nil {
		return
	}
	err := r.guard(func() error { return r.rest(0) })
	if l.ctx.Err() != nil {
		return
	}
	if err != nil {
		r.fail(whyOf(ruleFailed, "the world could not go on: ", "这个世界无法继续：", err), true)
		return
	}
	r.mark()
}

// await waits for more steps; false when the lab has ended.
func (r *run) await() bool {
	l := r.lab
	l.mu.Lock()
	if r.next < len(l.steps) && !l.log.ended {
		l.mu.Unlock()
		return true
	}
	r.idle = true
	l.restLocked()
	more := l.more
	l.mu.Unlock()
	select {
	case <-more:
		return true
	case <-l.ctx.Done():
		return false
	}
}
