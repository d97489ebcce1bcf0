package lab

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fourwave/lab/world"
)

// A table that is kept by its changes reads like the whole one, at every event.
func TestTableByChanges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	type row = world.Row
	now := map[int]row{}
	var host hostTable
	kept, told := 0, 0
	for i := range 2000 {
		at := time.Duration(i) * time.Millisecond
		c := world.TableChange{At: at}
		for range 1 + rnd.IntN(3) {
			id := 1 + rnd.IntN(300)
			if _, ok := now[id]; ok && rnd.IntN(3) == 0 {
				delete(now, id)
				c.Gone = append(c.Gone, id)
				continue
			}
			r := row{
				ID: id, Name: fmt.Sprint("s", id), State: "TIME-WAIT", Timer: "timewait", Left: time.Minute,
				Local: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(rnd.IntN(3))), RecvQ: rnd.IntN(2),
			}
			now[id] = r
			c.Rows = append(c.Rows, r)
			r.Left += at // as it is remembered here
			now[id] = r
		}
		c.Gone = gone(c.Gone, now)
		table := host.change(c)
		if table == nil {
			continue
		}
		want := make([]row, 0, len(now))
		for _, r := range now {
			r.Left -= at
			want = append(want, r)
		}
		world.SortRows(want)
		got := table.Rows()
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Fatalf("event %d (-want +got):\n%s", i, diff)
		}
		if table.Size != len(want) {
			t.Fatalf("event %d: size %d, want %d", i, table.Size, len(want))
		}
		kept += len(table.whole)
		told += table.weight()
	}
	if kept == 0 || kept > told {
		t.Errorf("%d rows are kept whole beside %d that were told", kept, told)
	}
}

// gone leaves of the rows that went those that did not come back in the same change.
func gone(ids []int, now map[int]world.Row) []int {
	var out []int
	for _, id := range ids {
		if _, back := now[id]; !back {
			out = append(out, id)
		}
	}
	return out
}
