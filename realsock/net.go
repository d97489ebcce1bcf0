package realsock

import (
	"errors"
	"net/netip"
	"time"
)

// The names of the hosts and of what lies between them.
const (
	Server = "server"
	Client = "client"
	Wire   = "wire"
)

// Addresses of the two hosts; each has its loopback besides.
var (
	ServerIPv4 = netip.MustParseAddr("10.0.0.1")
	ServerIPv6 = netip.MustParseAddr("fd00::1")
	ClientIPv4 = netip.MustParseAddr("10.0.0.2")
	ClientIPv6 = netip.MustParseAddr("fd00::2")
)

// Errors that a caller tells apart.
var (
	// ErrNotAble is wrapped by errors of Open where this machine does not permit a Net.
	ErrNotAble = errors.New("realsock: not possible here")
	// ErrGone says that the Net has ended, by Close or because its runner died.
	ErrGone = errors.New("realsock: the net is gone")
)

// Config of a Net. The zero value takes the defaults.
type Config struct {
	Latency time.Duration // one way between the hosts; default 1 ms
	Settle  time.Duration // patience with a host that owes an ACK; default 10 ms, or 2.5 jiffies if that is longer
	Limit   time.Duration // after which a call that blocks goes on in the background; default 1 s
	Frames  int           // recorded at most; later ones cross the wire unseen by Observe; default 100,000
	Sockets int           // a host at most, more get EMFILE; default 4,096

	// Phase is where in a second of the kernel's monotonic clock the Net's clock starts, from 0 to 1 s. It
	// matters where the kernel counts whole seconds (ktime_get_seconds). nil: wherever it is.
	Phase *time.Duration

	// Observe hears everything that happens, in order, from one goroutine. It must not block
	// and must not call the Net.
	Observe func(Event) `json:"-"`
}

// A Call is one thing to do: a socket call of a host, a question about a socket, a verb of the wire, or
// another host to make. Which fields count depends on Op.
type Call struct {
	Host   string         // Server, Client, another host that was made, or Wire
	Op     string         // "socket", "bind", …, the verbs of an experiment script
	Name   string         `json:",omitempty"` // the socket's name, local to its host
	As     string         `json:",omitempty"` // accept: the new socket's name
	Family int            `json:",omitempty"` // 4 or 6, for a call that makes its socket
	Addr   netip.AddrPort `json:",omitzero"`  // not valid: not given
	From   netip.AddrPort `json:",omitzero"`
	Opts   []Opt          `json:",omitempty"`
	N      int            `json:",omitempty"` // send, recv: octets; listen: backlog; below zero: not given
	// How is of shutdown "wr", "rd" or "both"; of sockets "all", for bound ones too; of await which call;
	// of block the ICMP error that the sender gets, if any; of forget "rst", "silent" or "conntrack".
	How    string        `json:",omitempty"`
	NoWait bool          `json:",omitempty"` // recv: leaves no call behind
	Limit  time.Duration `json:",omitempty"` // zero: Config.Limit
	Key    string        `json:",omitempty"` // sysctl
	Value  string        `json:",omitempty"`

	// Of the wire.
	Of    string        `json:",omitempty"` // whose segments: a host's, or "server>client"; "" for all
	Kind  string        `json:",omitempty"` // "SYN", "SYN+ACK", "ACK", "FIN", "RST", "DATA", "any"
	Nth   int           `json:",omitempty"` // drop: from 1
	D     time.Duration `json:",omitempty"`
	Forge *Forge        `json:",omitempty"`

	// Op "host" makes a host called Name with these addresses of 10.0.0.0/24 and fd00::/64.
	Addrs []netip.Addr `json:",omitempty"`
}

// Hosts is how many hosts a Net has at most, the first two included.
const Hosts = 8

// Forge describes a segment to be made by hand, as if the socket Call.Name of host Call.Of had sent it.
type Forge struct {
	Flags uint8
	Seq   Number // in the receiver's view: base "nxt" is its RCV.NXT, "wnd" the first number outside its window
	Ack   Number // base "nxt" is its SND.NXT, "una" its SND.UNA
	Len   int    // octets of data
	TS    string // "now", "old", "none" or "" as the connection does
	ICMP  string `json:",omitempty"` // an ICMP error and no segment: "port", "host", "net" or "admin"
}

// Number is a sequence number: a base and what is added to it, modulo 2^32. Base "" is what the
// forged socket would send itself.
type Number struct {
	Base   string
	Offset int64
}

// Opt is a socket option by the name a script gives it, with its argument.
type Opt struct {
	Name string
	N, M int           `json:",omitempty"`
	D    time.Duration `json:",omitempty"`
	Off  bool          `json:",omitempty"`
	S    string        `json:",omitempty"`
}

// Outcome is what a Call came to.
type Outcome struct {
	_      struct{}      `cbor:",toarray"`
	Result string        // "ok", an errno's name, a count of octets, "EOF", a kernel state, a timer, a reply's flags
	At     time.Duration // when it came back
	Left   time.Duration `json:",omitempty"` // timer: what is left of it
	Rows   []Row         `json:",omitempty"` // sockets
	NotRun string        `json:",omitempty"` // why it could not be tried at all; Result is empty then
}

// An Event is something that happened; exactly one field is set.
type Event struct {
	Frame    *Frame    `json:",omitempty"`
	Sighting *Sighting `json:",omitempty"`
	Table    *Table    `json:",omitempty"`
}

