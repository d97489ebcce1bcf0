package lab

import (
	"context"
	"errors"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/lab/world/replay"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

// fake is a world for tests: it says what its script of answers says, "ok" otherwise, and
// tells its observer of every step.
type fake struct {
	obs     world.Observer
	answers map[string]string // by Step.Text
	rows    []world.Row
	real    bool          // waits take real time
	uneasy  bool          // after a call its wire never comes to rest
	takes   time.Duration // each call takes that long
	broken  string        // text of the step at which it can go on no more
	panics  string        // text of the step at which it panics
	told    func(world.Observer, script.Step, time.Duration)

	mu     sync.Mutex
	now    time.Duration
	waits  []time.Duration
	groups [][]string
	closed bool
}

func (f *fake) Wait(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	f.waits = append(f.waits, d)
	f.now += d
	uneasy := f.uneasy && len(f.groups) > 0
	f.mu.Unlock()
	if uneasy {
		<-ctx.Done()
		return ctx.Err()
	}
	if !f.real {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fake) Do(ctx context.Context, group []script.Step) ([]world.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []world.Result
	var texts []string
	for _, s := range group {
		if s.Text == f.broken {
			return nil, errors.New("the floor gave way")
		}
		if s.Text == f.panics {
			panic("BUG: trapdoor")
		}
		f.now += f.takes
		r := world.Result{Result: "ok", At: f.now}
		if a, ok := f.answers[s.Text]; ok {
			r.Result = a
		}
		if s.Cmd.Verb == "sockets" {
			r.Rows = f.rows
		}
		if f.told != nil {
			f.told(f.obs, s, f.now)
		}
		texts = append(texts, s.Text)
		out = append(out, r)
	}
	f.groups = append(f.groups, texts)
	return out, nil
}

func (f *fake) Now() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// maker is a world for tests, whose name it is given by registry.
type maker struct {
	real bool
	make func(world.Observer) (world.World, error)
}

// registry is fakes by their names, in the order of those.
func registry(fakes map[string]maker) *world.Registry {
	var all world.Fixed
	for _, name := range slices.Sorted(maps.Keys(fakes)) {
		f := fakes[name]
		usual := name == "model" || name == "kernel"
		i := world.Info{
			Name: name, System: "linux", Clock: world.Virtual, Forks: !f.real, Default: usual, Runs: true, Calculated: !f.real,
		}
		if f.real {
			i.Clock = world.Real
		}
		all = append(all, world.Maker{Name: name, Default: usual, Info: func() world.Info { return i }, Open: f.make})
	}
	return world.NewRegistry(all)
}

// newLabs makes Labs that run in fakes.
func newLabs(limits Limits, fakes map[string]maker) *Labs { return NewLabs(limits, registry(fakes)) }

// allWorlds are the model and the kernel, as the program has them; they are closed when the test ends.
func allWorlds(t testing.TB) *world.Registry {
	r := world.NewRegistry(model.Worlds(), kernel.New(), replay.NewShelf())
	t.Cleanup(r.Close)
	return r
}

// reusedWorlds are those of a test that runs hundreds of scripts on a kernel: its hosts are used again,
// since to make new ones takes the kernel longer than most scripts.
func reusedWorlds(t testing.TB) *world.Registry {
	r := world.NewRegistry(model.Worlds(), kernel.NewReusing(64))
	t.Cleanup(r.Close)
	return r
}

// infoOf is what one of them is.
func infoOf(t testing.TB, name string) *world.Info {
	m, ok := allWorlds(t).Find(name)
	if !ok {
		t.Fatalf("no world %s", name)
	}
	i := m.Info()
	return &i
}

// world makes a maker that hands out f, once.
func (f *fake) world() maker {
	return maker{real: f.real, make: func(o world.Observer) (world.World, error) {
		f.obs = o
		return f, nil
	}}
}

// fakes makes worlds anew for every lab.
func fakes(real bool) maker {
	return maker{real: real, make: func(o world.Observer) (world.World, error) { return &fake{obs: o, real: real}, nil }}
}

// nowhere is a world that cannot run.
var nowhere = maker{real: true, make: func(world.Observer) (world.World, error) {
	return nil, errors.New("no namespaces for you")
}}
