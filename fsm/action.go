package fsm

// Action is a set of things that an arrow of the table asks for besides the new state.
type Action uint32

// The actions. Sent segments are described in the order in which they are sent.
const (
	SendSYN        Action = 1 << iota // <SEQ=ISS><CTL=SYN>
	SendSYNACK                        // <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>
	SendACK                           // <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, at once
	SendFIN                           // <SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>, after all data
	SendRST                           // §3.5.2: as the answer to a segment, or to abort
	SendData                          // what the user gave, as far as the window reaches
	Retransmit                        // the oldest unacknowledged segment
	RetransmitSoon                    // the SYN, in two ticks: what answered it was left of another connection
	// acknowledge data or a FIN: at once, or by the delayed-ACK timer (RFC 1122 §4.2.3.2)
	AckText
	Challenge  // RFC 5961: the ACK is a challenge; a system may limit how many it sends
	Start2MSL  // start the 2MSL timer, or start it again; turn the others off
	TakeACK    // SEG.ACK counts: what it covers need not be sent again
	TakeText   // data goes to the user or waits for the gap to be filled
	TakeFIN    // RCV.NXT steps over the FIN; the user reads an end of file
	Queue      // keep until the gap is filled
	ErrReset   // the user hears "connection reset"
	ErrRefused // the user hears "connection refused"
	ErrTimeout // the user hears "connection timed out"
	ErrICMP    // the user hears what the ICMP error says
	ErrClosing // the call answers "connection closing"
	ErrNoConn  // the call answers "connection does not exist"
	DeleteTCB  // the connection is gone
	Reopen     // a new incarnation begins from LISTEN with this SYN
	SendProbe  // what the window has room for, else an old number that must be answered
)

var actionNames = []struct {
	a    Action
	name string
}{
	{SendSYN, "send SYN"}, {SendSYNACK, "send SYN,ACK"}, {SendACK, "send ACK"}, {SendFIN, "send FIN"},
	{SendRST, "send RST"}, {SendData, "send data"}, {Retransmit, "retransmit"},
	{RetransmitSoon, "retransmit soon"}, {AckText, "acknowledge"},
	{Challenge, "challenge"}, {Start2MSL, "start 2MSL timer"}, {TakeACK, "take ACK"}, {TakeText, "take data"},
	{TakeFIN, "take FIN"}, {Queue, "queue"}, {ErrReset, "error: connection reset"},
	{ErrRefused, "error: connection refused"}, {ErrTimeout, "error: connection timed out"},
	{ErrICMP, "error: as the ICMP message says"},
	{ErrClosing, "error: connection closing"}, {ErrNoConn, "error: connection does not exist"},
	{DeleteTCB, "delete TCB"}, {Reopen, "reopen"}, {SendProbe, "send probe"},
}

// Names lists the actions in words, in the order of their declaration.
func (a Action) Names() []string {
	out := []string{}
	for _, n := range actionNames {
		if a&n.a != 0 {
			out = append(out, n.name)
		}
	}
	return out
}
