package realsock

import (
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// maxOctets bounds what one send or recv moves.
const maxOctets = 16 << 20

var zeros [64 << 10]byte

// lingerPatience is how long a close that may block is given before it counts as waiting.
const lingerPatience = 2 * time.Millisecond

// result is a finished answer: "ok" or the errno's name.
func result(err error) answer { return answer{Result: sockdiag.ErrnoName(err)} }

// begin makes a call. It gives the answer, or the pending call if it must wait.
func (a *app) begin(c *Call) (answer, *pending) {
	if makes := c.Op == "socket" || c.Op == "bind" || c.Op == "connect"; makes && a.socks[c.Name] == nil {
		if ans := a.open(c); ans.Result != "ok" {
			return ans, nil
		}
		if c.Op == "socket" {
			return answer{Result: "ok", Sock: a.book(c.Name)}, nil
		}
	} else if c.Op == "socket" {
		return answer{NotRun: "socket " + c.Name + " is open already"}, nil
	} else if makes || c.Op == "set" {
		if s := a.socks[c.Name]; s != nil {
			if err := s.set(c.Opts); err != nil {
				return result(err), nil
			}
		}
	}
	s := a.socks[c.Name]
	if s == nil {
		return result(unix.EBADF), nil
	}
	ans, p := a.call(s, c)
	if ans.Sock == nil {
		ans.Sock = a.book(c.Name)
	}
	return ans, p
}

func (a *app) call(s *appSock, c *Call) (answer, *pending) {
	switch c.Op {
	case "set":
		return answer{Result: "ok"}, nil
	case "bind":
		return result(s.bind(c.Addr)), nil
	case "listen":
		n := c.N
		if n < 0 {
			n = unix.SOMAXCONN
		}
		err := s.as(func() error { return unix.Listen(s.fd, n) })
		if err == nil {
			s.target = nil
		}
		return result(err), nil
	case "accept":
		return a.accept(s, c.As)
	case "connect":
		return a.connect(s, c)
	case "send":
		return a.write(s, c.N)
	case "recv":
		return a.recv(s, c.N, c.NoWait)
	case "error":
		e, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			return result(err), nil
		case e == 0:
			return answer{Result: "0"}, nil
		}
		return result(unix.Errno(e)), nil
	case "shutdown":
		how := map[string]int{"rd": unix.SHUT_RD, "wr": unix.SHUT_WR, "both": unix.SHUT_RDWR}
		h, ok := how[c.How]
		if !ok {
			return result(unix.EINVAL), nil
		}
		s.shut = true
		return result(unix.Shutdown(s.fd, h)), nil
	case "close":
		return a.close(s)
	case "abort":
		err := unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		if err != nil {
			return result(err), nil
		}
		return a.close(s)
	}
	return answer{NotRun: "a host has no call " + strconv.Quote(c.Op)}, nil
}

// open makes the socket of a call and sets its options.
func (a *app) open(c *Call) answer {
	if len(a.socks) >= a.max {
		return result(unix.EMFILE)
	}
	domain, family := unix.AF_INET, 4
	if c.Family == 6 {
		domain, family = unix.AF_INET6, 6
	}
	s := &appSock{name: c.Name, family: family}
	for _, o := range c.Opts {
		if o.Name == "uid" {
			s.uid = o.N
		}
	}
	var fd int
	err := s.as(func() (err error) {
		fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
		return err
	})
	if err == errUID {
		return answer{NotRun: "uid " + strconv.Itoa(s.uid) + " does not exist in this user namespace; that needs root"}
	}
	if err != nil {
		return result(err)
	}
	s.fd = fd
	if err := s.set(c.Opts); err != nil {
		unix.Close(fd)
		return result(err)
	}
	a.add(s)
	return answer{Result: "ok"}
}

func (a *app) add(s *appSock) {
	a.socks[s.name], a.byFD[s.fd] = s, s
	a.done = slices.DeleteFunc(a.done, func(d doneCall) bool { return d.name == s.name })
}

// errUID says that a uid is not mapped in this user namespace.
var errUID = unix.EUSERS

// as runs f under the socket's uid, without the capabilities of root. Only this thread changes its uid.
func (s *appSock) as(f func() error) error {
	if s.uid == 0 {
		return f()
	}
	runtime.LockOSThread()
	keep := ^uintptr(0)
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(s.uid), keep); e != 0 {
		runtime.UnlockOSThread()
		return errUID
	}
	err := f()
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRESUID, keep, 0, keep); e != 0 {
		panic("BUG: setresuid back: " + e.Error())
	}
	runtime.UnlockOSThread()
	return err
}

// bind binds the socket. Where an earlier connect went, which was refused, means nothing afterwards.
func (s *appSock) bind(to netip.AddrPort) error {
	err := s.as(func() error { return unix.Bind(s.fd, sockdiag.Sockaddr(to)) })
	if err == nil {
		s.target = nil
	}
	return err
}

