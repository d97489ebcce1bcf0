package tuple

// core is a table of one kind of key: a store, and a wheel that knows when its records expire.
type core[K key] struct {
	store    store[K]
	wheel    wheel
	requeued int // how often the wheel was filled anew
}

func (c *core[K]) hash(k K) uint64 { return k.hash(c.store.seed) }

// insert adds k or moves it to another expiry; ok is false if there is no room.
func (c *core[K]) insert(k K, expires uint32) (ok bool) {
	h := k.hash(c.store.seed)
	if c.store.len > 0 {
		if r, _ := c.store.find(h, k); r != nil {
			if r.expires == expires {
				return true // and its item is already filed
			}
			r.expires = expires
			c.file(h, expires)
			return true
		}
	}
	if !c.store.add(h, record[K]{k, expires}) {
		return false
	}
	c.file(h, expires)
	return true
}

// file puts a record's expiry into the wheel, after clearing that of dead items if they are the most.
func (c *core[K]) file(h uint64, expires uint32) {
	if c.wheel.items > 2*c.store.len+1024 {
		c.requeue() // and the record is one of those
		return
	}
	c.wheel.file(makeItem(h, expires), expires)
}

// requeue fills the wheel anew with one item for each record.
func (c *core[K]) requeue() {
	c.requeued++
	c.wheel.clear()
	c.store.each(func(r *record[K]) {
		c.wheel.file(makeItem(c.hash(r.key), r.expires), r.expires)
	})
}

func (c *core[K]) lookup(k K) (expires uint32, ok bool) {
	if c.store.len == 0 {
		return 0, false
	}
	r, _ := c.store.find(k.hash(c.store.seed), k)
	if r == nil {
		return 0, false
	}
	return r.expires, true
}

func (c *core[K]) delete(k K) bool {
	if c.store.len == 0 {
		return false
	}
	h := c.hash(k)
	r, p := c.store.find(h, k)
	if r == nil {
		return false
	}
	c.store.remove(h, p)
	c.reset()
	return true
}

// reset gives everything back when nothing is left.
func (c *core[K]) reset() {
	if c.store.len == 0 {
		c.store = store[K]{seed: c.store.seed}
		c.wheel.clear()
	}
}

// expire goes on to a later now and calls f for every record due by then, in order of time.
func (c *core[K]) expire(now uint32, f func(K)) {
	w := &c.wheel
	w.drain(&w.late, func(it item) { c.due(it, true, f) })
	onTime := func(it item) {
		w.near--
		c.due(it, false, f)
	}
	for c.store.len > 0 && w.now != now {
		if w.skip(now); w.now == now {
			break
		}
		if w.turn() {
			c.lookFar()
		}
		w.drain(&w.tick[w.now%fine1], onTime)
	}
	w.now = now
	c.reset()
}

// due removes one record that an item may stand for and whose expiry is now, or not later than now. There
// are at least as many items as records, so each record is found by one of them.
func (c *core[K]) due(it item, late bool, f func(K)) {
	if c.store.len == 0 {
		return
	}
	var gone, hole K
	now := c.wheel.now
	low, high := it.hashes()
	c.store.reach(low, high, func(rs []record[K], p place) bool {
		for i := range rs {
			r := &rs[i]
			if r.expires != now && !(late && int32(r.expires-now) <= 0) || r.key == hole {
				continue
			}
			if h := c.hash(r.key); low <= h && h <= high {
				gone = r.key
				p.i = i
				c.store.remove(h, p)
				return true
			}
		}
		return false
	})
	if gone != hole {
		f(gone)
	}
}

// lookFar files what has come near enough, and leaves the rest where it is.
func (c *core[K]) lookFar() {
	far := c.wheel.far
	c.wheel.far = 0
	c.wheel.drain(&far, c.refile)
}

// refile files the records that an item of the far list may stand for. Of those that are near enough
// some may have an item already; a second one does no harm.
func (c *core[K]) refile(it item) {
	var hole K
	still := false
	low, high := it.hashes()
	c.store.reach(low, high, func(rs []record[K], _ place) bool {
		for _, r := range rs {
			if r.key == hole || makeItem(c.hash(r.key), r.expires) != it {
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
