package fsm

import (
	"net/netip"
	"time"
)

// Conn is one end of a connection, or a socket on the way to be one: the variables of RFC 9293
// §3.3.1, the sockets API's view of it, and its timers.
type Conn struct {
	host *Host
	name string // the script's; "" for a child that nobody has accepted
	id   int
	end  int // see Entry.End; 0: it has not begun a connection

	state State
	// What the table's events are conditioned on.
	passive  bool // a passive OPEN began it
	open     bool // a descriptor refers to it
	noReader bool // the user has promised to read no more: close(), shutdown(RD)
	noWriter bool // the user has said CLOSE, by close() or shutdown(WR)
	mini     bool // it lives in a minisocket: TIME-WAIT, or an orphan's FIN-WAIT-2
	unknown  bool // something happened that the profile does not document
	request  bool // a request socket: a listener's child that is not in the bind table yet

	// The bits of what follows stand here together, so that a connection takes less memory.
	boundAddr   bool // bind() gave an address that is no wildcard
	boundPort   bool // bind() gave the port: it is kept until the descriptor is closed
	boundMapped bool // bind() gave ::ffff:0.0.0.0, which the next connect() fills in for good
	mapped      bool // it has been connected to a v4-mapped address
	mute        bool // what it sends goes nowhere
	autobound   bool // connect() chose the port
	inPorts     bool // in the bind table
	wasConn     bool // the socket was connected once (SS_CONNECTED)
	connecting  bool // connect() was called and has not told its result
	finSeen     bool // there is an end of file to read, again and again
	finUnread   bool // the FIN is in the receive queue: nobody has read as far
	acked       bool // of a request socket: an ACK came that could not make it a connection
	charged     bool // a segment was charged to its memory
	finQueued   bool
	finSent     bool
	finRcvd     bool
	ts          bool // timestamps are used (RFC 7323)
	sackOffered bool // the peer's SYN permits selective acknowledgment (RFC 2018 §2)
	timing      bool // a round trip is being measured
	probed      bool // the loss probe has been sent
	recovering  bool // a loss was seen and repaired, and is not acknowledged yet

	touched bool // its line in the socket table may have changed, see touch
	shown   bool // the watcher was told of that line

	Options
	family int            // 4 or 6
	local  netip.AddrPort // current local address; port 0: not bound
	remote netip.AddrPort
	was    *fourTuple // of a connect that failed, for a forge
	// holds the port that bind gave the descriptor after its connection had gone into a minisocket
	heir       *Conn
	bind2      *addrBucket
	fd         int
	pendingErr Errno
	icmpNote   string // which ICMP error came last
	softErr    Errno  // sk_err_soft: what an ICMP error said that did not end the connection

	// Listener.
	listener  *Conn // of a child, until it is accepted
	backlog   int
	cookieAt  time.Duration // when the last SYN cookie was given; 0: never
	heard     *Why          // what became of its SYN at the other end, where nobody says so
	accepted  []*Conn       // complete, waiting for accept()
	requests  int           // request sockets
	heardAt   time.Duration // when the last segment came while there was a descriptor; for Profile.IdleClock and Pool
	twOptions *Options      // see keptOptions
	entered   time.Duration // when it became one

	// Sequence variables.
	iss, sndUna, sndNxt, sndWnd, maxWnd uint32
	sndWl1                              uint32 // the segment that set SND.WND
	irs, rcvNxt, rcvWup, rcvWnd         uint32
	unsent                              uint32
	lastSmall                           uint32 // the end of the last segment that was not full
	unread                              uint32
	staleOctets                         uint32 // taken from segments of an earlier incarnation
	mssMost                             uint32 // what a SYN cookie remembered of the MSS; 0: no matter
	sndBytesAcked                       uint64
	sent                                []Segment // not acknowledged, oldest first
	ahead                               []Segment // beyond a gap
	peer                                int       // id of the Conn whose SYN was taken
	cwnd                                int

	// Timestamps (RFC 7323).
	tsRecent uint32
	tsOffset uint32
	tsFirst  uint32 // TSval of the first SYN,ACK of a request socket
	tsLast   uint32 // and of the last

	// Round-trip time and retransmission (RFC 6298).
	srtt, rto   time.Duration
	sentAt      time.Duration // of the segment that is timed
	retries     int
	firstRetry  time.Duration
	synAt       time.Duration // when the first SYN went out
	oowAnswered time.Duration
	oowCount    int32 // answers since then
	timedEnd    uint32

	// Acknowledging.
	ack ackState

	in  inbox  // what has arrived and the window
	out outbox // what is to be acknowledged

	due [timers]time.Duration // of each timer; off: never
}

