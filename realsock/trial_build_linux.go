package realsock

import (
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// attempt is one trial under way: what it has opened, in order.
type attempt struct {
	stage *trialStage
	port  uint16
	ends  [maxTrialSockets]trialEnd
	n     int
	fresh int    // the new socket; 0: none
	looks []byte // nil: the trial is not watched
	blind error  // the first of looking
}

// trialEnd is an existing socket: its descriptors, 0 where there is none, and its connection.
type trialEnd struct {
	spec     *TrialSocket
	index    int
	fd       int // of the socket itself
	listener int // its parent's, if that is still open
	peer     int // the other end
	answerer int // a listener that is there for this end alone, and who fills it
	filler   int
	deaf     bool
	seen     sockdiag.State // the state that it was last seen in, if the trial is watched
	peerSeen sockdiag.State
	local    netip.AddrPort
	remote   netip.AddrPort
}

// unbuilt is why a situation could not be built; again says that it may come out right another time.
type unbuilt struct {
	why   string
	again bool
}

func cannot(call string, err error) *unbuilt {
	return &unbuilt{why: call + ": " + sockdiag.ErrnoName(err)}
}

// run builds the situation, checks it, and makes the calls.
func (t *attempt) run(trial *Trial) (o TrialOutcome, again bool) {
	o.Port = int(t.port)
	for i := range trial.Existing {
		if i == maxTrialSockets {
			o.NotRun = fmt.Sprintf("more than %d sockets", maxTrialSockets)
			return o, false
		}
		bad := t.build(i, &trial.Existing[i])
		if bad == nil {
			bad = t.check(&t.ends[i])
		}
		if bad != nil {
			o.NotRun = fmt.Sprintf("existing socket %d cannot come about: %s", i, bad.why)
			return o, bad.again
		}
	}
	for i := range t.n - 1 { // which those after it may have changed
		if bad := t.check(&t.ends[i]); bad != nil {
			o.NotRun = fmt.Sprintf("existing socket %d did not stay: %s", i, bad.why)
			return o, bad.again
		}
	}
	if trial.New.Addr.Is6() && !t.stage.ipv6 {
		o.NotRun = "new socket: " + noIPv6
		return o, false
	}
	var bound, listening error
	called := false
	err := t.as(trial.New.UID, func() error {
		fd, err := t.socket(trial.New.Addr, &trial.New, 0)
		if err != nil {
			return err
		}
		t.fresh = fd
		bound = bind(fd, netip.AddrPortFrom(trial.New.Addr, t.port))
		t.lookAll("bind")
		if called = bound == nil && trial.Listen; called {
			listening = t.listen(fd, trial.New.Addr)
			t.lookAll("listen")
		}
		return nil
	})
	if err != nil {
		o.NotRun = "new socket: " + t.reason(trial.New.UID, err)
		return o, false
	}
	o.Bind = sockdiag.ErrnoName(bound)
	if called {
		o.Listen = sockdiag.ErrnoName(listening)
	}
	if o.Looks = t.looks; t.blind != nil {
		return TrialOutcome{Port: int(t.port), NotRun: t.blind.Error()}, false
	}
	return o, false
}

func (t *attempt) as(uid int, f func() error) error {
	if uid == 0 {
		return f()
	}
	if !t.stage.uids {
		return errUID
	}
	s := appSock{uid: uid}
	return s.as(f)
}

func (t *attempt) reason(uid int, err error) string {
	if err == errUID {
		return fmt.Sprintf("uid %d does not exist in this user namespace; that needs root", uid)
	}
	return sockdiag.ErrnoName(err)
}

// socket makes a socket, which must do no harm where the host is not our own.
func (t *attempt) socket(a netip.Addr, o *TrialSocket, flags int) (int, error) {
	fd, err := newSocket(a, o, flags)
	if err != nil || t.stage.own == nil {
		return fd, err
	}
	if err := tame(fd, a, o); err != nil {
		closeNow(fd)
		return 0, err
	}
	return fd, nil
}

// listen listens, so that nobody outside can connect where the host is not our own.
func (t *attempt) listen(fd int, a netip.Addr) error {
	if t.stage.own != nil {
		if err := shield(fd, a); err != nil {
			return err
		}
	}
	return listen(fd)
}

// newSocket makes a socket of an address's family with the options of a trial.
func newSocket(a netip.Addr, o *TrialSocket, flags int) (int, error) {
	domain := unix.AF_INET
	if a.Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, unix.IPPROTO_TCP)
	if err != nil {
		return 0, err
	}
	set := func(on bool, level, name int) {
		if on && err == nil {
			err = setInt(fd, level, name, 1)
		}
	}
	set(o.ReuseAddr, unix.SOL_SOCKET, unix.SO_REUSEADDR)
	set(o.ReusePort, unix.SOL_SOCKET, unix.SO_REUSEPORT)
	set(o.FreeBind, unix.IPPROTO_IP, unix.IP_FREEBIND)
	if domain == unix.AF_INET6 {
		set(o.V6Only, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
	}
	if o.Device != "" && err == nil {
		err = unix.SetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, o.Device)
	}
	if err != nil {
		closeNow(fd)
		return 0, err
	}
	return fd, nil
}

