package fsm

import "strings"

// State is a connection state in the spelling of RFC 9293 §3.3.2. The same word
// stands in Go, in JSON, in openapi.yaml, in golden files and on the page.
type State string

// The eleven states of RFC 9293 §3.3.2.
const (
	Closed      State = "CLOSED"
	Listen      State = "LISTEN"
	SynSent     State = "SYN-SENT"
	SynReceived State = "SYN-RECEIVED"
	Established State = "ESTABLISHED"
	FinWait1    State = "FIN-WAIT-1"
	FinWait2    State = "FIN-WAIT-2"
	CloseWait   State = "CLOSE-WAIT"
	Closing     State = "CLOSING"
	LastAck     State = "LAST-ACK"
	TimeWait    State = "TIME-WAIT"
)

// States lists all states in the order in which RFC 9293 names them.
var States = []State{
	Closed, Listen, SynSent, SynReceived, Established, FinWait1,
	FinWait2, CloseWait, Closing, LastAck, TimeWait,
}

// ParseState reads a state in any common spelling: "TIME_WAIT", "time-wait" and
// "TIME-WAIT" are the same. ok is false for a word that names no state.
func ParseState(s string) (State, bool) {
	s = strings.ReplaceAll(strings.ToUpper(s), "_", "-")
	switch s {
	case "FIN-WAIT1":
		s = "FIN-WAIT-1"
	case "FIN-WAIT2":
		s = "FIN-WAIT-2"
	case "SYN-RECV":
		s = "SYN-RECEIVED"
	case "CLOSE":
		s = "CLOSED"
	}
	for _, st := range States {
		if string(st) == s {
			return st, true
		}
	}
	return "", false
}
