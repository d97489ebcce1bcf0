package fsm

import (
	"net/netip"
	"time"

	"fourwave/internal/text"
)

const docOpenBSD = "OpenBSD 7.8 (-current of 2025): in_pcb.c (in_pcbbind_locked, in_pcbaddrisavail_lock, " +
	"in_pcblookup_local_lock, in_pcbconnect), in6_pcb.c, tcp_input.c, tcp_timer.c, tcp_usrreq.c (tcp_disconnect)"

// OpenBSD is OpenBSD as its source says. A socket of IPv6 never speaks IPv4: there are no v4-mapped
// addresses, and IPV6_V6ONLY cannot be cleared (ip6_ctloutput: "No support for IPv4-mapped
// addresses").
//
// Releases to 7.3 ended an orphan's FIN-WAIT-2 after tcp_maxidle, 600 s; later source arms eight
// times tcp_keepidle. Up to 600 s both agree, and from then on its state is unknown.
var OpenBSD = &Profile{
	Name: "openbsd", Confidence: documented, Source: docOpenBSD,
	Rows: openBSDRows, Bind: BindOpenBSD, TimeWait: 60 * time.Second, FinWait2: 600 * time.Second, unsure: true,
	TupleTaken: EADDRINUSE, ReopenBySYN: true, ISNStep: 0x8000, OrphanResets: true, Timestamps: true,
	MinRTO: time.Second, MaxRTO: 64 * time.Second, InitialRTO: 3 * time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // tcp_ackdrop_ppslim: 100 in a second for the whole system
	TimeWaitRules: timeWaitOpenBSD, ResetBeyond: true, PortLow: 1024, PortHigh: 49151, OwnPorts: portOfAddress,
	V6Only: v6Always, NoMapped: true,
}

// openBSDRows is where tcp_input goes another way than RFC 9293's text. A reset in the window that
// is neither at RCV.NXT nor one beyond is dropped: there is no challenge ACK for it. In TIME-WAIT a
// FIN that comes again is cut off with the text before RCV.NXT, so it is answered but restarts
// nothing.
var openBSDRows = []Row{
	{SynReceived, RcvRSTInWindow, SynReceived, 0, "tcp_input: goto drop"},
	{Established, RcvRSTInWindow, Established, 0, "tcp_input: goto drop"},
	{FinWait1, RcvRSTInWindow, FinWait1, 0, "tcp_input: goto drop"},
	{FinWait2, RcvRSTInWindow, FinWait2, 0, "tcp_input: goto drop"},
	{CloseWait, RcvRSTInWindow, CloseWait, 0, "tcp_input: goto drop"},
	{Closing, RcvRSTInWindow, Closing, 0, "tcp_input: goto drop"},
	{LastAck, RcvRSTInWindow, LastAck, 0, "tcp_input: goto drop"},
	{FinWait2, TimeoutFinWait2, Closed, DeleteTCB, "tcp_timer_2msl"},
	{TimeWait, RcvOldFIN, TimeWait, SendACK, "tcp_input: TF_ACKNOW; the FIN is cut off"},
	{TimeWait, RcvOld, TimeWait, SendACK, "tcp_input: TF_ACKNOW"},
	{TimeWait, RcvACK, TimeWait, 0, "tcp_input: a duplicate ACK"},
	{TimeWait, RcvData, TimeWait, 0, "tcp_input: TCPS_HAVERCVDFIN"},
	{TimeWait, RcvFIN, TimeWait, 0, "tcp_input: TCPS_HAVERCVDFIN"},
	{TimeWait, RcvNoReader, Closed, SendRST | DeleteTCB, "tcp_input: tcps_rcvafterclose"},
	{TimeWait, RcvDropped, TimeWait, 0, "tcp_input: tcps_pawsdrop"},
	{TimeWait, RcvSYNUnheard, Closed, SendRST | DeleteTCB, "tcp_input: TCPS_TIME_WAIT, findpcb, dropwithreset"},
}

