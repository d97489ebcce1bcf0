package fsm

import "time"

// Profile is one system's rules as data: its timers, its rows and which of the numbered rules it has.
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
	Cookies         bool // SYN cookies, and a limit to half-open children without them
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
	PAWSSlack                  uint32        // a timestamp may be so much older than the last (TCP_PAWS_WINDOW); milliseconds
	Tick                       time.Duration // timers are rounded up to it
	DelayedACK                 time.Duration // 0: every segment is acknowledged at once
	Challenges                 int           // at most so many challenge ACKs, and answers to old bare ACKs,
	ChallengeEvery             time.Duration // in this time; 0: no limit
	ISNStep                    uint32        // a reopened TIME-WAIT's new ISN is the old SND.NXT plus this

	TupleTaken      Errno  // what connect answers when its five-tuple is held
	Unknown         []Cell // what nobody documented
	NoPorts         Errno  // what connect answers when no port is left; "": EADDRNOTAVAIL
	PortLow         int    // of the ports that connect chooses from, to 65535; 0: as Linux
	TimeWaitBSD     bool   // TIME-WAIT judges segments as tcp_twcheck does
	SharesWildcards bool   // see sharesWildcard
	unsure          bool   // how long an orphan's FIN-WAIT-2 lasts is not documented either
}

// BindRule says which rule set decides on bind and listen.
type BindRule int

// The rule sets.
const (
	BindNone    BindRule = iota // none: only two passive OPENs of the same local socket collide
	BindLinux                   // inet_csk_get_port
	BindBSD                     // in_pcbbind_setup
	BindWindows                 // "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"
)

// RFC9293 is nothing but the RFCs: MSL is two minutes (§3.4.2).
var RFC9293 = &Profile{
	Name: "rfc9293", Confidence: "RFC", Source: "RFC 9293, 1122, 5961, 6298, 7323",
	TimeWait:     240 * time.Second,
	UnreadResets: true, OrphanResets: true, Timestamps: true, TupleTaken: EADDRNOTAVAIL, CloseIsShutdown: true,
	MinRTO: time.Second, MaxRTO: 60 * time.Second, InitialRTO: time.Second,
	Challenges: 10, ChallengeEvery: 5 * time.Second, // RFC 5961 §7
}

// Linux is Linux 6.18 as measured.
var Linux = &Profile{
	Name: "linux", Confidence: "measured", Source: "Linux 6.18.44, HZ=250",
	Rows: linuxRows, Bind: BindLinux, Buffers: BuffersLinux, Collapses: true, Cookies: true,
	TimeWait: 60 * time.Second, FinWait2: 60 * time.Second,
	Minisocket: true, OldFINCounts: true, NoACKFirst: true, ReopenBySYN: true,
	UnreadResets: true, OrphanResets: true, ResetAtFIN: true, Timestamps: true, LossProbe: true,
	OvertakenACK: true, PAWSSlack: 1, PredictsData: true, ACKOfISS: true,
	MinRTO: 200 * time.Millisecond, MaxRTO: 120 * time.Second, InitialRTO: time.Second,
	Tick: 4 * time.Millisecond, DelayedACK: 40 * time.Millisecond,
	Challenges: 1, ChallengeEvery: 500 * time.Millisecond, ISNStep: 65537, TupleTaken: EADDRNOTAVAIL,
}

// Profiles lists the profiles by name.
var Profiles = []*Profile{RFC9293, Linux, FreeBSD, MacOS, Windows}

// Measured reports whether the profile's answers were held to a system that ran, or to the RFC itself.
func (p *Profile) Measured() bool { return p.Confidence != documented }

// ProfileByName finds a profile; nil if there is none of that name.
func ProfileByName(name string) *Profile {
	for _, p := range Profiles {
		if p.Name == name {
			return p
		}
	}
	return nil
}
