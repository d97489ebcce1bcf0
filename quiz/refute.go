package quiz

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/world/model"
)

// A misconception is a claim about all runs, so a run refutes it by one counterexample.
// counterexamples has for each misconception what finds one in a run on the model of Linux.
var counterexamples = map[string]func(*run) bool{
	"tw-fin-timeout":       (*run).outlivesFinTimeout,
	"tw-240":               (*run).waitsLess,
	"tw-gone-with-process": (*run).refusedAfterExit,
	"listener-waits":       (*run).listenerGone,
	"last-closer-waits": func(r *run) bool {
		return r.step("FIN-WAIT-2", "", "TIME-WAIT") || r.step("FIN-WAIT-1", fsm.RcvFINACKOfFIN, "TIME-WAIT")
	},
	"both-wait":         func(r *run) bool { return r.step("LAST-ACK", fsm.RcvACKOfFIN, "CLOSED") },
	"new-suffices":      func(r *run) bool { return r.decides("linux-bind-old-lacks-reuseaddr", "EADDRINUSE") },
	"reuse-tw-only":     (*run).reusedAlive,
	"reuse-everything":  func(r *run) bool { return r.decides("linux-bind-listener", "EADDRINUSE") },
	"port-stronger":     (*run).reusePortAlone,
	"port-whole":        func(r *run) bool { return r.decides("linux-bind-other-address", "ok") },
	"tw-reuse-bind":     (*run).refusedWithTwReuse,
	"close-is-gone":     func(r *run) bool { return r.closesWithFIN(nil) },
	"fin-both-ways":     (*run).sendsAfterFIN,
	"four-always":       func(r *run) bool { return r.step("FIN-WAIT-1", fsm.RcvFINACKOfFIN, "TIME-WAIT") },
	"ack-not-plus-one":  (*run).acknowledgesFIN,
	"rst-anywhere":      func(r *run) bool { return r.stays(fsm.RcvRSTInWindow) },
	"syn-resets":        func(r *run) bool { return r.stays(fsm.RcvSYN) },
	"tw-kills-no-one":   (*run).waitIsCutShort,
	"local-port-unique": (*run).sharesPort,
	"exit-resets":       (*run).exitsWithFIN,
}

// run is an experiment as it went on the model.
type run struct{ *model.Story }

// refuting says which experiments of the library have a counterexample to a misconception: by its
// id, the experiments' ids.
var refuting = sync.OnceValue(func() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for id := range counterexamples {
		out[id] = map[string]bool{}
	}
	for _, e := range lab.Library() {
		s, err := model.Run(e.Script, fsm.Linux.Name)
		if err != nil {
			continue // the library's own tests hold that each of them runs
		}
		for id, found := range counterexamples {
			if found(&run{s}) {
				out[id][e.ID] = true
			}
		}
	}
	return out
})

// step reports whether an end went from a state to another by an event; an empty event is any.
func (r *run) step(from string, event fsm.Event, to string) bool {
	for _, e := range r.Entries {
		if string(e.From) == from && string(e.To) == to && (event == "" || e.Event == string(event)) {
			return true
		}
	}
	return false
}

// stays reports whether an event left a synchronized end in its state.
func (r *run) stays(event fsm.Event) bool {
	for _, e := range r.Entries {
		opening := e.From == fsm.Listen || e.From == fsm.SynSent || e.From == fsm.SynReceived
		if e.Event == string(event) && e.From == e.To && !opening {
			return true
		}
	}
	return false
}

// decides reports whether a bind or listen came to a result by a rule.
func (r *run) decides(rule, result string) bool {
	for _, x := range r.Results {
		if x.Why != nil && x.Why.Rule == rule && x.Result == result {
			return true
		}
	}
	return false
}

// waits calls f with every TIME-WAIT: whose it was, and when it began (the last time) and ended;
// end 0 is of one that was still there at the end of the run.
func (r *run) waits(f func(host string, end int, from, to time.Duration, by string)) {
	type who struct {
		host string
		end  int
	}
	began := map[who]time.Duration{}
	for _, e := range r.Entries {
		w := who{e.Host, e.End}
		start, waiting := began[w]
		switch {
		case e.To == fsm.TimeWait && (!waiting || strings.HasPrefix(e.Event, "rcv old FIN")):
			began[w] = e.At
		case e.To != fsm.TimeWait && waiting:
			f(e.Host, e.End, start, e.At, e.Event)
			delete(began, w)
		}
	}
	for w, start := range began {
		f(w.host, w.end, start, 0, "")
	}
}

