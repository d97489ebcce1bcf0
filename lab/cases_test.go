package lab

import (
	"os"
	"strings"
	"testing"

	"fourwave/realsock"
)

// aCase is one script of a file of many: its heading, and its lines.
type aCase struct{ name, script string }

// readCases splits a file of scripts at its headings, "### name".
func readCases(t *testing.T, file string) (cases []aCase) {
	t.Helper()
	b, err := os.ReadFile("testdata/cases/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split("\n"+string(b), "\n### ")[1:] {
		name, script, _ := strings.Cut(part, "\n")
		cases = append(cases, aCase{name, script})
	}
	return cases
}

// caseWorlds are the worlds in which a case runs here: the model, and the kernel where it can.
func caseWorlds(t *testing.T, script string) []string {
	t.Helper()
	a := realsock.Able()
	switch {
	case !a.OK:
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatalf("no kernel world: %s %s", a.Why, a.Remedy)
		}
		return []string{"model"}
	case !a.UIDs && strings.Contains(script, "uid="):
		return []string{"model"}
	}
	return []string{"model", "kernel"}
}

// TestFindings runs scripts whose results a kernel gave: both worlds must give the same.
func TestFindings(t *testing.T) {
	ls := NewLabs(DefaultLimits, allWorlds(t))
	defer ls.Close()
	for _, c := range readCases(t, "model-findings.txt") {
		t.Run(c.name, func(t *testing.T) {
			snap := runCase(t, ls, c.script)
			for _, s := range snap.Steps {
				for _, w := range snap.Worlds {
					if r := s.Results[w]; s.Expect != "" && !meets(s.Cmd.Verb, s.Expect, r) {
						t.Errorf("line %d: %s %s: %s says %s, want %s", s.Line, s.Actor, s.Text, w, r.Result, s.Expect)
						if r.Why != nil {
							t.Log(r.Why.Text)
						}
					}
				}
			}
		})
	}
}

// TestMustAgree runs scripts on which model and kernel must agree, or the catalogue say why not.
func TestMustAgree(t *testing.T) {
	ls := NewLabs(DefaultLimits, allWorlds(t))
	defer ls.Close()
	for _, c := range readCases(t, "must-agree.txt") {
		t.Run(c.name, func(t *testing.T) {
			snap := runCase(t, ls, c.script)
			for _, s := range snap.Steps {
				if s.Verdict == Differ && s.Why.Rule == Unexplained || len(snap.Worlds) == 2 && s.Verdict == VerdictNotRun && s.Why.Rule != "kernel-not-run" {
					t.Errorf("line %d: %s %s: %v", s.Line, s.Actor, s.Text, s.Results)
				}
			}
			for _, f := range snap.Differences {
				if f.Why.Rule == Unexplained {
					t.Errorf("line %d: %s %s: %s: %v %q", f.Line, f.Host, f.Socket, f.What, f.Worlds, f.Told)
				}
			}
		})
	}
}

// runCase runs a script in the model and, where it can run, the kernel world.
func runCase(t *testing.T, ls *Labs, script string) Snapshot {
	t.Helper()
	l, err := ls.Create(Spec{Script: script, Worlds: caseWorlds(t, script)})
	if err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	defer ls.Delete(l.ID())
	<-l.Done()
	snap := l.Snapshot()
	if snap.Status != Done {
		t.Errorf("lab is %s: %s", snap.Status, snap.Err)
	}
	return snap
}
