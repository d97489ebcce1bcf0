package trial

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/realsock/guest/guesttest"
)

// TestMatrixOnGuests: a slice of the matrix on other kernels, and all of it with FOURWAVE_SOAK,
// agrees with the model or is an entry of the catalogue.
func TestMatrixOnGuests(t *testing.T) {
	every, most := 101, 1 // a prime, so that the slice has every address and option
	if os.Getenv("FOURWAVE_SOAK") != "" {
		every, most = 1, 100
	}
	store, kernels := guesttest.Kernels(t, most)
	worlds := world.NewRegistry(model.Worlds(), kernel.WithGuests(store))
	t.Cleanup(worlds.Close)
	for _, k := range kernels {
		t.Run(k.Version, func(t *testing.T) {
			name, like := "kernel:"+k.Version, modelOf(worlds, k.Version)
			var some []Trial
			for i, tr := range WholeMatrix([]string{like, name}, true) {
				if i%every == 0 {
					some = append(some, tr)
				}
			}
			set, wrong := NewSet(worlds, some, false)
			if len(wrong) > 0 {
				t.Fatal(wrong)
			}
			var count Count
			reasons := map[string]int{}
			err := set.Run(t.Context(), func(i int, a Answer) error {
				count.Add(a.Verdict)
				if a.Verdict == lab.Agree {
					return nil
				}
				reasons[a.Why.Rule]++
				if a.Why.Rule == lab.Unexplained && reasons[lab.Unexplained] <= 5 {
					t.Errorf("%+v: %s", some[i], a.Why.Text.En)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, rule := range slices.Sorted(maps.Keys(reasons)) {
				said = append(said, fmt.Sprint(reasons[rule], " ", rule))
			}
			t.Logf("%d trials beside "+like+": %d agree, %d differ, %d not run: %s", count.Trials, count.Agree,
				count.Differ, count.NotRun,
				strings.Join(said, ", "))
			if count.Agree < count.Trials*9/10 {
				t.Error("that is too few that agree")
			}
		})
	}
}

// modelOf is the model of a kernel's series, where there is one, or else that of 6.18.
func modelOf(worlds *world.Registry, version string) string {
	parts := strings.SplitN(version, ".", 3)
	name := "model:linux@" + strings.Join(parts[:2], ".")
	if _, ok := worlds.Find(name); ok {
		return name
	}
	return "model"
}