// receiveBuffer is how many octets may wait for the reader where a buffer holds octets, and so the
// largest window.
const receiveBuffer = 65535

// never is the due time of a timer that is off.
const never time.Duration = -1

// Options are a socket's options, by the names of the sockets API.
type Options struct {
	ReuseAddr, ReusePort bool
	ReusePortLB          bool // SO_REUSEPORT_LB, of FreeBSD
	ExclusiveAddrUse     bool // SO_EXCLUSIVEADDRUSE, of Windows
	V6Only               bool
	Dual                 bool // IPV6_V6ONLY was cleared, where a system has it on by default
	NoDelay              bool
	BindNoPort           bool // IP_BIND_ADDRESS_NO_PORT
	FreeBind             bool // IP_FREEBIND: to addresses that this host has not got
	Linger               bool
	KeepAlive            bool // SO_KEEPALIVE
	Deaf                 bool // SO_ATTACH_FILTER with a filter that passes nothing: no segment that arrives is heard
	LingerTime           time.Duration
	Linger2              time.Duration // TCP_LINGER2; 0: the system's, negative: no FIN-WAIT-2 after close()
	UserTimeout          time.Duration // TCP_USER_TIMEOUT; 0: none
	RcvBuf, SndBuf       int           // SO_RCVBUF and SO_SNDBUF as asked for; 0: the system's
	KeepIdle             time.Duration // TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT; 0: the system's
	KeepIntvl            time.Duration
	KeepCnt              int
	DeferAccept          time.Duration // TCP_DEFER_ACCEPT
	UID                  int
	PortMin, PortMax     int // IP_LOCAL_PORT_RANGE; 0: the system's
	Device               string
}

// keptOptions are the options that a minisocket copied when it was made. Its descriptor, while one
// is open, may get others since; only then is there a copy.
func (c *Conn) keptOptions() Options {
	if c.twOptions != nil {
		return *c.twOptions
	}
	return c.Options
}

// End is the number of the connection, or of the listening, that the socket is or last was an end
// of, see Entry.End; 0: it has begun none.
func (c *Conn) End() int { return c.end }

// State is the connection's state now; CLOSED for a socket that is only bound, and for one that is
// gone.
func (c *Conn) State() State { return c.state }

// Known is false once something happened to the connection that the profile does not document: then
// State is where it was before.
func (c *Conn) Known() bool { return !c.unknown }

// Open reports whether a descriptor refers to it.
func (c *Conn) Open() bool { return c.open }

// Synchronized reports whether both ends know each other's ISN (RFC 9293 §3.3.2).
func (s State) Synchronized() bool {
	switch s {
	case Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait:
		return true
	}
	return false
}

func (c *Conn) net() *Net         { return c.host.net }
func (c *Conn) profile() *Profile { return c.host.net.profile }

func before(a, b uint32) bool { return int32(a-b) < 0 }
func after(a, b uint32) bool  { return int32(a-b) > 0 }

// mss is the largest number of octets that one segment carries. Linux sends no segment that takes
// more than half of the largest window there was (tcp_bound_to_half_wnd).
func (c *Conn) mss() uint32 {
	mss := c.maxSegment()
	if c.mssMost > 0 {
		mss = min(mss, c.mssMost)
	}
	if c.ts {
		mss -= 12
	}
	if c.maxWnd > 0 && c.profile().Buffers == BuffersLinux {
		most := c.maxWnd
		if most > firstRcvMSS {
			most /= 2
		}
		if mss > most {
			return max(most, 48)
		}
	}
	return mss
}

// maxSegment is what a SYN offers as MSS: the MTU without the fixed headers (RFC 9293 §3.7.1).
func (c *Conn) maxSegment() uint32 {
	mtu := uint32(1500)
	if c.host.owns(c.remote.Addr()) {
		mtu = 65535
	}
	h := uint32(40)
	if c.family == 6 && !c.local.Addr().Is4In6() {
		h = 60
	}
	return mtu - h
}

// rcvWindow is what is left of the window that was offered last.
func (c *Conn) rcvWindow() uint32 {
	w := int64(c.rcvWup) + int64(c.rcvWnd) - int64(c.rcvNxt)
	if int32(uint32(w)) < 0 {
		return 0
	}
	return uint32(w)
}

// Local is its own address.
func (c *Conn) Local() netip.AddrPort { return c.local }
