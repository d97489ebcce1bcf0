package fsm

import (
	"fmt"
	"net/netip"
	"time"

	"fourwave/internal/text"
)

// The queue at the door: request sockets of a listener, complete ones that nobody has accepted,
// and what becomes of those for whom there is no room.

// arriveAtListener gives a segment to a listener: a SYN begins a request socket, or is answered
// with a cookie. isn is the number to begin with, 0 to choose one.
func (h *Host) arriveAtListener(l *Conn, s Segment, isn uint32) {
	e := judgeListen(s)
	if e != RcvSYN {
		if s.Flags&(ACK|RST) != ACK || !h.takeCookie(l, s) {
			l.take(e, &s)
		}
		return
	}
	cookie, refused := h.admitSYN(l, isn)
	if refused == nil && !h.allocate() {
		refused = explain("lwip-pool-empty") // "rely on the sender will retransmit the SYN"
	}
	if refused != nil {
		h.ignore(l, s, refused)
		return
	}
	c := h.newRequest(l, s)
	if cookie {
		l.cookieAt = max(h.net.Now(), 1)
		h.sendCookie(l, c, s)
		return
	}
	if isn == 0 {
		isn = h.net.isn(c)
	}
	c.begin(isn)
	l.requests++
	h.hash(c)
	c.take(RcvSYN, &s)
	h.changed = true
}

// newRequest makes the request socket that a SYN asks for.
func (h *Host) newRequest(l *Conn, s Segment) *Conn {
	f := h.arriving
	c := h.newConn(l.family)
	c.Options, c.name = l.Options, ""
	c.state, c.passive, c.request, c.listener = Listen, true, true, l
	c.local, c.remote = sameFamily(l.family, f.Dst), sameFamily(l.family, f.Src)
	c.ts = h.sys.Timestamps
	c.in.scaled = h.sys.WindowScaling
	c.learn(s)
	c.openWindow(c.ts)
	return c
}

// admitSYN is the first half of tcp_conn_request: whether a SYN finds room, and whether it is
// answered with a cookie since nothing about it can be remembered. The SYN that reopens a TIME-WAIT
// passes the request queue.
func (h *Host) admitSYN(l *Conn, isn uint32) (cookie bool, refused *Why) {
	sys := &h.sys
	cookies := sys.SynCookies
	if !h.net.profile.Cookies {
		cookies = 0
	}
	if full := l.requests > l.backlog; isn == 0 && (full || cookies == 2) {
		if cookies == 0 {
			return false, queueFull("queue-requests-full", l.requests, l.backlog+1)
		}
		cookie = true
	}
	if len(l.accepted) > l.backlog {
		return false, queueFull("queue-accept-full", len(l.accepted), l.backlog+1)
	}
	if !cookie && isn == 0 && cookies == 0 && h.net.profile.Cookies &&
		sys.MaxSynBacklog-l.requests < sys.MaxSynBacklog>>2 {
		return false, queueFull("queue-last-quarter", l.requests, sys.MaxSynBacklog)
	}
	return cookie, nil
}

// queueFull explains why there was no room, in numbers.
func queueFull(rule string, have, most int) *Why {
	w := explain(rule)
	w.Text = text.Text{En: fmt.Sprintf(w.Text.En, have, most), Zh: fmt.Sprintf(w.Text.Zh, have, most)}
	return w
}

// ignore drops a segment and remembers at the connection that sent it why: its own end never hears,
// but whoever looks at both ends should.
func (h *Host) ignore(c *Conn, s Segment, why *Why) {
	row := h.net.machine.row(c.state, RcvDropped)
	h.net.write(Entry{
		At: h.net.Now(), Host: h.name, End: c.end, Socket: c.name, From: c.state, Event: string(RcvDropped),
		To:   c.state,
		Note: why.Text.En, Section: row.Section, Of: h.arrivingID(),
	})
	h.net.record(h)
	h.tellSender(why)
}

