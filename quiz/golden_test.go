package quiz

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

const drawsFile = "testdata/draws-v2.txt"

// draws are the facts and the key of three seeds of every kind and level.
func draws(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := range registry {
		for level := 1; level <= 3; level++ {
			for _, seed := range []int64{1, 4711, 1<<53 - 1} {
				it, err := New(registry[i].ID, seed, level)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "%s %d %d %s %.60q\n", it.Kind, level, seed, it.Facts, it.Right().En)
			}
		}
	}
	return b.Bytes()
}

// TestGoldenDraws: a seed gives the same question for ever, since tokens, quizzes and papers that
// were made with it stand for that one. A generator that must change gets a new version.
func TestGoldenDraws(t *testing.T) {
	got := draws(t)
	if *update {
		if err := os.WriteFile(drawsFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(drawsFile)
	if err != nil {
		t.Fatal(err)
	}
	now, then := bufio.NewScanner(bytes.NewReader(got)), bufio.NewScanner(bytes.NewReader(want))
	for now.Scan() {
		if !then.Scan() || now.Text() != then.Text() {
			t.Errorf("got  %s\nwant %s", now.Text(), then.Text())
		}
	}
}

// TestGoldenDrawsOn386 draws the same on a machine of 32 bits.
func TestGoldenDrawsOn386(t *testing.T) {
	if os.Getenv("FOURWAVE_SOAK") == "" {
		return // make soak's: it builds the package for another machine
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestGoldenDraws$", ".")
	cmd.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0", "FOURWAVE_LONG=", "FOURWAVE_SOAK=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
