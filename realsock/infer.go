package realsock

import "net/netip"

// tuple is one end's pair of addresses, as packets carry them.
type tuple struct{ local, remote netip.AddrPort }

// leg is one step of an end's way that was told from segments.
type leg struct {
	cause       Cause
	prev, state string
	sent        []int
	order       int // of the segment it happened at
}

// walk tells from the segments of a loopback connection, in order, the way of one end through the states. There a call or a timer
// sets off everything within one system call, and sock_diag can only be asked when it is over. What is told so is not
// believed unless it ends where sock_diag says the end is. cause is why the end sent what it sent before anything came to it.
func walk(state string, at tuple, cause Cause, frames []*Frame) []leg {
	var legs []leg
	if len(frames) > 0 && frames[0].Src == at.local {
		legs = append(legs, leg{cause: cause, prev: state, state: state, order: frames[0].ID - 1})
	}
	for _, f := range frames {
		if f.Src == at.local && f.Dst == at.remote {
			l := &legs[len(legs)-1]
			l.state = stateSending(l.state, f)
			l.sent = append(l.sent, f.ID)
		}
		if f.Dst == at.local && f.Src == at.remote {
			if len(legs) > 0 {
				state = legs[len(legs)-1].state
			}
			legs = append(legs, leg{
				cause: Cause{Kind: "frame", Frame: f.ID}, prev: state, state: stateReceiving(state, f), order: f.ID,
			})
		}
	}
	return legs
}

// stateSending is where an end is that has sent a segment.
func stateSending(state string, f *Frame) string {
	switch {
	case f.Flags&flagRST != 0:
		switch state {
		case "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT":
			return "CLOSE"
		}
	case f.Flags&(flagSYN|flagACK) == flagSYN && state == "CLOSE":
		return "SYN_SENT"
	case f.Flags&flagFIN != 0 && (state == "ESTABLISHED" || state == "SYN_RECV"):
		return "FIN_WAIT1"
	case f.Flags&flagFIN != 0 && state == "CLOSE_WAIT":
		return "LAST_ACK"
	}
	return state
}

// stateReceiving is where a segment takes an end.
func stateReceiving(state string, f *Frame) string {
	if f.Flags&flagRST != 0 {
		if state == "LISTEN" {
			return state
		}
		return "CLOSE"
	}
	acksFIN := f.Flags&flagACK != 0 && f.Receiver.SentFIN && f.Ack == f.Receiver.SndNxt
	fin := f.Flags&flagFIN != 0
	switch state {
	case "LISTEN":
		if f.Flags&flagSYN != 0 {
			return "SYN_RECV"
		}
	case "SYN_SENT":
		switch f.Flags & (flagSYN | flagACK) {
		case flagSYN:
			return "SYN_RECV"
		case flagSYN | flagACK:
			return "ESTABLISHED"
		}
	case "SYN_RECV":
		if f.Flags&flagACK != 0 {
			return "ESTABLISHED"
		}
	case "ESTABLISHED":
		if fin {
			return "CLOSE_WAIT"
		}
	case "FIN_WAIT1":
		switch {
		case fin && acksFIN:
			return "TIME_WAIT"
		case fin:
			return "CLOSING"
		case acksFIN:
			return "FIN_WAIT2"
		}
	case "FIN_WAIT2":
		if fin {
			return "TIME_WAIT"
		}
	case "CLOSING":
		if acksFIN {
			return "TIME_WAIT"
		}
	case "LAST_ACK":
		if acksFIN {
			return "CLOSE"
		}
	}
	return state
}
