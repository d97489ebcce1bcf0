package fsm

import (
	"errors"
	"net/netip"
	"time"
)

// A Crowd is many connections in one machine. A client opens them, all to one server and over a
// wire that loses nothing; each goes through a four-way close to the end of 2MSL. An arrow is
// looked up in the profile's table and nowhere else, in its dense form, and the log is what a Net
// would write of the same connection, octet for octet; but there are no sockets API, no bind rules
// and no sysctls, and tcp_max_tw_buckets has no bound. What is left of a connection in TIME-WAIT is
// sixteen octets, as in a kernel: see mini.
//
// Since nothing is lost and no port is had twice at once, no connection hears of another: one lives
// to its TIME-WAIT in a single call, whatever others do meanwhile.
type Crowd struct {
	profile *Profile
	machine *machine
	seed    uint64
	latency time.Duration
	open    time.Duration
	half    time.Duration
	first   uint8
	conns   uint32
	log     *Log
	keeps   bool // the log: the caller has it
	life    life
	waits   queue
	court   *Host // where Late's questions are judged
	windows [2]windows
}

// CrowdConfig says how the connections of a crowd live.
type CrowdConfig struct {
	Profile     *Profile      // nil: Linux
	Seed        uint64        // of timestamps
	Latency     time.Duration // of the wire, one way; at most 100 ms
	Open        time.Duration // from the client's connect() to the first close(); at least three times Latency
	Half        time.Duration // from the first close() to the second; less than a minute
	ServerFirst bool          // the server closes first
	Log         *Log          // nil: nothing is recorded
}

// ErrCrowd says that a crowd's times make no sense, or that nobody has measured its profile.
var ErrCrowd = errors.New("crowd: profile must be measured, times whole milliseconds, latency at most 100 ms, " +
	"open at least three times that, half under a minute")

var (
	hostNames   = [...]string{"server", "client"}
	crowdServer = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 7865)
	crowdClient = netip.AddrFrom4([4]byte{10, 0, 0, 2})
)

// NewCrowd makes a crowd of nobody yet. The error is ErrCrowd.
func NewCrowd(cfg CrowdConfig) (*Crowd, error) {
	p := cfg.Profile
	if p == nil {
		p = Linux
	}
	// Beyond 100 ms a round trip comes near the shortest retransmission timeout; beyond a minute
	// Linux ends an orphan's FIN-WAIT-2.
	times := cfg.Latency >= 0 && cfg.Latency <= 100*time.Millisecond && cfg.Open >= 3*cfg.Latency &&
		cfg.Half >= 0 && cfg.Half < time.Minute
	for _, d := range []time.Duration{cfg.Latency, cfg.Open, cfg.Half} {
		times = times && d%time.Millisecond == 0
	}
	if !times || !p.Measured() {
		return nil, ErrCrowd
	}
	c := &Crowd{
		profile: p, machine: p.machine(), seed: cfg.Seed, latency: cfg.Latency, open: cfg.Open, half: cfg.Half,
		first: atClient, log: cfg.Log, keeps: cfg.Log != nil, court: NewNet(Config{Profile: p}).Host("client"),
	}
	if cfg.ServerFirst {
		c.first = atServer
	}
	if !c.keeps {
		c.log = new(Log) // the wire of one connection at a time
	}
	c.life.crowd = c
	for who := range c.windows {
		c.windows[who] = c.offers(uint8(who))
	}
	return c, nil
}

// windows is what an end offers: in its SYN, and in whatever else it says as long as no data comes.
type windows struct {
	syn, later uint32
	scale      uint8 // Segment.Scale of the SYN
}

// window is what an end offers that has taken the peer's SYN, and perhaps its FIN. Where a buffer
// holds octets, a FIN does not move the right edge.
func (c *Crowd) window(who uint8, rcvNxt uint32) uint32 {
	w := c.windows[who].later
	if c.profile.Buffers == BuffersOctets {
		w -= rcvNxt - 1
	}
	return w
}

