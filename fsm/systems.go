package fsm

import (
	"net/netip"
	"slices"
	"time"
)

// Systems that were read about and not run. What nobody documented is unknown, never a guess: a cell
// in Profile.Unknown makes the connection's state unknown from then on, and a bind that no document
// answers is unknown too.

// Unknown is the answer where a system documents nothing.
const Unknown Errno = "unknown"

// NotDocumented is the note of an entry after which a connection's state is unknown.
const NotDocumented = "not documented"

// Cell is one field of the state × event matrix.
type Cell struct {
	State State
	Event Event
}

const (
	docFreeBSD = "FreeBSD in_pcb.c (in_pcbbind_setup), tcp_timewait.c, tcp_usrreq.c"
	docMacOS   = "xnu in_pcb.c, tcp_timer.h"
	docWindows = "Microsoft: Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE; TcpTimedWaitDelay"
)

// documented is the confidence of a profile that nobody ran here.
const documented = "documented, not measured"

// FreeBSD is FreeBSD as its source says.
var FreeBSD = &Profile{
	Name: "freebsd", Confidence: documented, Source: docFreeBSD,
	Rows: []Row{
		{TimeWait, RcvRST, TimeWait, 0, "tcp_twcheck: RFC 1337 fix (F1)"},
		{TimeWait, RcvACK, TimeWait, 0, "tcp_twcheck: only a duplicate FIN restarts 2MSL"},
		{FinWait2, TimeoutFinWait2, Closed, DeleteTCB, "tcp_timer_2msl: TP_MAXIDLE"},
	},
	Bind: BindBSD, TimeWait: 60 * time.Second, FinWait2: 600 * time.Second,
	TupleTaken: EADDRINUSE, ReopenBySYN: true, OrphanResets: true, Timestamps: true,
	MinRTO: 200 * time.Millisecond, MaxRTO: 64 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
	Unknown: []Cell{{TimeWait, RcvSYN}, {TimeWait, RcvData}, {TimeWait, RcvRSTInWindow}},
}

// MacOS is macOS as far as xnu's source was read: bind as the BSDs, and 2MSL of 30 s.
var MacOS = &Profile{
	Name: "macos", Confidence: documented, Source: docMacOS,
	Bind: BindBSD, TimeWait: 30 * time.Second,
	TupleTaken: Unknown, OrphanResets: true, Timestamps: true,
	MinRTO: 200 * time.Millisecond, MaxRTO: 64 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
	Unknown: unknownInTimeWait(closeUnread...),
	unsure:  true,
}

// Windows is Windows as far as Microsoft documents it.
var Windows = &Profile{
	Name: "windows", Confidence: documented, Source: docWindows,
	Bind: BindWindows, TimeWait: 120 * time.Second,
	TupleTaken: Unknown, OrphanResets: true,
	MinRTO: 300 * time.Millisecond, MaxRTO: 60 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
	Unknown: unknownInTimeWait(closeUnread...),
	unsure:  true,
}

// closeUnread is close() with unread data, of which neither xnu's source as far as it was read nor
// Microsoft's documents speak.
var closeUnread = []Cell{{Established, UserCloseUnread}, {FinWait1, UserCloseUnread}, {FinWait2, UserCloseUnread}, {CloseWait, UserCloseUnread}}

// unknownInTimeWait are the segments that a TIME-WAIT may answer in more than one way.
func unknownInTimeWait(more ...Cell) []Cell {
	for _, e := range []Event{RcvRST, RcvRSTInWindow, RcvSYN, RcvSYNACK, RcvACK, RcvData, RcvOldFIN, RcvFIN} {
		more = append(more, Cell{TimeWait, e})
	}
	return more
}

// unknown reports whether nobody documented what the profile does with an event in a state.
func (p *Profile) unknown(s State, e Event) bool {
	return len(p.Unknown) > 0 && slices.Contains(p.Unknown, Cell{s, e})
}

// checkBSD is in_pcbbind_setup for one family: without an option any socket of the port with an equal
// or wildcard address is in the way, in any state; with one, only an unconnected socket with exactly
// the same address is. Two families on one port were not read about.
func (h *Host) checkBSD(c *Conn, at netip.AddrPort) Outcome {
	b := h.ports[at.Port()]
	if b == nil {
		return Outcome{}
	}
	options := c.ReuseAddr || c.ReusePort
	for _, ex := range b.owners {
		if ex == c {
			continue
		}
		if ex.family != c.family {
			return fail(Unknown, explain("bsd-bind-families"))
		}
		a, e := at.Addr(), ex.local.Addr()
		unconnected := ex.remote.Port() == 0
		hit := a == e || !options && (a.IsUnspecified() || e.IsUnspecified())
		if options && !unconnected {
			hit = false
		}
		foreign := c.UID != 0 && c.UID != ex.UID && unconnected && (a == e || a.IsUnspecified() || e.IsUnspecified())
		if hit && !(c.ReusePort && ex.ReusePort) || foreign {
			w := explain("bsd-bind-no-option")
			switch {
			case foreign && !hit:
				w = explain("bsd-bind-other-user")
			case options:
				w = explain("bsd-bind-same-address")
			}
			w.blame(ex)
			w.Remedy, w.RemedyZh = "SO_REUSEADDR on the new socket is enough, unless the old one is unconnected and has exactly this address", "只要新套接字设置 SO_REUSEADDR 即可，除非旧套接字未连接且地址完全相同"
			return fail(EADDRINUSE, w)
		}
	}
	return Outcome{Why: explain("bsd-bind-ok")}
}

// checkWindows is Microsoft's table for two sockets of one user, bound and not connected. W and S are
// a wildcard and a specific address.
func (h *Host) checkWindows(c *Conn, at netip.AddrPort) Outcome {
	if c.ReusePort {
		return fail(ENOPROTOOPT, explain("windows-no-reuseport"))
	}
	b := h.ports[at.Port()]
	if b == nil {
		return Outcome{}
	}
	for _, ex := range b.owners {
		if ex == c {
			continue
		}
		a, e := at.Addr(), ex.local.Addr()
		switch {
		case ex.family != c.family || ex.remote.Port() != 0:
			return fail(Unknown, explain("windows-bind-undocumented"))
		case ex.UID != c.UID:
			return fail(EACCES, explain("windows-bind-other-account"))
		case a.IsUnspecified() != e.IsUnspecified() || a != e:
			continue // a wildcard and a specific address do not collide
		case c.ReuseAddr && ex.ReuseAddr:
			continue
		case c.ReuseAddr:
			w := explain("windows-bind-access")
			w.blame(ex)
			return fail(EACCES, w)
		default:
			w := explain("windows-bind-in-use")
			w.blame(ex)
			return fail(EADDRINUSE, w)
		}
	}
	return Outcome{Why: explain("windows-bind-ok")}
}
