package fsm

import "testing"

// The states before a connection is established, in RFC 9293's order.

func TestListen(t *testing.T)      { listenChapter.read(t) }
func TestSynSent(t *testing.T)     { synSentChapter.read(t) }
func TestSynReceived(t *testing.T) { synReceivedChapter.read(t) }
func TestClosed(t *testing.T)      { closedChapter.read(t) }

var listenChapter = chapter{
	state: Listen, stage: "LI",
	sentences: []sentence{
		{says: "a SYN is answered and begins a child", when: rcv("SYN", "", "", 0), then: SynReceived, sent: "SYN+ACK"},
		{says: "an ACK is reset: nothing can have been sent",
			when: rcv("ACK", "nxt", "nxt", 0), then: Listen, sent: "RST"},
		{says: "a SYN,ACK is reset", when: rcv("SYN+ACK", "", "nxt", 0), then: Listen, sent: "RST"},
		{says: "a RST is ignored", when: rcv("RST", "nxt", "", 0), then: Listen},
		{says: "what has neither SYN, ACK nor RST is dropped", when: rcv("PSH", "nxt", "", 5), then: Listen},
		{says: "a SYN with a FIN on it opens nothing", when: rcv("SYN+FIN", "", "", 0), then: Listen},
		{says: "a SYN finds no room in the queue and hears nothing", when: func(sc *scene) {
			sc.c.backlog, sc.server().sys.SynCookies = -1, 0
			rcv("SYN", "", "", 0)(sc)
		}, then: Listen},
		{says: "a SYN is answered with a cookie, and nothing is kept", of: "linux", when: func(sc *scene) {
			sc.server().sys.SynCookies = 2
			rcv("SYN", "", "", 0)(sc)
		}, then: Listen, sent: "SYN+ACK"},
		{says: "CLOSE ends it", when: calls(theyClose), then: Closed},
	},
	readings: []reading{
		{says: "an active OPEN changes its mind", call: UserActiveOpen, then: SynSent, does: "send SYN"},
		{says: "SEND opens", call: UserSend, then: SynSent, does: "send SYN"},
		{says: "RECEIVE waits", call: UserReceive, then: Listen},
		{says: "ABORT ends it", call: UserAbort, then: Closed, does: "delete TCB"},
		{says: "what finds no room is dropped", call: RcvDropped, then: Listen},
		{says: "CLOSE ends it", call: UserClose, then: Closed, does: "delete TCB"},
		{says: "a cookie is a SYN,ACK", call: RcvSYNCookie, then: Listen, does: "send SYN,ACK", of: "linux"},
	},
}

var synSentChapter = chapter{
	state: SynSent, stage: "SS",
	sentences: []sentence{
		{says: "a SYN crosses ours: a simultaneous open",
			when: rcv("SYN", "", "", 0), then: SynReceived, sent: "SYN+ACK"},
		{says: "a SYN that acknowledges ours establishes it",
			when: rcv("SYN+ACK", "", "nxt", 0), then: Established, sent: "ACK", and: outstanding(0)},
		{says: "an ACK without SYN says too little", when: rcv("ACK", "nxt", "nxt", 0), then: SynSent},
		{says: "an ACK of what was never sent is reset", of: "rfc9293",
			when: rcv("ACK", "nxt", "nxt+1000", 0), then: SynSent, sent: "RST"},
		{says: "an ACK of what was never sent is reset, and the SYN goes again", of: "linux",
			when: rcv("ACK", "nxt", "nxt+1000", 0), then: SynSent, sent: "RST SYN"},
		{says: "an ACK of what was never sent is reset, and the SYN goes again at once", of: "lwip",
			when: rcv("ACK", "nxt", "nxt+1000", 0), then: SynSent, sent: "RST SYN"},
		{says: "a RST that acknowledges the SYN refuses it",
			when: rcv("RST+ACK", "nxt", "nxt", 0), then: Closed, user: ECONNREFUSED},
		{says: "a RST that acknowledges the SYN is a reset like any other", of: "lwip",
			when: rcv("RST+ACK", "nxt", "nxt", 0), then: Closed, user: ECONNRESET},
		{says: "a RST of something else is ignored", of: "rfc9293",
			when: rcv("RST+ACK", "nxt", "nxt+1000", 0), then: SynSent},
		{says: "a RST of something else has the SYN go again", of: "linux",
			when: rcv("RST+ACK", "nxt", "nxt+1000", 0), then: SynSent, sent: "SYN"},
		{says: "a RST without ACK does not say that it answers", when: rcv("RST", "nxt", "", 0), then: SynSent},
		{says: "what has neither SYN nor ACK is dropped", when: rcv("PSH", "nxt", "", 5), then: SynSent},
		{says: "the SYN goes again", when: happens(TimeoutRetransmit), then: SynSent, sent: "SYN"},
		{says: "nobody answers", when: happens(TimeoutUser), then: Closed, user: ETIMEDOUT},
		{says: "nobody answers, and lwIP says that it aborted", of: "lwip", when: happens(TimeoutUser), then: Closed},
		{says: "an ICMP error that is hard ends it", when: happens(RcvICMPHard), then: Closed, user: EHOSTUNREACH},
		{says: "an ICMP error that is soft is not told", of: "rfc9293", when: happens(RcvICMPSoft), then: SynSent},
		{says: "an ICMP error that is soft ends it too", of: "linux",
			when: happens(RcvICMPSoft), then: Closed, user: EHOSTUNREACH},
		{says: "CLOSE ends it without a word", when: calls(theyClose), then: Closed},
		{says: "ABORT ends it without a word", when: calls(theyAbort), then: Closed},
	},
	readings: []reading{
		{says: "SEND waits", call: UserSend, then: SynSent},
		{says: "RECEIVE waits", call: UserReceive, then: SynSent},
	},
}

