package realsock

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// compileC compiles a program of testdata to compare ours with.
func compileC(b *testing.B, name string) string {
	b.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Skip("no gcc to compile the C program with")
	}
	prog := filepath.Join(b.TempDir(), strings.TrimSuffix(name, ".c"))
	if out, err := exec.Command(gcc, "-O2", "-o", prog, filepath.Join("testdata", name)).CombinedOutput(); err != nil {
		b.Fatalf("gcc: %v\n%s", err, out)
	}
	return prog
}

// turns are the times that two contestants, taking turns, needed for one piece of the same work.
type turns struct{ ours, theirs []time.Duration }

func (t *turns) add(ours, theirs time.Duration) {
	t.ours, t.theirs = append(t.ours, ours), append(t.theirs, theirs)
}

// report reports both speeds, in pieces a second, and how many times the other's ours is: at the median of the turns, and
// each at its best, which other work on the machine disturbs least.
func (t *turns) report(b *testing.B, unit string) {
	b.Helper()
	b.ReportMetric(1/median(t.ours).Seconds(), unit)
	b.ReportMetric(1/median(t.theirs).Seconds(), unit+"-other")
	t.reportRatio(b, "ratio")
	b.ReportMetric(slices.Min(t.theirs).Seconds()/slices.Min(t.ours).Seconds(), "ratio-best")
	b.ReportMetric(0, "ns/op")
}

func (t *turns) reportRatio(b *testing.B, unit string) {
	b.Helper()
	var ratios []float64
	for i := range t.ours {
		ratios = append(ratios, t.theirs[i].Seconds()/t.ours[i].Seconds())
	}
	b.ReportMetric(median(ratios), unit)
}

func median[T ~int64 | ~float64](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
