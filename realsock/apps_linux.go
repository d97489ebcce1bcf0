package realsock

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	if len(os.Args) == 0 {
		return
	}
	if os.Args[0] == GuestInit {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", runGuest())
		os.Exit(1) // the kernel panics when its first process ends
	}
	var run func() error
	app := false
	switch os.Args[0] {
	case runnerName:
		run = runRunner
	case appName:
		run, app = runApp, true
	case trialsName:
		run = func() error { return runTrials(newTrialStage) }
	case loopbackName:
		run = func() error { return runTrials(newHostStage) }
	default:
		return
	}
	if err := confine(app); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
	go endWith(controlFD)
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// endWith ends this process when the other end of its stream has been gone for a while, and it has not seen so itself. It is not
// told by a signal, for it has things to tidy up.
func endWith(stream int) {
	fds := []unix.PollFd{{Fd: int32(stream), Events: unix.POLLRDHUP}}
	for fds[0].Revents == 0 {
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return
		}
	}
	time.Sleep(endPatience)
	unix.Exit(1)
}

// appProc is a host's process as the runner sees it.
type appProc struct {
	pid      int
	fd       int
	in       inbox
	out      []byte
	lastID   uint64
	trying   map[uint64]*trying
	starting int // calls that have neither come back nor begun to wait

	resetting bool // it was told to close everything, and has not answered
}

// startApp starts a host's process in its network namespace. What the calling thread forks is born where the thread is.
func (r *runner) startApp(h *host) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[1])
	if err := setNetNS(h.netns); err != nil {
		unix.Close(pair[0])
		return err
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{appName, h.name}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2, uintptr(pair[1])},
	})
	if back := setNetNS(r.wireNS); back != nil {
		r.fail(back)
	}
	if err != nil {
		unix.Close(pair[0])
		return os.NewSyscallError("exec", err)
	}
	h.app = &appProc{pid: pid, fd: pair[0], trying: map[uint64]*trying{}}
	h.app.post(order{Hello: &hello{Version: protoVersion}})
	if r.started() {
		h.app.post(order{Config: &r.cfg})
	}
	h.app.flush()
	return nil
}

func (p *appProc) order(c *Call, t *trying) {
	p.lastID++
	p.trying[p.lastID] = t
	p.starting++
	p.post(order{ID: p.lastID, Call: c})
}

func (p *appProc) post(o order) {
	b, err := appendMessage(p.out, o)
	if err != nil {
		panic("BUG: order: " + err.Error())
	}
	p.out = b
}

// flush writes what was posted. A process that is gone is noticed when it is read from.
func (p *appProc) flush() {
	for b := p.out; len(b) > 0; {
		n, err := unix.SendmsgN(p.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			break
		}
		b = b[n:]
	}
	p.out = p.out[:0]
}

// reap waits for the process, which has closed its stream, and says how it ended.
func (p *appProc) reap() (status unix.WaitStatus) {
	unix.Close(p.fd)
	for {
		if _, err := unix.Wait4(p.pid, &status, 0, nil); err != unix.EINTR {
			return status
		}
	}
}

// exits reports whether the process was told to end, or may.
func (p *appProc) exits() bool {
	if p.resetting {
		return true
	}
	for _, t := range p.trying {
		if t.job.calls[t.index].Op == "exit" {
			return true
		}
	}
	return false
}

// died is the error of a host's process that ended although nobody told it to. What the kernel did
// with its sockets is no part of the experiment, so the Net cannot go on.
func died(host string, status unix.WaitStatus) error {
	if status.Signaled() {
		return fmt.Errorf("the %s's process was killed (%s)", host, unix.SignalName(status.Signal()))
	}
	return fmt.Errorf("the %s's process ended by itself (exit status %d)", host, status.ExitStatus())
}

// readApp takes in what a host's process says; its end too.
func (r *runner) readApp(h *host) {
	n, _, err := unix.Recvfrom(h.app.fd, h.app.in.space(), unix.MSG_DONTWAIT)
	if err == unix.EINTR || err == unix.EAGAIN {
		return
	}
	if err != nil || n <= 0 {
		r.appGone(h)
		return
	}
	h.app.in.grown(n)
	for h.app != nil {
		var a answer
		ok, err := h.app.in.next(&a)
		if err == nil && ok && a.Hello != nil {
			err = a.Hello.check("process of " + h.name)
		}
		if err != nil {
			r.fail(err)
			return
		}
		if !ok {
			return
		}
		switch {
		case a.Reset:
			h.app.resetting = false
		case a.Hello == nil:
			r.answered(h, &a)
		}
	}
}
