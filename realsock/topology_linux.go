package realsock

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// host is one host as the runner holds it: its namespace, and everything opened in it beforehand.
type host struct {
	name   string
	index  int          // in runner.hosts
	ips    []netip.Addr // of IPv4, and of IPv6 if it has one; its loopback's besides
	mac    [6]byte
	netns  int
	diag   *sockdiag.Conn
	port   int      // packet socket on the wire's end of its veth pair
	loop   int      // packet socket on its loopback
	snmp   *os.File // /proc/net/snmp of its namespace
	ipv6   bool
	app    *appProc
	counts counts
	ends   ends
	dirty  bool // its table has changed since it was told

	sysctls      map[string][]byte // what those had that were written, by file
	devices      [2]uint32         // the indices of lo and of the interface to the wire
	bindsDevices bool              // a socket was bound to a device
}

// firstHosts are the two that every Net has.
var firstHosts = []hostSpec{
	{Server, []netip.Addr{ServerIPv4, ServerIPv6}},
	{Client, []netip.Addr{ClientIPv4, ClientIPv6}},
}

// hostSpec is what a host is made from.
type hostSpec struct {
	name string
	ips  []netip.Addr
}

// hostMAC is the address of a host's interface, by the host's index; wireMAC that of the wire's end.
func hostMAC(i int) [6]byte { return [6]byte{2, 0, 0, 0, 0, byte(i + 1)} }
func wireMAC(i int) [6]byte { return [6]byte{2, 0, 0, 0, 1, byte(i + 1)} }

// device is the name of a host's only interface besides lo.
const device = "eth0"

// wireDevice is the name of the wire's end of a host's veth pair. A host's own name may be longer than
// IFNAMSIZ allows.
func (h *host) wireDevice() string { return fmt.Sprintf("wire%d", h.index) }

// buildTopology makes the two hosts and the wires to them, from the network namespace of the calling
// thread, which must be locked to its goroutine and is in the same namespace again afterwards.
func buildTopology() (wireNS int, hosts []*host, boundShown bool, err error) {
	if wireNS, err = currentNetNS(); err != nil {
		return 0, nil, false, err
	}
	if hosts, err = makeHosts(wireNS, nil, firstHosts); err != nil {
		return 0, nil, false, err
	}
	err = inNetNS(hosts[0].netns, wireNS, func() error {
		boundShown = boundIsShown(hosts[0].diag)
		return nil
	})
	return wireNS, hosts, boundShown, err
}

