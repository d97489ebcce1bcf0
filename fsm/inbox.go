package fsm

import (
	"math/bits"
	"slices"
	"time"
)

// inbox is the memory of what has arrived and nobody has read, and the window that it allows.
// The names in the comments are those of struct tcp_sock.
type inbox struct {
	buffer int32 // sk_rcvbuf: memory, or octets under BuffersOctets
	used   int32 // sk_rmem_alloc
	fixed  bool  // SO_RCVBUF was set: the buffer does not grow
	scaled bool  // wscale_ok: the window is scaled, as far as is known
	full   bool  // ICSK_ACK_NOMEM: the next window is zero
	scale  uint8 // rcv_wscale
	ratio  int32 // scaling_ratio: the share of the memory that is data, of 256
	clamp  uint32
	limit  uint32 // rcv_ssthresh: the window grows up to it, and it grows with good segments
	queue  []parcel

	// Dynamic right-sizing (tcp_rcv_space_adjust).
	space, spaceSeq uint32 // rcvq_space
	spaceAt         time.Duration
	rtt             time.Duration // rcv_rtt_est.rtt_us, smoothed
	rttAt           time.Duration
	rttSeq          uint32
	lastEcho        uint32
	heard           time.Duration // tcp_mstamp: when the last segment came
}

// parcel is an sk_buff in the receive queue.
type parcel struct {
	left uint32 // octets not read yet
	size int32  // truesize
	room uint32 // tail room: a short segment that follows is copied into it
}

const (
	skbHead   = 256 // sizeof(struct sk_buff), aligned
	skbShared = 320 // sizeof(struct skb_shared_info), aligned
	// minBuffer is SOCK_MIN_RCVBUF, TCP_SKB_MIN_TRUESIZE.
	minBuffer = 2048 + skbHead
	// frameRoom is what a packet socket reserves before a frame, LL_RESERVED_SPACE, and the
	// Ethernet header.
	frameRoom = 16 + 14
	maxScale  = 14
)

// parcelOf is the sk_buff that a segment from the wire arrives in: a linear buffer of the next size
// class of kmalloc (packet_alloc_skb, kmalloc_size_roundup).
func (c *Conn) parcelOf(n uint32) parcel {
	if c.host.owns(c.remote.Addr()) {
		return parcel{left: n, size: txBase + int32(n)} // the sender's own pages
	}
	data := frameRoom + c.headers() + n
	aligned := (data + 63) &^ 63
	class := sizeClass(aligned + skbShared)
	return parcel{left: n, size: int32(class) + skbHead, room: class - skbShared - data}
}

// sizeClass is what kmalloc gives for n octets of an sk_buff's head (kmalloc_size_roundup).
func sizeClass(n uint32) uint32 {
	const small = 576 // skbuff_small_head
	switch {
	case n <= small:
		return small
	case n <= 1024:
		return 1024
	}
	return 1 << bits.Len32(n-1)
}

// headers is how many octets of a frame's payload are not data: IP, TCP and the timestamp option.
func (c *Conn) headers() uint32 {
	h := uint32(40)
	if c.family == 6 && !c.local.Addr().Is4In6() {
		h = 60
	}
	if c.ts {
		h += 12
	}
	return h
}

// admit makes room for a segment's data (tcp_try_rmem_schedule, tcp_prune_queue). Whether there can
// be room was judged before.
func (c *Conn) admit(n uint32) {
	b := &c.in
	switch {
	case c.profile().Buffers == BuffersOctets:
		b.used += int32(n)
	case b.used > b.buffer:
		c.ack.quick = 0
		if b.prune(int32(c.host.sys.RMem[2])); b.used > b.buffer {
			b.limit = min(b.clamp, 2*c.maxSegment())
		}
	}
}

// prune is tcp_prune_queue: a buffer that was not set by the user is as large as what is in it, up
// to most; else what fills its memory badly is copied together.
func (b *inbox) prune(most int32) {
	if !b.fixed && b.buffer < most { // tcp_clamp_window
		b.buffer = min(b.used, most)
	}
	if b.used > b.buffer {
		b.collapse()
	}
}

// afterPruning reports whether there would be no room even then.
func (b *inbox) afterPruning(most int32) bool {
	then := inbox{buffer: b.buffer, used: b.used, fixed: b.fixed, ratio: b.ratio, queue: slices.Clone(b.queue)}
	then.prune(most)
	return then.used > then.buffer
}

// collapse copies the receive queue, from the first sk_buff on that fills its memory badly, into as
// few as will hold it (tcp_collapse).
func (b *inbox) collapse() {
	first := slices.IndexFunc(b.queue, func(p parcel) bool { return b.fromSpace(p.size) > int32(p.left) })
	if first < 0 {
		return
	}
	var octets uint32
	for _, p := range b.queue[first:] {
		octets += p.left
		b.used -= p.size
	}
	b.queue = b.queue[:first]
	for octets > 0 {
		const page = 4096
		n := min(octets, page-skbShared)
		class := sizeClass((n+63)&^63 + skbShared)
		octets -= n
		b.used += int32(class) + skbHead
		b.queue = append(b.queue, parcel{left: n, size: int32(class) + skbHead, room: class - skbShared - n})
	}
}

// keep puts a segment's data into the receive queue (tcp_queue_rcv, tcp_try_coalesce).
func (c *Conn) keep(n uint32) {
	b := &c.in
	if c.profile().Buffers == BuffersOctets {
		return
	}
	p := c.parcelOf(n)
	if last := len(b.queue) - 1; last >= 0 {
		if t := &b.queue[last]; n <= t.room || p.room == 0 && t.room == 0 && p.size == txBase+int32(n) {
			if n <= t.room {
				t.room -= n
			} else {
				t.size += int32(n) // pages of the loopback: only the data counts
				b.used += int32(n)
			}
			t.left += n
			return
		}
	}
	b.used += p.size
	b.queue = append(b.queue, p)
}

// setRcvBuf is SO_RCVBUF, on a live connection too: from now on the buffer does not grow.
func (c *Conn) setRcvBuf(n int) {
	c.RcvBuf = max(n, 1)
	b := &c.in
	if c.state == Closed || c.state == Listen || c.mini {
		return
	}
	b.fixed = true
	if b.buffer = int32(c.RcvBuf); c.profile().Buffers == BuffersLinux {
		b.buffer = int32(max(2*min(c.RcvBuf, c.host.sys.RMemMax), minBuffer))
	}
}
