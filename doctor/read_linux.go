package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	diag "fourwave/sockdiag"
)

// read reads all that the answer needs.
func read(ctx context.Context, q Question) (*reading, error) {
	c, err := diag.Open()
	if err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	defer c.Close()
	r := &reading{settings: readSettings(q.Port), uid: os.Geteuid(), pid: os.Getpid(), asked: q.addr(),
		limits: linuxLimits}
	states := diag.Any
	if q.Protocol != UDP {
		states = statesToAsk(ctx)
	}
	var used portSet
	if r.sockets, used, r.more, err = readPort(ctx, c, q, states, &r.settings); err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	if err := r.time(c); err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	r.local = isLocal(q.addr())
	r.addrs = addresses(q)
	if len(r.sockets) > 0 {
		r.nearby = r.freeAfter(q.Port, used)
	}
	if q.Protocol != UDP {
		r.udp = readUDP(ctx, q, &r.settings)
	}
	spaces := namespaces(ctx, q, &r.settings)
	r.spaces = spaces.found
	who := r.findProcesses(ctx)
	r.kept = findKept(ctx, r, q)
	r.whatIsHidden(who, spaces)
	return r, ctx.Err()
}

// time looks at the timers, and reads the sysctls that bound them only where there are any.
func (r *reading) time(c *diag.Conn) error {
	for i := range r.sockets {
		if len(r.sockets[i].samples) == 0 {
			continue
		}
		if !r.limited {
			r.limits, r.limited = readLimits(), true
		}
		if err := r.sockets[i].time(c); err != nil {
			return err
		}
	}
	return nil
}

// findProcesses finds, in one walk through /proc, the processes that have the sockets of this
// namespace and of the others open.
func (r *reading) findProcesses(ctx context.Context) owners {
	want := make(map[uint32]bool)
	inodesOf(want, r.sockets)
	inodesOf(want, r.udp)
	for i := range r.spaces {
		inodesOf(want, r.spaces[i].Sockets)
	}
	who := findOwners(ctx, want)
	who.askOwners(r.sockets)
	who.askOwners(r.udp)
	for i := range r.spaces {
		sp := &r.spaces[i]
		who.askOwners(sp.Sockets)
		if sp.PID != 0 {
			p := process(sp.PID)
			sp.Command, sp.Container, sp.Runtime = p.Command, p.Container, p.Runtime
		}
	}
	return who
}

// readPort reads the sockets of one port, the alike ones together, and which of the ports behind it
// have any.
func readPort(ctx context.Context, c *diag.Conn, q Question, states diag.States, set *Settings) (sockets []Socket,
	used portSet, more int, err error) {
	t := newTable(q.protocol(), q.addr(), set.EphemeralLow, set.EphemeralHigh)
	high := uint16(min(int(q.Port)+nearbyPorts, 65535))
	take := func(s *diag.Socket) {
		if s.Local.Port() == q.Port {
			t.add(s)
		} else {
			used[s.Local.Port()-q.Port] = true
		}
	}
	if q.Protocol == UDP {
		err = c.DumpUDP(ctx, q.Port, high, take)
	} else {
		err = c.Dump(ctx, diag.Filter{States: states, Low: q.Port, High: high}, take)
	}
	if err != nil {
		return nil, used, 0, err
	}
	for _, s := range t.order {
		if q.Protocol != UDP {
			t.findRole(c, s)
		}
		sockets = append(sockets, *s)
	}
	return sockets, used, t.more, nil
}

// readUDP reads the UDP sockets of the same number, as far as the kernel tells of them.
func readUDP(ctx context.Context, q Question, set *Settings) []Socket {
	c, err := diag.Open()
	if err != nil {
		return nil
	}
	defer c.Close()
	t := newTable(UDP, q.addr(), set.EphemeralLow, set.EphemeralHigh)
	if c.DumpUDP(ctx, q.Port, q.Port, t.add) != nil {
		return nil
	}
	var all []Socket
	for _, s := range t.order {
		all = append(all, *s)
	}
	return all
}

// findRole settles which end of a connection a socket is where the ports do not show it: a socket
// that is connected to a listener of this machine is a client; else a port of the ephemeral range
// is a client's.
func (t *table) findRole(c *diag.Conn, s *Socket) {
	if s.role != roleUnknown || s.mini || !s.Remote.IsValid() {
		return
	}
	switch {
	case listens(c, s.Local):
		s.role = roleServer
	case listens(c, s.Remote), t.ephemeral(s.Local.Port()):
		s.role = roleClient
	default:
		s.role = roleServer
	}
}

// listens reports whether a socket of this namespace listens for connections to an address.
func listens(c *diag.Conn, at netip.AddrPort) bool {
	anyone := netip.IPv6Unspecified()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if at.Addr().Is4() {
		anyone = netip.IPv4Unspecified()
	}
	s, ok, err := c.Find(at, netip.AddrPortFrom(anyone, 0), 0)
	return err == nil && ok && s.State == diag.Listen
}

