package tuple

import (
	"errors"
	"math"
)

// The reasons why Insert refuses a tuple.
var (
	ErrTooFar = errors.New("five-tuple: expires more than 2³⁰ ticks from now")
	ErrZones  = errors.New("five-tuple: too many IPv6 zones")
	ErrFull   = errors.New("five-tuple: table is full")
)

// maxAhead bounds how far from now an expiry may be, so that ticks can be kept modulo 2³¹.
const maxAhead = 1 << 30

const maxLanes = 8

// Table remembers five-tuples until they expire. Times are ticks since the caller's zero, of whatever
// length the caller likes; the model's are milliseconds. Now is 0 at first and moves only in Expire.
//
// The zero Table is empty and ready; New makes one that strangers cannot fill with collisions.
type Table struct {
	seed  uint64
	now   int64
	len   int
	index index
	log   log
	lanes []lane // at most maxLanes
	pile  pile
	zones zones
}

// New makes an empty table. The seed is for the hash; it changes nothing that can be seen.
func New(seed uint64) *Table { return &Table{seed: seed} }

// Len is the number of tuples.
func (t *Table) Len() int { return t.len }

// Now is the time of the last Expire.
func (t *Table) Now() int64 { return t.now }

// Insert adds a tuple that expires at a tick; one that is there already expires then instead. An expiry
// that is before now is taken for now, and takes effect at the next Expire. The error is ErrTooFar, ErrZones
// or ErrFull, and nothing is changed then.
func (t *Table) Insert(ft *FiveTuple, expires int64) error {
	expires = max(expires, t.now)
	if expires-t.now > maxAhead {
		return ErrTooFar
	}
	var k key
	h, ok := k.pack(ft, t.seed, &t.zones, true)
	if !ok {
		return ErrZones
	}
	s, old := t.find(&k, h)
	if s != nil && t.expiry(s) == expires {
		return nil
	}
	pos, ok := t.file(&k, expires)
	if !ok {
		return ErrFull
	}
	if s != nil {
		t.index.replace(h, old, pos)
		t.clear(old)
		return nil
	}
	if t.index.isFull() {
		t.index.makeRoom(t.hashAt)
	}
	if !t.index.put(h, pos, farthest) {
		t.clear(pos)
		return ErrFull
	}
	t.len++
	return nil
}

// file writes a record at the end of the first lane whose last record does not expire after it, or on
// the pile. Then no lane's last record expires before that of the lane after it, and of two records with
// the same expiry the one in the lane before the other's was the first to come.
func (t *Table) file(k *key, expires int64) (pos uint32, ok bool) {
	width := k[0].width()
	i := 0
	for i < len(t.lanes) && t.lanes[i].last > expires {
		i++
	}
	if i == len(t.lanes) && i < maxLanes {
		t.lanes = append(t.lanes, emptyLane)
	}
	if i < maxLanes {
		pos, ok = t.log.append(&t.lanes[i], width)
	} else {
		t.pile.tidy(&t.log)
		pos, ok = t.pile.place(&t.log, width)
	}
	if !ok {
		return 0, false
	}
	if i < maxLanes {
		t.lanes[i].last = expires
	} else {
		t.pile.push(expires, pos, width)
	}
	rec := t.log.record(pos)
	rec[0] = slot{k[0][0], k[0][1] | uint64(expires)<<1&expiryBits}
	if k[0].width() > 1 {
		rec[1], rec[2] = k[1], k[2]
	}
	return pos, true
}

// expiry is that of a record: the first such tick from now.
func (t *Table) expiry(s *slot) int64 {
	return t.now + int64((s[1]>>1-uint64(t.now))&math.MaxInt32)
}

// hashAt is the hash of the record at a position.
func (t *Table) hashAt(pos uint32) uint64 { return hash(t.seed, t.log.record(pos)) }

// find is the first slot of a tuple's record and its position; nil if there is none.
func (t *Table) find(k *key, h uint64) (s *slot, pos uint32) {
	if t.len == 0 {
		return nil, 0
	}
	tag := tagOf(h)
	for n := t.index.home(h); ; n++ {
		b := t.index.bucket(n)
		for m := b.matches(tag); m != 0; m &= m - 1 {
			pos = b.position(entry(m))
			s = t.log.slot(pos)
			if s.holds(&k[0]) && (s[1]&wide == 0 || t.log.holdsAddrs(pos, k)) {
				return s, pos
			}
		}
		if b[pastAt] == 0 {
			return nil, 0
		}
	}
}

// Lookup says whether a tuple is there, and how many ticks it has left; 0 if it is due.
func (t *Table) Lookup(ft *FiveTuple) (left int64, ok bool) {
	var k key
	h, ok := k.pack(ft, t.seed, &t.zones, false)
	if !ok {
		return 0, false
	}
	s, _ := t.find(&k, h)
	if s == nil {
		return 0, false
	}
	return t.expiry(s) - t.now, true
}

