package realsock

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// exchanges is how many connections one turn opens and closes.
const exchanges = 300

var served = netip.AddrPortFrom(ServerIPv4, 7865)

// BenchmarkWire opens and closes connections over a wire without latency, which records every segment and tells the program of it, and
// over a bare veth pair, which does not. The wire also looks at both ends after each segment, or at none (ratio-unwatched). The calls
// are the same; they are made by the wire's own thread, which never waits, and over the bare pair in two ways: by one thread
// (one-thread), and as programs do it, by one thread a host that waits for the other.
func BenchmarkWire(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("namespaces of this very process need root")
	}
	var two, one, blind, blindOne turns
	segments := 0
	done := make(chan struct{})
	go func() { // on a thread that ends with it, and its namespaces
		defer close(done)
		runtime.LockOSThread()
		w := newBenchWire(b)
		pair := newBarePair(b)
		for b.Loop() {
			ours, unwatched := w.turn(b, w.pump), w.turn(b, w.pumpBlind)
			alone, together := pair.turn(b), pair.turnOfTwo(b)
			blind.add(unwatched/exchanges, together/exchanges)
			blindOne.add(unwatched/exchanges, alone/exchanges)
			one.add(ours/exchanges, alone/exchanges)
			two.add(ours/exchanges, together/exchanges)
		}
		segments = w.lastFrame
		w.close()
		pair.close()
	}()
	<-done
	if b.Failed() {
		return
	}
	two.report(b, "exchanges/s")
	one.reportRatio(b, "ratio-one-thread")
	blind.reportRatio(b, "ratio-unwatched")
	blindOne.reportRatio(b, "ratio-unwatched-one-thread")
	b.ReportMetric(float64(segments)/float64(2*len(one.ours)*exchanges), "segments/exchange")
}

// benchWire is a runner without a program, whose own thread makes the hosts' calls.
type benchWire struct {
	*runner
	listener int
	program  *os.File
}

func newBenchWire(b *testing.B) *benchWire {
	r := &runner{cfg: Config{Frames: 1 << 40}, scratch: make([]byte, maxFrame), tracks: tracks{m: map[link]*track{}}, start: time.Now()}
	w := &benchWire{runner: r}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	r.up, w.program = fdStream(pair[0]), os.NewFile(uintptr(pair[1]), "program")
	go func() { // hears all of it
		for buf := make([]byte, 1<<20); ; {
			if _, err := w.program.Read(buf); err != nil {
				return
			}
		}
	}()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil { // the wire's
		b.Fatal(err)
	}
	if r.wireNS, r.hosts, r.boundShown, err = buildTopology(); err != nil {
		b.Fatal(err)
	}
	w.listener = listenIn(b, r.hosts[0].netns)
	return w
}

func (w *benchWire) close() {
	for _, h := range w.hosts {
		unix.Close(h.port)
		unix.Close(h.loop)
		unix.Close(h.netns)
		h.diag.Close()
		h.snmp.Close()
	}
	unix.Close(w.listener)
	unix.Close(w.up.fd())
	w.program.Close()
}

// pump carries frames until nothing moves any more.
func (w *benchWire) pump() {
	w.drain()
	w.step(nil, nil)
	for len(w.queue) > 0 {
		w.deliver()
	}
}

// pumpBlind does the same, and looks at nobody.
func (w *benchWire) pumpBlind() {
	for w.drain(); len(w.queue) > 0; {
		f := w.queue.pop()
		w.underWay--
		w.handOver(f)
		w.recycle(f.raw)
		w.drainHost(w.hosts[f.to])
	}
	w.fresh = w.fresh[:0]
}

func (w *benchWire) turn(b *testing.B, pump func()) time.Duration {
	enter(b, w.hosts[1].netns)
	start := time.Now()
	for range exchanges {
		c := openSocket(b, unix.SOCK_NONBLOCK)
		if err := connect(c, served); err != unix.EINPROGRESS {
			b.Error("connect: ", err)
		}
		pump()
		a, _, err := accept(w.listener, unix.SOCK_CLOEXEC)
		if err != nil {
			b.Error("accept: ", err)
			return time.Hour
		}
		_ = closeNow(a)
		pump()
		_ = closeNow(c)
		pump()
		w.flush()
	}
	if w.dead != nil {
		b.Error(w.dead)
	}
	return time.Since(start)
}

