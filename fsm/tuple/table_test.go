package tuple

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func compareAddrPort() cmp.Option {
	return cmp.Comparer(func(a, b FiveTuple) bool { return a == b })
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
		if left, ok := tab.Lookup(ft); ok {
			t.Errorf("Lookup(%v) before Insert = %d, true", ft, left)
		}
		if err := tab.Insert(ft, int64(100+i)); err != nil {
			t.Fatal(err)
		}
		want = append(want, ft)
	}
	want = append(want, FiveTuple{})
	if err := tab.Insert(FiveTuple{}, 99); err != nil {
		t.Fatal(err)
	}
	if got := tab.Len(); got != len(want) {
		t.Errorf("Len() = %d, want %d", got, len(want))
	}
	for i, s := range manyKinds {
		if left, ok := tab.Lookup(mustParse(t, s)); !ok || left != int64(100+i) {
			t.Errorf("Lookup(%s) = %d, %t, want %d, true", s, left, ok, 100+i)
		}
	}
	var got []FiveTuple
	tab.Expire(200, func(ft FiveTuple) { got = append(got, ft) })
	byName := func(a, b FiveTuple) int { return cmp3(a.String(), b.String()) }
	slices.SortFunc(got, byName)
	slices.SortFunc(want, byName)
	if diff := cmp.Diff(want, got, compareAddrPort()); diff != "" {
		t.Errorf("expired (-want +got):\n%s", diff)
	}
}