var synReceivedChapter = chapter{
	state: SynReceived, stage: "SRs",
	sentences: []sentence{
		{says: "the ACK of our SYN establishes it", when: rcv("ACK", "nxt", "nxt", 0), then: Established,
			and: outstanding(0)},
		{says: "data that acknowledges our SYN establishes it and is taken",
			when: rcv("ACK+PSH", "nxt", "nxt", 5), then: Established, sent: "ACK",
			and: and(read(5, false), acknowledged)},
		{says: "data beyond a gap establishes it and waits",
			when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: Established, sent: "ACK",
			and: and(queued(1), acknowledged)},
		{says: "a FIN that acknowledges our SYN goes on to CLOSE-WAIT",
			when: rcv("FIN+ACK", "nxt", "nxt", 0), then: CloseWait, sent: "ACK",
			and: and(read(0, true), acknowledged)},
		{says: "a FIN with data: both are taken", when: rcv("FIN+ACK", "nxt", "nxt", 5), then: CloseWait, sent: "ACK",
			and: read(5, true)},
		{says: "a segment before the window is acknowledged and no more", of: "rfc9293",
			when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: SynReceived, sent: "ACK"},
		{says: "a segment that ends at RCV.NXT acknowledges our SYN all the same", of: "linux",
			when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: Established, sent: "ACK", and: outstanding(0)},
		{says: "the other end's SYN,ACK completes a simultaneous open", of: "linux",
			when: rcv("SYN+ACK", "nxt-1", "nxt", 0), then: Established, sent: "ACK", and: outstanding(0)},
		{says: "a segment beyond the window is acknowledged",
			when: rcv("ACK+PSH", "wnd+100000", "nxt", 5), then: SynReceived, sent: "ACK"},
		{says: "an ACK of what was never sent is reset",
			when: rcv("ACK", "nxt", "nxt+1000", 0), then: SynReceived, sent: "RST"},
		{says: "a segment without ACK is dropped", when: rcv("PSH", "nxt", "", 5), then: SynReceived},
		{says: "an old bare ACK that was overtaken is not answered", of: "linux",
			when: stamped(ACK, "nxt-1", "nxt", 0, "old"), then: SynReceived},
		{says: "a RST at RCV.NXT refuses it", of: "rfc9293",
			when: rcv("RST", "nxt", "", 0), then: Closed, user: ECONNREFUSED},
		{says: "a RST at RCV.NXT resets it", of: "linux",
			when: rcv("RST", "nxt", "", 0), then: Closed, user: ECONNRESET},
		{says: "a RST elsewhere in the window is challenged",
			when: rcv("RST", "nxt+10", "", 0), then: SynReceived, sent: "ACK"},
		{says: "a RST elsewhere in the window is dropped", of: "openbsd",
			when: rcv("RST", "nxt+10", "", 0), then: SynReceived},
		{says: "a RST outside the window is dropped", when: rcv("RST", "nxt-1000", "", 0), then: SynReceived},
		{says: "a SYN in the window is challenged",
			when: rcv("SYN", "nxt+1000", "", 0), then: SynReceived, sent: "ACK"},
		{says: "the SYN,ACK goes again", when: happens(TimeoutRetransmit), then: SynReceived, sent: "SYN+ACK"},
		{says: "nobody acknowledges the SYN", when: happens(TimeoutUser), then: Closed, user: ETIMEDOUT},
		{says: "an ICMP error that is hard ends it", when: happens(RcvICMPHard), then: Closed, user: EHOSTUNREACH},
		{says: "an ICMP error that is soft is not told", of: "rfc9293", when: happens(RcvICMPSoft), then: SynReceived},
		{says: "an ICMP error that is soft ends it too", of: "linux",
			when: happens(RcvICMPSoft), then: Closed, user: EHOSTUNREACH},
		{says: "a keepalive asks", when: happens(TimeoutKeepalive), then: SynReceived, sent: "ACK"},
		{says: "no keepalive is answered",
			when: happens(TimeoutKeepaliveOver), then: Closed, sent: "RST+ACK", user: ETIMEDOUT},
		{says: "CLOSE sends a FIN", when: calls(theyClose), then: FinWait1, sent: "FIN"},
		{says: "ABORT sends a RST", when: calls(theyAbort), then: Closed, sent: "RST+ACK"},
		// A passive OPEN's, which goes back to where it came from.
		{says: "a RST sends a listener's child back to LISTEN", at: "SRp",
			when: rcv("RST", "nxt", "", 0), then: Listen},
		{says: "a SYN in the window sends a child back without a word", at: "SRp", of: "rfc9293",
			when: rcv("SYN", "nxt+1000", "", 0), then: Listen},
		{says: "a SYN in the window resets a request socket", at: "SRp", of: "linux",
			when: rcv("SYN", "nxt+1000", "", 0), then: Listen, sent: "RST+ACK"},
		{says: "the SYN that began a request socket, once more, gets its SYN,ACK again", at: "SRp", of: "linux lwip",
			when: rcv("SYN", "", "", 0), then: SynReceived, sent: "SYN+ACK"},
		{says: "the ACK finds the accept queue full and is told so", at: "SRp", of: "linux", when: func(sc *scene) {
			sc.server().Conn("l").backlog, sc.server().sys.AbortOnOverflow = -1, true
			rcv("ACK", "nxt", "nxt", 0)(sc)
		}, then: Listen, sent: "RST"},
		{says: "the ACK finds the accept queue full and hears nothing", at: "SRp", when: func(sc *scene) {
			sc.server().Conn("l").backlog = -1
			rcv("ACK", "nxt", "nxt", 0)(sc)
		}, then: SynReceived},
	},
	readings: []reading{
		{says: "SEND waits", call: UserSend, then: SynReceived},
		{says: "RECEIVE waits", call: UserReceive, then: SynReceived},
		{says: "what finds no room is dropped", call: RcvDropped, then: SynReceived},
		{says: "close() with unread data resets", call: UserCloseUnread, then: Closed,
			does: "send RST, delete TCB", of: "linux"},
		{says: "the other end's SYN,ACK completes a simultaneous open", call: RcvSYNACK, then: Established,
			does: "send ACK, take ACK"},
		{says: "old data that acknowledges our SYN", call: RcvOldACKOfSYN, then: Established,
			does: "send ACK, take ACK"},
	},
}

