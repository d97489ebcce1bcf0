package web

import "testing"

// TestReaderOfTheContract looks at /docs in both schemes: it leads back to the page, and axe finds nothing.
func TestReaderOfTheContract(t *testing.T) {
	url := realServer(t)
	for _, scheme := range []string{"light", "dark"} {
		p := openTab(t, "about:blank")
		p.media("prefers-color-scheme", scheme)
		p.do(navigate(url + "/docs"))
		p.wait(`document.querySelectorAll(".plain-call").length > 20`)
		if got := eval[string](p, `document.querySelector("header a[href='/']")?.innerText ?? ""`); got == "" {
			t.Errorf("%s: no way back to the page", scheme)
		}
		p.axe("docs " + scheme)
		p.picture("docs-" + scheme)
	}
}
