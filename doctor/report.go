package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"fourwave/fsm"
	"fourwave/internal/text"
)

// Bounds of what a report lists.
const (
	maxSockets = 64 // kinds of sockets
	maxListed  = 8  // processes of one kind, and things to do about processes
)

// report makes the answer of what was read.
func (r *reading) report(q Question, now time.Time) *Report {
	out := &Report{Question: q, At: now, Settings: r.settings, Spaces: r.spaces, Hidden: r.hidden, Nearby: r.nearby,
		System: r.system, own: r.own}
	result, why := r.predict(q.Port, q.addr(), q.ReuseAddr, q.ReusePort)
	switch result {
	case "ok":
		out.Verdict = Free
	case "depends":
		out.Verdict = Depends
	default:
		out.Verdict, out.Errno = Taken, result
	}
	out.Why = why
	r.judgeAll(q)
	for _, o := range [][2]bool{{false, false}, {true, false}, {false, true}} {
		p := Prediction{ReuseAddr: o[0], ReusePort: o[1]}
		p.Result, p.Why = r.predict(q.Port, q.addr(), p.ReuseAddr, p.ReusePort)
		out.Options = append(out.Options, p)
	}
	out.Others = r.others(q)
	out.list(r)
	out.UDP = r.udp
	out.Case = out.findCase(q)
	out.Passes = out.passes()
	out.Keeper = out.keeper(r.kept)
	out.Started = out.startedBy()
	out.Answer = out.answer()
	out.Do = out.todo()
	out.Myths = out.myths()
	return out
}

// startedBy is the chain that started the process that has the port, down to that process.
func (out *Report) startedBy() (chain []string) {
	for _, s := range out.ofCase() {
		if len(s.Processes) == 0 {
			continue
		}
		p := s.Processes[0]
		for _, by := range slices.Backward(p.Parents) {
			chain = append(chain, by.Name)
		}
		return append(chain, p.Name)
	}
	return nil
}

// judgeAll applies the bind rule to every socket and the new one, and classifies each socket.
func (r *reading) judgeAll(q Question) {
	n := newcomer(q.addr(), q.ReuseAddr, q.ReusePort, r.uid)
	for i := range r.sockets {
		s := &r.sockets[i]
		s.Verdict, s.Why = r.judge(s, n)
		s.Case = r.classify(s, q)
		s.Waiting = s.Orphan && !s.mini && (s.State == string(fsm.Established) || s.State == string(fsm.CloseWait))
		if s.Verdict != Free {
			s.Passes = s.passing(r.limits)
			if r.profile != nil {
				s.Passes = s.passingBy(r.profile)
			}
		}
	}
}

// classify says what a socket is to a caller that wants its port.
func (r *reading) classify(s *Socket, q Question) Case {
	other := q.Host.IsValid() && (s.Family == 4) != q.Host.Unmap().Is4()
	if s.Protocol == UDP {
		return UDPSocket
	}
	switch fsm.State(s.State) {
	case fsm.Listen:
		switch {
		case other && s.Verdict != Free:
			return DualStack
		case s.UID != r.uid:
			return OtherUser
		}
		return Listener
	case "BOUND", fsm.Closed:
		if other && s.Verdict != Free {
			return DualStack
		}
		return BoundOnly
	case fsm.TimeWait:
		return InTimeWait
	}
	return r.classifyConnection(s)
}

func (r *reading) classifyConnection(s *Socket) Case {
	queued := s.Orphan && (s.State == string(fsm.Established) || s.State == string(fsm.CloseWait) ||
		s.State == string(fsm.SynReceived))
	switch {
	case queued && s.State != string(fsm.SynReceived):
		return AcceptQueue
	case s.Orphan && !queued:
		return Orphan
	case s.State == string(fsm.CloseWait) && !s.Orphan:
		return CloseWaitLeak
	case s.role == roleClient || s.Self:
		return Client
	case slices.ContainsFunc(r.sockets, func(l Socket) bool { return l.State == string(fsm.Listen) }):
		return Child
	}
	return DeadListener
}

