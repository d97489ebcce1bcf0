package realsock

import (
	"cmp"
	"slices"
	"time"

	"fourwave/sockdiag"
)

// end is one end of one connection: what was last seen of it.
type end struct {
	id     int
	host   *host
	tuple  tuple
	cookie uint64 // of the full socket; a minisocket that follows it has another
	name   string
	last   sockdiag.Socket
	seenAt time.Duration
	gone   bool
	check  time.Duration // when to look again unasked; 0: no need
}

func (e *end) state() string {
	if e.gone {
		return sockdiag.Close.String()
	}
	return e.last.State.String()
}

// named is what is known of a name: the app's book, and the connection it means.
type named struct {
	book      book
	tuple     tuple // of its last connection, remembered for a forge; its addresses are not valid if there was none
	end       *end
	listening int // number of its listening, as of an end; 0: it does not
}

// ends are what a host's sockets are known to be.
type ends struct {
	host  *host
	live  map[tuple]*end
	names map[string]*named
}

func (es *ends) init(h *host) {
	es.host, es.live, es.names = h, map[tuple]*end{}, map[string]*named{}
}

// destroy ends every connection of the host at once. Otherwise the kernel would close them when the process is gone, and
// would keep the namespace while it sends their FINs again and again, to nobody: for a minute or two.
func (h *host) destroy() {
	for t, e := range h.ends.live {
		// It may be gone already, or the kernel may lack SOCK_DESTROY; then there is nothing better to do than to wait.
		_ = h.diag.Destroy(&sockdiag.Socket{Local: t.local, Remote: t.remote, Device: e.last.Device, Cookie: ^uint64(0)})
	}
}

// touch is one end that a step concerned, and why.
type touch struct {
	host  *host
	tuple tuple
	cause Cause
	sent  []int
	loop  []*Frame // all its segments in the step, if they went over loopback
}

// observe looks at the ends that a step concerned, in order, and tells what it saw.
func (r *runner) observe(touched []touch) {
	var legs []told
	for i := range touched {
		if t := &touched[i]; len(t.loop) == 0 {
			r.look(t.host, t.tuple, t.cause, t.sent)
		} else {
			legs = r.lookBack(t, legs)
		}
	}
	slices.SortStableFunc(legs, func(a, b told) int { return cmp.Compare(a.order, b.order) })
	for i := range legs {
		r.event(Event{Sighting: &legs[i].Sighting})
	}
}

// look asks sock_diag about one end and tells what it saw, if it changed or the cause is one that is always told.
func (r *runner) look(h *host, t tuple, cause Cause, sent []int) *end {
	s, ok, err := h.lookup(t)
	if err != nil {
		r.fail(err)
		return nil
	}
	e := h.ends.live[t]
	if !ok {
		if e != nil {
			r.sight(e, nil, cause, sent)
		} else if cause.Kind == "frame" {
			r.nobody(h, t, cause, sent)
		}
		return e
	}
	fresh := e == nil
	if e != nil && s.Cookie != e.cookie && !s.Mini() {
		// Another socket has these addresses now. The old one ended without a word.
		r.sight(e, nil, cause, nil)
		fresh = true
	}
	if fresh {
		e = r.newEnd(h, t, &s, cause)
	}
	r.sight(e, &s, cause, sent)
	return e
}

// lookup asks sock_diag about the connection with exactly these addresses. One that is bound to a
// device is found only under the device's index (inet_sk_bound_dev_eq), so once a socket of this
// host has been bound to one, the host's devices are tried too.
func (h *host) lookup(t tuple) (s sockdiag.Socket, ok bool, err error) {
	if t.local.Addr().Is4() != t.remote.Addr().Is4() {
		return s, false, nil
	}
	s, ok, err = h.diag.Lookup(t.local, t.remote, 0)
	for i := 0; i < len(h.devices) && h.bindsDevices && !ok && err == nil; i++ {
		s, ok, err = h.diag.Lookup(t.local, t.remote, h.devices[i])
	}
	return s, ok, err
}

func (r *runner) newEnd(h *host, t tuple, s *sockdiag.Socket, cause Cause) *end {
	r.lastEnd++
	e := &end{id: r.lastEnd, host: h, tuple: t, cookie: s.Cookie, last: sockdiag.Socket{State: sockdiag.Close}}
	if cause.Op != "connect" && s.State != sockdiag.SynSent && h.listener(t) != nil {
		e.last.State = sockdiag.Listen // a child
	}
	h.ends.live[t] = e
	return e
}

// listener is the host's listener that a segment to t.local from t.remote meets, nil if there is
// none: one on that very address before one on the wildcard, and the one that listened first of
// several. A listener that is bound to a device hears only what arrives there.
func (h *host) listener(t tuple) (best *named) {
	arrives := device
	if h.owns(t.remote.Addr()) {
		arrives = "lo"
	}
	for _, n := range h.ends.names {
		ip := n.book.Local.Addr()
		if n.listening == 0 || n.book.Local.Port() != t.local.Port() || !ip.IsUnspecified() && ip.Unmap() != t.local.Addr() {
			continue
		}
		if d := n.book.Device; d != "" && d != arrives {
			continue
		}
		if best == nil {
			best = n
			continue
		}
		wild := best.book.Local.Addr().IsUnspecified()
		if wild && !ip.IsUnspecified() || wild == ip.IsUnspecified() && n.listening < best.listening {
			best = n
		}
	}
	return best
}