// Delete removes a tuple before its time and reports whether it was there.
func (t *Table) Delete(ft *FiveTuple) bool {
	var k key
	h, ok := k.pack(ft, t.seed, &t.zones, false)
	if !ok {
		return false
	}
	s, pos := t.find(&k, h)
	if s == nil {
		return false
	}
	t.index.remove(h, pos)
	t.clear(pos)
	t.len--
	t.reset()
	return true
}

// reset gives all memory back when nothing is left.
func (t *Table) reset() {
	if t.len == 0 {
		*t = Table{seed: t.seed, now: t.now}
	}
}

// clear removes a record that did not expire from the log. Chunks that are less than half full are joined
// if they are neighbours, so that what is removed or moved does not leave the log full of holes.
func (t *Table) clear(pos uint32) {
	const half, most = perChunk / 2, perChunk * 3 / 4
	c := pos >> chunkBits
	t.log.clear(pos)
	k := t.log.chunk(c)
	switch {
	case k.prev == inPile:
		t.pile.gone++
	case !t.log.isInner(c) || k.live > half:
	case k.live == 0:
		t.log.unlink(c)
	case t.log.isInner(k.prev) && t.log.chunk(k.prev).live+k.live <= most:
		t.log.join(k.prev, t.moved)
	case t.log.isInner(k.next) && t.log.chunk(k.next).live+k.live <= most:
		t.log.join(c, t.moved)
	}
}

func (t *Table) moved(from, to uint32) { t.index.replace(t.hashAt(from), from, to) }

// Expire moves now forward and removes all tuples whose expiry is not after it. Each is given to f, if
// f is not nil, in order of expiry, those with the same expiry in the order in which they got it. A now before
// the last is taken for the last. f must not call the table.
func (t *Table) Expire(now int64, f func(FiveTuple)) {
	now = max(now, t.now)
	for more := t.len > 0; more; {
		ln, until := t.nextLane()
		switch {
		case ln != nil:
			t.expireLane(ln, min(until, now), f)
			more = until <= now
		case len(t.pile.items) > 0 && t.pile.items[0].expires <= now:
			top := t.pile.items[0].pos
			t.expire(t.hashAt(top), top, f)
			t.pile.pop()
		default:
			more = false
		}
	}
	t.now = now
	t.reset()
}

// nextLane is the lane whose first record is the next of all to expire, nil if that is on the pile or there is none,
// and until when its records come before those of the others.
func (t *Table) nextLane() (ln *lane, until int64) {
	least, until := int64(math.MaxInt64), int64(math.MaxInt64)
	for i := range t.lanes {
		s := t.log.first(&t.lanes[i])
		if s == nil {
			continue
		}
		if e := t.expiry(s); e < least {
			least, until, ln = e, least-1, &t.lanes[i]
		} else {
			until = min(until, e)
		}
	}
	if top := t.pile.first(&t.log); top != nil {
		if top.expires < least {
			return nil, 0
		}
		until = min(until, top.expires)
	}
	return ln, until
}

// expireLane removes the records of a lane until a tick.
func (t *Table) expireLane(ln *lane, until int64, f func(FiveTuple)) {
	var batch [8]due
	for more := true; more; {
		var n int
		n, more = t.dueIn(ln, until, &batch)
		for _, d := range batch[:n] {
			t.expire(d.hash, d.pos, f)
		}
	}
}

// due is a record whose time has come.
type due struct {
	hash uint64
	pos  uint32
}

// dueIn finds the first records of a lane whose expiry is not after a tick, and leaves the lane at the one after them.
// There may be more.
func (t *Table) dueIn(ln *lane, until int64, out *[8]due) (n int, more bool) {
	for ln.tail != none {
		c := ln.head >> chunkBits
		k := t.log.chunk(c)
		for i := ln.head % (1 << chunkBits); i < k.end; {
			rec := k.slots[i:]
			if rec[0].isEmpty() {
				i++
				continue
			}
			if n == len(out) || t.expiry(&rec[0]) > until {
				ln.head = c<<chunkBits | i
				return n, n == len(out)
			}
			out[n] = due{hash(t.seed, rec), c<<chunkBits | i}
			t.index.touch(out[n].hash)
			n++
			i += rec[0].width()
		}
		if n > 0 {
			ln.head = c<<chunkBits | k.end
			return n, true
		}
		t.log.leave(ln, k)
	}
	return 0, false
}

// expire removes the record at a position, whose time has come.
func (t *Table) expire(h uint64, pos uint32, f func(FiveTuple)) {
	t.index.remove(h, pos)
	if f != nil {
		t.zones.give(t.log.record(pos), f)
	}
	t.log.clear(pos)
	t.len--
}