// weight orders what stands in the way: what lasts longest, and explains the others, comes first.
var weight = map[Case]int{
	OtherUser: 1, DualStack: 2, Listener: 3, BoundOnly: 4, UDPSocket: 4, CloseWaitLeak: 5, DeadListener: 6, Child: 6,
	AcceptQueue: 6, Client: 7, Orphan: 8, InTimeWait: 9,
}

// list puts the sockets into the report, those that stand in the way first.
func (out *Report) list(r *reading) {
	rank := map[Verdict]int{Taken: 0, Depends: 1, Free: 2}
	slices.SortStableFunc(r.sockets, func(a, b Socket) int {
		return cmp.Or(rank[a.Verdict]-rank[b.Verdict], weight[a.Case]-weight[b.Case], b.Count-a.Count,
			a.Local.Addr().Compare(b.Local.Addr()))
	})
	out.MoreSock = r.more
	for i, s := range r.sockets {
		if i < maxSockets {
			out.Sockets = append(out.Sockets, s)
		} else {
			out.MoreSock += s.Count
		}
	}
}

// blockers are the sockets that stand in the way, or might.
func (out *Report) blockers() []Socket {
	i := slices.IndexFunc(out.Sockets, func(s Socket) bool { return s.Verdict == Free })
	if i < 0 {
		i = len(out.Sockets)
	}
	return out.Sockets[:i]
}

func (out *Report) findCase(q Question) Case {
	blockers := out.blockers()
	switch {
	case out.Errno == "EADDRNOTAVAIL":
		return NotLocal
	case out.Errno == "EACCES":
		return Privileged
	case len(blockers) > 0:
		first := slices.MinFunc(blockers, func(a, b Socket) int { return weight[a.Case] - weight[b.Case] })
		return first.Case
	case len(out.Sockets) > 0:
		return Shared
	case len(out.Spaces) > 0:
		return Elsewhere
	case out.Settings.Reserved:
		return ReservedRange
	case out.Settings.Ephemeral:
		return EphemeralRange
	}
	return NothingAtAll
}

// others are further addresses that the port could be had on, with the options asked about.
func (r *reading) others(q Question) []AddrPrediction {
	if len(r.sockets) == 0 && r.local {
		return nil
	}
	var all []AddrPrediction
	for _, a := range r.addrs {
		if a == q.addr() {
			continue
		}
		result, _ := r.predict(q.Port, a, q.ReuseAddr, q.ReusePort)
		all = append(all, AddrPrediction{a, result})
	}
	return all
}

// passes says when nothing stands in the way any more.
func (out *Report) passes() *Passing {
	var all *Passing
	for _, s := range out.blockers() {
		switch p := s.Passes; {
		case p == nil:
		case !p.Timed:
			return p
		case all == nil || p.After > all.After:
			all = p
		}
	}
	return all
}

// place is the address that was asked about, for people.
func (q Question) place() string {
	at := netip.AddrPortFrom(q.addr(), q.Port).String()
	if q.Protocol == UDP {
		return at + "/udp"
	}
	return at
}

func (p Process) String() string {
	return fmt.Sprintf("%s (pid %d)", text.Clip(p.Name, 60), p.PID)
}

// Bindable reports whether bind would succeed, or did when it was tried.
func (out *Report) Bindable() bool {
	if out.Tried != nil {
		return out.Tried.Result == "ok"
	}
	return out.Verdict == Free
}

// Waiting says in a line what one waits for.
func (out *Report) Waiting() Text {
	what := states(out.blockers())
	switch p := out.Passes; {
	case p == nil:
		return say("port %d: %s", "端口 %d：%s", out.Port, out.about())
	case p.Timed:
		return say("port %d: %s%s", "端口 %d：%s%s", out.Port, what, remaining(p))
	default:
		return say("port %d: %s, goes %s", "端口 %d：%s，消失时机：%s", out.Port, what, p.Text)
	}
}
