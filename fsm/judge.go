package fsm

// judge says what a segment means to the connection: all arithmetic on sequence numbers and
// timestamps is here. It changes nothing.
func (c *Conn) judge(s Segment) Event {
	switch {
	case c.state == Closed:
		return judgeClosed(s)
	case c.state == Listen:
		return judgeListen(s)
	case c.state == SynSent:
		return c.judgeSynSent(s)
	case c.mini:
		return c.judgeMinisocket(s)
	case c.state == TimeWait && c.profile().TimeWaitRules != nil:
		return c.profile().TimeWaitRules(c, s)
	case c.request && c.profile().Minisocket:
		return c.judgeRequest(s)
	case c.request && c.profile().RepeatsSYNACK && s.Flags&(ACK|SYN|RST) == SYN && s.Seq == c.irs:
		return RcvSYNAgain
	}
	return c.judgeSynchronized(s)
}

// judgeClosed is §3.10.7.1: "all data in the incoming segment is discarded. An incoming segment
// containing a RST is discarded. An incoming segment not containing a RST causes a RST to be sent
// in response." What differs is the number that the RST gets, so that the events are told apart.
func judgeClosed(s Segment) Event {
	switch {
	case s.Flags.Has(RST):
		return RcvRST
	case s.Flags.Has(SYN | ACK):
		return RcvSYNACK
	case s.Flags.Has(SYN):
		return RcvSYN
	case s.Flags.Has(ACK):
		return RcvACK
	}
	return RcvNoACK
}

// judgeListen differs from judgeClosed in one segment: a SYN with a FIN on it opens nothing
// (tcp_rcv_state_process drops it; §3.10.7.2 leaves it open).
func judgeListen(s Segment) Event {
	e := judgeClosed(s)
	if e == RcvSYN && s.Flags.Has(FIN) {
		return RcvNoACK
	}
	return e
}

// judgeSynSent is §3.10.7.3. Its first check is the ACK: "If SEG.ACK =< ISS or SEG.ACK > SND.NXT,
// send a reset (unless the RST bit is set, if so drop the segment and return)". Only a RST that
// passes it may end the attempt, and one without an ACK never does: anybody could have sent it.
func (c *Conn) judgeSynSent(s Segment) Event {
	goodACK := false
	if s.Flags.Has(ACK) {
		if goodACK = after(s.Ack, c.iss) && !after(s.Ack, c.sndNxt); !goodACK {
			if s.Flags.Has(RST) {
				return RcvRSTOutside
			}
			return RcvACKOfUnsent
		}
	}
	switch {
	case s.Flags.Has(RST) && goodACK:
		return RcvRSTRefuses
	case s.Flags.Has(RST):
		return RcvRSTNoACK
	case s.Flags.Has(SYN) && goodACK:
		return RcvSYNACK
	case s.Flags.Has(SYN):
		return RcvSYN
	case s.Flags.Has(ACK):
		return RcvACK
	}
	return RcvNoACK
}

