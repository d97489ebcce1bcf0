package doctor

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// manySpaces is more network namespaces than were ever looked into at a time: the bound used to be
// 64, and root was told that rights hid the others.
const manySpaces = 80

// TestManyNamespaces: with many other network namespaces, the last of them has the port, and it is
// found; nothing is said to be hidden.
func TestManyNamespaces(t *testing.T) {
	enter(t)
	before, err := Examine(t.Context(), Question{Port: port}) // a container may hide some from its root
	if err != nil {
		t.Fatal(err)
	}
	for range manySpaces {
		sleeper := exec.Command("sleep", "60")
		sleeper.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		if err := sleeper.Start(); err != nil {
			skip(t, "no namespaces: "+err.Error())
		}
		t.Cleanup(func() {
			_ = sleeper.Process.Kill()
			_ = sleeper.Wait()
		})
	}
	otherNamespace(t)
	r, err := Examine(t.Context(), Question{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	if r.Case != Elsewhere || len(r.Spaces) != 1 {
		t.Errorf("got case %s and %d namespaces with the port, want %s and 1", r.Case, len(r.Spaces), Elsewhere)
	}
	rights := func(x Text) bool { return strings.HasPrefix(x.En, "Rights hide the network namespaces of ") }
	for _, hidden := range r.Hidden {
		if !slices.Contains(before.Hidden, hidden) && !(rights(hidden) && slices.ContainsFunc(before.Hidden, rights)) {
			t.Errorf("root is told: %s", hidden.En)
		}
	}
}

// TestNamespacesWithoutTime: what there was no time to look into is named as that, not as a want of
// rights.
func TestNamespacesWithoutTime(t *testing.T) {
	r := reading{settings: Settings{Kernel: "6.18.0"}}
	r.whatIsHidden(owners{complete: true}, spaces{late: []space{{name: "blue"}, {name: "green"}}})
	if len(r.hidden) != 1 {
		t.Fatalf("got %v", r.hidden)
	}
	says(t, r.hidden[0].En, "There was no time (2s) to look into 2 other network namespaces: blue, green.")
}
