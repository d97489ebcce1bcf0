package capture

import (
	"net/netip"
	"time"

	"fourwave/fsm"
)

// Bounds on what is read off times.
const (
	lostAfter = 150 * time.Millisecond // an acknowledgment is lost if what it acknowledges is sent again so much later
	sureAfter = time.Second            // what is not sent again for so long has arrived
)

// deliver lets an end receive what its own segment shows that it has received, and returns how many
// entries that made.
func (c *Conn) deliver(i int, p *sighted, again bool) int {
	e := &c.ends[i]
	before := len(c.Trace.Entries)
	upTo := 0
	if e.state == fsm.Listen && p.seg.Flags.Has(fsm.SYN|fsm.ACK) {
		c.answerLast(e)
	}
	for n, u := range e.queue {
		covered := p.seg.Flags.Has(fsm.ACK) && u.seg.SegLen() > 0 && !later(u.seg.End(), p.seg.Ack)
		opened := e.state == fsm.SynReceived && !p.seg.Flags.Has(fsm.SYN) && !p.seg.Flags.Has(fsm.RST) &&
			u.seg.Flags.Has(fsm.ACK)
		refused := p.seg.Flags.Has(fsm.RST) && !u.seg.Flags.Has(fsm.RST) // a reset answers what came last
		if covered || opened && upTo == 0 && !u.seg.Flags.Has(fsm.FIN) || refused {
			upTo = n + 1
		}
	}
	for _, u := range e.queue[:upTo] {
		c.arrive(i, u, p.at, false)
	}
	rest := e.queue[upTo:]
	e.queue = nil
	for _, u := range rest {
		bare := u.seg.SegLen() == 0 && !u.seg.Flags.Has(fsm.RST)
		switch {
		case again && bare && p.at.Sub(u.at) > lostAfter && !later(p.seg.End(), u.seg.Ack):
			c.fate(u.flight, fsm.Lost) // it was not heard, or this would not be sent again
		case u.seg.Flags.Has(fsm.RST) && p.at.Sub(u.at) > lostAfter && !p.seg.Flags.Has(fsm.RST):
			c.fate(u.flight, fsm.Lost) // the end goes on: the reset did not come, or was not taken
		default:
			e.queue = append(e.queue, u)
		}
	}
	return len(c.Trace.Entries) - before
}

// answerLast leaves only the last SYN that a listener was sent: what came before was for a
// connection of older times.
func (c *Conn) answerLast(e *end) {
	for n := len(e.queue) - 1; n > 0; n-- {
		if e.queue[n].seg.Flags.Has(fsm.SYN) {
			e.queue = e.queue[n:]
			return
		}
	}
}

func (c *Conn) fate(flight int, f fsm.Fate) { c.Trace.Flights[flight-1].Fate = f }