func (a *app) accept(s *appSock, as string) (answer, *pending) {
	if a.socks[as] != nil {
		return answer{NotRun: "socket " + as + " is open already"}, nil
	}
	try := func() (answer, bool) {
		var fd int
		// The new socket belongs to the user who accepts it (sock_graft), which SO_REUSEPORT asks for.
		err := s.as(func() (err error) {
			fd, _, err = unix.Accept4(s.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			return err
		})
		if err == unix.EAGAIN {
			return answer{}, false
		}
		if err != nil {
			return result(err), true
		}
		if len(a.socks) >= a.max || a.socks[as] != nil {
			unix.Close(fd)
			return result(unix.EMFILE), true
		}
		child := &appSock{name: as, fd: fd, family: s.family, uid: s.uid, device: s.device}
		a.add(child)
		return answer{Result: "ok", As: child.book()}, true
	}
	return a.try(s, unix.EPOLLIN, try, func() answer { return result(unix.EAGAIN) })
}

// try makes a call once, and makes a pending one of it if that would block.
func (a *app) try(s *appSock, events uint32, f func() (answer, bool), stop func() answer) (answer, *pending) {
	if ans, ok := f(); ok {
		return ans, nil
	}
	again := func() (answer, bool) {
		if a.byFD[s.fd] != s {
			return result(unix.EBADF), true // closed meanwhile
		}
		return f()
	}
	return answer{}, &pending{name: s.name, sock: s, events: events, again: again, stop: stop}
}

func (a *app) connect(s *appSock, c *Call) (answer, *pending) {
	if c.From.IsValid() {
		if err := s.bind(c.From); err != nil {
			return result(err), nil
		}
	}
	to := sockdiag.Sockaddr(c.Addr)
	switch err := unix.Connect(s.fd, to); err {
	case unix.EINPROGRESS:
		s.target = to
	case nil, unix.ECONNREFUSED:
		s.target = to
		return result(err), nil
	default:
		return result(err), nil
	}
	// Asking with connect again, and not with SO_ERROR, leaves the socket as a call that had waited would: one that was
	// refused can listen afterwards.
	s.shut = false
	try := func() (answer, bool) {
		if s.shut { // asking again would begin anew
			err := error(unix.ECONNABORTED)
			if e, _ := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR); e != 0 {
				err = unix.Errno(e)
			}
			return result(err), true
		}
		err := unix.Connect(s.fd, to)
		return result(err), err != unix.EALREADY && err != unix.EINPROGRESS
	}
	return a.try(s, unix.EPOLLOUT, try, func() answer { return result(unix.EINPROGRESS) })
}

func (a *app) write(s *appSock, n int) (answer, *pending) {
	if n < 0 || n > maxOctets {
		return answer{NotRun: "a send moves at most 16 MiB"}, nil
	}
	sent := 0
	try := func() (answer, bool) {
		for {
			m, err := unix.SendmsgN(s.fd, zeros[:min(n-sent, len(zeros))], nil, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
			switch {
			case err == unix.EAGAIN:
				return answer{}, false
			case err == unix.EINTR:
				continue
			case err != nil && sent == 0:
				return result(err), true
			case err != nil:
				return answer{Result: strconv.Itoa(sent)}, true
			}
			if sent += m; sent >= n {
				return answer{Result: strconv.Itoa(sent)}, true
			}
		}
	}
	stop := func() answer {
		if sent == 0 {
			return answer{Result: callPending}
		}
		return answer{Result: strconv.Itoa(sent)}
	}
	return a.try(s, unix.EPOLLOUT, try, stop)
}

func (a *app) recv(s *appSock, n int, now bool) (answer, *pending) {
	if n < 0 {
		n = len(zeros)
	}
	if n > maxOctets {
		return answer{NotRun: "a recv moves at most 16 MiB"}, nil
	}
	buf := make([]byte, min(n, 64<<10))
	try := func() (answer, bool) {
		got := 0
		for got < n {
			m, _, err := unix.Recvfrom(s.fd, buf[:min(len(buf), n-got)], unix.MSG_DONTWAIT)
			switch {
			case err == unix.EINTR:
				continue
			case err == unix.EAGAIN && got == 0:
				return answer{}, false
			case err != nil && got == 0:
				return result(err), true
			case m == 0 && err == nil && got == 0 && n > 0:
				return answer{Result: "EOF"}, true
			case err != nil || m < len(buf):
				return answer{Result: strconv.Itoa(got + max(m, 0))}, true
			}
			got += m
		}
		return answer{Result: strconv.Itoa(got)}, true
	}
	if now {
		ans, ok := try()
		if !ok {
			ans = result(unix.EAGAIN)
		}
		return ans, nil
	}
	ans, p := a.try(s, unix.EPOLLIN|unix.EPOLLRDHUP, try, func() answer { return result(unix.EAGAIN) })
	if p != nil {
		p.keeps = true // what comes later belongs to the next recv, unless await collects this one
	}
	return ans, p
}

// close closes a descriptor; one that lingers does so on a thread of its own.
func (a *app) close(s *appSock) (answer, *pending) {
	last := s.book()
	last.Open = false
	delete(a.socks, s.name)
	delete(a.byFD, s.fd)
	l, err := getLinger(s.fd)
	if err != nil || l.Onoff == 0 || l.Linger == 0 {
		ans := result(unix.Close(s.fd))
		ans.Sock = last
		return ans, nil
	}
	back := make(chan error, 1)
	go func() {
		back <- unix.Close(s.fd)
		_, _ = unix.Write(a.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}()
	finish := func(err error) answer {
		ans := result(err)
		ans.Sock = last
		return ans
	}
	select {
	case err := <-back:
		return finish(err), nil
	case <-time.After(lingerPatience):
	}
	again := func() (answer, bool) {
		select {
		case err := <-back:
			return finish(err), true
		default:
			return answer{}, false
		}
	}
	return answer{Sock: last}, &pending{name: s.name, again: again, stop: func() answer { return answer{Result: callPending, Sock: last} }}
}
