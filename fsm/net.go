package fsm

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// Net is a laboratory: two hosts, the wire between them, and one clock.
type Net struct {
	profile *Profile
	machine *machine
	clock   Clock
	hosts   []*Host
	wire    *Wire
	seed    uint64
	conns   int
	ends    int      // that were numbered
	devices bool     // a connection is or was bound to a device
	entries []*Entry // being written: an event may lead to another
	writing int      // how many of them
	// Blocks for what is sent, not used yet.
	segments []Segment
	ids      []int
	rows     []RowChange // being told
	watch    Watcher
	fixed    map[string]uint32
	waiting  []*Pending // calls that have not come back
	owed     int        // delayed-ACK timers that run
	// rested and restedOrder are the time, and the alarms set so far, when the wire last fell
	// quiet.
	rested      time.Duration
	restedOrder uint64
	quiet       bool
}

// Watcher hears what happens, in order. Any of its functions may be nil.
type Watcher struct {
	Entry  func(Entry)
	Flight func(Flight)
	// Table hears what has changed in a host's socket table. The slice is valid during the call.
	Table func(h *Host, at time.Duration, changes []RowChange)
}

// Config says what laboratory to make.
type Config struct {
	Profile *Profile // nil: Linux
	Seed    uint64   // of ISNs and ephemeral ports
	Watch   Watcher
	// fixed initial sequence numbers by host, for figures; sequence numbers are then shown as they
	// are
	ISN map[string]uint32
}

// Settle is how long a quiet wire waits for an ACK that some end owes.
const Settle = 10 * time.Millisecond

// busyLimit bounds the segments that one wait for a quiet wire may see.
const busyLimit = 200_000

// NewNet makes the laboratory of the script language: server 10.0.0.1 and fd00::1, client 10.0.0.2
// and fd00::2.
func NewNet(cfg Config) *Net {
	if cfg.Profile == nil {
		cfg.Profile = Linux
	}
	n := &Net{profile: cfg.Profile, machine: cfg.Profile.machine(), seed: cfg.Seed, watch: cfg.Watch, fixed: cfg.ISN}
	for i, name := range []string{"server", "client"} {
		n.hosts = append(n.hosts, &Host{
			net: n, name: name, sys: defaultSysctls(cfg.Profile),
			addrs: []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}),
				netip.MustParseAddr(fmt.Sprintf("fd00::%d", i+1))},
			ports: map[uint16]*bucket{}, conns: map[fourTuple]*Conn{}, past: map[fourTuple]*Conn{},
			named: map[string]*Conn{},
		})
	}
	n.wire = &Wire{net: n, latency: time.Millisecond}
	return n
}

// AddHost makes a third host, or a further one, with addresses of IPv4 and perhaps of IPv6 on the
// lab's network. Every pair of hosts has a wire. The name must be new.
func (n *Net) AddHost(name string, addrs []netip.Addr) *Host {
	if n.Host(name) != nil {
		panic("BUG: a second host " + name)
	}
	h := &Host{
		net: n, name: name, sys: defaultSysctls(n.profile), addrs: slices.Clone(addrs),
		ports: map[uint16]*bucket{}, conns: map[fourTuple]*Conn{}, past: map[fourTuple]*Conn{},
		named: map[string]*Conn{},
	}
	n.hosts = append(n.hosts, h)
	return h
}

// Now is virtual time since the laboratory was made.
func (n *Net) Now() time.Duration { return n.clock.now }

// Profile is the system whose rules hold.
func (n *Net) Profile() *Profile { return n.profile }

