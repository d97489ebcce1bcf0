package fsm

import (
	"slices"
	"time"
)

// Call is a call that may block. It is data, so that a laboratory can be copied with the calls that
// are under way in it.
type Call struct {
	op      callOp
	conn    *Conn
	as      string        // accept
	n, left int           // octets of send and recv
	until   time.Duration // close with linger
	outcome Outcome       // of a call that came back at once
	why     *Why          // connect: what let it have its five-tuple, where that is worth a word
}

type callOp int

const (
	opDone callOp = iota
	opAccept
	opConnect
	opSend
	opRecv
	opClose
)

// done is a call that came back at once.
func done(o Outcome) Call { return Call{outcome: o} }

// Pending is a call that was made; once it has come back, Outcome is what it came to.
type Pending struct {
	call    Call
	Outcome Outcome
	Done    bool
}

// Start makes a call. If it would block it goes on in the background, as time passes.
func (n *Net) Start(c Call) *Pending {
	p := &Pending{call: c}
	if p.poll(); !p.Done {
		n.waiting = append(n.waiting, p)
	}
	n.flush()
	return p
}

// Await gives a call until limit to come back. One that does not answers as if it did not block,
// and goes on in the background; but a recv only waits again when it is awaited again, so that it
// takes no data from a later one.
func (n *Net) Await(p *Pending, limit time.Duration) Outcome {
	if !p.Done && !slices.Contains(n.waiting, p) {
		if p.poll(); !p.Done {
			n.waiting = append(n.waiting, p)
		}
		n.flush()
	}
	end := n.clock.now + limit
	stalled := false
	for !p.Done {
		a, ok := n.clock.first()
		if !ok || a.at > end {
			stalled = !ok && len(n.wire.held) == 0
			n.clock.now = end
			n.poll()
			break
		}
		n.ring()
	}
	if p.Done {
		return p.Outcome
	}
	if p.call.op == opRecv {
		n.waiting = slices.DeleteFunc(n.waiting, func(q *Pending) bool { return q == p })
	}
	if stalled && (p.call.op == opSend || p.call.op == opClose) {
		return Outcome{N: p.call.n - p.call.left, Stalled: true, Why: explain("stalled")}
	}
	return p.call.withoutBlocking()
}

// endCalls ends the calls that wait on a socket whose descriptor is closed. What the kernel had
// taken of a send is still sent.
func (n *Net) endCalls(c *Conn) {
	n.waiting = slices.DeleteFunc(n.waiting, func(p *Pending) bool {
		if p.call.conn != c || p.call.op == opClose {
			return false
		}
		p.Done = true
		if p.Outcome = fail(EBADF, explain("closed-descriptor")); p.call.op == opSend && p.call.left < p.call.n {
			p.Outcome = Outcome{N: p.call.n - p.call.left}
		}
		return true
	})
}

// poll looks which of the calls that block have come back.
func (n *Net) poll() {
	n.waiting = slices.DeleteFunc(n.waiting, func(p *Pending) bool {
		p.poll()
		return p.Done
	})
}

func (p *Pending) poll() {
	if !p.Done {
		p.Outcome, p.Done = p.call.poll()
	}
}

// poll tries once more.
func (c *Call) poll() (Outcome, bool) {
	switch c.op {
	case opAccept:
		return c.pollAccept()
	case opConnect:
		return c.pollConnect()
	case opSend:
		return c.pollSend()
	case opRecv:
		return c.pollRecv()
	case opClose:
		return c.pollClose()
	}
	return c.outcome, true
}

// withoutBlocking is what the call answers if it may not wait any longer.
func (c *Call) withoutBlocking() Outcome {
	switch c.op {
	case opAccept:
		return fail(EAGAIN, explain("accept-nothing"))
	case opConnect:
		if w := c.conn.heard; w != nil {
			return fail(EINPROGRESS, w.Copy())
		}
		return fail(EINPROGRESS, explain("connect-waits"))
	case opSend:
		if c.left == c.n {
			return Outcome{Pending: true, Why: explain("send-waits")}
		}
		return Outcome{N: c.n - c.left}
	case opRecv:
		return fail(EAGAIN, explain("recv-nothing"))
	case opClose:
		return Outcome{Pending: true, Why: explain("close-lingers")}
	}
	return c.outcome
}

