package tuple

import "math/bits"

// A record is a key and the tick of its expiry.
type record[K key] struct {
	key     K
	expires uint32
}

const (
	bucketSize  = 8 // two cache lines of narrow records
	chunkSize   = 128
	spill       = 29 // buckets after the last first one, for second ones
	leastSize   = 8
	maxBuckets  = 1 << 27
	sweepAtOnce = 8  // buckets moved by one insert while the store grows
	farthest    = 2  // how many records a new one may move, less one
	maxStash    = 64 // records with no room in their buckets; a move may add some
)

// distances of a record's second bucket from its first.
var distances = [4]uint32{1, 5, 13, spill}

type bucket[K key] [bucketSize]record[K]

type chunk[K key] [chunkSize]bucket[K]

// store is a hash table. A record's hash, taken as a fraction, times the number of buckets is its first
// bucket; it lies there, or in its second one, or, if somebody chose hashes that collide, in the stash.
//
// The store grows by an eighth, and in place: a bucket's records then belong an eighth further up, so they
// are moved bucket by bucket from the last to the first, eight for each insert. From the bucket sweep on they
// have been moved.
type store[K key] struct {
	seed     uint64
	old, now uint32 // buckets before and after the growth
	sweep    uint32 // 0 when no growth is under way
	len      int
	chunks   []*chunk[K]
	aways    []uint8 // for each bucket, how many whose first it is do not lie there
	stash    []record[K]
}

func (s *store[K]) first(h uint64) uint32 {
	x := h >> 32
	if b := uint32(x * uint64(s.old) >> 32); b < s.sweep {
		return b
	}
	return uint32(x * uint64(s.now) >> 32)
}

func second(first uint32, h uint64) uint32 { return first + distances[h%4] }

func (s *store[K]) at(b uint32) *bucket[K] { return &s.chunks[b/chunkSize][b%chunkSize] }
func (s *store[K]) away(b uint32) *uint8   { return &s.aways[b] }

// candidates has a bit for each place whose key begins like k. It does not branch: where a key lies
// cannot be foretold, and a branch that is taken wrongly costs more than the search.
func (bk *bucket[K]) candidates(k K) (mask uint) {
	for i := range bk {
		var bit uint
		if bk[i].key[0] == k[0] {
			bit = 1
		}
		mask |= bit << i
	}
	return mask
}

// find is the place of a key, or -1; the zero key finds a hole.
func (bk *bucket[K]) find(k K) int {
	for mask := bk.candidates(k); mask != 0; mask &= mask - 1 {
		if i := bits.TrailingZeros(mask) % bucketSize; bk[i].key == k {
			return i
		}
	}
	return -1
}

// place of a record: in a bucket, or in the stash.
type place struct {
	bucket uint32
	i      int
	stash  bool
}

// find returns the record of a key, or nil, and its place.
func (s *store[K]) find(h uint64, k K) (*record[K], place) {
	b := s.first(h)
	bk := s.at(b)
	if i := bk.find(k); i >= 0 {
		return &bk[i], place{bucket: b, i: i}
	}
	if s.aways[b] == 0 {
		return nil, place{}
	}
	b = second(b, h)
	bk = s.at(b)
	if i := bk.find(k); i >= 0 {
		return &bk[i], place{bucket: b, i: i}
	}
	for i := range s.stash {
		if s.stash[i].key == k {
			return &s.stash[i], place{i: i, stash: true}
		}
	}
	return nil, place{}
}

// add stores a record that is not there yet. It reports whether there was room; there is always, but
// for a store of maxBuckets and for hashes that somebody chose.
func (s *store[K]) add(h uint64, r record[K]) bool {
	if s.chunks == nil {
		s.old, s.now = leastSize, leastSize
		s.extend()
	}
	s.move(sweepAtOnce)
	if s.len >= s.limit() && s.sweep == 0 {
		s.grow()
	}
	for !s.put(h, r) {
		switch {
		case len(s.stash) < maxStash/4:
			s.hide(h, r)
			s.len++
			return true
		case s.sweep > 0 && len(s.stash) < maxStash:
			s.move(64)
		case s.sweep == 0 && s.len >= s.limit()/2 && s.grow():
		case len(s.stash) < maxStash:
			s.hide(h, r)
			s.len++
			return true
		default:
			return false
		}
	}
	s.len++
	return true
}

// hide stores a record in the stash.
func (s *store[K]) hide(h uint64, r record[K]) {
	s.stash = append(s.stash, r)
	*s.away(s.first(h))++
}

// limit is how many records the buckets take before they grow: 15 sixteenths.
func (s *store[K]) limit() int { return int(s.now) * bucketSize * 15 / 16 }

// grow begins to grow by an eighth.
func (s *store[K]) grow() bool {
	if s.now >= maxBuckets {
		return false
	}
	s.old, s.sweep = s.now, s.now
	s.now += s.now / 8
	s.extend()
	return true
}

// extend makes buckets up to now and the spill.
func (s *store[K]) extend() {
	n := int(s.now) + spill
	for len(s.chunks)*chunkSize < n {
		s.chunks = append(s.chunks, new(chunk[K]))
	}
	s.aways = append(s.aways, make([]uint8, n-len(s.aways))...)
}

