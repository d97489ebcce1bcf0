package realsock

import "fourwave/sockdiag"

// told is a sighting that waits for its place among others.
type told struct {
	Sighting
	order int
}

// lookBack looks at an end whose segments went over loopback, and tells the way it must have come.
func (r *runner) lookBack(t *touch, legs []told) []told {
	h, first := t.host, t.loop[0]
	e := h.ends.live[t.tuple]
	s, ok, err := h.lookup(t.tuple)
	if err != nil {
		r.fail(err)
		return legs
	}
	if e != nil && ok && s.Cookie != e.cookie && !s.Mini() {
		// Another socket has these addresses now.
		r.sight(e, nil, t.cause, nil)
		e = nil
	}
	start, arrives := sockdiag.Close.String(), first.Src != t.tuple.local
	switch {
	case e != nil:
		start = e.state()
	case arrives && h.listener(t.tuple) != nil:
		start = sockdiag.Listen.String()
	}
	way := walk(start, t.tuple, t.cause, t.loop)
	if e == nil {
		if e = r.passing(t, start, way, ok); ok {
			e = r.newEnd(h, t.tuple, &s, t.cause)
			if start == sockdiag.Listen.String() {
				e.last.State = sockdiag.Listen
			}
		}
	}
	prev, was := e.state(), e.last.RecvQ
	end := way[len(way)-1].state
	switch {
	case ok:
		r.take(e, &s)
	case h.ends.live[t.tuple] == e:
		r.take(e, nil)
	default:
		e.seenAt = r.now()
		if end == start {
			e.last.State = sockdiag.Close
			if end == sockdiag.Listen.String() {
				e.last.State = sockdiag.Listen
			}
		}
	}
	if end != e.state() {
		// The segments tell another story: believe the look alone.
		seen := e.sighting(prev, t.cause, t.sent)
		seen.WasRecvQ = was
		return append(legs, told{seen, first.ID})
	}
	return append(legs, e.retold(way, was)...)
}

// retold is the way of an end, of which only the last step was seen.
func (e *end) retold(way []leg, was int) (legs []told) {
	for i, l := range way {
		seen := e.sighting(l.prev, l.cause, l.sent)
		if i < len(way)-1 {
			seen.Inferred, seen.Mini, seen.Timer, seen.Left = true, false, sockdiag.NoTimer.String(), 0
		}
		seen.State = l.state
		seen.WasRecvQ, was = was, seen.RecvQ
		legs = append(legs, told{seen, l.order})
	}
	return legs
}

// passing is an end that nobody could have looked at: it came and went within the step, as a connect does that is refused, or a segment met
// nobody, or a listener.
func (r *runner) passing(t *touch, start string, way []leg, stays bool) *end {
	e := &end{host: t.host, tuple: t.tuple, last: sockdiag.Socket{State: sockdiag.Close}}
	if stays {
		return e
	}
	if n := t.host.listener(t.tuple); n != nil && start == sockdiag.Listen.String() {
		e.id, e.name, e.last.State = n.listening, n.book.Name, sockdiag.Listen
	}
	for _, l := range way {
		if l.state != start && t.cause.Kind == "call" {
			r.lastEnd++
			e.id, e.name, e.last.State = r.lastEnd, t.cause.Name, sockdiag.Close
			break
		}
	}
	return e
}
