package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"fourwave/fsm"
	"fourwave/realsock"
)

// This file alone knows both vocabularies: what realsock tells in the kernel's words it says in those of RFC 9293 and of
// fsm, so that two traces can be laid side by side.

// translator remembers of a kernel world's story what later sentences refer to.
type translator struct {
	frames map[int]*realsock.Frame // the last that was told of each, by ID
	oldest int
}

// rememberedFrames is how many frames back a sighting may refer to; held ones are told again when they arrive.
const rememberedFrames = 4096

func newTranslator() *translator {
	return &translator{frames: map[int]*realsock.Frame{}, oldest: 1}
}

// stateOf is a kernel's state in RFC spelling; one that fsm does not know stays as it is.
func stateOf(word string) fsm.State {
	if st, ok := fsm.ParseState(word); ok {
		return st
	}
	return fsm.State(word)
}

var flagBits = []struct {
	bit uint8
	f   fsm.Flags
}{{0x01, fsm.FIN}, {0x02, fsm.SYN}, {0x04, fsm.RST}, {0x08, fsm.PSH}, {0x10, fsm.ACK}}

func flagsOf(bits uint8) (f fsm.Flags) {
	for _, b := range flagBits {
		if bits&b.bit != 0 {
			f |= b.f
		}
	}
	return f
}

// headerFlags is the way back, for a forge.
func headerFlags(f fsm.Flags) (bits uint8) {
	for _, b := range flagBits {
		if f.Has(b.f) {
			bits |= b.bit
		}
	}
	return bits
}

// segmentOf is a frame's segment with sequence numbers relative to each side's ISN.
func segmentOf(f *realsock.Frame) fsm.Segment {
	s := fsm.Segment{
		Seq: f.Seq - f.SeqISN, Flags: flagsOf(f.Flags), Len: uint32(f.Len), Wnd: f.Wnd,
		TSVal: f.TSVal, TSEcr: f.TSEcr, HasTS: f.HasTS,
	}
	if s.Flags.Has(fsm.ACK) {
		s.Ack = f.Ack - f.AckISN
	}
	if s.Flags.Has(fsm.RST|fsm.ACK) && f.Seq == 0 {
		s.Seq = 0 // §3.5.2: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>, of no connection
	}
	return s
}

var fates = map[string]fsm.Fate{"under way": fsm.UnderWay, "held": fsm.Held, "arrived": fsm.Arrived, "lost": fsm.Lost}

// flight translates a frame and remembers it.
func (t *translator) flight(f *realsock.Frame) fsm.Flight {
	f.Raw = nil
	t.frames[f.ID] = f
	for ; t.oldest < f.ID-rememberedFrames; t.oldest++ {
		delete(t.frames, t.oldest)
	}
	return fsm.Flight{
		ID: f.ID, From: f.From, To: f.To, Src: f.Src.String(), Dst: f.Dst.String(), Segment: segmentOf(f),
		Departs: f.Departs, Arrives: f.Arrives, Fate: fates[f.Fate], Forged: f.Forged, Note: f.Note,
	}
}

// entry translates a sighting; ok is false for one that is no event of the state machine, such as an accept.
func (t *translator) entry(s *realsock.Sighting) (e fsm.Entry, ok bool) {
	e = fsm.Entry{At: s.At, Host: s.Host, Socket: s.Name, From: stateOf(s.Prev), To: stateOf(s.State)}
	var sent []*realsock.Frame
	for _, id := range s.Sent {
		if f := t.frames[id]; f != nil {
			sent = append(sent, f)
			e.Sent = append(e.Sent, segmentOf(f))
		}
	}
	var event fsm.Event
	switch s.Cause.Kind {
	case "call":
		event = calledEvent(s, e, sent)
	case "frame":
		if f := t.frames[s.Cause.Frame]; f != nil {
			event = judged(s, f, e.From, e.To, len(sent) > 0)
		}
	default:
		event = timedEvent(e, sent)
	}
	e.Event = string(event)
	if e.To == fsm.TimeWait && event != fsm.Timeout2MSL && s.Timer == "timewait" && s.Left > timeWait-time.Second/10 {
		e.Note = fmt.Sprintf("2MSL until %.3f", (s.At + s.Left).Seconds())
	}
	if s.Inferred {
		e.Note = "told from the segments"
	}
	return e, event != ""
}

// timeWait is Linux's TCP_TIMEWAIT_LEN.
const timeWait = 60 * time.Second

func sentRST(sent []*realsock.Frame) bool {
	return slices.ContainsFunc(sent, func(f *realsock.Frame) bool { return flagsOf(f.Flags).Has(fsm.RST) })
}

