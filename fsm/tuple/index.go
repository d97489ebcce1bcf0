package tuple

import (
	"encoding/binary"
	"math/bits"
)

const (
	perBucket   = 15
	spill       = 8   // buckets after the last home, for what is pushed out of it
	farthest    = 256 // how many buckets a new tuple is looked for and put into, at most
	leastHomes  = 8
	moveAtOnce  = 4 // buckets moved by one insert while the index grows
	maxPosition = 1 << 25
)

// A bucket is one cache line: 15 entries of an octet of the hash, 0 if the entry is empty, and a
// position of 25 bits in the log.
//
//	octets 0 to 14   the tags
//	octet 15         how many entries were pushed past this bucket; 255 is that many or more, for good
//	octets 16 to 60  the low 24 bits of each position
//	octets 62, 63    the high bit of each
type bucket [64]byte

const (
	pastAt = 15
	lowAt  = 16
	highAt = 62
)

// A row is a page of buckets.
type row [perRow]bucket

const perRow = 64

// matches has a bit for each entry with a tag, to be read with entry. It does not branch: a branch that waits for
// memory and is taken wrongly costs more than the search.
func (b *bucket) matches(tag uint64) uint64 {
	x := equal(binary.LittleEndian.Uint64(b[0:]), tag)
	y := equal(binary.LittleEndian.Uint64(b[8:]), tag) &^ (0xff << 56)
	return x>>7 | y>>6
}

// equal has the highest bit of each octet of w that is tag.
func equal(w, tag uint64) uint64 {
	const ones, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	w ^= tag * ones
	return ^(w&low + low | w | low)
}

// entry is the number of the first entry of matches, which are not zero.
func entry(matches uint64) uint32 {
	n := uint32(bits.TrailingZeros64(matches))
	return n>>3 | n&1<<3
}

func (b *bucket) position(i uint32) uint32 {
	low := b[lowAt-1:][3*(i&15):]
	high := uint32(binary.LittleEndian.Uint16(b[highAt:])) >> (i & 15) & 1
	return binary.LittleEndian.Uint32(low)>>8 | high<<24
}

func (b *bucket) set(i uint32, tag uint64, pos uint32) {
	i &= 15
	b[i] = byte(tag)
	at := lowAt + 3*i
	b[at], b[at+1], b[at+2] = byte(pos), byte(pos>>8), byte(pos>>16)
	high := binary.LittleEndian.Uint16(b[highAt:])
	high = high&^(1<<i) | uint16(pos>>24)<<i
	binary.LittleEndian.PutUint16(b[highAt:], high)
}

// index is a hash table of positions in the log. A tuple's hash, taken as a fraction, times the number
// of homes is the bucket where it is at home; it lies there or, when that was full, in one of the next.
//
// The index grows by two fifths, and in place: what was at home in a bucket then belongs that much further up,
// so the homes are moved from the last to the first, four for each insert. From moved on they have been.
type index struct {
	rows     slabs[row]
	old, now uint32 // homes before and after the growth
	moved    uint32 // 0 when no growth is under way
	len      int
	most     int // how many it takes before it grows
	touched  byte
}

// size is how many buckets there are.
func (x *index) size() uint32 { return x.rows.len() * perRow }

func (x *index) bucket(n uint32) *bucket { return &x.rows.at(n / perRow)[n%perRow] }

func (x *index) home(h uint64) uint32 {
	if x.moved > 0 {
		if b := x.oldHome(h); b < x.moved {
			return b
		}
	}
	return uint32(h >> 32 * uint64(x.now) >> 32)
}

func (x *index) oldHome(h uint64) uint32 { return uint32(h >> 32 * uint64(x.old) >> 32) }

// tagOf is between 1 and 255.
func tagOf(h uint64) uint64 { return h&0xffff*255>>16 + 1 }

// put adds a tuple's position. It reports false if the buckets up to a limit are full.
func (x *index) put(h uint64, pos, limit uint32) bool {
	home := x.home(h)
	limit = min(limit, x.size()-home)
	for n := range limit {
		b := x.bucket(home + n)
		if empty := b.matches(0); empty != 0 {
			b.set(entry(empty), tagOf(h), pos)
			for ; n > 0; n-- {
				if past := &x.bucket(home + n - 1)[pastAt]; *past < 255 {
					*past++
				}
			}
			x.len++
			return true
		}
	}
	return false
}

// where is a bucket that holds a position, the number of the entry, and how far from home it is.
func (x *index) where(h uint64, pos uint32) (b *bucket, i, far uint32) {
	home, tag := x.home(h), tagOf(h)
	for ; ; far++ {
		b = x.bucket(home + far)
		for m := b.matches(tag); m != 0; m &= m - 1 {
			if i = entry(m); b.position(i) == pos {
				return b, i, far
			}
		}
		if b[pastAt] == 0 {
			panic("BUG: five-tuple: a record is not in the index")
		}
	}
}

// replace lets a tuple have another position.
func (x *index) replace(h uint64, pos, with uint32) {
	b, i, _ := x.where(h, pos)
	b.set(i, tagOf(h), with)
}

func (x *index) remove(h uint64, pos uint32) {
	b, i, far := x.where(h, pos)
	b[i] = 0
	x.len--
	if far > 0 {
		x.unpass(x.home(h), far)
	}
}

// touch reads from the bucket where a hash is at home, so that memory fetches several at once.
func (x *index) touch(h uint64) { x.touched += x.bucket(x.home(h))[pastAt] }

// unpass says that one fewer is pushed past the first n buckets from home.
func (x *index) unpass(home, n uint32) {
	for b := home; b < home+n; b++ {
		if past := &x.bucket(b)[pastAt]; *past < 255 {
			*past--
		}
	}
}

// isFull says that there ought to be more buckets, or that there are and the growth is under way.
func (x *index) isFull() bool { return x.moved > 0 || x.len >= x.most }

// makeRoom goes on with the growth, or begins one. The hash of what is at a position is given by hashAt.
func (x *index) makeRoom(hashAt func(pos uint32) uint64) {
	for n := 0; n < moveAtOnce && x.moved > 0; n++ {
		x.move(hashAt)
	}
	if x.moved > 0 || x.len < x.most {
		return
	}
	for size := max(x.now+x.now*2/5, leastHomes) + spill; x.size() < size; {
		x.rows.extend()
	}
	x.old, x.moved, x.now = x.now, x.now, x.size()-spill
	x.most = int(x.now) * perBucket * 7 / 8
}

// move moves what is at home in the last home that has not been moved. It finds room: its new home is at least as
// far from the last bucket as its old one, and shared by no more.
func (x *index) move(hashAt func(pos uint32) uint64) {
	type placed struct {
		hash uint64
		pos  uint32
	}
	var buf [2 * perBucket]placed
	out := buf[:0]
	home := x.moved - 1
	for far, past := uint32(0), byte(1); past > 0; far++ {
		b := x.bucket(home + far)
		past = b[pastAt]
		var hashes [perBucket]uint64 // all first: memory fetches their records at once
		for i := range hashes {
			if b[i] != 0 {
				hashes[i] = hashAt(b.position(uint32(i)))
			}
		}
		for i, h := range hashes {
			if b[i] != 0 && x.oldHome(h) == home {
				out = append(out, placed{h, b.position(uint32(i))})
				b[i] = 0
				x.unpass(home, far)
			}
		}
	}
	x.moved = home
	x.len -= len(out)
	for _, p := range out {
		if !x.put(p.hash, p.pos, x.size()) {
			panic("BUG: five-tuple: no room in a larger index")
		}
	}
}
