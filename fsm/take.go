package fsm

import (
	"fmt"
	"slices"
	"time"
)

// take carries out what the table says of an event: the state changes, segments are taken and sent,
// and one line of the trace is written. in is the segment that the event is about, nil for calls
// and timers.
func (c *Conn) take(e Event, in *Segment) *Row { return c.takeBy("", e, in) }

// takeBy is take where a rule decided that the event happens.
func (c *Conn) takeBy(rule string, e Event, in *Segment) *Row {
	n := c.net()
	row := n.machine.row(c.state, e)
	if row == nil {
		panic(fmt.Sprintf("BUG: %s %s: no row for %q in %s", c.host.name, c.name, e, c.state))
	}
	c.touch()
	if begins := c.state == Closed && row.To != Closed; begins || c.end == 0 && c.state != Closed {
		n.ends++
		c.end = n.ends
	}
	if n.profile.unknown(c.state, e) {
		c.unknown = true
		n.write(Entry{At: n.Now(), Host: c.host.name, Socket: c.name, End: c.end, From: c.state, Event: string(e),
			To: c.state, Note: NotDocumented})
		n.record(c.host)
		return row
	}
	entry := n.write(Entry{At: n.Now(), Host: c.host.name, Socket: c.name, End: c.end, From: c.state, Event: string(e)})
	if in != nil {
		entry.Note, entry.Of = c.stale(row, in), c.host.arrivingID()
	}
	if e == RcvICMPHard || e == RcvICMPSoft {
		entry.Note = c.icmpNote
	}
	c.receive(row, in)
	c.state = row.To
	if row.From != row.To && (row.From == Listen || row.To == Listen) && c.inPorts {
		c.host.ports[c.local.Port()].hear(c)
	}
	c.respond(row, in)
	if row.From == FinWait1 && c.state == FinWait2 && !c.open && c.Linger2 >= 0 && in != nil {
		c.orphanEntersFinWait2(*in)
	}
	entry.To = c.state
	c.wasConn = c.wasConn || c.state == Established || c.state == CloseWait
	if row.Do&Start2MSL != 0 && c.state == TimeWait {
		entry.Note = until2MSL(c.due[timer2MSL])
	}
	entry.Section, entry.Rule = row.Section, rule
	if rule == "" {
		entry.Rule = row.Section
	}
	n.record(c.host)
	return row
}

// receive takes from the segment what counts.
func (c *Conn) receive(row *Row, in *Segment) {
	if in == nil {
		return
	}
	if c.ts && in.HasTS && row.Do&(TakeACK|TakeText|Start2MSL) != 0 && c.dates(row.Event, *in) {
		c.tsRecent = in.TSVal
	}
	if row.Do&TakeACK != 0 {
		c.takeACK(*in)
	}
	if !row.From.Synchronized() && row.To.Synchronized() {
		c.settle()
	}
	if row.Do&(TakeText|TakeFIN) != 0 {
		c.takeText(*in, row.Do&TakeFIN != 0)
	}
	if row.Event == RcvNoRoom {
		c.in.full = true // the ACK says that there is no window
		c.ack.quick = 0
	}
	if row.Do&Queue != 0 {
		c.queue(*in)
	}
}

// dates reports whether TS.Recent is taken from the segment (RFC 7323 §4.3): "If: SEG.TSval >=
// TS.Recent and SEG.SEQ <= Last.ACK.sent then SEG.TSval is copied to TS.Recent". So of several
// segments that one ACK answers, the first is echoed, and the round trip that the peer measures
// includes the delay of the ACK. In a minisocket only
// what is exactly in order counts (tcp_timewait_state_process).
func (c *Conn) dates(e Event, s Segment) bool {
	if before(s.TSVal, c.tsRecent) {
		return false
	}
	if c.mini {
		return e == RcvACK && c.state == TimeWait || e == RcvFIN && c.state == FinWait2
	}
	return !after(s.Seq, c.rcvWup) && !before(s.Ack, c.sndUna)
}

// queue keeps a segment that lies beyond a gap: "Segments with higher beginning sequence numbers
// SHOULD be held for later processing (SHLD-31)." What lies there already is not kept twice.
func (c *Conn) queue(s Segment) {
	if !before(s.Seq, c.rcvNxt+c.rcvWindow()) {
		c.ack.quicken(c) // tcp_data_queue: out_of_window
		return
	}
	const most = 1024
	known := slices.ContainsFunc(c.ahead, func(a Segment) bool {
		return !after(a.Seq, s.Seq) && !before(a.End(), s.End()) && (a.Flags.Has(FIN) || !s.Flags.Has(FIN))
	})
	if !known && len(c.ahead) < most {
		c.ahead = append(c.ahead, s)
	}
}

