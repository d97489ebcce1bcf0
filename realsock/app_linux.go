package realsock

import (
	"errors"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// controlFD is where a runner or an app finds its stream.
const controlFD = 3

// app is the process of one host. One goroutine does everything; a call that would block is kept as a pending one and
// tried again when epoll says so. No system call on a socket ever waits, since a waiting one would keep a reference to
// the file and so hold up a close of it. The exception is a close that lingers.
type app struct {
	fd      int // stream to the runner
	in      inbox
	out     []byte
	epoll   int
	wake    int // eventfd: a lingering close has come back
	socks   map[string]*appSock
	byFD    map[int]*appSock
	pending []*pending
	done    []doneCall // in the background, and not collected yet
	max     int
	limit   time.Duration
}

type appSock struct {
	name   string
	fd     int
	family int
	uid    int
	device string
	target unix.Sockaddr // of connect
	shut   bool          // shutdown was called since
	mask   uint32        // registered with epoll
}

// doneCall is a call that has come back in the background.
type doneCall struct {
	name, op string
	ans      answer
}

// maxDone bounds the results that wait to be collected; the oldest go first.
const maxDone = 4096

// callPending is the result of a call that has not come back and has nothing else to say.
const callPending = "pending"

// pending is a call that waits.
type pending struct {
	id       uint64 // 0: nobody waits for it any more
	op, name string
	keeps    bool     // it does nothing while nobody waits for it
	awaited  bool     // by await
	sock     *appSock // nil for a lingering close
	events   uint32
	deadline time.Time
	again    func() (answer, bool) // tries once more; false: still waiting
	stop     func() answer         // what the call gives without waiting
}

func runApp() error {
	a := &app{fd: controlFD, socks: map[string]*appSock{}, byFD: map[int]*appSock{}}
	var err error
	if a.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if a.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	for _, fd := range []int{a.fd, a.wake} {
		unix.CloseOnExec(fd)
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
		if err := unix.EpollCtl(a.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return os.NewSyscallError("epoll_ctl", err)
		}
	}
	return a.loop()
}

func (a *app) loop() error {
	events := make([]unix.EpollEvent, 64)
	for {
		n, err := unix.EpollWait(a.epoll, events, a.timeout())
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("epoll_wait", err)
		}
		control, ready := false, map[int]bool{}
		for _, ev := range events[:max(n, 0)] {
			switch int(ev.Fd) {
			case a.fd:
				control = true
			case a.wake:
				var b [8]byte
				_, _ = unix.Read(a.wake, b[:])
			default:
				ready[int(ev.Fd)] = true
			}
		}
		a.retry(ready)
		if control {
			if err := a.read(); err != nil {
				return err
			}
		}
		a.expire(time.Now())
		a.flush()
	}
}

// timeout is how long epoll may wait, in milliseconds.
func (a *app) timeout() int {
	wait := time.Duration(-1)
	for _, p := range a.pending {
		if p.id != 0 {
			if left := max(time.Until(p.deadline), 0); wait < 0 || left < wait {
				wait = left
			}
		}
	}
	if wait < 0 {
		return -1
	}
	return int((wait + time.Millisecond - 1) / time.Millisecond)
}

func (a *app) read() error {
	n, err := unix.Read(a.fd, a.in.space())
	if err == unix.EINTR {
		return nil
	}
	if err != nil || n == 0 {
		unix.Exit(0) // the runner is gone
	}
	a.in.grown(n)
	for {
		var o order
		ok, err := a.in.next(&o)
		if err != nil || !ok {
			return err
		}
		switch {
		case o.Hello != nil:
			a.send(answer{ID: o.ID, Hello: &hello{Version: protoVersion}})
			if err := o.Hello.check("runner"); err != nil {
				a.flush()
				return err
			}
		case o.Config != nil:
			a.max, a.limit = o.Config.Sockets, o.Config.Limit
		case o.Call != nil:
			a.handle(o.ID, o.Call)
		case o.Reset:
			a.reset()
		default:
			return errors.New("order without a call")
		}
	}
}

// reset closes every socket and forgets every call. Where a close is lingering on a thread of its own
// the process ends instead, for that thread cannot be called back.
func (a *app) reset() {
	for _, p := range a.pending {
		if p.sock == nil {
			unix.Exit(0)
		}
	}
	for fd := range a.byFD {
		// Without a word: what is closed with SO_LINGER 0 leaves no FIN behind.
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		_ = unix.Close(fd)
	}
	a.pending, a.done = nil, nil
	clear(a.socks)
	clear(a.byFD)
	a.send(answer{Reset: true})
}

// handle begins a call. It is answered at once, or told to be pending.
func (a *app) handle(id uint64, c *Call) {
	if c.Op == "exit" {
		unix.Exit(0)
	}
	limit := c.Limit
	if limit == 0 {
		limit = a.limit
	}
	var ans answer
	var p *pending
	if c.Op == "await" {
		ans, p = a.await(c.Name, c.How)
	} else {
		ans, p = a.begin(c)
	}
	if p == nil {
		ans.ID = id
		a.send(ans)
		return
	}
	p.id, p.deadline = id, time.Now().Add(limit)
	a.send(answer{ID: id, Pending: true, Sock: a.book(p.name)})
	if p.awaited = c.Op == "await"; !p.awaited {
		p.op, p.name = c.Op, c.Name
		a.pending = append(a.pending, p)
	}
	a.register(p.sock)
}