// outlivesFinTimeout: where tcp_fin_timeout was set, a TIME-WAIT was seen later than that, or ended
// later or sooner.
func (r *run) outlivesFinTimeout() bool {
	limit := map[string]time.Duration{}
	found := false
	for i, st := range r.Steps {
		if st.Cmd.Verb == "sysctl" && strings.HasSuffix(st.Cmd.Key, "tcp_fin_timeout") {
			n, err := strconv.Atoi(st.Cmd.Value)
			if err == nil && n != 60 {
				limit[st.Actor] = time.Duration(n) * time.Second
			}
		}
		most, set := limit[st.Actor]
		if !set || st.Cmd.Verb != "state" && st.Cmd.Verb != "timer" {
			continue
		}
		at := r.Results[i].At
		r.waits(func(host string, end int, from, to time.Duration, _ string) {
			seen := r.Results[i].Result == "TIME-WAIT" || strings.HasPrefix(r.Results[i].Result, "timewait")
			over := r.Results[i].Result == "CLOSED" && to != 0 && to <= at && at-from < most
			if host == st.Actor && end == r.Results[i].End && from < at && (seen && at-from > most || over) {
				found = true
			}
		})
	}
	return found
}

// waitsLess: a TIME-WAIT ran out by itself in less than four minutes.
func (r *run) waitsLess() bool {
	found := false
	r.waits(func(_ string, _ int, from, to time.Duration, by string) {
		found = found || by == string(fsm.Timeout2MSL) && to-from < 4*time.Minute
	})
	return found
}

// refusedAfterExit: after a program exited, and before another one bound anything, its port was in
// use.
func (r *run) refusedAfterExit() bool {
	gone := map[string]bool{}
	for i, st := range r.Steps {
		switch {
		case st.Cmd.Verb == "exit":
			gone[st.Actor] = true
		case st.Cmd.Verb != "bind":
		case r.Results[i].Result == "ok":
			gone[st.Actor] = false
		case gone[st.Actor] && r.Results[i].Result == string(fsm.EADDRINUSE):
			return true
		}
	}
	return false
}

// listenerGone: a listener's program exited before it had a connection, and nothing was left of it.
func (r *run) listenerGone() bool {
	listened, accepted := map[string]bool{}, map[string]bool{}
	for i, st := range r.Steps {
		switch st.Cmd.Verb {
		case "listen":
			listened[st.Actor] = r.Results[i].Result == "ok"
		case "accept":
			accepted[st.Actor] = true
		case "exit":
			if listened[st.Actor] && !accepted[st.Actor] && i+1 < len(r.Steps) &&
				r.Steps[i+1].Cmd.Verb == "sockets" && len(r.Results[i+1].Rows) == 0 {
				return true
			}
		}
	}
	return false
}

// statesAt are the states of a host's ends at an instant, by their numbers.
func (r *run) statesAt(host string, at time.Duration) map[int]fsm.State {
	states := map[int]fsm.State{}
	for _, e := range r.Entries {
		if e.Host == host && e.At <= at && e.End != 0 {
			states[e.End] = e.To
		}
	}
	return states
}

// reusedAlive: SO_REUSEADDR on both sides let a bind pass over something that was not in TIME-WAIT.
func (r *run) reusedAlive() bool {
	for i, x := range r.Results {
		if x.Why == nil || x.Why.Rule != "linux-bind-both-reuseaddr" || x.Result != "ok" {
			continue
		}
		waiting, alive := false, false
		for _, s := range r.statesAt(r.Steps[i].Actor, x.At) {
			waiting = waiting || s == fsm.TimeWait
			alive = alive || s != fsm.TimeWait && s != fsm.Closed && s != fsm.Listen
		}
		if alive && !waiting {
			return true
		}
	}
	return false
}

// reusePortAlone: a bind with SO_REUSEPORT and without SO_REUSEADDR was refused for want of the
// latter.
func (r *run) reusePortAlone() bool {
	for i, st := range r.Steps {
		port, addr := false, false
		for _, o := range st.Cmd.Opts {
			port, addr = port || o.Name == "reuseport", addr || o.Name == "reuseaddr"
		}
		why := r.Results[i].Why
		if st.Cmd.Verb == "bind" && port && !addr && why != nil && r.Results[i].Result == string(fsm.EADDRINUSE) &&
			(why.Rule == "linux-bind-new-lacks-reuseaddr" || why.Rule == "linux-bind-mixed-options") {
			return true
		}
	}
	return false
}

