package tuple

import (
	"container/heap"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

// mapHeap is what one writes first: a map of the tuples, and a heap of their expiries in which an entry is
// moved when it gets another one. It does what a Table does, ties included.
type mapHeap struct {
	now   int64
	count uint64
	m     map[FiveTuple]*waiting
	h     byExpiry
}

type waiting struct {
	tuple   FiveTuple
	expires int64
	order   uint64
	index   int
}

type byExpiry []*waiting

func (h byExpiry) Len() int { return len(h) }
func (h byExpiry) Less(i, j int) bool {
	return h[i].expires < h[j].expires || h[i].expires == h[j].expires && h[i].order < h[j].order
}
func (h byExpiry) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *byExpiry) Push(x any) {
	w := x.(*waiting)
	w.index = len(*h)
	*h = append(*h, w)
}
func (h *byExpiry) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return w
}

func (t *mapHeap) Insert(ft *FiveTuple, expires int64) error {
	expires = max(expires, t.now)
	w := t.m[*ft]
	if w != nil && w.expires == expires {
		return nil
	}
	t.count++
	if w != nil {
		w.expires, w.order = expires, t.count
		heap.Fix(&t.h, w.index)
		return nil
	}
	w = &waiting{tuple: *ft, expires: expires, order: t.count}
	t.m[*ft] = w
	heap.Push(&t.h, w)
	return nil
}

func (t *mapHeap) Lookup(ft *FiveTuple) (left int64, ok bool) {
	w := t.m[*ft]
	if w == nil {
		return 0, false
	}
	return w.expires - t.now, true
}

func (t *mapHeap) Expire(now int64, f func(FiveTuple)) {
	t.now = max(t.now, now)
	for len(t.h) > 0 && t.h[0].expires <= t.now {
		w := heap.Pop(&t.h).(*waiting)
		delete(t.m, w.tuple)
		f(w.tuple)
	}
}

// nothing remembers nothing: what it costs is the loop around the calls, and is taken off.
type nothing struct{ sum uint64 }

func (t *nothing) Insert(ft *FiveTuple, expires int64) error {
	t.sum += uint64(ft.Remote.Port()) + uint64(expires)
	return nil
}
func (t *nothing) Lookup(ft *FiveTuple) (int64, bool) {
	t.sum += uint64(ft.Remote.Port())
	return 0, true
}
func (t *nothing) Expire(int64, func(FiveTuple)) {}

// table is what is measured.
type table interface {
	Insert(*FiveTuple, int64) error
	Lookup(*FiveTuple) (int64, bool)
	Expire(int64, func(FiveTuple))
}

const life = 60_000 // Linux's TIME-WAIT, in milliseconds

// cost is nanoseconds for an operation, octets for an entry, and milliseconds for a full garbage collection.
type cost struct{ insert, lookup, stranger, insertExpire, bytes, gc float64 }

// measure fills a table with n tuples at an even rate, looks up every one in an order of no pattern, and
// as many that are not there, and lets time go on for a whole life in which as many come as go. It counts processor time.
//
// The tuples lie in memory some time before they are asked for, as they would in packets. Who reads in one piece what was just
// written in several waits for all that went before, so that neither the table's nor the map's look-ups would overlap.
func measure(b *testing.B, n int, tuple func(uint32) FiveTuple, empty func() table) (c cost) {
	at := func(i int) int64 { return int64(i) * life / int64(n) }
	took := func(f func()) float64 {
		start := cpuTime()
		f()
		return float64(cpuTime() - start)
	}
	batch := make([]FiveTuple, 64)
	debug.FreeOSMemory()
	before := heapInUse()
	t := empty()
	each := func(first, step int, f func(i int, ft *FiveTuple)) {
		for i, j := 0, 0; i < n; i += len(batch) {
			batch = batch[:min(cap(batch), n-i)]
			for k := range batch {
				batch[k] = tuple(uint32(first + j))
				if j += step % n; j >= n {
					j -= n
				}
			}
			for k := range batch {
				f(i+k, &batch[k])
			}
		}
	}
	insert := func(i int, ft *FiveTuple) {
		if err := t.Insert(ft, at(i)+life); err != nil {
			b.Fatal(err)
		}
	}
	c.insert = took(func() { each(0, 1, insert) }) / float64(n)
	runtime.GC()
	c.bytes = float64(heapInUse()-before) / float64(n)
	c.gc = took(runtime.GC) / 1e6
	found, gone, last := 0, 0, int64(-1)
	look := func(_ int, ft *FiveTuple) {
		if _, ok := t.Lookup(ft); ok {
			found++
		}
	}
	const step = 7_368_787 // prime, and no divisor of n
	c.lookup = took(func() { each(0, step, look) }) / float64(n)
	c.stranger = took(func() { each(2*n, step, look) }) / float64(n)
	c.insertExpire = took(func() {
		each(n, 1, func(i int, ft *FiveTuple) {
			if now := at(n + i); now != last {
				t.Expire(now, func(FiveTuple) { gone++ })
				last = now
			}
			insert(n+i, ft)
		})
	}) / float64(n)
	if _, ok := t.(*nothing); !ok && (found != n || gone < n-n/life-1 || gone > n) {
		b.Fatalf("%d of %d found, %d expired", found, n, gone)
	}
	return c
}

