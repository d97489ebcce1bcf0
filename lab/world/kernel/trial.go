package kernel

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
)

// A process that makes trials is kept for a while, since to start one takes longer than many
// trials.
const (
	warmMost = 2 // processes kept
	warmTime = 30 * time.Second
)

// warmTrials are the processes that nobody uses now, each with the timer that ends it.
type warmTrials struct {
	mu     sync.Mutex
	closed bool
	idle   []*warmProcess
}

type warmProcess struct {
	*realsock.Trials
	timer *time.Timer
}

// take gives a process that is there already, or nil.
func (w *warmTrials) take() *realsock.Trials {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := len(w.idle); n > 0; n = len(w.idle) {
		p := w.idle[n-1]
		w.idle = w.idle[:n-1]
		if p.timer.Stop() {
			return p.Trials
		}
	}
	return nil
}

// keep keeps a process for whoever wants one next, for a while.
func (w *warmTrials) keep(t *realsock.Trials) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.idle) >= warmMost {
		t.Close()
		return
	}
	p := &warmProcess{Trials: t}
	p.timer = time.AfterFunc(warmTime, func() { w.end(p) })
	w.idle = append(w.idle, p)
}

// end ends a process whose time is over; whoever stops the timer first has it.
func (w *warmTrials) end(p *warmProcess) {
	w.mu.Lock()
	w.idle = slices.DeleteFunc(w.idle, func(q *warmProcess) bool { return q == p })
	w.mu.Unlock()
	p.Close()
}

// close ends all that are idle; those in use end when they are given back.
func (w *warmTrials) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	for t := w.take(); t != nil; t = w.take() {
		t.Close()
	}
}

// kernelTrials makes trials on the kernel of this machine.
type kernelTrials struct {
	warm    *warmTrials // nil: the process is not kept
	process *realsock.Trials
	err     error // why there is none
}

func (k *Kernel) openTrials(ctx context.Context) world.Trials {
	if t := k.warm.take(); t != nil {
		return &kernelTrials{warm: &k.warm, process: t}
	}
	t, err := realsock.OpenTrials(ctx)
	if errors.Is(err, realsock.ErrNotAble) {
		if a := realsock.Able(); !a.OK {
			err = errors.New(strings.TrimSpace(a.Why + " " + a.Remedy))
		}
	}
	return &kernelTrials{&k.warm, t, err}
}

func (k *kernelTrials) Close() {
	switch {
	case k.process == nil:
	case k.warm == nil:
		k.process.Close()
	default:
		k.warm.keep(k.process)
	}
}

func (k *kernelTrials) Try(ctx context.Context, batch []*world.Situation) ([]world.TrialResult, error) {
	if k.err != nil {
		return nil, k.err
	}
	trials := make([]realsock.Trial, len(batch))
	for i, s := range batch {
		trials[i] = realTrial(s)
	}
	outs, err := k.process.Try(ctx, trials)
	if err != nil {
		k.process.Close()
		k.process, k.err = nil, err
		return nil, err
	}
	results := make([]world.TrialResult, len(outs))
	for i, o := range outs {
		results[i] = world.TrialResult{Bind: o.Bind, Listen: o.Listen, Port: o.Port}
		if why := batch[i].Foreign("linux"); why != nil {
			results[i] = world.TrialResult{Bind: script.NotRun, Port: o.Port, Why: why}
		} else if o.NotRun != "" {
			results[i].Bind = script.NotRun
			results[i].Why = &world.Why{Rule: "trial-not-built",
				Text: world.Text{En: o.NotRun, Zh: "这种情形没有形成：" + o.NotRun}}
		}
	}
	return results, nil
}

// realTrial says a situation in the kernel's words.
func realTrial(s *world.Situation) realsock.Trial {
	t := realsock.Trial{Listen: s.Listen, New: realOptions(s.Opts)}
	t.New.Addr = s.Addr
	for i := range s.Existing {
		h := &s.Existing[i]
		e := realOptions(h.Opts)
		e.State, e.Role = kernelState(h.State), h.Role
		e.Addr, e.Via, e.ListenerOpen, e.Orphan = h.Addr, h.Via, h.ListenerOpen, h.Orphan
		t.Existing = append(t.Existing, e)
	}
	return t
}

func realOptions(o world.SocketOptions) realsock.TrialSocket {
	return realsock.TrialSocket{
		ReuseAddr: o.ReuseAddr, ReusePort: o.ReusePort, V6Only: o.V6Only, UID: o.UID, Device: o.Device,
		FreeBind: o.FreeBind,
	}
}

// kernelState is the kernel's word for a state in RFC spelling: FIN-WAIT-1 is its FIN_WAIT1.
func kernelState(s string) string {
	if rest, ok := strings.CutPrefix(s, "FIN-WAIT-"); ok {
		return "FIN_WAIT" + rest
	}
	return strings.ReplaceAll(s, "-", "_")
}
