package lab

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"fourwave/fsm"
	"fourwave/lab/world"
)

// What labs hold is counted in bytes, as far as it grows with them: scripts, steps, events and what
// those tell. It is what Go's sizes say; with the allocator's slack and the room
// that slices grow into, the heap takes up to half as much again.

const (
	stepBytes  = 1500 // a step, parsed, with its results and its event
	labBytes   = 4096 // a lab, its worlds, its channels
	toldBytes  = 7168 // what a step tells in one world where it is a call of a connection's life
	eventBytes = int64(unsafe.Sizeof(Event{}))
	rowBytes   = int64(unsafe.Sizeof(world.Row{}))
)

// bytesOf is what an event takes, together with its part of the story.
func bytesOf(e *Event) int64 {
	n := eventBytes
	if e.Entry != nil {
		n += 2*int64(unsafe.Sizeof(*e.Entry)) + int64(8*len(e.Entry.Flights))
		n += int64(len(e.Entry.Sent)) * int64(unsafe.Sizeof(fsm.Segment{}))
	}
	if e.Flight != nil {
		n += 2 * int64(unsafe.Sizeof(*e.Flight))
	}
	if e.Table != nil {
		n += int64(unsafe.Sizeof(*e.Table)) + int64(8*len(e.Table.Changed.Gone))
		n += rowBytes * int64(len(e.Table.Changed.Rows)+len(e.Table.whole))
	}
	return n
}

// memory is what all labs of a set hold, and each client's.
type memory struct {
	most, each int64

	all atomic.Int64
	mu  sync.Mutex
	by  map[string]*atomic.Int64
}

// account is a client's part of a memory. Nil counts nothing and is never full.
type account struct {
	of   *memory
	own  *atomic.Int64
	each int64 // that the client may hold
}

func (m *memory) account(client string) *account {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by == nil {
		m.by = map[string]*atomic.Int64{}
	}
	own := m.by[client]
	if own == nil {
		// A client that has nothing left makes room for others to be known.
		if len(m.by) >= maxAccounts {
			for other, n := range m.by {
				if n.Load() == 0 {
					delete(m.by, other)
				}
			}
		}
		own = new(atomic.Int64)
		m.by[client] = own
	}
	each := m.each
	if client == "" { // the program itself
		each = m.most
	}
	return &account{m, own, each}
}

// maxAccounts is from how many clients on those are forgotten that hold nothing.
const maxAccounts = 4096

func (a *account) add(n int64) {
	if a != nil {
		a.of.all.Add(n)
		a.own.Add(n)
	}
}

// full reports whether all, or the client, hold more than they may.
func (a *account) full() bool {
	return a != nil && (a.of.all.Load() > a.of.most || a.own.Load() > a.each)
}

// lacks reports whether n bytes more would be too much for all, and for the client.
func (a *account) lacks(n int64) (all, own bool) {
	return a.of.all.Load()+n > a.of.most, a.own.Load()+n > a.each
}

// expected is what a lab can be expected to take. One that takes more finds its log full.
func (l *Lab) expected() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return min(l.log.bytes+int64(len(l.steps)*len(l.runs))*toldBytes, l.limits.MemoryEach)
}

// charge counts bytes that the log holds.
func (l *eventLog) charge(n int64) {
	l.bytes += n
	l.account.add(n)
}

// countFor counts what the log holds, and will hold, for a client.
func (l *eventLog) countFor(mu *sync.Mutex, a *account) {
	mu.Lock()
	defer mu.Unlock()
	l.account = a
	a.add(l.bytes)
}

// uncount ends that.
func (l *eventLog) uncount(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	l.account.add(-l.bytes)
	l.account = nil
}

// evictable reports whether a lab can be forgotten without a loss: it has ended; or it is
// calculated, rests, nobody waits for its events, and it is kept, so that it comes back when
// somebody asks for it.
func (ls *Labs) evictable(l *Lab) bool {
	select {
	case <-l.done:
		return true
	default:
	}
	if ls.keeper == nil || l.fleeting || !l.calculated() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.started && l.turn == resting && l.log.more == nil
}

// makeRoom forgets the oldest labs that can be until there is room for one more, for what it will
// have to tell, and for that among its client's.
func (ls *Labs) makeRoom(l *Lab) bool {
	need, a := l.expected(), ls.memory.account(l.client)
	for i := 0; ; {
		all, own := a.lacks(need)
		full := len(ls.all) >= ls.limits.Kept
		if !all && !own && !full {
			return true
		}
		for i < len(ls.all) && !((all || full || own && ls.all[i].client == l.client) && ls.evictable(ls.all[i])) {
			i++
		}
		if i == len(ls.all) {
			return !full && !all && !own
		}
		gone := ls.all[i]
		ls.forget(i)
		go gone.Cancel() // which takes the lock that is held here
	}
}
