package docs

import (
	"strings"
	"testing"
)

// TestLinksLeadToTheServer: what a server does not have gets no link.
func TestLinksLeadToTheServer(t *testing.T) {
	for _, tt := range []struct {
		to, want string
		ok       bool
	}{
		{"script.md", "/guide/script?lang=zh", true},
		{"script.zh.md#options", "/guide/script?lang=zh#options", true},
		{"../openapi.yaml", "/openapi.yaml", true},
		{"https://www.rfc-editor.org/rfc/rfc9293", "https://www.rfc-editor.org/rfc/rfc9293", true},
		{"#options", "#options", true},
		{"no-such.md", "/guide/no-such?lang=zh", false},
		{"../lab/differences.txt", "../lab/differences.txt", false},
	} {
		if got, ok := served(tt.to, "?lang=zh"); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %s %v, want %s %v", tt.to, got, ok, tt.want, tt.ok)
		}
	}
}

func TestEveryGuideIsInBothLanguages(t *testing.T) {
	for _, name := range Names() {
		en, _ := Render(name, "en", "")
		zh, ok := Render(name, "zh", "")
		if !ok || en.Title == "" || zh.Title == "" || en.Title == zh.Title {
			t.Errorf("%s: titles %q and %q", name, en.Title, zh.Title)
		}
		if e, z := strings.Count(en.HTML, "<h2"), strings.Count(zh.HTML, "<h2"); e != z {
			t.Errorf("%s: %d chapters in English, %d in Chinese", name, e, z)
		}
		if e, z := strings.Count(en.HTML, "<pre>"), strings.Count(zh.HTML, "<pre>"); e != z {
			t.Errorf("%s: %d blocks of commands in English, %d in Chinese", name, e, z)
		}
	}
}
