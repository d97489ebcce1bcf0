package tuple

import "math"

// A chunk is a page of the log: 63 slots, and what links it to others.
type chunk struct {
	slots      [perChunk]slot
	prev, next uint32 // chunks of the same lane
	end        uint32 // the first slot that has not been used
	live       uint32 // how many slots hold records
}

const (
	perChunk  = 63
	chunkBits = 6

	none   = math.MaxUint32 // no chunk
	inPile = none - 1       // the previous chunk of one that is in no lane
)

// A leaf is a page of chunks.
type leaf [perLeaf]chunk

const perLeaf = 4

// log holds the records. A position is the number of a chunk times 64, and the number of a slot in it.
type log struct {
	chunks slabs[leaf]
	made   uint32   // chunks that have been in use
	free   []uint32 // those of them that are not in use now
}

func (l *log) chunk(c uint32) *chunk { return &l.chunks.at(c / perLeaf)[c%perLeaf] }

func (l *log) slot(pos uint32) *slot {
	return &l.chunk(pos >> chunkBits).slots[pos%(1<<chunkBits)]
}

// record is the slots of the record at a position, and those after it.
func (l *log) record(pos uint32) []slot {
	return l.chunk(pos >> chunkBits).slots[pos%(1<<chunkBits):]
}

// holdsAddrs says if the wide record at a position has a key's addresses.
func (l *log) holdsAddrs(pos uint32, k *key) bool {
	rec := l.record(pos)
	return rec[1] == k[1] && rec[2] == k[2]
}

// alloc is an empty chunk; ok is false if there are no more.
func (l *log) alloc() (c uint32, ok bool) {
	if n := len(l.free); n > 0 {
		c = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		if l.made == maxPosition>>chunkBits {
			return none, false
		}
		if c = l.made; c == l.chunks.len()*perLeaf {
			l.chunks.extend()
		}
		l.made++
	}
	k := l.chunk(c)
	k.prev, k.next, k.end, k.live = none, none, 0, 0
	return c, true
}

func (l *log) release(c uint32) { l.free = append(l.free, c) }

// room is a position in a chunk, after its records, for one more of a width.
func (l *log) room(c, width uint32) (pos uint32, ok bool) {
	k := l.chunk(c)
	if k.end+width > perChunk {
		return 0, false
	}
	pos = c<<chunkBits | k.end
	k.end += width
	k.live += width
	return pos, true
}

// A lane is a list of chunks whose records expire one after the other.
type lane struct {
	head uint32 // position before which all have expired
	tail uint32 // the last chunk; none if there is no chunk
	last int64  // expiry of the record that was appended last
}

// emptyLane takes any expiry.
var emptyLane = lane{tail: none, last: math.MinInt64}

// append finds room at the end of a lane.
func (l *log) append(ln *lane, width uint32) (pos uint32, ok bool) {
	if ln.tail != none {
		if pos, ok = l.room(ln.tail, width); ok {
			return pos, true
		}
	}
	c, ok := l.alloc()
	if !ok {
		return 0, false
	}
	if ln.tail == none {
		ln.head = c << chunkBits
	} else {
		l.chunk(c).prev = ln.tail
		l.chunk(ln.tail).next = c
	}
	ln.tail = c
	return l.room(c, width)
}

// first is the first record of a lane, nil if there is none.
func (l *log) first(ln *lane) *slot {
	for ln.tail != none {
		k := l.chunk(ln.head >> chunkBits)
		for i := ln.head % (1 << chunkBits); i < k.end; i++ {
			if !k.slots[i].isEmpty() {
				return &k.slots[i]
			}
			ln.head++
		}
		l.leave(ln, k)
	}
	return nil
}

// leave goes on to the chunk after a lane's first, in which no records are left.
func (l *log) leave(ln *lane, k *chunk) {
	l.release(ln.head >> chunkBits)
	if k.next == none {
		ln.tail = none
		return
	}
	l.chunk(k.next).prev = none
	ln.head = k.next << chunkBits
}

// clear empties the slots of a record.
func (l *log) clear(pos uint32) {
	k := l.chunk(pos >> chunkBits)
	rec := k.slots[pos%(1<<chunkBits):]
	if rec[0][1]&wide != 0 {
		rec[1], rec[2] = slot{}, slot{}
		k.live -= 2
	}
	rec[0] = slot{}
	k.live--
}

// isInner says if a chunk has others of its lane before and after it.
func (l *log) isInner(c uint32) bool {
	k := l.chunk(c)
	return k.prev < inPile && k.next != none
}

// unlink takes an inner chunk out of its lane.
func (l *log) unlink(c uint32) {
	k := l.chunk(c)
	l.chunk(k.prev).next = k.next
	l.chunk(k.next).prev = k.prev
	l.release(c)
}

// join moves the records of the chunk after c into c, and tells of each that gets another position.
func (l *log) join(c uint32, moved func(from, to uint32)) {
	to := l.chunk(c)
	after, free := to.next, uint32(0)
	for _, from := range [...]uint32{c, after} {
		k := l.chunk(from)
		for i, end := uint32(0), k.end; i < end; {
			width := k.slots[i].width()
			if k.slots[i].isEmpty() {
				i++
				continue
			}
			if k != to || i != free {
				moved(from<<chunkBits|i, c<<chunkBits|free)
				copy(to.slots[free:], k.slots[i:i+width])
			}
			i += width
			free += width
		}
	}
	clear(to.slots[free:])
	to.end, to.live = free, free
	l.unlink(after)
}
