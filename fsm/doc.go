// Package fsm is a TCP connection from its opening to the end of TIME-WAIT, in virtual time: RFC
// 9293's state machine as one table, two hosts with sockets, ports and sysctls, and the wire
// between them. It never reads a clock, never sleeps and starts no goroutine; the caller says how
// much time passes.
//
// Three places answer three questions. judge says what a segment means to a connection: all
// arithmetic on sequence numbers and timestamps, put into the name of an Event. Table says where
// the event leads and what it asks for. take carries that out and writes one line of the trace. A
// Profile is a system as data: its timers, its own rows and which of the numbered rules it has.
// Every refusal names its rule (Why).
//
// What is where: state, event, action, table, machine (the table read out of looplab/fsm), judge,
// judge_small (request sockets and minisockets), take, output, ack, timer, window (what may come),
// outbox (what may go), clocks (probes and keepalives), queue (a listener's) are one end of a
// connection; host, call, pending, bind, bucket (who has a port), connect are the sockets API of a
// host; wire, forge, path, clock, net tie hosts together; profile, systems, bsd, openbsd, windows,
// lwip, release (Linux before 6.18), sysctl, cite, rules and rules_call are the data; reuse asks
// the rules about sockets that a caller describes; crowd, life, log are the same machine for
// connections by the million that nothing happens to.
//
// # Choices where the RFC leaves one, or contradicts itself
//
// A FIN that comes again lies before the window, so §3.10.7.4's first check would acknowledge and
// drop it, while its fifth and eighth restart 2MSL in TIME-WAIT. It is acknowledged and restarts
// 2MSL, as every real stack does; its ACK field is not processed under rfc9293 (Appendix A.2 names
// the problem) and is under linux.
//
// An ABORT ends in CLOSED at once (§3.10.5), not in TIME-WAIT (§3.5.2, note 3 of figure 5): no
// measured system does the latter.
//
// CLOSE is simplex: it is shutdown(SHUT_WR). close(2) is CLOSE and the promise to RECEIVE no more
// (MAY-1); then unread data, or data that comes later, is answered with a RST (SHLD-3).
//
// A SYN in TIME-WAIT gets a challenge ACK under rfc9293; MAY-2 and RFC 6191 are taken up by linux,
// for a SYN that is newer by sequence number or by timestamp, if somebody listens. Where RFC 6191
// drops a refused SYN silently, Linux answers with an ACK.
//
// Challenge ACKs, and answers to bare ACKs that are not acceptable, are throttled as RFC 5961 §7
// asks: ten in five seconds. Else two ends that a forged segment has put at odds would answer each
// other for ever.
//
// MSL is two minutes (§3.4.2), so 2MSL is 240 s under rfc9293.
//
// bind is no call of the RFC. Under rfc9293 it always succeeds, and a port is taken only by a
// connection or by a passive OPEN with the same local socket (§3.10.1).
//
// # Simplifications
//
// Segments carry lengths, not data. There is no urgent data, no ECN, no MPTCP, no Fast Open, no
// security label, no path MTU discovery: an ICMP "fragmentation needed" changes nothing. Selective
// acknowledgment is not modelled but for the first block and the loss probe that comes with it;
// F-RTO and the revert of a back-off by ICMP (RFC 6069) are not. Congestion control is RFC 5681's
// (Reno), the size of bursts tcp_tso_autosize's, without its deferral and without pacing.
// Round-trip times do not vary, so the RTO is the round trip and its floor. Timers fire on time; a
// kernel's coarse wheel adds up to 2 s to a minute (HZ=250).
//
// Under linux, receive and send buffers are counted as the kernel counts them on an Ethernet wire
// that a packet socket feeds: sk_buffs in the size classes of kmalloc, one page a piece when they
// are collapsed. On the loopback a segment costs the sender's own pages. Other profiles count
// octets (§3.8.6): what their systems do is not known here. A system has one amount of memory for
// all of its sockets; tcp_mem is not modelled.
//
// A middlebox that forgets flows (Wire.Forget) knows addresses and flags, no sequence windows, and
// translates nothing.
//
// # Doubts
//
// ??? Linux acknowledges a FIN without data before it from a timer of 0 to 1 tick; the model always
// takes one tick, 4 ms.
//
// ??? freebsd, macos, windows, openbsd and lwip were read about, not run: their answers are marked
// so, and what no document says is unknown. Outside TIME-WAIT and bind their segments follow the
// RFC's rows, which their documents claim to implement; nobody has checked.
//
// Sources: RFC 9293, 1122, 1337, 5961, 6191, 6298, 6528, 7323, 8985; Linux 6.18 net/ipv4:
// tcp_input.c, tcp_minisocks.c, tcp_ipv4.c, tcp_timer.c, inet_connection_sock.c, inet_hashtables.c,
// af_inet.c.
package fsm
