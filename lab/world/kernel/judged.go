package kernel

import (
	"fourwave/fsm"
	"fourwave/realsock"
)

// judged names what a segment meant to the end that it came to, from the segment, the state it was
// met in, and what came of it. It follows fsm's judge, with the numbers that the wire has seen in
// place of the connection's own.
func judged(s *realsock.Sighting, f *realsock.Frame, from, to fsm.State, answered bool) fsm.Event {
	seg := segment{Segment: segmentOf(f), v: f.Receiver}
	seg.Seq, seg.Ack = f.Seq, f.Ack
	has := seg.Flags.Has
	switch {
	case from == fsm.Closed, from == fsm.Listen:
		return seg.unconnected(from, answered)
	case from == fsm.SynSent:
		return seg.inSynSent()
	case from == fsm.SynReceived:
		return seg.inSynReceived(to, s.Inode == 0)
	case from == fsm.TimeWait:
		return seg.inTimeWait(to)
	case has(fsm.RST) && from == fsm.FinWait2 && s.Mini:
		if to == fsm.Closed {
			return fsm.RcvRSTMini
		}
		return fsm.RcvRSTOutsideMini
	}
	return seg.synchronized(from, to, s.Mini || to == fsm.Closed && from == fsm.FinWait2 && has(fsm.SYN))
}

// segment is one with absolute numbers, and what the wire knows of its receiver.
type segment struct {
	fsm.Segment
	v realsock.View
}

func later(a, b uint32) bool { return int32(a-b) > 0 }

// old reports whether PAWS (RFC 7323 §5) takes the segment for an old duplicate.
func (s *segment) old() bool { return s.HasTS && s.v.TS && later(s.v.TSRecent, s.TSVal) }

// unconnected is for a segment that met nobody, or a listener.
func (s *segment) unconnected(from fsm.State, answered bool) fsm.Event {
	switch has := s.Flags.Has; {
	case has(fsm.RST):
		return fsm.RcvRST
	case has(fsm.SYN | fsm.ACK):
		return fsm.RcvSYNACK
	case has(fsm.SYN) && from == fsm.Listen && !answered:
		return "" // no room: it is dropped and will come again
	case has(fsm.SYN):
		return fsm.RcvSYN
	case has(fsm.ACK):
		return fsm.RcvACK
	}
	return fsm.RcvNoACK
}

func (s *segment) inSynSent() fsm.Event {
	has := s.Flags.Has
	good := later(s.Ack, s.v.SndUna) && !later(s.Ack, s.v.SndNxt)
	switch {
	case has(fsm.ACK) && !good && has(fsm.RST), has(fsm.RST) && !has(fsm.ACK):
		return fsm.RcvRSTOutside
	case has(fsm.ACK) && !good:
		return fsm.RcvACKOfUnsent
	case has(fsm.RST):
		return fsm.RcvRSTRefuses
	case has(fsm.SYN | fsm.ACK):
		return fsm.RcvSYNACK
	case has(fsm.SYN):
		return fsm.RcvSYN
	case has(fsm.ACK):
		return fsm.RcvACK
	}
	return fsm.RcvNoACK
}

// inSynReceived: passive is whether a listener's child.
func (s *segment) inSynReceived(to fsm.State, passive bool) fsm.Event {
	has := s.Flags.Has
	switch {
	case has(fsm.SYN|fsm.ACK) && to == fsm.Established:
		return fsm.RcvSYNACK
	case has(fsm.RST) && to == fsm.Closed && passive:
		return fsm.RcvRSTPassive
	case has(fsm.RST) && to == fsm.Closed:
		return fsm.RcvRST
	case has(fsm.RST) && s.Seq != s.v.RcvNxt && !later(s.Seq, s.v.RcvNxt+s.v.RcvWnd) && later(s.Seq, s.v.RcvNxt):
		return fsm.RcvRSTInWindow
	case has(fsm.RST):
		return fsm.RcvRSTOutside
	case has(fsm.SYN) && to == fsm.Closed:
		return fsm.RcvSYNPassive
	case has(fsm.SYN) && passive && s.Seq == s.v.RcvNxt-1 && !has(fsm.ACK):
		return fsm.RcvSYNAgain
	case has(fsm.SYN):
		return fsm.RcvSYN
	case !has(fsm.ACK):
		return fsm.RcvNoACK
	case s.Ack != s.v.SndNxt && to == fsm.SynReceived:
		return fsm.RcvACKOfUnsent
	case to == fsm.SynReceived:
		return fsm.RcvUnacceptable
	}
	return s.text(fsm.RcvACKOfSYN, fsm.RcvDataACKOfSYN, fsm.RcvFINACKOfSYN, fsm.RcvOldACKOfSYN, fsm.RcvAheadACKOfSYN)
}