// timeWaitOpenBSD is tcp_input for a connection in TIME-WAIT, in the order of its checks.
func timeWaitOpenBSD(c *Conn, s Segment) Event {
	newer := after(s.Seq, c.rcvNxt) || c.ts && s.HasTS && before(c.tsRecent, s.TSVal)
	if s.Flags&(SYN|ACK) == SYN && newer {
		if c.host.listenerFor(c.local, c.remote) == nil {
			return RcvSYNUnheard
		}
		return RcvSYNReopens
	}
	old := before(s.Seq, c.rcvNxt)
	edge := c.rcvNxt + c.rcvWindow()
	switch {
	case c.pawsOld(s) && !s.Flags.Has(RST) && s.Len == 0:
		return RcvDropped
	case c.pawsOld(s) && !s.Flags.Has(RST):
		return RcvUnacceptable
	case s.Flags.Has(RST) && (s.Seq == c.rcvNxt || s.Seq == c.rcvNxt+1):
		return RcvRST
	case s.Flags.Has(RST):
		return RcvRSTOutside
	case !c.open && s.Len > 0 && after(s.Seq+s.Len, c.rcvNxt):
		return RcvNoReader // "If new data are received on a connection after the user processes are gone"
	case s.Len > 0 && !before(s.Seq, edge), s.Len == 0 && after(s.Seq, edge):
		return RcvUnacceptable
	case s.Flags.Has(SYN | ACK):
		return RcvSYNACK
	case s.Flags.Has(SYN):
		return RcvSYN
	case !s.Flags.Has(ACK) && old:
		return RcvUnacceptable // TF_ACKNOW is set by then
	case !s.Flags.Has(ACK):
		return RcvNoACK
	case after(s.Ack, c.sndNxt):
		return RcvACKOfUnsent
	case old && s.Flags.Has(FIN) && s.End() == c.rcvNxt:
		return RcvOldFIN
	case old:
		return RcvOld
	case s.Flags.Has(FIN):
		return RcvFIN
	case s.Len > 0:
		return RcvData
	}
	return RcvACK
}

// checkOpenBSD is in_pcbaddrisavail_lock. Without SO_REUSEADDR and SO_REUSEPORT the look-up takes
// wildcards (INPLOOKUP_WILDCARD): any socket of the port whose local address is equal or a
// wildcard, in any state. With one of them it takes an exact match alone: an unconnected socket
// with that very address. What it finds refuses the bind unless both have SO_REUSEPORT. A user
// without privileges is besides refused what another user's socket would match with wildcards.
func (h *Host) checkOpenBSD(c *Conn, at netip.AddrPort) Outcome {
	b := h.ports[at.Port()]
	if b == nil {
		return Outcome{Why: explain("openbsd-bind-ok")}
	}
	if c.UID != 0 {
		if ex := b.lookupOpenBSD(c, at.Addr(), true); ex != nil && ex.UID != c.UID {
			w := explain("openbsd-bind-other-user")
			ex.blame(w)
			return fail(EADDRINUSE, w)
		}
	}
	options := c.ReuseAddr || c.ReusePort
	ex := b.lookupOpenBSD(c, at.Addr(), !options)
	if ex == nil || c.ReusePort && ex.ReusePort {
		return Outcome{Why: explain("openbsd-bind-ok")}
	}
	w := explain("openbsd-bind-no-option")
	w.Remedy = text.Text{
		En: "SO_REUSEADDR on the new socket is enough, unless the old one is unconnected and has exactly this address",
		Zh: "只要新套接字设置 SO_REUSEADDR 即可，除非旧套接字未连接且地址完全相同",
	}
	if options {
		w = explain("openbsd-bind-same-address")
		w.Remedy = text.Text{
			En: "both need SO_REUSEPORT, or the other socket must be closed",
			Zh: "双方都要设置 SO_REUSEPORT，或者关闭另一个套接字",
		}
	}
	ex.blame(w)
	return fail(EADDRINUSE, w)
}

// lookupOpenBSD is in_pcblookup_local_lock: of the port's sockets of one family the best match,
// counting one for a peer and one for a wildcard on either side; of equals the newest, since the
// hash chain begins with it. Without wild only a match that counts nothing is taken.
func (b *bucket) lookupOpenBSD(c *Conn, a netip.Addr, wild bool) *Conn {
	var match *Conn
	best := 3
	for i := len(b.owners) - 1; i >= 0; i-- {
		ex := b.owners[i]
		if ex == c || ex.family != c.family {
			continue
		}
		n := 0
		if ex.remote.Port() != 0 {
			n++
		}
		if e := ex.local.Addr(); e != a {
			if !e.IsUnspecified() && !a.IsUnspecified() {
				continue
			}
			n++
		}
		if (n == 0 || wild) && n < best {
			match, best = ex, n
		}
	}
	return match
}
