package main

import (
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeWorks runs the calls that README.md shows, as a reader would.
func TestReadmeWorks(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		skip(t, "no curl")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	url, _ := startServer(t)
	calls := 0
	for line := range strings.Lines(string(readme)) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		calls++
		line = strings.Replace(strings.TrimSpace(line), "http://127.0.0.1:8080/", url, 1)
		out, err := exec.Command("sh", "-c", strings.Replace(line, "curl -s ", "curl -sS --fail-with-body --max-time 60 ", 1)).CombinedOutput()
		if err != nil || len(out) == 0 {
			t.Errorf("%s\n%v\n%.1000s", line, err, out)
		}
	}
	if calls < 5 {
		t.Errorf("got %d calls in README.md, want the reader to see at least 5", calls)
	}
}

// TestAttacksAreTried: every test that SECURITY.md names exists.
func TestAttacksAreTried(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "node_modules") {
			return cmp.Or(err, fs.SkipDir)
		}
		if strings.HasSuffix(path, "_test.go") {
			source, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
				tests[string(m[1])] = true
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(text, -1)
	for _, m := range named {
		if !tests[string(m[1])] {
			t.Errorf("there is no %s", m[1])
		}
	}
	if len(named) < 20 {
		t.Errorf("SECURITY.md names only %d tests", len(named))
	}
}