// arrive is the reception of a segment.
func (c *Conn) arrive(i int, u under, at time.Time, inferred bool) {
	e := &c.ends[i]
	c.fate(u.flight, fsm.Arrived)
	c.Trace.Flights[u.flight-1].Arrives = at.Sub(c.Began)
	to, event := e.take(&u.seg)
	if u.seg.Len > 0 && (to != fsm.Closed || e.state != fsm.Closed) {
		e.got += u.seg.Len
	}
	note := ""
	if inferred {
		note = "inferred"
	}
	if to == fsm.TimeWait {
		e.entered = at
		note = join(note, "2MSL until "+fsmSeconds(at.Add(timeWait).Sub(c.Began)))
	}
	c.entry(i, at, event, to, note, u.flight)
	if to != e.state {
		e.entered, e.inferred = at, inferred
	}
	e.state = to
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// fsmSeconds writes a time as traces do.
func fsmSeconds(d time.Duration) string {
	return time.Duration(d.Round(time.Millisecond)).String()
}

func (c *Conn) entry(i int, at time.Time, event fsm.Event, to fsm.State, note string, of int) *fsm.Entry {
	c.Trace.Entries = append(c.Trace.Entries, fsm.Entry{
		At: at.Sub(c.Began), Host: endNames[i], End: i +
			1, From: c.ends[i].state, Event: string(event), To: to, Note: note, Of: of,
	})
	return &c.Trace.Entries[len(c.Trace.Entries)-1]
}

// take is where a segment leads an end, by RFC 9293's figure 5, and how the event is called.
func (e *end) take(s *fsm.Segment) (fsm.State, fsm.Event) {
	switch e.state {
	case fsm.Listen:
		switch {
		case s.Flags.Has(fsm.RST):
			return fsm.Listen, fsm.RcvRST
		case s.Flags.Has(fsm.SYN):
			return fsm.SynReceived, fsm.RcvSYN
		}
		return fsm.Listen, fsm.RcvACK
	case fsm.SynSent:
		switch {
		case s.Flags.Has(fsm.RST):
			return fsm.Closed, fsm.RcvRSTRefuses
		case s.Flags.Has(fsm.SYN | fsm.ACK):
			return fsm.Established, fsm.RcvSYNACK
		case s.Flags.Has(fsm.SYN):
			return fsm.SynReceived, fsm.RcvSYN
		}
		return fsm.SynSent, fsm.RcvACK
	}
	if s.Flags.Has(fsm.RST) {
		return e.takeReset(s)
	}
	if s.Flags.Has(fsm.SYN) {
		if e.state == fsm.SynReceived && s.Flags.Has(fsm.ACK) {
			return fsm.Established, fsm.RcvSYNACK
		}
		return e.state, fsm.RcvSYN
	}
	return e.takeSegment(s)
}

func (e *end) takeReset(s *fsm.Segment) (fsm.State, fsm.Event) {
	switch {
	case e.state == fsm.Closed:
		return e.state, fsm.RcvRST
	case !e.acks || s.Seq == e.acked:
		return fsm.Closed, fsm.RcvRST
	case later(s.Seq, e.acked) && s.Seq-e.acked < 1<<20:
		return e.state, fsm.RcvRSTInWindow
	}
	return e.state, fsm.RcvRSTOutside
}

// takeSegment is for the synchronized states and SYN-RECEIVED.
func (e *end) takeSegment(s *fsm.Segment) (fsm.State, fsm.Event) {
	ackOfFIN := e.fin && s.Flags.Has(fsm.ACK) && later(s.Ack, e.finSeq)
	state, event := e.state, fsm.RcvACK
	if state == fsm.SynReceived && s.Flags.Has(fsm.ACK) {
		state, event = fsm.Established, fsm.RcvACKOfSYN
	}
	if s.Len > 0 {
		event = fsm.RcvData
	}
	if ackOfFIN {
		switch state {
		case fsm.FinWait1:
			state, event = fsm.FinWait2, fsm.RcvACKOfFIN
		case fsm.Closing:
			return fsm.TimeWait, fsm.RcvACKOfFIN
		case fsm.LastAck:
			return fsm.Closed, fsm.RcvACKOfFIN
		}
	}
	if !s.Flags.Has(fsm.FIN) {
		return state, event
	}
	if e.gotFIN {
		return state, fsm.RcvOldFIN
	}
	e.gotFIN = true
	switch state {
	case fsm.Established:
		return fsm.CloseWait, fsm.RcvFIN
	case fsm.FinWait1:
		return fsm.Closing, fsm.RcvFIN
	case fsm.FinWait2:
		if e.state == fsm.FinWait1 {
			return fsm.TimeWait, fsm.RcvFINACKOfFIN
		}
		return fsm.TimeWait, fsm.RcvFIN
	}
	return state, fsm.RcvFIN
}

// send is what an end's own segment tells of its user.
func (c *Conn) send(i int, p *sighted, again bool, flight, delivered int) {
	e, s := &c.ends[i], &p.seg
	to, event, note := e.state, fsm.UserSend, ""
	do, n := "", uint32(0)
	switch {
	case s.Flags.Has(fsm.RST) && e.state == fsm.SynSent:
		event = "answers an ACK of something else" // and stays in SYN-SENT (RFC 9293 §3.10.7.3, first)
	case s.Flags.Has(fsm.RST):
		c.sendReset(i, p, delivered)
		to, event = fsm.Closed, fsm.UserAbort
		if do = "abort"; e.state == fsm.Closed || e.state == fsm.Listen || e.state == fsm.TimeWait {
			do = ""
		}
	case again:
		event, note = fsm.TimeoutRetransmit, "retransmission"
	case s.Flags.Has(fsm.FIN):
		e.fin, e.finSeq = true, s.End()-1
		event, do, n = fsm.UserClose, "close", s.Len
		c.closed(i, p)
		switch e.state {
		case fsm.Established, fsm.SynReceived:
			to = fsm.FinWait1
		case fsm.CloseWait:
			to = fsm.LastAck
		}
	case s.Flags.Has(fsm.SYN) && !s.Flags.Has(fsm.ACK):
		if e.state == fsm.Closed || e.state == fsm.Listen {
			to, event, do = fsm.SynSent, fsm.UserActiveOpen, "open"
		}
	case s.Len > 0:
		do, n = "send", s.Len
	}
	if do != "" {
		c.steps = append(c.steps, step{p.at, i, do, n})
	}
	rel := c.Trace.Flights[flight-1].Segment
	bare := event == fsm.UserSend && s.Len == 0 || s.Flags.Has(fsm.RST) && do == ""
	if bare && delivered > 0 { // it answers what has just arrived
		last := &c.Trace.Entries[len(c.Trace.Entries)-1]
		last.Sent, last.Flights = append(last.Sent, rel), append(last.Flights, flight)
		if s.Flags.Has(fsm.RST) && to != e.state {
			last.To, e.state, e.entered = to, to, p.at
		}
		return
	}
	if bare && !s.Flags.Has(fsm.RST) {
		event = "sends an ACK"
	}
	entry := c.entry(i, p.at, event, to, note, 0)
	entry.Sent, entry.Flights = []fsm.Segment{rel}, []int{flight}
	if to != e.state {
		e.state, e.entered, e.inferred = to, p.at, false
	}
}

// closed notes which end closed first: both, if neither had received the other's FIN.
func (c *Conn) closed(i int, p *sighted) {
	other := &c.ends[1-i]
	switch {
	case c.ClosedFirst == "none":
		c.ClosedFirst = endNames[i]
	case c.ClosedFirst == endNames[1-i] && other.fin && !later(p.seg.Ack, other.finSeq):
		c.ClosedFirst = "both"
	}
}

// sendReset notes the first RST and what it answers.
func (c *Conn) sendReset(i int, p *sighted, delivered int) {
	if c.EndedBy == "rst" {
		return
	}
	e := &c.ends[i]
	c.EndedBy = "rst"
	c.reset = reset{by: i, seg: p.seg, before: e.state, after: p.at, ttl: p.ttl}
	if delivered > 0 {
		last := &c.Trace.Entries[len(c.Trace.Entries)-1]
		c.reset.afterOf, c.reset.before = last.Event, last.From
	}
	if c.ClosedFirst == "none" && e.state != fsm.Listen && e.state != fsm.Closed && e.state != fsm.SynReceived {
		c.ClosedFirst = endNames[i]
	}
}

// finish lets arrive what is still under way, unless it was sent again and again for nothing, and
// draws the conclusions.
func (c *Conn) finish(last time.Time) {
	for i := range c.ends {
		e, other := &c.ends[i], &c.ends[c.other(i)]
		for _, u := range e.queue {
			if other.again > 1 && u.seg.SegLen() > 0 && !u.seg.Flags.Has(fsm.RST) || e.state == fsm.Listen &&
				u.seg.Flags.Has(fsm.SYN) {
				continue // unanswered
			}
			c.arrive(i, u, u.at, last.Sub(u.at) < sureAfter || !e.seen)
		}
		if e.queue != nil && other.again > 1 {
			e.inferred = true
		}
		if e.state == fsm.Listen {
			e.state, e.inferred = fsm.Closed, !e.seen
		}
	}
	a, b := &c.ends[0], &c.ends[1]
	c.OneSided = c.A != c.B && (!a.seen || !b.seen)
	if c.A == c.B {
		*b = *a
	}
	if c.EndedBy == "none" && a.fin && b.fin && over(a.state) && over(b.state) {
		c.EndedBy = "fin"
	}
	if c.EndedBy == "rst" && a.fin && b.fin && c.reset.before != fsm.Established &&
		(a.state == fsm.TimeWait || b.state == fsm.TimeWait) {
		c.EndedBy = "fin"
	}
	addrs := [2]netip.AddrPort{c.A, c.B}
	for i, e := range c.ends {
		c.Ends[i] = End{addrs[i], e.state, e.inferred || c.OneSided && !e.seen}
		c.leave(i, &e)
	}
	c.Why = c.why()
}

func over(s fsm.State) bool { return s == fsm.Closed || s == fsm.TimeWait || s == fsm.LastAck }

// leave notes what an end leaves behind.
func (c *Conn) leave(i int, e *end) {
	l := Left{End: endNames[i], State: e.state, From: e.entered}
	switch e.state {
	case fsm.TimeWait:
		l.Until = e.entered.Add(timeWait)
	case fsm.FinWait1, fsm.FinWait2, fsm.CloseWait, fsm.LastAck, fsm.Closing, fsm.SynSent, fsm.SynReceived:
	default:
		return
	}
	c.LeftBehind = append(c.LeftBehind, l)
}
