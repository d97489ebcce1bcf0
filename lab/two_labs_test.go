package lab

import (
	"testing"

	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
)

// Two sets of labs in one process do not disturb each other: each has its own worlds under the same
// names, its own queue, and what one closes is its own.
func TestTwoLabs(t *testing.T) {
	never := &fake{answers: map[string]string{"server exit": "EPERM"}}
	a := newLabs(Limits{Running: 1}, map[string]maker{"model": never.world(), "kernel": fakes(true)})
	worlds := world.NewRegistry(model.Worlds(), kernel.New())
	defer worlds.Close()
	b := NewLabs(Limits{Running: 1}, worlds)
	defer b.Close()

	held := create(t, a, Spec{Worlds: []string{"kernel"}}) // live, so that it keeps the only place in a
	waiting := create(t, a, Spec{Script: "server exit", Worlds: []string{"kernel"}})
	free := create(t, b, Spec{Script: "server exit", Worlds: []string{"model"}})
	<-free.Done()
	if got := free.Snapshot().Steps[0].Results["model"].Result; got != "ok" {
		t.Errorf("b's model says %s, want ok", got)
	}
	if got := waiting.Snapshot().Place; got != 1 {
		t.Errorf("place in a's line: got %d, want 1", got)
	}
	if _, err := b.Get(held.ID()); err == nil {
		t.Error("b knows a lab of a")
	}
	a.Close()
	if l := create(t, b, Spec{Script: "server exit", Worlds: []string{"model"}}); l != nil {
		<-l.Done()
	}
}

// Two sources of the kernel world keep their hosts apart: closing one leaves a lab in the other alone.
func TestTwoKernels(t *testing.T) {
	if k := infoOf(t, "kernel"); !k.Runs {
		skipUnlessCI(t, "kernel world: "+k.Why)
	}
	a, b := kernel.New(), kernel.New()
	la, lb := NewLabs(Limits{}, world.NewRegistry(a)), NewLabs(Limits{}, world.NewRegistry(b))
	defer b.Close()
	defer lb.Close()
	live := create(t, lb, Spec{})
	first := create(t, la, Spec{Script: wholeLines(openedByClient)})
	<-first.Done()
	if _, _, err := live.Append("+0 server bind l :7865 = ok"); err != nil {
		t.Fatal(err)
	}
	la.Close()
	a.Close()
	if _, _, err := live.Append("+0 server listen l = ok"); err != nil {
		t.Fatal(err)
	}
	settled(t, live, 2)
	for _, s := range live.Snapshot().Steps {
		if got := s.Results["kernel"].Result; got != "ok" {
			t.Errorf("%s: got %s, want ok", s.Text, got)
		}
	}
}

// A lab waits in the lane of its scarcest world.
func TestLanes(t *testing.T) {
	scarce := world.Info{Name: "scarce", Clock: world.Virtual, Lane: "few", AtOnce: 1, Runs: true}
	open := func(o world.Observer) (world.World, error) { return &fake{obs: o}, nil }
	few := world.Fixed{{Name: "scarce", Info: func() world.Info { return scarce }, Open: open}}
	ls := NewLabs(Limits{}, world.NewRegistry(model.Worlds(), few))
	defer ls.Close()
	first := create(t, ls, Spec{Worlds: []string{"model", "scarce"}})
	second := create(t, ls, Spec{Worlds: []string{"scarce"}})
	other := create(t, ls, Spec{Worlds: []string{"model"}})
	if p := [3]int{first.Snapshot().Place, second.Snapshot().Place, other.Snapshot().Place}; p != [3]int{0, 1, 0} {
		t.Errorf("places: got %v, want only the second to wait", p)
	}
	first.Cancel()
	<-first.gone
	if got := second.Snapshot().Place; got != 0 {
		t.Errorf("after the first has gone: got place %d, want 0", got)
	}
}
