package tuple

// A record is a key and the tick of its expiry.
type record[K key] struct {
	key     K
	expires uint32
}

const (
	bucketSize     = 8 // two cache lines of narrow records
	pageBuckets    = 8
	pageSize       = bucketSize * pageBuckets
	pagesPerChunk  = 8
	maxPages       = 16
	pageLimit      = 61 // how many records a page holds on average, at most: 95 percent
	maxSegment     = maxPages * pageLimit
	segmentBuckets = maxPages * pageBuckets
)

type page[K key] [pageSize]record[K]

// pool hands out pages by number. Pages given back are handed out again, but never returned to the
// heap before the whole pool is.
type pool[K key] struct {
	chunks []*[pagesPerChunk]page[K]
	free   []uint32
	pages  uint32 // handed out once
}

func (p *pool[K]) at(n uint32) *page[K] {
	return &p.chunks[n/pagesPerChunk][n%pagesPerChunk]
}

func (p *pool[K]) alloc() uint32 {
	if last := len(p.free) - 1; last >= 0 {
		n := p.free[last]
		p.free = p.free[:last]
		clear(p.at(n)[:])
		return n
	}
	n := p.pages
	p.pages++
	if int(n/pagesPerChunk) == len(p.chunks) {
		p.chunks = append(p.chunks, new([pagesPerChunk]page[K]))
	}
	return n
}

// segment holds the records whose hashes begin with the same depth bits. The rest of the hash, taken as
// a fraction, times the number of buckets is a record's first bucket; it lies there, or in its second one,
// which is one of the four at the distances below.
type segment struct {
	pages  [maxPages]uint32
	away   [segmentBuckets]uint8 // of the records whose first bucket this is, how many lie in their second
	full   [segmentBuckets / 64]uint64
	used   uint16
	npages uint8
	depth  uint8
}

// distances of second buckets from first ones, in a circle of at least 8.
var distances = [4]uint32{1, 2, 4, 7}

func (s *segment) buckets() uint32 { return uint32(s.npages) * pageBuckets }

func (s *segment) first(h uint64) uint32 {
	return uint32((h << s.depth >> 32) * uint64(s.buckets()) >> 32)
}

func (s *segment) second(first uint32, h uint64) uint32 {
	return s.after(first, distances[h%4])
}

// after is the bucket at a distance of not more than buckets.
func (s *segment) after(b, distance uint32) uint32 {
	b += distance
	if n := s.buckets(); b >= n {
		b -= n
	}
	return b
}

func (s *segment) isFull(b uint32) bool { return s.full[b/64]>>(b%64)&1 != 0 }
func (s *segment) setFull(b uint32)     { s.full[b/64] |= 1 << (b % 64) }
func (s *segment) clearFull(b uint32)   { s.full[b/64] &^= 1 << (b % 64) }

type bucket[K key] [bucketSize]record[K]

func (p *pool[K]) bucket(s *segment, b uint32) *bucket[K] {
	pg := p.at(s.pages[b/pageBuckets%maxPages])
	return (*bucket[K])(pg[b%pageBuckets*bucketSize:])
}

// find returns the bucket that holds a record, and its place; the place is -1 if there is none.
func (p *pool[K]) find(s *segment, h uint64, k K) (bk *bucket[K], b uint32, i int) {
	b = s.first(h)
	bk = p.bucket(s, b)
	for i := range bk {
		if bk[i].key == k {
			return bk, b, i
		}
	}
	if s.away[b] == 0 {
		return bk, b, -1
	}
	b = s.second(b, h)
	bk = p.bucket(s, b)
	for i := range bk {
		if bk[i].key == k {
			return bk, b, i
		}
	}
	return bk, b, -1
}

// place stores a record that is not there yet, if need be by sending another one to its other bucket. It
// reports whether there was room; if not, nothing has changed.
func (p *pool[K]) place(s *segment, seed, h uint64, r record[K]) bool {
	first := s.first(h)
	second := s.second(first, h)
	switch {
	case !s.isFull(first) || s.isFull(second) && p.makeRoom(s, seed, first):
		p.put(s, first, r)
	case !s.isFull(second) || p.makeRoom(s, seed, second):
		p.put(s, second, r)
		s.away[first]++
	default:
		return false
	}
	s.used++
	return true
}

