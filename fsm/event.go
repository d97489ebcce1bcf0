package fsm

import "strings"

// Event is what happened to one end of a connection, already judged: the conditions on sequence
// numbers, on the user and on the way the connection was opened are in the name, so that the table
// needs no guards. "rcv FIN" and "rcv FIN,ACK of FIN" are two events.
type Event string

// What the user does (RFC 9293 §3.9.1). CLOSE is simplex, as shutdown(SHUT_WR) is; close() is
// CLOSE with the promise to RECEIVE no more.
const (
	UserPassiveOpen Event = "passive OPEN"
	UserActiveOpen  Event = "active OPEN"
	UserSend        Event = "SEND"
	UserReceive     Event = "RECEIVE"
	UserClose       Event = "CLOSE"
	UserCloseUnread Event = "CLOSE,unread data" // close() throws away data that nobody has read
	UserAbort       Event = "ABORT"
	UserTakesOver   Event = "active OPEN,takes over" // another socket's connect() takes the four-tuple of a minisocket
)

// Segments that open a connection or hit one that is not synchronized.
const (
	RcvSYN        Event = "rcv SYN"
	RcvSYNPassive Event = "rcv SYN,passive OPEN" // in the window, in a SYN-RECEIVED that a passive OPEN began
	RcvSYNACK     Event = "rcv SYN,ACK"
	RcvSYNReopens Event = "rcv SYN,reopens" // in TIME-WAIT: newer by sequence number or timestamp, and somebody listens
	RcvSYNUnheard Event = "rcv SYN,unheard" // newer likewise, and nobody listens
)

// Resets, by their place in the window (RFC 9293 §3.10.7.4, second; RFC 5961 §3.2).
const (
	RcvRST         Event = "rcv RST"              // SEG.SEQ = RCV.NXT
	RcvRSTPassive  Event = "rcv RST,passive OPEN" // the same in a SYN-RECEIVED that a passive OPEN began
	RcvRSTRefuses  Event = "rcv RST,ACK of SYN"   // in SYN-SENT
	RcvRSTInWindow Event = "rcv RST,in window"    // in the window, not exact
	RcvRSTOutside  Event = "rcv RST,outside window"
	RcvRSTNoACK    Event = "rcv RST,no ACK"   // in SYN-SENT: it does not say that it answers our SYN
	RcvRSTIgnored  Event = "rcv RST,RFC 1337" // exact, in a TIME-WAIT that RFC 1337's fix protects
)

// Segments of a synchronized connection. "old": all of it is before RCV.NXT. "ahead": it starts
// beyond RCV.NXT, something in front of it is missing. FIN stands for FIN with or without data.
const (
	RcvACK           Event = "rcv ACK"
	RcvACKOfSYN      Event = "rcv ACK of SYN"
	RcvACKOfFIN      Event = "rcv ACK of FIN"
	RcvACKOfFINAbort Event = "rcv ACK of FIN,no FIN-WAIT-2" // for an orphan with TCP_LINGER2 below zero
	RcvACKOfUnsent   Event = "rcv ACK of unsent"
	RcvData          Event = "rcv data"
	RcvDataACKOfSYN  Event = "rcv data,ACK of SYN"
	RcvDataACKOfFIN  Event = "rcv data,ACK of FIN"
	RcvFIN           Event = "rcv FIN"
	RcvFINACKOfSYN   Event = "rcv FIN,ACK of SYN"
	RcvFINACKOfFIN   Event = "rcv FIN,ACK of FIN"
	RcvOld           Event = "rcv old data"
	RcvOldACKOfSYN   Event = "rcv old data,ACK of SYN"
	RcvOldACKOfFIN   Event = "rcv old data,ACK of FIN"
	RcvAhead         Event = "rcv data ahead"
	RcvAheadACKOfSYN Event = "rcv data ahead,ACK of SYN"
	RcvAheadACKOfFIN Event = "rcv data ahead,ACK of FIN"
	// there is no room in a queue, or TCP_DEFER_ACCEPT waits for data
	RcvDropped       Event = "rcv dropped"
	RcvOverflowAbort Event = "rcv ACK of SYN,overflow" // the accept queue is full, and tcp_abort_on_overflow is set
	RcvSYNCookie     Event = "rcv SYN,cookie"          // answered, and nothing is kept
	RcvNoRoom        Event = "rcv data,no room"        // the receive buffer has no memory for it
	RcvNoReader      Event = "rcv data,no reader"      // data for an end whose user has promised to read no more
	RcvOldFIN        Event = "rcv old FIN"             // the FIN that was acknowledged already, again
	RcvFINAgain      Event = "rcv FIN,again"           // old data with a FIN beyond the one that was taken
	RcvUnacceptable  Event = "rcv unacceptable"        // outside the window, or PAWS says it is old
	// a bare ACK older than RCV.NXT and by its timestamp: a later segment was faster
	RcvOvertaken Event = "rcv ACK,overtaken"
	RcvNoACK     Event = "rcv no ACK" // neither ACK, SYN nor RST
)

