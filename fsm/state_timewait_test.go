package fsm

import "testing"

func TestTimeWait(t *testing.T) { timeWaitChapter.read(t) }

// listensAgain puts a listener on the port of the TIME-WAIT.
func listensAgain(sc *scene) {
	sc.c.ReuseAddr = true
	if sc.c.twOptions != nil {
		sc.c.twOptions.ReuseAddr = true
	}
	l, o := sc.server().Socket("l2", 4, Options{ReuseAddr: true})
	sc.ok(o)
	sc.ok(sc.server().Bind(l, addr("0.0.0.0:7865")))
	sc.ok(sc.server().Listen(l, 10))
}

var timeWaitChapter = chapter{
	state: TimeWait, stage: "TW",
	sentences: []sentence{
		{says: "the FIN again is acknowledged, and 2MSL begins again", of: "rfc9293 linux freebsd lwip",
			when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true},
		{says: "the FIN again is acknowledged, and 2MSL runs on", of: "openbsd",
			when: rcv("FIN+ACK", "nxt-1", "nxt", 0), then: TimeWait, sent: "ACK"},
		{says: "a FIN at RCV.NXT is acknowledged, and 2MSL begins again",
			when: rcv("FIN+ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true},
		{says: "a FIN at RCV.NXT is not looked at", of: "openbsd",
			when: rcv("FIN+ACK", "nxt", "nxt", 0), then: TimeWait},
		{says: "a bare ACK is acknowledged, and 2MSL begins again", of: "rfc9293",
			when: rcv("ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true},
		{says: "a bare ACK is not answered, but 2MSL begins again", of: "linux",
			when: rcv("ACK", "nxt", "nxt", 0), then: TimeWait, restarts: true},
		{says: "a bare ACK changes nothing", of: "freebsd openbsd lwip",
			when: rcv("ACK", "nxt", "nxt", 0), then: TimeWait},
		{says: "an ACK of what was never sent is challenged", of: "rfc9293 openbsd",
			when: rcv("ACK", "nxt", "nxt+1000", 0), then: TimeWait, sent: "ACK"},
		{says: "an ACK of what was never sent is like any bare ACK", of: "linux",
			when: rcv("ACK", "nxt", "nxt+1000", 0), then: TimeWait, restarts: true},
		{says: "data is acknowledged, and 2MSL begins again",
			when: rcv("ACK+PSH", "nxt", "nxt", 5), then: TimeWait, sent: "ACK", restarts: true},
		{says: "data is acknowledged, and 2MSL runs on", of: "lwip",
			when: rcv("ACK+PSH", "nxt", "nxt", 5), then: TimeWait, sent: "ACK"},
		{says: "data is not looked at while a descriptor is open", of: "openbsd",
			when: rcv("ACK+PSH", "nxt", "nxt", 5), then: TimeWait},
		{says: "data for an end that no descriptor holds is reset", of: "openbsd",
			when: inTurn(calls(theyClose), rcv("ACK+PSH", "nxt", "nxt", 5)), then: Closed, sent: "RST"},
		{says: "data beyond a gap is acknowledged, and 2MSL begins again",
			when: rcv("ACK+PSH", "nxt+10", "nxt", 5), then: TimeWait, sent: "ACK", restarts: true},
		{says: "old data is acknowledged, and 2MSL runs on", of: "rfc9293 openbsd",
			when: rcv("ACK+PSH", "nxt-6", "nxt", 5), then: TimeWait, sent: "ACK"},
		{says: "old data is acknowledged, and 2MSL begins again", of: "linux",
			when: rcv("ACK+PSH", "nxt-6", "nxt", 5), then: TimeWait, sent: "ACK", restarts: true},
		{says: "a segment beyond the window is acknowledged, and 2MSL runs on", of: "rfc9293",
			when: rcv("ACK+PSH", "wnd+100000", "nxt", 5), then: TimeWait, sent: "ACK"},
		{says: "a segment beyond the window is acknowledged, and 2MSL begins again", of: "linux",
			when: rcv("ACK+PSH", "wnd+100000", "nxt", 5), then: TimeWait, sent: "ACK", restarts: true},
		{says: "an old timestamp on no text is dropped", of: "openbsd",
			when: stamped(ACK, "nxt", "nxt", 0, "old"), then: TimeWait},
		{says: "a segment without ACK is dropped", of: "rfc9293 freebsd openbsd",
			when: rcv("PSH", "nxt", "", 5), then: TimeWait},
		{says: "a segment without ACK is acknowledged, and 2MSL runs on", of: "linux lwip",
			when: rcv("PSH", "nxt", "", 5), then: TimeWait, sent: "ACK"},
		{says: "a RST at RCV.NXT ends it: TIME-WAIT assassination", of: "rfc9293 linux openbsd",
			when: rcv("RST", "nxt", "", 0), then: Closed},
		{says: "a RST is ignored (RFC 1337, fix 1)", of: "freebsd lwip",
			when: rcv("RST", "nxt", "", 0), then: TimeWait},
		{says: "a RST is ignored with tcp_rfc1337", of: "linux", when: func(sc *scene) {
			sc.server().sys.RFC1337 = true
			rcv("RST", "nxt", "", 0)(sc)
		}, then: TimeWait},
		{says: "a RST elsewhere in the window is challenged", of: "rfc9293",
			when: rcv("RST", "nxt+10", "", 0), then: TimeWait, sent: "ACK"},
		{says: "a RST elsewhere in the window is ignored", of: "linux openbsd lwip freebsd",
			when: rcv("RST", "nxt+10", "", 0), then: TimeWait},
		{says: "a RST outside the window is dropped", when: rcv("RST", "nxt-1000", "", 0), then: TimeWait},
		{says: "a SYN is challenged", of: "rfc9293", when: rcv("SYN", "nxt+1000", "", 0), then: TimeWait, sent: "ACK"},
		{says: "a newer SYN that nobody listens for is acknowledged", of: "linux",
			when: rcv("SYN", "nxt+1000", "", 0), then: TimeWait, sent: "ACK"},
		{says: "a newer SYN that nobody listens for is reset, and TIME-WAIT is gone", of: "freebsd openbsd",
			when: rcv("SYN", "nxt+1000", "", 0), then: Closed, sent: "RST+ACK"},
		{says: "a SYN in the window is reset, and TIME-WAIT stays", of: "lwip",
			when: rcv("SYN", "nxt+1000", "", 0), then: TimeWait, sent: "RST+ACK"},
		{says: "a SYN out of the window is acknowledged", of: "lwip",
			when: rcv("SYN", "nxt-1000", "", 0), then: TimeWait, sent: "ACK"},
		{says: "a SYN that is not newer may be an old one: it is acknowledged", of: "linux openbsd",
			when: stamped(SYN, "nxt-1000", "", 0, "none"), then: TimeWait, sent: "ACK"},
		{says: "a newer SYN for a listener begins a new connection", of: "linux freebsd openbsd",
			when: inTurn(listensAgain, rcv("SYN", "nxt+1000", "", 0)), then: SynReceived, sent: "SYN+ACK"},
		{says: "a SYN with a newer timestamp begins a new connection, whatever its number", of: "linux openbsd",
			when: inTurn(listensAgain, stamped(SYN, "nxt-1000", "", 0, "now")), then: SynReceived, sent: "SYN+ACK"},
		{says: "a SYN,ACK is challenged", of: "rfc9293",
			when: rcv("SYN+ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK"},
		{says: "a SYN,ACK is acknowledged, and 2MSL begins again", of: "linux",
			when: rcv("SYN+ACK", "nxt", "nxt", 0), then: TimeWait, sent: "ACK", restarts: true},
		{says: "2MSL are over", when: happens(Timeout2MSL), then: Closed},
		{says: "ABORT deletes it", of: "rfc9293", when: calls(theyAbort), then: Closed},
		{says: "ABORT does not reach the minisocket", of: "linux", when: calls(theyAbort), then: TimeWait},
		{says: "another connect takes its five-tuple over", of: "linux lwip",
			when: happens(UserTakesOver), then: Closed},
	},
	readings: []reading{
		{says: "SEND comes too late", call: UserSend, then: TimeWait, does: "error: connection closing"},
		{says: "RECEIVE finds nothing more to come", call: UserReceive, then: TimeWait,
			does: "error: connection closing"},
		{says: "CLOSE was said already", call: UserClose, then: TimeWait, does: "error: connection closing"},
		{says: "ABORT does not reach the minisocket", call: UserAbort, then: TimeWait, of: "linux"},
		{says: "old data is acknowledged", call: RcvOld, then: TimeWait, does: "send ACK", of: "rfc9293"},
		{says: "old data is acknowledged, and 2MSL begins again", call: RcvOld, then: TimeWait,
			does: "send ACK, start 2MSL timer", of: "linux"},
		{says: "a RST is ignored where RFC 1337's fix is in", call: RcvRSTIgnored, then: TimeWait},
		{says: "a newer SYN reopens it", call: RcvSYNReopens, then: Closed, does: "delete TCB, reopen"},
	},
}
