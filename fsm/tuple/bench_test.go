package tuple

import (
	"container/heap"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// heapMap is what a Go program does that does not think about memory: a map of what is known of a
// connection, and a heap of expiries that moves an entry when it gets another one.
type heapMap[K comparable] struct {
	m map[K]*entry[K]
	h expiries[K]
}

type entry[K comparable] struct {
	key     K
	expires int64
	index   int
}

type expiries[K comparable] []*entry[K]

func (h expiries[K]) Len() int           { return len(h) }
func (h expiries[K]) Less(i, j int) bool { return h[i].expires < h[j].expires }
func (h expiries[K]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *expiries[K]) Push(x any) {
	e := x.(*entry[K])
	e.index = len(*h)
	*h = append(*h, e)
}
func (h *expiries[K]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}

func (hm *heapMap[K]) insert(k K, expires int64) {
	if e := hm.m[k]; e != nil {
		e.expires = expires
		heap.Fix(&hm.h, e.index)
		return
	}
	e := &entry[K]{key: k, expires: expires}
	hm.m[k] = e
	heap.Push(&hm.h, e)
}

func (hm *heapMap[K]) expire(now int64) (n int) {
	for len(hm.h) > 0 && hm.h[0].expires <= now {
		delete(hm.m, heap.Pop(&hm.h).(*entry[K]).key)
		n++
	}
	return n
}

// packed is the least key that a map can have: the ratios must not live on a big one alone.
type packed [13]byte

func pack(t FiveTuple) (k packed) {
	l, r := t.Local.Addr().As4(), t.Remote.Addr().As4()
	k[0] = byte(t.Protocol)
	copy(k[1:], l[:])
	copy(k[5:], r[:])
	k[9], k[10] = byte(t.Local.Port()>>8), byte(t.Local.Port())
	k[11], k[12] = byte(t.Remote.Port()>>8), byte(t.Remote.Port())
	return k
}

const life = 60_000 // Linux's TIME-WAIT, in milliseconds

// under is a table being measured: of n tuples, the i-th comes at i*life/n.
type under interface {
	insert(i uint32, at int64)
	lookup(i uint32) bool
	expire(now int64) int
}

type ourTable struct{ *Table }

func (t ourTable) insert(i uint32, at int64) { t.Insert(nth(i), at+life) }
func (t ourTable) lookup(i uint32) bool      { _, ok := t.Lookup(nth(i)); return ok }
func (t ourTable) expire(now int64) (n int) {
	t.Expire(now, func(FiveTuple) { n++ })
	return n
}

// nothing remembers nothing: what it costs is the loop, and is taken off.
type nothing struct{ sum uint16 }

func (t *nothing) insert(i uint32, _ int64) { ft := nth(i); t.sum += ft.Remote.Port() }
func (t *nothing) lookup(i uint32) bool {
	ft := nth(i)
	t.sum += ft.Remote.Port()
	return ft.Local.Port() == 0
}
func (t *nothing) expire(int64) int { return 0 }

type naturalMap struct{ heapMap[FiveTuple] }

func (t *naturalMap) insert(i uint32, at int64) { t.heapMap.insert(nth(i), at+life) }
func (t *naturalMap) lookup(i uint32) bool      { return t.m[nth(i)] != nil }

type packedMap struct{ heapMap[packed] }

func (t *packedMap) insert(i uint32, at int64) { t.heapMap.insert(pack(nth(i)), at+life) }
func (t *packedMap) lookup(i uint32) bool      { return t.m[pack(nth(i))] != nil }

// cost is nanoseconds an operation, and what the whole costs.
type cost struct {
	fill, lookup, miss, churn float64
	bytes                     float64
	gc                        time.Duration
}

// measure fills an empty table, looks up every tuple in an order of no pattern and as many that are not there, lets time go
// on through a whole lifetime in which as many come as go, and forces a collection.
func measure(b *testing.B, n int, make func() under) (c cost) {
	b.Helper()
	size, repeat := n, max(1, 200_000/n)
	at := func(i int) int64 { return int64(i) * life / int64(size) }
	perOp := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(n*repeat) }
	var fill, hit, miss, churn time.Duration
	for range repeat {
		runtime.GC()
		before := heapBytes()
		t := make()
		start := cpuTime()
		for i := range n {
			t.insert(uint32(i), at(i))
		}
		fill += cpuTime() - start
		runtime.GC()
		c.bytes = float64(heapBytes()-before) / float64(n)
		start = cpuTime()
		runtime.GC()
		c.gc = cpuTime() - start
		hit += probe(b, t, n, 0, true)
		miss += probe(b, t, n, n*2, false)
		start = cpuTime()
		gone := 0
		for i, last := n, int64(-1); i < 2*n; i++ {
			now := at(i)
			if now != last {
				gone += t.expire(now)
				last = now
			}
			t.insert(uint32(i), now)
		}
		churn += cpuTime() - start
		if _, ok := t.(*nothing); !ok && gone < n-(n+life-1)/life {
			b.Fatalf("%d expired of %d", gone, n)
		}
		runtime.KeepAlive(t)
	}
	c.fill, c.lookup, c.miss, c.churn = perOp(fill), perOp(hit), perOp(miss), perOp(churn)
	return c
}

