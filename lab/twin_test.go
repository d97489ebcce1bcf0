package lab

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"net/netip"

	"fourwave/lab/world"
	"fourwave/lab/world/model"
)

// An experiment that runs again shares what it came to the first time, and tells the same.
func TestTwins(t *testing.T) {
	ls := NewLabs(Limits{}, world.NewRegistry(model.Worlds()))
	defer ls.Close()
	spec := Spec{Experiment: Library()[0].ID, Worlds: []string{"model", "model:rfc9293"}}
	first, second := create(t, ls, spec), create(t, ls, spec)
	<-first.Done()
	<-second.Done()
	if first.SameAs() != "" || second.SameAs() != first.ID() {
		t.Fatalf("the first is the same as %q, the second as %q, want none and %q", first.SameAs(), second.SameAs(), first.ID())
	}
	a, b := first.Snapshot(), second.Snapshot()
	if a.ID == b.ID || b.Created.Before(a.Created) {
		t.Errorf("the second has the id %s and is of %v, the first %s and %v", b.ID, b.Created, a.ID, a.Created)
	}
	opts := cmp.Options{cmpopts.IgnoreFields(Snapshot{}, "ID", "Created", "Ended"), cmpopts.EquateComparable(netip.AddrPort{}, netip.Addr{})}
	if diff := cmp.Diff(a, b, opts); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	for _, w := range spec.Worlds {
		ta, _ := first.Trace(w)
		tb, _ := second.Trace(w)
		if len(ta.Entries) == 0 || len(ta.Entries) != len(tb.Entries) || len(ta.Flights) != len(tb.Flights) {
			t.Errorf("%s: %d entries and %d segments, then %d and %d", w, len(ta.Entries), len(ta.Flights), len(tb.Entries), len(tb.Flights))
		}
	}
	if err := ls.Delete(first.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := ls.Fork(second.ID(), 2, ""); err != nil {
		t.Errorf("fork: %v", err)
	}
	if third := create(t, ls, Spec{Experiment: spec.Experiment, Worlds: []string{"model"}}); third.SameAs() != "" {
		t.Error("a lab in other worlds is the same")
	}
	if live := create(t, ls, Spec{Experiment: spec.Experiment, Worlds: spec.Worlds, Live: true}); live.SameAs() != "" || !live.Live() {
		t.Error("a live lab is the same as one that has ended")
	}
}