func (c *Call) pollAccept() (Outcome, bool) {
	l := c.conn
	switch {
	case l.state != Listen:
		return fail(EINVAL, explain("accept-needs-listen")), true
	case len(l.accepted) == 0:
		return Outcome{}, false
	}
	h, child := l.host, l.accepted[0]
	l.accepted = slices.Delete(l.accepted, 0, 1)
	l.touch()
	child.listener = nil
	h.install(child)
	if old := h.named[c.as]; c.as != "" && old != nil && old.open { // made while the call waited
		h.close(child, false)
		return fail(EMFILE, nil), true
	}
	child.name, child.UID = c.as, l.UID // who accepts owns (sock_graft)
	h.named[c.as] = child
	h.changed = true
	return Outcome{}, true
}

func (c *Call) pollConnect() (Outcome, bool) {
	s := c.conn
	switch {
	case s.state == SynSent, s.state == SynReceived:
		return Outcome{}, false
	case s.detached(): // also in TIME-WAIT: a socket that shutdown() had closed before has met itself
		s.connecting = false
		if s.state == Closed {
			s.noReader, s.noWriter, s.wasConn = false, false, false // as good as new (tcp_disconnect)
			s.host.disconnected(s)
		}
		e := s.takeError()
		if e == "" {
			e = ECONNABORTED
		}
		if s.softErr == e {
			return fail(e, explain("connect-icmp")), true
		}
		if s.heard != nil {
			return fail(e, s.heard.Copy()), true
		}
		return fail(e, explain("connect-"+string(e))), true
	}
	s.connecting = false
	why := c.why
	if why == nil && s.heard != nil {
		why = s.heard.Copy()
	}
	return Outcome{Why: why}, true
}

func (c *Call) pollSend() (Outcome, bool) {
	s := c.conn
	if s.pendingErr != "" && c.left < c.n {
		return Outcome{N: c.n - c.left}, true // the error is left for the next call (tcp_sendmsg_locked, do_error)
	}
	if e := s.takeError(); e != "" {
		return fail(e, explain("send-error")), true
	}
	switch {
	case s.noWriter, s.detached(), s.state == Listen:
		if c.left < c.n {
			return Outcome{N: c.n - c.left}, true
		}
		return fail(EPIPE, explain("send-after-close")), true
	case s.state == SynSent, s.state == SynReceived:
		return Outcome{}, false
	}
	for c.left > 0 && s.writable() {
		s.restart()
		took := s.put(uint32(c.left))
		if took == 0 {
			break
		}
		c.left -= int(took)
		s.take(UserSend, nil)
	}
	return Outcome{N: c.n}, c.left == 0
}

func (c *Call) pollRecv() (Outcome, bool) {
	s := c.conn
	switch {
	case s.state == Listen:
		return fail(ENOTCONN, explain("not-connected")), true
	case s.unread > 0:
		got := min(s.unread, uint32(c.n))
		s.unread -= got
		s.touch()
		s.finUnread = s.finUnread && int(got) == c.n
		s.wasRead(got)
		if !s.detached() {
			s.readerDrained()
		}
		return Outcome{N: int(got)}, true
	case s.finSeen:
		s.finUnread = false
		return Outcome{EOF: true, Why: explain("recv-eof")}, true
	}
	if e := s.takeError(); e != "" {
		return fail(e, explain("recv-error")), true
	}
	switch {
	case s.noReader, s.wasConn && s.detached():
		return Outcome{EOF: true, Why: explain("recv-eof")}, true
	case s.detached():
		return fail(ENOTCONN, explain("not-connected")), true
	}
	return Outcome{}, false
}

// pollClose is sk_stream_wait_close: until close() returns the connection is no orphan.
func (c *Call) pollClose() (Outcome, bool) {
	s := c.conn
	pending := s.state == FinWait1 || s.state == Closing || s.state == LastAck
	if pending && s.net().Now() < c.until {
		return Outcome{}, false
	}
	if s.open {
		s.open = false
		s.orphan()
	}
	return Outcome{}, true
}
