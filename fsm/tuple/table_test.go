package tuple

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func compareAddrPort() gocmp.Option {
	return gocmp.Comparer(func(a, b FiveTuple) bool { return a == b })
}

func mustParse(t *testing.T, s string) FiveTuple {
	t.Helper()
	ft, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return ft
}

// nth is the n-th of 2³² different tuples that a server at port 80 has in TIME-WAIT: its clients come
// with the ports that Linux gives, one after the other.
func nth(n uint32) FiveTuple {
	const ports = 28232
	client := 10<<24 | n/ports
	return FiveTuple{TCP,
		netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 80),
		netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(client >> 24), byte(client >> 16), byte(client >> 8), byte(client)}), uint16(32768+n%ports)),
	}
}

// mixed is nth, but every third is not TCP.
func mixed(n uint32) FiveTuple {
	ft := nth(n)
	if n%3 == 0 {
		ft.Protocol = UDP
	}
	return ft
}

// The kinds of tuples that a table may be asked to keep.
var manyKinds = []string{
	"tcp 10.0.0.1:7865 10.0.0.2:40000",
	"tcp 10.0.0.1:7865 10.0.0.2:40001",
	"tcp 10.0.0.2:40000 10.0.0.1:7865",
	"udp 10.0.0.1:7865 10.0.0.2:40000",
	"132 10.0.0.1:7865 10.0.0.2:40000",
	"tcp 0.0.0.0:0 0.0.0.0:0",
	"tcp [::ffff:10.0.0.1]:7865 [::ffff:10.0.0.2]:40000",
	"tcp [::ffff:10.0.0.1]:7865 10.0.0.2:40000",
	"tcp [2001:db8::1]:7865 [2001:db8::2]:40000",
	"tcp [2001:db8::2]:7865 [2001:db8::1]:40000",
	"tcp [fe80::1]:7865 [fe80::2]:40000",
	"tcp [fe80::1%eth0]:7865 [fe80::2%eth0]:40000",
	"tcp [fe80::1%eth1]:7865 [fe80::2%eth1]:40000",
	"tcp [fe80::1%eth0]:7865 [fe80::2%eth1]:40000",
	"tcp [::]:0 [::]:0",
}

func TestKinds(t *testing.T) {
	tab := New(1)
	var want []FiveTuple
	for i, s := range manyKinds {
		ft := mustParse(t, s)
		if got := ft.String(); got != s {
			t.Errorf("String() = %q, want %q", got, s)
		}
		if left, ok := tab.Lookup(&ft); ok {
			t.Errorf("Lookup(%v) before Insert = %d, true", ft, left)
		}
		if err := tab.Insert(&ft, int64(100+i)); err != nil {
			t.Fatal(err)
		}
		want = append(want, ft)
	}
	want = slices.Insert(want, 0, FiveTuple{})
	if err := tab.Insert(new(FiveTuple{}), 99); err != nil {
		t.Fatal(err)
	}
	if got := tab.Len(); got != len(want) {
		t.Errorf("Len() = %d, want %d", got, len(want))
	}
	for i, s := range manyKinds {
		if left, ok := tab.Lookup(new(mustParse(t, s))); !ok || left != int64(100+i) {
			t.Errorf("Lookup(%s) = %d, %t, want %d, true", s, left, ok, 100+i)
		}
	}
	var got []FiveTuple
	tab.Expire(200, func(ft FiveTuple) { got = append(got, ft) })
	if diff := gocmp.Diff(want, got, compareAddrPort()); diff != "" {
		t.Errorf("expired (-want +got):\n%s", diff)
	}
}