// respond does what comes after the change of state.
func (c *Conn) respond(row *Row, in *Segment) {
	do := row.Do
	switch {
	case do&ErrReset != 0:
		c.pendingErr = ECONNRESET
		if row.From == CloseWait {
			c.pendingErr = EPIPE // tcp_reset
		}
	case do&ErrRefused != 0:
		c.pendingErr = ECONNREFUSED
	case do&ErrTimeout != 0:
		c.pendingErr = ETIMEDOUT
		if c.softErr != "" {
			c.pendingErr = c.softErr // tcp_write_err
		}
	case do&ErrICMP != 0:
		c.pendingErr = c.softErr
	}
	if do&Start2MSL != 0 {
		c.enterTimeWait(row)
	}
	if do&SendSYN != 0 {
		c.push(Segment{Seq: c.iss, Flags: SYN, Wnd: min(c.rcvWnd, 65535)})
	}
	if do&SendSYNACK != 0 {
		c.push(Segment{Seq: c.iss, Flags: SYN | ACK, Wnd: min(c.rcvWnd, 65535)})
	}
	switch {
	case do&SendACK != 0:
		c.sendACK(row, in)
	case do&AckText != 0:
		c.acknowledge()
	}
	if do&SendFIN != 0 {
		c.finQueued = true
	}
	if do&(SendFIN|SendData|TakeACK) != 0 && c.state != Closed {
		c.output()
	}
	if do&SendRST != 0 {
		c.sendRST(in)
	}
	if do&SendProbe != 0 {
		c.probe()
	}
	if do&Retransmit != 0 && c.mayRepeat(row.Event) {
		c.retransmit()
	}
	if do&RetransmitSoon != 0 && c.retries == 0 {
		c.setTimer(timerRetransmit, 2*c.profile().Tick)
	}
	if do&DeleteTCB != 0 {
		c.delete()
	}
}

// enterTimeWait starts the 2MSL timer, or starts it again, and turns the others off. §3.10.7.4 on
// TIME-WAIT: "The only thing that can arrive in this state is a retransmission of the remote FIN.
// Acknowledge it, and restart the 2 MSL timeout." A system with
// minisockets may have no room for one more: then the connection is simply gone
// (tcp_max_tw_buckets).
func (c *Conn) enterTimeWait(row *Row) {
	if row.From != TimeWait || !c.mini {
		if row.Do&SendACK != 0 {
			c.window() // the full socket's last ACK says what the minisocket keeps to
		}
		if !c.becomeMini() {
			c.state = Closed
			c.delete()
			return
		}
	}
	c.setTimer(timer2MSL, c.idleClock(c.profile().TimeWait))
}

// idleClock is what is left of a time that may run from the last segment heard while the connection
// had a descriptor; see Profile.IdleClock. What has run out already ends with the next turn of a
// coarse timer.
func (c *Conn) idleClock(d time.Duration) time.Duration {
	if !c.profile().IdleClock {
		return d
	}
	return max(c.heardAt+d-c.net().Now(), c.profile().MinRTO)
}

// becomeMini moves the connection into a minisocket, where the profile has them; false: there is no
// room.
func (c *Conn) becomeMini() bool {
	c.stopTimers()
	c.entered = c.net().Now()
	c.dropQueues()
	if !c.profile().Minisocket {
		return true
	}
	if !c.mini {
		if c.host.minis >= c.host.sys.MaxTWBuckets {
			return false
		}
		c.host.minis++
		c.rcvWnd, c.rcvWup = c.rcvWindow(), c.rcvNxt
		c.oowCount = 0 // the minisocket has a limit of its own
	}
	c.mini = true
	if c.twOptions = nil; c.open {
		kept := c.Options
		c.twOptions = &kept
	}
	return true
}

// delete forgets the connection: its timers, its place in the tables. A descriptor that is still
// open goes on referring to the socket, without a connection.
func (c *Conn) delete() {
	c.stopTimers()
	if c.mini {
		c.mini = false
		c.host.minis--
	}
	if c.request && c.listener != nil {
		c.listener.requests--
	}
	c.request = false
	c.state = Closed
	c.noReader, c.noWriter = true, true // tcp_done
	c.dropQueues()
	c.host.unhash(c)
	if !(c.open && c.boundPort) {
		c.host.releasePort(c)
	}
	c.host.changed = true
}

