package quiz

import (
	"regexp"
	"slices"
	"testing"
)

var holeName = regexp.MustCompile(`\{([a-z0-9_.]+)\}`)

// TestWords: every sentence is there in both languages, each in its own, with the same holes.
func TestWords(t *testing.T) {
	holes := func(s string) []string {
		var out []string
		for _, m := range holeName.FindAllStringSubmatch(s, -1) {
			if !slices.Contains(out, m[1]) {
				out = append(out, m[1])
			}
		}
		slices.Sort(out)
		return out
	}
	check := func(key string, w Text) {
		t.Helper()
		if w.En == "" || w.Zh == "" {
			t.Errorf("%s: got %q and %q, want both languages", key, w.En, w.Zh)
		}
		if en, zh := holes(w.En), holes(w.Zh); !slices.Equal(en, zh) {
			t.Errorf("%s: the holes are %v in English and %v in Chinese", key, en, zh)
		}
		if isChinese(w.En) {
			t.Errorf("%s: the English has Chinese in it: %q", key, w.En)
		}
	}
	for key, w := range words {
		check(key, w)
	}
	for _, m := range Myths {
		for _, w := range []Text{m.Claim, m.Truth, m.Twin} {
			check(m.ID, w)
			if !isChinese(w.Zh) {
				t.Errorf("%s: the Chinese has none in it: %q", m.ID, w.Zh)
			}
		}
	}
	t.Logf("%d sentences", len(words)+3*len(Myths))
}

// TestEverySentenceIsSaid: no file of words has one twice, which would hide one of the two.
func TestEverySentenceIsSaid(t *testing.T) {
	n := 0
	for _, m := range []map[string]Text{wordsAll, wordsClose, wordsBind, wordsWire, wordsScripts} {
		n += len(m)
	}
	if n != len(words) {
		t.Errorf("%d sentences have %d keys: one is written twice", n, len(words))
	}
}
