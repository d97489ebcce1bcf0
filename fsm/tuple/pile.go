package tuple

// loose is a record that is in no lane.
type loose struct {
	expires int64
	order   uint64 // of insertion
	pos     uint32
	width   uint32
}

func (x *loose) before(y *loose) bool {
	return x.expires < y.expires || x.expires == y.expires && x.order < y.order
}

// pile is a heap of the records that are in no lane, with the first to expire on top. One that is
// deleted stays, as an empty slot, until it is on top or most are of that kind.
type pile struct {
	items []loose
	gone  int // of them deleted
	count uint64
	tail  uint32      // 1 + the last of the chunks with such records, 0 if there is none
	holes [4][]uint32 // by width: positions to use again
}

// place finds room for a loose record.
func (h *pile) place(l *log, width uint32) (pos uint32, ok bool) {
	if n := len(h.holes[width]); n > 0 {
		pos = h.holes[width][n-1]
		h.holes[width] = h.holes[width][:n-1]
		l.chunk(pos >> chunkBits).live += width
		return pos, true
	}
	if h.tail > 0 {
		if pos, ok = l.room(h.tail-1, width); ok {
			return pos, true
		}
	}
	c, ok := l.alloc()
	if !ok {
		return 0, false
	}
	l.chunk(c).prev = inPile
	h.tail = c + 1
	return l.room(c, width)
}

func (h *pile) push(expires int64, pos, width uint32) {
	h.count++
	h.items = append(h.items, loose{expires, h.count, pos, width})
	h.up(len(h.items) - 1)
}

// first is the loose record that expires first, nil if there is none.
func (h *pile) first(l *log) *loose {
	for len(h.items) > 0 && l.slot(h.items[0].pos).isEmpty() {
		h.gone--
		h.pop()
	}
	if len(h.items) == 0 {
		return nil
	}
	return &h.items[0]
}

// pop takes off the top, whose slots are empty by now.
func (h *pile) pop() {
	top, last := h.items[0], len(h.items)-1
	h.holes[top.width] = append(h.holes[top.width], top.pos)
	h.items[0] = h.items[last]
	h.items = h.items[:last]
	h.down(0)
}

// tidy forgets the deleted records if they are the most.
func (h *pile) tidy(l *log) {
	if h.gone <= len(h.items)/2+perChunk {
		return
	}
	kept := h.items[:0]
	for _, it := range h.items {
		if l.slot(it.pos).isEmpty() {
			h.holes[it.width] = append(h.holes[it.width], it.pos)
		} else {
			kept = append(kept, it)
		}
	}
	h.items, h.gone = kept, 0
	for i := len(kept)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h *pile) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.items[i].before(&h.items[parent]) {
			return
		}
		h.items[i], h.items[parent] = h.items[parent], h.items[i]
		i = parent
	}
}

func (h *pile) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h.items); child++ {
			if h.items[child].before(&h.items[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h.items[i], h.items[least] = h.items[least], h.items[i]
		i = least
	}
}
