package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each experiment of the library, forked after any of its steps and driven on with the lines that are
// left, comes to what it came to in one go, instant for instant.
func TestForkComesToTheSame(t *testing.T) {
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	for _, e := range Library() {
		l := create(t, ls, Spec{Experiment: e.ID, Worlds: []string{"model"}})
		<-l.Done()
		whole := l.Snapshot()
		lines := strings.SplitAfter(whole.Script, "\n")
		for n := 1; n < len(whole.Steps); n += 1 + len(whole.Steps)/4 {
			if whole.Steps[n].Same {
				continue // two lines at one instant are one
			}
			f, err := ls.Fork(l.ID(), n, "")
			if err != nil {
				t.Fatalf("%s: fork after step %d: %v", e.ID, n, err)
			}
			if diff := cmp.Diff(results(whole, n), results(settled(t, f, n), n)); diff != "" {
				t.Errorf("%s, forked after step %d (-whole +fork)\n%s", e.ID, n, diff)
			}
			if _, _, err := f.Append(strings.Join(lines[whole.Steps[n-1].Line:], "")); err != nil {
				t.Fatalf("%s: after step %d: %v", e.ID, n, err)
			}
			all := len(whole.Steps)
			if diff := cmp.Diff(results(whole, all), results(settled(t, f, all), all)); diff != "" {
				t.Errorf("%s, forked after step %d and driven on (-whole +fork)\n%s", e.ID, n, diff)
			}
			if err := ls.Delete(f.ID()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// results are what the first n steps came to in the model, and when.
func results(s Snapshot, n int) []string {
	var out []string
	for _, st := range s.Steps[:n] {
		r := st.Results["model"]
		out = append(out, st.Text+" = "+string(r.Result)+" at "+r.At.String())
	}
	return out
}

// settled waits until a live lab has run n steps.
func settled(t *testing.T, l *Lab, n int) Snapshot {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		s := l.Snapshot()
		if len(s.Steps) >= n && len(s.Steps[n-1].Results) == len(s.Worlds) {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d steps of %d have run after 10 s: %+v", len(s.Steps), n, s.Status)
		}
	}
}

// BenchmarkFork tells how long a fork takes at the end of the longest story of the library.
func BenchmarkFork(b *testing.B) {
	ls := NewLabs(Limits{}, allWorlds(b))
	defer ls.Close()
	var longest *Lab
	for _, e := range Library() {
		l, err := ls.Create(Spec{Experiment: e.ID, Worlds: []string{"model"}})
		if err != nil {
			b.Fatal(err)
		}
		<-l.Done()
		if longest == nil || len(l.Snapshot().Steps) > len(longest.Snapshot().Steps) {
			longest = l
		}
	}
	n := len(longest.Snapshot().Steps)
	for b.Loop() {
		f, err := ls.Fork(longest.ID(), n, "")
		if err != nil {
			b.Fatal(err)
		}
		for f.Snapshot().Steps[n-1].Results["model"].Result == "" {
			time.Sleep(10 * time.Microsecond)
		}
		if err := ls.Delete(f.ID()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n), "steps")
}