func cmp3(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestInsertAgain: a FIN that comes again restarts 2MSL, so the first expiry must not count.
func TestInsertAgain(t *testing.T) {
	tab := New(1)
	ft := nth(0)
	for _, again := range []struct{ at, expires int64 }{{0, 60_000}, {10_000, 70_000}, {20_000, 30_000}, {25_000, 85_000}} {
		tab.Expire(again.at, func(ft FiveTuple) { t.Errorf("%v expired by %d", ft, again.at) })
		if err := tab.Insert(ft, again.expires); err != nil {
			t.Fatal(err)
		}
		if got := tab.Len(); got != 1 {
			t.Errorf("Len() = %d, want 1", got)
		}
		if left, ok := tab.Lookup(ft); !ok || left != again.expires-again.at {
			t.Errorf("at %d: Lookup = %d, %t, want %d, true", again.at, left, ok, again.expires-again.at)
		}
	}
	tab.Expire(84_999, func(ft FiveTuple) { t.Errorf("%v expired by 84999", ft) })
	var got []FiveTuple
	tab.Expire(85_000, func(ft FiveTuple) { got = append(got, ft) })
	if diff := cmp.Diff([]FiveTuple{ft}, got, compareAddrPort()); diff != "" {
		t.Errorf("at 85000 (-want +got):\n%s", diff)
	}
}

// TestDeleteInsert: the expiry of a tuple that was deleted is not that of its next life.
func TestDeleteInsert(t *testing.T) {
	tab := New(1)
	ft, other := nth(0), nth(1)
	tab.Insert(other, 100_000)
	tab.Insert(ft, 50)
	if !tab.Delete(ft) || tab.Delete(ft) {
		t.Error("Delete twice: want true, then false")
	}
	tab.Insert(ft, 5000)
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
		if err := tab.Insert(ft, expires); !errors.Is(err, ErrTooFar) {
			t.Errorf("Insert at %d: %v, want %v", expires, err, ErrTooFar)
		}
	}
	for _, expires := range []int64{math.MinInt64, -1, 0, 999, 1000} {
		if err := tab.Insert(ft, expires); err != nil {
			t.Fatal(err)
		}
		if left, ok := tab.Lookup(ft); left != 0 || !ok {
			t.Errorf("expiry %d: Lookup = %d, %t, want 0, true", expires, left, ok)
		}
		tab.Expire(0, nil) // a clock does not go back, but what is due goes
		if tab.Len() != 0 || tab.Now() != 1000 {
			t.Errorf("expiry %d: %d left at %d, want 0 at 1000", expires, tab.Len(), tab.Now())
		}
	}
	tab.Insert(ft, 1000+maxAhead)
	tab.Expire(1000+maxAhead-1, nil)
	if left, ok := tab.Lookup(ft); left != 1 || !ok {
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
		if err = tab.Insert(ft, 1); err != nil && i < maxZones {
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
	expires map[FiveTuple]int64
}

func (m *model) expire(now int64) map[FiveTuple]int64 {
	m.now = max(m.now, now)
	due := make(map[FiveTuple]int64)
	for ft, e := range m.expires {
		if e <= m.now {
			due[ft] = e
			delete(m.expires, ft)
		}
	}
	return due
}

// check compares an expiry with the model's: the same tuples, each once, in order of time.
func (m *model) check(t interface{ Errorf(string, ...any) }, tab *Table, now int64) {
	over := m.now // what was due by then is due at once, in no order
	due := m.expire(now)
	last := map[bool]int64{true: math.MinInt64, false: math.MinInt64}
	tab.Expire(now, func(ft FiveTuple) {
		e, ok := due[ft]
		if !ok {
			t.Errorf("at %d: %v expired, which was not due (or twice)", now, ft)
		}
		delete(due, ft)
		_, isNarrow := narrowKey(ft)
		if e = max(e, over); e < last[isNarrow] {
			t.Errorf("at %d: %v of %d expired after one of %d", now, ft, e, last[isNarrow])
		}
		last[isNarrow] = e
	})
	for ft, e := range due {
		t.Errorf("at %d: %v of %d did not expire", now, ft, e)
	}
	if tab.Len() != len(m.expires) {
		t.Errorf("at %d: Len() = %d, want %d", now, tab.Len(), len(m.expires))
	}
}

// lifetimes are chosen for the wheel's levels, their edges, and what lies beyond.
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
		m := &model{expires: make(map[FiveTuple]int64)}
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
			if err := tab.Insert(ft, e); err != nil {
				rt.Fatal(err)
			}
			m.expires[ft] = e
		}
		rt.Repeat(map[string]func(*rapid.T){
			"insert":  insert,
			"insert2": insert,
			"delete": func(rt *rapid.T) {
				ft := tuple.Draw(rt, "tuple")
				_, want := m.expires[ft]
				if got := tab.Delete(ft); got != want {
					rt.Errorf("Delete(%v) = %t, want %t", ft, got, want)
				}
				delete(m.expires, ft)
			},
			"lookup": func(rt *rapid.T) {
				ft := tuple.Draw(rt, "tuple")
				e, want := m.expires[ft]
				left, got := tab.Lookup(ft)
				if got != want || want && left != max(0, e-m.now) {
					rt.Errorf("Lookup(%v) = %d, %t, want %d, %t", ft, left, got, e-m.now, want)
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
			tab, m := New(3), &model{expires: make(map[FiveTuple]int64)}
			for round := range 60 {
				n := 2000
				if round >= 40 {
					n = 20
				}
				for range n {
					ft := nth(uint32(rng.IntN(40_000)))
					switch rng.IntN(8) {
					case 0:
						_, want := m.expires[ft]
						if got := tab.Delete(ft); got != want {
							t.Fatalf("Delete(%v) = %t, want %t", ft, got, want)
						}
						delete(m.expires, ft)
					default:
						e := m.now + lives[rng.IntN(len(lives))] + int64(rng.IntN(50))
						if err := tab.Insert(ft, e); err != nil {
							t.Fatal(err)
						}
						m.expires[ft] = e
					}
				}
				for ft, e := range m.expires {
					if left, ok := tab.Lookup(ft); !ok || left != max(0, e-m.now) {
						t.Fatalf("Lookup(%v) = %d, %t, want %d, true", ft, left, ok, e-m.now)
					}
				}
				for n := range uint32(1000) {
					if _, ok := tab.Lookup(nth(40_000 + n)); ok {
						t.Fatalf("%v is there", nth(40_000+n))
					}
				}
				m.check(t, tab, m.now+int64(rng.IntN(9000)))
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
			checkCounts(t, &tab.narrow.store)
			m.check(t, tab, m.now+1<<25)
		})
	}
}

// checkCounts recounts what a store keeps count of, and checks where its records are.
func checkCounts[K key](t *testing.T, s *store[K]) {
	t.Helper()
	total := 0
	away := make(map[uint32]uint8)
	count := func(r record[K], in func(first, second uint32) bool, inFirst func(first uint32) bool) {
		total++
		h := r.key.hash(s.seed)
		first := s.first(h)
		if !in(first, second(first, h)) {
			t.Errorf("a record of buckets %d and %d is in neither", first, second(first, h))
		}
		if !inFirst(first) {
			away[first]++
		}
	}
	var hole K
	for b := range s.now + spill {
		for _, r := range s.at(b) {
			if r.key != hole {
				count(r, func(x, y uint32) bool { return b == x || b == y }, func(x uint32) bool { return b == x })
			}
		}
	}
	for _, r := range s.stash {
		count(r, func(x, y uint32) bool { return true }, func(uint32) bool { return false })
	}
	for b := range s.now + spill {
		if got, want := *s.away(b), away[b]; got != want {
			t.Errorf("bucket %d counts %d away, want %d", b, got, want)
		}
	}
	if total != s.len {
		t.Errorf("%d records, and len is %d", total, s.len)
	}
}

// TestLeftBehind: items of records that are inserted again and again do not pile up.
func TestLeftBehind(t *testing.T) {
	tab := New(1)
	for round := range int64(1000) {
		for n := range uint32(100) {
			tab.Insert(nth(n), 60_000+round)
		}
		if got, limit := tab.narrow.wheel.items, 2*100+1024+1; got > limit {
			t.Fatalf("round %d: %d items, want at most %d", round, got, limit)
		}
	}
	if tab.narrow.requeued == 0 {
		t.Error("nothing was left behind: the test tests nothing")
	}
	tab.Expire(60_998, func(ft FiveTuple) { t.Errorf("%v expired", ft) })
	n := 0
	tab.Expire(60_999, func(FiveTuple) { n++ })
	if n != 100 {
		t.Errorf("%d expired, want 100", n)
	}
}

// TestCollisions fills the two buckets and the stash that keys of one hash can be in: keys must never be
// confused, and a table that has no room for them says so.
func TestCollisions(t *testing.T) {
	c := core[colliding]{}
	var err error
	n := 0
	for ; n < 1000; n++ {
		if !c.insert(colliding{uint32(n + 1)}, uint32(n+100)) {
			err = ErrFull
			break
		}
	}
	if err == nil || n != 2*bucketSize+maxStash {
		t.Fatalf("%d keys with one hash were taken, want %d", n, 2*bucketSize+maxStash)
	}
	checkCounts(t, &c.store)
	for i := range n {
		if e, ok := c.lookup(colliding{uint32(i + 1)}); !ok || e != uint32(i+100) {
			t.Fatalf("key %d: %d, %t, want %d, true", i+1, e, ok, i+100)
		}
	}
	for i := 0; i < n; i += 2 {
		if !c.delete(colliding{uint32(i + 1)}) {
			t.Fatalf("key %d is not there", i+1)
		}
	}
	var got, want []colliding
	c.expire(100_000, func(k colliding) { got = append(got, k) })
	for i := 1; i < n; i += 2 {
		want = append(want, colliding{uint32(i + 1)})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("expired (-want +got):\n%s", diff)
	}
}

type colliding [1]uint32

func (colliding) hash(uint64) uint64 { return 0x123456789abcdef0 }

// TestSameSeedSameOrder: a trace made from a table can be made again.
func TestSameSeedSameOrder(t *testing.T) {
	run := func() (out []FiveTuple) {
		tab := New(7)
		for n := range uint32(5000) {
			tab.Insert(nth(n), 60_000+int64(n%7))
		}
		tab.Expire(61_000, func(ft FiveTuple) { out = append(out, ft) })
		return out
	}
	first := run()
	for range 10 {
		if !slices.Equal(first, run()) {
			t.Fatal("two runs differ")
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
		tab, m := New(0), &model{expires: make(map[FiveTuple]int64)}
		for ; len(calls) >= 3 && len(calls) < 3000; calls = calls[3:] {
			ft := nth(uint32(calls[1]))
			if calls[0]&4 != 0 {
				ft.Protocol = UDP
			}
			life := lifetimes[int(calls[2])%len(lifetimes)]
			switch calls[0] & 3 {
			case 0, 1:
				if err := tab.Insert(ft, m.now+life); err != nil {
					t.Fatal(err)
				}
				m.expires[ft] = m.now + life
			case 2:
				_, want := m.expires[ft]
				if got := tab.Delete(ft); got != want {
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
