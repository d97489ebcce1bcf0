package kernel

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
)

// kernelWorld runs a script on the kernel of this machine, in real time.
type kernelWorld struct {
	net *realsock.Net
	t   *translator
	end func(*realsock.Net) error // what becomes of the net when the world is closed
}

// kernelPatience bounds how long a kernel world may take to make its hosts.
const kernelPatience = time.Minute

// open makes two hosts and a wire between them. The error says why this machine cannot.
func (k *Kernel) open(obs world.Observer) (world.World, error) {
	if a := realsock.Able(); !a.OK {
		return nil, fmt.Errorf("%s. %s", a.Why, a.Remedy)
	}
	ctx, cancel := context.WithTimeout(context.Background(), kernelPatience)
	defer cancel()
	t := newTranslator()
	net, err := k.nets.Open(ctx, k.config(t, obs))
	if err != nil {
		return nil, err
	}
	return &kernelWorld{net, t, k.nets.Give}, nil
}

// tell tells an observer what the kernel world has told.
func (t *translator) tell(obs world.Observer, e realsock.Event) {
	switch {
	case e.Frame != nil:
		f := e.Frame
		head := f.Raw
		f.Raw = nil // the translator remembers many
		obs.Flight(t.flight(f))
		if head != nil {
			obs.Frame(f.ID, head, f.Size)
		}
	case e.Sighting != nil:
		if entry, ok := t.entry(e.Sighting); ok {
			obs.Entry(entry)
		}
	case e.Table != nil:
		obs.Table(e.Table.Host, t.table(e.Table))
	}
}

func (w *kernelWorld) Now() time.Duration { return w.net.Now() }
func (w *kernelWorld) Close() error       { return w.end(w.net) }

func (w *kernelWorld) Wait(ctx context.Context, d time.Duration) error {
	return w.net.Wait(ctx, d)
}

func (w *kernelWorld) Do(ctx context.Context, group []script.Step) ([]world.Result, error) {
	calls := make([]realsock.Call, len(group))
	for i := range group {
		calls[i] = callOf(&group[i])
	}
	outs, err := w.net.Do(ctx, calls...)
	if err != nil {
		return nil, err
	}
	results := make([]world.Result, len(outs))
	for i := range outs {
		results[i] = w.t.result(&group[i], &outs[i])
	}
	return results, nil
}

// result writes a step's outcome as the script's language does.
func (t *translator) result(s *script.Step, o *realsock.Outcome) world.Result {
	r := world.Result{Result: o.Result, At: o.At}
	switch verb := s.Cmd.Verb; {
	case o.NotRun != "":
		r.Result = script.NotRun
		r.Why = &world.Why{Rule: "kernel-not-run", Text: world.Text{En: o.NotRun}}
	case verb == "state":
		r.Result = string(stateOf(o.Result))
	case verb == "timer" && o.Result != "none":
		r.Result = fmt.Sprintf("%s %.1fs", o.Result, o.Left.Seconds())
	case verb == "sockets":
		r.Rows = t.rows(s.Actor, o.Rows)
		r.Result = strconv.Itoa(len(r.Rows))
	case verb == "forge" && o.Result != "silence":
		if a, ok := script.ParseAnswer(o.Result); ok {
			r.Result = a
		}
	}
	r.End = t.ends.about(s, r.Result)
	return r
}