func (s *segment) inTimeWait(to fsm.State) fsm.Event {
	has := s.Flags.Has
	exact := s.Seq == s.v.RcvNxt
	switch {
	case has(fsm.RST) && to == fsm.Closed:
		return fsm.RcvRST
	case has(fsm.RST) && exact && !s.old():
		return fsm.RcvRSTIgnored
	case has(fsm.RST) && later(s.Seq, s.v.RcvNxt) && later(s.v.RcvNxt+s.v.RcvWnd, s.Seq):
		return fsm.RcvRSTInWindow
	case has(fsm.RST):
		return fsm.RcvRSTOutside
	case has(fsm.SYN|fsm.ACK) && !(exact && s.old()):
		return fsm.RcvSYNACK
	case has(fsm.SYN) && to == fsm.Closed:
		return fsm.RcvSYNReopens
	case has(fsm.SYN) && !s.old():
		return fsm.RcvSYN
	case s.old():
		return fsm.RcvUnacceptable
	case exact && s.SegLen() == 0:
		return fsm.RcvACK
	case !has(fsm.ACK):
		return fsm.RcvNoACK
	case has(fsm.FIN) && s.End() == s.v.RcvNxt:
		return fsm.RcvOldFIN
	case exact && has(fsm.FIN):
		return fsm.RcvFIN
	case exact:
		return fsm.RcvData
	}
	return fsm.RcvUnacceptable
}

// synchronized is for the states in between. alone is whether the state is a minisocket's.
func (s *segment) synchronized(from, to fsm.State, alone bool) fsm.Event {
	has := s.Flags.Has
	finished := s.v.GotFIN && has(fsm.FIN) && s.End() == s.v.RcvNxt
	outside := later(s.v.RcvNxt, s.End()) || later(s.Seq, s.v.RcvNxt+s.v.RcvWnd)
	switch {
	case has(fsm.RST) && to == fsm.Closed:
		return fsm.RcvRST
	case has(fsm.RST) && later(s.Seq, s.v.RcvNxt) && !later(s.Seq, s.v.RcvNxt+s.v.RcvWnd):
		return fsm.RcvRSTInWindow
	case has(fsm.RST):
		return fsm.RcvRSTOutside
	case has(fsm.SYN) && alone && to == fsm.Closed:
		return fsm.RcvSYNMini
	case has(fsm.SYN | fsm.ACK):
		return fsm.RcvSYNACK
	case has(fsm.SYN):
		return fsm.RcvSYN
	case !has(fsm.ACK):
		return fsm.RcvNoACK
	case to == fsm.Closed && from != fsm.LastAck && s.Len > 0:
		return fsm.RcvNoReader // a FIN without data ends a connection too, where there is no room in TIME-WAIT
	case s.old() || outside:
		if finished {
			return fsm.RcvOldFIN
		}
		return fsm.RcvUnacceptable
	case later(s.Ack, s.v.SndNxt):
		return fsm.RcvACKOfUnsent
	case s.ofFIN(from):
		return s.text(fsm.RcvACKOfFIN, fsm.RcvDataACKOfFIN, fsm.RcvFINACKOfFIN, fsm.RcvOldACKOfFIN,
			fsm.RcvAheadACKOfFIN)
	}
	return s.text(fsm.RcvACK, fsm.RcvData, fsm.RcvFIN, fsm.RcvOld, fsm.RcvAhead)
}

// ofFIN reports whether the segment acknowledges the receiver's FIN, in a state where that matters.
func (s *segment) ofFIN(from fsm.State) bool {
	return s.v.SentFIN && s.Ack == s.v.SndNxt && (from == fsm.FinWait1 || from == fsm.Closing || from == fsm.LastAck)
}

// text tells apart what a segment carries.
func (s *segment) text(bare, data, fin, old, ahead fsm.Event) fsm.Event {
	switch {
	case s.SegLen() == 0:
		return bare
	case later(s.Seq, s.v.RcvNxt):
		return ahead
	case !later(s.End(), s.v.RcvNxt):
		return old
	case s.Flags.Has(fsm.FIN):
		return fin
	}
	return data
}
