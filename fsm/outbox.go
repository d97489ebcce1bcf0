package fsm

import (
	"math/bits"
	"time"
)

// outbox is the memory of what the user has sent and the peer has not acknowledged, and what the
// window and the congestion window let go of it.
type outbox struct {
	buffer int32  // sk_sndbuf: memory, or octets under BuffersOctets
	used   int32  // of sk_wmem_queued, what has been sent
	pushed uint32 // pushed_seq
	queue  []portion
	bursts []span // sk_buffs that went out as more than one segment, not acknowledged

	fixed   bool // SO_SNDBUF was set: the buffer does not grow
	full    bool // SOCK_NOSPACE: a send waits until a third is free
	limited bool // is_cwnd_limited
	inLoss  bool // what was sent before lossEnd, from lostFrom on, is taken for lost

	// Zero-window probes (tcp_probe_timer) and keepalives count together (icsk_probes_out).
	probes   int
	backoff  int
	probesAt time.Duration // icsk_probes_tstamp: of the first that was not answered; 0: none
	heardACK time.Duration // rcv_tstamp
	sentData time.Duration // lsndtime

	// Reno (RFC 5681).
	ssthresh int           // 0: no loss yet
	acked    int           // snd_cwnd_cnt
	mostOut  int           // max_packets_out
	mostUsed int           // snd_cwnd_used
	usedAt   time.Duration // snd_cwnd_stamp: when the congestion window was last full
	usageEnd uint32
	lossEnd  uint32
	lostFrom uint32
}

// portion is an sk_buff that was not sent. It is cut into segments when it goes out, and not
// before.
type portion struct {
	n    uint32 // octets
	push bool   // its last segment takes PSH
}

// span is a piece of sequence space.
type span struct{ from, to uint32 }

// txBase is the truesize of an sk_buff without data (tcp_stream_alloc_skb).
const txBase = skbHead + 576

// queued is sk_wmem_queued; under BuffersOctets, the octets.
func (c *Conn) queued() int32 {
	if c.profile().Buffers == BuffersOctets {
		return int32(c.unsent + c.sndNxt - c.sndUna)
	}
	return c.out.used + int32(c.unsent) + int32(len(c.out.queue))*txBase
}

// openOutbox sizes the buffer of a new socket.
func (c *Conn) openOutbox() {
	o := &c.out
	o.fixed = c.SndBuf > 0
	sys := &c.host.sys
	switch {
	case c.profile().Buffers == BuffersOctets && o.fixed:
		o.buffer = int32(c.SndBuf)
	case c.profile().Buffers == BuffersOctets:
		o.buffer = octetBuffer
	case o.fixed:
		o.buffer = int32(max(2*min(c.SndBuf, sys.WMemMax), 2*minBuffer)) // SOCK_MIN_SNDBUF
	default:
		o.buffer = max(o.buffer, int32(sys.WMem[1]))
	}
}

// octetBuffer is what send takes before it waits where a buffer holds octets.
const octetBuffer = 2_500_000

// growOutbox is tcp_sndbuf_expand: twice the congestion window in segments that fill their memory
// badly.
func (c *Conn) growOutbox() {
	o := &c.out
	if o.fixed || c.profile().Buffers != BuffersLinux {
		return
	}
	const header = 256 // MAX_TCP_HEADER
	mss := c.maxSegment()
	each := int32(1)<<bits.Len32(mss+header+skbShared-1) + skbHead
	if most := min(2*int32(max(10, c.cwnd))*each, int32(c.host.sys.WMem[2])); o.buffer < most {
		o.buffer = most
	}
}

// put takes of n octets what fits into the buffer (tcp_sendmsg_locked). A buffer that is begun is
// filled, whatever the limit says.
func (c *Conn) put(n uint32) (took uint32) {
	o := &c.out
	if c.profile().Buffers == BuffersOctets {
		took = min(n, uint32(max(o.buffer-c.queued(), 0)))
		c.unsent += took
		return took
	}
	goal := c.sizeGoal()
	used := c.queued()
	for took < n {
		last := len(o.queue) - 1
		if last < 0 || o.queue[last].n >= goal {
			if used >= o.buffer {
				o.full = true
				break
			}
			if end := c.sndNxt + c.unsent; took > 0 && after(end, o.pushed+c.maxWnd/2) {
				o.queue[last].push, o.pushed = true, end // forced_push
			}
			o.queue = append(o.queue, portion{})
			used += txBase
			last++
		}
		p := &o.queue[last]
		part := min(n-took, goal-p.n)
		p.n += part
		p.push = false
		c.unsent += part
		took += part
		used += int32(part)
		if last == 0 && p.n >= goal && took < n && c.mayPush() {
			return took // tcp_push_one: what is full and first goes out, and what is left of it is filled again
		}
	}
	if last := len(o.queue) - 1; took > 0 && last >= 0 {
		o.queue[last].push, o.pushed = true, c.sndNxt+c.unsent
	}
	return took
}

