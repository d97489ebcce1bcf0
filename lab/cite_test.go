package lab

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"fourwave/lab/script"
)

// TestProfilesCiteThemselves: every answer of a profile that was read about and not run cites a
// source about that very system, or is unknown.
func TestProfilesCiteThemselves(t *testing.T) {
	own := map[string][]string{
		"model:freebsd": {"FreeBSD"},
		"model:macos":   {"xnu", "macOS"},
		"model:windows": {"Microsoft"},
		"model:openbsd": {"OpenBSD"},
		"model:lwip":    {"lwIP"},
	}
	var scripts []string
	for _, e := range Library() {
		scripts = append(scripts, e.Script)
	}
	for seed := range uint64(60) {
		scripts = append(scripts, deal(seed), dealRules(seed))
	}
	ls := NewLabs(DefaultLimits, allWorlds(t))
	defer ls.Close()
	answers := 0
	for w, words := range own {
		for _, s := range scripts {
			l, err := ls.Create(Spec{Script: s, Worlds: []string{w}})
			if err != nil {
				t.Fatal(err)
			}
			<-l.Done()
			for _, step := range l.Snapshot().Steps {
				r := step.Results[w]
				if r.Result == script.NotRun || r.Result == "unknown" {
					continue
				}
				answers++
				if problem := citation(r.Why.Source, words); problem != "" {
					t.Errorf("%s: %s = %s [%s]: %s", w, step.Text, r.Result, r.Why.Rule, problem)
				}
			}
			if err := ls.Delete(l.ID()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if answers < 1000 {
		t.Errorf("only %d answers were looked at", answers)
	}
}

// citation says what is wrong with a source; "" if it is about the system that one of the words names.
func citation(source string, words []string) string {
	for _, foreign := range []string{"net/ipv4", "net/ipv6", "net/core", "Linux"} {
		if strings.Contains(source, foreign) {
			return fmt.Sprintf("cites Linux: %q", source)
		}
	}
	for _, w := range words {
		if strings.Contains(source, w) {
			return ""
		}
	}
	return fmt.Sprintf("cites %q", source)
}

// TestSystemCases runs public reports about a system on its profile.
func TestSystemCases(t *testing.T) {
	for file, w := range map[string]string{"45-postgresapp-check.txt": "model:macos", "46-windows-ports-used-up.txt": "model:windows"} {
		b, err := os.ReadFile("testdata/cases/" + file)
		if err != nil {
			t.Fatal(err)
		}
		ls := NewLabs(DefaultLimits, allWorlds(t))
		l, err := ls.Create(Spec{Script: string(b), Worlds: []string{w}})
		if err != nil {
			t.Fatal(err)
		}
		<-l.Done()
		for _, s := range l.Snapshot().Steps {
			r := s.Results[w]
			if s.Expect != "" && !meets(s.Cmd.Verb, s.Expect, r) {
				t.Errorf("%s: %s = %s, want %s", file, s.Text, r.Result, s.Expect)
			}
			if strings.Contains(s.Step.Why, "WSAENOBUFS") && r.Result != "ENOBUFS" && r.Result != "EADDRINUSE" {
				t.Errorf("%s: %s = %s, want no port left by Windows' errors", file, s.Text, r.Result)
			}
		}
		ls.Close()
	}
}
