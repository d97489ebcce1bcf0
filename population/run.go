package population

import (
	"time"
)

// setup is a population as numbers. Connections come at an even rate and take the groups in turn.
//
// A group is what has ports of its own: a destination and a source address where connect() chooses
// the port, since the same port may be used towards another destination; a source address alone
// where bind() chooses it. All groups have the same number of ports.
type setup struct {
	rate    float64 // connections a second
	every   float64 // nanoseconds between two
	n       int     // connections in all
	groups  int
	ports   int           // of each group
	life    time.Duration // from connect() to TIME-WAIT
	wait    time.Duration // of TIME-WAIT
	ripe    time.Duration // age from which a new connection may take a TIME-WAIT over; wait: never
	buckets int           // most TIME-WAITs of all groups
	whole   bool          // connections come at whole milliseconds
}

// count is what became of a population, or what there is at an instant.
type count struct {
	opened, refused, takenOver, dropped int
	open, waits, left                   int
}

// run is a population while it is counted.
//
// All connections live equally long, so whatever happens to them happens in the order in which they
// came. So a bit a connection is enough: set as long as it holds its port. Three marks go over
// them, each in the order of time: behind enter are those in TIME-WAIT, behind ripen those whose
// TIME-WAIT may be taken over, behind expire those that are gone.
type run struct {
	setup
	holds                 []uint64
	enter, ripen, expire  mark
	came                  int
	held, blocked, oldest []int32 // of each group: ports held; those that nothing may take over; where to look
	now                   count
	first                 time.Duration // when the first was refused; -1: never
	peakOpen, peakWaits   int
	peakLeft, peakHeld    int // fewest ports left in a group; most held in all
}

// mark is how far a kind of event has come, and when the next is due.
type mark struct {
	next int
	due  time.Duration
	lag  time.Duration // after the connection came
}

func newRun(s setup) *run {
	s.every = 1e9 / s.rate
	r := &run{setup: s, holds: make([]uint64, s.n/64+1), first: -1, peakLeft: s.ports}
	r.held, r.blocked, r.oldest = make([]int32, s.groups), make([]int32, s.groups), make([]int32, s.groups)
	for g := range r.oldest {
		r.oldest[g] = int32(g)
	}
	r.enter.lag, r.expire.lag, r.ripen.lag = s.life, s.life+s.wait, s.life+s.ripe
	for _, m := range []*mark{&r.enter, &r.ripen, &r.expire} {
		m.due = m.lag
	}
	r.now.left = s.ports
	return r
}

// at is when a connection comes.
func (s *setup) at(k int) time.Duration {
	d := time.Duration(float64(k)*s.every + 0.5)
	if s.whole {
		d = d.Truncate(time.Millisecond)
	}
	return d
}

// reuses reports whether a TIME-WAIT can be taken over at all.
func (s *setup) reuses() bool { return s.ripe < s.wait }

// until counts to an instant, that instant included.
func (r *run) until(end time.Duration) {
	for r.came < r.n {
		t := r.at(r.came)
		if t > end {
			break
		}
		r.pass(t)
		r.connect(t)
	}
	r.pass(end)
	r.now.left = r.ports
	for _, b := range r.blocked {
		r.now.left = min(r.now.left, r.ports-int(b))
	}
}

// connect has the next connection come, or be refused.
func (r *run) connect(t time.Duration) {
	k := r.came
	r.came++
	g := k % r.groups
	if int(r.blocked[g]) == r.ports {
		if r.now.refused++; r.first < 0 {
			r.first = t
		}
		return
	}
	if int(r.held[g]) == r.ports {
		r.takeOver(g)
	}
	r.holds[k/64] |= 1 << (k % 64)
	r.held[g]++
	r.blocked[g]++
	r.now.opened++
	r.now.open++
	r.peakOpen = max(r.peakOpen, r.now.open)
	r.peakHeld = max(r.peakHeld, r.now.open+r.now.waits)
	r.peakLeft = min(r.peakLeft, r.ports-int(r.blocked[g]))
}

// takeOver ends the oldest TIME-WAIT of a group.
func (r *run) takeOver(g int) {
	k := int(r.oldest[g])
	for !r.has(k) {
		k += r.groups
	}
	r.drop(k)
	r.oldest[g] = int32(k)
	r.held[g]--
	r.now.waits--
	r.now.takenOver++
}

func (r *run) has(k int) bool { return r.holds[k/64]&(1<<(k%64)) != 0 }
func (r *run) drop(k int)     { r.holds[k/64] &^= 1 << (k % 64) }

// step moves a mark on and reports whose turn it was, and if that connection still holds its port.
func (r *run) step(m *mark) (k int, held bool) {
	k = m.next
	m.next++
	m.due = r.at(m.next) + m.lag
	return k, r.has(k)
}

// pass lets time pass to t: what is due by then happens in order; of one instant, ends come first.
func (r *run) pass(t time.Duration) {
	for {
		switch {
		case r.reuses() && r.ripen.next < r.enter.next && r.ripen.due <= t && r.ripen.due <= r.enter.due:
			if k, held := r.step(&r.ripen); held {
				r.blocked[k%r.groups]--
			}
		case r.expire.next < r.enter.next && r.expire.due <= t && r.expire.due <= r.enter.due:
			if k, held := r.step(&r.expire); held {
				r.drop(k)
				g := k % r.groups
				r.held[g]--
				r.now.waits--
				if !r.reuses() {
					r.blocked[g]--
				}
			}
		case r.enter.next < r.came && r.enter.due <= t:
			r.close()
		default:
			return
		}
	}
}

// close has the next connection reach TIME-WAIT, if there is room for one more.
func (r *run) close() {
	k, held := r.step(&r.enter)
	if !held {
		return
	}
	r.now.open--
	if r.now.waits >= r.buckets {
		r.drop(k)
		g := k % r.groups
		r.held[g]--
		r.blocked[g]--
		r.now.dropped++
		return
	}
	r.now.waits++
	r.peakWaits = max(r.peakWaits, r.now.waits)
}

// maxRate is how many connections a second never run out of ports; 0 if any number can be had. It
// is the arithmetic of ports over the time for which each is held.
func (s *setup) maxRate() float64 {
	all := float64(s.groups) * float64(s.ports)
	hold := s.life + min(s.ripe, s.wait)
	if hold <= 0 {
		return 0
	}
	rate := all / hold.Seconds()
	if float64(s.buckets) < all && !s.reuses() { // the rest of the ports are free as soon as they are closed
		if s.life <= 0 {
			return 0
		}
		rate = max(rate, (all-float64(s.buckets))/s.life.Seconds())
	}
	return rate
}