// judgeSynchronized is §3.10.7.4, first to eighth, with the checks of RFC 5961 and RFC 7323 §5.3.
func (c *Conn) judgeSynchronized(s Segment) Event {
	p := c.profile()
	bare := s.Flags&(ACK|SYN|RST) == 0
	if p.NoACKFirst && bare {
		return RcvNoACK
	}
	if c.pawsOld(s) && !s.Flags.Has(RST) {
		if p.OvertakenACK && s.Flags == ACK && s.Len == 0 && before(s.Seq, c.rcvNxt) {
			return RcvOvertaken
		}
		return c.unacceptable(s)
	}
	// §3.6.1: "it MAY accept a new SYN from the remote TCP endpoint to reopen the connection
	// directly from TIME-WAIT state (MAY-2), if it: (1) assigns its initial sequence number for the
	// new connection to be larger than the largest sequence number it used on the previous
	// connection incarnation". The new connection is the listener's; without one the SYN gets what
	// TIME-WAIT answers.
	if c.state == TimeWait && p.ReopenBySYN && s.Flags&(SYN|RST|ACK) == SYN && after(s.Seq, c.rcvNxt) &&
		c.host.listenerFor(c.local, c.remote) != nil {
		return RcvSYNReopens
	}
	// "If an incoming segment is not acceptable, an acknowledgment should be sent in reply (unless
	// the RST bit is set, if so drop the segment and return)".
	if !c.acceptable(s) {
		if s.Flags.Has(RST) {
			if c.resetAtFIN(s) {
				return c.reset()
			}
			return RcvRSTOutside
		}
		return c.unacceptable(s)
	}
	switch {
	case s.Flags.Has(RST):
		// RFC 5961 §3.2: only a RST at exactly RCV.NXT resets. A blind attacker hits the window
		// long before it hits one number; what is merely in the window is answered with a challenge
		// ACK, to which a peer that did send a RST answers with another at the right number.
		if s.Seq == c.rcvNxt || p.ResetBeyond && s.Seq == c.rcvNxt+1 || c.resetAtFIN(s) || c.resetAtSACK(s) {
			return c.reset()
		}
		return RcvRSTInWindow
	case s.Flags.Has(SYN):
		return c.synInWindow(s)
	case bare || !s.Flags.Has(ACK):
		return RcvNoACK
	// Fifth: "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then send an ACK, drop
	// the segment, and return." In SYN-RECEIVED the answer is a RST instead; the table knows.
	case after(s.Ack, c.sndNxt), c.state == SynReceived && !c.acksSYN(s):
		return RcvACKOfUnsent
	case c.tooOldACK(s) && !c.predicted(s):
		return RcvACKOfUnsent // RFC 5961 §5.2: answered like an ACK of what was never sent
	}
	return c.judgeText(s)
}

// acceptable is the first check: SEG.SEQ and SEG.LEN against the window. Linux takes a segment that
// only ends at RCV.NXT as well, so that the ACK field of a repeated FIN counts (tcp_sequence).
// "If the RCV.WND is zero, no segments will be acceptable, but special allowance should be made to
// accept valid ACKs, URGs, and RSTs": so a closed window still lets a bare ACK at RCV.NXT through,
// without which nobody would hear that the other window has opened.
func (c *Conn) acceptable(s Segment) bool {
	wnd := c.rcvWindow()
	if c.profile().OldFINCounts {
		if before(s.End(), c.rcvWup) {
			return false
		}
		if s.Flags.Has(FIN) && s.End() == c.rcvNxt+wnd+1 {
			return true // a FIN may stand just beyond the window
		}
		if after(s.Seq, c.rcvNxt+wnd) {
			return false
		}
		return !after(s.End(), c.rcvNxt+wnd) || c.unread == 0 && !c.finUnread // the receive queue is empty
	}
	in := func(n uint32) bool { return !before(n, c.rcvNxt) && before(n, c.rcvNxt+wnd) }
	switch n := s.SegLen(); {
	case n == 0 && wnd == 0:
		return s.Seq == c.rcvNxt
	case n == 0:
		return in(s.Seq)
	case wnd == 0:
		return s.Flags.Has(RST) && s.Seq == c.rcvNxt
	default:
		return in(s.Seq) || in(s.Seq+n-1)
	}
}

// unacceptable is a segment that fails the first check and is no RST.
func (c *Conn) unacceptable(s Segment) Event {
	switch {
	case c.state == SynReceived, s.Flags.Has(SYN) && !c.profile().NoACKFirst:
		return RcvUnacceptable
	case s.Flags.Has(SYN | ACK):
		return RcvSYNACK // RFC 5961 §4.2: whatever its number
	case s.Flags.Has(SYN):
		return RcvSYN
	case c.finRcvd && s.Flags.Has(FIN) && s.End() == c.rcvNxt:
		return RcvOldFIN
	}
	return RcvUnacceptable
}

