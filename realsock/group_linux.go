package realsock

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// job is a request that is being worked on.
type job struct {
	id       uint64
	calls    []Call
	outcomes []Outcome
	open     int           // calls that have not come back
	until    time.Duration // it is not answered before
	quiet    bool          // it is answered when the wire is quiet
}

// trying is a call in an app.
type trying struct {
	job     *job
	index   int
	started bool // has come back, or waits
}

// group makes the calls of one instant with the wire stopped. They are begun one after the other, so that the story is the same every
// time, and what each did is looked at before the next; but nothing is delivered before all of them have come back or wait.
func (r *runner) group(j *job) {
	r.step(nil, nil)
	r.grouping = true
	for i := range j.calls {
		c := &j.calls[i]
		switch h := r.host(c.Host); {
		case c.Host == Wire:
			r.wireCall(j, i, c)
		case h != nil:
			r.hostCall(j, i, c, h)
			r.land()
		case c.Op == opHost:
			j.outcomes[i] = r.addHost(c)
			j.outcomes[i].At = r.now()
		default:
			j.outcomes[i] = Outcome{At: r.now(), NotRun: "no host " + strconv.Quote(c.Host)}
		}
	}
	r.grouping = false
}

// land waits until the call that was begun has come back or waits, and looks at what it did.
func (r *runner) land() {
	r.await()
	r.drain()
	r.step(r.called, r.because)
	r.called = r.called[:0]
	clear(r.because)
}

// hostCall begins a call of a host. Questions are answered here, the rest by its app.
func (r *runner) hostCall(j *job, i int, c *Call, h *host) {
	switch c.Op {
	case "state", "timer", "sockets":
		j.outcomes[i] = r.ask(h, c)
		j.outcomes[i].At = r.now()
		return
	case "sysctl":
		j.outcomes[i] = r.sysctl(h, c.Key, c.Value)
		j.outcomes[i].At = r.now()
		return
	}
	if h.app == nil {
		if err := r.startApp(h); err != nil {
			j.outcomes[i] = Outcome{At: r.now(), NotRun: "process of " + h.name + ": " + err.Error()}
			return
		}
	}
	h.bindsDevices = h.bindsDevices || slices.ContainsFunc(c.Opts, func(o Opt) bool { return o.Name == "device" })
	j.open++
	r.because[h.index] = Cause{Kind: "call", Op: c.Op, How: c.How, Name: c.Name}
	h.app.order(c, &trying{job: j, index: i})
}

// await waits until every call has come back or begun to wait. Frames are taken meanwhile and none is delivered.
func (r *runner) await() {
	deadline := r.now() + callPatience
	for {
		waiting := false
		for _, h := range r.hosts {
			if h.app != nil {
				h.app.flush()
				waiting = waiting || h.app.starting > 0
			}
		}
		if !waiting {
			return
		}
		left := deadline - r.now()
		if left <= 0 {
			break
		}
		r.poll(left, false)
		r.drain()
	}
	for _, h := range r.hosts {
		if h.app != nil && h.app.starting > 0 {
			r.fail(fmt.Errorf("the %s's process has not answered within %v", h.name, callPatience))
			_ = unix.Kill(h.app.pid, unix.SIGKILL)
			r.appGone(h)
		}
	}
}

// callPatience is how long an app may take for what never waits.
const callPatience = 10 * time.Second

// answered takes in an app's answer to a call.
func (r *runner) answered(h *host, a *answer) {
	t, called := h.app.trying[a.ID], len(r.called)
	if (t == nil || t.started) && a.As != nil {
		// A connection was accepted that a call of now has made: tell of it first as what it was, nobody's.
		r.drain()
		r.step(nil, r.because)
	}
	if t == nil { // of a call that came back in the background: it has a name to tell, and no cause for what is seen
		r.learnBooks(h, a, Cause{Kind: "call"})
		r.called = r.called[:called]
		return
	}
	c := &t.job.calls[t.index]
	cause := Cause{Kind: "call", Op: c.Op, How: c.How, Name: c.Name}
	r.learnBooks(h, a, cause)
	if n := h.ends.names[c.Name]; n != nil && n.end == nil && n.book.Local.IsValid() && (c.Op == "close" || c.Op == "abort" || c.Op == "shutdown") {
		r.children(h, n.book.Local.Port(), cause)
	}
	if !t.started {
		t.started = true
		h.app.starting--
	} else if r.grouping {
		// A call that was waiting has come back because of the one that is being made, which is the cause.
		r.called = r.called[:called]
	} else {
		// A call that was waiting has come back: tell at once what it learnt.
		r.step(r.called, nil)
		r.called = r.called[:0]
	}
	if a.Pending {
		return
	}
	delete(h.app.trying, a.ID)
	t.job.outcomes[t.index] = Outcome{Result: a.Result, NotRun: a.NotRun, At: r.now()}
	t.job.open--
}

// learnBooks takes in what an answer says of sockets.
func (r *runner) learnBooks(h *host, a *answer, cause Cause) {
	for _, b := range []*book{a.Sock, a.As} {
		if b == nil {
			continue
		}
		n := r.learn(h, b, cause)
		if n.end != nil && !n.end.gone {
			r.called = append(r.called, touch{host: h, tuple: n.end.tuple, cause: cause})
		}
	}
}

// children touches the ends that a listener's end may have ended: those on its port that have no name yet.
func (r *runner) children(h *host, port uint16, cause Cause) {
	for t, e := range h.ends.live {
		if t.local.Port() == port && e.name == "" {
			r.called = append(r.called, touch{host: h, tuple: t, cause: cause})
		}
	}
	r.sortTouches(r.called)
}

// appGone is the end of a host's process. Unless the script says exit, the Net ends with it.
func (r *runner) appGone(h *host) {
	app := h.app
	h.app = nil
	status := app.reap()
	if !app.exits() {
		r.fail(died(h.name, status))
		return
	}
	cause := Cause{Kind: "call", Op: "exit"}
	r.because[h.index] = cause
	for _, name := range slices.Sorted(maps.Keys(h.ends.names)) {
		n := h.ends.names[name]
		n.book.Open = false
		r.listens(h, n, cause)
	}
	h.dirty = true
	for t := range h.ends.live {
		r.called = append(r.called, touch{host: h, tuple: t, cause: cause})
	}
	r.sortTouches(r.called)
	for _, t := range app.trying {
		out := Outcome{At: r.now(), NotRun: "the process of " + h.name + " has ended"}
		if t.job.calls[t.index].Op == "exit" {
			out = Outcome{At: r.now(), Result: "ok"}
		}
		t.job.outcomes[t.index] = out
		t.job.open--
	}
	if !r.grouping {
		r.drain()
		r.step(r.called, r.because)
		r.called = r.called[:0]
		clear(r.because)
	}
}
