package fsm

import (
	"math/bits"
	"time"
)

// BufferRule says how a system counts the memory of its buffers, and so which window it offers.
type BufferRule int

// The buffer rules.
const (
	// BuffersOctets is RFC 9293 §3.8.6: a buffer holds so many octets, and the window is what is
	// free of it, raised in steps (§3.8.6.2.2).
	BuffersOctets BufferRule = iota
	// BuffersLinux counts memory: a segment costs its sk_buff and what surrounds it. The window
	// is a share of the free memory (tcp_win_from_space, __tcp_select_window).
	BuffersLinux
)

// fromSpace is tcp_win_from_space.
func (b *inbox) fromSpace(space int32) int32 { return int32(int64(space) * int64(b.ratio) >> 8) }

// toSpace is tcp_space_from_win.
func (b *inbox) toSpace(win uint64) uint64 { return win << 8 / uint64(b.ratio) }

// openWindow chooses the window that a SYN offers (tcp_select_initial_window). withTS says that the
// connection is known to use timestamps, which cost 12 octets a segment.
func (c *Conn) openWindow(withTS bool) {
	b, p := &c.in, c.profile()
	b.fixed = c.RcvBuf > 0
	if p.Buffers == BuffersOctets {
		if b.buffer = int32(receiveBuffer); b.fixed {
			b.buffer = int32(c.RcvBuf)
		}
		c.rcvWnd = uint32(b.buffer)
		return
	}
	sys := &c.host.sys
	if b.buffer = int32(sys.RMem[1]); b.fixed {
		b.buffer = int32(max(2*min(c.RcvBuf, sys.RMemMax), minBuffer))
	}
	b.ratio = 128 // TCP_DEFAULT_SCALING_RATIO
	mss := c.maxSegment()
	if withTS {
		mss -= 12
	}
	space, clamp := uint32(b.fromSpace(b.buffer)), uint32(65535)<<maxScale
	if b.fixed {
		clamp = space
	}
	if space > mss {
		space -= space % mss
	}
	c.rcvWnd, b.limit, b.scale = space, space, 0
	if b.scaled {
		most := min(max(space, uint32(sys.RMem[2]), uint32(sys.RMemMax)), clamp)
		b.scale = uint8(min(max(bits.Len32(most)-1-15, 0), maxScale))
	}
	b.clamp = min(65535<<b.scale, clamp)
}

// unscaled is what remains of a connection's window if the peer's SYN has no window scale.
func (c *Conn) unscaled() {
	b := &c.in
	if !b.scaled || c.profile().Buffers != BuffersLinux {
		return
	}
	b.scaled, b.scale, b.clamp = false, 0, min(b.clamp, 65535)
	b.limit = min(b.limit, b.clamp)
	c.rcvWnd = min(c.rcvWnd, 65535)
}

// settle is what comes with the connection's being established, before any of its data
// (tcp_init_transfer): buffers, windows, and the keepalive's clock.
func (c *Conn) settle() {
	c.openOutbox()
	c.growOutbox()
	c.out.pushed = c.sndUna
	c.settleWindow()
	c.out.usedAt = c.net().Now()
	c.ack.lastData = c.net().Now() // lrcvtime
	if !c.passive && c.state == SynReceived {
		c.ack.lastData = -time.Hour // a simultaneous open leaves it at nought, when the machine was started
	}
	c.startKeepalive()
}

// settleWindow is tcp_init_buffer_space.
func (c *Conn) settleWindow() {
	b := &c.in
	if c.profile().Buffers != BuffersLinux {
		return
	}
	mss := c.maxSegment()
	most := uint32(b.fromSpace(b.buffer))
	b.clamp = min(b.clamp, most)
	if b.clamp > 2*mss && b.clamp+mss > most {
		b.clamp = max(2*mss, most-mss) // a segment in reserve
	}
	b.limit = min(b.limit, b.clamp)
	b.space = min(b.limit, c.rcvWnd, 10*mss)
	b.spaceSeq, b.spaceAt = c.rcvNxt, c.net().Now()
	c.ack.mss = max(min(c.mss(), c.rcvWnd/2, firstRcvMSS), 88) // tcp_initialize_rcv_mss
}