// pawsOld is RFC 7323 §5.3 R1: "If there is a Timestamps option in the arriving segment, SEG.TSval
// < TS.Recent, TS.Recent is valid … and if the RST bit is not set, then treat the arriving segment
// as not acceptable". It keeps old duplicates out that a wrapped sequence number would let in.
func (c *Conn) pawsOld(s Segment) bool {
	slack := uint32(0)
	if !c.mini && !c.request {
		slack = c.profile().PAWSSlack
	}
	return c.ts && s.HasTS && before(s.TSVal+slack, c.tsRecent)
}

// resetAtSACK: a RST at the end of what has arrived out of order is exact too (RFC 5961 §3.2,
// extended).
func (c *Conn) resetAtSACK(s Segment) bool {
	if !c.profile().ResetAtFIN || !c.host.sys.SACK || len(c.ahead) == 0 {
		return false
	}
	end := c.ahead[0].End()
	for _, a := range c.ahead[1:] {
		if after(a.End(), end) {
			end = a.End()
		}
	}
	return s.Seq == end
}

// predicted is header prediction: what is just the next data is taken before its ACK field is
// looked at. A connection without memory of its own yet takes the slow path (tcp_rcv_established).
func (c *Conn) predicted(s Segment) bool {
	return c.profile().PredictsData && c.charged && c.state == Established && len(c.ahead) == 0 &&
		s.Flags&^PSH == ACK && s.Len > 0 && s.Seq == c.rcvNxt && s.Wnd == c.sndWnd &&
		c.ts && s.HasTS && !before(s.TSVal, c.tsRecent)
}

// resetAtFIN: the peer that got our FIN may answer with a RST at the number before it.
func (c *Conn) resetAtFIN(s Segment) bool {
	return c.profile().ResetAtFIN && s.Seq == c.rcvNxt-1 &&
		(c.state == CloseWait || c.state == LastAck || c.state == Closing)
}

// reset is a RST that counts. "If this connection was initiated with a passive OPEN (i.e., came
// from the LISTEN state), then return this connection to LISTEN state and return. The user need not
// be informed."
func (c *Conn) reset() Event {
	if c.state == SynReceived && c.passive {
		return RcvRSTPassive
	}
	return RcvRST
}

// synInWindow is a SYN where none is expected any more: the fourth check, or RFC 5961 §4.2
// "irrespective of the sequence number". Either is a challenge ACK in a synchronized state, since a
// peer that has restarted answers that with a RST at the right number; SYN-RECEIVED has two cases
// of its own.
func (c *Conn) synInWindow(s Segment) Event {
	switch {
	case c.state == SynReceived && c.passive:
		return RcvSYNPassive
	case c.state == SynReceived && s.Flags.Has(ACK) && s.Seq+1 == c.rcvNxt && s.Ack == c.sndNxt:
		return RcvSYNACK // the other half of a simultaneous open
	case c.state == SynReceived:
		return RcvSYN
	case s.Flags.Has(ACK):
		return RcvSYNACK
	}
	return RcvSYN
}

// acksSYN reports whether SEG.ACK, which is not beyond SND.NXT, completes an opening (§3.10.7.4,
// fifth): "If SND.UNA < SEG.ACK =< SND.NXT, then enter ESTABLISHED state". RFC 793 had SND.UNA =<
// SEG.ACK there, which an ACK of the ISS itself meets; some systems kept that (ACKOfISS).
func (c *Conn) acksSYN(s Segment) bool {
	return after(s.Ack, c.sndUna) || s.Ack == c.sndUna && c.profile().ACKOfISS
}

// tooOldACK is RFC 5961 §5.2: an ACK counts only "if it is in the range of ((SND.UNA - MAX.SND.WND)
// <= SEG.ACK <= SND.NXT)". By RFC 793 half of all numbers would do, and whoever guesses one could
// place data. Nothing older than what was ever acknowledged (bytes_acked) is known to have been
// sent.
func (c *Conn) tooOldACK(s Segment) bool {
	if c.state == SynReceived || !before(s.Ack, c.sndUna) {
		return false
	}
	return before(s.Ack, c.sndUna-uint32(min(uint64(c.maxWnd), c.sndBytesAcked)))
}

