package fsm

import (
	"container/heap"
	"time"
)

// Clock is virtual time since zero, and what is due. Time passes only in advance.
type Clock struct {
	now  time.Duration
	next uint64 // orders alarms of one instant
	due  alarms
}

// Now is the time since the clock's zero.
func (c *Clock) Now() time.Duration { return c.now }

// An alarm is a connection's timer or a segment's arrival. A timer that was stopped or set anew
// leaves its old alarm behind; ring knows it by its time.
type alarm struct {
	at     time.Duration
	order  uint64
	conn   *Conn
	timer  timer
	flight *flight
}

func (c *Clock) set(a alarm) {
	a.order = c.next
	c.next++
	heap.Push(&c.due, a)
}

// first is the next alarm that still counts; ok is false when there is none.
func (c *Clock) first() (alarm, bool) {
	for len(c.due) > 0 {
		a := c.due[0]
		if a.flight != nil && a.flight.due == a.at && a.flight.fate() == UnderWay ||
			a.conn != nil && a.conn.due[a.timer] == a.at {
			return a, true
		}
		heap.Pop(&c.due)
	}
	return alarm{}, false
}

func (c *Clock) pop() alarm { return heap.Pop(&c.due).(alarm) }

type alarms []alarm

func (h alarms) Len() int { return len(h) }
func (h alarms) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h alarms) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *alarms) Push(x any)   { *h = append(*h, x.(alarm)) }
func (h *alarms) Pop() any {
	old := *h
	a := old[len(old)-1]
	*h = old[:len(old)-1]
	return a
}