// calledEvent names what a call meant to the connection, "" where it meant nothing.
func calledEvent(s *realsock.Sighting, e fsm.Entry, sent []*realsock.Frame) fsm.Event {
	switch s.Cause.Op {
	case "listen":
		if e.From == fsm.Closed && e.To == fsm.Listen {
			return fsm.UserPassiveOpen
		}
	case "connect":
		switch {
		case e.To == fsm.Closed && (e.From == fsm.TimeWait || e.From == fsm.FinWait2):
			return fsm.UserTakesOver
		case e.From == fsm.Closed && e.To != fsm.Closed:
			return fsm.UserActiveOpen
		}
	case "send":
		if len(sent) > 0 {
			return fsm.UserSend
		}
	case "close", "shutdown", "abort", "exit":
		unread := s.WasRecvQ
		if e.From == fsm.CloseWait || e.From == fsm.Closing || e.From == fsm.LastAck {
			unread-- // the FIN counts
		}
		switch {
		case e.From == e.To:
			return ""
		case e.To == fsm.Closed && sentRST(sent) && unread > 0 && s.Name != "":
			return fsm.UserCloseUnread
		case e.To == fsm.Closed && (sentRST(sent) || s.Cause.Op == "abort" && e.From != fsm.Listen && e.From != fsm.SynSent):
			return fsm.UserAbort
		}
		return fsm.UserClose
	}
	return ""
}

// timedEvent names the timer that must have run out.
func timedEvent(e fsm.Entry, sent []*realsock.Frame) fsm.Event {
	switch {
	case e.From == fsm.TimeWait && e.To == fsm.Closed:
		return fsm.Timeout2MSL
	case e.From == fsm.FinWait2 && e.To == fsm.Closed:
		return fsm.TimeoutFinWait2
	case e.From != e.To && e.To == fsm.Closed:
		if e.Socket == "" && e.From == fsm.SynReceived {
			return "" // a half-open child is forgotten without a word
		}
		return fsm.TimeoutUser
	case len(sent) == 0:
		return ""
	}
	f := sent[len(sent)-1]
	if seg := segmentOf(f); seg.SegLen() == 0 {
		return fsm.TimeoutDelayedACK
	}
	return fsm.TimeoutRetransmit
}

// judged names what a segment meant to the end that it came to, from the segment, the state it was met in, and what came
// of it. It follows fsm's judge, with the numbers that the wire has seen in place of the connection's own.
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
	case to == fsm.Closed && from != fsm.LastAck:
		return fsm.RcvNoReader
	case s.old() || outside:
		if finished {
			return fsm.RcvOldFIN
		}
		return fsm.RcvUnacceptable
	case later(s.Ack, s.v.SndNxt):
		return fsm.RcvACKOfUnsent
	case s.ofFIN(from):
		return s.text(fsm.RcvACKOfFIN, fsm.RcvDataACKOfFIN, fsm.RcvFINACKOfFIN, fsm.RcvOldACKOfFIN, fsm.RcvAheadACKOfFIN)
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

// rowsOf translates a socket table.
func rowsOf(rows []realsock.Row) []Row {
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{
			Name: r.Name, State: string(stateOf(r.State)), Local: r.Local.String(), Remote: "*", Open: r.Open,
			Timer: r.Timer, Left: r.Left, RecvQ: r.RecvQ, SendQ: r.SendQ,
		}
		if r.Remote != (netip.AddrPort{}) {
			out[i].Remote = r.Remote.String()
		}
	}
	return out
}

// callOf translates a step into what realsock is asked to do.
func callOf(s *Step) realsock.Call {
	c := s.Cmd
	call := realsock.Call{
		Host: s.Actor, Op: c.Verb, Name: c.Sock, As: c.As, Family: c.Family, N: c.N, How: c.How, Key: c.Key, Value: c.Value,
		Of: c.Host, Kind: c.Kind, Nth: c.Nth, D: c.D,
	}
	if c.Addr.Set {
		call.Addr = c.Addr.AddrPort
	}
	if c.From.Set {
		call.From = c.From.AddrPort
	}
	if c.HasIn {
		call.Limit = max(c.Within, time.Nanosecond)
	}
	for _, o := range c.Opts {
		call.Opts = append(call.Opts, realsock.Opt(o))
	}
	if c.Verb == "forge" {
		call.Forge = &realsock.Forge{Len: c.Len, TS: c.TS, Seq: realsock.Number(c.Seq), Ack: realsock.Number(c.Ack)}
		for _, name := range c.Flags {
			f, _ := parseFlags(name)
			call.Forge.Flags |= headerFlags(f)
		}
	}
	return call
}
