package lab

import (
	"flag"
	"fourwave/lab/world/model"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateCounterexamples = flag.Bool("update-counterexamples", false, "rewrite the scripts that the search finds; only commit changes whose cause you understand and want")

// The search for a counterexample goes over scripts: its moves are lines of the language, tried in
// every order, shortest first, and run as the laboratory runs them. What it finds is a script.

// prologue makes the ISN clock stand still by a wire that takes no time, and leaves the timestamps off:
// what is left to tell two incarnations apart is TIME-WAIT.
var prologue = []string{
	"+0 client sysctl tcp_timestamps 0",
	"+0 wire latency 0s",
	"+0 server bind l :7865 reuseaddr",
	"+0 server listen l 5",
}

// A verse of the search may come once, and not before the lines that it needs.
type verse struct {
	text  string
	needs []int
}

var verses = []verse{
	0: {text: "+0 client connect c1 server:7865 from client:40000 reuseaddr = ok"},
	1: {text: "+0 server accept l as a1 = ok", needs: []int{0}},
	2: {text: "+0 wire dup client DATA after 1s"},
	3: {text: "+0 client send c1 100 = 100", needs: []int{0}},
	4: {text: "+0 server recv a1 = 100", needs: []int{1, 3}},
	5: {text: "+0 client close c1\n& server close a1", needs: []int{4}},
	6: {text: "+0 client connect c2 server:7865 from client:40000 reuseaddr = ok", needs: []int{0}},
	7: {text: "+0 server accept l as a2 = ok", needs: []int{6}},
	8: {text: "+1s server recv a2 = 100 # sent on c1, by the connection before", needs: []int{7}},
}

// cut is how TIME-WAIT is cut short on Linux: there is no room for it at either end.
var cut = []string{"+0 server sysctl tcp_max_tw_buckets 0", "+0 client sysctl tcp_max_tw_buckets 0"}

// search looks for the shortest script in which a connection takes octets of the one before it; ""
// if there is none. A script whose lines do not come out as they say is no story, and is not pursued.
func search(t *testing.T, profile string, head []string) (script string, tried int) {
	t.Helper()
	frontier := [][]int{nil}
	for range verses {
		var next [][]int
		for _, done := range frontier {
			for i, v := range verses {
				if slices.Contains(done, i) || slices.ContainsFunc(v.needs, func(n int) bool { return !slices.Contains(done, n) }) {
					continue
				}
				path := append(slices.Clone(done), i)
				text := tell(head, path)
				tried++
				ok, stale := try(t, profile, text)
				if stale {
					return text, tried
				}
				if ok {
					next = append(next, path)
				}
			}
		}
		frontier = next
	}
	return "", tried
}

func tell(head []string, path []int) string {
	text := append(slices.Clone(head), prologue...)
	for _, i := range path {
		text = append(text, verses[i].text)
	}
	return strings.Join(text, "\n") + "\n"
}

// try runs a script: did every line come out as it says, and did an octet get through?
func try(t *testing.T, profile, text string) (ok, stale bool) {
	t.Helper()
	run, err := model.Run(text, profile)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	ok = true
	for i, s := range run.Steps {
		if s.Expect != "" && !meets(s.Cmd.Verb, s.Expect, run.Results[i]) {
			ok = false
		}
	}
	for _, e := range run.Entries {
		if strings.Contains(e.Note, "octets of an earlier incarnation") {
			stale = true
		}
	}
	return ok, ok && stale
}

// TIME-WAIT is for this: cut short, or passed over by a reset, an octet of one connection reaches the
// next. The scripts found stand in testdata; -update rewrites them.
func TestCounterexample(t *testing.T) {
	for _, c := range []struct {
		name, profile, question string
		head                    []string
		end                     string
		found                   bool
	}{
		{"honoured", "linux", "", nil, "+0 client close c1\n& server close a1", false},
		{"honoured", "rfc9293", "", nil, "+0 client close c1\n& server close a1", false},
		{"cut-short", "linux", "What can happen when TIME-WAIT is cut short?", cut, "+0 client close c1\n& server close a1", true},
		{"aborted", "linux", "What can happen when a connection is aborted to avoid TIME-WAIT?", nil, "+0 client abort c1", true},
	} {
		verses[5].text = c.end
		script, tried := search(t, c.profile, c.head)
		t.Logf("%s, %s: %d scripts tried\n%s", c.profile, c.name, tried, script)
		if !c.found {
			if script != "" {
				t.Errorf("%s, %s: an octet of one connection reached the next", c.profile, c.name)
			}
			continue
		}
		file := filepath.Join("testdata", "counterexample-"+c.profile+"-"+c.name+".txt")
		got := "# " + c.question + "\n" + script
		if *updateCounterexamples {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		if ok, stale := try(t, c.profile, string(want)); !ok || !stale {
			t.Errorf("%s: runs as it says %v, shows an octet of an earlier incarnation %v; want both", file, ok, stale)
		}
	}
}
