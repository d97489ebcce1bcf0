package lab

import "time"

// A lab all of whose worlds are calculated has nothing to wait for: whoever makes it or appends to
// it runs it, one world after the other, and it takes a place among the labs that run only for as
// long as that lasts. Between its steps a live one holds no place and no goroutine.

// patience bounds how long a calculated lab runs in its caller; after that it continues in a
// goroutine.
const patience = 20 * time.Millisecond

// turn says where a calculated lab stands.
type turn int

const (
	resting   turn = iota // its worlds have caught up with the script
	inLine                // waiting for a place
	computing             // it has a place
)

// calculated reports whether all worlds of the lab are.
func (l *Lab) calculated() bool {
	for _, r := range l.runs {
		if !r.of.info.Calculated || r.real() {
			return false
		}
	}
	return true
}

// begin is called when a calculated lab gets a place. It reports whether that is the first, and
// false for ok if the lab has ended meanwhile.
func (l *Lab) begin() (first, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.log.ended {
		return false, false
	}
	l.turn = computing
	if first = !l.started; first {
		l.started = true
		l.log.add(Event{Kind: "status", Status: Running})
	}
	return first, true
}

// compute runs a lab that has a place until its worlds have caught up with the script. After some
// time it goes on in the background; 0 is for ever.
func (l *Lab) compute(most time.Duration) {
	var until time.Time
	if most > 0 {
		until = time.Now().Add(most)
	}
	for {
		for _, r := range l.runs {
			if r.world == nil && r.broken == nil {
				r.open()
			}
			if !r.catchUp(until) {
				go l.compute(0)
				return
			}
		}
		if l.rest() {
			return
		}
	}
}

// rest gives the place back when all worlds have caught up, and reports whether they have.
func (l *Lab) rest() bool {
	l.mu.Lock()
	for _, r := range l.runs {
		if r.next < len(l.steps) && !l.log.ended {
			l.mu.Unlock()
			return false
		}
	}
	for _, r := range l.runs {
		r.idle = true
	}
	if !l.log.ended {
		l.restLocked()
	}
	l.turn = resting
	ended := l.log.ended
	l.mu.Unlock()
	l.release()
	if ended {
		l.depart()
	}
	return true
}

// depart closes the worlds of a calculated lab that has ended.
func (l *Lab) depart() {
	l.parting.Do(func() {
		for _, r := range l.runs {
			r.close()
		}
		close(l.gone)
		l.departed()
	})
}

// resume puts a calculated lab that has got more steps in line, unless it is there or computes
// already, and runs it if its turn comes at once.
func (l *Lab) resume() {
	l.mu.Lock()
	rests := l.started && l.turn == resting && !l.log.ended
	if rests {
		l.turn = inLine
	}
	l.mu.Unlock()
	if rests && l.enqueue() {
		l.compute(patience)
	}
}
