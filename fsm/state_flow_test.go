package fsm

import "testing"

// The states in which both ends know each other's numbers, up to where one waits for the end of all.

func TestEstablished(t *testing.T) { establishedChapter.read(t) }
func TestFinWait1(t *testing.T)    { finWait1Chapter.read(t) }
func TestFinWait2(t *testing.T)    { finWait2Chapter.read(t) }
func TestCloseWait(t *testing.T)   { closeWaitChapter.read(t) }
func TestClosing(t *testing.T)     { closingChapter.read(t) }
func TestLastAck(t *testing.T)     { lastAckChapter.read(t) }

// synchronized are the sentences that hold alike in every state from ESTABLISHED to LAST-ACK: what is
// outside the window, what is forged, and what ends any connection. reset is what the user hears of a RST
// by the RFC and on Linux; abort is what ABORT sends.
func synchronized(st State, reset [2]Errno, abort string, more ...sentence) []sentence {
	return append([]sentence{
		{says: "a segment beyond the window is acknowledged and dropped", when: rcv("ACK+PSH", "wnd+100000", "nxt", 5), then: st, sent: "ACK"},
		{says: "old data is acknowledged and dropped", when: rcv("ACK+PSH", "nxt-5", "una", 5), then: st, sent: "ACK"},
		{says: "an old bare ACK that was overtaken is not answered", of: "linux", when: stamped(ACK, "nxt-1", "una", 0, "old"), then: st},
		{says: "a segment whose timestamp is old is acknowledged and dropped", when: stamped(ACK|PSH, "nxt", "una", 5, "old"), then: st, sent: "ACK"},
		{says: "an ACK of nothing new changes nothing", when: rcv("ACK", "nxt", "una", 0), then: st},
		{says: "an ACK of what was never sent is challenged", when: rcv("ACK", "nxt", "nxt+1000", 0), then: st, sent: "ACK"},
		{says: "a segment without ACK is dropped", when: rcv("PSH", "nxt", "", 5), then: st},
		{says: "a RST at RCV.NXT ends it", of: "rfc9293", when: rcv("RST", "nxt", "", 0), then: Closed, user: reset[0]},
		{says: "a RST at RCV.NXT ends it", of: "linux", when: rcv("RST", "nxt", "", 0), then: Closed, user: reset[1]},
		{says: "a RST elsewhere in the window is challenged", when: rcv("RST", "nxt+10", "", 0), then: st, sent: "ACK"},
		{says: "a RST elsewhere in the window is dropped", of: "openbsd", when: rcv("RST", "nxt+10", "", 0), then: st},
		{says: "a RST before the window is dropped", when: rcv("RST", "nxt-1000", "", 0), then: st},
		{says: "a RST beyond the window is dropped", when: rcv("RST", "wnd+100000", "", 0), then: st},
		{says: "a SYN is challenged, wherever it lies", when: rcv("SYN", "nxt+1000", "", 0), then: st, sent: "ACK"},
		{says: "a SYN,ACK is challenged", when: rcv("SYN+ACK", "nxt", "nxt", 0), then: st, sent: "ACK"},
		{says: "its user has waited too long", when: happens(TimeoutUser), then: Closed, user: ETIMEDOUT},
		{says: "an ICMP error that is hard ends it", of: "rfc9293", when: happens(RcvICMPHard), then: Closed, user: EHOSTUNREACH},
		{says: "an ICMP error that is hard is remembered", of: "linux", when: happens(RcvICMPHard), then: st},
		{says: "an ICMP error that is soft is remembered", when: happens(RcvICMPSoft), then: st},
		{says: "a keepalive asks with an old number", when: happens(TimeoutKeepalive), then: st, sent: "ACK"},
		{says: "no keepalive is answered", when: happens(TimeoutKeepaliveOver), then: Closed, sent: "RST+ACK", user: ETIMEDOUT},
		{says: "ABORT ends it", when: calls(theyAbort), then: Closed, sent: abort},
	}, more...)
}

// everywhere are the arrows that the table has in those states for events that cannot come about there by a
// segment, or not in every profile.
func everywhere(st State, more ...reading) []reading {
	return append([]reading{
		{says: "old data is acknowledged", call: RcvOld, then: st, does: "send ACK, take ACK"},
		{says: "the FIN that was taken is acknowledged again", call: RcvOldFIN, then: st, does: "send ACK"},
	}, more...)
}

