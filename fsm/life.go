package fsm

import "time"

// life is the connection of a crowd that lives just now: both of its ends, and what is about to
// happen to them.
type life struct {
	crowd *Crowd
	now   time.Duration
	port  uint16
	ends  [2]end
	soon  [8]coming // in order of time, and of one instant in the order in which they were set
	n     int
}

// end is one end while it lives: the variables of RFC 9293 §3.3.1 that a wire without loss leaves
// of use.
type end struct {
	state          uint8
	finSent        bool
	sndNxt, rcvNxt uint32
	tsRecent       uint32
	ackDue         time.Duration // of the delayed ACK; never
}

// coming is a segment's arrival at an end, or its delayed-ACK timer.
type coming struct {
	at     time.Duration
	flight int32 // its place in the log; delayedACK for the timer
	to     uint8
}

const delayedACK = -1

// begin makes a connection of nobody's: the server listens, its child is made with the SYN.
func (l *life) begin(at time.Duration, port uint16) {
	l.now, l.port, l.n = at, port, 0
	l.ends[atClient] = end{state: numClosed, ackDue: never}
	l.ends[atServer] = end{state: numListen, ackDue: never}
}

// until lets time pass: what is due happens in order.
func (l *life) until(t time.Duration) {
	for l.n > 0 && l.soon[0].at <= t {
		next := l.soon[0]
		l.n--
		copy(l.soon[:l.n], l.soon[1:])
		l.now = next.at
		e := &l.ends[next.to]
		switch {
		case next.flight != delayedACK:
			in := l.crowd.log.flights[next.flight].Segment
			l.take(next.to, e.judge(&in), &in)
		case e.ackDue == next.at:
			e.ackDue = never
			l.take(next.to, numTimeoutDelayedACK, nil)
		}
	}
	l.now = t
}

func (l *life) set(c coming) {
	if l.n == len(l.soon) {
		panic("BUG: more is under way than four calls can cause")
	}
	i := l.n
	for ; i > 0 && l.soon[i-1].at > c.at; i-- {
		l.soon[i] = l.soon[i-1]
	}
	l.soon[i] = c
	l.n++
}

// judge is Conn.judge for a wire that loses nothing: every segment begins at RCV.NXT.
func (e *end) judge(s *Segment) uint8 {
	ackOfFIN := e.finSent && s.Ack == e.sndNxt &&
		(e.state == numFinWait1 || e.state == numClosing || e.state == numLastAck)
	switch {
	case s.Flags.Has(SYN | ACK):
		return numRcvSYNACK
	case s.Flags.Has(SYN):
		return numRcvSYN
	case e.state == numSynReceived:
		return numRcvACKOfSYN
	case s.Flags.Has(FIN) && ackOfFIN:
		return numRcvFINACKOfFIN
	case s.Flags.Has(FIN):
		return numRcvFIN
	case ackOfFIN:
		return numRcvACKOfFIN
	}
	return numRcvACK
}

// take is Conn.take for such a wire: of what an arrow can ask for, what a connection without data
// and without mishap is asked.
func (l *life) take(who, event uint8, in *Segment) {
	e := &l.ends[who]
	at := cellOf(e.state, event)
	a := &l.crowd.machine.arrows[at&1023] // the mask spares a check of bounds
	if in != nil {
		e.receive(a.do, in)
	}
	e.state = a.to
	l.respond(who, e, a.do)
	l.crowd.log.mark(milliseconds(l.now), l.crowd.conns, who, at)
}

func (e *end) receive(do Action, in *Segment) {
	e.tsRecent = in.TSVal
	if in.Flags.Has(SYN) || do&TakeFIN != 0 {
		e.rcvNxt++
	}
}

func (l *life) respond(who uint8, e *end, do Action) {
	p := l.crowd.profile
	if do&Start2MSL != 0 {
		due := milliseconds(l.now + p.TimeWait)
		l.crowd.waits.push(waiting{mini{e.sndNxt, e.rcvNxt, e.tsRecent, due}, l.crowd.conns<<1 | uint32(who)})
	}
	switch {
	case do&SendSYN != 0:
		l.send(who, e, SYN)
	case do&SendSYNACK != 0:
		l.send(who, e, SYN|ACK)
	case do&SendACK != 0, do&AckText != 0 && p.DelayedACK == 0:
		l.send(who, e, ACK)
	case do&AckText != 0:
		e.ackDue = l.now + p.Tick // nothing but a FIN came: Conn.acknowledge waits as little as a timer can
		l.set(coming{e.ackDue, delayedACK, who})
	}
	if do&SendFIN != 0 {
		e.finSent = true
		l.send(who, e, FIN|ACK)
	}
}

// send puts a segment on the wire. Before the SYN, SND.NXT is the ISN: 0.
func (l *life) send(who uint8, e *end, flags Flags) {
	log := l.crowd.log
	l.set(coming{l.now + l.crowd.latency, int32(len(log.flights)), 1 - who})
	f := log.fly()
	f.mark, f.port, f.from = uint32(len(log.marks)), l.port, who
	f.Seq, f.Flags = e.sndNxt, flags
	if f.Wnd = l.crowd.windows[who].syn; !flags.Has(SYN) {
		f.Wnd = l.crowd.window(who, e.rcvNxt)
	}
	if flags.Has(ACK) {
		f.Ack, f.TSEcr, e.ackDue = e.rcvNxt, e.tsRecent, never
	}
	if f.HasTS = l.crowd.profile.Timestamps; f.HasTS {
		f.TSVal = milliseconds(l.now) + 1
	}
	if flags&(SYN|FIN) != 0 {
		e.sndNxt++
	}
}