// Host finds a host by name; nil if it is neither.
func (n *Net) Host(name string) *Host {
	for _, h := range n.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// Wire is what lies between the hosts.
func (n *Net) Wire() *Wire { return n.wire }

// Advance lets d pass: every timer and every arrival that is due in it happens in order.
func (n *Net) Advance(d time.Duration) error {
	end := n.clock.now + d
	for left := waitLimit; ; left-- {
		a, ok := n.clock.first()
		if !ok || a.at > end {
			break
		}
		if left == 0 {
			return fmt.Errorf("wire: more than %d segments and timers in one wait, after %s of %s", waitLimit,
				n.clock.now-(end-d), d)
		}
		n.ring()
	}
	n.clock.now = end
	n.poll()
	n.flush()
	return nil
}

// waitLimit bounds what happens in one wait: two ends at odds may acknowledge each other for ever.
const waitLimit = 1_000_000

// Loopback delivers what the hosts have just sent to themselves, and what that leads to. A kernel
// does so within the call that sends it, so the calls of one instant never cross on a loopback.
func (n *Net) Loopback() {
	delivered := false
	for range busyLimit {
		a, ok := n.clock.first()
		if !ok || a.at > n.clock.now || a.flight == nil || a.flight.from != a.flight.to {
			break
		}
		delivered = true
		n.wire.land(n.clock.pop().flight)
	}
	if delivered { // the calls that wait see what came of it, and nothing on the way
		n.poll()
		n.flush()
	}
}

// ring makes the next alarm happen.
func (n *Net) ring() {
	a := n.clock.pop()
	n.clock.now = max(n.clock.now, a.at)
	if a.conn != nil {
		a.conn.fire(a.timer)
	} else {
		n.wire.land(a.flight)
	}
	n.poll()
	n.flush()
}

// Quiet lets time pass until nothing is under way that is not held or delayed on purpose. If some
// end then owes an ACK it waits for that too, up to Settle: Linux acknowledges a lone FIN from a
// timer of one tick, and what a close leads to should be seen. It is an error if the wire does not
// fall quiet. Asked again before anything has happened, it lets no more time pass.
func (n *Net) Quiet() error {
	if n.quiet && n.rested == n.clock.now && n.restedOrder == n.clock.next {
		return nil
	}
	err := n.settle()
	n.quiet, n.rested, n.restedOrder = err == nil, n.clock.now, n.clock.next
	return err
}

func (n *Net) settle() error {
	for left := busyLimit; left > 0; left-- {
		for ; n.wire.busy > 0 && left > 0; left-- { // two ends at odds may acknowledge each other for ever
			n.ringNext()
		}
		if !n.owesACK() {
			return nil
		}
		end := n.clock.now + Settle
		for n.wire.busy == 0 && n.owesACK() {
			a, ok := n.clock.first()
			if !ok || a.at > end {
				n.clock.now = end
				return nil
			}
			n.ring()
		}
	}
	return fmt.Errorf("wire: still busy after %d segments", busyLimit)
}

func (n *Net) ringNext() {
	if _, ok := n.clock.first(); !ok {
		panic("BUG: the wire is busy and nothing is due")
	}
	n.ring()
}

// owesACK reports whether some end has an ACK to send that it delays.
func (n *Net) owesACK() bool { return n.owed > 0 }

// write begins an entry: what is sent until record belongs to it. Entries are used again, and what
// they send is cut from blocks, since every event has one.
func (n *Net) write(e Entry) *Entry {
	if n.writing == len(n.entries) {
		n.entries = append(n.entries, new(Entry))
	}
	w := n.entries[n.writing]
	n.writing++
	*w = e
	return w
}

// sent notes a segment, and the ID of its flight, in the entry that is being written.
func (n *Net) sent(id int, s Segment) {
	if n.writing == 0 {
		return
	}
	e := n.entries[n.writing-1]
	e.Sent, n.segments = appendFrom(n.segments, e.Sent, s, id)
	e.Flights, n.ids = appendFrom(n.ids, e.Flights, id, id)
}

// appendFrom appends to a slice; if it is empty it is first cut, of length one, from a block. What
// is left of the block is returned too; a new one is the longer the more there has been.
func appendFrom[T any](block, to []T, v T, sofar int) (_, rest []T) {
	if len(to) > 0 {
		return append(to, v), block
	}
	if len(block) == 0 {
		block = make([]T, min(sofar, 32))
	}
	block[0] = v
	return block[:1:1], block[1:]
}

// record hands the entry of host h that is being written to the watcher.
func (n *Net) record(h *Host) {
	n.writing--
	e := n.entries[n.writing]
	if n.watch.Entry != nil {
		n.watch.Entry(*e)
	}
	if e.From != e.To {
		h.changed = true
	}
}

// flush tells the watcher of the tables that changed.
func (n *Net) flush() {
	for _, h := range n.hosts {
		if h.changed && n.watch.Table != nil {
			n.watch.Table(h, n.clock.now, h.changes())
		}
		h.changed = false
	}
}

// isn chooses an initial sequence number: RFC 6528's hash of the tuple and a secret, here the seed,
// plus a clock that ticks every 64 ns, as Linux's does. The clock keeps one incarnation of a tuple
// ahead of the last (§3.4.1: "ISN = M + F(localip, localport, remoteip, remoteport, secretkey)");
// the hash keeps who knows the numbers of one connection from knowing those of another.
func (n *Net) isn(c *Conn) uint32 {
	if v, ok := n.fixed[c.host.name]; ok {
		return v
	}
	return isn(n.seed, n.clock.now, c.local, c.remote)
}

func isn(seed uint64, now time.Duration, local, remote netip.AddrPort) uint32 {
	return tupleHash(seed, saltISN, local, remote) + uint32(now/64)
}

func (n *Net) tsOffset(c *Conn) uint32 { return n.tupleHash(c, saltTimestamp) }

func (n *Net) tupleHash(c *Conn, salt byte) uint32 { return tupleHash(n.seed, salt, c.local, c.remote) }

// The salts keep apart what is drawn from one tuple.
const (
	saltISN byte = 1 + iota
	saltTimestamp
	saltConnect
	saltBind
	saltCookie
	saltCookieCount
)

func tupleHash(seed uint64, salt byte, local, remote netip.AddrPort) uint32 {
	var room [128]byte
	b := append(strconv.AppendUint(room[:0], seed, 10), ' ')
	b = append(strconv.AppendUint(b, uint64(salt), 10), ' ')
	b = append(local.AppendTo(b), ' ')
	h := uint64(14695981039346656037) // FNV-1a
	for _, c := range remote.AppendTo(b) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return uint32(h >> 16)
}
