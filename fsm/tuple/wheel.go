package tuple

// An item of the wheel: the first 22 bits of a record's hash, and the last 10 bits of its expiry.
type item uint32

const (
	hashBits = 22
	timeBits = 32 - hashBits
)

func makeItem(h uint64, expires uint32) item {
	return item(h>>(64-hashBits)<<timeBits | uint64(expires)&(1<<timeBits-1))
}

// hashes are the least and the greatest hash that the item may stand for.
func (it item) hashes() (low, high uint64) {
	low = uint64(it>>timeBits) << (64 - hashBits)
	return low, low | (1<<(64-hashBits) - 1)
}

// block is a link of a list of items: 15 of them, and before them the number of the next block with,
// in the last 4 bits, how many items there are.
type block [16]uint32

const blocksPerChunk = 64

// list is the number of a list's first block; 0 is the empty list. Only the first block is ever not full.
type list uint32

// The wheel's levels: 32 lists of one tick each, 32 of 32 ticks, and 256 of 1024 ticks, which is
// four minutes and 22 seconds in milliseconds, more than RFC 9293's 2MSL.
const (
	fine1 = 32
	fine2 = 1024
	slots = 256
)

// wheel is a hierarchical timing wheel. A tick t is filed under
//
//	tick[t%32]       if it is in the same 32 ticks as now,
//	span[t/32%32]    if it is in the same 1024 ticks,
//	slot[t/1024%256] if it is less than 255 times 1024 ticks away,
//	far              if it is further away: looked through every 128 times 1024 ticks,
//	late             if it is not after now: an expiry that was over when it was filed.
//
// Ticks count modulo 2³².
type wheel struct {
	now       uint32 // all that was due up to now has expired
	items     int    // in all lists, those left behind by their records included
	near      int    // of them in tick and span
	tick      [fine1]list
	span      [fine1]list
	slot      [slots]list
	far, late list

	chunks []*[blocksPerChunk]block
	free   list
	blocks list // how many have been handed out once; block 0 is not used
}

func (w *wheel) at(b list) *block {
	return &w.chunks[b/blocksPerChunk][b%blocksPerChunk]
}

func (w *wheel) alloc() list {
	if b := w.free; b != 0 {
		w.free = list(w.at(b)[0] >> 4)
		return b
	}
	w.blocks++
	if int(w.blocks/blocksPerChunk) == len(w.chunks) {
		w.chunks = append(w.chunks, new([blocksPerChunk]block))
	}
	return w.blocks
}

func (w *wheel) release(b list) {
	w.at(b)[0] = uint32(w.free) << 4
	w.free = b
}

func (w *wheel) push(l *list, it item) {
	w.items++
	if *l != 0 {
		b := w.at(*l)
		if n := b[0] & 15; n < 15 {
			b[0]++
			b[n+1] = uint32(it)
			return
		}
	}
	next := *l
	*l = w.alloc()
	b := w.at(*l)
	b[0] = uint32(next)<<4 | 1
	b[1] = uint32(it)
}

// drain empties a list into f, which may push to other lists.
func (w *wheel) drain(l *list, f func(item)) {
	for *l != 0 {
		full := *w.at(*l)
		w.release(*l)
		n := full[0] & 15
		w.items -= int(n)
		*l = list(full[0] >> 4)
		for _, it := range full[1 : n+1] {
			f(item(it))
		}
	}
}

// file puts an item where its expiry belongs.
func (w *wheel) file(it item, expires uint32) {
	switch {
	case int32(expires-w.now) <= 0:
		w.push(&w.late, it)
	case expires/fine2 == w.now/fine2:
		w.fileNear(it, expires)
	case w.withinSlots(expires):
		w.push(&w.slot[expires/fine2%slots], it)
	default:
		w.push(&w.far, it)
	}
}

func (w *wheel) withinSlots(expires uint32) bool {
	const whole = 1 << 32 / fine2
	return (expires/fine2-w.now/fine2)%whole < slots-1
}

func (w *wheel) fileNear(it item, expires uint32) {
	w.near++
	if expires/fine1 == w.now/fine1 {
		w.push(&w.tick[expires%fine1], it)
	} else {
		w.push(&w.span[expires/fine1%fine1], it)
	}
}

// turn goes on by one tick. It reports whether the far list must be looked through; what is due is then
// in tick[now%32].
func (w *wheel) turn() (lookFar bool) {
	w.now++
	if w.now%fine1 != 0 {
		return false
	}
	if w.now%fine2 == 0 {
		w.drain(&w.slot[w.now/fine2%slots], func(it item) {
			w.fileNear(it, w.now|uint32(it)%fine2)
		})
		lookFar = w.now/fine2%(slots/2) == 0
	}
	if w.near > 0 {
		w.drain(&w.span[w.now/fine1%fine1], func(it item) {
			w.near--
			w.fileNear(it, w.now|uint32(it)%fine1)
		})
	}
	return lookFar
}

// skip goes on to the tick before the next multiple of 1024, but not beyond target, if nothing is filed
// before that.
func (w *wheel) skip(target uint32) {
	if w.near > 0 {
		return
	}
	left := fine2 - 1 - w.now%fine2
	w.now += min(left, target-w.now)
}

// clear forgets all items and gives the memory back.
func (w *wheel) clear() { *w = wheel{now: w.now} }