// isLocal asks the kernel whether an address can be bound at all, without taking a port.
func isLocal(a netip.Addr) bool {
	fd, sa, err := socketFor(netip.AddrPortFrom(a, 0), unix.SOCK_STREAM)
	if err != nil {
		return true // bind would not say EADDRNOTAVAIL but fail before
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	return !errors.Is(unix.Bind(fd, sa), unix.EADDRNOTAVAIL)
}

// socketFor makes a socket of the address's family, dual-stack if it is IPv6.
func socketFor(at netip.AddrPort, kind int) (fd int, sa unix.Sockaddr, err error) {
	family := unix.AF_INET6
	if at.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, nil, err
	}
	if at.Addr().Is4() {
		return fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}, nil
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	in6 := &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
	if d, err := net.InterfaceByName(at.Addr().Zone()); err == nil {
		in6.ZoneId = uint32(d.Index)
	}
	return fd, in6, nil
}

// tryBind makes a real bind and undoes it.
func tryBind(q Question) error {
	kind := unix.SOCK_STREAM
	if q.Protocol == UDP {
		kind = unix.SOCK_DGRAM
	}
	fd, sa, err := socketFor(netip.AddrPortFrom(q.addr(), q.Port), kind)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	for name, on := range map[int]bool{unix.SO_REUSEADDR: q.ReuseAddr, unix.SO_REUSEPORT: q.ReusePort} {
		if !on {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, name, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return os.NewSyscallError("bind", unix.Bind(fd, sa))
}

func errnoName(err error) string {
	var e unix.Errno
	if errors.As(err, &e) {
		return unix.ErrnoName(e)
	}
	return err.Error()
}

// maxAddrs bounds the addresses that are tried in thought.
const maxAddrs = 12

// addresses are those of this machine on which the port might be had instead: the wildcards, the
// loopbacks, and what the interfaces have.
func addresses(q Question) []netip.Addr {
	all := []netip.Addr{netip.IPv4Unspecified()}
	six := hasIPv6()
	if six {
		all = append(all, netip.IPv6Unspecified())
	}
	all = append(all, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if six && isLocal(netip.IPv6Loopback()) {
		all = append(all, netip.IPv6Loopback())
	}
	own, _ := net.InterfaceAddrs()
	for _, a := range own {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() && len(all) < maxAddrs {
			all = append(all, p.Addr())
		}
	}
	return all
}

// hasIPv6 reports whether an IPv6 socket can be made at all.
func hasIPv6() bool {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
}

// whatIsHidden says what this reading could not see, and why.
func (r *reading) whatIsHidden(who owners, spaces spaces) {
	add := func(en, zh string, args ...any) { r.hidden = append(r.hidden, say(en, zh, args...)) }
	for _, s := range r.sockets {
		if s.Hidden && who.hidden {
			add("Which process has a socket open is shown only for this user's own; as root the doctor sees all.",
				"只能看到当前用户自己的进程占用了哪些套接字；以 root 运行可以看到全部。")
			break
		}
	}
	if !who.complete {
		add("There are more processes than could be looked into in %s.", "进程太多，未能在 %s 内全部查完。", walkTime)
	}
	if n := len(spaces.late); n > 0 {
		add("There was no time (%s) to look into %s: %s.", "时间（%s）不够，有%s没有查看：%s。",
			lookTime, several(n, "another network namespace", "other network namespaces",
				"其他网络命名空间"), listed(spaces.late))
	}
	if n := len(spaces.denied); n > 0 {
		add("Rights do not let this user look into %s (%s); as root the doctor looks.",
			"权限不足，有%s没有查看（%s）；以 root 运行可以查看。",
			several(n, "another network namespace", "other network namespaces",
				"其他网络命名空间"), listed(spaces.denied))
	}
	if spaces.hidden > 0 && len(r.sockets) == 0 {
		add("Rights hide the network namespaces of %s: a container, for one, may have the port in its own.",
			"权限不足，看不到%s所在的网络命名空间：例如某个容器可能在它自己的命名空间里占着这个端口。",
			several(spaces.hidden, "a process", "processes", "进程"))
	}
	if !boundIsShown(r.settings.Kernel) {
		add("This kernel (%s) does not show sockets that are bound and not listening; Linux 6.8 and later do.",
			"这个内核（%s）不显示只绑定而未监听的套接字；Linux 6.8 及以后的版本才显示。", r.settings.Kernel)
	}
	if r.more > 0 {
		add("Of the sockets with still other local addresses, %d, none was judged: they were counted.",
			"另有 %d 个本地地址不同的套接字，只计了数，没有逐个判断。", r.more)
	}
}

// listed names the first few namespaces.
func listed(all []space) string {
	var names []string
	for _, sp := range all[:min(len(all), maxListed)] {
		names = append(names, sp.String())
	}
	if more := len(all) - len(names); more > 0 {
		names = append(names, "… +"+strconv.Itoa(more))
	}
	return strings.Join(names, ", ")
}

// boundIsShown reads a kernel's release: TCPF_BOUND_INACTIVE came with 6.8.
func boundIsShown(release string) bool {
	var major, minor int
	if n, _ := fmt.Sscanf(release, "%d.%d", &major, &minor); n < 2 {
		return false
	}
	return major > 6 || major == 6 && minor >= 8
}
