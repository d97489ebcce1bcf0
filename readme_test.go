package main

import (
	"os"
	"os/exec"
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
