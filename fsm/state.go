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

// ParseState reads a state in any tool's spelling: "TIME-WAIT", "TIME_WAIT", "time-wait" and
// "TimeWait" are the same, and so are "ESTAB", "SYN_RECV", "SYN_RCVD", "FIN_WAIT1" and "CLOSE" for
// what they abbreviate, and "LISTENING", as Windows' netstat has it. ok is false for a word that
// names no state.
func ParseState(s string) (State, bool) {
	if st := State(s); stateNo(st) != numState {
		return st, true // in RFC spelling, as most are
	}
	key := stateKey(s)
	switch key {
	case "ESTAB":
		return Established, true
	case "SYNRECV", "SYNRCVD":
		return SynReceived, true
	case "LISTENING":
		return Listen, true
	case "CLOSE":
		return Closed, true
	}
	for _, st := range States {
		if stateKey(string(st)) == key {
			return st, true
		}
	}
	return "", false
}

// betweenWords is what stands between the words of a state's name. Building a replacer costs more
// than using it.
var betweenWords = strings.NewReplacer("_", "", "-", "", " ", "")

// stateKey is a state's name without case and what stands between its words.
func stateKey(s string) string { return betweenWords.Replace(strings.ToUpper(s)) }
