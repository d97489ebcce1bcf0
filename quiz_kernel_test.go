package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/quiz"
	"fourwave/realsock/guest"
)

// provable are n questions of all kinds and levels in turn whose proofs wait for most at most, and
// how many there were of them of which only the model, or a longer wait, can tell.
func provable(t *testing.T, n int, most time.Duration) (items []*quiz.Item, others int) {
	t.Helper()
	kinds := quiz.List()
	for i := int64(0); len(items) < n; i++ {
		kind := kinds[i%int64(len(kinds))]
		it, err := quiz.New(kind.ID, 70_000+i, 1+int(i/int64(len(kinds)))%3)
		if err != nil {
			t.Fatal(err)
		}
		if p := it.Proof(); p == nil || p.Takes > most {
			others++
			continue
		}
		items = append(items, it)
	}
	return items, others
}

// TestQuestionsOnTheKernel runs 500 questions on this machine's kernel: on each step of each it
// must say what the model says, since the key stands on it.
func TestQuestionsOnTheKernel(t *testing.T) {
	n := 25
	if os.Getenv("FOURWAVE_LONG") != "" {
		n = 500
	}
	if os.Getenv("FOURWAVE_SOAK") != "" {
		n = 2000
	}
	worlds := newWorlds(guest.NewStore(guest.Options{}))
	defer worlds.Close()
	i := slices.IndexFunc(worlds.Infos(), func(w world.Info) bool { return w.Default && !w.Calculated })
	if w := worlds.Infos()[i]; !w.Runs {
		skip(t, w.Why+": "+w.Remedy)
	}
	name := worlds.Infos()[i].Name
	labs := lab.NewLabs(lab.DefaultLimits, worlds)
	defer labs.Close()
	run := func(ctx context.Context, script string) ([]string, error) { return labs.Results(ctx, script, name) }

	items, others := provable(t, n, 6*time.Second)
	start := time.Now()
	var mu sync.Mutex
	proved := map[string]int{}
	var doubtful []*quiz.Item
	var wg sync.WaitGroup
	next := make(chan *quiz.Item)
	for range 16 { // a proof mostly waits
		wg.Go(func() {
			for it := range next {
				differs, err := it.Verify(t.Context(), run)
				mu.Lock()
				proved[it.Kind]++
				if err != nil || len(differs) > 0 {
					doubtful = append(doubtful, it)
				}
				mu.Unlock()
			}
		})
	}
	for _, it := range items {
		next <- it
	}
	close(next)
	wg.Wait()
	for _, it := range doubtful { // a busy machine may have been late for an instant: alone it is not
		differs, err := it.Verify(t.Context(), run)
		if err != nil || len(differs) > 0 {
			differs, err = it.Verify(t.Context(), run)
		}
		if err != nil || len(differs) > 0 {
			t.Errorf("%s, seed %d, level %d: %v\n%s", it.Kind, it.Seed, it.Level, err, apart(it, differs))
		}
	}
	t.Logf("%d were run again, alone", len(doubtful))
	t.Logf("%d questions of %d kinds verified in %.0f s; of %d more only the model or a longer wait can tell",
		len(items), len(proved), time.Since(start).Seconds(), others)
	for _, k := range slices.Sorted(maps.Keys(proved)) {
		t.Logf("%4d %s", proved[k], k)
	}
	if len(proved) < 15 && n >= 500 {
		t.Errorf("%d kinds are proved, want at least 15", len(proved))
	}
}

// apart shows the lines of a proof on which model and kernel differ.
func apart(it *quiz.Item, differs []quiz.Disagreement) string {
	var lines []string
	for line := range strings.Lines(it.Proof().Script) {
		if strings.HasPrefix(line, "+") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for _, d := range differs {
		if d.Step < len(lines) {
			lines[d.Step] += fmt.Sprintf("   # model %s, kernel %s", d.Model, d.Kernel)
		}
	}
	return strings.Join(lines, "\n")
}