// free is tcp_space: the memory that is left, as a window.
func (b *inbox) free() int32 { return b.fromSpace(b.buffer - b.used) }

// allowedWindow is __tcp_select_window: the window that the memory allows now.
func (c *Conn) allowedWindow() uint32 {
	b := &c.in
	allowed := b.fromSpace(b.buffer)
	free, whole, mss := b.free(), min(int32(b.clamp), allowed), int32(c.ack.size())
	if mss > whole {
		if mss = whole; mss <= 0 {
			return 0
		}
	}
	step := int32(1) << b.scale
	if free < whole/2 {
		c.ack.quick = 0
		if free &^= step - 1; free < allowed/16 || free < mss {
			return 0
		}
	}
	free = min(free, int32(b.limit))
	if b.scale > 0 {
		return uint32((free + step - 1) &^ (step - 1))
	}
	w := int32(c.rcvWnd)
	if w <= free-mss || w > free {
		w = free / mss * mss
	} else if mss == whole && free > w+whole/2 {
		w = free
	}
	return uint32(w)
}

// offer is the window to offer now. It never takes back what was offered (RFC 9293 §3.8.6.2.1).
func (c *Conn) offer() uint32 {
	current := c.rcvWindow()
	if c.profile().Buffers == BuffersOctets {
		free := uint32(max(c.in.buffer-c.in.used, 0))
		// §3.8.6.2.2: the right edge stays until it can be moved by a step worth having, min(half
		// the buffer, one MSS). Else a reader of single octets is offered windows of single octets,
		// and the peer fills each: the silly window syndrome.
		if step := min(uint32(c.in.buffer)/2, c.maxSegment()); free < current+step {
			return current
		}
		return free
	}
	if c.in.full {
		c.in.full = false
		return 0
	}
	w := c.allowedWindow()
	if step := uint32(1) << c.in.scale; w < current {
		w = (current + step - 1) &^ (step - 1)
	}
	return min(w, 65535<<c.in.scale)
}

// measureSegment is the window's half of tcp_measure_rcv_mss: a segment of a size not seen before
// shows which share of the memory is data.
func (c *Conn) measureSegment(n uint32) {
	b := &c.in
	if c.profile().Buffers != BuffersLinux {
		return
	}
	old := b.ratio
	if b.ratio = min(int32(n)<<8/c.parcelOf(n).size, 255); b.ratio == 0 {
		b.ratio = 1
	}
	if b.ratio == old {
		return
	}
	clamp := max(uint32(b.fromSpace(b.buffer)), minBuffer/2) // tcp_set_window_clamp
	if clamp < b.clamp {
		b.limit = min(b.limit, clamp)
	} else if clamp > b.clamp {
		b.limit = max(min(c.rcvWnd, clamp), b.limit)
	}
	b.clamp = clamp
	b.space = min(b.space, clamp)
}

// growLimit is tcp_grow_window: segments that fill their memory well let the window grow.
func (c *Conn) growLimit(n uint32) {
	b := &c.in
	if n < 128 || c.profile().Buffers != BuffersLinux {
		return
	}
	room := min(int32(b.clamp), b.free()) - int32(b.limit)
	if room <= 0 {
		return
	}
	size := b.fromSpace(c.parcelOf(n).size)
	grow := int32(2 * c.maxSegment())
	if size > int32(n) { // __tcp_grow_window
		grow = 0
		size /= 2
		for w := b.fromSpace(int32(c.host.sys.RMem[2])) / 2; int32(b.limit) <= w; w, size = w/2, size/2 {
			if size <= int32(n) {
				grow = int32(2 * c.ack.size())
				break
			}
		}
	}
	if grow > 0 {
		b.limit += uint32(min(room, max(grow, int32(2*n))))
		c.ack.quick |= 1
	}
}