// barePair is two hosts on the ends of one veth pair.
type barePair struct {
	server, client int // network namespaces
	listener       int
}

func newBarePair(b *testing.B) *barePair {
	p := &barePair{}
	for i, ns := range []*int{&p.server, &p.client} {
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			*ns, err = currentNetNS()
		}
		if err != nil {
			b.Fatal(err)
		}
		nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			b.Fatal(err)
		}
		defer nl.Close()
		if i == 1 {
			macs := [2][6]byte{hostMAC(0), hostMAC(1)}
			err = nl.LinkAdd(&netlink.Veth{
				LinkAttrs: netlink.LinkAttrs{Name: device, MTU: 1500, HardwareAddr: net.HardwareAddr(macs[1][:])},
				PeerName:  device, PeerHardwareAddr: net.HardwareAddr(macs[0][:]), PeerNamespace: netlink.NsFd(p.server),
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	for i, ns := range []int{p.server, p.client} {
		enter(b, ns)
		nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			b.Fatal(err)
		}
		defer nl.Close()
		eth, err := nl.LinkByName(device)
		if err == nil {
			err = nl.LinkSetUp(eth)
		}
		if err == nil {
			err = nl.AddrAdd(eth, hostAddr(firstHosts[i].ips[0], 24))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	p.listener = listenIn(b, p.server)
	return p
}

func (p *barePair) close() {
	for _, fd := range []int{p.server, p.client, p.listener} {
		unix.Close(fd)
	}
}

func (p *barePair) turn(b *testing.B) time.Duration {
	enter(b, p.client)
	start := time.Now()
	for range exchanges {
		c := openSocket(b, 0)
		if err := connect(c, served); err != nil {
			b.Error("connect: ", err)
		}
		a, err := acceptWaiting(p.listener)
		if err != nil {
			b.Error("accept: ", err)
		}
		_ = closeNow(a)
		_ = closeNow(c)
	}
	return time.Since(start)
}

// turnOfTwo has a thread at each end. The client closes when it has read the server's FIN.
func (p *barePair) turnOfTwo(b *testing.B) time.Duration {
	enter(b, p.client)
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for range exchanges {
			a, err := acceptWaiting(p.listener)
			if err != nil {
				done <- err
				return
			}
			unix.Close(a)
		}
		done <- nil
	}()
	start := time.Now()
	for range exchanges {
		c := openSocket(b, 0)
		if err := unix.Connect(c, sockdiag.Sockaddr(served)); err != nil {
			b.Error("connect: ", err)
		}
		var buf [1]byte
		if n, err := unix.Read(c, buf[:]); n != 0 || err != nil {
			b.Errorf("read: got %d, %v, want the end", n, err)
		}
		unix.Close(c)
	}
	if err := <-done; err != nil {
		b.Error("accept: ", err)
	}
	return time.Since(start)
}

// acceptWaiting accepts the next connection.
func acceptWaiting(l int) (int, error) {
	for {
		fds := []unix.PollFd{{Fd: int32(l), Events: unix.POLLIN}}
		if a, _, err := accept(l, unix.SOCK_CLOEXEC); err != unix.EAGAIN {
			return a, err
		}
		if _, err := unix.Poll(fds, 1000); err != nil && err != unix.EINTR {
			return 0, err
		}
	}
}

func enter(b *testing.B, ns int) {
	if err := setNetNS(ns); err != nil {
		b.Fatal(err)
	}
}

func openSocket(b *testing.B, flags int) int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, unix.IPPROTO_TCP)
	if err != nil {
		b.Fatal(err)
	}
	return fd
}

func listenIn(b *testing.B, ns int) int {
	enter(b, ns)
	fd := openSocket(b, unix.SOCK_NONBLOCK)
	err := bind(fd, served)
	if err == nil {
		err = unix.Listen(fd, 128)
	}
	if err != nil {
		b.Fatal(err)
	}
	return fd
}
