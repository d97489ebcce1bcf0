package doctor

import (
	"net"
	"net/netip"

	"fourwave/fsm"
	"fourwave/internal/text"
	diag "fourwave/sockdiag"
)

// Bounds of what one reading keeps.
const (
	maxKinds  = 1024 // kinds of sockets told apart
	maxInodes = 4096 // descriptors looked for, over all kinds
	maxTimed  = 16   // sockets of a kind whose timers are looked at one by one
)

// kind is what makes sockets alike.
type kind struct {
	family int
	state  diag.State
	mini   bool
	orphan bool
	role   role
	local  netip.Addr
	device uint32
	uid    uint32
	v6only Flag
	self   bool
	timer  diag.Timer // of orphans
}

// table collects the lines of one port.
type table struct {
	protocol  Protocol
	asked     netip.Addr // the address asked about: its kinds are always kept
	low, high int        // the ephemeral range
	kinds     map[kind]*Socket
	order     []*Socket
	inodes    int
	more      int
}

func newTable(protocol Protocol, asked netip.Addr, low, high int) *table {
	return &table{protocol: protocol, asked: asked, low: low, high: high, kinds: make(map[kind]*Socket)}
}

func (t *table) ephemeral(port uint16) bool { return int(port) >= t.low && int(port) <= t.high }

// add counts a line.
func (t *table) add(l *diag.Socket) {
	k := kind{
		family: l.Family, state: l.State, mini: l.Mini(), orphan: l.Inode == 0,
		local: l.Local.Addr(), device: l.Device, uid: l.UID, v6only: v6only(l),
	}
	k.self = l.Local == l.Remote
	if k.orphan && !k.mini {
		k.timer = l.Timer
	}
	if k.state == diag.NewSynRecv {
		k.state = diag.SynRecv
	}
	if !k.mini && l.Remote.Port() != 0 {
		switch local, remote := t.ephemeral(l.Local.Port()), t.ephemeral(l.Remote.Port()); {
		case local && !remote:
			k.role = roleClient
		case remote && !local:
			k.role = roleServer
		}
	}
	s := t.kinds[k]
	if s == nil {
		if len(t.kinds) >= maxKinds && !k.local.IsUnspecified() && k.local.Unmap() != t.asked.Unmap() {
			t.more++
			return
		}
		s = newSocket(k, l)
		s.Protocol = t.protocol
		if t.protocol == UDP && l.State == diag.Bound {
			s.State, s.Remote = "UNCONN", netip.AddrPort{}
		}
		t.kinds[k] = s
		t.order = append(t.order, s)
	}
	s.Count++
	s.see(l)
	if t.protocol == UDP {
		s.samples, s.Timer, s.Left, s.Retrans = nil, NoTimer, 0, 0
	}
	if l.Inode != 0 && t.inodes < maxInodes {
		s.inodes = append(s.inodes, l.Inode)
		t.inodes++
	}
}

// see takes in the queues and the timer of one more.
func (s *Socket) see(l *diag.Socket) {
	s.RecvQ, s.SendQ = max(s.RecvQ, l.RecvQ), max(s.SendQ, l.SendQ)
	if t := timerName(l.Timer); t != NoTimer && l.Expires >= s.Left {
		s.Timer, s.Left, s.Retrans = t, l.Expires, l.Retrans
	}
	switch {
	case s.mini && len(s.samples) > 0:
		if l.Expires > s.samples[0].Expires {
			s.samples[0] = *l // the last to go
		}
	case len(s.samples) < maxTimed && l.State != diag.Listen && l.State != diag.Bound:
		s.samples = append(s.samples, *l)
	}
}

func timerName(t diag.Timer) Timer {
	switch t {
	case diag.NoTimer:
		return NoTimer
	case diag.TimerRetransmit:
		return RetransmitTimer
	case diag.TimerKeepalive:
		return KeepaliveTimer
	case diag.TimerTimeWait:
		return TimeWaitTimer
	case diag.TimerProbe:
		return ProbeTimer
	}
	return Timer(t.String())
}

// time asks the kernel for what foretells the end of the samples, as far as they have a timer.
func (s *Socket) time(c *diag.Conn) error {
	for i := range s.samples {
		l := &s.samples[i]
		t := timing{state: fsm.State(s.State), timer: timerName(l.Timer), left: l.Expires, retrans: l.Retrans,
			orphan: s.Orphan, mini: s.mini}
		if t.timer == RetransmitTimer || t.timer == ProbeTimer {
			info, ok, err := c.Info(l)
			if err != nil {
				return err
			} else if !ok {
				continue // gone meanwhile
			}
			t.rto, t.backoff = info.RTO, info.Backoff
		}
		if t.timer != NoTimer {
			s.timings = append(s.timings, t)
		}
	}
	return nil
}

func newSocket(k kind, l *diag.Socket) *Socket {
	s := &Socket{
		State: stateName(k.state), Family: k.family, Local: l.Local, Remote: l.Remote, UID: int(k.uid), mini: k.mini,
		Orphan: k.orphan, V6Only: k.v6only, ReuseAddr: Unknown, ReusePort: Unknown, role: k.role, Self: k.self,
		Timer: NoTimer,
	}
	if k.state == diag.Listen || k.state == diag.Bound {
		s.Remote = netip.AddrPort{}
	}
	if k.mini {
		s.UID = -1
	}
	if k.device != 0 {
		s.Device = deviceName(int(k.device))
	}
	return s
}

// stateName is a state as RFC 9293 spells it, or BOUND.
func stateName(s diag.State) string {
	if name, ok := stateNames[s]; ok {
		return string(name)
	}
	return s.String()
}

var stateNames = map[diag.State]fsm.State{
	diag.Established: fsm.Established, diag.SynSent: fsm.SynSent, diag.SynRecv: fsm.SynReceived,
	diag.FinWait1: fsm.FinWait1,
	diag.FinWait2: fsm.FinWait2, diag.TimeWait: fsm.TimeWait, diag.CloseWait: fsm.CloseWait, diag.LastAck: fsm.LastAck,
	diag.Listen: fsm.Listen, diag.Closing: fsm.Closing,
}

// v6only is what is known of IPV6_V6ONLY: an IPv4 address, mapped or not, is for IPv4.
func v6only(l *diag.Socket) Flag {
	switch {
	case l.Family == 4 || l.V6Only == diag.Off:
		return No
	case l.V6Only == diag.On:
		return Yes
	case l.Local.Addr().Is4In6():
		return No
	}
	return Unknown
}

func deviceName(index int) string {
	if d, err := net.InterfaceByIndex(index); err == nil {
		return text.Clean(d.Name)
	}
	return "?"
}
