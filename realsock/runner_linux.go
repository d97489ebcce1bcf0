package realsock

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// runner holds one Net: it makes the hosts, is the wire between them, and looks at their sockets. One locked thread
// does all of it in turn, so that nothing moves while it looks.
type runner struct {
	greeted bool
	start   time.Time
	cfg     Config
	up      upstream // stream to the program
	in      inbox
	out     []byte
	dead    error // cannot go on
	wireNS  int
	hosts   []*host

	boundShown bool // sock_diag tells of sockets that are only bound

	rules   rules
	box     middlebox
	tracks  tracks
	queue   heap[*flight]
	held    []*flight
	watches heap[watch]

	underWay  int // flights that keep the wire from being quiet
	fresh     []*flight
	touched   []touch
	called    []touch
	because   []Cause       // by host, of the calls that are being made
	grouping  bool          // a group of calls is being started: the wire is stopped
	idle      time.Duration // since when nothing is under way, while a host owes an ACK and quiet is waited for; or 0
	forgeries []*forgery
	injected  []byte // a forged frame that is on its way over a loopback
	debts     []debt
	jobs      []*job

	mismatch  time.Duration // since when the counters disagree; 0: they do not
	stats     Stats
	toldStats Stats
	lastFrame int
	lastEnd   int
	scratch   []byte
	spare     [][]byte
	pollFDs   []unix.PollFd
}

func runRunner() error {
	runtime.LockOSThread()
	// Timers of this thread are met to the nanosecond, as far as the machine can.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	unix.CloseOnExec(controlFD)
	return newRunner(fdStream(controlFD)).run()
}

func newRunner(up upstream) *runner {
	return &runner{up: up, scratch: make([]byte, maxFrame), tracks: tracks{m: map[link]*track{}}}
}

// run answers the program until it is gone. It must be called on a locked thread.
func (r *runner) run() error {
	for !r.greeted {
		if err := r.read(); err != nil {
			r.report(report{ID: 1, Hello: &hello{Version: protoVersion}, Err: err.Error()})
			r.flush()
			return err
		}
	}
	err := r.build()
	h := hello{Version: protoVersion, Ability: r.ability(err)}
	r.report(report{ID: 1, Hello: &h})
	r.flush()
	if err != nil {
		return err
	}
	return r.loop()
}

func (r *runner) build() (err error) {
	if r.wireNS, r.hosts, r.boundShown, err = buildTopology(); err != nil {
		return err
	}
	for _, h := range r.hosts {
		if err := r.startApp(h); err != nil {
			return err
		}
	}
	r.because = make([]Cause, len(r.hosts))
	return nil
}

// host finds a host by its name, nil if there is none.
func (r *runner) host(name string) *host {
	for _, h := range r.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

func (r *runner) now() time.Duration { return time.Since(r.start) }

// fail notes the first error that the Net cannot survive.
func (r *runner) fail(err error) {
	if r.dead == nil {
		r.dead = err
	}
}

func (r *runner) loop() error {
	for r.dead == nil {
		if r.listen(); r.dead != nil {
			break
		}
		r.drain()
		r.step(nil, nil)
		r.deliver()
		r.lookAround(r.now())
		r.finish()
		r.flush()
	}
	r.report(report{Err: r.dead.Error()})
	r.flush()
	r.leave() // the program has been told
	return nil
}

// listen waits for the program, the apps and the wire. A stream that cannot be polled is read only when
// every request has been answered; in a guest that stops the machine, and its time with it.
func (r *runner) listen() {
	pollable := r.up.fd() >= 0
	if pollable || len(r.jobs) > 0 {
		r.poll(r.wait(), pollable)
		return
	}
	if err := r.read(); err != nil {
		r.fail(err)
	}
}

// spin is how long before a frame is due the thread stops sleeping, since it would wake too late.
const spin = 80 * time.Microsecond

// wait is how long there is nothing to do but listen; below zero, for ever.
func (r *runner) wait() time.Duration {
	now, next := r.now(), time.Duration(-1)
	sooner := func(at time.Duration) {
		if next < 0 || at < next {
			next = at
		}
	}
	if len(r.queue) > 0 {
		sooner(r.queue[0].due - spin)
	}
	if len(r.watches) > 0 {
		sooner(r.watches[0].at)
	}
	for _, j := range r.jobs {
		if j.until > now {
			sooner(j.until)
		}
	}
	if at, ok := r.impatience(now); ok {
		sooner(at)
	}
	if next < 0 {
		return next
	}
	return max(next-now, 0)
}

// poll waits for something to read from the wire and the apps, and, if asked to, from the program, and takes in what came from apps and program.
func (r *runner) poll(wait time.Duration, program bool) {
	fds := r.pollFDs[:0]
	add := func(fd int) { fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}) }
	for _, h := range r.hosts {
		add(h.port)
		add(h.loop)
	}
	apps := len(fds)
	for _, h := range r.hosts {
		if h.app != nil {
			add(h.app.fd)
		} else {
			fds = append(fds, unix.PollFd{Fd: -1})
		}
	}
	if program {
		add(r.up.fd())
	}
	r.pollFDs = fds
	var ts *unix.Timespec
	if wait >= 0 {
		t := unix.NsecToTimespec(int64(wait))
		ts = &t
	}
	if _, err := unix.Ppoll(fds, ts, nil); err != nil && err != unix.EINTR {
		r.fail(os.NewSyscallError("ppoll", err))
		return
	}
	for i, h := range r.hosts {
		if fds[apps+i].Revents != 0 {
			r.readApp(h)
		}
	}
	if program && fds[len(fds)-1].Revents != 0 {
		if err := r.read(); err != nil {
			r.fail(err)
		}
	}
}