// judgeText is the fifth, seventh and eighth check of an acceptable segment with ACK: what its ACK
// field covers, and where its text lies.
func (c *Conn) judgeText(s Segment) Event {
	ackOfFIN := c.finSent && s.Ack == c.sndNxt && c.unsent == 0 &&
		(c.state == FinWait1 || c.state == Closing || c.state == LastAck)
	of := func(plain, ofSYN, ofFIN Event) Event {
		switch {
		case c.state == SynReceived:
			return ofSYN
		case ackOfFIN:
			return ofFIN
		}
		return plain
	}
	switch {
	case ackOfFIN && c.state == FinWait1 && c.orphaned() && c.Linger2 < 0 && c.profile().Minisocket:
		return RcvACKOfFINAbort
	case s.SegLen() == 0:
		return of(RcvACK, RcvACKOfSYN, RcvACKOfFIN)
	case c.state == TimeWait && !c.mini && s.Flags.Has(FIN):
		return RcvFIN
	case c.finFollowsFIN(s) && !ackOfFIN:
		return RcvFINAgain
	case c.unwanted(s):
		if ackOfFIN && c.state != FinWait1 {
			return of(RcvData, "", RcvDataACKOfFIN)
		}
		return RcvNoReader
	case after(s.Seq, c.rcvNxt):
		return of(RcvAhead, RcvAheadACKOfSYN, RcvAheadACKOfFIN)
	case !after(s.End(), c.rcvNxt):
		return of(RcvOld, RcvOldACKOfSYN, RcvOldACKOfFIN)
	case c.state != SynReceived && c.noRoom(s):
		return RcvNoRoom
	case s.Flags.Has(FIN) && !c.trimmed(s):
		return of(RcvFIN, RcvFINACKOfSYN, RcvFINACKOfFIN)
	}
	return of(RcvData, RcvDataACKOfSYN, RcvDataACKOfFIN)
}

// noRoom reports whether the next data finds no memory, even after the receive queue has been
// copied together (tcp_try_rmem_schedule).
func (c *Conn) noRoom(s Segment) bool {
	if s.Len == 0 || c.profile().Buffers != BuffersLinux || len(c.in.queue) == 0 || c.in.used <= c.in.buffer {
		return false
	}
	switch c.state {
	case Established, FinWait1, FinWait2:
		return c.in.afterPruning(int32(c.host.sys.RMem[2]))
	}
	return false
}

// trimmed reports whether a segment's FIN lies beyond the window, and is cut off with the data
// there: §3.10.7.4 speaks of "trimming off any portions that lie outside the window (including SYN
// and FIN)". The data before it is taken, and the FIN comes again.
func (c *Conn) trimmed(s Segment) bool {
	return c.profile().Buffers == BuffersOctets && after(s.Seq+s.Len, c.rcvNxt+c.rcvWindow())
}

// finFollowsFIN is old text with a FIN at RCV.NXT, where the peer's FIN was taken already. Linux
// takes it as the next one (tcp_data_queue: a partial packet).
func (c *Conn) finFollowsFIN(s Segment) bool {
	switch c.state {
	case CloseWait, Closing, LastAck:
		return c.profile().OldFINCounts && s.Flags.Has(FIN) && before(s.Seq, c.rcvNxt) && s.End() == c.rcvNxt+1
	}
	return false
}

// unwanted is data beyond RCV.NXT, or a FIN that tells of some, for a connection whose user has
// closed it for reading: "if new data is received after CLOSE is called, its TCP implementation
// SHOULD send a RST to show that data was lost (SHLD-3)". An ACK would promise that it was read. In
// the states after a FIN, text that begins at RCV.NXT or later is not looked at.
func (c *Conn) unwanted(s Segment) bool {
	end := s.Seq + s.Len
	if s.SegLen() == 0 || !after(end, c.rcvNxt) || !c.profile().OrphanResets {
		return false
	}
	switch c.state {
	case FinWait1, FinWait2:
		return c.noReader
	case CloseWait, Closing, LastAck:
		return before(s.Seq, c.rcvNxt)
	}
	return false
}
