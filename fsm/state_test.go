package fsm

import "testing"

// TestParseState: every tool's spelling of a state is taken: netstat's, ss's, Go's, Windows'.
func TestParseState(t *testing.T) {
	for text, want := range map[string]State{
		"TIME-WAIT": TimeWait, "TIME_WAIT": TimeWait, "time-wait": TimeWait, "TimeWait": TimeWait, "timewait": TimeWait,
		"ESTAB": Established, "Established": Established, "ESTABLISHED": Established,
		"SYN_RECV": SynReceived, "SYN-RECV": SynReceived, "SYN_RCVD": SynReceived, "SynReceived": SynReceived,
		"SYN_RECEIVED": SynReceived,
		"FIN_WAIT1":    FinWait1, "FIN-WAIT-1": FinWait1, "FIN_WAIT_1": FinWait1, "FinWait1": FinWait1,
		"FIN-WAIT2":  FinWait2,
		"CLOSE_WAIT": CloseWait, "CLOSE-WAIT": CloseWait, "CloseWait": CloseWait, "CLOSE": Closed, "CLOSED": Closed,
		"LAST_ACK": LastAck, "LastAck": LastAck, "CLOSING": Closing, "LISTEN": Listen, "SYN_SENT": SynSent,
		"Listen": Listen, "LISTENING": Listen,
	} {
		if got, ok := ParseState(text); !ok || got != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "WAIT", "FIN_WAIT3", "TIME WAIT2", "ESTABLISH"} {
		if got, ok := ParseState(text); ok {
			t.Errorf("%q: got %q, want none", text, got)
		}
	}
}