// makeHosts makes hosts beside those that there are, each with its veth pair, and makes all of them
// neighbours of one another. On error the calling thread may be in any namespace.
func makeHosts(wireNS int, there []*host, specs []hostSpec) (made []*host, err error) {
	for i, s := range specs {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return nil, os.NewSyscallError("unshare", err)
		}
		h, err := newHost(len(there)+i, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		made = append(made, h)
	}
	if err := setNetNS(wireNS); err != nil {
		return nil, err
	}
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	defer nl.Close()
	for _, h := range made {
		if err := h.join(nl); err != nil {
			return nil, fmt.Errorf("veth of %s: %w", h.name, err)
		}
	}
	for _, h := range made {
		if err := inNetNS(h.netns, wireNS, h.configure); err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", h.name, err)
		}
	}
	all := append(slices.Clone(there), made...)
	for _, h := range all {
		if err := inNetNS(h.netns, wireNS, func() error { return h.meet(all, len(there)) }); err != nil {
			return nil, fmt.Errorf("neighbours of %s: %w", h.name, err)
		}
	}
	for _, h := range made {
		if err := awaitUp(nl, h.wireDevice()); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// inNetNS runs f with the calling thread in one network namespace, and takes it back to another.
func inNetNS(netns, back int, f func() error) error {
	if err := setNetNS(netns); err != nil {
		return err
	}
	err := f()
	return errors.Join(err, setNetNS(back))
}

// upPatience bounds how long an interface may take to work.
const upPatience = 10 * time.Second

// awaitUp waits until an interface works. A worker of the kernel's (linkwatch) makes it so some time after its other end is up; until then
// it swallows what is sent.
func awaitUp(nl *netlink.Handle, name string) error {
	for began := time.Now(); ; time.Sleep(100 * time.Microsecond) {
		link, err := nl.LinkByName(name)
		if err != nil {
			return err
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		if time.Since(began) > upPatience {
			return fmt.Errorf("interface %s is still %v after %v", name, link.Attrs().OperState, upPatience)
		}
	}
}

// awaitLocal waits until a host takes an address for its own. For an IPv6 address a worker of the kernel's (addrconf_wq) makes it so
// some time after the address is there, without duplicate address detection too; until then a SYN to it is lost.
func awaitLocal(nl *netlink.Handle, ip netip.Addr) error {
	for began := time.Now(); ; time.Sleep(50 * time.Microsecond) {
		routes, err := nl.RouteGet(ip.AsSlice())
		if err == nil && len(routes) > 0 && routes[0].Type == unix.RTN_LOCAL {
			return nil
		}
		if time.Since(began) > upPatience {
			return fmt.Errorf("address %v is not the host's own after %v: %w", ip, upPatience, err)
		}
	}
}

func currentNetNS() (int, error) {
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return fd, os.NewSyscallError("open", err)
}

func setNetNS(fd int) error {
	return os.NewSyscallError("setns", unix.Setns(fd, unix.CLONE_NEWNET))
}

// newHost takes the network namespace of the calling thread for a host.
func newHost(i int, s hostSpec) (*host, error) {
	h := &host{name: s.name, index: i, ips: s.ips, mac: hostMAC(i), sysctls: map[string][]byte{}}
	h.ends.init(h)
	var err error
	if h.netns, err = currentNetNS(); err != nil {
		return nil, err
	}
	if h.diag, err = sockdiag.Open(); err != nil {
		return nil, err
	}
	// The file keeps the namespace it was opened in.
	if h.snmp, err = os.Open("/proc/thread-self/net/snmp"); err != nil {
		return nil, err
	}
	return h, nil
}

// join makes the veth pair between the wire, where the calling thread is, and the host.
func (h *host) join(nl *netlink.Handle) error {
	mac := wireMAC(h.index)
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: h.wireDevice(), MTU: 1500, HardwareAddr: net.HardwareAddr(mac[:])},
		PeerName:         device,
		PeerHardwareAddr: net.HardwareAddr(h.mac[:]),
		PeerNamespace:    netlink.NsFd(h.netns),
	}
	if err := nl.LinkAdd(veth); err != nil {
		return err
	}
	link, err := nl.LinkByName(h.wireDevice())
	if err != nil {
		return err
	}
	// The wire's ends speak no protocol themselves. Where /proc/sys cannot be written they say a little IPv6 of
	// their own, which is not TCP and harms nothing.
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+h.wireDevice()+"/disable_ipv6", []byte("1"), 0)
	_ = nl.LinkSetIP6AddrGenMode(link, 1)
	if err := offloadsOff(h.wireDevice()); err != nil {
		return err
	}
	if err := nl.LinkSetUp(link); err != nil {
		return err
	}
	h.port, err = packetSocket(link.Attrs().Index)
	return err
}

