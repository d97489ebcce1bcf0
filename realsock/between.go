package realsock

import (
	"net/netip"
	"time"
)

// middlebox is what lies between the hosts besides the wire: a NAT, firewall or load balancer that
// remembers flows, or one that lets nothing through. The loopbacks do not pass it.
type middlebox struct {
	blocks []block

	remembers bool
	after     time.Duration // without traffic, after which a flow is forgotten
	conntrack bool          // it is forgotten as Linux's connection tracking does, by its state
	reset     bool          // a segment of a flow that is not known is answered with RST
	flows     map[link]*flow
}

// block is a way on which nothing gets through, and what the sender is told of it: "" or an ICMP error.
type block struct {
	match
	icmp string
}

// maxFlows bounds the flows that are remembered, as nf_conntrack_max does. A SYN beyond that is lost.
const maxFlows = 65536

// flow is a connection as it shows from between its ends. Index 0 is the one that sent the SYN.
type flow struct {
	opener netip.AddrPort
	state  flowState
	last   time.Duration // when a segment passed

	fins   [2]bool
	finEnd [2]uint32 // the number after the FIN
	acked  [2]bool   // the FIN was acknowledged
	owed   [2]bool   // data has passed that no ACK has covered
	end    [2]uint32 // the number after that data
}

// flowState is a state of Linux's connection tracking (enum tcp_conntrack).
type flowState int

const (
	flowSynSent flowState = iota
	flowSynRecv
	flowEstablished
	flowFinWait
	flowCloseWait
	flowLastAck
	flowTimeWait
	flowClose
)

// trackTimeouts are the defaults of nf_conntrack_tcp_timeout_* (tcp_timeouts in
// net/netfilter/nf_conntrack_proto_tcp.c).
var trackTimeouts = [...]time.Duration{
	flowSynSent:     2 * time.Minute,
	flowSynRecv:     time.Minute,
	flowEstablished: 5 * 24 * time.Hour,
	flowFinWait:     2 * time.Minute,
	flowCloseWait:   time.Minute,
	flowLastAck:     30 * time.Second,
	flowTimeWait:    2 * time.Minute,
	flowClose:       10 * time.Second,
}

// trackUnacked is nf_conntrack_tcp_timeout_unacknowledged.
const trackUnacked = 5 * time.Minute

// patience is how long a flow is remembered without traffic.
func (m *middlebox) patience(f *flow) time.Duration {
	if !m.conntrack {
		return m.after
	}
	d := trackTimeouts[f.state]
	if f.state == flowEstablished && (f.owed[0] || f.owed[1]) {
		return min(d, trackUnacked)
	}
	return d
}

// The middlebox's word on a segment.
type verdict int

const (
	pass verdict = iota
	unknown
	crowded
)

// judge notes a segment that comes by, and says whether it may go on.
func (m *middlebox) judge(s *segment, now time.Duration) verdict {
	if !m.remembers {
		return pass
	}
	key, _ := linkOf("", s.src, s.dst)
	f := m.flows[key]
	if f != nil && now-f.last >= m.patience(f) {
		delete(m.flows, key)
		f = nil
	}
	// Only a SYN begins a flow, or begins one anew that has ended (nf_conntrack_tcp_loose = 0).
	if s.flags&(flagSYN|flagACK|flagRST) == flagSYN && (f == nil || f.state >= flowTimeWait) {
		if len(m.flows) >= maxFlows {
			return crowded
		}
		f = &flow{opener: s.src}
		m.flows[key] = f
	}
	if f == nil {
		return unknown
	}
	f.last = now
	if f.see(s); f.state >= flowTimeWait && !m.conntrack {
		delete(m.flows, key) // it has seen the connection end
	}
	return pass
}

// see takes a segment into the flow's state (tcp_conntracks in nf_conntrack_proto_tcp.c, for what hosts
// really send).
func (f *flow) see(s *segment) {
	me := 0
	if s.src != f.opener {
		me = 1
	}
	peer := 1 - me
	acks := func(n uint32) bool { return s.flags&flagACK != 0 && !before(s.ack, n) }
	if f.owed[peer] && acks(f.end[peer]) {
		f.owed[peer] = false
	}
	if f.fins[peer] && acks(f.finEnd[peer]) {
		f.acked[peer] = true
	}
	if s.length > 0 {
		f.owed[me], f.end[me] = true, s.end()
	}
	if s.flags&flagFIN != 0 {
		f.fins[me], f.finEnd[me] = true, s.end()
	}
	f.state = f.next(s)
}

// next is the state after a segment that has been noted.
func (f *flow) next(s *segment) flowState {
	both := func(b [2]bool) bool { return b[0] && b[1] }
	either := func(b [2]bool) bool { return b[0] || b[1] }
	switch {
	case s.flags&flagRST != 0:
		return flowClose
	case s.flags&(flagSYN|flagACK) == flagSYN|flagACK:
		return max(f.state, flowSynRecv)
	case s.flags&flagSYN != 0 || f.state >= flowTimeWait:
		return f.state
	case both(f.fins) && both(f.acked):
		return flowTimeWait
	case both(f.fins):
		return flowLastAck
	case either(f.acked):
		return max(f.state, flowCloseWait)
	case either(f.fins):
		return max(f.state, flowFinWait)
	case s.flags&flagACK != 0:
		return max(f.state, flowEstablished)
	}
	return f.state
}

// flowOf is the state in which a middlebox must have a connection of which one end is in a state of the
// kernel's.
func flowOf(state string) flowState {
	switch state {
	case "SYN_SENT":
		return flowSynSent
	case "SYN_RECV":
		return flowSynRecv
	case "ESTABLISHED":
		return flowEstablished
	case "FIN_WAIT1":
		return flowFinWait
	case "FIN_WAIT2", "CLOSE_WAIT":
		return flowCloseWait
	case "CLOSING", "LAST_ACK":
		return flowLastAck
	}
	return flowTimeWait
}
