package doctor

import (
	"net"
	"net/netip"
)

// Bounds of what one reading keeps.
const (
	maxKinds  = 1024 // kinds of sockets told apart
	maxInodes = 4096 // descriptors looked for, over all kinds
)

// kind is what makes sockets alike.
type kind struct {
	family int
	state  uint8
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
func (t *table) add(l *line) {
	k := kind{
		family: l.family, state: l.state, mini: l.timer == timerTimeWait, orphan: l.inode == 0,
		local: l.local.Addr(), device: l.device, uid: l.uid, v6only: l.v6only,
	}
	switch k.state {
	case stNewSynRecv:
		k.state = stSynRecv
	case stClose:
		k.state = stBound
	}
	if !k.mini && l.remote.Port() != 0 {
		switch local, remote := t.ephemeral(l.local.Port()), t.ephemeral(l.remote.Port()); {
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
	s.expires = max(s.expires, l.expires)
	if l.inode != 0 && t.inodes < maxInodes {
		s.inodes = append(s.inodes, l.inode)
		t.inodes++
	}
}

func newSocket(k kind, l *line) *Socket {
	s := &Socket{
		State: "?", Family: k.family, Local: l.local, Remote: l.remote, UID: int(k.uid), mini: k.mini,
		Orphan: k.orphan, V6Only: k.v6only, ReuseAddr: Unknown, ReusePort: Unknown, role: k.role,
	}
	if int(k.state) < len(stateNames) {
		s.State = stateNames[k.state]
	}
	if s.State == "LISTEN" || s.State == "BOUND" {
		s.Remote = netip.AddrPort{}
	}
	if k.mini {
		s.UID = -1
	}
	if k.device != 0 {
		s.Device = deviceName(int(k.device))
	}
	if s.V6Only == Unknown && l.local.Addr().Is4In6() {
		s.V6Only = No
	}
	return s
}

func deviceName(index int) string {
	if d, err := net.InterfaceByIndex(index); err == nil {
		return d.Name
	}
	return "?"
}
