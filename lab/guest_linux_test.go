package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/realsock/guest"
)

// onGuests are experiments that wait for minutes, are decided by a timer, or are told apart by release.
var onGuests = []string{
	"plain-restart", "wait-it-out", "reuse-both", "client-closes-first", "simultaneous-close", "half-close",
	"lost-last-ack", "fin-timeout", "orphan", "linger", "tw-reuse-loopback", "addresses",
}

// Other kernels do as the model does, step by step, state by state and segment by segment, or differ as
// the catalogue says.
func TestExperimentsOnGuests(t *testing.T) {
	debs := filepath.SplitList(os.Getenv("FOURWAVE_GUEST_DEBS"))
	if len(debs) == 0 {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal("FOURWAVE_GUEST_DEBS names no packages of kernels")
		}
		t.Skip("FOURWAVE_GUEST_DEBS names no packages of kernels")
	}
	o := guest.Options{Data: t.TempDir(), Cache: os.Getenv("FOURWAVE_GUEST_CACHE"), Init: os.Getenv("FOURWAVE_GUEST_INIT")}
	if o.Cache == "" {
		o.Cache = t.TempDir()
	}
	if o.Init == "" {
		o.Init = filepath.Join(t.TempDir(), "fourwave")
		build := exec.Command("go", "build", "-o", o.Init, "fourwave")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	store := guest.NewStore(o)
	kernels := kernel.WithGuests(store)
	worlds := world.NewRegistry(model.Worlds(), kernels)
	defer worlds.Close()
	labs := NewLabs(DefaultLimits, worlds)
	defer labs.Close()
	for _, deb := range debs {
		k, err := store.Add([]string{deb}, "", func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Prepare(t.Context(), k, func(line string) { t.Log(line) }); err != nil {
			t.Fatal(err)
		}
		for _, id := range onGuests {
			t.Run(k.Version+"/"+id, func(t *testing.T) { runOnGuest(t, labs, id, "kernel:"+k.Version) })
		}
		// These kernels count the wait before a port is taken over in whole seconds (tcp_twsk_unique): the
		// connect after half a second is refused or not by where in a second the one before was closed.
		for phase, want := range map[time.Duration]string{50 * time.Millisecond: "EADDRNOTAVAIL", 800 * time.Millisecond: "ok"} {
			t.Run(k.Version+"/phase "+phase.String(), func(t *testing.T) {
				kernels.StartAt(phase)
				s := runOnGuest(t, labs, "tw-reuse-loopback", "kernel:"+k.Version)
				for _, step := range s.Steps {
					if step.Cmd.Sock == "d" && step.Results["kernel:"+k.Version].Result != want {
						t.Errorf("connect d: got %+v, want %s", step.Results, want)
					}
				}
			})
		}
	}
}

func runOnGuest(t *testing.T, labs *Labs, id, name string) Snapshot {
	t.Helper()
	l, err := labs.Create(Spec{Experiment: id, Worlds: []string{"model", name}})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.Done():
	case <-time.After(5 * time.Minute):
		l.Cancel()
		t.Fatal("it has not ended")
	}
	s := l.Snapshot()
	if s.Status == Failed {
		t.Fatal(s.Err)
	}
	for kind, c := range map[string]Count{"steps": s.Summary.Steps, "states": s.Summary.States, "segments": s.Summary.Segments} {
		if kind == "steps" && c.Agree == 0 || c.Differ != c.Explained {
			t.Errorf("%s: %d agree, %d differ, %d of them explained", kind, c.Agree, c.Differ, c.Explained)
		}
	}
	return s
}
