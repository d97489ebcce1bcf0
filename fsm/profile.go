package fsm

import (
	"slices"
	"time"
)

// Profile is one system's rules as data: its timers, its rows and which of the numbered rules it
// has.
type Profile struct {
	Name       string
	Confidence string // "RFC", "measured", "documented, not measured"
	Source     string

	Rows     []Row         // in place of the RFC's rows for the same state and event
	Bind     BindRule      // what bind and listen compare
	Buffers  BufferRule    // how buffers are counted, and so which window is offered
	TimeWait time.Duration // how long TIME-WAIT lasts
	// FinWait2 bounds a FIN-WAIT-2 that no descriptor holds; 0: for ever.
	FinWait2 time.Duration

	Minisocket      bool // TIME-WAIT and an orphan's FIN-WAIT-2 live in a small socket of their own
	OldFINCounts    bool // the ACK field of a segment that ends at RCV.NXT is processed
	NoACKFirst      bool // a segment without ACK, SYN and RST is dropped before its numbers are looked at
	ReopenBySYN     bool // a newer SYN for a listener ends TIME-WAIT (MAY-2, RFC 6191)
	CloseIsShutdown bool // shutdown(WR) is CLOSE in every state, in LISTEN and SYN-RECEIVED too (§3.10.4)
	Cookies         bool // SYN cookies, and a limit to request sockets without them
	TellsSoftErrors bool // SO_ERROR tells of an ICMP error that did not end the connection, once
	UnreadResets    bool // close() with unread data sends a RST
	OrphanResets    bool // data for an end that is closed for reading sends a RST
	ResetAtFIN      bool // after a FIN, a RST at RCV.NXT-1 counts as exact (RFC 5961 §3.2, extended)
	OvertakenACK    bool // an old bare ACK that fails PAWS is not answered (tcp_disordered_ack_check)
	PredictsData    bool // the next data in order is taken before its ACK field is looked at (header prediction)
	ACKOfISS        bool // in SYN-RECEIVED, SEG.ACK = ISS is acceptable too (tcp_ack)
	Timestamps      bool // RFC 7323 timestamps are offered
	Collapses       bool // small segments are joined when they are sent again
	LossProbe       bool // the first retransmission is a probe that does not back off (RFC 8985 §7)

	MinRTO, MaxRTO, InitialRTO time.Duration
	// a timestamp may be so much older than the last (TCP_PAWS_WINDOW); milliseconds
	PAWSSlack      uint32
	Tick           time.Duration // timers are rounded up to it
	DelayedACK     time.Duration // 0: every segment is acknowledged at once
	Challenges     int           // at most so many challenge ACKs, and answers to old bare ACKs,
	ChallengeEvery time.Duration // in this time; 0: no limit
	ISNStep        uint32        // a reopened TIME-WAIT's new ISN is the old SND.NXT plus this

	TupleTaken      Errno  // what connect answers when its five-tuple is held
	Unknown         []Cell // what nobody documented
	NoPorts         Errno  // what connect answers when no port is left; "": EADDRNOTAVAIL
	NoPortsRule     string // and by which rule; "": connect-no-port
	BindNoPorts     Errno  // what bind to port 0 answers then; "": EADDRINUSE
	PortLow         int    // the ports that connect chooses from; 0: as Linux
	PortHigh        int    // 0: 65535
	OwnPorts        PortOwner
	SynTimeouts     int  // so many SYNs follow the first, all InitialRTO apart; 0: as Linux's sysctls say
	SharesWildcards bool // see sharesWildcard
	AnyAddress      bool // bind asks neither whose address it is nor, below 1024, who asks
	NoMapped        bool // there are no v4-mapped addresses: bind and connect refuse them
	V6Only          V6Default

	// TimeWaitRules judges the segments that come to TIME-WAIT; nil: §3.10.7.4's checks do.
	TimeWaitRules func(*Conn, Segment) Event
	ResetBeyond   bool // a RST one beyond RCV.NXT counts as exact
	RepeatsSYNACK bool // the SYN that began a request socket, once more, gets its SYN,ACK again
	// IdleClock says that the clocks of TIME-WAIT and of an orphan's FIN-WAIT-2 run from the last
	// segment that came before the descriptor was closed (lwIP: pcb->tmr), not from where they
	// begin.
	IdleClock bool
	Pool      int // so many connections and sockets there can be at one host, listeners apart; 0: no bound
	release   release
	unsure    bool // what ends an orphan's FIN-WAIT-2 is not documented beyond FinWait2, or TimeWait
}