// Frame is a TCP segment on the wire or on a host's loopback. It is told when it is taken, and again, under the same
// ID, when its fate changes.
type Frame struct {
	_        struct{} `cbor:",toarray"`
	ID       int
	From, To string // hosts; the same for loopback
	Conn     int    // number of the connection, from 1, as the wire tells them apart
	Src, Dst netip.AddrPort
	Departs  time.Duration
	Arrives  time.Duration `json:",omitempty"`
	Fate     string        // "under way", "held", "arrived", "lost"
	Forged   bool          `json:",omitempty"`
	Note     string        `json:",omitempty"`

	Seq, Ack     uint32
	SeqISN       uint32 // the sender's initial sequence number
	AckISN       uint32 // the receiver's
	Flags        uint8  // as in the header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16
	Len          int    // octets of data
	Wnd          uint32 // scaled
	TSVal, TSEcr uint32 `json:",omitempty"`
	HasTS        bool   `json:",omitempty"`
	Receiver     View   // when it departed, or arrived
	Raw          []byte `json:",omitempty"` // the first SnapLen octets, from the Ethernet header
	Size         int    // octets on the wire
}

// View is one end's numbers as far as they show on the wire, by RFC 9293's names (§3.3.1).
type View struct {
	_              struct{} `cbor:",toarray"`
	SndUna, SndNxt uint32
	RcvNxt, RcvWnd uint32
	SndKnown       bool   `json:",omitempty"` // SND.UNA and SND.NXT are
	RcvKnown       bool   `json:",omitempty"`
	SentFIN        bool   `json:",omitempty"` // its FIN has been seen
	GotFIN         bool   `json:",omitempty"` // a FIN was delivered to it in order
	TSRecent       uint32 `json:",omitempty"` // the newest timestamp delivered to it
	TS             bool   `json:",omitempty"` // it uses timestamps
}

// SnapLen is how much of a frame is kept.
const SnapLen = 160

// Sighting is what sock_diag showed of one end of a connection, in the kernel's words.
type Sighting struct {
	_        struct{} `cbor:",toarray"`
	At       time.Duration
	Host     string
	End      int    // number of this end, from 1: one socket's one connection, or its listening; 0: a segment met nobody
	Name     string `json:",omitempty"` // "" while it has none
	Local    netip.AddrPort
	Remote   netip.AddrPort `json:",omitzero"` // not valid: a listener
	Prev     string         // the state it was seen in before; "LISTEN" for a new child
	State    string         // "ESTABLISHED", "FIN_WAIT1", …; "CLOSE" when it is gone
	Mini     bool           `json:",omitempty"` // a timewait minisocket
	Timer    string         // "none", "retransmit", "keepalive", "timewait", "probe"
	Left     time.Duration
	RecvQ    int
	SendQ    int
	WasRecvQ int    `json:",omitempty"` // RecvQ when it was seen before
	UID      uint32 `json:",omitempty"`
	Inode    uint32 `json:",omitempty"` // 0: no descriptor refers to it
	Cookie   uint64 `json:",omitempty"`
	Inferred bool   `json:",omitempty"` // told from the segments, not seen
	Cause    Cause
	Sent     []int `json:",omitempty"` // ids of the frames it sent
}

// Cause says what came before a Sighting.
type Cause struct {
	_     struct{} `cbor:",toarray"`
	Kind  string   // "call", "frame", "timer", "icmp"
	Op    string   `json:",omitempty"` // of a call: "close", "shutdown", "exit", …
	How   string   `json:",omitempty"` // of shutdown; of an ICMP error, which
	Name  string   `json:",omitempty"` // of the socket that was called
	Frame int      `json:",omitempty"` // id
}

// Table is a host's socket table after something in it has changed.
type Table struct {
	At   time.Duration
	Host string
	Rows []Row
}

// Row is one line of a socket table.
type Row struct {
	Name   string `json:",omitempty"`
	State  string // the kernel's word; "BOUND" for a socket that is only bound
	Local  netip.AddrPort
	Remote netip.AddrPort `json:",omitzero"`
	Open   bool           // a descriptor refers to it
	Timer  string
	Left   time.Duration `json:",omitempty"`
	RecvQ  int           `json:",omitempty"`
	SendQ  int           `json:",omitempty"`
	UID    uint32        `json:",omitempty"`
}

// Stats are what ought to be zero.
type Stats struct {
	Uneven  int // times the kernel's counters had to be believed against the wire's books
	Dropped int // frames that the kernel threw away because the wire did not read fast enough
}

// Clock says how the time of a runner passes.
type Clock string

// The clocks. A virtual one stands still while the runner waits for a request, and jumps over what
// it would sleep through.
const (
	RealClock    Clock = "real"
	VirtualClock Clock = "virtual"
)

// Ability says whether a Net can be made here, as found by making one.
type Ability struct {
	OK      bool
	How     string // "root" or "user namespace"
	Kernel  string // release
	UIDs    bool   // calls can be made under another uid
	IPv6    bool
	Why     string // why not
	Remedy  string // what would help
	Jiffy   time.Duration
	Sysctls bool // the hosts' sysctls can be written

	Clock  Clock    // how the runner's time passes
	System string   // "linux 6.1.192": the kernel's name and version, without what a distribution adds
	Verbs  []string // the calls it makes, by Call.Op

	Loopback bool // where not OK: trials can be made on the host's own loopback
}