// Segments that hit what Linux keeps small: the minisocket to which a FIN-WAIT-2 that nobody holds
// open shrinks, and the request socket of a listener.
const (
	RcvRSTMini        Event = "rcv RST,minisocket"                // anywhere in the window
	RcvRSTOutsideMini Event = "rcv RST,outside window,minisocket" // or older by its timestamp
	RcvSYNMini        Event = "rcv SYN,minisocket"                // in the window
	RcvSYNAgain       Event = "rcv SYN,again"                     // the SYN that began a request socket, once more
)

// ICMP errors about a segment of ours (RFC 9293 §3.9.2.2).
const (
	RcvICMPHard Event = "rcv ICMP error,hard" // ends what is being opened, or what asked to hear of it
	RcvICMPSoft Event = "rcv ICMP error,soft" // is remembered
)

// Timers (RFC 9293 §3.10.8).
const (
	Timeout2MSL       Event = "2MSL timeout"
	TimeoutRetransmit Event = "retransmission timeout"
	TimeoutUser       Event = "user timeout"
	TimeoutFinWait2   Event = "FIN-WAIT-2 timeout"
	TimeoutDelayedACK Event = "delayed ACK timeout"

	TimeoutPersist       Event = "persist timeout"             // the next zero-window probe is due
	TimeoutKeepalive     Event = "keepalive timeout"           // the connection has been idle for so long
	TimeoutKeepaliveOver Event = "keepalive timeout,no answer" // to so many probes
)

// Events lists all events in the order of this file.
var Events = []Event{
	UserPassiveOpen, UserActiveOpen, UserSend, UserReceive, UserClose, UserCloseUnread, UserAbort, UserTakesOver,
	RcvSYN, RcvSYNPassive, RcvSYNACK, RcvSYNReopens, RcvSYNUnheard,
	RcvRST, RcvRSTPassive, RcvRSTRefuses, RcvRSTInWindow, RcvRSTOutside, RcvRSTNoACK, RcvRSTIgnored,
	RcvACK, RcvACKOfSYN, RcvACKOfFIN, RcvACKOfUnsent,
	RcvData, RcvDataACKOfSYN, RcvDataACKOfFIN,
	RcvFIN, RcvFINACKOfSYN, RcvFINACKOfFIN,
	RcvOld, RcvOldACKOfSYN, RcvOldACKOfFIN,
	RcvAhead, RcvAheadACKOfSYN, RcvAheadACKOfFIN,
	RcvNoReader, RcvOldFIN, RcvFINAgain, RcvUnacceptable, RcvOvertaken, RcvNoACK,
	RcvRSTMini, RcvRSTOutsideMini, RcvSYNMini, RcvSYNAgain,
	Timeout2MSL, TimeoutRetransmit, TimeoutUser, TimeoutFinWait2, TimeoutDelayedACK,
	TimeoutPersist, TimeoutKeepalive, TimeoutKeepaliveOver, RcvICMPHard, RcvICMPSoft, RcvNoRoom, RcvACKOfFINAbort,
	RcvDropped, RcvOverflowAbort, RcvSYNCookie,
}

// ParseEvent finds an event by its name, whatever the case and the spaces after commas.
func ParseEvent(s string) (Event, bool) {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), ", ", ",")
	for _, e := range Events {
		if strings.EqualFold(string(e), s) {
			return e, true
		}
	}
	return "", false
}