// TestInsertAgain: a FIN that comes again restarts 2MSL, so the first expiry must not count.
func TestInsertAgain(t *testing.T) {
	tab := New(1)
	ft := nth(0)
	for _, again := range []struct{ at, expires int64 }{{0, 60_000}, {10_000, 70_000}, {20_000, 30_000}, {25_000, 85_000}} {
		tab.Expire(again.at, func(ft FiveTuple) { t.Errorf("%v expired by %d", ft, again.at) })
		if err := tab.Insert(&ft, again.expires); err != nil {
			t.Fatal(err)
		}
		if got := tab.Len(); got != 1 {
			t.Errorf("Len() = %d, want 1", got)
		}
		if left, ok := tab.Lookup(&ft); !ok || left != again.expires-again.at {
			t.Errorf("at %d: Lookup = %d, %t, want %d, true", again.at, left, ok, again.expires-again.at)
		}
	}
	tab.Expire(84_999, func(ft FiveTuple) { t.Errorf("%v expired by 84999", ft) })
	var got []FiveTuple
	tab.Expire(85_000, func(ft FiveTuple) { got = append(got, ft) })
	if diff := gocmp.Diff([]FiveTuple{ft}, got, compareAddrPort()); diff != "" {
		t.Errorf("at 85000 (-want +got):\n%s", diff)
	}
}

// TestDeleteInsert: the expiry of a tuple that was deleted is not that of its next life.
func TestDeleteInsert(t *testing.T) {
	tab := New(1)
	ft, other := nth(0), nth(1)
	tab.Insert(&other, 100_000)
	tab.Insert(&ft, 50)
	if !tab.Delete(&ft) || tab.Delete(&ft) {
		t.Error("Delete twice: want true, then false")
	}
	tab.Insert(&ft, 5000)
	tab.Expire(4999, func(ft FiveTuple) { t.Errorf("%v expired", ft) })
	n := 0
	tab.Expire(5000, func(FiveTuple) { n++ })
	if n != 1 || tab.Len() != 1 {
		t.Errorf("at 5000: %d expired, %d left, want 1 and 1", n, tab.Len())
	}
}

// TestBounds are the farthest expiries, and those that are over.
func TestBounds(t *testing.T) {
	tab := New(1)
	tab.Expire(1000, nil)
	ft := nth(0)
	for _, expires := range []int64{1000 + maxAhead + 1, math.MaxInt64} {
		if err := tab.Insert(&ft, expires); !errors.Is(err, ErrTooFar) {
			t.Errorf("Insert at %d: %v, want %v", expires, err, ErrTooFar)
		}
	}
	for _, expires := range []int64{math.MinInt64, -1, 0, 999, 1000} {
		if err := tab.Insert(&ft, expires); err != nil {
			t.Fatal(err)
		}
		if left, ok := tab.Lookup(&ft); left != 0 || !ok {
			t.Errorf("expiry %d: Lookup = %d, %t, want 0, true", expires, left, ok)
		}
		tab.Expire(0, nil) // a clock does not go back, but what is due goes
		if tab.Len() != 0 || tab.Now() != 1000 {
			t.Errorf("expiry %d: %d left at %d, want 0 at 1000", expires, tab.Len(), tab.Now())
		}
	}
	tab.Insert(&ft, 1000+maxAhead)
	tab.Expire(1000+maxAhead-1, nil)
	if left, ok := tab.Lookup(&ft); left != 1 || !ok {
		t.Errorf("one tick before: Lookup = %d, %t, want 1, true", left, ok)
	}
	tab.Expire(math.MaxInt64, nil)
	if tab.Len() != 0 {
		t.Errorf("at the end of time %d are left", tab.Len())
	}
}

func TestZonesAreBounded(t *testing.T) {
	tab := New(1)
	ft := mustParse(t, "tcp [fe80::1]:1 [fe80::2]:2")
	var err error
	for i := range maxZones + 1 {
		ft.Local = netip.AddrPortFrom(ft.Local.Addr().WithZone(fmt.Sprint("z", i)), 1)
		if err = tab.Insert(&ft, 1); err != nil && i < maxZones {
			t.Fatalf("zone %d: %v", i, err)
		}
	}
	if !errors.Is(err, ErrZones) || tab.Len() != maxZones {
		t.Errorf("one zone too many: %v with %d tuples, want %v with %d", err, tab.Len(), ErrZones, maxZones)
	}
}

// model is the table as one would write it first.
type model struct {
	now     int64
	count   int
	expires map[FiveTuple]modelEntry
}