// tellSender notes at the connection that sent the segment that is arriving what became of it.
func (h *Host) tellSender(why *Why) {
	if f := h.arriving; f != nil && f.from != nil {
		if c := f.from.find(f.Src, f.Dst, f.device); c != nil {
			c.heard = why
		}
	}
}

// becomesChild reports whether an event makes a request socket a connection.
func (c *Conn) becomesChild(e Event) bool {
	row := c.net().machine.row(c.state, e)
	return row != nil && row.Do&TakeACK != 0
}

// roomFor reports whether the listener of a request socket can queue one more
// (sk_acceptq_is_full).
func (h *Host) roomFor(c *Conn) bool {
	return c.listener != nil && c.listener.state == Listen && len(c.listener.accepted) <= c.listener.backlog
}

// turnedAway is the second half of tcp_check_req: the segment that would make a request socket a
// connection is dropped while TCP_DEFER_ACCEPT waits for data, or when the accept queue is full;
// then the peer believes that it is connected, unless tcp_abort_on_overflow tells it better. It
// reports whether that was the end of the segment.
func (c *Conn) turnedAway(s Segment) bool {
	h, l := c.host, c.listener
	switch {
	case l.DeferAccept > 0 && c.retries < retransUntil(l.DeferAccept) && s.SegLen() == 0:
		c.acked = true
		h.ignore(c, s, explain("queue-deferred"))
	case h.roomFor(c):
		return false
	case h.sys.AbortOnOverflow && h.net.machine.row(SynReceived, RcvOverflowAbort) != nil: // Linux alone
		h.tellSender(queueFull("queue-overflow-abort", len(l.accepted), l.backlog+1))
		c.take(RcvOverflowAbort, &s)
	default:
		c.acked = true
		h.ignore(c, s, queueFull("queue-overflow", len(l.accepted), l.backlog+1))
	}
	return true
}

// retransUntil is how many timeouts of a SYN,ACK pass in a time (secs_to_retrans).
func retransUntil(d time.Duration) int {
	n, timeout := 1, time.Second
	for period := timeout; d > period && n < 255; n++ {
		timeout = min(2*timeout, 120*time.Second)
		period += timeout
	}
	return n
}

// requestTimeout is reqsk_timer_handler: the SYN,ACK is sent again, or the request socket is given
// up. When many wait, those that have waited longest get fewer chances.
func (c *Conn) requestTimeout() {
	l, most := c.listener, c.host.sys.SynACKRetries
	if l.requests*2 > max(8, l.backlog) {
		for young := 2 * c.host.young(l); most > 2 && l.requests >= young; young *= 2 {
			most--
		}
	}
	expire, again := c.retries >= most, true
	if l.DeferAccept > 0 {
		until := retransUntil(l.DeferAccept)
		expire = expire && (!c.acked || c.retries >= until)
		again = !c.acked || c.retries >= until-1
	}
	if expire {
		c.delete()
		return
	}
	c.retries++
	if again {
		c.take(TimeoutRetransmit, nil)
	}
	c.armRetransmit()
}

// young counts the request sockets of a listener that have not timed out once.
func (h *Host) young(l *Conn) int {
	n := 0
	for _, c := range h.conns {
		if c.request && c.listener == l && c.retries == 0 {
			n++
		}
	}
	return n
}

// promote makes a request socket a socket of its own: it takes its place in the bind table with
// the options that the listener has now, and waits to be accepted.
func (h *Host) promote(c *Conn) {
	c.request = false
	l := c.listener
	l.requests--
	h.enqueue(c)
}

func (h *Host) enqueue(c *Conn) {
	l := c.listener
	uid, device := c.UID, c.Device // of when the SYN came
	c.Options = l.Options
	c.UID, c.Device = uid, device
	c.noReader, c.noWriter = l.noReader, l.noWriter // what shutdown() said before listen() (sk_clone_lock)
	h.claimPort(c)
	l.accepted = append(l.accepted, c)
	l.touch()
	h.changed = true
}

// A SYN cookie is an initial sequence number from which the host can tell, when it comes back, that
// it has answered such a SYN in the last two minutes, and what MSS the SYN offered (syncookies.c).
// Nothing else is kept: what the other options said is in the timestamp, if there is one.

