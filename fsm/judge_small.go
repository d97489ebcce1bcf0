package fsm

// What Linux keeps small: request sockets and minisockets.

// judgeRequest is tcp_check_req: a request socket.
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

// echoesOther reports whether a segment for a request socket echoes a timestamp that none of its
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
