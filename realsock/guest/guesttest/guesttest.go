// Package guesttest gives tests the kernels that make test downloads.
package guesttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fourwave/realsock/guest"
)

// Kernels are the kernels in the packages that FOURWAVE_GUEST_DEBS lists, at most so many of them. A
// machine of one is booted when it is first wanted, and kept in FOURWAVE_GUEST_CACHE from one run to the
// next, if that is set. Without packages, or without qemu, the test is skipped, or fails if
// FOURWAVE_NOSKIP is set.
func Kernels(t testing.TB, most int) (*guest.Store, []*guest.Kernel) {
	t.Helper()
	debs := filepath.SplitList(os.Getenv("FOURWAVE_GUEST_DEBS"))
	if len(debs) == 0 {
		skip(t, "FOURWAVE_GUEST_DEBS names no packages of kernels")
	}
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		skip(t, "no qemu-system-x86_64")
	}
	o := guest.Options{
		Data: t.TempDir(), Cache: os.Getenv("FOURWAVE_GUEST_CACHE"), Init: os.Getenv("FOURWAVE_GUEST_INIT"),
	}
	if o.Cache == "" {
		o.Cache = t.TempDir()
	} else { // unpacking a kernel takes half a minute under the race detector: once for all tests of a package
		o.Data = filepath.Join(filepath.Dir(o.Cache), "guest-kernels", filepath.Base(os.Args[0]))
	}
	if o.Init == "" {
		o.Init = filepath.Join(t.TempDir(), "fourwave")
		build := exec.Command("go", "build", "-o", o.Init, "fourwave")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	s := guest.NewStore(o)
	t.Cleanup(s.Close)
	added, err := s.Kernels()
	if err != nil {
		t.Fatal(err)
	}
	var all []*guest.Kernel
	for _, deb := range debs[:min(most, len(debs))] {
		first, _, _ := strings.Cut(deb, ",")
		if i := slices.IndexFunc(added, func(k *guest.Kernel) bool { return k.Source == filepath.Base(first) }); i >= 0 {
			all = append(all, added[i])
			continue
		}
		k, err := s.Add(strings.Split(deb, ","), "", func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	return s, all
}

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
