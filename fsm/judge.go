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

// judgeSynSent is §3.10.7.3.
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
	if c.state == TimeWait && p.ReopenBySYN && s.Flags&(SYN|RST|ACK) == SYN && after(s.Seq, c.rcvNxt) &&
		c.host.listenerFor(c.local, c.remote) != nil {
		return RcvSYNReopens
	}
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
		if s.Seq == c.rcvNxt || p.ResetBeyond && s.Seq == c.rcvNxt+1 || c.resetAtFIN(s) || c.resetAtSACK(s) {
			return c.reset()
		}
		return RcvRSTInWindow
	case s.Flags.Has(SYN):
		return c.synInWindow(s)
	case bare || !s.Flags.Has(ACK):
		return RcvNoACK
	case after(s.Ack, c.sndNxt), c.state == SynReceived && !c.acksSYN(s):
		return RcvACKOfUnsent
	case c.tooOldACK(s) && !c.predicted(s):
		return RcvACKOfUnsent // RFC 5961 §5.2: answered like an ACK of what was never sent
	}
	return c.judgeText(s)
}

// acceptable is the first check: SEG.SEQ and SEG.LEN against the window. Linux takes a segment that
// only ends at RCV.NXT as well, so that the ACK field of a repeated FIN counts (tcp_sequence).
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

// pawsOld is RFC 7323 §5.3 R1: the timestamp is older than the last one that counted.
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

func (c *Conn) reset() Event {
	if c.state == SynReceived && c.passive {
		return RcvRSTPassive
	}
	return RcvRST
}

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

// acksSYN reports whether SEG.ACK, which is not beyond SND.NXT, opens a half-open connection
// (§3.10.7.4, fifth).
func (c *Conn) acksSYN(s Segment) bool {
	return after(s.Ack, c.sndUna) || s.Ack == c.sndUna && c.profile().ACKOfISS
}

// tooOldACK is RFC 5961 §5.2: SND.UNA - MAX.SND.WND is as old as an ACK may be.
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
// there (§3.10.7.4, first: "Segments … may be trimmed").
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
// closed it for reading: SHLD-3. In the states after a FIN, text that begins at RCV.NXT or later is
// not looked at.
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

// judgeRequest is tcp_check_req: a half-open child of a listener.
func (c *Conn) judgeRequest(s Segment) Event {
	flags := s.Flags & (ACK | SYN | RST)
	switch {
	case s.Seq == c.irs && flags == SYN && !c.pawsOld(s):
		return RcvSYNAgain
	case s.Flags.Has(ACK) && !s.Flags.Has(RST) && s.Ack != c.iss+1:
		return RcvACKOfUnsent
	case c.pawsOld(s) || c.echoesOther(s) || !inWindow(s, c.rcvNxt, c.rcvNxt+c.rcvWnd):
		if s.Flags.Has(RST) {
			return RcvRSTOutside
		}
		return RcvUnacceptable
	case s.Flags.Has(RST) && s.Seq == c.rcvNxt:
		return RcvRSTPassive
	case s.Flags.Has(RST):
		return RcvRSTInWindow
	case s.Flags.Has(SYN) && s.Seq != c.irs:
		return RcvSYNPassive
	case !s.Flags.Has(ACK):
		return RcvNoACK
	}
	return c.judgeText(s)
}

// echoesOther reports whether a segment for a half-open child echoes a timestamp that none of its
// SYN,ACKs had (tcp_check_req: tsecr_reject).
func (c *Conn) echoesOther(s Segment) bool {
	return c.ts && s.HasTS && s.TSEcr != 0 && (before(s.TSEcr, c.tsFirst) || after(s.TSEcr, c.tsLast))
}

// inWindow is Linux's tcp_in_window.
func inWindow(s Segment, start, end uint32) bool {
	switch {
	case s.Seq == start:
		return true
	case after(s.End(), start) && before(s.Seq, end):
		return true
	}
	return s.Seq == end && s.SegLen() == 0
}

// judgeMinisocket is tcp_timewait_state_process.
func (c *Conn) judgeMinisocket(s Segment) Event {
	old := c.pawsOld(s)
	if c.state == FinWait2 {
		return c.judgeMiniFinWait2(s, old)
	}
	if !old && s.Seq == c.rcvNxt && (s.SegLen() == 0 || s.Flags.Has(RST)) {
		switch {
		case s.Flags.Has(RST) && c.host.sys.RFC1337:
			return RcvRSTIgnored
		case s.Flags.Has(RST):
			return RcvRST
		}
		return RcvACK // with or without the ACK bit: it restarts the clock and is not answered
	}
	if s.Flags&(SYN|RST|ACK) == SYN && !old {
		newer := after(s.Seq, c.rcvNxt) || c.ts && s.HasTS && before(c.tsRecent, s.TSVal)
		if newer && c.profile().ReopenBySYN {
			if c.host.listenerFor(c.local, c.remote) == nil {
				return RcvSYNUnheard
			}
			return RcvSYNReopens
		}
		return RcvSYN
	}
	switch {
	case s.Flags.Has(RST) && inWindow(s, c.rcvNxt, c.rcvNxt+c.rcvWnd):
		return RcvRSTInWindow
	case s.Flags.Has(RST):
		return RcvRSTOutside
	case s.Flags.Has(SYN | ACK):
		return RcvSYNACK
	case old:
		return RcvUnacceptable
	case !s.Flags.Has(ACK):
		return RcvNoACK
	case s.Flags.Has(FIN) && s.End() == c.rcvNxt:
		return RcvOldFIN
	case s.Seq == c.rcvNxt && s.Flags.Has(FIN):
		return RcvFIN
	case s.Seq == c.rcvNxt:
		return RcvData
	}
	return RcvUnacceptable
}

func (c *Conn) judgeMiniFinWait2(s Segment, old bool) Event {
	switch {
	case old || !inWindow(s, c.rcvNxt, c.rcvNxt+c.rcvWnd):
		if s.Flags.Has(RST) {
			return RcvRSTOutsideMini
		}
		return RcvUnacceptable
	case s.Flags.Has(RST):
		return RcvRSTMini
	case s.Flags.Has(SYN) && !before(s.Seq, c.rcvNxt):
		return RcvSYNMini
	case !s.Flags.Has(ACK):
		return RcvNoACK
	case !after(s.End(), c.rcvNxt) || s.SegLen() == 0:
		return RcvACK
	case s.Flags.Has(FIN) && s.End() == c.rcvNxt+1:
		return RcvFIN
	}
	return RcvNoReader
}