// offers asks the arithmetic of Conn for an end's windows.
func (c *Crowd) offers(who uint8) windows {
	ends := [2]netip.AddrPort{crowdServer, netip.AddrPortFrom(crowdClient, 1)}
	conn := Conn{host: c.court, family: 4, local: ends[who], remote: ends[1-who], ts: c.profile.Timestamps}
	conn.host = NewNet(Config{Profile: c.profile}).Host(hostNames[who])
	conn.in.scaled = true
	conn.openWindow(who == atServer && conn.ts)
	syn := conn.rcvWnd
	conn.settleWindow()
	return windows{syn, conn.offer(), conn.offeredScale()}
}

// Live has one connection live from the client's connect(), at an instant in whole milliseconds and
// from a port, to where one end is in TIME-WAIT, or both are. It returns the connection's number,
// counted from 0. Connections must come in the order of their instants.
func (c *Crowd) Live(at time.Duration, port uint16) int {
	l := &c.life
	if !c.keeps {
		c.log.Reset()
	}
	l.begin(at, port)
	l.take(atClient, numUserActiveOpen, nil)
	l.until(at + c.open)
	l.take(c.first, numUserClose, nil)
	l.until(at + c.open + c.half)
	l.take(1-c.first, numUserClose, nil)
	l.until(at + c.open + c.half + time.Minute) // no round trip or timer of a live end takes as long
	c.conns++
	return int(c.conns) - 1
}

// Waiting is how many ends are in TIME-WAIT.
func (c *Crowd) Waiting() int { return c.waits.len }

// Expire ends each TIME-WAIT whose 2MSL are over at an instant, in whole milliseconds, and in
// order. Between two calls, and between Live and the next, less than three weeks may pass.
func (c *Crowd) Expire(now time.Duration) {
	for c.waits.len > 0 {
		m := c.waits.at(0)
		if int32(milliseconds(now)-m.due) < 0 {
			return
		}
		if c.keeps {
			c.log.mark(m.due, m.owner>>1, uint8(m.owner&1), cellOf(numTimeWait, numTimeout2MSL))
		}
		c.waits.pop()
	}
}

// Late is the arrow for a segment that comes late to one of those in TIME-WAIT, the i-th in the
// order in which they go, if there are so many; nobody listens there. It is asked and not done: no
// 2MSL start anew. Numbers are relative, as in a Story; timestamps count milliseconds from 1.
func (c *Crowd) Late(i int, s Segment) (_ Row, ok bool) {
	if i < 0 || i >= c.waits.len {
		return Row{}, false
	}
	m := c.waits.at(i)
	conn := Conn{
		host: c.court, state: TimeWait, mini: c.profile.Minisocket, finSent: true, finRcvd: true,
		sndUna: m.sndNxt, sndNxt: m.sndNxt, sndBytesAcked: 1, maxWnd: c.windows[1-m.owner&1].later,
		rcvNxt: m.rcvNxt, rcvWup: m.rcvNxt, rcvWnd: c.window(uint8(m.owner&1), m.rcvNxt),
		ts: c.profile.Timestamps, tsRecent: m.tsRecent,
	}
	return *c.machine.row(TimeWait, conn.judge(s)), true
}

// mini is what is left of an end in TIME-WAIT: enough to answer whatever comes late. Sequence
// numbers are relative to the ISN, timestamps to the offset.
type mini struct {
	sndNxt, rcvNxt uint32
	tsRecent       uint32
	due            uint32 // in milliseconds, modulo 2³²
}

// waiting is a mini and whose it is.
type waiting struct {
	mini
	owner uint32 // the connection's number and, in the lowest bit, which end
}

func milliseconds(d time.Duration) uint32 { return uint32(d / time.Millisecond) }

// queue holds those in TIME-WAIT in the order in which they came. All wait equally long, so that is
// the order in which they go: no heap and no wheel is needed.
type queue struct {
	ring      []waiting // its length is a power of two
	head, len int
}

func (q *queue) at(i int) *waiting { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *queue) pop() {
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.len--
}

func (q *queue) push(w waiting) {
	if q.len == len(q.ring) {
		bigger := make([]waiting, max(16, 2*q.len))
		n := copy(bigger, q.ring[q.head:])
		copy(bigger[n:], q.ring[:q.head])
		q.ring, q.head = bigger, 0
	}
	q.len++
	*q.at(q.len - 1) = w
}