// gsoMost is sk_gso_max_size: what is handed down in one sk_buff, to be cut below TCP.
const gsoMost = 65536 - 256 - 1

// sizeGoal is tcp_xmit_size_goal: whole segments, and no more than half of the largest window there
// was.
func (c *Conn) sizeGoal() uint32 {
	mss := c.mss()
	most := uint32(gsoMost)
	if c.maxWnd > firstRcvMSS {
		most = min(most, c.maxWnd/2)
	}
	return max(most/mss*mss, mss)
}

// burst is tcp_tso_autosize: how many segments go out as one sk_buff at the rate of now.
func (c *Conn) burst() uint32 {
	if c.srtt == 0 {
		return gsoMost / c.mss()
	}
	rtt := uint64(max(c.srtt/time.Microsecond, 1))
	percent := uint64(200)
	if o := &c.out; o.ssthresh > 0 && c.cwnd >= o.ssthresh/2 {
		percent = 120
	}
	mss := uint64(c.mss())
	octets := mss * percent / 100 * 1_000_000 * uint64(max(c.cwnd, len(c.sent))) / rtt >> 10
	if r := rtt >> 9; r < 32 {
		octets += gsoMost >> r
	}
	return uint32(max(min(octets, gsoMost)/mss, 2))
}

// writable reports whether a send that found no room may try again: a third of the buffer is free
// (sk_stream_write_space). Until then the buffer may have grown (tcp_new_space).
func (c *Conn) writable() bool {
	o := &c.out
	if c.profile().Buffers == BuffersOctets {
		return c.queued() < o.buffer
	}
	if !o.full {
		return true
	}
	used := c.queued()
	if o.buffer-used < used/2 {
		return false
	}
	o.full = false
	return true
}

// newSpace is tcp_check_space after an ACK: a sender that waits gets a larger buffer, as long as
// the congestion window is not what holds it up.
func (c *Conn) newSpace() {
	if c.out.full && len(c.sent) < c.cwnd {
		c.growOutbox()
	}
}

// cut is how much to send next, as one sk_buff; last says that nothing is behind it. ok is false if
// window or Nagle do not let it go (tcp_write_xmit).
func (c *Conn) cut(quota int) (n uint32, last, ok bool) {
	room := int32(c.sndUna + c.sndWnd - c.sndNxt)
	if c.profile().Buffers == BuffersOctets {
		return c.cutOctets(room)
	}
	n = c.out.queue[0].n
	last = n == c.unsent
	mss := c.mss()
	if n <= mss {
		end := n
		if last && c.finQueued {
			end++
		}
		return n, last, int32(end) <= room && (n == mss || !last || !c.waitsForACK())
	}
	if room < int32(mss) {
		return n, last, false
	}
	most := mss * min(c.burst(), uint32(quota))
	if most <= uint32(room) && !last {
		return min(n, most), false, true
	}
	need := min(n, uint32(room))
	switch part := need % mss; {
	case most <= need:
		n = most
	case part > 0 && c.waitsForACK():
		n = need - part
	default:
		n = need
	}
	return n, last && n == c.unsent, n > 0
}

// cutOctets is the sender's silly-window avoidance of RFC 9293 §3.8.6.2.1: a full segment, or all
// that there is, or half of the largest window there ever was.
func (c *Conn) cutOctets(room int32) (n uint32, last, ok bool) {
	if room <= 0 {
		return 0, false, false
	}
	n = min(c.unsent, c.mss(), uint32(room))
	last = n == c.unsent
	switch {
	case n == c.mss():
		return n, last, true
	case last:
		return n, last, !c.waitsForACK()
	}
	return n, last, len(c.sent) == 0 && n >= max(c.maxWnd/2, 1)
}

