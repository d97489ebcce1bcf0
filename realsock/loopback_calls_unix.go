//go:build unix

package realsock

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// socket makes a socket with the options of a trial.
func (p *plainTrial) socket(a netip.Addr, s *TrialSocket) (int, error) {
	domain := unix.AF_INET
	if a.Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	unix.CloseOnExec(fd)
	p.open = append(p.open, fd)
	set := func(level, name int, on bool) {
		value := 0
		if on {
			value = 1
		}
		if err == nil {
			err = unix.SetsockoptInt(fd, level, name, value)
		}
	}
	set(unix.SOL_SOCKET, unix.SO_REUSEADDR, s.ReuseAddr)
	set(unix.SOL_SOCKET, unix.SO_REUSEPORT, s.ReusePort)
	if a.Is6() {
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, s.V6Only)
	}
	return fd, err
}

// bound makes a socket and binds it to the trial's port, which is found if there is none yet.
func (p *plainTrial) bound(s *TrialSocket) (fd int, err error) {
	if p.port == 0 {
		if p.port, err = p.freePort(); err != nil {
			return 0, err
		}
	}
	if fd, err = p.socket(s.Addr, s); err != nil {
		return 0, err
	}
	return fd, p.bind(fd, s.Addr)
}

// bind binds a socket to the trial's port.
func (p *plainTrial) bind(fd int, a netip.Addr) error {
	err := unix.Bind(fd, sockdiag.Sockaddr(netip.AddrPortFrom(a, p.port)))
	p.refused = p.refused || err == unix.EADDRINUSE
	return err
}

func (p *plainTrial) listen(fd int) error {
	err := unix.Listen(fd, trialBacklog)
	p.refused = p.refused || err == unix.EADDRINUSE
	return err
}

// freePort is a port that no socket has in any state, at any address: the kernel gives it to a wildcard of both families.
func (p *plainTrial) freePort() (uint16, error) {
	a := netip.IPv6Unspecified()
	fd, err := p.socket(a, &TrialSocket{})
	if err != nil {
		a = netip.IPv4Unspecified()
		if fd, err = p.socket(a, &TrialSocket{}); err != nil {
			return 0, err
		}
	}
	if err := unix.Bind(fd, sockdiag.Sockaddr(netip.AddrPortFrom(a, 0))); err != nil {
		return 0, err
	}
	defer p.closeLast()
	return portOf(fd)
}

// close closes a descriptor.
func (p *plainTrial) close(fd int) error {
	p.open = slices.DeleteFunc(p.open, func(x int) bool { return x == fd })
	return unix.Close(fd)
}

func (p *plainTrial) closeLast() { _ = p.close(p.open[len(p.open)-1]) }

// clear closes what is open, by reset where a connection is to end.
func (p *plainTrial) clear() {
	for _, fd := range p.closes {
		if slices.Contains(p.open, fd) {
			_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		}
	}
	for len(p.open) > 0 {
		p.closeLast()
	}
}

func portOf(fd int) (uint16, error) {
	sa, err := unix.Getsockname(fd)
	return sockdiag.AddrPort(sa).Port(), err
}