var establishedChapter = chapter{
	state: Established, stage: "ES",
	sentences: synchronized(Established, [2]Errno{ECONNRESET, ECONNRESET}, "RST+ACK", []sentence{
		{says: "SEND sends", when: calls(theySend), then: Established, sent: "DATA", and: outstanding(1)},
		{says: "an ACK of data takes it off the queue", when: inTurn(calls(theySend), rcv("ACK", "nxt", "nxt", 0)), then: Established, sent: "DATA", and: outstanding(0)},
		{says: "data in order is taken and acknowledged", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: Established, sent: "ACK", and: read(5, false)},
		{says: "data acknowledges what was sent", when: inTurn(calls(theySend), rcv("ACK+PSH", "nxt", "nxt", 5)), then: Established, sent: "DATA ACK", and: outstanding(0)},
		{says: "data beyond a gap waits, and is told of", when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: Established, sent: "ACK", and: queued(1)},
		{says: "data beyond a gap acknowledges what was sent", when: inTurn(calls(theySend), rcv("ACK+PSH", "nxt+10", "nxt", 5)), then: Established, sent: "DATA ACK", and: outstanding(0)},
		{says: "old data acknowledges what was sent", of: "linux", when: inTurn(calls(theySend), rcv("ACK+PSH", "nxt-5", "nxt", 5)), then: Established, sent: "DATA ACK", and: outstanding(0)},
		{says: "a FIN is acknowledged and read as the end", when: rcv("FIN+ACK", "nxt", "nxt", 0), then: CloseWait, sent: "ACK", and: read(0, true)},
		{says: "a FIN with data: both are taken", when: rcv("FIN+ACK", "nxt", "nxt", 5), then: CloseWait, sent: "ACK", and: read(5, true)},
		{says: "a FIN acknowledges what was sent", when: inTurn(calls(theySend), rcv("FIN+ACK", "nxt", "nxt", 0)), then: CloseWait, sent: "DATA ACK", and: outstanding(0)},
		{says: "what was not acknowledged goes again", when: inTurn(calls(theySend), happens(TimeoutRetransmit)), then: Established, sent: "DATA DATA", and: outstanding(1)},
		{says: "a closed window is probed with an old number", when: happens(TimeoutPersist), then: Established, sent: "ACK"},
		{says: "an ACK that was held back goes out", when: happens(TimeoutDelayedACK), then: Established, sent: "ACK"},
		{says: "CLOSE sends a FIN", when: calls(theyClose), then: FinWait1, sent: "FIN", and: outstanding(1)},
		{says: "shutdown(WR) is the same CLOSE", when: calls(theyShut), then: FinWait1, sent: "FIN"},
		{says: "close() with unread data sends a RST", when: inTurn(rcv("ACK+PSH", "nxt", "nxt", 5), calls(theyClose)), then: Closed, sent: "ACK RST+ACK"},
		{says: "close() with unread data sends a RST, and waits in TIME-WAIT", of: "lwip", when: inTurn(rcv("ACK+PSH", "nxt", "nxt", 5), calls(theyClose)), then: TimeWait, sent: "ACK RST+ACK", restarts: true},
		{says: "close() with unread data throws it away", of: "freebsd openbsd", when: inTurn(rcv("ACK+PSH", "nxt", "nxt", 5), calls(theyClose)), then: FinWait1, sent: "ACK FIN"},
	}...),
	readings: everywhere(Established,
		reading{says: "RECEIVE waits for data", call: UserReceive, then: Established},
		reading{says: "data for which there is no memory is dropped", call: RcvNoRoom, then: Established, does: "send ACK, take ACK"},
	),
}

