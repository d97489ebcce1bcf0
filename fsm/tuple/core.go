package tuple

// maxDepth bounds the directory, at 32 MB: it is reached by four billion records, or by some thousand
// that were chosen to collide by somebody who knew the seed.
const maxDepth = hashBits

// core is a table of one kind of key.
type core[K key] struct {
	seed     uint64
	depth    uint8
	dir      []*segment // by the first depth bits of the hash
	pool     pool[K]
	wheel    wheel
	len      int
	requeued int // how often the wheel was filled anew
}

func (c *core[K]) segment(h uint64) *segment { return c.dir[h>>(64-c.depth)] }

// insert adds k or moves it to another expiry; ok is false if there is no room.
func (c *core[K]) insert(k K, expires uint32) (ok bool) {
	h := k.hash(c.seed)
	if c.len == 0 && c.dir == nil {
		c.dir = []*segment{c.pool.newSegment(0, 1)}
	}
	s := c.segment(h)
	if bk, _, i := c.pool.find(s, h, k); i >= 0 {
		if bk[i].expires == expires {
			return true // and its item is already filed
		}
		bk[i].expires = expires
		c.file(h, expires)
		return true
	}
	for int(s.used) >= int(s.npages)*pageLimit || !c.pool.place(s, c.seed, h, record[K]{k, expires}) {
		if s.npages < maxPages && c.pool.resize(s, c.seed, int(s.npages)+1) {
			continue
		}
		if !c.split(s, h) {
			return false
		}
		s = c.segment(h)
	}
	c.len++
	c.file(h, expires)
	return true
}

// split replaces a full segment by two, and doubles the directory if that needs another bit.
func (c *core[K]) split(s *segment, h uint64) bool {
	if s.depth == maxDepth {
		return false
	}
	low, high := c.pool.split(s, c.seed)
	if low == nil {
		return false
	}
	if s.depth == c.depth {
		dir := make([]*segment, 2*len(c.dir))
		for i := range dir {
			dir[i] = c.dir[i/2]
		}
		c.dir = dir
		c.depth++
	}
	n := uint64(1) << (c.depth - s.depth) // entries that point to s
	first := h >> (64 - c.depth) &^ (n - 1)
	for i := range n {
		if i < n/2 {
			c.dir[first+i] = low
		} else {
			c.dir[first+i] = high
		}
	}
	return true
}

// file puts a record's expiry into the wheel, after clearing that of dead items if they are the most.
func (c *core[K]) file(h uint64, expires uint32) {
	if c.wheel.items > 2*c.len+1024 {
		c.requeue() // and the record is one of those
		return
	}
	c.wheel.file(makeItem(h, expires), expires)
}

// requeue fills the wheel anew with one item for each record.
func (c *core[K]) requeue() {
	c.requeued++
	c.wheel.clear()
	c.all(func(r *record[K]) {
		c.wheel.file(makeItem(r.key.hash(c.seed), r.expires), r.expires)
	})
}

func (c *core[K]) all(f func(*record[K])) {
	var last *segment
	for _, s := range c.dir {
		if s != last {
			c.pool.each(s, f)
		}
		last = s
	}
}

func (c *core[K]) lookup(k K) (expires uint32, ok bool) {
	if c.len == 0 {
		return 0, false
	}
	h := k.hash(c.seed)
	bk, _, i := c.pool.find(c.segment(h), h, k)
	if i < 0 {
		return 0, false
	}
	return bk[i].expires, true
}

func (c *core[K]) delete(k K) bool {
	if c.len == 0 {
		return false
	}
	h := k.hash(c.seed)
	s := c.segment(h)
	_, b, i := c.pool.find(s, h, k)
	if i < 0 {
		return false
	}
	c.pool.remove(s, h, b, i)
	c.len--
	c.shrink(s)
	c.reset()
	return true
}

// reset gives everything back when nothing is left.
func (c *core[K]) reset() {
	if c.len == 0 {
		*c = core[K]{seed: c.seed, wheel: wheel{now: c.wheel.now}, requeued: c.requeued}
	}
}

// shrink gives pages back when more than half of a segment's slots are empty.
func (c *core[K]) shrink(s *segment) {
	if s.npages > 1 && int(s.used)*2 < int(s.npages)*pageSize {
		c.pool.resize(s, c.seed, pagesFor(int(s.used)*5/4))
	}
}

// expire goes on to a later now and calls f for every record due by then, in order of time.
func (c *core[K]) expire(now uint32, f func(K)) {
	w := &c.wheel
	w.drain(&w.late, func(it item) { c.due(it, true, f) })
	for c.len > 0 && w.now != now {
		if w.skip(now); w.now == now {
			break
		}
		if w.turn() {
			c.lookFar()
		}
		w.drain(&w.tick[w.now%fine1], func(it item) {
			w.near--
			c.due(it, false, f)
		})
	}
	w.now = now
	c.reset()
}

// due removes one record that an item may stand for and whose expiry is now, or not later than now. There
// are at least as many items as records, so each record is found by one of them.
func (c *core[K]) due(it item, late bool, f func(K)) {
	if c.len == 0 {
		return
	}
	var gone K
	s := c.segment(it.hash())
	if !c.reach(s, it, func(b uint32) bool {
		bk := c.pool.bucket(s, b)
		for i := range bk {
			r := &bk[i]
			if r.expires != c.wheel.now && !(late && int32(r.expires-c.wheel.now) <= 0) || r.key == gone {
				continue
			}
			if h := r.key.hash(c.seed); it.mayBe(h) {
				gone = r.key
				c.pool.remove(s, h, b, i)
				return true
			}
		}
		return false
	}) {
		return
	}
	c.len--
	c.shrink(s)
	f(gone)
}

// reach calls f for the buckets where records that an item may stand for can be, some perhaps twice,
// until it returns true. It reports whether it did.
func (c *core[K]) reach(s *segment, it item, f func(b uint32) bool) bool {
	first, last := s.first(it.hash()), s.first(it.hash()|(1<<(64-hashBits)-1))
	for b := first; b <= last; b++ {
		if f(b) {
			return true
		}
		if s.away[b] == 0 {
			continue
		}
		for _, d := range distances {
			if f(s.after(b, d)) {
				return true
			}
		}
	}
	return false
}

// lookFar files what has come near enough, and leaves the rest where it is.
func (c *core[K]) lookFar() {
	far := c.wheel.far
	c.wheel.far = 0
	c.wheel.drain(&far, func(it item) {
		c.refile(it)
	})
}

// refile files the records that an item of the far list may stand for. Of those that are near enough
// some may have an item already; a second one does no harm.
func (c *core[K]) refile(it item) {
	var zero K
	still := false
	s := c.segment(it.hash())
	c.reach(s, it, func(b uint32) bool {
		for _, r := range c.pool.bucket(s, b) {
			if r.key == zero || makeItem(r.key.hash(c.seed), r.expires) != it {
				continue
			}
			if c.wheel.withinSlots(r.expires) {
				c.wheel.file(it, r.expires)
			} else {
				still = true
			}
		}
		return false
	})
	if still {
		c.wheel.push(&c.wheel.far, it)
	}
}