// bound makes a socket and binds it to the trial's port.
func (t *attempt) bound(s *TrialSocket, flags int) (fd int, bad *unbuilt) {
	err := t.as(s.UID, func() (err error) {
		fd, err = t.socket(s.Addr, s, flags)
		return err
	})
	if err != nil {
		return 0, &unbuilt{why: "socket: " + t.reason(s.UID, err)}
	}
	if err := bind(fd, netip.AddrPortFrom(s.Addr, t.port)); err != nil {
		closeNow(fd)
		return 0, cannot("bind", err)
	}
	return fd, nil
}

const noIPv6 = "there is no IPv6 here"

// build brings one existing socket into being.
func (t *attempt) build(i int, s *TrialSocket) *unbuilt {
	e := &t.ends[i]
	e.spec, e.index = s, i
	t.n = i + 1
	if a := firstOf(s.Addr, s.Via); a.Is6() && !t.stage.ipv6 {
		return &unbuilt{why: noIPv6}
	}
	if !s.Via.IsValid() {
		fd, bad := t.bound(s, 0)
		if bad != nil {
			return bad
		}
		e.fd = fd
		t.look(e, "bind")
		if s.State == "LISTEN" {
			if err := t.listen(fd, s.Addr); err != nil {
				return cannot("listen", err)
			}
			t.look(e, "listen")
		}
		return nil
	}
	var bad *unbuilt
	if s.Role == "accepted" {
		bad = t.accepted(e)
	} else {
		bad = t.client(i, e)
	}
	if bad != nil {
		return bad
	}
	return t.lead(e)
}

func firstOf(a, b netip.Addr) netip.Addr {
	if a.IsValid() {
		return a
	}
	return b
}

// accepted makes a listener, a client that connects to it, and the child of both.
func (t *attempt) accepted(e *trialEnd) *unbuilt {
	s := e.spec
	l, bad := t.bound(s, unix.SOCK_NONBLOCK)
	if bad != nil {
		return bad
	}
	e.listener = l
	if err := t.listen(l, s.Addr); err != nil {
		return cannot("listen", err)
	}
	t.look(e, "listen")
	c, err := t.socket(s.Via, &TrialSocket{}, 0)
	if err != nil {
		return cannot("socket", err)
	}
	e.peer = c
	if t.stage.own == nil {
		// Where the kernel does not know the option any port will do that is not a trial's; see below.
		_ = setInt(c, unix.IPPROTO_IP, ipLocalPortRange, clientPortLast<<16|clientPortFirst)
	} else if err := reachAll(c, s.Via); err != nil {
		return cannot("setsockopt", err)
	}
	e.local = netip.AddrPortFrom(s.Via, t.port)
	if err := connectSoon(c, e.local); err != nil {
		return cannot("connect", err)
	}
	if t.looks != nil {
		if e.remote, err = boundTo(c); err != nil {
			return cannot("getsockname", err)
		}
		t.look(e, "peer connect")
	}
	err = t.as(s.UID, func() (err error) {
		e.fd, e.remote, err = acceptSoon(l)
		return err
	})
	switch {
	case err != nil:
		return &unbuilt{why: "accept: " + t.reason(s.UID, err)}
	case t.stage.own == nil && e.remote.Port() <= trialPortLast:
		return &unbuilt{"the client was given the port of a trial", true}
	}
	t.look(e, "accept")
	if s.ListenerOpen {
		return nil
	}
	e.listener = 0
	closeNow(l)
	return nil
}

