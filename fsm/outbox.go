package fsm

import (
	"math/bits"
	"slices"
	"time"
)

// outbox is the memory of what the user has sent and the peer has not acknowledged, and what the
// window and the congestion window let go of it.
type outbox struct {
	buffer int32    // sk_sndbuf: memory, or octets under BuffersOctets
	used   int32    // of sk_wmem_queued, what has been sent
	fixed  bool     // SO_SNDBUF was set: the buffer does not grow
	full   bool     // SOCK_NOSPACE: a send waits until a third is free
	head   uint32   // octets of the first sk_buff that was not sent; what follows is cut at the MSS
	pushed uint32   // pushed_seq
	marks  []uint32 // where a PSH is, before the last octet

	// Zero-window probes (tcp_probe_timer) and keepalives count together (icsk_probes_out).
	probes   int
	backoff  int
	probesAt time.Duration // icsk_probes_tstamp: of the first that was not answered; 0: none
	heardACK time.Duration // rcv_tstamp
	sentData time.Duration // lsndtime

	// Reno (RFC 5681).
	ssthresh int // 0: no loss yet
	acked    int // snd_cwnd_cnt
	limited  bool
	mostOut  int // max_packets_out
	usageEnd uint32
	lossEnd  uint32 // what was sent before it, from lostFrom on, is taken for lost
	lostFrom uint32
	inLoss   bool
}

// txBase is the truesize of an sk_buff without data (tcp_stream_alloc_skb).
const txBase = skbHead + 576

// waiting is how many sk_buffs hold what was not sent.
func (c *Conn) unsentBuffers() int32 {
	if c.unsent == 0 {
		return 0
	}
	rest, mss := c.unsent-c.out.head, c.mss()
	return 1 + int32((rest+mss-1)/mss)
}