// cookieMSS is what a cookie can say of an MSS (msstab), of IPv4 and of IPv6.
var cookieMSS = [2][4]uint32{{536, 1300, 1440, 1460}, {1220, 1420, 1440, 8940}}

// cookieValid is TCP_SYNCOOKIE_VALID: for so long a cookie may come back after the last was given.
const cookieValid = 2 * time.Minute

func (c *Conn) cookieTable() *[4]uint32 {
	if c.remote.Addr().Unmap().Is4() {
		return &cookieMSS[0]
	}
	return &cookieMSS[1]
}

// cookie is secure_tcp_syn_cookie: count is the minute, data the index of the MSS.
func (n *Net) cookie(local, remote netip.AddrPort, peer, count, data uint32) uint32 {
	return n.cookieBase(local, remote, peer, count) + (n.cookieHash(local, remote, count)+data)&0xffffff
}

func (n *Net) cookieBase(local, remote netip.AddrPort, peer, count uint32) uint32 {
	return tupleHash(n.seed, saltCookie, local, remote) + peer + count<<24
}

func (n *Net) cookieHash(local, remote netip.AddrPort, count uint32) uint32 {
	return tupleHash(n.seed+uint64(count), saltCookieCount, local, remote)
}

func (n *Net) cookieCount() uint32 { return uint32(n.clock.now / time.Minute) }

// sendCookie answers a SYN and forgets it. c is the child that it would have made.
func (h *Host) sendCookie(l, c *Conn, s Segment) {
	data := uint32(0)
	for i, mss := range c.cookieTable() {
		if uint32(s.MSS) >= mss {
			data = uint32(i)
		}
	}
	c.begin(h.net.cookie(c.local, c.remote, s.Seq, h.net.cookieCount(), data))
	row := h.net.machine.row(Listen, RcvSYNCookie)
	h.net.write(Entry{
		At: h.net.Now(), Host: h.name, End: l.end, Socket: l.name, From: Listen, Event: string(RcvSYNCookie),
		To:      Listen,
		Section: row.Section, Of: h.arrivingID(),
	})
	c.emit(Segment{Seq: c.iss, Flags: SYN | ACK, Wnd: min(c.rcvWnd, 65535)})
	h.net.record(h)
}

// takeCookie is cookie_v4_check: an ACK that brings a cookie back makes a connection at once. It
// reports false if the segment brings none; then it is an ACK that meets a listener.
func (h *Host) takeCookie(l *Conn, s Segment) bool {
	if h.sys.SynCookies == 0 || !h.net.profile.Cookies || l.cookieAt == 0 || h.net.Now()-l.cookieAt > cookieValid {
		return false
	}
	c := h.newRequest(l, Segment{
		Seq: s.Seq - 1, Wnd: s.Wnd, HasTS: s.HasTS, TSVal: s.TSVal, SACKOK: s.HasTS, Scale: btou(s.HasTS),
	})
	n, count := h.net, h.net.cookieCount()
	given := s.Ack - 1 - n.cookieBase(c.local, c.remote, s.Seq-1, 0)
	age := (count - given>>24) & 0xff
	if age >= 2 {
		return false
	}
	data := (given - n.cookieHash(c.local, c.remote, count-age)) & 0xffffff
	if int(data) >= len(c.cookieTable()) {
		return false
	}
	if !h.roomFor(c) {
		h.ignore(l, s, queueFull("queue-overflow", len(l.accepted), l.backlog+1))
		return true
	}
	c.begin(s.Ack - 1)
	c.sndNxt++
	c.mssMost = c.cookieTable()[data]
	c.request, c.state = false, SynReceived
	c.sent = []Segment{{Seq: c.iss, Flags: SYN | ACK, Wnd: min(c.rcvWnd, 65535)}}
	h.hash(c)
	h.enqueue(c)
	c.arrive(s)
	h.tellSender(explain("cookie-given-back"))
	return true
}

func btou(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