// closedChapter is about segments that meet no connection, and calls on a socket that has none.
var closedChapter = chapter{
	state: Closed, stage: "CL",
	sentences: []sentence{
		{says: "a SYN is reset, and the RST acknowledges it",
			when: rcv("SYN", "", "", 0), then: Closed, sent: "RST+ACK"},
		{says: "an ACK is reset at the number it acknowledges",
			when: rcv("ACK", "nxt", "nxt", 0), then: Closed, sent: "RST"},
		{says: "a SYN,ACK is reset", when: rcv("SYN+ACK", "", "nxt", 0), then: Closed, sent: "RST"},
		{says: "data without ACK is reset", when: rcv("PSH", "nxt", "", 5), then: Closed, sent: "RST+ACK"},
		{says: "a RST is ignored: two ends would reset each other for ever",
			when: rcv("RST", "nxt", "", 0), then: Closed},
	},
	readings: []reading{
		{says: "a RST is not answered", call: RcvRST, then: Closed},
		{says: "a passive OPEN listens", call: UserPassiveOpen, then: Listen},
		{says: "an active OPEN sends a SYN", call: UserActiveOpen, then: SynSent, does: "send SYN"},
		{says: "SEND has no connection", call: UserSend, then: Closed, does: "error: connection does not exist"},
		{says: "RECEIVE has no connection", call: UserReceive, then: Closed, does: "error: connection does not exist"},
		{says: "CLOSE has no connection", call: UserClose, then: Closed, does: "error: connection does not exist"},
		{says: "ABORT has no connection", call: UserAbort, then: Closed, does: "error: connection does not exist"},
	},
}
