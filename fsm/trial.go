package fsm

import "time"

// What a trial needs beyond the calls: to stop the world where a connection has just come into a
// state, and an end that hears nothing.

// Until lets what is due happen, one thing after the other, until ok says so. It reports whether
// that came to pass before limit.
func (n *Net) Until(limit time.Duration, ok func() bool) bool {
	end := n.clock.now + limit
	for !ok() {
		a, due := n.clock.first()
		if !due || a.at > end {
			return false
		}
		n.ring()
	}
	return true
}

// Lose loses what the connection has sent and what is still under way.
func (w *Wire) Lose(c *Conn) {
	src, dst := unmap(c.local), unmap(c.remote)
	for _, a := range w.net.clock.due {
		f := a.flight
		if f == nil || f.fate() != UnderWay || f.due != a.at || f.Src != src || f.Dst != dst {
			continue
		}
		if !f.delayed {
			w.busy--
		}
		f.Flight.Fate, f.Note = Lost, "the other end hears nothing"
		w.tell(f)
	}
}
