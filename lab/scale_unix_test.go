//go:build unix

package lab

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"fourwave/lab/world"
	"fourwave/lab/world/model"
)

// many is a script of n connections, one after the other: connect, accept, close, close.
func many(n int) string {
	var b strings.Builder
	b.WriteString("server bind l :7865\nserver listen l\n")
	for i := range n {
		fmt.Fprintf(&b, "client connect c%d server:7865\nserver accept l as a%d\nclient close c%d\nserver close a%d\n", i, i, i, i)
	}
	return b.String()
}

// manyLimits let scripts be longer than a server does.
func manyLimits(n int) Limits {
	return Limits{Steps: 4*n + 2, Script: 200 * (n + 1), Events: 100_000 * (1 + n/2500), Memory: 4 << 30, MemoryEach: 4 << 30}
}

func runMany(tb testing.TB, ls *Labs, text string) Snapshot {
	tb.Helper()
	l, err := ls.Create(Spec{Script: text, Worlds: []string{"model"}})
	if err != nil {
		tb.Fatal(err)
	}
	<-l.Done()
	s := l.Snapshot()
	if err := ls.Delete(l.ID()); err != nil {
		tb.Fatal(err)
	}
	if s.Status != Done || s.Dropped > 0 || s.Summary.Steps.Agree != len(s.Steps) {
		tb.Fatalf("%s, %d events dropped, %+v", s.Status, s.Dropped, s.Summary.Steps)
	}
	return s
}

// BenchmarkManyConnections is a lab of so many connections, from its script to its snapshot. A step
// of four times as many should take four times as long.
func BenchmarkManyConnections(b *testing.B) {
	for _, n := range []int{150, 600, 2400, 9600} {
		text := many(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ls := NewLabs(manyLimits(n), world.NewRegistry(model.Worlds()))
			defer ls.Close()
			b.ReportAllocs()
			var s Snapshot
			began := processor()
			for b.Loop() {
				s = runMany(b, ls, text)
			}
			spent := processor() - began
			b.ReportMetric(float64(s.Events), "events/op")
			b.ReportMetric(spent.Seconds()*1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N*n), "cpu-µs/connection")
		})
	}
}

// processor is the time that this process has had of all processors: on a machine that others use
// too, the only time that means something.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("BUG: getrusage: " + err.Error())
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A lab grows with its connections and not with their square: what it allocates, and what it tells.
func TestLabsGrowInStep(t *testing.T) {
	grown := func(n int) (bytes, events float64) {
		ls := NewLabs(manyLimits(n), world.NewRegistry(model.Worlds()))
		defer ls.Close()
		text := many(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := runMany(t, ls, text)
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc), float64(s.Events)
	}
	grown(10) // what is made once
	bytes, events := grown(150)
	moreBytes, moreEvents := grown(600)
	t.Logf("150 connections: %.1f MB, %.0f events; 600: %.1f MB, %.0f events", bytes/1e6, events, moreBytes/1e6, moreEvents)
	if r := moreBytes / bytes; r > 4.6 {
		t.Errorf("four times the connections allocate %.1f times as much", r)
	}
	if r := moreEvents / events; r > 4.1 {
		t.Errorf("four times the connections tell %.1f times as much", r)
	}
}