// refusedWithTwReuse: tcp_tw_reuse was on, and a TIME-WAIT kept a bind from its port all the same.
func (r *run) refusedWithTwReuse() bool {
	on := map[string]bool{}
	for i, st := range r.Steps {
		if st.Cmd.Verb == "sysctl" && strings.HasSuffix(st.Cmd.Key, "tcp_tw_reuse") {
			on[st.Actor] = st.Cmd.Value != "0"
		}
		if st.Cmd.Verb != "bind" || !on[st.Actor] || r.Results[i].Result != string(fsm.EADDRINUSE) {
			continue
		}
		for _, s := range r.statesAt(st.Actor, r.Results[i].At) {
			if s == fsm.TimeWait {
				return true
			}
		}
	}
	return false
}

// closesWithFIN: a close sent a FIN, at the instant of one of the steps given, or at any.
func (r *run) closesWithFIN(at map[string][]time.Duration) bool {
	for _, e := range r.Entries {
		if e.Event != string(fsm.UserClose) || e.From != fsm.Established && e.From != fsm.CloseWait {
			continue
		}
		hit := at == nil
		for _, d := range at[e.Host] {
			hit = hit || d == e.At
		}
		for _, s := range e.Sent {
			if hit && s.Flags.Has(fsm.FIN) {
				return true
			}
		}
	}
	return false
}

// exitsWithFIN: a program exited, and its connection was closed with a FIN.
func (r *run) exitsWithFIN() bool {
	at := map[string][]time.Duration{}
	for i, st := range r.Steps {
		if st.Cmd.Verb == "exit" {
			at[st.Actor] = append(at[st.Actor], r.Results[i].At)
		}
	}
	return len(at) > 0 && r.closesWithFIN(at)
}

// sendsAfterFIN: an end that had received the other's FIN sent data, and the other one took it.
func (r *run) sendsAfterFIN() bool {
	for _, e := range r.Entries {
		if e.Event == string(fsm.RcvData) && (e.From == fsm.FinWait1 || e.From == fsm.FinWait2) && e.To == e.From {
			return true
		}
	}
	return false
}

// acknowledgesFIN: a FIN was acknowledged by a number beyond its data.
func (r *run) acknowledgesFIN() bool {
	for _, f := range r.Flights {
		if !f.Segment.Flags.Has(fsm.FIN) || f.Forged {
			continue
		}
		for _, a := range r.Flights {
			back := a.From == f.To && a.Src == f.Dst && a.Departs >= f.Departs
			if back && a.Segment.Flags.Has(fsm.ACK) && a.Segment.Ack == f.Segment.End() {
				return true
			}
		}
	}
	return false
}

// waitIsCutShort: a TIME-WAIT ended by something else than its timer.
func (r *run) waitIsCutShort() bool {
	found := false
	r.waits(func(_ string, _ int, _, to time.Duration, by string) {
		found = found || to != 0 && strings.HasPrefix(by, "rcv ")
	})
	return found
}

// sharesPort: two connections were established at the same time with one local port.
func (r *run) sharesPort() bool {
	type life struct{ from, to time.Duration }
	lives := map[string]map[string]life{} // host and local port: the other end: when
	for _, f := range r.Flights {
		asks := f.Segment.Flags.Has(fsm.SYN) && !f.Segment.Flags.Has(fsm.ACK)
		if f.Fate == fsm.Lost || f.Forged || asks {
			continue // a SYN that nobody answers makes no connection
		}
		local, remote := f.From+" "+strconv.Itoa(int(f.Src.Port())), f.Dst.String()
		if lives[local] == nil {
			lives[local] = map[string]life{}
		}
		l, ok := lives[local][remote]
		if !ok {
			l = life{f.Departs, math.MaxInt64} // until it is closed
		}
		if f.Segment.Flags.Has(fsm.FIN) || f.Segment.Flags.Has(fsm.RST) {
			l.to = min(l.to, f.Departs)
		}
		lives[local][remote] = l
	}
	for _, ends := range lives {
		for a, x := range ends {
			for b, y := range ends {
				if a < b && x.from < y.to && y.from < x.to {
					return true
				}
			}
		}
	}
	return false
}
