package world_test

import (
	"slices"
	"testing"

	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/lab/world/worldtest"
)

func all(t *testing.T) *world.Registry {
	r := world.NewRegistry(model.Worlds(), kernel.New(), worldtest.New())
	t.Cleanup(r.Close)
	return r
}

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		info world.Info
		want []string
	}{
		{world.Info{Name: "kernel"}, []string{"kernel"}},
		{world.Info{Name: "kernel:6.1"}, []string{"kernel", "kernel:6.1"}},
		{world.Info{Name: "model", Alias: "model:linux"}, []string{"model", "model:linux"}},
		{world.Info{Name: "model:linux@6.1"}, []string{"model", "model:linux", "model:linux@6.1"}},
	} {
		if got := tt.info.Tags(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got tags %q, want %q", tt.info.Name, got, tt.want)
		}
	}
}

// A line can be restricted to a world, to a family that a world belongs to, and to whatever a family covers.
func TestRegistryKnows(t *testing.T) {
	r := all(t)
	for name, want := range map[string]bool{
		"model": true, "kernel": true, "model:freebsd": true, "echo": true, "echo:left": true,
		"echo:": false, "models": false, "kernel:6.1": false, "": false,
	} {
		if got := r.Knows(name); got != want {
			t.Errorf("knows %q: %v, want %v", name, got, want)
		}
	}
}

func TestRegistryNames(t *testing.T) {
	r := all(t)
	want := []string{
		"model", "model:linux", "model:rfc9293", "model:freebsd", "model:macos", "model:windows", "model:openbsd", "model:lwip",
		"model:linux@5.10", "model:linux@6.1", "model:linux@6.12", "model:linux@6.18",
		"kernel", "echo", "echo:NAME",
	}
	if got := r.Names(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := r.Default(), []string{"model", "kernel"}; !slices.Equal(got, want) {
		t.Errorf("default: got %q, want %q", got, want)
	}
	for _, i := range r.Infos() {
		if got := slices.Contains(r.Default(), i.Name); got != i.Default {
			t.Errorf("%s: its Info says that it is a default: %v, its Maker %v", i.Name, i.Default, got)
		}
	}
	for word, want := range map[string][]string{
		"linux":   {"model:linux", "model:linux@5.10", "model:linux@6.1", "model:linux@6.12", "model:linux@6.18", "kernel"},
		"freebsd": {"model:freebsd"}, "kernel": {"kernel"},
		"model:linux": {"model:linux"}, "plan9": nil,
	} {
		if got := r.Called(word); !slices.Equal(got, want) {
			t.Errorf("called %s: got %q, want %q", word, got, want)
		}
	}
}

func TestRegistryRefusesTwins(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("two worlds of one name were taken")
		}
	}()
	world.NewRegistry(model.Worlds(), model.Worlds())
}