// modelEntry is an expiry and when it was given.
type modelEntry struct {
	at    int64
	order int
}

func newModel() *model { return &model{expires: make(map[FiveTuple]modelEntry)} }

func (m *model) insert(ft FiveTuple, at int64) {
	at = max(at, m.now)
	if e, ok := m.expires[ft]; ok && e.at == at {
		return
	}
	m.count++
	m.expires[ft] = modelEntry{at, m.count}
}

func (m *model) expire(now int64) (due []FiveTuple) {
	m.now = max(m.now, now)
	for ft, e := range m.expires {
		if e.at <= m.now {
			due = append(due, ft)
		}
	}
	slices.SortFunc(due, func(a, b FiveTuple) int {
		x, y := m.expires[a], m.expires[b]
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.order, y.order))
	})
	for _, ft := range due {
		delete(m.expires, ft)
	}
	return due
}

// check compares an expiry with the model's: the same tuples in the same order.
func (m *model) check(t interface{ Errorf(string, ...any) }, tab *Table, now int64) {
	want := m.expire(now)
	var got []FiveTuple
	tab.Expire(now, func(ft FiveTuple) { got = append(got, ft) })
	if !slices.Equal(got, want) {
		t.Errorf("at %d (-want +got):\n%s", now, gocmp.Diff(want, got, compareAddrPort()))
	}
	if tab.Len() != len(m.expires) {
		t.Errorf("at %d: Len() = %d, want %d", now, tab.Len(), len(m.expires))
	}
}

// lifetimes are more than there are lanes, and near one another and far apart.
var lifetimes = []int64{-5, 0, 1, 2, 31, 32, 33, 1000, 1023, 1024, 1025, 30_000, 60_000, 240_000,
	254 * 1024, 255 * 1024, 256 * 1024, 300_000, 400_000, 1_000_000, 1 << 24}

// TestModel drives a table and a plain map alike.
func TestModel(t *testing.T) {
	kinds := make([]FiveTuple, len(manyKinds))
	for i, s := range manyKinds {
		kinds[i] = mustParse(t, s)
	}
	rapid.Check(t, func(rt *rapid.T) {
		tab := New(rapid.Uint64().Draw(rt, "seed"))
		m := newModel()
		start := rapid.SampledFrom([]int64{0, 1<<31 - 3000, 1<<32 - 3000, 1<<40 - 3000, 1<<32 - 1<<18}).Draw(rt, "start")
		m.check(rt, tab, start)
		tuple := rapid.Custom(func(rt *rapid.T) FiveTuple {
			if rapid.Bool().Draw(rt, "narrow") {
				return nth(rapid.Uint32Range(0, 200).Draw(rt, "n"))
			}
			return rapid.SampledFrom(kinds).Draw(rt, "kind")
		})
		life := rapid.OneOf(rapid.SampledFrom(lifetimes), rapid.Int64Range(0, 600_000))
		insert := func(rt *rapid.T) {
			ft, e := tuple.Draw(rt, "tuple"), m.now+life.Draw(rt, "life")
			if err := tab.Insert(&ft, e); err != nil {
				rt.Fatal(err)
			}
			m.insert(ft, e)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"insert":  insert,
			"insert2": insert,
			"delete": func(rt *rapid.T) {
				ft := tuple.Draw(rt, "tuple")
				_, want := m.expires[ft]
				if got := tab.Delete(&ft); got != want {
					rt.Errorf("Delete(%v) = %t, want %t", ft, got, want)
				}
				delete(m.expires, ft)
			},
			"lookup": func(rt *rapid.T) {
				ft := tuple.Draw(rt, "tuple")
				e, want := m.expires[ft]
				left, got := tab.Lookup(&ft)
				if got != want || want && left != e.at-m.now {
					rt.Errorf("Lookup(%v) = %d, %t, want %d, %t", ft, left, got, e.at-m.now, want)
				}
			},
			"expire": func(rt *rapid.T) { m.check(rt, tab, m.now+life.Draw(rt, "later")) },
		})
		m.check(rt, tab, m.now+1<<25)
	})
}

