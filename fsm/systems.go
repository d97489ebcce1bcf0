package fsm

import (
	"slices"
	"time"
)

// Systems that were read about and not run. What nobody documented is unknown, never a guess: a
// cell in Profile.Unknown makes the connection's state unknown from then on, and a bind that no
// document answers is unknown too.

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
	docFreeBSD = "FreeBSD 15: in_pcb.c (in_pcbbind), in6_pcb.c (in6_pcbbind_avail), " +
		"tcp_timewait.c (tcp_twcheck), tcp_usrreq.c"
	docMacOS = "xnu: in_pcb.c (in_pcbbind), in6_pcb.c (in6_pcbbind), tcp_timer.h; " +
		"macOS as seen in nodejs/node #7200 and dotnet/runtime #49655"
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
		{TimeWait, RcvSYNUnheard, Closed, SendRST | DeleteTCB, "tcp_twcheck, tcp_input: dropwithreset"},
		{FinWait2, TimeoutFinWait2, Closed, DeleteTCB, "tcp_timer_2msl: TP_MAXIDLE"},
	},
	Bind: BindBSD, TimeWait: 60 * time.Second, FinWait2: 600 * time.Second,
	TupleTaken: EADDRINUSE, ReopenBySYN: true, OrphanResets: true, Timestamps: true,
	MinRTO: 200 * time.Millisecond, MaxRTO: 64 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
	TimeWaitRules: timeWaitFreeBSD, BindNoPorts: EADDRNOTAVAIL,
	V6Only: v6Only, // net.inet6.ip6.v6only is 1
}

// MacOS is macOS as far as xnu's source was read: bind as the BSDs, and 2MSL of 30 s.
var MacOS = &Profile{
	Name: "macos", Confidence: documented, Source: docMacOS,
	Bind: BindBSD, TimeWait: 30 * time.Second,
	TupleTaken: Unknown, OrphanResets: true, Timestamps: true, SharesWildcards: true, BindNoPorts: EADDRNOTAVAIL,
	MinRTO: 200 * time.Millisecond, MaxRTO: 64 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
	Unknown: unknownInTimeWait(closeUnread...),
	unsure:  true,
}

// Windows is Windows as far as Microsoft documents it.
var Windows = &Profile{
	Name: "windows", Confidence: documented, Source: docWindows,
	Bind: BindWindows, TimeWait: 120 * time.Second,
	TupleTaken: Unknown, OrphanResets: true, NoPorts: ENOBUFS, NoPortsRule: "windows-out-of-ports", PortLow: 49152,
	V6Only: v6Only, // "IPV6_V6ONLY … the default value is TRUE"
	MinRTO: 300 * time.Millisecond, MaxRTO: 60 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
	Unknown: unknownInTimeWait(closeUnread...),
	unsure:  true,
}

// closeUnread is close() with unread data, of which neither xnu's source as far as it was read nor
// Microsoft's documents speak.
var closeUnread = []Cell{{Established, UserCloseUnread}, {FinWait1, UserCloseUnread}, {FinWait2, UserCloseUnread},
	{CloseWait, UserCloseUnread}}

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