// output sends what may be sent: data as far as the windows reach, and the FIN after all data.
func (c *Conn) output() {
	if c.state == Closed || c.state == Listen || c.state == SynSent || c.state == SynReceived || c.mini {
		return
	}
	sent := false
	for c.unsent > 0 && c.mayPush() {
		n, last, ok := c.cut(c.cwnd - len(c.sent))
		if !ok {
			break
		}
		c.sendPart(n, last)
		sent = true
	}
	if c.finQueued && !c.finSent && c.unsent == 0 && c.mayPush() && int32(c.sndUna+c.sndWnd-c.sndNxt) > 0 {
		c.finSent = true
		if c.profile().Buffers == BuffersLinux {
			c.out.used += txBase
		}
		c.push(Segment{Seq: c.sndNxt, Flags: FIN | ACK})
		sent = true
	}
	if limited := !c.mayPush(); sent || limited {
		c.validateCwnd(limited)
	}
	if len(c.sent) == 0 && c.hasUnsent() && c.due[timerPersist] == never {
		c.setTimer(timerPersist, c.persistBase()) // tcp_check_probe_timer
	}
}

func (c *Conn) mayPush() bool { return len(c.sent) < c.cwnd }

// hasUnsent reports whether something waits that no segment has carried yet.
func (c *Conn) hasUnsent() bool { return c.unsent > 0 || c.finQueued && !c.finSent }

// sendPart sends the next n octets, in segments; last says that nothing is behind them, so that
// they take the FIN if there is one and the window has room for it.
func (c *Conn) sendPart(n uint32, last bool) {
	mss, push := c.mss(), last
	if c.profile().Buffers == BuffersLinux {
		push = c.unqueue(n) || n > mss
	}
	c.ack.sentData(c)
	if n > mss && c.profile().Buffers == BuffersLinux {
		c.out.bursts = append(c.out.bursts, span{c.sndNxt, c.sndNxt + n})
	}
	for n > 0 {
		s := Segment{Seq: c.sndNxt, Flags: ACK, Len: min(n, mss)}
		n -= s.Len
		c.unsent -= s.Len
		if s.Len < mss {
			c.lastSmall = s.End()
		}
		if n == 0 && push {
			s.Flags |= PSH
		}
		if n == 0 && last && c.finQueued && !c.finSent &&
			(c.profile().Buffers == BuffersOctets || before(s.End(), c.sndUna+c.sndWnd)) {
			s.Flags |= FIN
			c.finSent = true
		}
		c.push(s)
	}
}

// freed is the memory that the acknowledgment of a segment gives back. An sk_buff's own goes with
// its last segment.
func (c *Conn) freed(s Segment) int32 {
	if s.Flags.Has(SYN) {
		return 0
	}
	n := int32(s.Len)
	if c.profile().Buffers == BuffersOctets {
		return n
	}
	if b := c.out.bursts; len(b) > 0 && !before(s.Seq, b[0].from) {
		if before(s.End(), b[0].to) {
			return n
		}
		if c.out.bursts = b[1:]; len(b) == 1 {
			c.out.bursts = nil
		}
	}
	return n + txBase
}

// unqueue takes n octets from the first sk_buff that was not sent, and reports whether they are all
// of it and pushed.
func (c *Conn) unqueue(n uint32) bool {
	o := &c.out
	if p := &o.queue[0]; n < p.n {
		p.n -= n
		o.used += txBase // the piece is an sk_buff of its own
		return false
	}
	push := o.queue[0].push
	o.used += txBase
	o.queue = o.queue[1:]
	if len(o.queue) == 0 {
		o.queue = nil
	}
	return push
}

// waitsForACK is Nagle's algorithm as Minshall amended it (RFC 9293 §3.7.4): a small segment waits
// while another small one is not acknowledged, unless nothing will follow it.
func (c *Conn) waitsForACK() bool {
	return !c.NoDelay && !c.finQueued && len(c.sent) > 0 && after(c.lastSmall, c.sndUna)
}

// setSndBuf is SO_SNDBUF, on a live connection too: from now on the buffer does not grow.
func (c *Conn) setSndBuf(n int) {
	c.SndBuf = max(n, 1)
	if c.state != Closed && c.state != Listen && !c.mini {
		c.openOutbox()
	}
}