// TestChurn is the same with populations that split segments and shrink again.
func TestChurn(t *testing.T) {
	for _, lives := range [][]int64{{60_000}, {60_000, 1000, 240_000}, lifetimes} {
		t.Run(fmt.Sprint(lives), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			tab, m := New(3), newModel()
			for round := range 60 {
				n := 2000
				if round >= 40 {
					n = 20
				}
				for range n {
					ft := mixed(uint32(rng.IntN(40_000)))
					switch rng.IntN(8) {
					case 0:
						_, want := m.expires[ft]
						if got := tab.Delete(&ft); got != want {
							t.Fatalf("Delete(%v) = %t, want %t", ft, got, want)
						}
						delete(m.expires, ft)
					default:
						e := m.now + lives[rng.IntN(len(lives))] + int64(rng.IntN(50))
						if err := tab.Insert(&ft, e); err != nil {
							t.Fatal(err)
						}
						m.insert(ft, e)
					}
				}
				for ft, e := range m.expires {
					if left, ok := tab.Lookup(&ft); !ok || left != e.at-m.now {
						t.Fatalf("Lookup(%v) = %d, %t, want %d, true", ft, left, ok, e.at-m.now)
					}
				}
				for n := range uint32(1000) {
					if _, ok := tab.Lookup(new(mixed(40_000 + n))); ok {
						t.Fatalf("%v is there", mixed(40_000+n))
					}
				}
				m.check(t, tab, m.now+int64(rng.IntN(9000)))
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
			checkCounts(t, tab)
			m.check(t, tab, m.now+1<<25)
		})
	}
}

// checkCounts recounts what a table keeps count of, and checks where its records are.
func checkCounts(t *testing.T, tab *Table) {
	t.Helper()
	x := &tab.index
	past := make(map[uint32]byte)
	total := 0
	for n := range x.size() {
		for i := range uint32(perBucket) {
			b := x.bucket(n)
			if b[i] == 0 {
				continue
			}
			total++
			h := tab.hashAt(b.position(i))
			if b[i] != byte(tagOf(h)) || x.home(h) > n {
				t.Errorf("bucket %d has tag %#x at home in %d, want %#x before or here", n, b[i], x.home(h), tagOf(h))
			}
			for p := x.home(h); p < n; p++ {
				past[p]++
			}
		}
	}
	for n := range x.size() {
		if got, want := x.bucket(n)[pastAt], past[n]; got != want {
			t.Errorf("bucket %d counts %d pushed past it, want %d", n, got, want)
		}
	}
	if total != tab.len || x.len != tab.len {
		t.Errorf("%d in the index, which counts %d, and the table counts %d", total, x.len, tab.len)
	}
	gone := 0
	for _, it := range tab.pile.items {
		if tab.log.slot(it.pos).isEmpty() {
			gone++
		}
	}
	if gone != tab.pile.gone {
		t.Errorf("%d are gone from the pile, which counts %d", gone, tab.pile.gone)
	}
	checkLanes(t, tab)
}

// checkLanes recounts the records in each chunk of the lanes, and checks in which order the lanes end.
func checkLanes(t *testing.T, tab *Table) {
	t.Helper()
	for _, ln := range tab.lanes {
		if ln.tail == none {
			continue
		}
		for c, last := ln.head>>chunkBits, uint32(none); c != none; c, last = tab.log.chunk(c).next, c {
			k, live := tab.log.chunk(c), uint32(0)
			for i := uint32(0); i < k.end; i++ {
				if !k.slots[i].isEmpty() {
					width := k.slots[i].width()
					live += width
					i += width - 1
				}
			}
			if live != k.live || k.prev != last {
				t.Errorf("chunk %d after %d: %d live and after %d, want %d live", c, last, k.live, k.prev, live)
			}
		}
	}
	for i := 1; i < len(tab.lanes); i++ {
		if tab.lanes[i].last > tab.lanes[i-1].last {
			t.Errorf("lane %d ends at %d, after lane %d at %d", i, tab.lanes[i].last, i-1, tab.lanes[i-1].last)
		}
	}
}