// measureReceiver is tcp_rcv_rtt_measure_ts and tcp_rcv_rtt_measure: the round trip as the receiver
// of data sees it.
func (c *Conn) measureReceiver(s Segment) {
	b, now := &c.in, c.net().Now()
	b.heard = now
	if c.ts && s.HasTS && s.TSEcr != b.lastEcho {
		b.lastEcho = s.TSEcr
		if d := c.tsNow() - s.TSEcr; s.SegLen() >= c.ack.size() && d > 0 && d < 1<<20 {
			c.receiverRTT(time.Duration(d)*time.Millisecond, false)
		}
	}
	if b.rttAt != 0 {
		if before(c.rcvNxt, b.rttSeq) {
			return
		}
		c.receiverRTT(max(now-b.rttAt, time.Microsecond), true)
	}
	b.rttSeq, b.rttAt = c.rcvNxt+c.rcvWnd, now
}

// receiverRTT is tcp_rcv_rtt_update.
func (c *Conn) receiverRTT(sample time.Duration, byWindow bool) {
	b := &c.in
	switch {
	case b.rtt == 0 || sample < b.rtt:
		b.rtt = sample
	case !byWindow && c.unread == 0:
		b.rtt += (sample - b.rtt) / 8
	}
}

// wasRead frees the memory of n octets that the user has read, and lets the buffer grow if data is
// read as fast as it comes (tcp_rcv_space_adjust). The kernel asks after every sk_buff, but its
// clock is that of the last segment, so that only the first counts.
func (c *Conn) wasRead(n uint32) {
	b := &c.in
	if c.profile().Buffers == BuffersOctets {
		b.used -= int32(n)
		return
	}
	if len(b.queue) > 0 {
		c.adjustSpace(n - min(n, b.queue[0].left))
	}
	for n > 0 && len(b.queue) > 0 {
		p := &b.queue[0]
		part := min(n, p.left)
		p.left -= part
		n -= part
		if p.left == 0 {
			b.used -= p.size
			b.queue = b.queue[1:]
		}
	}
	if len(b.queue) == 0 && cap(b.queue) < 16 {
		b.queue = nil
	}
}

// adjustSpace is tcp_rcv_space_adjust while rest octets of what is being read have yet to be
// copied.
func (c *Conn) adjustSpace(rest uint32) {
	b := &c.in
	if b.rtt == 0 || b.heard-b.spaceAt < b.rtt {
		return
	}
	inq := c.unread + rest
	seq := c.rcvNxt - inq // copied_seq
	if c.finRcvd {
		seq--
	}
	if copied := seq - b.spaceSeq - inq; int32(copied) > int32(b.space) {
		c.growBuffer(copied)
	}
	b.spaceSeq, b.spaceAt = seq, b.heard
}

// growBuffer is tcp_rcvbuf_grow: space for twice what is read in a round trip, and more while the
// sender still speeds up.
func (c *Conn) growBuffer(read uint32) {
	b := &c.in
	old := b.space
	b.space = read
	if b.fixed || !c.host.sys.ModerateRcvBuf || old == 0 {
		return
	}
	win := 2 * uint64(read)
	win += 2 * (win * uint64(read-old) / uint64(old))
	if n := len(c.ahead); n > 0 {
		win += uint64(c.ahead[n-1].End() - c.rcvNxt)
	}
	if space := int32(min(b.toSpace(win), uint64(c.host.sys.RMem[2]))); space > b.buffer {
		b.buffer = space
		b.clamp = uint32(b.fromSpace(space))
	}
}

// offeredScale is the window scale of a SYN, plus one: an answer offers one only if it was offered
// one.
func (c *Conn) offeredScale() uint8 {
	if !c.in.scaled {
		return 0
	}
	return c.in.scale + 1
}

// windowHolds reports whether an ACK now would offer no less than the one before: then a second
// segment is acknowledged at once, else the reader sees to it (__tcp_ack_snd_check).
func (c *Conn) windowHolds() bool {
	return c.profile().Buffers == BuffersOctets || c.allowedWindow() >= c.rcvWnd
}

// windowOpens reports whether what was read lets the window grow so much that the peer should hear
// of it at once: to twice what it has (__tcp_cleanup_rbuf), or by a step of §3.8.6.2.2.
func (c *Conn) windowOpens() bool {
	if c.noReader || c.finRcvd {
		return false
	}
	now := c.rcvWindow()
	if c.profile().Buffers == BuffersOctets {
		return c.offer() > now && now < c.maxSegment()
	}
	if 2*now > c.in.clamp {
		return false
	}
	w := c.allowedWindow()
	return w > 0 && w >= 2*now
}
