// Command bench reads what "go test -bench" prints of several runs and writes BENCHMARKS.md: of every
// figure the median, and in brackets the least and the greatest.
//
//	go test -run '^$' -bench . -count 5 ./... | go run ./.ci/bench > BENCHMARKS.md
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// report is the benchmarks of one package, in the order in which they ran.
type report struct {
	pkg   string
	names []string
	units map[string][]string             // by benchmark
	seen  map[string]map[string][]float64 // by benchmark and unit
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	reports, cpu, err := read(in)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "# Benchmarks\n\nMade by `make bench`: of every figure the median and, in brackets, the least and the greatest of the runs.\n\n")
	fmt.Fprintf(out, "- %s, %d processors\n- %s\n- %s\n", cpu, runtime.NumCPU(), runtime.Version(), kernel())
	for _, r := range reports {
		fmt.Fprintf(out, "\n## %s\n\n", r.pkg)
		for _, name := range r.names {
			var figures []string
			for _, unit := range r.units[name] {
				figures = append(figures, figure(r.seen[name][unit])+" "+unit)
			}
			fmt.Fprintf(out, "- `%s`: %s\n", name, strings.Join(figures, "; "))
		}
	}
	return nil
}

// processors is what go test appends to a name: "-2".
var processors = regexp.MustCompile(`-\d+$`)

// read takes the results apart: "BenchmarkName-2   5   123 ns/op   0.9 of-plain".
func read(in io.Reader) (reports []*report, cpu string, err error) {
	lines := bufio.NewScanner(in)
	var now *report
	for lines.Scan() {
		line := lines.Text()
		fmt.Fprintln(os.Stderr, line) // whoever waits sees that it goes on
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "cpu: "):
			cpu = line[len("cpu: "):]
		case strings.HasPrefix(line, "pkg: "):
			now = &report{pkg: line[len("pkg: "):], units: map[string][]string{}, seen: map[string]map[string][]float64{}}
			reports = append(reports, now)
		case strings.HasPrefix(line, "FAIL"), strings.HasPrefix(line, "--- FAIL"):
			return nil, "", fmt.Errorf("a benchmark failed: %s", line)
		case strings.HasPrefix(line, "Benchmark") && len(f) >= 4 && now != nil:
			now.add(processors.ReplaceAllString(strings.TrimPrefix(f[0], "Benchmark"), ""), f[2:])
		}
	}
	reports = slices.DeleteFunc(reports, func(r *report) bool { return len(r.names) == 0 })
	return reports, cpu, lines.Err()
}

// add takes in the figures of one run, each with its unit behind it.
func (r *report) add(name string, figures []string) {
	if r.seen[name] == nil {
		r.names = append(r.names, name)
		r.seen[name] = map[string][]float64{}
	}
	for i := 0; i+1 < len(figures); i += 2 {
		n, err := strconv.ParseFloat(figures[i], 64)
		if err != nil {
			continue
		}
		unit := figures[i+1]
		if !slices.Contains(r.units[name], unit) {
			r.units[name] = append(r.units[name], unit)
		}
		r.seen[name][unit] = append(r.seen[name][unit], n)
	}
}

// figure writes the median of some runs and their spread.
func figure(runs []float64) string {
	slices.Sort(runs)
	short := func(n float64) string { return strconv.FormatFloat(n, 'g', 4, 64) }
	if runs[0] == runs[len(runs)-1] {
		return short(runs[0])
	}
	return fmt.Sprintf("%s (%s–%s)", short(runs[len(runs)/2]), short(runs[0]), short(runs[len(runs)-1]))
}

// kernel is the system's name and release.
func kernel() string {
	out, err := exec.Command("uname", "-sr").Output()
	if err != nil {
		return runtime.GOOS
	}
	return strings.TrimSpace(string(out))
}