func (c cost) String() string {
	return fmt.Sprintf("insert %.0f ns, look-up %.0f ns, of a stranger %.0f ns, insert+expire %.0f ns, %.2f octets, collection %.2f ms",
		c.insert, c.lookup, c.stranger, c.insertExpire, c.bytes, c.gc)
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// median is that of each cost by itself.
func median(costs []cost) (m cost) {
	of := func(get func(*cost) *float64) {
		var v []float64
		for i := range costs {
			v = append(v, *get(&costs[i]))
		}
		slices.Sort(v)
		*get(&m) = v[len(v)/2]
	}
	of(func(c *cost) *float64 { return &c.insert })
	of(func(c *cost) *float64 { return &c.lookup })
	of(func(c *cost) *float64 { return &c.stranger })
	of(func(c *cost) *float64 { return &c.insertExpire })
	of(func(c *cost) *float64 { return &c.bytes })
	of(func(c *cost) *float64 { return &c.gc })
	return m
}

// sixth is the n-th of many tuples over IPv6.
func sixth(n uint32) FiveTuple {
	const ports = 28232
	local := netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8, 15: 1})
	client := n / ports
	remote := netip.AddrFrom16([16]byte{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8, 7: 1,
		13: byte(client >> 16), 14: byte(client >> 8), 15: byte(client)})
	return FiveTuple{TCP, netip.AddrPortFrom(local, 80), netip.AddrPortFrom(remote, uint16(32768+n%ports))}
}

// BenchmarkTable holds a table against a map with a heap, in turns, on one core: how many times faster it
// is in each operation.
//
//	FOURWAVE_LONG=1 go test ./fsm/tuple -run '^$' -bench Table -benchtime 1x -timeout 20m
func BenchmarkTable(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, size := range []struct {
		name   string
		n      int
		rounds int
		tuple  func(uint32) FiveTuple
	}{
		{"10k", 10_000, 51, nth},
		{"1M", 1_000_000, 5, nth},
		{"1M-IPv6", 1_000_000, 1, sixth},
		{"10M", 10_000_000, 1, nth},
	} {
		b.Run(size.name, func(b *testing.B) {
			if size.n > 1_000_000 && os.Getenv("FOURWAVE_LONG") == "" {
				b.Skip("takes a minute and 3 GB; FOURWAVE_LONG=1 runs it")
			}
			for range b.N {
				var loops, tables, maps []cost
				for range size.rounds {
					loops = append(loops, measure(b, size.n, size.tuple, func() table { return &nothing{} }))
					tables = append(tables, measure(b, size.n, size.tuple, func() table { return New(1) }))
					maps = append(maps, measure(b, size.n, size.tuple, func() table { return &mapHeap{m: make(map[FiveTuple]*waiting)} }))
				}
				compare(b, median(loops), median(tables), median(maps))
			}
		})
	}
}

// compare prints what the table and the map cost, without the loop, and reports the ratios.
func compare(b *testing.B, loop, table, other cost) {
	for _, c := range []*cost{&table, &other} {
		c.insert -= loop.insert
		c.lookup -= loop.lookup
		c.stranger -= loop.stranger
		c.insertExpire -= loop.insertExpire
	}
	b.Logf("table: %v", table)
	b.Logf("map:   %v", other)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(table.bytes, "B/entry")
	b.ReportMetric(other.insert/table.insert, "insert_x")
	b.ReportMetric(other.lookup/table.lookup, "lookup_x")
	b.ReportMetric(other.stranger/table.stranger, "stranger_x")
	b.ReportMetric(other.insertExpire/table.insertExpire, "insert_expire_x")
	b.ReportMetric(table.gc, "gc_ms")
}
