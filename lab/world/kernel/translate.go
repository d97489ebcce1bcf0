package kernel

import (
	"fmt"
	"slices"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
)

// This file alone knows both vocabularies: what realsock tells in the kernel's words it says in
// those of RFC 9293 and of fsm, so that two traces can be laid side by side.

// translator remembers of a kernel world's story what later sentences refer to.
type translator struct {
	frames map[int]*realsock.Frame // the last that was told of each, by ID
	oldest int
	ends   ends
	tables map[string]*world.Sightings // by host
}

// rememberedFrames is how many frames back a sighting may refer to; held ones are told again when
// they arrive.
const rememberedFrames = 4096

func newTranslator() *translator {
	return &translator{frames: map[int]*realsock.Frame{}, oldest: 1, ends: newEnds(),
		tables: map[string]*world.Sightings{}}
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
	if s.Flags.Has(fsm.ACK) && f.Ack != 0 { // as fsm tells a number that is nobody's
		s.Ack = f.Ack - f.AckISN
	}
	if s.Flags.Has(fsm.RST) && f.Seq == 0 {
		s.Seq = 0 // §3.5.2: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>, of no connection
	}
	return s
}

var fates = map[string]fsm.Fate{"under way": fsm.UnderWay, "held": fsm.Held, "arrived": fsm.Arrived, "lost": fsm.Lost}

// flight translates a frame and remembers it.
func (t *translator) flight(f *realsock.Frame) fsm.Flight {
	t.frames[f.ID] = f
	for ; t.oldest < f.ID-rememberedFrames; t.oldest++ {
		delete(t.frames, t.oldest)
	}
	s := segmentOf(f)
	return fsm.Flight{
		ID: f.ID, From: f.From, To: f.To, Src: f.Src, Dst: f.Dst, Segment: s,
		Departs: f.Departs, Arrives: f.Arrives, Fate: fates[f.Fate], Forged: f.Forged, Note: f.Note,
		SeqISN: f.Seq - s.Seq, AckISN: f.AckISN,
	}
}

// entry translates a sighting; ok is false for one that is no event of the state machine, such as
// an accept.
func (t *translator) entry(s *realsock.Sighting) (e fsm.Entry, ok bool) {
	t.ends.see(s)
	e = fsm.Entry{At: s.At, Host: s.Host, Socket: s.Name, End: s.End, From: stateOf(s.Prev), To: stateOf(s.State),
		Of: s.Cause.Frame, Flights: s.Sent}
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
	case "icmp":
		event, e.Note = icmpEvent(s, e)
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
		case e.To == fsm.Closed &&
			(sentRST(sent) || s.Cause.Op == "abort" && e.From != fsm.Listen && e.From != fsm.SynSent):
			return fsm.UserAbort
		}
		return fsm.UserClose
	}
	return ""
}

// icmpWords are what the ICMP errors say that a connection is told of.
var icmpWords = map[string]string{
	"net": "network unreachable", "host": "host unreachable", "port": "port unreachable",
	"admin": "administratively prohibited",
}

// icmpEvent names what an ICMP error meant to a connection, and says what the error was; "" where
// it meant nothing: to a minisocket, which hears of none, and to a request socket, which ends
// without a word. RFC 9293 §3.9.2.2: "TCP implementations MUST act on an ICMP error message passed
// up from the IP layer, directing it to the connection that created the error"; codes 2 to 4 of
// destination unreachable are hard errors.
func icmpEvent(s *realsock.Sighting, e fsm.Entry) (event fsm.Event, note string) {
	words := icmpWords[s.Cause.How]
	switch {
	case words == "" || s.Mini || e.From == fsm.TimeWait || e.From == fsm.SynReceived && e.Socket == "":
		return "", ""
	case s.Cause.How == "port":
		return fsm.RcvICMPHard, "ICMP: " + words
	}
	return fsm.RcvICMPSoft, "ICMP: " + words
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

// rows translates a host's socket table.
func (t *translator) rows(host string, rows []realsock.Row) []world.Row {
	out := make([]world.Row, len(rows))
	for i, r := range rows {
		out[i] = world.Row{
			Name: r.Name, End: t.ends.of(host, &r), State: string(stateOf(r.State)), Local: r.Local, Remote: r.Remote,
			Open: r.Open, Timer: r.Timer, Left: r.Left, RecvQ: r.RecvQ, SendQ: r.SendQ,
		}
	}
	return out
}

// table says what has changed in a host's table.
func (t *translator) table(told *realsock.Table) world.TableChange {
	before := t.tables[told.Host]
	if before == nil {
		before = new(world.Sightings)
		t.tables[told.Host] = before
	}
	return before.Change(told.At, t.rows(told.Host, told.Rows))
}

// callOf translates a step into what realsock is asked to do.
func callOf(s *script.Step) realsock.Call {
	c := s.Cmd
	call := realsock.Call{
		Host: s.Actor, Op: c.Verb, Name: c.Sock, As: c.As, Family: c.Family, N: c.N, How: c.How, Key: c.Key,
		Value: c.Value,
		Of:    c.Host, Kind: c.Kind, Nth: c.Nth, D: c.D,
	}
	if c.To != "" {
		call.Of += ">" + c.To
	}
	switch {
	case s.Actor == "host":
		call.Name, call.Addrs = c.Host, c.Addrs
	case c.Verb == "block":
		call.How = c.ICMP
	case c.Verb == "forget":
		call.How = c.Fate
	}
	if c.Addr.Set {
		call.Addr = c.Addr.AddrPort
	}
	if c.From.Set {
		call.From = c.From.AddrPort
	}
	call.NoWait = c.NoWait
	if c.Verb == "await" {
		call.How = c.Of
	}
	if c.HasIn {
		call.Limit = max(c.Within, time.Nanosecond)
	}
	for _, o := range c.Opts {
		call.Opts = append(call.Opts, realsock.Opt(o))
	}
	if c.Verb == "forge" {
		call.Forge = &realsock.Forge{
			Len: c.Len, TS: c.TS, Seq: realsock.Number(c.Seq), Ack: realsock.Number(c.Ack), ICMP: c.ICMP,
		}
		for _, name := range c.Flags {
			f, _ := script.ParseFlags(name)
			call.Forge.Flags |= headerFlags(f)
		}
	}
	return call
}
