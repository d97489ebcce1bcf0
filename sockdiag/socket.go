package sockdiag

import (
	"fmt"
	"net/netip"
	"time"
)

// State is the state of a TCP socket, as the kernel numbers them (include/net/tcp_states.h).
type State uint8

// The states.
const (
	Established State = iota + 1
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Close
	CloseWait
	LastAck
	Listen
	Closing
	NewSynRecv
	Bound // has a port, and neither listens nor connects (TCP_BOUND_INACTIVE); shown since Linux 6.8
)

// Any is the set of all states.
const Any = ^States(0)

// States is a set of them.
type States uint32

// Set makes a set.
func Set(states ...State) (s States) {
	for _, one := range states {
		s |= 1 << one
	}
	return s
}

var stateNames = [...]string{
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV", "BOUND",
}

// String is the kernel's word.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("STATE_%d", uint8(s))
}

// Timer is what a socket waits for, as idiag_timer numbers it.
type Timer uint8

// The timers that matter here.
const (
	NoTimer         Timer = 0
	TimerRetransmit Timer = 1 // also a tail loss probe
	TimerKeepalive  Timer = 2 // also the first part of an orphan's long FIN_WAIT2
	TimerTimeWait   Timer = 3 // of a timewait minisocket
	TimerProbe      Timer = 4 // zero-window probe
)

var timerNames = [...]string{"none", "retransmit", "keepalive", "timewait", "probe"}

func (t Timer) String() string {
	if int(t) < len(timerNames) {
		return timerNames[t]
	}
	return fmt.Sprintf("timer-%d", uint8(t))
}

// Socket is one socket as the kernel tells of it.
type Socket struct {
	Family  int // 4 or 6: the socket's, not the packets'
	State   State
	Timer   Timer
	Local   netip.AddrPort
	Remote  netip.AddrPort
	Device  uint32        // index of the interface that it is bound to; 0: none
	Expires time.Duration // what is left of the timer
	Retrans int           // retransmissions, or zero-window probes, that nobody has answered yet (idiag_retrans)
	RecvQ   int           // octets; of a listener, connections that wait to be accepted
	SendQ   int
	UID     uint32
	Inode   uint32 // 0: no descriptor refers to it
	Cookie  uint64
	V6Only  Option // told of IPv6 sockets in Listen and Bound
}

// Option is a socket option that is not always told.
type Option uint8

// The values of an Option.
const (
	Untold Option = iota
	Off
	On
)

// Mini reports whether it is a timewait minisocket (TIME_WAIT, or FIN_WAIT2 after close).
func (s *Socket) Mini() bool { return s.Timer == TimerTimeWait }
