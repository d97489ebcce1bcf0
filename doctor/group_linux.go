package doctor

import (
	"net"
	"net/netip"

	"fourwave/fsm"
	"fourwave/realsock/diag"
)

// Bounds of what one reading keeps.
const (
	maxKinds  = 1024 // kinds of sockets told apart
	maxInodes = 4096 // descriptors looked for, over all kinds
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
}

// table collects the lines of one port.
type table struct {
	asked     netip.Addr // the address asked about: its kinds are always kept
	low, high int        // the ephemeral range
	kinds     map[kind]*Socket
	order     []*Socket
	inodes    int
	more      int
}

func newTable(asked netip.Addr, low, high int) *table {
	return &table{asked: asked, low: low, high: high, kinds: make(map[kind]*Socket)}
}

func (t *table) ephemeral(port uint16) bool { return int(port) >= t.low && int(port) <= t.high }

// add counts a line.
func (t *table) add(l *diag.Socket) {
	k := kind{
		family: l.Family, state: l.State, mini: l.Mini(), orphan: l.Inode == 0,
		local: l.Local.Addr(), device: l.Device, uid: l.UID, v6only: v6only(l),
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
		t.kinds[k] = s
		t.order = append(t.order, s)
	}
	s.Count++
	s.expires = max(s.expires, l.Expires)
	if l.Inode != 0 && t.inodes < maxInodes {
		s.inodes = append(s.inodes, l.Inode)
		t.inodes++
	}
}

func newSocket(k kind, l *diag.Socket) *Socket {
	s := &Socket{
		State: stateName(k.state), Family: k.family, Local: l.Local, Remote: l.Remote, UID: int(k.uid), mini: k.mini,
		Orphan: k.orphan, V6Only: k.v6only, ReuseAddr: Unknown, ReusePort: Unknown, role: k.role,
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
	diag.Established: fsm.Established, diag.SynSent: fsm.SynSent, diag.SynRecv: fsm.SynReceived, diag.FinWait1: fsm.FinWait1,
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
		return d.Name
	}
	return "?"
}