// PortOwner says which sockets keep a port from being chosen by another socket's connect.
type PortOwner int

// The owners.
const (
	portOfBind    PortOwner = iota // only what bound it: connects to different peers share a port
	portOfAddress                  // any socket whose local address overlaps, whatever its peer
	portOfHost                     // any socket of the host
)

// V6Default is what a system makes of IPV6_V6ONLY.
type V6Default int

// The defaults.
const (
	v6Dual   V6Default = iota // off: :: is for both families
	v6Only                    // on, until the program clears it
	v6Always                  // on, and it cannot be cleared
)

// BindRule says which rule set decides on bind and listen.
type BindRule int

// The rule sets.
const (
	BindNone    BindRule = iota // none: only two passive OPENs of the same local socket collide
	BindLinux                   // inet_csk_get_port
	BindBSD                     // in_pcbbind_setup
	BindWindows                 // "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"
	BindOpenBSD                 // in_pcbaddrisavail_lock
	BindLwIP                    // tcp_bind
)

// RFC9293 is nothing but the RFCs: MSL is two minutes (§3.4.2).
var RFC9293 = &Profile{
	Name: "rfc9293", Confidence: "RFC", Source: "RFC 9293, 1122, 5961, 6298, 7323",
	TimeWait:     240 * time.Second,
	UnreadResets: true, OrphanResets: true, Timestamps: true, TupleTaken: EADDRNOTAVAIL, CloseIsShutdown: true,
	TellsSoftErrors: true, // §3.9.2.2, SHLD-25
	MinRTO:          time.Second, MaxRTO: 60 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
}

// Linux is Linux 6.18 as measured.
var Linux = &Profile{
	Name: "linux", Confidence: "measured", Source: "Linux 6.18.44, HZ=250",
	Rows: linuxRows, Bind: BindLinux, Buffers: BuffersLinux, Collapses: true, Cookies: true,
	TimeWait: 60 * time.Second, FinWait2: 60 * time.Second,
	Minisocket: true, OldFINCounts: true, NoACKFirst: true, ReopenBySYN: true,
	TellsSoftErrors: true, UnreadResets: true, OrphanResets: true, ResetAtFIN: true, Timestamps: true, LossProbe: true,
	OvertakenACK: true, PAWSSlack: 1, PredictsData: true, ACKOfISS: true,
	MinRTO: 200 * time.Millisecond, MaxRTO: 120 * time.Second, InitialRTO: time.Second,
	Tick: 4 * time.Millisecond, DelayedACK: 40 * time.Millisecond,
	Challenges: 1, ChallengeEvery: 500 * time.Millisecond, ISNStep: 65537, TupleTaken: EADDRNOTAVAIL,
}

// Profiles lists the profiles by name.
var Profiles = []*Profile{RFC9293, Linux, FreeBSD, MacOS, Windows, OpenBSD, LwIP}

// Measured reports whether the profile's answers were held to a system that ran, or to the RFC
// itself.
func (p *Profile) Measured() bool { return p.Confidence != documented }

// ProfileByName finds a profile, or a release of Linux by a name such as "linux@6.1"; nil if there
// is none of that name.
func ProfileByName(name string) *Profile {
	for _, list := range [][]*Profile{Profiles, LinuxReleases} {
		if i := slices.IndexFunc(list, func(p *Profile) bool { return p.Name == name }); i >= 0 {
			return list[i]
		}
	}
	return nil
}