// TestLeftBehind: what records leave behind that are inserted again and again does not pile up, in lanes or on
// the pile.
func TestLeftBehind(t *testing.T) {
	for _, lanes := range []int64{1, 2, maxLanes, maxLanes + 3} {
		t.Run(fmt.Sprint(lanes), func(t *testing.T) {
			tab, m := New(1), newModel()
			rng := rand.New(rand.NewPCG(1, 2))
			for round := range int64(2000) {
				for range 100 {
					n := rng.Int64N(1000)
					ft, e := mixed(uint32(n)), 60_000+round-10_000*(n%lanes)
					if err := tab.Insert(&ft, e); err != nil {
						t.Fatal(err)
					}
					m.insert(ft, e)
				}
				if got := tab.log.made; got > 200 {
					t.Fatalf("round %d: %d chunks, want at most 200 for %d tuples", round, got, tab.Len())
				}
			}
			checkCounts(t, tab)
			m.check(t, tab, 50_000)
			m.check(t, tab, 70_000)
		})
	}
}

// TestCollisions puts tuples with one hash into an index until it has no room: it says so, nothing
// is lost, and all are found again while it grows.
func TestCollisions(t *testing.T) {
	const h = 0xfffffffffffff0f0
	hashAt := func(uint32) uint64 { return h }
	x := &index{}
	n := uint32(0)
	for x.makeRoom(hashAt); x.put(h, n+1, farthest); x.makeRoom(hashAt) {
		n++
	}
	if n < perBucket*spill || n > perBucket*farthest {
		t.Fatalf("%d with one hash were taken, want %d to %d", n, perBucket*spill, perBucket*farthest)
	}
	seen := make(map[uint32]bool)
	for far := range uint32(farthest) {
		b := x.bucket(x.home(h) + far)
		for m := b.matches(tagOf(h)); m != 0; m &= m - 1 {
			seen[b.position(entry(m))] = true
		}
		if b[pastAt] == 0 {
			break
		}
	}
	for pos := range n {
		if !seen[pos+1] {
			t.Errorf("position %d is lost", pos+1)
		}
		x.remove(h, pos+1)
	}
	if x.len != 0 {
		t.Errorf("%d are left, want 0", x.len)
	}
}

// TestAlike: tuples that differ in one field only are told apart, even where their hashes look alike.
func TestAlike(t *testing.T) {
	with := func(a netip.Addr, n uint16) netip.Addr {
		b := a.AsSlice()
		b[len(b)-2], b[len(b)-1] = byte(n>>8), byte(n)
		a, _ = netip.AddrFromSlice(b)
		return a
	}
	fields := map[string]func(ft *FiveTuple, n uint16){
		"local address":  func(ft *FiveTuple, n uint16) { ft.Local = netip.AddrPortFrom(with(ft.Local.Addr(), n), 80) },
		"local port":     func(ft *FiveTuple, n uint16) { ft.Local = netip.AddrPortFrom(ft.Local.Addr(), n) },
		"remote address": func(ft *FiveTuple, n uint16) { ft.Remote = netip.AddrPortFrom(with(ft.Remote.Addr(), n), 80) },
		"remote port":    func(ft *FiveTuple, n uint16) { ft.Remote = netip.AddrPortFrom(ft.Remote.Addr(), n) },
	}
	for _, base := range []string{"tcp 10.0.0.1:80 10.0.0.2:80", "tcp [2001:db8::1]:80 [2001:db8::2]:80"} {
		for name, set := range fields {
			tab, ft := New(1), mustParse(t, base)
			const half = 20_000
			for n := range uint16(2 * half) {
				set(&ft, n)
				if _, ok := tab.Lookup(&ft); ok {
					t.Fatalf("%s: %v is there", name, ft)
				}
				if n < half {
					tab.Insert(&ft, int64(n))
				}
			}
			if got := tab.Len(); got != half {
				t.Errorf("%s of %s: Len() = %d, want %d", name, base, got, half)
			}
		}
	}
}

