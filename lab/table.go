package lab

import "fourwave/lab/world"

// Table is a host's socket table as an event tells it. It keeps what has changed since the event
// before, so that a lab's log grows with what happens and not with how many sockets there are.
// A Table never changes.
type Table struct {
	Changed world.TableChange // since the table before
	Size    int               // rows
	before  *Table            // nil for a host's first
	whole   []world.Row       // now and then
}

// Rows is the whole table.
func (t *Table) Rows() []world.Row {
	changes := []*Table{t}
	for t.whole == nil && t.before != nil {
		t = t.before
		changes = append(changes, t)
	}
	var now world.Table
	if t.whole != nil {
		now.Apply(world.TableChange{At: t.Changed.At, Rows: t.whole})
		changes = changes[:len(changes)-1]
	}
	at := t.Changed.At
	for i := len(changes) - 1; i >= 0; i-- {
		at = changes[i].Changed.At
		now.Apply(changes[i].Changed)
	}
	return now.Rows(at)
}

// hostTable is one host's table in one world while the lab runs.
type hostTable struct {
	now   world.Table
	last  *Table
	since int // rows told since the last whole table
}

// change takes in what has changed; nil if that is nothing.
func (h *hostTable) change(c world.TableChange) *Table {
	news := h.now.Apply(c)
	if len(news.Rows) == 0 && len(news.Gone) == 0 && h.last != nil {
		return nil
	}
	t := &Table{Changed: news, Size: h.now.Len(), before: h.last}
	// A whole table once as many rows have been told as it has: it is put together from no more
	// than twice its size, and all whole tables take no more room than the changes do.
	if h.since += t.weight(); h.since > max(t.Size, minSince) {
		t.whole, h.since = h.now.Rows(c.At), 0
	}
	h.last = t
	return t
}

// minSince spares small tables from being kept whole at every change.
const minSince = 32

// weight is what a table counts for in the bound on a lab's tables.
func (t *Table) weight() int { return 1 + len(t.Changed.Rows) + len(t.Changed.Gone) }