// put stores a record in a bucket that has room.
func (p *pool[K]) put(s *segment, b uint32, r record[K]) {
	var zero K
	holes := 0
	bk := p.bucket(s, b)
	for i := range bk {
		if bk[i].key == zero {
			if holes++; holes == 1 {
				bk[i] = r
			}
		}
	}
	if holes == 1 {
		s.setFull(b)
	}
}

// makeRoom sends one record of a full bucket to its other one, if any of those has room.
func (p *pool[K]) makeRoom(s *segment, seed uint64, b uint32) bool {
	bk := p.bucket(s, b)
	for i, r := range bk {
		h := r.key.hash(seed)
		first := s.first(h)
		second := s.second(first, h)
		switch {
		case b == second && !s.isFull(first):
			s.away[first]--
			p.put(s, first, r)
		case b == first && !s.isFull(second):
			s.away[first]++
			p.put(s, second, r)
		default:
			continue
		}
		bk[i] = record[K]{}
		s.clearFull(b)
		return true
	}
	return false
}

// remove empties place i of bucket b, which holds a record with hash h.
func (p *pool[K]) remove(s *segment, h uint64, b uint32, i int) {
	p.bucket(s, b)[i] = record[K]{}
	s.clearFull(b)
	s.used--
	if first := s.first(h); first != b {
		s.away[first]--
	}
}

// pagesFor is how many pages n records take.
func pagesFor(n int) int { return min(n/pageLimit+1, maxPages) }

// newSegment makes an empty segment.
func (p *pool[K]) newSegment(depth uint8, npages int) *segment {
	s := &segment{depth: depth, npages: uint8(npages)}
	for i := range npages {
		s.pages[i] = p.alloc()
	}
	return s
}

func (p *pool[K]) release(s *segment) { p.free = append(p.free, s.pages[:s.npages]...) }

// resize moves the records of a segment to another number of pages, or more if they do not fit. It
// reports whether they fit anywhere.
func (p *pool[K]) resize(s *segment, seed uint64, npages int) bool {
	grown := p.pour(s, seed, s.depth, npages, func(uint64) bool { return true })
	if grown == nil {
		return false
	}
	p.release(s)
	*s = *grown
	return true
}

// split moves the records of a segment to two of the next depth; they are nil if the records fit nowhere.
func (p *pool[K]) split(s *segment, seed uint64) (low, high *segment) {
	bit := uint64(1) << (63 - s.depth)
	isHigh := func(h uint64) bool { return h&bit != 0 }
	low = p.pour(s, seed, s.depth+1, pagesFor(int(s.used)/2), func(h uint64) bool { return !isHigh(h) })
	if low == nil {
		return nil, nil
	}
	high = p.pour(s, seed, s.depth+1, pagesFor(int(s.used-low.used)), isHigh)
	if high == nil {
		p.release(low)
		return nil, nil
	}
	p.release(s)
	return low, high
}

// pour makes a segment of the records of another whose hashes are wanted. It takes as many pages as
// said, or more as need be; it is nil if the most are not enough.
func (p *pool[K]) pour(old *segment, seed uint64, depth uint8, npages int, wanted func(h uint64) bool) *segment {
	for ; npages <= maxPages; npages++ {
		s := p.newSegment(depth, npages)
		fits := true
		p.each(old, func(r *record[K]) {
			if h := r.key.hash(seed); fits && wanted(h) {
				fits = int(s.used) < npages*pageLimit && p.place(s, seed, h, *r)
			}
		})
		if fits {
			return s
		}
		p.release(s)
	}
	return nil
}

// each calls f for every record, in the order of its place.
func (p *pool[K]) each(s *segment, f func(*record[K])) {
	var zero K
	for _, n := range s.pages[:s.npages] {
		pg := p.at(n)
		for i := range pg {
			if pg[i].key != zero {
				f(&pg[i])
			}
		}
	}
}