// takeACK is the fifth check's work: what SEG.ACK covers need not be sent again.
func (c *Conn) takeACK(s Segment) {
	n := c.net()
	if !s.Flags.Has(ACK) {
		return
	}
	if s.Flags.Has(SYN) {
		c.learn(s)
	}
	if before(s.Ack, c.sndUna) || after(s.Ack, c.sndNxt) {
		// header prediction took its data all the same
		c.ack.now = c.ack.now || c.predicted(s) && c.tooOldACK(s) && c.mayAnswer()
		return
	}
	c.takeWindow(s)
	c.out.heardACK, c.out.probes, c.softErr = n.Now(), 0, ""
	if s.Ack == c.sndUna {
		c.detectLoss(s)
		c.answeredProbe()
		return
	}
	c.recovering = false
	if c.sndUna != c.iss { // the SYN is no octet of data
		c.sndBytesAcked += uint64(s.Ack - c.sndUna)
	}
	c.sndUna = s.Ack
	gone := 0
	for ; gone < len(c.sent) && !after(c.sent[gone].End(), s.Ack); gone++ {
		c.out.used -= c.freed(c.sent[gone])
	}
	if c.sent = c.sent[gone:]; !c.repairs(s.Ack, gone) {
		c.grow(gone)
	}
	if c.timing && !before(s.Ack, c.timedEnd) {
		c.timing = false
		c.measure(n.Now() - c.sentAt)
	}
	c.retries, c.probed = 0, false
	c.setRTO()
	if len(c.sent) == 0 {
		c.stopTimer(timerRetransmit)
	} else {
		c.armRetransmit()
	}
	c.newSpace()
}

// dropQueues forgets what was not acknowledged, not sent, or lay beyond a gap.
func (c *Conn) dropQueues() {
	c.sent, c.ahead, c.unsent = nil, nil, 0
	c.out.used, c.out.queue, c.out.bursts = 0, nil, nil
}

// takeWindow is the fifth check's SND.WL1: an older segment does not set the window
// (tcp_may_update_window).
func (c *Conn) takeWindow(s Segment) {
	newer := after(s.Ack, c.sndUna) || after(s.Seq, c.sndWl1)
	if !newer && !(s.Seq == c.sndWl1 && (s.Wnd > c.sndWnd || s.Wnd == 0 || c.profile().Buffers == BuffersOctets)) {
		return
	}
	c.sndWl1 = s.Seq
	if c.sndWnd == s.Wnd {
		return
	}
	c.sndWnd = s.Wnd
	if c.unsent > 0 {
		c.restart()
	}
	c.maxWnd = max(c.maxWnd, s.Wnd)
}

// learn takes the numbers of the peer's SYN.
func (c *Conn) learn(s Segment) {
	c.peer = c.host.origin()
	c.irs, c.rcvNxt, c.rcvWup = s.Seq, s.Seq+1, s.Seq+1
	c.sndWnd, c.maxWnd, c.sndWl1 = s.Wnd, s.Wnd, s.Seq
	c.sackOffered = s.SACKOK
	if s.Scale == 0 {
		c.unscaled()
	}
	c.ts = c.ts && s.HasTS
	if c.ts {
		c.tsRecent = s.TSVal
	}
}

// takeText gives the segment's octets to the reader; drain sees to what had waited behind a gap.
func (c *Conn) takeText(s Segment, fin bool) {
	if end := s.Seq + s.Len; after(end, c.rcvNxt) {
		fresh := end - c.rcvNxt
		if c.profile().Buffers == BuffersOctets {
			fresh = min(fresh, c.rcvWindow()) // what lies beyond the window is trimmed
		}
		c.admit(fresh)
		c.rcvNxt += fresh
		c.unread += fresh
		c.keep(fresh)
	}
	if s.Len > 0 {
		c.charged = true
		c.ack.received(c, s)
	}
	if fin {
		c.rcvNxt++
		c.finRcvd, c.finSeen, c.finUnread, c.noReader = true, true, true, true
		if c.state == Established || c.state == SynReceived {
			c.ack.enterPingpong() // tcp_fin
		}
		c.ack.pending = true
	}
}

// fillsGap reports whether something that waited behind a gap is next, so that drain will take it.
func (c *Conn) fillsGap() bool {
	return c.state.Synchronized() && !c.mini && slices.ContainsFunc(c.ahead, func(s Segment) bool {
		return !after(s.Seq, c.rcvNxt) && after(s.End(), c.rcvNxt)
	})
}

// drain judges what waited behind a gap once the gap is filled.
func (c *Conn) drain() {
	for i := 0; i < len(c.ahead); {
		s := c.ahead[i]
		if after(s.Seq, c.rcvNxt) {
			i++
			continue
		}
		c.ahead = append(c.ahead[:i], c.ahead[i+1:]...)
		if after(s.End(), c.rcvNxt) && c.state.Synchronized() && !c.mini {
			s.Ack = c.sndUna // its ACK field was taken when it came
			c.ack.now = len(c.ahead) == 0 || c.profile().DelayedACK == 0
			c.take(c.judgeText(s), &s)
			i = 0
		}
	}
}
