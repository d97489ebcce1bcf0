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
	saturated      = 255 // a passed count that is no longer kept
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
// a fraction, times the number of buckets is a record's home; it lies there or in the first bucket after
// it, in a circle, that had room.
type segment struct {
	pages  [maxPages]uint32
	passed [segmentBuckets]uint8 // how many records found the bucket full and went on
	used   uint16
	npages uint8
	depth  uint8
}

func (s *segment) buckets() uint32 { return uint32(s.npages) * pageBuckets }

func (s *segment) home(h uint64) uint32 {
	return uint32((h << s.depth >> 32) * uint64(s.buckets()) >> 32)
}

func (s *segment) next(b uint32) uint32 {
	if b++; b < s.buckets() {
		return b
	}
	return 0
}

func (p *pool[K]) bucket(s *segment, b uint32) *[bucketSize]record[K] {
	pg := p.at(s.pages[b/pageBuckets])
	return (*[bucketSize]record[K])(pg[b%pageBuckets*bucketSize:])
}

// find returns the place of a record, or nil.
func (p *pool[K]) find(s *segment, h uint64, k K) *record[K] {
	b := s.home(h)
	for range s.buckets() {
		bk := p.bucket(s, b)
		for i := range bk {
			if bk[i].key == k {
				return &bk[i]
			}
		}
		if s.passed[b] == 0 {
			return nil
		}
		b = s.next(b)
	}
	return nil
}

// place stores a record that is not there yet in a segment that has room.
func (p *pool[K]) place(s *segment, h uint64, r record[K]) {
	var zero K
	for b := s.home(h); ; b = s.next(b) {
		bk := p.bucket(s, b)
		for i := range bk {
			if bk[i].key == zero {
				bk[i] = r
				s.used++
				return
			}
		}
		if s.passed[b] < saturated {
			s.passed[b]++
		}
	}
}

// remove empties slot i of bucket b, which holds a record with hash h.
func (p *pool[K]) remove(s *segment, h uint64, b uint32, i int) {
	p.bucket(s, b)[i] = record[K]{}
	s.used--
	for x := s.home(h); x != b; x = s.next(x) {
		if s.passed[x] < saturated {
			s.passed[x]--
		}
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

// resize moves the records of a segment to another number of pages.
func (p *pool[K]) resize(s *segment, seed uint64, npages int) {
	old := *s
	*s = *p.newSegment(old.depth, npages)
	p.pour(&old, seed, func(uint64) *segment { return s })
}

// split moves the records of a full segment to two of the next depth.
func (p *pool[K]) split(s *segment, seed uint64) (low, high *segment) {
	bit := uint64(1) << (63 - s.depth)
	ones := 0
	p.each(s, func(r *record[K]) {
		if r.key.hash(seed)&bit != 0 {
			ones++
		}
	})
	low = p.newSegment(s.depth+1, pagesFor(int(s.used)-ones))
	high = p.newSegment(s.depth+1, pagesFor(ones))
	p.pour(s, seed, func(h uint64) *segment {
		if h&bit != 0 {
			return high
		}
		return low
	})
	return low, high
}

// pour places all records of old where to says, and gives the pages of old back.
func (p *pool[K]) pour(old *segment, seed uint64, to func(h uint64) *segment) {
	p.each(old, func(r *record[K]) {
		h := r.key.hash(seed)
		p.place(to(h), h, *r)
	})
	p.free = append(p.free, old.pages[:old.npages]...)
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