var finWait1Chapter = chapter{
	state: FinWait1, stage: "F1",
	sentences: synchronized(FinWait1, [2]Errno{ECONNRESET, ECONNRESET}, "RST+ACK", []sentence{
		{says: "the ACK of our FIN moves it on", when: rcv("ACK", "nxt", "nxt", 0), then: FinWait2, and: outstanding(0)},
		{says: "an ACK of the data before the FIN is not one of the FIN", at: "ES", when: inTurn(calls(theySend), inTurn(calls(theyShut), rcv("ACK", "nxt", "nxt-1", 0))), then: FinWait1, sent: "DATA FIN", and: outstanding(1)},
		{says: "data is still taken", when: rcv("ACK+PSH", "nxt", "una", 5), then: FinWait1, sent: "ACK", and: read(5, false)},
		{says: "data acknowledges what was sent", at: "ES", when: inTurn(calls(theySend), inTurn(calls(theyShut), rcv("ACK+PSH", "nxt", "nxt-1", 5))), then: FinWait1, sent: "DATA FIN ACK", and: outstanding(1)},
		{says: "data that acknowledges our FIN is taken and moves it on", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: FinWait2, sent: "ACK", and: read(5, false)},
		{says: "old data that acknowledges our FIN lies before the window", of: "rfc9293", when: rcv("ACK+PSH", "nxt-5", "nxt", 5), then: FinWait1, sent: "ACK", and: outstanding(1)},
		{says: "old data that acknowledges our FIN moves it on", of: "linux", when: rcv("ACK+PSH", "nxt-5", "nxt", 5), then: FinWait2, sent: "ACK", and: outstanding(0)},
		{says: "old data acknowledges what was sent", of: "linux", at: "ES", when: inTurn(calls(theySend), inTurn(calls(theyShut), rcv("ACK+PSH", "nxt-5", "nxt-1", 5))), then: FinWait1, sent: "DATA FIN ACK", and: outstanding(1)},
		{says: "data beyond a gap waits", when: rcv("ACK+PSH", "nxt+10", "una", 5), then: FinWait1, sent: "ACK", and: queued(1)},
		{says: "data beyond a gap acknowledges what was sent", at: "ES", when: inTurn(calls(theySend), inTurn(calls(theyShut), rcv("ACK+PSH", "nxt+10", "nxt-1", 5))), then: FinWait1, sent: "DATA FIN ACK", and: outstanding(1)},
		{says: "data beyond a gap that acknowledges our FIN waits and moves it on", when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: FinWait2, sent: "ACK", and: queued(1)},
		{says: "the queue of what acknowledged our FIN is empty", when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: FinWait2, sent: "ACK", and: outstanding(0)},
		{says: "data acknowledges our FIN", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: FinWait2, sent: "ACK", and: outstanding(0)},
		{says: "a FIN that does not acknowledge ours: both closed at once", when: rcv("FIN+ACK", "nxt", "una", 0), then: Closing, sent: "ACK", and: read(0, true)},
		{says: "a FIN with data that does not acknowledge ours: both are taken", when: rcv("FIN+ACK", "nxt", "una", 5), then: Closing, sent: "ACK", and: read(5, true)},
		{says: "a FIN acknowledges the data before ours", at: "ES", when: inTurn(calls(theySend), inTurn(calls(theyShut), rcv("FIN+ACK", "nxt", "nxt-1", 0))), then: Closing, sent: "DATA FIN ACK", and: outstanding(1)},
		{says: "a FIN that acknowledges ours goes straight to TIME-WAIT", when: rcv("FIN+ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true, and: and(read(0, true), acknowledged)},
		{says: "a FIN with data that acknowledges ours: data, and TIME-WAIT", of: "rfc9293", when: rcv("FIN+ACK", "nxt", "nxt", 5), then: TimeWait, sent: "ACK", restarts: true, and: read(5, true)},
		{says: "data for an end whose user has closed is reset", at: "F1o", of: "rfc9293", when: rcv("ACK+PSH", "nxt", "una", 5), then: Closed, sent: "RST"},
		{says: "data for an end whose user has closed is reset", at: "F1o", of: "linux", when: rcv("ACK+PSH", "nxt", "una", 5), then: Closed, sent: "RST", user: ECONNRESET},
		{says: "with TCP_LINGER2 below zero the ACK of our FIN ends it", at: "F1o", of: "linux", when: func(sc *scene) {
			sc.c.Linger2 = -1
			rcv("ACK", "nxt", "nxt", 0)(sc)
		}, then: Closed, sent: "RST"},
		{says: "the FIN goes again", when: happens(TimeoutRetransmit), then: FinWait1, sent: "FIN", and: outstanding(1)},
		{says: "a closed window is probed with an old number", when: happens(TimeoutPersist), then: FinWait1, sent: "ACK"},
		{says: "an ACK that was held back goes out", when: happens(TimeoutDelayedACK), then: FinWait1, sent: "ACK"},
		{says: "close() with unread data sends a RST", when: inTurn(rcv("ACK+PSH", "nxt", "una", 5), calls(theyClose)), then: Closed, sent: "ACK RST+ACK"},
		{says: "close() with unread data says nothing more", of: "lwip", when: inTurn(rcv("ACK+PSH", "nxt", "una", 5), calls(theyClose)), then: FinWait1, sent: "ACK"},
		{says: "lwIP gives it up for a newcomer", of: "lwip", when: happens(UserTakesOver), then: Closed},
	}...),
	readings: everywhere(FinWait1,
		reading{says: "SEND comes too late", call: UserSend, then: FinWait1, does: "error: connection closing"},
		reading{says: "RECEIVE waits for data", call: UserReceive, then: FinWait1},
		reading{says: "CLOSE was said already", call: UserClose, then: FinWait1, does: "error: connection closing"},
		reading{says: "data for which there is no memory is dropped", call: RcvNoRoom, then: FinWait1, does: "send ACK, take ACK"},
	),
}

var finWait2Chapter = chapter{
	state: FinWait2, stage: "F2",
	sentences: synchronized(FinWait2, [2]Errno{ECONNRESET, ECONNRESET}, "RST+ACK", []sentence{
		{says: "data is still taken", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: FinWait2, sent: "ACK", and: read(5, false)},
		{says: "data beyond a gap waits", when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: FinWait2, sent: "ACK", and: queued(1)},
		{says: "a FIN ends in TIME-WAIT", when: rcv("FIN+ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true, and: and(read(0, true), acknowledged)},
		{says: "a FIN with data: data, and TIME-WAIT", of: "rfc9293", when: rcv("FIN+ACK", "nxt", "nxt", 5), then: TimeWait, sent: "ACK", restarts: true, and: read(5, true)},
		{says: "an ACK that was held back goes out", when: happens(TimeoutDelayedACK), then: FinWait2, sent: "ACK"},
		{says: "close() with unread data sends a RST", when: inTurn(rcv("ACK+PSH", "nxt", "nxt", 5), calls(theyClose)), then: Closed, sent: "ACK RST+ACK"},
		{says: "close() with unread data says nothing more", of: "lwip", when: inTurn(rcv("ACK+PSH", "nxt", "nxt", 5), calls(theyClose)), then: FinWait2, sent: "ACK"},
		{says: "data for an end whose user has closed is reset", at: "F2o", of: "rfc9293", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: Closed, sent: "RST"},
		{says: "data for an end whose user has closed is reset", at: "F2o", of: "linux", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: Closed, sent: "RST", user: ECONNRESET},
		// Linux keeps an orphan's FIN-WAIT-2 in a minisocket, which is curt.
		{says: "any RST in the window ends a minisocket", at: "F2o", of: "linux", when: rcv("RST", "nxt+10", "", 0), then: Closed},
		{says: "a RST outside the window is answered by a minisocket", at: "F2o", of: "linux", when: rcv("RST", "nxt-1000", "", 0), then: FinWait2, sent: "ACK"},
		{says: "a SYN in the window resets a minisocket", at: "F2o", of: "linux", when: rcv("SYN", "nxt+1000", "", 0), then: Closed, sent: "RST+ACK"},
		{says: "an orphan waits no longer than its clock", at: "F2o", of: "linux freebsd openbsd lwip", when: happens(TimeoutFinWait2), then: Closed},
		{says: "another connect takes its five-tuple over", at: "F2o", of: "linux lwip", when: happens(UserTakesOver), then: Closed},
	}...),
	readings: everywhere(FinWait2,
		reading{says: "SEND comes too late", call: UserSend, then: FinWait2, does: "error: connection closing"},
		reading{says: "RECEIVE waits for data", call: UserReceive, then: FinWait2},
		reading{says: "CLOSE was said already", call: UserClose, then: FinWait2, does: "error: connection closing"},
		reading{says: "an ACK changes the window, if anything", call: RcvACK, then: FinWait2, does: "take ACK"},
		reading{says: "data is taken", call: RcvData, then: FinWait2, does: "acknowledge, take ACK, take data"},
		reading{says: "data for which there is no memory is dropped", call: RcvNoRoom, then: FinWait2, does: "send ACK, take ACK"},
		reading{says: "data beyond a gap waits", call: RcvAhead, then: FinWait2, does: "send ACK, take ACK, queue"},
		reading{says: "a FIN ends in TIME-WAIT", call: RcvFIN, then: TimeWait, does: "send ACK, start 2MSL timer, take ACK, take data, take FIN"},
	),
}

var closeWaitChapter = chapter{
	state: CloseWait, stage: "CW",
	sentences: synchronized(CloseWait, [2]Errno{EPIPE, EPIPE}, "RST+ACK", []sentence{
		{says: "SEND sends: only the other end has closed", when: calls(theySend), then: CloseWait, sent: "DATA", and: outstanding(1)},
		{says: "an ACK of data takes it off the queue", when: inTurn(calls(theySend), rcv("ACK", "nxt", "nxt", 0)), then: CloseWait, sent: "DATA", and: outstanding(0)},
		{says: "text beyond the FIN is ignored", when: rcv("ACK+PSH", "nxt", "una", 5), then: CloseWait, and: read(0, true)},
		{says: "text beyond the FIN acknowledges what was sent", when: inTurn(calls(theySend), rcv("ACK+PSH", "nxt", "nxt", 5)), then: CloseWait, sent: "DATA", and: outstanding(0)},
		{says: "text further beyond is ignored", when: rcv("ACK+PSH", "nxt+10", "una", 5), then: CloseWait, and: queued(0)},
		{says: "text further beyond acknowledges what was sent", when: inTurn(calls(theySend), rcv("ACK+PSH", "nxt+10", "nxt", 5)), then: CloseWait, sent: "DATA", and: outstanding(0)},
		{says: "old data acknowledges what was sent", of: "linux", when: inTurn(calls(theySend), rcv("ACK+PSH", "nxt-5", "nxt", 5)), then: CloseWait, sent: "DATA ACK", and: outstanding(0)},
		{says: "the FIN again is acknowledged again", when: rcv("FIN+ACK", "nxt-1", "una", 0), then: CloseWait, sent: "ACK"},
		{says: "a second FIN is acknowledged, and no more", of: "rfc9293", when: inTurn(calls(theySend), rcv("FIN+ACK", "nxt", "nxt", 0)), then: CloseWait, sent: "DATA ACK", and: outstanding(0)},
		{says: "a second FIN is not looked at", of: "linux", when: inTurn(calls(theySend), rcv("FIN+ACK", "nxt", "nxt", 0)), then: CloseWait, sent: "DATA", and: outstanding(0)},
		{says: "old text with a FIN beyond ours: tcp_fin does nothing", of: "linux", when: rcv("FIN+ACK", "nxt-1", "una", 1), then: CloseWait, sent: "ACK"},
		{says: "old text with new text behind a FIN is reset", of: "rfc9293", when: rcv("ACK+PSH", "nxt-5", "una", 10), then: Closed, sent: "RST"},
		{says: "old text with new text behind a FIN is reset", of: "linux", when: rcv("ACK+PSH", "nxt-5", "una", 10), then: Closed, sent: "RST", user: EPIPE},
		{says: "what was not acknowledged goes again", when: inTurn(calls(theySend), happens(TimeoutRetransmit)), then: CloseWait, sent: "DATA DATA", and: outstanding(1)},
		{says: "a closed window is probed with an old number", when: happens(TimeoutPersist), then: CloseWait, sent: "ACK"},
		{says: "an ACK that was held back goes out", when: happens(TimeoutDelayedACK), then: CloseWait, sent: "ACK"},
		{says: "CLOSE sends a FIN", when: calls(theyClose), then: LastAck, sent: "FIN", and: outstanding(1)},
		{says: "close() with unread data sends a RST", at: "ES", of: "rfc9293", when: inTurn(rcv("FIN+ACK", "nxt", "nxt", 5), calls(theyClose)), then: Closed, sent: "ACK RST+ACK"},
		{says: "close() with unread data sends a RST before the delayed ACK", at: "ES", of: "linux", when: inTurn(rcv("FIN+ACK", "nxt", "nxt", 5), calls(theyClose)), then: Closed, sent: "RST+ACK"},
	}...),
	readings: everywhere(CloseWait,
		reading{says: "RECEIVE finds nothing more to come", call: UserReceive, then: CloseWait, does: "error: connection closing"},
		reading{says: "a FIN behind old text is taken as the next", call: RcvFINAgain, then: CloseWait, does: "acknowledge, take ACK, take data, take FIN", of: "linux"},
	),
}

var closingChapter = chapter{
	state: Closing, stage: "CG",
	sentences: synchronized(Closing, [2]Errno{"", ECONNRESET}, "", []sentence{
		{says: "the ACK of our FIN ends in TIME-WAIT", when: rcv("ACK", "nxt", "nxt", 0), then: TimeWait, restarts: true, and: acknowledged},
		{says: "text beyond the FIN is ignored", when: rcv("ACK+PSH", "nxt", "una", 5), then: Closing, and: read(0, true)},
		{says: "text beyond the FIN that acknowledges ours ends in TIME-WAIT", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: TimeWait, restarts: true, and: and(read(0, true), acknowledged)},
		{says: "text further beyond is ignored", when: rcv("ACK+PSH", "nxt+10", "una", 5), then: Closing, and: queued(0)},
		{says: "text further beyond that acknowledges ours ends in TIME-WAIT", when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: TimeWait, restarts: true, and: acknowledged},
		{says: "the FIN again is acknowledged again", when: rcv("FIN+ACK", "nxt-1", "una", 0), then: Closing, sent: "ACK"},
		{says: "the FIN again, with the ACK of ours, lies before the window", of: "rfc9293", when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: Closing, sent: "ACK", and: outstanding(1)},
		{says: "the FIN again, with the ACK of ours, ends in TIME-WAIT", of: "linux", when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: TimeWait, restarts: true, and: acknowledged},
		{says: "a second FIN is ignored", when: rcv("FIN+ACK", "nxt", "una", 0), then: Closing},
		{says: "a second FIN that acknowledges ours is acknowledged and ends in TIME-WAIT", of: "rfc9293", when: rcv("FIN+ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true, and: acknowledged},
		{says: "a second FIN that acknowledges ours ends in TIME-WAIT", of: "linux", when: rcv("FIN+ACK", "nxt", "nxt", 0), then: TimeWait, restarts: true, and: acknowledged},
		{says: "old text with a FIN beyond ours: tcp_fin does nothing", of: "linux", when: rcv("FIN+ACK", "nxt-1", "una", 1), then: Closing, sent: "ACK"},
		{says: "old text with new text behind a FIN is reset", of: "rfc9293", when: rcv("ACK+PSH", "nxt-5", "una", 10), then: Closed, sent: "RST"},
		{says: "old text with new text behind a FIN is reset", of: "linux", when: rcv("ACK+PSH", "nxt-5", "una", 10), then: Closed, sent: "RST", user: ECONNRESET},
		{says: "the FIN goes again", when: happens(TimeoutRetransmit), then: Closing, sent: "FIN", and: outstanding(1)},
		{says: "a closed window is probed with an old number", when: happens(TimeoutPersist), then: Closing, sent: "ACK"},
		{says: "an ACK that was held back goes out", when: happens(TimeoutDelayedACK), then: Closing, sent: "ACK"},
		{says: "lwIP gives it up for a newcomer", of: "lwip", when: happens(UserTakesOver), then: Closed},
	}...),
	readings: everywhere(Closing,
		reading{says: "SEND comes too late", call: UserSend, then: Closing, does: "error: connection closing"},
		reading{says: "RECEIVE finds nothing more to come", call: UserReceive, then: Closing, does: "error: connection closing"},
		reading{says: "CLOSE was said already", call: UserClose, then: Closing, does: "error: connection closing"},
		reading{says: "close() with unread data resets", call: UserCloseUnread, then: Closed, does: "send RST, delete TCB"},
		reading{says: "an ACK that is not of our FIN counts for what it covers", call: RcvACK, then: Closing, does: "take ACK"},
		reading{says: "text counts for what it acknowledges", call: RcvData, then: Closing, does: "take ACK"},
		reading{says: "text further beyond counts for what it acknowledges", call: RcvAhead, then: Closing, does: "take ACK"},
		reading{says: "a second FIN counts for what it acknowledges", call: RcvFIN, then: Closing, does: "take ACK"},
		reading{says: "text that acknowledges our FIN", call: RcvDataACKOfFIN, then: TimeWait, does: "start 2MSL timer, take ACK"},
		reading{says: "a FIN behind old text is taken as the next", call: RcvFINAgain, then: Closing, does: "acknowledge, take ACK, take data, take FIN", of: "linux"},
	),
}

var lastAckChapter = chapter{
	state: LastAck, stage: "LA",
	sentences: synchronized(LastAck, [2]Errno{"", ECONNRESET}, "", []sentence{
		{says: "the ACK of our FIN ends it", when: rcv("ACK", "nxt", "nxt", 0), then: Closed},
		{says: "text beyond the FIN is ignored", when: rcv("ACK+PSH", "nxt", "una", 5), then: LastAck, and: read(0, true)},
		{says: "text beyond the FIN that acknowledges ours ends it", when: rcv("ACK+PSH", "nxt", "nxt", 5), then: Closed},
		{says: "text further beyond is ignored", when: rcv("ACK+PSH", "nxt+10", "una", 5), then: LastAck, and: queued(0)},
		{says: "text further beyond that acknowledges ours ends it", when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: Closed},
		{says: "the FIN again is acknowledged again", when: rcv("FIN+ACK", "nxt-1", "una", 0), then: LastAck, sent: "ACK"},
		{says: "the FIN again, with the ACK of ours, lies before the window", of: "rfc9293", when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: LastAck, sent: "ACK", and: outstanding(1)},
		{says: "the FIN again, with the ACK of ours, ends it", of: "linux", when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: Closed},
		{says: "a second FIN is acknowledged", of: "rfc9293", when: rcv("FIN+ACK", "nxt", "una", 0), then: LastAck, sent: "ACK"},
		{says: "a second FIN is not looked at", of: "linux", when: rcv("FIN+ACK", "nxt", "una", 0), then: LastAck},
		{says: "a second FIN that acknowledges ours ends it", when: rcv("FIN+ACK", "nxt", "nxt", 0), then: Closed},
		{says: "old text with a FIN beyond ours: tcp_fin does nothing", of: "linux", when: rcv("FIN+ACK", "nxt-1", "una", 1), then: LastAck, sent: "ACK"},
		{says: "old text with new text behind a FIN is reset", of: "rfc9293", when: rcv("ACK+PSH", "nxt-5", "una", 10), then: Closed, sent: "RST"},
		{says: "old text with new text behind a FIN is reset", of: "linux", when: rcv("ACK+PSH", "nxt-5", "una", 10), then: Closed, sent: "RST", user: ECONNRESET},
		{says: "the FIN goes again", when: happens(TimeoutRetransmit), then: LastAck, sent: "FIN", and: outstanding(1)},
		{says: "a closed window is probed with an old number", when: happens(TimeoutPersist), then: LastAck, sent: "ACK"},
		{says: "an ACK that was held back goes out", when: happens(TimeoutDelayedACK), then: LastAck, sent: "ACK"},
		{says: "lwIP gives it up for a newcomer", of: "lwip", when: happens(UserTakesOver), then: Closed},
	}...),
	readings: everywhere(LastAck,
		reading{says: "SEND comes too late", call: UserSend, then: LastAck, does: "error: connection closing"},
		reading{says: "RECEIVE finds nothing more to come", call: UserReceive, then: LastAck, does: "error: connection closing"},
		reading{says: "CLOSE was said already", call: UserClose, then: LastAck, does: "error: connection closing"},
		reading{says: "close() with unread data resets", call: UserCloseUnread, then: Closed, does: "send RST, delete TCB"},
		reading{says: "an ACK that is not of our FIN counts for what it covers", call: RcvACK, then: LastAck, does: "take ACK"},
		reading{says: "text counts for what it acknowledges", call: RcvData, then: LastAck, does: "take ACK"},
		reading{says: "text further beyond counts for what it acknowledges", call: RcvAhead, then: LastAck, does: "take ACK"},
		reading{says: "the ACK of our FIN ends it", call: RcvACKOfFIN, then: Closed, does: "take ACK, delete TCB"},
		reading{says: "text that acknowledges our FIN ends it", call: RcvDataACKOfFIN, then: Closed, does: "take ACK, delete TCB"},
		reading{says: "text further beyond that acknowledges our FIN ends it", call: RcvAheadACKOfFIN, then: Closed, does: "take ACK, delete TCB"},
		reading{says: "old text that acknowledges our FIN ends it", call: RcvOldACKOfFIN, then: Closed, does: "take ACK, delete TCB"},
		reading{says: "a second FIN that acknowledges ours ends it", call: RcvFINACKOfFIN, then: Closed, does: "take ACK, delete TCB"},
		reading{says: "a second FIN is acknowledged", call: RcvFIN, then: LastAck, does: "send ACK, take ACK", of: "rfc9293"},
		reading{says: "a second FIN is not looked at", call: RcvFIN, then: LastAck, does: "take ACK", of: "linux"},
		reading{says: "a FIN behind old text is taken as the next", call: RcvFINAgain, then: LastAck, does: "acknowledge, take ACK, take data, take FIN", of: "linux"},
	),
}
