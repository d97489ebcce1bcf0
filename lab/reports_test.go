package lab

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReports runs what public reports told, a file each: the model comes to the results that the
// kernel had.
func TestReports(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/[0-9][0-9]-*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v; want thirty and more", len(files), err)
	}
	ls := NewLabs(DefaultLimits, allWorlds(t))
	defer ls.Close()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l, err := ls.Create(Spec{Script: string(text), Worlds: []string{"model"}})
			if err != nil {
				t.Fatal(err)
			}
			defer ls.Delete(l.ID())
			<-l.Done()
			for _, s := range l.Snapshot().Steps {
				if r := s.Results["model"]; s.Expect != "" && len(s.Worlds) == 0 && !meets(s.Cmd.Verb, s.Expect, r) {
					t.Errorf("line %d: %s %s: got %s, want %s", s.Line, s.Actor, s.Text, r.Result, s.Expect)
				}
			}
		})
	}
}
