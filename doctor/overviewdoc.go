package doctor

import (
	"strconv"
	"strings"

	"fourwave/api/doc"
)

// Filter leaves out of an overview's document what its reader did not ask for. A zero Filter leaves
// everything in.
type Filter struct {
	Process string // a part of a process's name, or its pid
	State   string // "TIME-WAIT"
	To      string // how a peer's address begins
}

func (f Filter) process(name string, pid int) bool {
	return f.Process == "" || strings.Contains(name, f.Process) || strconv.Itoa(pid) == f.Process
}

func (f Filter) state(s string) bool { return f.State == "" || strings.EqualFold(f.State, s) }

func (f Filter) to(peer string) bool { return f.To == "" || strings.HasPrefix(peer, f.To) }

// Document is what GET /v1/ports answers; nil of nil.
func (o *Overview) Document(lang string, f Filter) *doc.Overview {
	if o == nil {
		return nil
	}
	return &doc.Overview{
		Wrong: o.Wrong(), States: o.Counts, Orphans: o.Orphans, MaxOrphans: o.MaxOrphans,
		Findings: doc.Each(o.Findings, func(x Finding) doc.OverviewFinding {
			return doc.OverviewFinding{Kind: x.Kind, Text: x.Text.In(lang), Do: x.Do.In(lang)}
		}),
		Listeners: some(o.Listeners, f.listening), FullQueues: some(o.FullQueues, f.listening),
		CloseWait: some(o.CloseWait, f.closeWait),
		FinWait2:  some(o.FinWait2, f.peer("FIN-WAIT-2")), TimeWait: some(o.TimeWait, f.peer("TIME-WAIT")),
		PortsLeft: some(o.PortsLeft, f.portsLeft),
		Hidden:    textsIn(o.Hidden, lang),
	}
}

// unknownBacklog is where the numbers begin that no listen() asked for: a table that does not show
// the backlog is read as having an endless one.
const unknownBacklog = 1 << 30

func (f Filter) listening(l Listening) (v doc.Listening, ok bool) {
	v = doc.Listening{
		Local: l.Local.String(), Process: l.Process, PID: l.PID, Queued: l.Queued, Backlog: l.Backlog,
	}
	if v.Backlog >= unknownBacklog {
		v.Backlog = 0
	}
	return v, f.process(l.Process, l.PID) && f.state("LISTEN")
}

func (f Filter) closeWait(p ByProcess) (v doc.ByProcess, ok bool) {
	v = doc.ByProcess{
		Process: p.Process, PID: p.PID, Count: p.Count, Oldest: doc.Duration(p.Oldest), Recent: p.Recent,
		Unread: max(p.Unread, 0), Queued: p.Queued,
	}
	return v, f.process(p.Process, p.PID) && f.state("CLOSE-WAIT")
}

// peer views connections in a state, by their peer.
func (f Filter) peer(state string) func(ByPeer) (doc.ByPeer, bool) {
	return func(p ByPeer) (v doc.ByPeer, ok bool) {
		v = doc.ByPeer{
			Peer: p.Peer.String(), Count: p.Count, Held: p.Held, Process: p.Process, PID: p.PID,
		}
		return v, f.state(state) && f.to(v.Peer) && f.process(p.Process, p.PID)
	}
}

func (f Filter) portsLeft(p PortsLeft) (v doc.PortsLeft, ok bool) {
	v = doc.PortsLeft{
		To: p.To.String(), Left: p.Left, Used: p.Used, TimeWait: p.TimeWait, NextFree: doc.Duration(p.NextFree),
	}
	return v, f.to(v.To)
}

// some is doc.Each for those of which document says true.
func some[T, V any](from []T, document func(T) (V, bool)) []V {
	out := []V{}
	for _, x := range from {
		if v, ok := document(x); ok {
			out = append(out, v)
		}
	}
	return out
}
