// Package guesttest gives tests the kernels that make test downloads.
package guesttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"fourwave/realsock/guest"
)

// Kernels are the kernels in the packages that FOURWAVE_GUEST_DEBS lists, each with a machine that is
// ready to start from. The machines are kept in FOURWAVE_GUEST_CACHE from one run to the next, if it is
// set. Without packages, or without qemu, the test is skipped, or fails if FOURWAVE_NOSKIP is set.
func Kernels(t testing.TB) (*guest.Store, []*guest.Kernel) {
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
	var all []*guest.Kernel
	for _, deb := range debs {
		k, err := s.Add([]string{deb}, "", func(string) {})
		if err == nil {
			err = s.Prepare(t.Context(), k, func(line string) { t.Log(line) })
		}
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
