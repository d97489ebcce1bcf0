package realsock

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// host is one host as the runner holds it: its namespace, and everything opened in it beforehand.
type host struct {
	name   string
	index  int
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

	devices      [2]uint32 // the indices of lo and of the interface to the wire
	bindsDevices bool      // a socket was bound to a device
}

var (
	hostNames = [2]string{Server, Client}
	hostMACs  = [2][6]byte{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}
	wireMACs  = [2][6]byte{{2, 0, 0, 0, 1, 1}, {2, 0, 0, 0, 1, 2}}
	hostIPs   = [2][2]netip.Addr{{ServerIPv4, ServerIPv6}, {ClientIPv4, ClientIPv6}}
)

// device is the name of a host's only interface besides lo.
const device = "eth0"

// buildTopology makes the two hosts and the wires to them, from the network namespace of the calling thread, which
// must be locked to its goroutine and is in the same namespace again afterwards.
func buildTopology() (wireNS int, hosts [2]*host, boundShown bool, err error) {
	if wireNS, err = currentNetNS(); err != nil {
		return 0, hosts, false, err
	}
	for i := range hosts {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return 0, hosts, false, os.NewSyscallError("unshare", err)
		}
		if hosts[i], err = newHost(i); err != nil {
			return 0, hosts, false, fmt.Errorf("%s: %w", hostNames[i], err)
		}
	}
	boundShown = boundIsShown(hosts[1].diag) // the thread is in that host's namespace now
	if err := setNetNS(wireNS); err != nil {
		return 0, hosts, false, err
	}
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return 0, hosts, false, err
	}
	defer nl.Close()
	for _, h := range hosts {
		if err := h.join(nl); err != nil {
			return 0, hosts, false, fmt.Errorf("veth of %s: %w", h.name, err)
		}
	}
	for _, h := range hosts {
		if err := setNetNS(h.netns); err != nil {
			return 0, hosts, false, err
		}
		if err := h.configure(); err != nil {
			return 0, hosts, false, fmt.Errorf("addresses of %s: %w", h.name, err)
		}
	}
	if err := setNetNS(wireNS); err != nil {
		return 0, hosts, false, err
	}
	for _, h := range hosts {
		if err := awaitUp(nl, h.name); err != nil {
			return 0, hosts, false, err
		}
	}
	return wireNS, hosts, boundShown, nil
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
func newHost(i int) (*host, error) {
	h := &host{name: hostNames[i], index: i, mac: hostMACs[i]}
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
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: h.name, MTU: 1500, HardwareAddr: net.HardwareAddr(wireMACs[h.index][:])},
		PeerName:         device,
		PeerHardwareAddr: net.HardwareAddr(h.mac[:]),
		PeerNamespace:    netlink.NsFd(h.netns),
	}
	if err := nl.LinkAdd(veth); err != nil {
		return err
	}
	link, err := nl.LinkByName(h.name)
	if err != nil {
		return err
	}
	// The wire's ends speak no protocol themselves. Where /proc/sys cannot be written they say a little IPv6 of
	// their own, which is not TCP and harms nothing.
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+h.name+"/disable_ipv6", []byte("1"), 0)
	_ = nl.LinkSetIP6AddrGenMode(link, 1)
	if err := offloadsOff(h.name); err != nil {
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
	// this machine is tuned for: RFC 5681's congestion control and the buffers of Linux 6.18.
	for key, value := range map[string]string{
		"tcp_congestion_control": "reno", "tcp_rmem": "4096 131072 33554432", "tcp_wmem": "4096 16384 4194304",
	} {
		_ = os.WriteFile("/proc/sys/net/ipv4/"+key, []byte(value), 0)
	}
	if err := awaitUp(nl, device); err != nil {
		return err
	}
	h.devices = [2]uint32{uint32(lo.Attrs().Index), uint32(eth.Attrs().Index)}
	return h.address(nl, eth)
}

// address gives the host its addresses, and its peer's as permanent neighbours.
func (h *host) address(nl *netlink.Handle, eth netlink.Link) error {
	peer := 1 - h.index
	for i, bits := range []int{24, 64} {
		ip, other := hostIPs[h.index][i], hostIPs[peer][i]
		addr := hostAddr(ip, bits)
		neigh := &netlink.Neigh{
			LinkIndex: eth.Attrs().Index, State: netlink.NUD_PERMANENT,
			IP: other.AsSlice(), HardwareAddr: hostMACs[peer][:],
		}
		err := nl.AddrAdd(eth, addr)
		if err == nil {
			err = nl.NeighSet(neigh)
		}
		if err == nil {
			err = awaitLocal(nl, ip)
		}
		if err != nil && ip.Is4() {
			return err
		}
		h.ipv6 = err == nil
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