// probe looks up n tuples from the first, each once.
func probe(b *testing.B, t under, n, first int, want bool) time.Duration {
	const step = 7_368_787 // prime, and no divisor of n
	start := cpuTime()
	j := 0
	for range n {
		if t.lookup(uint32(first+j)) != want {
			if _, ok := t.(*nothing); !ok {
				b.Fatalf("tuple %d: found is %t", first+j, !want)
			}
		}
		j = (j + step) % n
	}
	return cpuTime() - start
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// BenchmarkPopulation holds the table against a map with a heap, one after the other in one run on one
// core. Only the ratios mean something on another machine.
//
//	go test ./fsm/tuple -run '^$' -bench Population -benchtime 1x -cpu 1 -timeout 20m
func BenchmarkPopulation(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if testing.Short() && n > 1_000_000 {
				b.Skip("takes a minute and 3 GB")
			}
			for range b.N {
				ours := measure(b, n, func() under { return ourTable{New(1)} })
				debug.FreeOSMemory()
				natural := measure(b, n, func() under { return &naturalMap{heapMap[FiveTuple]{m: map[FiveTuple]*entry[FiveTuple]{}}} })
				debug.FreeOSMemory()
				small := measure(b, n, func() under { return &packedMap{heapMap[packed]{m: map[packed]*entry[packed]{}}} })
				debug.FreeOSMemory()
				loop := measure(b, n, func() under { return &nothing{} })
				for _, c := range []*cost{&ours, &natural, &small} {
					c.fill, c.lookup, c.miss, c.churn = c.fill-loop.fill, c.lookup-loop.lookup, c.miss-loop.miss, c.churn-loop.churn
				}
				report(b, "table", ours)
				report(b, "map", natural)
				report(b, "packed", small)
				for _, base := range []struct {
					name string
					c    cost
				}{{"map", natural}, {"packed", small}} {
					b.Logf("%8d entries, times faster than the %s: insert %.1f, look-up %.1f, look-up of a stranger %.1f, insert+expire %.1f; %.1f times smaller",
						n, base.name, base.c.fill/ours.fill, base.c.lookup/ours.lookup, base.c.miss/ours.miss, base.c.churn/ours.churn, base.c.bytes/ours.bytes)
				}
			}
		})
	}
}

func report(b *testing.B, name string, c cost) {
	b.Logf("%-6s insert %5.0f ns, look-up %5.0f ns, stranger %5.0f ns, insert+expire %5.0f ns, %6.2f bytes an entry, collection %v",
		name, c.fill, c.lookup, c.miss, c.churn, c.bytes, c.gc.Round(10*time.Microsecond))
	b.ReportMetric(c.fill, name+"-insert-ns")
	b.ReportMetric(c.lookup, name+"-lookup-ns")
	b.ReportMetric(c.churn, name+"-insert+expire-ns")
	b.ReportMetric(c.bytes, name+"-B/entry")
	b.ReportMetric(float64(c.gc.Microseconds())/1000, name+"-gc-ms")
}
