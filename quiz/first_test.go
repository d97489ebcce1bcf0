package quiz

import (
	"os"
	"strings"
	"testing"
)

// Tokens that the first generators gave stand for the same question and the same key for ever.
func TestFirstTokens(t *testing.T) {
	text, err := os.ReadFile("testdata/tokens-v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line) // kind, seed, token, id of the right choice
		g, err := Mark(f[2], f[3], "en")
		if err != nil || !g.Correct {
			t.Errorf("%s seed %s: got %+v, %v, want %s to be right", f[0], f[1], g, err, f[3])
		}
	}
}
