package tuple

import "errors"

// The reasons why Insert refuses a tuple.
var (
	ErrTooFar = errors.New("five-tuple: expires more than 2³⁰ ticks from now")
	ErrZones  = errors.New("five-tuple: too many IPv6 zones")
	ErrFull   = errors.New("five-tuple: table is full")
)

// maxAhead bounds how far from now an expiry may be, so that ticks can be kept modulo 2³².
const maxAhead = 1 << 30

// Table remembers five-tuples until they expire. Times are ticks since the caller's zero, of whatever
// length the caller likes; the model's are milliseconds. Now is 0 at first and moves only in Expire.
//
// The zero Table is empty and ready; New makes one that strangers cannot fill with collisions.
type Table struct {
	now    int64
	narrow core[narrow]
	wide   core[wide]
	zones  zones
}

// New makes an empty table. The same seed and the same calls give the same order of expiries.
func New(seed uint64) *Table {
	return &Table{
		narrow: core[narrow]{store: store[narrow]{seed: seed}},
		wide:   core[wide]{store: store[wide]{seed: seed}},
	}
}

// Len is the number of tuples.
func (t *Table) Len() int { return t.narrow.store.len + t.wide.store.len }

// Now is the time of the last Expire.
func (t *Table) Now() int64 { return t.now }

// Insert adds a tuple that expires at a tick; one that is there already expires then instead. An expiry
// that is not after now takes effect at the next Expire, before any other and in no order. The error is ErrTooFar, ErrZones or ErrFull,
// and nothing is changed then.
func (t *Table) Insert(ft FiveTuple, expires int64) error {
	if expires > t.now && expires-t.now > maxAhead {
		return ErrTooFar
	}
	e := uint32(max(expires, t.now-maxAhead))
	ok := false
	if k, fits := narrowKey(ft); fits {
		ok = t.narrow.insert(k, e)
	} else {
		k, known := t.zones.wideKey(ft, true)
		if !known {
			return ErrZones
		}
		ok = t.wide.insert(k, e)
	}
	if !ok {
		return ErrFull
	}
	return nil
}

// Lookup says whether a tuple is there, and how many ticks it has left; 0 if it is due.
func (t *Table) Lookup(ft FiveTuple) (left int64, ok bool) {
	var e uint32
	if k, fits := narrowKey(ft); fits {
		e, ok = t.narrow.lookup(k)
	} else if k, known := t.zones.wideKey(ft, false); known {
		e, ok = t.wide.lookup(k)
	}
	if !ok {
		return 0, false
	}
	return max(0, int64(int32(e-uint32(t.now)))), true
}

// Delete removes a tuple before its time and reports whether it was there.
func (t *Table) Delete(ft FiveTuple) bool {
	if k, fits := narrowKey(ft); fits {
		return t.narrow.delete(k)
	}
	k, known := t.zones.wideKey(ft, false)
	return known && t.wide.delete(k)
}

// Expire moves now forward and removes all tuples whose expiry is not after it. Each is given to f, if
// f is not nil, first TCP over IPv4 in order of time, then all others in order of time. A now before the last is
// taken for the last. f must not call the table.
func (t *Table) Expire(now int64, f func(FiveTuple)) {
	if f == nil {
		f = func(FiveTuple) {}
	}
	now = max(now, t.now)
	// In steps that ticks modulo 2³² can tell apart; nothing is left after the second.
	for at := t.now; ; {
		at += min(now-at, maxAhead)
		if t.Len() == 0 {
			at = now
		}
		t.narrow.expire(uint32(at), func(k narrow) { f(k.tuple()) })
		t.wide.expire(uint32(at), func(k wide) { f(t.zones.tuple(k)) })
		if at == now {
			break
		}
	}
	t.now = now
}
