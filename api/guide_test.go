package api

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html/atom"

	"fourwave/api/doc"
	"fourwave/docs"
)

// TestGuidesAreReadable: each guide is a page in both languages, whose links lead somewhere on this
// server or to another site.
func TestGuidesAreReadable(t *testing.T) {
	ts := newServer(t, nil)
	if len(docs.Names()) < 6 {
		t.Fatalf("got the guides %q, want at least six", docs.Names())
	}
	seen := map[string]bool{}
	for _, name := range docs.Names() {
		for lang, tag := range map[string]string{"en": "en", "zh": "zh-CN"} {
			path := "/guide/" + name + "?lang=" + lang
			page := ts.do(t, call{path: path}).document(t, http.StatusOK)
			checkPage(t, page, tag)
			if h1 := textOf(all(page, atom.H1)[0]); h1 == "" || h1 != strings.ReplaceAll(docs.Title(name, lang), "`",
				"") {
				t.Errorf("%s: h1 is %q, want the guide's first line", path, h1)
			}
			for _, a := range all(page, atom.A) {
				to, _, _ := strings.Cut(attr(a, "href"), "#")
				if strings.HasPrefix(to, "/") && !seen[to] {
					seen[to] = true
					if got := ts.do(t, call{path: to}); got.StatusCode != http.StatusOK {
						t.Errorf("%s links to %s, which answers %d", path, to, got.StatusCode)
					}
				} else if to != "" && !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "?") &&
					!strings.HasPrefix(to, "https://") {
					t.Errorf("%s links to %q, which the server does not have", path, to)
				}
			}
		}
	}
}

// TestGuideOfRulesIsAnOracle: it answers an exam's questions.
func TestGuideOfRulesIsAnOracle(t *testing.T) {
	for _, o := range oracles {
		if o == "/guide/rules" {
			return
		}
	}
	t.Error("the rules stay open while an exam is")
}

// TestCapabilitiesTellEveryBodyLimit: a caller need not find out by a 413 how large a body may be.
func TestCapabilitiesTellEveryBodyLimit(t *testing.T) {
	ts := newServer(t, nil)
	var got doc.Capabilities
	ts.do(t, call{path: "/v1/capabilities"}).get(t, http.StatusOK, &got)
	for _, route := range []string{"POST /v1/trials", "POST /v1/captures"} {
		if got.Limits.Bodies[route] <= got.Limits.Body {
			t.Errorf("%s: got %d octets, want more than the usual %d", route, got.Limits.Bodies[route], got.Limits.Body)
		}
	}
}
