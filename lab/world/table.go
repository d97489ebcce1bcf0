package world

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Row is one line of a host's socket table.
type Row struct {
	ID     int            // of the socket in its world, for changes; 0 where nobody follows it
	Name   string         // the script's name, where it has one
	End    int            // as fsm.Entry numbers them; 0: only bound
	State  string         // RFC spelling; "BOUND" for a socket that is only bound
	Local  netip.AddrPort // port 0: any
	Remote netip.AddrPort // the zero value for none
	Open   bool           // a descriptor refers to it
	Timer  string         // "timewait", "retransmit", "keepalive", "none"
	Left   time.Duration  // of the timer
	RecvQ  int
	SendQ  int
}

// Addrs writes both addresses, the remote one as "*" if there is none.
func (r *Row) Addrs() (local, remote string) {
	if r.Remote.Port() == 0 {
		return r.Local.String(), "*"
	}
	return r.Local.String(), r.Remote.String()
}

// TableChange is what has changed in a host's socket table.
type TableChange struct {
	At   time.Duration
	Rows []Row // that were added or read differently now, whole; timers alone that ran on are no change
	Gone []int // the IDs of those that are no longer there
}

// Table is a host's socket table while it changes. The zero Table is empty.
type Table struct {
	rows map[int]held
}

// held is a row with the moment at which its timer fires, so that time that passes does not change
// it.
type held struct {
	Row // Left is 0
	due time.Duration
}

func hold(r Row, at time.Duration) held {
	h := held{r, 0}
	if h.Left = 0; r.Timer != "" && r.Timer != "none" {
		h.due = at + r.Left
	}
	return h
}

func (h held) at(now time.Duration) Row {
	if h.due > 0 {
		h.Left = max(h.due-now, 0)
	}
	return h.Row
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Apply takes a change in. What it returns is the part of it that is news: no rows that read as
// before, nothing gone that was never there. Its slices are the caller's.
func (t *Table) Apply(c TableChange) TableChange {
	if t.rows == nil {
		t.rows = map[int]held{}
	}
	news := TableChange{At: c.At}
	for _, r := range c.Rows {
		h := hold(r, c.At)
		if old, ok := t.rows[r.ID]; !ok || old != h {
			t.rows[r.ID] = h
			news.Rows = append(news.Rows, r)
		}
	}
	for _, id := range c.Gone {
		if _, ok := t.rows[id]; ok {
			delete(t.rows, id)
			news.Gone = append(news.Gone, id)
		}
	}
	return news
}

// Rows is the table at a moment not before its last change, in order.
func (t *Table) Rows(now time.Duration) []Row {
	rows := make([]Row, 0, len(t.rows))
	for _, h := range t.rows {
		rows = append(rows, h.at(now))
	}
	SortRows(rows)
	return rows
}

// SortRows puts listeners first, sockets that are only bound behind them, and then connections,
// each by their addresses.
func SortRows(rows []Row) {
	rank := func(r *Row) int {
		switch r.State {
		case "LISTEN":
			return 0
		case "BOUND":
			return 1
		}
		return 2
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(rank(&a), rank(&b)), a.Local.Compare(b.Local), a.Remote.Compare(b.Remote),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID),
		)
	})
}

// Sightings turns whole tables, one after the other, into changes, for a world that sees no more of
// its sockets than their rows. Sockets that read alike get their IDs in order.
type Sightings struct {
	ids  map[sight]int
	last int
}

// sight is what a socket is known by in a table, and which of those that have all that in common.
type sight struct {
	end           int
	name          string
	local, remote netip.AddrPort
	nth           int
}

// Change says what has changed since the table before. It sets the rows' IDs.
func (s *Sightings) Change(at time.Duration, rows []Row) TableChange {
	ids := make(map[sight]int, len(rows))
	for i := range rows {
		r := &rows[i]
		key := sight{end: r.End, name: r.Name, local: r.Local, remote: r.Remote}
		if r.End != 0 {
			key = sight{end: r.End} // its name may come later
		}
		for ids[key] != 0 {
			key.nth++
		}
		id := s.ids[key]
		if id == 0 {
			s.last++
			id = s.last
		}
		ids[key], r.ID = id, id
	}
	c := TableChange{At: at, Rows: rows}
	for key, id := range s.ids {
		if ids[key] == 0 {
			c.Gone = append(c.Gone, id)
		}
	}
	slices.Sort(c.Gone)
	s.ids = ids
	return c
}
