package realsock

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// hostPorts gives out ports of the host itself, in turn and each when nobody has it. They are of those that the kernel gives
// out itself, for only of those can an autobound socket ask for one.
type hostPorts struct {
	first, last, next int
	ipv6              bool // sockets of IPv6 can be made
}

// startLoopback starts the process that makes trials on the host's own loopback.
func startLoopback() (*Trials, error) {
	stream, end, err := start(ownLoopback, loopbackName)
	if err != nil {
		return nil, err
	}
	return newTrials(stream, end), nil
}

// newHostStage makes a stage of the host itself.
func newHostStage() (*trialStage, error) {
	var (
		st  trialStage
		err error
	)
	if st.diag, err = sockdiag.Open(); err != nil {
		return nil, err
	}
	if st.own, err = newHostPorts(); err != nil {
		return nil, err
	}
	l, err := stageListener(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0))
	if err != nil {
		return nil, err
	}
	unix.Close(l)
	if l, err := stageListener(netip.AddrPortFrom(netip.IPv6Loopback(), 0)); err == nil {
		unix.Close(l)
		st.ipv6 = true
	}
	return &st, nil
}

func newHostPorts() (*hostPorts, error) {
	p := &hostPorts{first: trialPortFirst, last: clientPortLast}
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(b), &p.first, &p.last); err != nil {
			return nil, fmt.Errorf("ip_local_port_range: %q", strings.TrimSpace(string(b)))
		}
	}
	p.next = p.first + rand.IntN(p.last-p.first+1)
	if fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
		unix.Close(fd)
		p.ipv6 = true
	}
	return p, nil
}

// take gives a port that no socket has in any state, at any address.
func (p *hostPorts) take() (uint16, error) {
	for range p.last - p.first + 1 {
		port := p.next
		if p.next++; p.next > p.last {
			p.next = p.first
		}
		if free, err := p.free(uint16(port)); free || err != nil {
			return uint16(port), err
		}
	}
	return 0, unix.EADDRINUSE
}

// free binds the wildcard of both families without any option, which is in the way of every other socket, and lets it go.
func (p *hostPorts) free(port uint16) (bool, error) {
	domain, a := unix.AF_INET, netip.IPv4Unspecified()
	if p.ipv6 {
		domain, a = unix.AF_INET6, netip.IPv6Unspecified()
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	if p.ipv6 {
		if err := setInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0); err != nil {
			return false, os.NewSyscallError("setsockopt", err)
		}
	}
	switch err := bind(fd, netip.AddrPortFrom(a, port)); err {
	case nil:
		return true, nil
	case unix.EADDRINUSE, unix.EACCES:
		return false, nil
	default:
		return false, os.NewSyscallError("bind", err)
	}
}

// tame makes a new socket of the host itself what it would be on one of our own: whatever the sysctl bindv6only says.
func tame(fd int, a netip.Addr, o *TrialSocket) error {
	if !a.Is6() || o.V6Only {
		return nil
	}
	return setInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
}

// shield makes a socket that is to listen at a wildcard hear nothing from outside. A filter drops every segment that did not come
// over lo, before the socket sees it. Some kernels (6.18) let only CAP_NET_ADMIN attach one; there a segment needs the greatest
// TTL there is, which what came through a router cannot have, and which nobody's stack gives by default. Our own clients do.
func shield(fd int, a netip.Addr) error {
	if !a.Unmap().IsUnspecified() {
		return nil
	}
	const arrivedAt = 1<<32 - 0x1000 + 8 // SKF_AD_OFF + SKF_AD_IFINDEX (linux/filter.h): the interface's index
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: arrivedAt},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: loopbackIndex, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	if err != unix.EPERM {
		return err
	}
	if err := setInt(fd, unix.IPPROTO_IP, unix.IP_MINTTL, maxTTL); err != nil || a.Is4() {
		return err
	}
	return setInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT, maxTTL)
}

const maxTTL = 255

// reachAll lets a client through a shield.
func reachAll(fd int, a netip.Addr) error {
	if err := setInt(fd, unix.IPPROTO_IP, unix.IP_TTL, maxTTL); err != nil || a.Is4() {
		return err
	}
	return setInt(fd, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, maxTTL)
}

// Segments that Linux does not pace, and what is sent at one octet a second after them: nothing follows it for eight minutes at least.
const (
	unpaced   = 10 // tcp_update_skb_after_send
	paceMaker = 1000
)

// hush makes a connection's socket send nothing more: what it sends, a FIN too, waits for its turn. That needs no rights.
func hush(fd int) error {
	if err := setInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	for i := range unpaced + 2 {
		n := 1
		if i == unpaced+1 {
			if err := setInt(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, 1); err != nil {
				return err
			}
			n = paceMaker
		}
		if _, err := unix.SendmsgN(fd, zeros[:n], nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL); err != nil {
			return err
		}
	}
	return nil
}

// fill fills the queue of a listener, so that it answers no more. The client that did so is closed with it.
func fill(l int, at netip.AddrPort) (client int, err error) {
	if err := unix.Listen(l, 0); err != nil { // one connection is more than none, two are too many
		return 0, err
	}
	if client, err = newSocket(at.Addr(), &TrialSocket{}, 0); err != nil {
		return 0, err
	}
	return client, connectSoon(client, at)
}