// connectSoon connects, which takes no time where somebody answers; EINPROGRESS is for where nobody does.
func connectSoon(fd int, to netip.AddrPort) error {
	limit := unix.NsecToTimeval(patience.Nanoseconds())
	if err := setOption(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, unsafe.Pointer(&limit), unsafe.Sizeof(limit)); err != nil {
		return err
	}
	err := connect(fd, to)
	for err == unix.EINTR { // a signal of the runtime; the call goes on where it was
		if err = connect(fd, to); err == unix.EALREADY {
			err = unix.EINPROGRESS
		}
	}
	return err
}

// acceptSoon accepts the connection that has just been made. Where several listen with SO_REUSEPORT it may
// have gone to another.
func acceptSoon(l int) (fd int, from netip.AddrPort, err error) {
	for start := time.Now(); ; {
		fd, from, err := accept(l, unix.SOCK_CLOEXEC)
		if err == nil {
			return fd, from, nil
		}
		if err != unix.EAGAIN && err != unix.EINTR || time.Since(start) > patience/10 {
			return 0, from, err
		}
		time.Sleep(20 * time.Microsecond)
	}
}

// client makes a client that bound the port itself, or was given it.
func (t *attempt) client(i int, e *trialEnd) *unbuilt {
	s, flags := e.spec, 0
	if s.State == "SYN_SENT" {
		flags = unix.SOCK_NONBLOCK
	}
	listener, port, bad := t.answererOf(i, e)
	if bad != nil {
		return bad
	}
	if s.Role == "connected" {
		e.fd, bad = t.bound(s, flags)
	} else {
		e.fd, bad = t.unbound(s, flags)
	}
	if bad != nil {
		return bad
	}
	e.remote = netip.AddrPortFrom(s.Via, port)
	err := connectSoon(e.fd, e.remote)
	if err == unix.EINPROGRESS && flags != 0 {
		err = nil
	}
	if err != nil {
		return cannot("connect", err)
	}
	if e.local, err = boundTo(e.fd); err != nil {
		return cannot("getsockname", err)
	}
	if e.local.Port() != t.port {
		return &unbuilt{why: fmt.Sprintf("the client was given port %d; a kernel since 6.3 can be asked for one (IP_LOCAL_PORT_RANGE)", e.local.Port())}
	}
	t.look(e, "connect")
	if flags != 0 {
		return nil
	}
	var from netip.AddrPort
	if e.peer, from, err = acceptSoon(listener); err != nil {
		return cannot("accept", err)
	}
	if unmapped(from) != unmapped(e.local) {
		return &unbuilt{"another connection was accepted", true}
	}
	t.look(e, "peer accept")
	return nil
}

// answererOf is the listener that a client connects to, and its port: one that listens all the time, or on a host that is not our
// own one for this client alone. A client that is to stay in SYN_SENT gets one that is deaf.
func (t *attempt) answererOf(i int, e *trialEnd) (l int, port uint16, bad *unbuilt) {
	family, deaf := 0, e.spec.State == "SYN_SENT"
	if !e.spec.Via.Unmap().Is4() {
		family = 1
	}
	switch {
	case t.stage.own == nil && deaf:
		return t.stage.deaf[family][i], uint16(deafPort + i), nil
	case t.stage.own == nil:
		return t.stage.peers[family][i], uint16(peerPort + i), nil
	}
	l, err := stageListener(netip.AddrPortFrom(e.spec.Via.Unmap(), 0))
	if err != nil {
		return 0, 0, &unbuilt{why: err.Error()}
	}
	e.answerer = l
	at, err := boundTo(l)
	if err == nil && deaf {
		e.filler, err = fill(l, at)
	}
	if err != nil {
		return 0, 0, cannot("connect", err)
	}
	return l, at.Port(), nil
}

// unbound makes a socket that connect will give the trial's port.
func (t *attempt) unbound(s *TrialSocket, flags int) (fd int, bad *unbuilt) {
	err := t.as(s.UID, func() (err error) {
		fd, err = t.socket(s.Via, s, flags)
		return err
	})
	if err != nil {
		return 0, &unbuilt{why: "socket: " + t.reason(s.UID, err)}
	}
	_ = setInt(fd, unix.IPPROTO_IP, ipLocalPortRange, int(t.port)<<16|int(t.port))
	return fd, nil
}