// put stores a record in its buckets, if need be by sending another one to its other bucket. If it
// reports false nothing has changed.
func (s *store[K]) put(h uint64, r record[K]) bool {
	var hole K
	first := s.first(h)
	if i := s.at(first).find(hole); i >= 0 {
		s.at(first)[i] = r
		return true
	}
	b := second(first, h)
	i := s.at(b).find(hole)
	if i < 0 {
		if i = s.makeRoom(first, farthest); i >= 0 {
			s.at(first)[i] = r
			return true
		}
		if i = s.makeRoom(b, farthest); i < 0 {
			return false
		}
	}
	s.at(b)[i] = r
	*s.away(first)++
	return true
}

// makeRoom sends one record of a full bucket to its other one, where room may be made the same way
// up to steps times, and returns its place; -1 if no record can go.
func (s *store[K]) makeRoom(b uint32, steps int) int {
	var hole K
	bk := s.at(b)
	for i := range bk {
		if other := s.other(b, &bk[i]); s.at(other).find(hole) >= 0 {
			s.send(b, i, other)
			return i
		}
	}
	if steps == 0 {
		return -1
	}
	for i := range bk {
		other := s.other(b, &bk[i])
		if s.makeRoom(other, steps-1) < 0 {
			continue
		}
		if j := bk.find(hole); j >= 0 { // one went from here on the way
			return j
		}
		s.send(b, i, other)
		return i
	}
	return -1
}

// other is the second bucket of a record in its first one, and the other way round.
func (s *store[K]) other(b uint32, r *record[K]) uint32 {
	h := r.key.hash(s.seed)
	if first := s.first(h); first != b {
		return first
	}
	return second(b, h)
}

// send moves a record from bucket b to its other one, which has room.
func (s *store[K]) send(b uint32, i int, other uint32) {
	var hole K
	from, to := &s.at(b)[i], s.at(other)
	to[to.find(hole)] = *from
	if first := s.first(from.key.hash(s.seed)); first == b {
		*s.away(first)++
	} else {
		*s.away(first)--
	}
	*from = record[K]{}
}

// remove takes a record with hash h from its place.
func (s *store[K]) remove(h uint64, p place) {
	s.len--
	first := s.first(h)
	if p.stash {
		last := len(s.stash) - 1
		s.stash[p.i] = s.stash[last]
		s.stash = s.stash[:last]
		*s.away(first)--
		return
	}
	s.at(p.bucket)[p.i] = record[K]{}
	if first != p.bucket {
		*s.away(first)--
	}
}

// move moves the records of up to n buckets to where they belong when the store has grown.
func (s *store[K]) move(n int) {
	for ; n > 0 && s.sweep > 0 && len(s.stash) < maxStash; n-- {
		b := s.sweep - 1
		var buf [5 * bucketSize]record[K]
		out := s.take(buf[:0], b, b)
		if *s.away(b) > 0 {
			for _, d := range distances {
				out = s.take(out, b, b+d)
			}
		}
		*s.away(b) = 0
		out = s.takeStash(out, b)
		s.sweep = b
		for _, r := range out {
			if h := r.key.hash(s.seed); !s.put(h, r) {
				s.hide(h, r)
			}
		}
	}
}

// take removes from a bucket the records whose first bucket before the growth was b.
func (s *store[K]) take(out []record[K], b, from uint32) []record[K] {
	var hole K
	bk := s.at(from)
	for i := range bk {
		r := &bk[i]
		if r.key != hole && uint32(r.key.hash(s.seed)>>32*uint64(s.old)>>32) == b {
			out = append(out, *r)
			*r = record[K]{}
		}
	}
	return out
}

func (s *store[K]) takeStash(out []record[K], b uint32) []record[K] {
	keep := s.stash[:0]
	for _, r := range s.stash {
		if uint32(r.key.hash(s.seed)>>32*uint64(s.old)>>32) == b {
			out = append(out, r)
		} else {
			keep = append(keep, r)
		}
	}
	s.stash = keep
	return out
}

// reach calls f for the runs of records where those whose hash is in a range can be, until it
// returns true.
func (s *store[K]) reach(low, high uint64, f func(rs []record[K], p place) bool) {
	x, y := low>>32, high>>32
	oldFirst, oldLast := uint32(x*uint64(s.old)>>32), uint32(y*uint64(s.old)>>32)
	for b := oldFirst; b <= oldLast && b < s.sweep; b++ {
		if s.reachFrom(b, f) {
			return
		}
	}
	if oldLast < s.sweep {
		return
	}
	for b, last := uint32(x*uint64(s.now)>>32), uint32(y*uint64(s.now)>>32); b <= last; b++ {
		if s.reachFrom(b, f) {
			return
		}
	}
}

func (s *store[K]) reachFrom(b uint32, f func(rs []record[K], p place) bool) bool {
	if f(s.at(b)[:], place{bucket: b}) {
		return true
	}
	if *s.away(b) == 0 {
		return false
	}
	for _, d := range distances {
		if f(s.at(b + d)[:], place{bucket: b + d}) {
			return true
		}
	}
	return len(s.stash) > 0 && f(s.stash, place{stash: true})
}

// each calls f for every record, in the order of its place.
func (s *store[K]) each(f func(*record[K])) {
	var hole K
	for _, c := range s.chunks {
		for b := range c {
			for i := range c[b] {
				if r := &c[b][i]; r.key != hole {
					f(r)
				}
			}
		}
	}
	for i := range s.stash {
		f(&s.stash[i])
	}
}
