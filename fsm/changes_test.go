package fsm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// mirror keeps a host's socket table by its changes alone.
type mirror struct {
	rows map[int]SocketRow // Left is the moment at which the timer fires
	told int
}

func (m *mirror) apply(at time.Duration, changes []RowChange) {
	for _, c := range changes {
		m.told++
		if c.Gone {
			delete(m.rows, c.ID)
			continue
		}
		if c.Row.Timer != "none" {
			c.Row.Left += at
		}
		m.rows[c.ID] = c.Row
	}
}

// read is the table as it reads at a moment.
func (m *mirror) read(at time.Duration) []SocketRow {
	rows := make([]SocketRow, 0, len(m.rows))
	for _, r := range m.rows {
		if r.Timer != "none" {
			r.Left -= at
		}
		rows = append(rows, r)
	}
	return rows
}

func sameTable(a, b []SocketRow) string {
	for _, rows := range [][]SocketRow{a, b} {
		slices.SortFunc(rows, func(a, b SocketRow) int { return strings.Compare(describeRow(a), describeRow(b)) })
	}
	return cmp.Diff(a, b, cmp.Transformer("row", describeRow), cmpopts.EquateEmpty())
}

func describeRow(r SocketRow) string {
	return r.Local.String() + " " + r.Remote.String() + " " + r.State + " " + r.Name + " " + r.Timer + " " +
		r.Left.String() +
		" " + time.Duration(r.RecvQ).String() + " " + time.Duration(r.SendQ).String() + " " +
		time.Duration(r.End).String() +
		map[bool]string{true: " open"}[r.Open]
}

// mirrored keeps the tables of a pupil's hosts by their changes, and compares them whenever it is
// told.
func (u *pupil) mirrored(t interface{ Fatalf(string, ...any) }, story func() string) (told *int) {
	mirrors, told := map[*Host]*mirror{}, new(int)
	u.watch.Table = func(h *Host, at time.Duration, changes []RowChange) {
		m := mirrors[h]
		if m == nil {
			m = &mirror{rows: map[int]SocketRow{}}
			mirrors[h] = m
		}
		m.apply(at, changes)
		*told += len(changes)
		if diff := sameTable(h.Rows(), m.read(at)); diff != "" {
			t.Fatalf("%s at %v (-table +changes):\n%s\nafter\n%s", h.name, at, diff, story())
		}
	}
	return told
}

// Whatever happens, the changes that a watcher was told add up to the whole table.
func TestChangesAddUpToTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := newPupil(rapid.SampledFrom([]*Profile{RFC9293, Linux, FreeBSD}).Draw(t, "profile"), 1)
		u.mirrored(t, u.story.String)
		if rapid.Bool().Draw(t, "open") {
			u.open()
		}
		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			a := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "act")
			u.act(a[0], a[1], a[2], a[3], rapid.Uint32().Draw(t, "n"))
			if owed := u.countOwed(); owed != u.owed {
				t.Fatalf("%d delayed ACKs are counted and %d are owed, after\n%s", u.owed, owed, u.story.String())
			}
		}
	})
}

// What no state tells of, data that was read, is in the table when something else changes it.
func TestChangesTellOfReading(t *testing.T) {
	u := newPupil(Linux, 1)
	told := u.mirrored(t, u.story.String)
	u.open()
	from, to := u.hosts[1].Conn("p"), u.hosts[0].Conn("q")
	u.Start(u.hosts[1].Send(from, 100))
	u.Advance(time.Second)
	for _, unread := range []uint32{100, 60} {
		if to.unread != unread {
			t.Fatalf("got %d octets unread, want %d", to.unread, unread)
		}
		before := *told
		c, _ := u.hosts[0].Socket("", 4, Options{})
		u.hosts[0].Bind(c, addr("0.0.0.0:0"))
		u.Advance(0)
		if *told != before+2 {
			t.Errorf("with %d octets unread %d rows were told, want those of the reader and of the newcomer",
				unread, *told-before)
		}
		u.Start(u.hosts[0].Recv(to, 40))
	}
}

func (n *Net) countOwed() int {
	owed := 0
	for _, h := range n.hosts {
		for _, c := range h.conns {
			if c.due[timerDelayedACK] != never {
				owed++
			}
		}
	}
	return owed
}