// queued is sk_wmem_queued; under BuffersOctets, the octets.
func (c *Conn) queued() int32 {
	if c.profile().Buffers == BuffersOctets {
		return int32(c.unsent + c.sndNxt - c.sndUna)
	}
	return c.out.used + int32(c.unsent) + c.unsentBuffers()*txBase
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

// growOutbox is tcp_sndbuf_expand: twice the congestion window in segments that fill their memory badly.
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

// put takes of n octets what fits into the buffer (tcp_sendmsg_locked).
func (c *Conn) put(n uint32) (took uint32) {
	o, goal := &c.out, c.mss()
	if c.profile().Buffers == BuffersOctets {
		took = min(n, uint32(max(o.buffer-c.queued(), 0)))
		if o.head == 0 {
			o.head = min(goal, took)
		}
		c.unsent += took
		return took
	}
	used := c.queued()
	for took < n {
		room := c.tailRoom()
		if room == 0 {
			if used >= o.buffer {
				o.full = true
				break
			}
			if took > 0 {
				c.pushPart(took)
			} else if c.unsent > 0 {
				o.marks = append(o.marks, c.sndNxt+c.unsent) // the call before ended here
			}
			used += txBase
			room = goal
		}
		part := min(n-took, room)
		if c.unsent == o.head { // the first, or the only one
			o.head += part
		}
		c.unsent += part
		took += part
		used += int32(part)
	}
	if took > 0 {
		o.pushed = c.sndNxt + c.unsent
	}
	return took
}

// pushPart marks a full sk_buff within a send with PSH when half a window has gone without one (forced_push).
func (c *Conn) pushPart(took uint32) {
	end := c.sndNxt + c.unsent
	if after(end, c.out.pushed+c.maxWnd/2) {
		c.out.marks = append(c.out.marks, end)
		c.out.pushed = end
	}
}

// tailRoom is how many octets the last sk_buff that was not sent can still take.
func (c *Conn) tailRoom() uint32 {
	mss := c.mss()
	if c.unsent == 0 {
		return 0
	}
	if rest := c.unsent - c.out.head; rest == 0 {
		return mss - min(c.out.head, mss)
	} else if over := rest % mss; over > 0 {
		return mss - over
	}
	return 0
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

// newSpace is tcp_check_space after an ACK: a sender that waits gets a larger buffer, as long as the
// congestion window is not what holds it up.
func (c *Conn) newSpace() {
	if c.out.full && len(c.sent) < c.cwnd {
		c.growOutbox()
	}
}

// cut is the next sk_buff to send, without its FIN; ok is false if neither window nor Nagle let it go.
func (c *Conn) cut() (n uint32, last, ok bool) {
	room := int32(c.sndUna + c.sndWnd - c.sndNxt)
	if c.profile().Buffers == BuffersOctets {
		return c.cutOctets(room)
	}
	n = min(c.out.head, c.mss())
	last = n == c.unsent
	end := n
	if last && c.finQueued {
		end++
	}
	if int32(end) > room {
		return n, last, false
	}
	return n, last, n == c.mss() || !last || !c.waitsForACK()
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
		n, last, ok := c.cut()
		if !ok {
			break
		}
		c.sendPart(n, last)
		sent = true
	}
	if c.finQueued && !c.finSent && c.unsent == 0 && c.mayPush() && int32(c.sndUna+c.sndWnd-c.sndNxt) > 0 {
		c.finSent = true
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

// sendPart sends the next n octets; last says that nothing is behind them, so that they take PSH, and
// the FIN if there is one.
func (c *Conn) sendPart(n uint32, last bool) {
	o := &c.out
	if n < c.mss() {
		c.lastSmall = c.sndNxt + n
	}
	c.unsent -= n
	if o.head -= min(n, o.head); o.head == 0 {
		o.head = min(c.unsent, c.mss())
	}
	s := Segment{Seq: c.sndNxt, Flags: ACK, Len: n}
	if len(o.marks) > 0 && !after(o.marks[0], c.sndNxt+n) {
		s.Flags |= PSH
		o.marks = slices.Delete(o.marks, 0, 1)
	}
	if last {
		s.Flags |= PSH
		if c.finQueued && !c.finSent {
			s.Flags |= FIN
			c.finSent = true
		}
	}
	c.ack.sentData(c)
	c.push(s)
}

// waitsForACK is Nagle's algorithm as Minshall amended it (RFC 9293 §3.7.4): a small segment waits
// while another small one is not acknowledged, unless nothing will follow it.
func (c *Conn) waitsForACK() bool {
	return !c.NoDelay && !c.finQueued && len(c.sent) > 0 && after(c.lastSmall, c.sndUna)
}

// validateCwnd notes how much of the congestion window is used (tcp_cwnd_validate): one that is not
// used does not grow.
func (c *Conn) validateCwnd(limited bool) {
	o := &c.out
	if !before(c.sndUna, o.usageEnd) || limited || !o.limited && len(c.sent) > o.mostOut {
		o.limited, o.mostOut, o.usageEnd = limited, len(c.sent), c.sndNxt
	}
}

// grow is Reno's answer to n acknowledged segments (tcp_reno_cong_avoid): one more for each in slow
// start, then one a window.
func (c *Conn) grow(n int) {
	o := &c.out
	slow := o.ssthresh == 0 || c.cwnd < o.ssthresh
	if !o.limited && !(slow && c.cwnd < 2*o.mostOut) {
		return
	}
	if slow {
		to := c.cwnd + n
		if o.ssthresh > 0 {
			to = min(to, o.ssthresh)
		}
		n -= to - c.cwnd
		c.cwnd = to
	}
	if n > 0 {
		if o.acked += n; o.acked >= c.cwnd {
			o.acked -= c.cwnd
			c.cwnd++
		}
	}
}

// restart shrinks a congestion window that has not been used for a while (tcp_slow_start_after_idle_check).
func (c *Conn) restart() {
	idle := c.net().Now() - c.out.sentData
	if c.profile().Buffers != BuffersLinux || len(c.sent) > 0 || c.out.sentData == 0 || idle <= c.rto {
		return
	}
	if o := &c.out; o.ssthresh > 0 {
		o.ssthresh = max(o.ssthresh, c.cwnd*3/4)
	}
	least := min(10, c.cwnd)
	for idle -= c.rto; idle > 0 && c.cwnd > least; idle -= c.rto {
		c.cwnd /= 2
	}
	c.cwnd = max(c.cwnd, least)
}
