package lab

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"fourwave/lab/world"
	"fourwave/lab/world/model"
)

// long is a script of so many lines that tells a lot.
func long(lines int) string {
	var b strings.Builder
	b.WriteString("server bind l :7865\nserver listen l\n")
	for i := 0; i < lines/4; i++ {
		fmt.Fprintf(&b, "client connect c%d server:7865\nserver accept l as a%d\nclose c%d\nserver close a%d\n", i, i, i, i)
	}
	return strings.ReplaceAll(b.String(), "\nclose", "\nclient close")
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What is counted of a lab is about what it takes.
func TestMemoryIsCounted(t *testing.T) {
	ls := NewLabs(Limits{}, world.NewRegistry(model.Worlds()))
	defer ls.Close()
	before := heap()
	l := create(t, ls, Spec{Script: long(2000), Worlds: []string{"model"}, Client: "a"})
	<-l.Done()
	took := heap() - before
	counted := ls.memory.all.Load()
	t.Logf("counted %.1f MB, the heap grew by %.1f MB", float64(counted)/1e6, float64(took)/1e6)
	if counted < took/2 || counted > 2*took {
		t.Errorf("counted %d bytes, the heap grew by %d", counted, took)
	}
	if own := ls.memory.account("a").own.Load(); own != counted {
		t.Errorf("the client's are %d of %d", own, counted)
	}
	if err := ls.Delete(l.ID()); err != nil {
		t.Fatal(err)
	}
	if left := ls.memory.all.Load(); left != 0 {
		t.Errorf("%d bytes are counted when no lab is left", left)
	}
}

// However many long labs and forks of them a client asks for, what all hold stays within its
// budget, the newest is whole, and another client's labs stay.
func TestMemoryOfAClient(t *testing.T) {
	const each = 16 << 20
	s := &shelf{labs: map[string]Kept{}}
	ls := NewLabs(Limits{Memory: 64 << 20, MemoryEach: each}, world.NewRegistry(model.Worlds()))
	ls.KeepIn(s)
	defer ls.Close()
	other := create(t, ls, Spec{Script: "server exit", Worlds: []string{"model"}, Client: "b"})
	first := create(t, ls, Spec{Script: long(1000), Worlds: []string{"model"}, Client: "a"})
	<-first.Done()
	for range 14 {
		f, err := ls.Fork(first.ID(), 1000, "a")
		if err != nil {
			t.Fatal(err)
		}
		f.awaitRest(restoreTime)
		snap := f.Snapshot()
		if snap.Dropped > 0 || snap.Status != Running {
			t.Fatalf("a fork is %s, and %d of its events were dropped", snap.Status, snap.Dropped)
		}
		if own := ls.memory.account("a").own.Load(); own > each {
			t.Fatalf("the client's labs hold %d bytes of %d", own, each)
		}
	}
	if l, _ := ls.inMemory(first.ID()); l == first {
		t.Error("the oldest lab was never forgotten")
	}
	if l, err := ls.Get(first.ID()); err != nil || l.Snapshot().Events != first.Snapshot().Events {
		t.Errorf("the oldest lab does not come back: %v", err)
	}
	if _, ok := ls.inMemory(other.ID()); !ok {
		t.Error("another client's lab had to go")
	}
}

// Live labs that rest make room and come back; one that somebody follows stays.
func TestRestingLabsMakeRoom(t *testing.T) {
	s := &shelf{labs: map[string]Kept{}}
	ls := NewLabs(Limits{Kept: 3}, world.NewRegistry(model.Worlds()))
	ls.KeepIn(s)
	defer ls.Close()
	live := func() *Lab { return create(t, ls, Spec{Worlds: []string{"model"}}) }
	followed, resting := live(), live()
	if _, _, err := ls.Append(resting, "server bind l :7865 = ok\n"); err != nil {
		t.Fatal(err)
	}
	followed.Events(followed.Snapshot().Events)
	for range 10 {
		live()
	}
	if l, ok := ls.inMemory(followed.ID()); !ok || !l.Live() {
		t.Error("a lab that somebody follows had to go")
	}
	if _, ok := ls.inMemory(resting.ID()); ok {
		t.Error("a lab that rests stayed when there was no room")
	}
	back, err := ls.Get(resting.ID())
	if err != nil || !back.Live() {
		t.Fatalf("it does not come back live: %v", err)
	}
	if _, _, err := ls.Append(back, "server listen l = ok\n"); err != nil {
		t.Fatal(err)
	}
	if c := back.Snapshot().Summary.Steps; c.Agree != 2 {
		t.Errorf("got %+v, want both its lines to agree", c)
	}
}