// nobody tells of a segment that met no connection.
func (r *runner) nobody(h *host, t tuple, cause Cause, sent []int) {
	s := Sighting{At: r.now(), Host: h.name, Local: t.local, Remote: t.remote, Prev: sockdiag.Close.String(), Timer: sockdiag.NoTimer.String(), Cause: cause, Sent: sent}
	if n := h.listener(t); n != nil {
		s.End, s.Name, s.Prev = n.listening, n.book.Name, sockdiag.Listen.String()
	}
	s.State = s.Prev
	r.event(Event{Sighting: &s})
}

// sight takes in what was seen of e, nil for gone, and tells it.
func (r *runner) sight(e *end, s *sockdiag.Socket, cause Cause, sent []int) {
	prev, was := e.state(), e.last.RecvQ
	r.take(e, s)
	if prev == e.state() && cause.Kind == "timer" && len(sent) == 0 {
		return
	}
	seen := e.sighting(prev, cause, sent)
	seen.WasRecvQ = was
	r.event(Event{Sighting: &seen})
}

// take takes in what was seen of e, nil for gone.
func (r *runner) take(e *end, s *sockdiag.Socket) {
	prev := e.state()
	e.seenAt = r.now()
	if s == nil {
		e.gone, e.check = true, 0
		e.last.Timer, e.last.Expires, e.last.RecvQ, e.last.SendQ = 0, 0, 0, 0
		if e.host.ends.live[e.tuple] == e {
			delete(e.host.ends.live, e.tuple)
		}
	} else {
		e.last = *s
		r.rewatch(e, e.seenAt)
	}
	e.host.dirty = e.host.dirty || prev != e.state()
}

// sighting is what was seen of e last, and why it was looked at.
func (e *end) sighting(prev string, cause Cause, sent []int) Sighting {
	return Sighting{
		At: e.seenAt, Host: e.host.name, End: e.id, Name: e.name, Local: e.tuple.local, Remote: e.tuple.remote,
		Prev: prev, State: e.state(), Mini: !e.gone && e.last.Mini(), Timer: e.last.Timer.String(), Left: e.last.Expires,
		RecvQ: e.last.RecvQ, SendQ: e.last.SendQ, UID: e.last.UID, Inode: e.last.Inode, Cookie: e.last.Cookie,
		Cause: cause, Sent: sent,
	}
}

// A watch is a time to look at an end without being asked.
type watch struct {
	e  *end
	at time.Duration
}

func (w watch) dueAt() time.Duration { return w.at }
func (w watch) order() int           { return w.e.id }

// again is how often an end is looked at whose timer should have run out.
const again = 20 * time.Millisecond

// rewatch plans the next look at an end whose timer runs: when it expires, and from then on until something comes of it, for a
// kernel's timer may be late by an eighth of its length.
func (r *runner) rewatch(e *end, now time.Duration) {
	if e.last.Timer == 0 {
		e.check = 0
		return
	}
	at := now + max(e.last.Expires+2*time.Millisecond, again)
	if e.check != 0 && e.check > now && e.check <= at {
		return // there is a watch, and it comes sooner
	}
	e.check = at
	r.watches.push(watch{e, at})
}

// lookAround looks at the ends whose time has come.
func (r *runner) lookAround(now time.Duration) {
	for len(r.watches) > 0 && r.watches[0].at <= now {
		w := r.watches.pop()
		if w.e.gone || w.e.check != w.at {
			continue
		}
		w.e.check = 0
		r.look(w.e.host, w.e.tuple, Cause{Kind: "timer"}, nil)
	}
}

// listens tells of a socket that has begun to listen, or ceased.
func (r *runner) listens(h *host, n *named, cause Cause) {
	if listens := n.book.Open && n.book.State == sockdiag.Listen; listens == (n.listening != 0) {
		return
	}
	h.dirty = true
	s := Sighting{At: r.now(), Host: h.name, End: n.listening, Name: n.book.Name, Local: n.book.Local, Timer: sockdiag.NoTimer.String(), Cookie: n.book.Cookie, Cause: cause}
	if n.listening == 0 {
		r.lastEnd++
		n.listening = r.lastEnd
		s.End, s.Prev, s.State = n.listening, sockdiag.Close.String(), sockdiag.Listen.String()
	} else {
		n.listening = 0
		s.Prev, s.State = sockdiag.Listen.String(), sockdiag.Close.String()
	}
	r.event(Event{Sighting: &s})
}

// learn takes an app's book of a socket into the names, and finds the end that the name means.
func (r *runner) learn(h *host, b *book, cause Cause) *named {
	n := h.ends.names[b.Name]
	if n == nil || n.book.Cookie != b.Cookie {
		n = &named{}
		h.ends.names[b.Name] = n
		h.dirty = true
	}
	n.book = *b
	r.listens(h, n, cause)
	if !b.Local.IsValid() || b.Local.Addr().IsUnspecified() || !b.Remote.IsValid() {
		return n // not connected, or not any more
	}
	t := tuple{unmapped(b.Local), unmapped(b.Remote)}
	n.tuple = t
	e := h.ends.live[t]
	if e == nil || e.cookie != b.Cookie {
		// The end may be over already, or be new: a look tells, but never of another socket.
		if n.end != nil && n.end.tuple == t {
			return n
		}
		s, ok, err := h.lookup(t)
		if err != nil {
			r.fail(err)
			return n
		}
		if !ok || s.Cookie != b.Cookie {
			return n
		}
		if e != nil {
			r.sight(e, nil, Cause{Kind: "call", Op: "connect"}, nil)
		}
		e = r.newEnd(h, t, &s, Cause{Op: "connect"})
	}
	e.name = b.Name
	n.end = e
	return n
}
