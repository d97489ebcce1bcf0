package script

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/script.md and docs/script.zh.md")

// TestReferenceIsComplete: every word of the tables has an entry, and every entry a word.
func TestReferenceIsComplete(t *testing.T) {
	for _, part := range []struct {
		verbs   []verb
		entries map[string]entry
	}{{hostVerbs, hostEntries}, {wireVerbs, wireEntries}} {
		if len(part.verbs) != len(part.entries) {
			t.Errorf("got %d verbs and %d entries", len(part.verbs), len(part.entries))
		}
		for _, v := range part.verbs {
			if e := part.entries[v.name]; e.en == "" || e.zh == "" || e.example == "" {
				t.Errorf("the reference has nothing, or half, on %s", v.name)
			}
		}
	}
	if len(optionWords) != len(optionEntries) {
		t.Errorf("got %d options and %d entries", len(optionWords), len(optionEntries))
	}
	for _, name := range optionWords {
		e := optionEntries[name]
		if e.en == "" || e.zh == "" {
			t.Errorf("the reference has nothing, or half, on option %s", name)
		}
		if _, err := Parse("+0 server socket s tcp6 " + e.example + "\n"); err != nil {
			t.Errorf("option %s: %v", name, err)
		}
	}
}

func TestReferenceExamplesParse(t *testing.T) {
	for name, text := range Examples() {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

// TestReferenceIsCurrent: the files in docs say what the tables say.
func TestReferenceIsCurrent(t *testing.T) {
	for lang, name := range map[string]string{"en": "../../docs/script.md", "zh": "../../docs/script.zh.md"} {
		want := Reference(lang)
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the tables say; go test ./lab/script -run Reference -update", name)
		}
	}
}
