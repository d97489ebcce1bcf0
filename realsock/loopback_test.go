package realsock

import (
	"testing"
	"time"
)

// TestLoopbackBudget: what trials leave on somebody's machine is bounded, and the bound holds for all of them together.
func TestLoopbackBudget(t *testing.T) {
	t.Cleanup(func() { clear(loopbackBudget.at[:]) })
	now := time.Now()
	for i := range MaxLoopback {
		if wait := spend(now.Add(time.Duration(i) * time.Millisecond)); wait != 0 {
			t.Fatalf("trial %d waits %v", i, wait)
		}
	}
	if got, want := spend(now.Add(10*time.Second)), LoopbackRest-10*time.Second; got != want {
		t.Errorf("got a wait of %v, want %v", got, want)
	}
	if wait := spend(now.Add(LoopbackRest)); wait != 0 {
		t.Errorf("got a wait of %v when the first has gone, want none", wait)
	}
	if wait := spend(now.Add(LoopbackRest)); wait != time.Millisecond {
		t.Errorf("got a wait of %v for the second, want 1ms", wait)
	}
}