// TestFull: a table whose log has no more room says so, and keeps what it has.
func TestFull(t *testing.T) {
	tab := New(1)
	tab.Insert(new(nth(0)), 100)
	tab.log.made = maxPosition >> chunkBits
	n := uint32(1)
	for tab.Insert(new(nth(n)), 100) == nil {
		n++
	}
	if err := tab.Insert(new(nth(n)), 100); !errors.Is(err, ErrFull) || n != perChunk {
		t.Errorf("tuple %d: %v, want %v for tuple %d", n, err, ErrFull, perChunk)
	}
	if err := tab.Insert(new(nth(0)), 200); !errors.Is(err, ErrFull) {
		t.Errorf("again: %v, want %v", err, ErrFull)
	}
	if left, ok := tab.Lookup(new(nth(0))); left != 100 || !ok {
		t.Errorf("Lookup = %d, %t, want 100, true", left, ok)
	}
	checkCounts(t, tab)
}

// TestBucket reads back what was written, next to other entries, at the edges of tag and position.
func TestBucket(t *testing.T) {
	positions := []uint32{0, 1, 1<<24 - 1, 1 << 24, maxPosition - 1}
	var b bucket
	b[pastAt] = 7
	for i := range uint32(perBucket) {
		b.set(i, uint64(i+1), positions[i%5])
	}
	for i := range uint32(perBucket) {
		if got, want := b.matches(uint64(i+1)), uint64(1); bits.OnesCount64(got) != 1 || entry(got) != i {
			t.Errorf("tag %d: matches %#x, want %d entry, number %d", i+1, got, want, i)
		}
		if got, want := b.position(i), positions[i%5]; got != want {
			t.Errorf("position %d = %d, want %d", i, got, want)
		}
	}
	if b[pastAt] != 7 || b.matches(7) == 0 || b.matches(0) != 0 {
		t.Errorf("count of those past = %d, want 7; it is no tag", b[pastAt])
	}
}

// TestSeedDoesNotShow: a trace made from a table can be made again, from another table too.
func TestSeedDoesNotShow(t *testing.T) {
	run := func(seed uint64) (out []FiveTuple) {
		tab := New(seed)
		for n := range uint32(5000) {
			tab.Insert(new(nth(n)), 60_000+int64(n%7))
		}
		tab.Expire(61_000, func(ft FiveTuple) { out = append(out, ft) })
		return out
	}
	first := run(0)
	for seed := range uint64(10) {
		if !slices.Equal(first, run(seed)) {
			t.Fatalf("seed %d gives another order than seed 0", seed)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, s := range []string{"", "tcp", "tcp 1.2.3.4:5", "tpc 1.2.3.4:5 1.2.3.4:6", "256 1.2.3.4:5 1.2.3.4:6",
		"tcp 1.2.3.4 1.2.3.4:6", "tcp 1.2.3.4:5 1.2.3.4:65536", "tcp 1.2.3.4:5 1.2.3.4:6 7"} {
		if ft, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", s, ft)
		}
	}
}

// FuzzTable reads its input as calls, and holds the table to a plain map.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0, 3, 4, 3, 0, 20, 2, 1, 0})
	f.Add([]byte{4, 1, 19, 3, 0, 19, 1, 1, 0, 3, 0, 20})
	f.Fuzz(func(t *testing.T, calls []byte) {
		tab, m := New(0), newModel()
		for ; len(calls) >= 3 && len(calls) < 3000; calls = calls[3:] {
			ft := nth(uint32(calls[1]))
			if calls[0]&4 != 0 {
				ft.Protocol = UDP
			}
			life := lifetimes[int(calls[2])%len(lifetimes)]
			switch calls[0] & 3 {
			case 0, 1:
				if err := tab.Insert(&ft, m.now+life); err != nil {
					t.Fatal(err)
				}
				m.insert(ft, m.now+life)
			case 2:
				_, want := m.expires[ft]
				if got := tab.Delete(&ft); got != want {
					t.Errorf("Delete(%v) = %t, want %t", ft, got, want)
				}
				delete(m.expires, ft)
			case 3:
				m.check(t, tab, m.now+life+int64(calls[1]))
			}
		}
		m.check(t, tab, m.now+1<<25)
	})
}