// await takes up again what goes on in the background of a socket: the first call of a kind, "" for any.
func (a *app) await(name, op string) (answer, *pending) {
	for i, d := range a.done {
		if d.name == name && (op == "" || op == d.op) {
			a.done = slices.Delete(a.done, i, i+1)
			d.ans.Sock = a.book(name)
			return d.ans, nil
		}
	}
	for _, p := range a.pending {
		if p.name == name && p.id == 0 && (op == "" || op == p.op) {
			return answer{}, p
		}
	}
	return answer{NotRun: "no call on " + name + " goes on in the background"}, nil
}

// retry tries the pending calls once more whose sockets epoll has found ready, and the lingering closes.
// Others must not be tried: a send that sleeps is woken when a third of the buffer is free
// (sk_stream_write_space), and one that is made anew would take less.
func (a *app) retry(ready map[int]bool) {
	left := a.pending[:0]
	for _, p := range a.pending {
		if s := p.sock; s != nil && a.byFD[s.fd] == s && !ready[s.fd] {
			left = append(left, p)
			continue
		}
		if p.keeps && p.id == 0 && a.byFD[p.sock.fd] == p.sock {
			left = append(left, p)
			continue
		}
		ans, ok := p.again()
		if !ok {
			left = append(left, p)
			continue
		}
		a.finish(p, ans)
		a.drop(p)
	}
	a.pending = left
	for _, p := range left {
		a.register(p.sock)
	}
}

func (a *app) finish(p *pending, ans answer) {
	if p.id == 0 {
		if a.done = append(a.done, doneCall{p.name, p.op, ans}); len(a.done) > maxDone {
			a.done = a.done[1:]
		}
		a.send(answer{Sock: a.book(p.name), As: ans.As}) // nobody waits, but a name may have come to be
		return
	}
	ans.ID = p.id
	if ans.Sock == nil {
		ans.Sock = a.book(p.name)
	}
	a.send(ans)
}

// expire ends the waiting of callers whose limit has passed; their calls go on in the background.
func (a *app) expire(now time.Time) {
	for _, p := range a.pending {
		if p.id != 0 && !now.Before(p.deadline) {
			ans := p.stop()
			if p.awaited {
				ans = answer{Result: callPending}
			}
			ans.ID, p.id = p.id, 0
			if ans.Sock == nil {
				ans.Sock = a.book(p.name)
			}
			a.send(ans)
			a.register(p.sock)
		}
	}
}

// drop forgets a pending call's interest in its socket.
func (a *app) drop(p *pending) {
	if p.sock != nil && a.byFD[p.sock.fd] == p.sock && p.sock.mask != 0 {
		_ = unix.EpollCtl(a.epoll, unix.EPOLL_CTL_DEL, p.sock.fd, nil)
		p.sock.mask = 0
	}
}

// register tells epoll what the pending calls on a socket wait for.
func (a *app) register(s *appSock) {
	if s == nil || a.byFD[s.fd] != s {
		return
	}
	mask := uint32(0)
	for _, p := range a.pending {
		if p.sock == s && (!p.keeps || p.id != 0) {
			mask |= p.events
		}
	}
	if mask == s.mask {
		return
	}
	op := unix.EPOLL_CTL_MOD
	switch {
	case s.mask == 0:
		op = unix.EPOLL_CTL_ADD
	case mask == 0:
		op = unix.EPOLL_CTL_DEL
	}
	s.mask = mask
	ev := unix.EpollEvent{Events: mask, Fd: int32(s.fd)}
	if err := unix.EpollCtl(a.epoll, op, s.fd, &ev); err != nil {
		panic("BUG: epoll_ctl: " + err.Error())
	}
}

func (a *app) send(ans answer) {
	b, err := appendMessage(a.out, ans)
	if err != nil {
		panic("BUG: answer: " + err.Error())
	}
	a.out = b
}

func (a *app) flush() {
	for b := a.out; len(b) > 0; {
		n, err := unix.Write(a.fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			unix.Exit(0)
		}
		b = b[n:]
	}
	a.out = a.out[:0]
}

// book is what is known of a socket by name; nil when it is not open.
func (a *app) book(name string) *book {
	s := a.socks[name]
	if s == nil {
		return nil
	}
	return s.book()
}

func (s *appSock) book() *book {
	b := &book{Name: s.name, Family: s.family, Device: s.device, Open: true}
	if sa, err := unix.Getsockname(s.fd); err == nil {
		if a := sockdiag.AddrPort(sa); a.Port() != 0 {
			b.Local = a
		}
	}
	if sa, err := unix.Getpeername(s.fd); err == nil {
		b.Remote = sockdiag.AddrPort(sa)
	} else if s.target != nil {
		b.Remote = reached(sockdiag.AddrPort(s.target), b.Local)
	}
	b.Cookie, _ = unix.GetsockoptUint64(s.fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if ti, err := unix.GetsockoptTCPInfo(s.fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
		b.State = sockdiag.State(ti.State)
	}
	return b
}
