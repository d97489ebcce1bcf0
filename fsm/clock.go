package fsm

import "time"

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
	c.due.push(a)
}

// first is the next alarm that still counts; ok is false when there is none.
func (c *Clock) first() (alarm, bool) {
	for len(c.due) > 0 {
		a := c.due[0]
		if a.flight != nil && a.flight.due == a.at && a.flight.fate() == UnderWay ||
			a.conn != nil && a.conn.due[a.timer] == a.at {
			return a, true
		}
		c.due.pop()
	}
	return alarm{}, false
}

func (c *Clock) pop() alarm { return c.due.pop() }

// alarms is a heap, the next one first. container/heap would box every alarm.
type alarms []alarm

func (a *alarm) before(b *alarm) bool { return a.at < b.at || a.at == b.at && a.order < b.order }

func (h *alarms) push(a alarm) {
	*h = append(*h, a)
	q := *h
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !a.before(&q[up]) {
			break
		}
		q[i], i = q[up], up
	}
	q[i] = a
}

func (h *alarms) pop() alarm {
	q := *h
	first, last := q[0], q[len(q)-1]
	q[len(q)-1] = alarm{} // what it pointed to may be collected
	q = q[:len(q)-1]
	*h = q
	if len(q) == 0 {
		return first
	}
	i := 0
	for {
		down := 2*i + 1
		if down+1 < len(q) && q[down+1].before(&q[down]) {
			down++
		}
		if down >= len(q) || !q[down].before(&last) {
			break
		}
		q[i], i = q[down], down
	}
	q[i] = last
	return first
}
