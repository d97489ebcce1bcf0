package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"fourwave/realsock/diag"
)

// nearby is how many ports after the one asked about are looked at for a free one.
const nearbyPorts = 64

// read reads all that the answer needs.
func read(ctx context.Context, q Question) (*reading, error) {
	c, err := diag.Open()
	if err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	defer c.Close()
	r := &reading{settings: readSettings(q.Port), uid: os.Geteuid(), asked: q.addr()}
	states := statesToAsk(ctx)
	if r.sockets, r.more, err = readPort(ctx, c, q, states, &r.settings); err != nil {
		return nil, errors.Join(ErrCannotAsk, err)
	}
	hidden, complete := askOwners(ctx, r.sockets)
	r.local = isLocal(q.addr())
	r.addrs = addresses(q)
	if len(r.sockets) > 0 {
		if r.nearby, err = freeNear(ctx, c, q.Port, states, &r.settings); err != nil {
			return nil, err
		}
	}
	spaces := namespaces(ctx, q, &r.settings)
	r.spaces = spaces.found
	r.whatIsHidden(hidden, complete, spaces)
	return r, ctx.Err()
}

// readPort reads the sockets of one port, the alike ones together.
func readPort(ctx context.Context, c *diag.Conn, q Question, states diag.States, set *Settings) (sockets []Socket, more int, err error) {
	t := newTable(q.addr(), set.EphemeralLow, set.EphemeralHigh)
	if err := c.Dump(ctx, diag.Filter{States: states, Low: q.Port, High: q.Port}, t.add); err != nil {
		return nil, 0, err
	}
	for _, s := range t.order {
		t.findRole(c, s)
		sockets = append(sockets, *s)
	}
	return sockets, t.more, nil
}

// findRole settles which end of a connection a socket is where the ports do not tell: who is connected to a listener of this
// machine is a client; else a port of the ephemeral range is a client's.
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

// freeNear finds the next port that has no socket, is not of the ephemeral range and may be bound; 0 if none is near.
func freeNear(ctx context.Context, c *diag.Conn, port uint16, states diag.States, set *Settings) (int, error) {
	if port == 65535 {
		return 0, nil
	}
	low, high := port+1, uint16(min(int(port)+nearbyPorts, 65535))
	used := make(map[uint16]bool)
	if err := c.Dump(ctx, diag.Filter{States: states, Low: low, High: high}, func(s *diag.Socket) { used[s.Local.Port()] = true }); err != nil {
		return 0, err
	}
	for p := int(low); p <= int(high); p++ {
		ephemeral := p >= set.EphemeralLow && p <= set.EphemeralHigh && !set.Ephemeral
		privileged := p < set.UnprivilegedStart && !set.MayBindPrivileged
		if !used[uint16(p)] && !ephemeral && !privileged {
			return p, nil
		}
	}
	return 0, nil
}

// isLocal asks the kernel whether an address can be bound at all, without taking a port.
func isLocal(a netip.Addr) bool {
	fd, sa, err := socketFor(netip.AddrPortFrom(a, 0))
	if err != nil {
		return true // bind would not say EADDRNOTAVAIL but fail before
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	return !errors.Is(unix.Bind(fd, sa), unix.EADDRNOTAVAIL)
}

// socketFor makes a socket of the address's family, dual-stack if it is IPv6.
func socketFor(at netip.AddrPort) (fd int, sa unix.Sockaddr, err error) {
	family := unix.AF_INET6
	if at.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
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
	fd, sa, err := socketFor(netip.AddrPortFrom(q.addr(), q.Port))
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

// addresses are those of this machine on which the port might be had instead: the wildcards, the loopbacks, and what the
// interfaces have.
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

// whatIsHidden says what this reading could not see.
func (r *reading) whatIsHidden(processes, complete bool, spaces spaces) {
	add := func(en, zh string, args ...any) { r.hidden = append(r.hidden, say(en, zh, args...)) }
	for _, s := range r.sockets {
		if s.Hidden && processes {
			add("Which process has a socket open is shown only for this user's own; as root the doctor sees all.",
				"只能看到当前用户自己的进程占用了哪些套接字；以 root 运行可以看到全部。")
			break
		}
	}
	if !complete {
		add("There are more processes than could be looked into in %s.", "进程太多，未能在 %s 内全部查完。", walkTime)
	}
	if spaces.closed > 0 {
		add("There was no look into %s, for want of rights or of time (%s); as root the doctor looks.", "有%s没有查看（权限不足，或超过 %s）；以 root 运行可以查看。",
			several(spaces.closed, "another network namespace", "other network namespaces", "其他网络命名空间"), lookTime)
	}
	if spaces.hidden && len(r.sockets) == 0 {
		add("Rights hide the network namespaces of some processes: a container, for one, may have the port in its own.",
			"权限不足，看不到某些进程所在的网络命名空间：例如某个容器可能在它自己的命名空间里占着这个端口。")
	}
	if !boundIsShown(r.settings.Kernel) {
		add("This kernel (%s) does not show sockets that are bound and not listening; Linux 6.8 and later do.",
			"这个内核（%s）不显示只绑定而未监听的套接字；Linux 6.8 及以后的版本才显示。", r.settings.Kernel)
	}
	if r.more > 0 {
		add("Of the sockets with still other local addresses, %d, none was judged: they were counted.", "另有 %d 个本地地址不同的套接字，只计了数，没有逐个判断。", r.more)
	}
}

// boundIsShown reads a kernel's release: TCPF_BOUND_INACTIVE came with 6.8.
func boundIsShown(release string) bool {
	var major, minor int
	if n, _ := fmt.Sscanf(release, "%d.%d", &major, &minor); n < 2 {
		return false
	}
	return major > 6 || major == 6 && minor >= 8
}
