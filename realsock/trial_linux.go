package realsock

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// Ports of a trial namespace. Every trial has a port of its own, so that nothing that is left of one can
// stand in the way of the next; when they are used up comes a new namespace. Trials and the clients of
// their listeners share the range from which the kernel gives ports by default, so that no sysctl need be
// written.
const (
	trialPortFirst  = 32768
	trialPortLast   = 50767
	clientPortFirst = 50768
	clientPortLast  = 60999
	peerPort        = 9000 // where clients connect to: the first socket of a trial here, the second to the next port
	deafPort        = 9100 // the same, but nobody answers
	maxTrialSockets = 8
)

// trialStage is the network namespace in which trials are made: one host that talks to itself.
type trialStage struct {
	port  uint16 // of the last trial
	diag  *sockdiag.Conn
	ipv6  bool
	peers [2][maxTrialSockets]int // listeners, for IPv4 and IPv6
	deaf  [2][maxTrialSockets]int
	uids  bool
	own   *hostPorts // nil: it is a namespace of its own
}

// runTrials is the process that makes trials. It does everything on one thread, which is in the stage's namespace.
func runTrials(newStage func() (*trialStage, error)) error {
	unix.CloseOnExec(controlFD)
	return runTrialsOn(fdStream(controlFD), newStage)
}

// runTrialsOn makes the trials that are asked for on a stream, until it ends.
func runTrialsOn(up upstream, newStage func() (*trialStage, error)) error {
	runtime.LockOSThread()
	debug.SetGCPercent(200) // hardly anything lives, and nobody else is waited for
	stage, err := newStage()
	var (
		in  inbox
		out []byte
		rep trialReport
		q   trialRequest
	)
	for {
		clear(q.Trials) // what a message leaves out stays as it was
		q.Trials = q.Trials[:0]
		if ok, err := in.next(&q); err != nil {
			return err
		} else if !ok {
			room := in.space()
			n, err := up.read(room, in.empty())
			if err == unix.EINTR {
				continue
			}
			if err != nil || n <= 0 {
				unix.Exit(0) // the program is gone, and with this process its namespaces go
			}
			in.grown(n)
			continue
		}
		if q.Version != protoVersion {
			err = fmt.Errorf("program speaks version %d, trials %d", q.Version, protoVersion)
		}
		rep = trialReport{Version: protoVersion, Outcomes: rep.Outcomes[:0]}
		for i := 0; i < len(q.Trials) && err == nil; i++ {
			var o TrialOutcome
			o, stage, err = stage.next(&q.Trials[i])
			rep.Outcomes = append(rep.Outcomes, o)
		}
		if err != nil {
			rep = trialReport{Version: protoVersion, Err: err.Error()}
		}
		if out, err = appendMessage(out[:0], rep); err != nil {
			return err
		}
		if err := up.write(out); err != nil {
			unix.Exit(0)
		}
	}
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// maxAttempts is how often a situation is built when it came out otherwise: under load the loopback may
// deliver a segment later than the call that sent it returns.
const maxAttempts = 3

// next makes a trial, on a fresh port, and on a new stage if this one has none left.
func (st *trialStage) next(t *Trial) (o TrialOutcome, on *trialStage, err error) {
	for range maxAttempts {
		if st, err = st.nextPort(); err != nil {
			return o, st, err
		}
		tr := attempt{stage: st, port: st.port}
		if t.Watch {
			tr.looks = make([]byte, 0, 8*lookSize)
		}
		again := false
		o, again = tr.run(t)
		tr.clear()
		if !again {
			break
		}
	}
	return o, st, nil
}

// nextPort goes on to a port that no trial has had lately, on a new stage if need be.
func (st *trialStage) nextPort() (on *trialStage, err error) {
	switch {
	case st.own != nil:
		st.port, err = st.own.take()
		return st, err
	case st.port >= trialPortLast:
		if st, err = st.renew(); err != nil {
			return st, err
		}
	}
	st.port++
	return st, nil
}

// renew leaves the stage for a new one. The old namespace goes with its last socket.
func (st *trialStage) renew() (*trialStage, error) {
	st.diag.Close()
	for _, fds := range [][maxTrialSockets]int{st.peers[0], st.peers[1], st.deaf[0], st.deaf[1]} {
		for _, fd := range fds {
			if fd > 0 {
				unix.Close(fd)
			}
		}
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return st, os.NewSyscallError("unshare", err)
	}
	return newTrialStage()
}

// newTrialStage makes a stage of the network namespace of the calling thread, which must be a new one.
func newTrialStage() (*trialStage, error) {
	st := &trialStage{port: trialPortFirst - 1, uids: uidMapped(1)}
	var err error
	if st.diag, err = sockdiag.Open(); err != nil {
		return nil, err
	}
	if st.ipv6, err = configureStage(); err != nil {
		return nil, err
	}
	for i := range maxTrialSockets {
		for f, any := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
			if f == 1 && !st.ipv6 {
				continue
			}
			if st.peers[f][i], err = stageListener(netip.AddrPortFrom(any, uint16(peerPort+i))); err != nil {
				return nil, err
			}
			if st.deaf[f][i], err = stageListener(netip.AddrPortFrom(any, uint16(deafPort+i))); err != nil {
				return nil, err
			}
			if err := deafen(st.deaf[f][i]); err != nil {
				return nil, err
			}
		}
	}
	return st, nil
}

// configureStage gives the host its addresses: those of its loopback, and a server's on eth0.
func configureStage() (ipv6 bool, err error) {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return false, err
	}
	defer nl.Close()
	if err := nl.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: device, MTU: 1500}, PeerName: "peer"}); err != nil {
		return false, err
	}
	for _, name := range []string{"lo", device, "peer"} {
		link, err := nl.LinkByName(name)
		if err != nil {
			return false, err
		}
		_ = nl.LinkSetIP6AddrGenMode(link, 1) // no link-local addresses; lo has none anyway
		if err := nl.LinkSetUp(link); err != nil {
			return false, err
		}
		if name != device {
			continue
		}
		for i, bits := range []int{24, 64} {
			err := nl.AddrAdd(link, hostAddr(firstHosts[0].ips[i], bits))
			if err == nil {
				err = awaitLocal(nl, firstHosts[0].ips[i])
			}
			if err != nil && i == 0 {
				return false, err
			}
			ipv6 = err == nil
		}
	}
	if ipv6 {
		err = awaitLocal(nl, netip.IPv6Loopback())
	}
	return ipv6, err
}

// stageListener makes a listener for one family.
func stageListener(at netip.AddrPort) (int, error) {
	domain := unix.AF_INET
	if at.Addr().Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_TCP)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if domain == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return 0, os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.Bind(fd, sockdiag.Sockaddr(at)); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	return fd, os.NewSyscallError("listen", unix.Listen(fd, 128))
}

// patience is how long the loopback may take to deliver what was sent.
const patience = 200 * time.Millisecond