// configure gives the host its addresses; the calling thread is in its namespace.
func (h *host) configure() error {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer nl.Close()
	lo, err := nl.LinkByName("lo")
	if err != nil {
		return err
	}
	eth, err := nl.LinkByName(device)
	if err != nil {
		return err
	}
	_ = nl.LinkSetIP6AddrGenMode(eth, 1) // no link-local address, so no router solicitations
	for _, link := range []netlink.Link{lo, eth} {
		if err := offloadsOff(link.Attrs().Name); err != nil {
			return err
		}
		if err := nl.LinkSetUp(link); err != nil {
			return err
		}
	}
	if h.loop, err = packetSocket(lo.Attrs().Index); err != nil {
		return err
	}
	// Segments made by hand come to the loopback without the route that its own carry with them.
	for _, key := range []string{"accept_local", "route_localnet"} {
		_ = os.WriteFile("/proc/sys/net/ipv4/conf/lo/"+key, []byte("1"), 0)
	}
	// How much a transfer has under way and how far its buffers grow should not depend on what else
	// this machine is tuned for: RFC 5681's congestion control and the buffers of Linux 6.18. Nor should
	// a connection depend on what the ones before it have learnt of the peer (tcp_update_metrics).
	for key, value := range map[string]string{
		"tcp_congestion_control": "reno", "tcp_rmem": "4096 131072 33554432", "tcp_wmem": "4096 16384 4194304",
		"tcp_no_metrics_save": "1",
	} {
		_ = os.WriteFile("/proc/sys/net/ipv4/"+key, []byte(value), 0)
	}
	if err := awaitUp(nl, device); err != nil {
		return err
	}
	h.devices = [2]uint32{uint32(lo.Attrs().Index), uint32(eth.Attrs().Index)}
	return h.address(nl, eth)
}

// address gives the host its addresses.
func (h *host) address(nl *netlink.Handle, eth netlink.Link) error {
	for _, ip := range h.ips {
		err := nl.AddrAdd(eth, hostAddr(ip, prefixBits(ip)))
		if err == nil {
			err = awaitLocal(nl, ip)
		}
		if err != nil && ip.Is4() {
			return err
		}
		h.ipv6 = err == nil && ip.Is6()
	}
	return nil
}

// prefixBits is the length of the lab's prefix in a family: 10.0.0.0/24 and fd00::/64.
func prefixBits(ip netip.Addr) int {
	if ip.Is4() {
		return 24
	}
	return 64
}

// meet makes permanent neighbours of the host, in whose namespace the calling thread is, and others:
// all of them if it is new itself, from the index given, and else those that are.
func (h *host) meet(all []*host, news int) error {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer nl.Close()
	others := all
	if h.index < news {
		others = all[news:]
	}
	for _, other := range others {
		for _, ip := range other.ips {
			if other == h || ip.Is6() && !h.ipv6 {
				continue
			}
			err := nl.NeighSet(&netlink.Neigh{
				LinkIndex: int(h.devices[1]), State: netlink.NUD_PERMANENT, IP: ip.AsSlice(), HardwareAddr: other.mac[:],
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// hostAddr is an address as an interface is given it, for use at once.
func hostAddr(ip netip.Addr, bits int) *netlink.Addr {
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(bits, ip.BitLen())}}
	if ip.Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	return addr
}

// packetSocket captures what arrives at an interface, and sends there. What it sends itself it does not see.
func packetSocket(index int) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	// As much buffer as there is to have: with the first only where it is really root that asks.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<20)
	}
	sa := &unix.SockaddrLinklayer{Protocol: uint16(unix.ETH_P_ALL>>8 | unix.ETH_P_ALL&0xff<<8), Ifindex: index}
	if err := unix.Bind(fd, sa); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	return fd, nil
}

// offloadsOff makes an interface carry what is written in the headers: real checksums, and no segment longer
// than the MTU. ETHTOOL_S* of linux/ethtool.h.
func offloadsOff(name string) error {
	const (
		setTXCsum, setSG, setTSO, setGSO, setGRO = 0x17, 0x19, 0x1f, 0x24, 0x2c
	)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	for _, cmd := range []uint32{setGRO, setGSO, setTSO, setTXCsum} {
		value := struct{ cmd, data uint32 }{cmd, 0}
		req := struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte
		}{data: unsafe.Pointer(&value)}
		copy(req.name[:], name)
		_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
		// The loopback refuses to compute checksums, which nobody verifies there.
		if e != 0 && !(name == "lo" && cmd == setTXCsum) {
			return os.NewSyscallError("ethtool "+name, e)
		}
	}
	return nil
}
