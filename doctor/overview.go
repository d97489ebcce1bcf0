package doctor

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"fourwave/fsm"
)

// Bounds of an overview.
const (
	maxTold  = 64   // entries of each list
	maxPeers = 8192 // destinations and peers told apart
	maxOwned = 65536
	staleFor = time.Minute // a CLOSE-WAIT of that age is no longer on its way out
)

// Overview is the whole machine's TCP sockets, worst first.
type Overview struct {
	Listeners  []Listening
	CloseWait  []ByProcess
	FinWait2   []ByPeer
	TimeWait   []ByPeer
	PortsLeft  []PortsLeft
	FullQueues []Listening
	Counts     map[string]int // sockets by state
	Orphans    int
	MaxOrphans int // tcp_max_orphans; 0: not known
	Findings   []Finding
	Hidden     []Text
}

// Finding is something wrong, or about to be.
type Finding struct {
	Weight int // the higher the worse
	Kind   string
	Text   Text
	Do     Text
}

// Listening is a socket that listens.
type Listening struct {
	Local   netip.AddrPort
	Process string
	PID     int
	Queued  int
	Backlog int
}

// ByProcess counts a process's connections in CLOSE-WAIT.
type ByProcess struct {
	Process string
	PID     int
	Count   int
	Recent  int           // of which the other end closed within the last minute
	Oldest  time.Duration // since the other end of the oldest closed; 0: not known
	Unread  int           // the most bytes that one of them has not read
	Queued  int           // those that wait to be accepted, which are no leak
}

// ByPeer counts connections by the other end's address.
type ByPeer struct {
	Peer    netip.Addr
	Count   int
	Held    int // FIN-WAIT-2 that a process has open, without a limit
	Process string
	PID     int
}

// PortsLeft is how many ephemeral ports are left toward a destination.
type PortsLeft struct {
	To       netip.AddrPort
	Used     int
	Left     int
	TimeWait int           // of the used ones
	NextFree time.Duration // until the first of them; 0: not known
}

// seen is one socket for an overview.
type seen struct {
	state         fsm.State
	local, remote netip.AddrPort
	recvQ, sendQ  int
	left          time.Duration // of a TIME-WAIT
	age           time.Duration // since the other end's last acknowledgement; 0: not known
	inode         uint32
	orphan        bool
	process       string
	pid           int
}

// overviewer adds sockets up. It keeps one by one only those whose process counts.
type overviewer struct {
	low, high int
	reserved  int
	owned     []seen
	peers     map[fsm.State]map[netip.Addr]*ByPeer
	to        map[netip.AddrPort]*PortsLeft
	out       Overview
}

func newOverviewer(set *Settings) *overviewer {
	return &overviewer{
		low: set.EphemeralLow, high: set.EphemeralHigh, peers: map[fsm.State]map[netip.Addr]*ByPeer{fsm.FinWait2: {},
			fsm.TimeWait: {}},
		to: make(map[netip.AddrPort]*PortsLeft), out: Overview{Counts: make(map[string]int)},
	}
}

func (o *overviewer) add(s seen) {
	o.out.Counts[string(s.state)]++
	switch s.state {
	case fsm.Listen, fsm.CloseWait:
		if len(o.owned) < maxOwned {
			o.owned = append(o.owned, s)
		}
	case fsm.FinWait2:
		if !s.orphan && len(o.owned) < maxOwned {
			o.owned = append(o.owned, s)
		}
		o.addPeer(&s)
	case fsm.TimeWait:
		o.addPeer(&s)
	}
	if s.orphan && s.state != fsm.TimeWait && s.state != fsm.Established && s.state != fsm.CloseWait &&
		s.state != fsm.SynReceived {
		o.out.Orphans++
	}
	if p := int(s.local.Port()); p >= o.low && p <= o.high && s.remote.Port() != 0 && !o.inRange(s.remote.Port()) {
		o.addDestination(&s)
	}
}

func (o *overviewer) inRange(p uint16) bool { return int(p) >= o.low && int(p) <= o.high }

func (o *overviewer) addPeer(s *seen) {
	byAddr := o.peers[s.state]
	a := s.remote.Addr().Unmap()
	p := byAddr[a]
	if p == nil {
		if len(byAddr) >= maxPeers {
			return
		}
		p = &ByPeer{Peer: a}
		byAddr[a] = p
	}
	p.Count++
	if s.state == fsm.FinWait2 && !s.orphan {
		p.Held++
	}
}