// read takes in what the program asks for.
func (r *runner) read() error {
	room := r.in.space()
	n, err := r.up.read(room, r.in.empty())
	if err == unix.EINTR {
		return nil
	}
	if err != nil || n == 0 {
		r.leave()
	}
	r.in.grown(n)
	for {
		var q request
		ok, err := r.in.next(&q)
		if err != nil || !ok {
			return err
		}
		if err := r.begin(&q); err != nil {
			return err
		}
	}
}

// leave ends this process, since the program is gone or the Net cannot go on, and with it all of the Net. The kernel waits for every packet socket that
// it closes until nobody can be using it any more; for all at once that takes no longer than for one.
func (r *runner) leave() {
	var closing sync.WaitGroup
	for _, h := range r.hosts {
		if h != nil {
			h.destroy()
			closing.Go(func() { unix.Close(h.port) })
			closing.Go(func() { unix.Close(h.loop) })
		}
	}
	closing.Wait()
	unix.Exit(0)
}

func (r *runner) begin(q *request) error {
	switch {
	case !r.greeted:
		r.greeted = true
		return q.Hello.check("program")
	case q.Config != nil && q.Config.Limit > 0:
		r.begun(q.Config)
		r.report(report{ID: q.ID, At: r.now()})
		return nil
	case q.Recycle:
		rep := report{ID: q.ID, At: r.now()}
		if err := r.renew(); err != nil {
			rep.Err = err.Error()
		}
		r.report(rep)
		return nil
	case !r.started():
		return errors.New("program sent no config")
	}
	r.idle = 0
	j := &job{id: q.ID, calls: q.Calls, outcomes: make([]Outcome, len(q.Calls)), quiet: q.Quiet}
	if q.Wait > 0 {
		j.until = r.now() + q.Wait
	}
	r.jobs = append(r.jobs, j)
	if len(j.calls) > 0 {
		r.group(j)
	}
	return nil
}

// begun starts the clock, with what the program wants of this Net.
func (r *runner) begun(c *Config) {
	if c.Phase != nil {
		awaitPhase(*c.Phase)
	}
	r.cfg, r.rules.latency, r.start = *c, c.Latency, time.Now()
	for _, h := range r.hosts {
		if h.app != nil {
			h.app.post(order{Config: c})
			h.app.flush()
		}
	}
}

// awaitPhase sleeps until the monotonic clock is that far into a second.
func awaitPhase(phase time.Duration) {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return
	}
	time.Sleep((phase - time.Duration(ts.Nsec) + time.Second) % time.Second)
}

func (r *runner) started() bool { return r.cfg.Limit > 0 }

// finish answers the requests that are done.
func (r *runner) finish() {
	left := r.jobs[:0]
	for _, j := range r.jobs {
		if j.open > 0 || j.until > r.now() || j.quiet && !r.quiet() {
			left = append(left, j)
			continue
		}
		r.forgeries = slices.DeleteFunc(r.forgeries, func(g *forgery) bool {
			if g.job == j {
				j.outcomes[g.index] = g.outcome(r.now())
			}
			return g.job == j
		})
		r.tellTables()
		rep := report{ID: j.id, At: r.now(), Outcomes: j.outcomes}
		if r.stats != r.toldStats {
			now := r.stats
			rep.Stats, r.toldStats = &now, now
		}
		r.report(rep)
	}
	r.jobs = left
	if len(left) == 0 {
		r.tellTables()
	}
}

func (r *runner) event(e Event) { r.report(report{Event: &e}) }

func (r *runner) report(rep report) {
	b, err := appendMessage(r.out, rep)
	if err != nil {
		r.fail(err)
		return
	}
	r.out = b
	if len(r.out) > 1<<20 {
		r.flush()
	}
}

func (r *runner) flush() {
	if err := r.up.write(r.out); err != nil {
		unix.Exit(0)
	}
	r.out = r.out[:0]
}

// ability is what was found to be possible while the Net was made.
func (r *runner) ability(err error) Ability {
	a := Ability{OK: err == nil, Jiffy: jiffy(), Kernel: release(), System: system(), Verbs: verbs, Clock: r.up.clock()}
	if err != nil {
		a.Why = err.Error()
		return a
	}
	a.IPv6 = r.hosts[0].ipv6 && r.hosts[1].ipv6
	a.UIDs = uidMapped(1)
	a.Sysctls = unix.Access("/proc/sys/net/ipv4/tcp_fin_timeout", unix.W_OK) == nil
	return a
}