func (o *overviewer) addDestination(s *seen) {
	key := netip.AddrPortFrom(s.remote.Addr().Unmap(), s.remote.Port())
	d := o.to[key]
	if d == nil {
		if len(o.to) >= maxPeers {
			return
		}
		d = &PortsLeft{To: key}
		o.to[key] = d
	}
	d.Used++
	if s.state == fsm.TimeWait {
		d.TimeWait++
		if s.left > 0 && (d.NextFree == 0 || s.left < d.NextFree) {
			d.NextFree = s.left
		}
	}
}

// finish makes the lists, when the processes are known.
func (o *overviewer) finish() *Overview {
	out := &o.out
	byProcess := make(map[[2]any]*ByProcess)
	for _, s := range o.owned {
		switch s.state {
		case fsm.Listen:
			l := Listening{s.local, s.process, s.pid, s.recvQ, s.sendQ}
			out.Listeners = append(out.Listeners, l)
			if l.Queued > l.Backlog && l.Backlog > 0 || l.Queued > 0 && l.Queued > l.Backlog {
				out.FullQueues = append(out.FullQueues, l)
			}
		case fsm.CloseWait:
			key := [2]any{s.process, s.pid}
			p := byProcess[key]
			if p == nil {
				p = &ByProcess{Process: s.process, PID: s.pid}
				byProcess[key] = p
			}
			p.take(&s)
		case fsm.FinWait2:
			if p := o.peers[fsm.FinWait2][s.remote.Addr().Unmap()]; p != nil && p.Process == "" {
				p.Process, p.PID = s.process, s.pid
			}
		}
	}
	for _, p := range byProcess {
		out.CloseWait = append(out.CloseWait, *p)
	}
	slices.SortFunc(out.CloseWait, func(a, b ByProcess) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Process, b.Process), a.PID-b.PID)
	})
	out.FinWait2, out.TimeWait = byCount(o.peers[fsm.FinWait2]), byCount(o.peers[fsm.TimeWait])
	o.portsLeft()
	slices.SortStableFunc(out.Listeners, func(a, b Listening) int {
		return cmp.Or(int(a.Local.Port())-int(b.Local.Port()), a.Local.Addr().Compare(b.Local.Addr()))
	})
	out.find()
	out.Listeners = out.Listeners[:min(len(out.Listeners), 4*maxTold)]
	out.CloseWait = out.CloseWait[:min(len(out.CloseWait), maxTold)]
	return out
}

func (p *ByProcess) take(s *seen) {
	p.Count++
	p.Oldest = max(p.Oldest, s.age)
	if s.age > 0 && s.age < staleFor {
		p.Recent++
	}
	p.Unread = max(p.Unread, s.recvQ-1)
	if s.orphan {
		p.Queued++
	}
}

func byCount(all map[netip.Addr]*ByPeer) (list []ByPeer) {
	for _, p := range all {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b ByPeer) int { return cmp.Or(b.Count-a.Count, a.Peer.Compare(b.Peer)) })
	return list[:min(len(list), maxTold)]
}

func (o *overviewer) portsLeft() {
	total := max(o.high-o.low+1-o.reserved, 0)
	for _, d := range o.to {
		d.Left = max(total-d.Used, 0)
		o.out.PortsLeft = append(o.out.PortsLeft, *d)
	}
	slices.SortFunc(o.out.PortsLeft, func(a, b PortsLeft) int {
		return cmp.Or(a.Left-b.Left, a.To.Addr().Compare(b.To.Addr()), int(a.To.Port())-int(b.To.Port()))
	})
	o.out.PortsLeft = o.out.PortsLeft[:min(len(o.out.PortsLeft), maxTold)]
}

// overview is that of a pasted table.
func (t *Table) overview() *Overview {
	set := settingsOf(t.System, 0)
	o := newOverviewer(&set)
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Protocol != string(TCP) || r.State == "" {
			continue
		}
		o.add(seen{
			state: fsm.State(r.State), local: netip.AddrPortFrom(orWild(r.Local.Addr, r.Family), r.Local.Port),
			remote: netip.AddrPortFrom(orWild(r.Remote.Addr, r.Family),
				r.Remote.Port), recvQ: r.RecvQ, sendQ: backlog(r, t.Format),
			left: r.Left, orphan: r.Orphan || r.State == string(fsm.TimeWait) || r.State == string(fsm.FinWait2) &&
				r.PID == 0, process: r.Process, pid: r.PID,
		})
	}
	return o.finish()
}
