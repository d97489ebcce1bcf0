package api

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"fourwave/lab"
)

const byBrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// document parses a page, which must be HTML.
func (r reply) document(t *testing.T, status int) *html.Node {
	t.Helper()
	if r.StatusCode != status || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("got %d %s, want a page and %d; body %.300s", r.StatusCode, r.Header.Get("Content-Type"), status,
			r.body)
	}
	doc, err := html.Parse(strings.NewReader(string(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// all lists the elements of a kind.
func all(doc *html.Node, kind atom.Atom) []*html.Node {
	var found []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == kind {
			found = append(found, n)
		}
	}
	return found
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// checkPage checks what a screen reader needs: a language, a title, landmarks, one h1 before all
// other headings and none skipped, a name for each link and region, no id twice, and labels that
// exist.
func checkPage(t *testing.T, doc *html.Node, lang string) {
	t.Helper()
	if got := attr(all(doc, atom.Html)[0], "lang"); got != lang {
		t.Errorf("lang: got %q, want %q", got, lang)
	}
	for _, kind := range []atom.Atom{atom.Title, atom.Main, atom.H1, atom.Header, atom.Footer} {
		if got := all(doc, kind); len(got) != 1 || kind != atom.Footer && textOf(got[0]) == "" {
			t.Errorf("%s: got %d of them, want one with words in it", kind, len(got))
		}
	}
	ids, level := map[string]bool{}, 0
	for n := range doc.Descendants() {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q comes twice", id)
			}
			ids[id] = true
		}
		if n.Type == html.ElementNode && len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			if now := int(n.Data[1] - '0'); now > level+1 {
				t.Errorf("heading %q: level %d follows %d", textOf(n), now, level)
			} else {
				level = now
			}
		}
	}
	for n := range doc.Descendants() {
		if by := attr(n, "aria-labelledby"); by != "" && !ids[by] {
			t.Errorf("<%s> is labelled by %q, which is not there", n.Data, by)
		}
		if n.DataAtom == atom.A && textOf(n) == "" {
			t.Errorf("link to %s has no name", attr(n, "href"))
		}
		if n.DataAtom == atom.Script && attr(n, "src") == "" || attr(n, "style") != "" || n.DataAtom == atom.Style {
			t.Errorf("<%s> has inline script or style, which the policy refuses", n.Data)
		}
	}
}

func TestEveryExperimentIsReadableWithoutAScript(t *testing.T) {
	ts := newServer(t, nil)
	for _, e := range lab.Library() {
		for lang, tag := range map[string]string{"en": "en", "zh": "zh-CN"} {
			t.Run(e.ID+" "+lang, func(t *testing.T) {
				got := ts.do(t, call{path: "/experiments/" + e.ID, header: map[string]string{"Accept": byBrowser,
					"Accept-Language": tag}})
				doc := got.document(t, http.StatusOK)
				checkPage(t, doc, tag)
				if h1 := textOf(all(doc, atom.H1)[0]); h1 != text(e.Question).in(lang) {
					t.Errorf("h1: got %q, want the question %q", h1, text(e.Question).in(lang))
				}
				page := textOf(all(doc, atom.Main)[0])
				if !strings.Contains(page, strings.Join(strings.Fields(e.Script), " ")) {
					t.Error("the page has no script")
				}
				for part := range strings.FieldsFuncSeq(text(e.Explain).in(lang),
					func(r rune) bool { return strings.ContainsRune(" 。！？", r) }) {
					if !strings.Contains(page, part) {
						t.Errorf("the page lacks %q of the answer", part)
					}
				}
				if len(all(doc, atom.Script)) > 0 {
					t.Error("the page loads a script")
				}
			})
		}
	}
}

// TestPlainRestartInWords reads the story of the seed's question: figure 5's states, the refusal,
// and why.
func TestPlainRestartInWords(t *testing.T) {
	ts := newServer(t, nil)
	for _, path := range []string{"/", "/experiments/plain-restart"} {
		page := textOf(all(ts.do(t, call{path: path}).document(t, http.StatusOK), atom.Main)[0])
		for _, want := range []string{
			"server bind l2 :7865 EADDRINUSE", // the answer
			"The server (a): CLOSE, from ESTABLISHED to FIN-WAIT-1, sends <SEQ=",
			"The client (c): rcv FIN, from ESTABLISHED to CLOSE-WAIT.", // Linux delays the ACK
			"→ EADDRINUSE: another socket has this port",
			"The server (a): rcv FIN, from FIN-WAIT-2 to TIME-WAIT",
			"server state a → TIME-WAIT",
			"SO_REUSEADDR",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is missing in:\n%s", path, want, page)
			}
		}
		closes, waits := strings.Index(page, "to FIN-WAIT-1"), strings.Index(page, "to TIME-WAIT")
		if exit, bind := strings.Index(page, "server exit →"), strings.Index(page,
			"server bind l2 :7865 →"); exit > closes || waits > bind {
			t.Errorf("%s: exit at %d, FIN-WAIT-1 at %d, TIME-WAIT at %d, bind at %d; want that order", path, exit,
				closes, waits, bind)
		}
	}
}

func TestPagesLinkToWhatExists(t *testing.T) {
	ts := newServer(t, nil)
	seen := map[string]bool{}
	for _, path := range []string{"/?lang=zh", "/experiments/plain-restart"} {
		doc := ts.do(t, call{path: path}).document(t, http.StatusOK)
		for _, kind := range []atom.Atom{atom.A, atom.Link, atom.Img, atom.Script} {
			for _, n := range all(doc, kind) {
				to, _, _ := strings.Cut(attr(n, "href")+attr(n, "src"), "#")
				if strings.HasPrefix(to, "?") {
					to = "/" + to
				}
				if to == "" || seen[to] {
					continue
				}
				seen[to] = true
				if got := ts.do(t, call{path: to}); got.StatusCode != http.StatusOK {
					t.Errorf("%s links to %s, which answers %d", path, to, got.StatusCode)
				}
			}
		}
	}
	for _, e := range lab.Library() {
		if !seen["/experiments/"+e.ID] || !seen["/experiments/"+e.ID+"?lang=zh"] {
			t.Errorf("no link to %s in both languages", e.ID)
		}
	}
}

func TestPageLanguage(t *testing.T) {
	ts := newServer(t, nil)
	for _, tt := range []struct{ query, accept, want string }{
		{"", "", "en"}, {"", "zh-TW,zh;q=0.9", "zh-CN"}, {"", "fr", "en"},
		{"?lang=zh", "en", "zh-CN"}, {"?lang=en", "zh", "en"}, {"?lang=zh-CN", "en", "zh-CN"},
		{"?lang=fr", "zh", "zh-CN"}, {"?utm_source=x&a=%zz&a=2", "zh", "zh-CN"}, {"?lang=zh&x=1&x=2", "", "zh-CN"},
	} {
		for _, path := range []string{"/", "/experiments/half-close", "/no/such/page"} {
			status := http.StatusOK
			if strings.HasPrefix(path, "/no") {
				status = http.StatusNotFound
			}
			got := ts.do(t, call{path: path + tt.query, header: map[string]string{"Accept": byBrowser,
				"Accept-Language": tt.accept}})
			checkPage(t, got.document(t, status), tt.want)
			if l := got.Header.Get("Content-Language"); !strings.HasPrefix(tt.want, l) || l == "" {
				t.Errorf("%s%s: Content-Language %q, want %s", path, tt.query, l, tt.want)
			}
			if vary := strings.Join(got.Header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Language") {
				t.Errorf("%s%s: Vary %q, want Accept-Language in it", path, tt.query, vary)
			}
		}
	}
}

// TestMistypedAddress answers a browser with a page and a program with a problem.
func TestMistypedAddress(t *testing.T) {
	ts := newServer(t, nil)
	for _, path := range []string{"/experimnets", "/experiments/plain-restrat", "/experiments/", "/static/no.js",
		"/docs/none", "/<script>"} {
		got := ts.do(t, call{path: path, header: map[string]string{"Accept": byBrowser}})
		doc := got.document(t, http.StatusNotFound)
		checkPage(t, doc, "en")
		if len(all(doc, atom.A)) < len(lab.Library()) || got.Header.Get("ETag") != "" {
			t.Errorf("%s: want a page with the library, and no ETag", path)
		}
		for _, accept := range []string{"", "*/*", "application/json", "text/html;q=0,*/*"} {
			got := ts.do(t, call{path: path, header: map[string]string{"Accept": accept}})
			if media := got.Header.Get("Content-Type"); got.StatusCode != http.StatusNotFound ||
				media != "application/problem+json" {
				t.Errorf("%s, Accept %q: got %d %s, want 404 application/problem+json", path, accept, got.StatusCode,
					media)
			}
		}
	}
	got := ts.do(t, call{path: "/v1/no/such", header: map[string]string{"Accept": byBrowser}})
	if media := got.Header.Get("Content-Type"); media != "application/problem+json" {
		t.Errorf("/v1: got %s, want a problem", media)
	}
}

// TestPagesAreServedAsFilesAre: tags that hold, HEAD, gzip, and the strict policy.
func TestPagesAreServedAsFilesAre(t *testing.T) {
	ts := newServer(t, nil)
	for _, path := range []string{"/", "/experiments/plain-restart"} {
		got := ts.do(t, call{path: path})
		tag, policy := got.Header.Get("ETag"), got.Header.Get("Content-Security-Policy")
		if tag == "" || !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: ETag %q, policy %q", path, tag, policy)
		}
		if again := ts.do(t, call{path: path,
			header: map[string]string{"If-None-Match": tag}}); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s with its tag: got %d, want 304", path, again.StatusCode)
		}
		if zh := ts.do(t, call{path: path + "?lang=zh",
			header: map[string]string{"If-None-Match": tag}}); zh.StatusCode != http.StatusOK {
			t.Errorf("%s in Chinese with the tag of the English page: got %d, want 200", path, zh.StatusCode)
		}
		head := ts.do(t, call{method: "HEAD", path: path})
		if head.StatusCode != http.StatusOK || len(head.body) > 0 || head.ContentLength != int64(len(got.body)) {
			t.Errorf("HEAD %s: got %d, %d bytes, Content-Length %d, want 200, none, %d", path, head.StatusCode,
				len(head.body), head.ContentLength, len(got.body))
		}
		zip := ts.do(t, call{path: path, header: map[string]string{"Accept-Encoding": "gzip"}})
		z, err := gzip.NewReader(strings.NewReader(string(zip.body)))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(z); err != nil || string(plain) != string(got.body) {
			t.Errorf("%s: gzip is another page: %v", path, err)
		}
		if len(zip.body) > 12_000 {
			t.Errorf("%s: %d bytes compressed, want at most 12,000", path, len(zip.body))
		}
	}
	head := ts.do(t, call{method: "HEAD", path: "/no/such", header: map[string]string{"Accept": byBrowser}})
	if head.StatusCode != http.StatusNotFound || len(head.body) > 0 {
		t.Errorf("HEAD of a mistyped address: got %d, %d bytes", head.StatusCode, len(head.body))
	}
}

// TestPagesAreWrittenOnce: the library is run once a page, however often it is read, and leaves no
// labs.
func TestPagesAreWrittenOnce(t *testing.T) {
	ts := newServer(t, nil)
	for i := range 20 {
		ts.do(t, call{path: fmt.Sprintf("/experiments/plain-restart?n=%d", i)}).document(t, http.StatusOK)
	}
	if n := len(ts.plain.kept); n != 1 {
		t.Errorf("%d pages kept, want 1", n)
	}
	if labs := ts.Labs.List("", "", 10); len(labs) > 0 {
		t.Errorf("%d labs are left behind", len(labs))
	}
}

func TestWordsOfPagesExist(t *testing.T) {
	for key, words := range plainWords {
		if words.En == "" || words.Zh == "" {
			t.Errorf("%s is missing in a language", key)
		}
	}
	used, err := plainFiles.ReadDir("plain")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range used {
		body, err := plainFiles.ReadFile("plain/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(body), `Say "`) {
			if key, _, _ := strings.Cut(part, `"`); i > 0 && plainWords[key].En == "" {
				t.Errorf("%s says %q, which is not a word", f.Name(), key)
			}
		}
	}
	for _, e := range lab.Library() {
		if e.Chapter().Zh == e.Tags[0] && e.Tags[0] != strings.ToUpper(e.Tags[0]) {
			t.Errorf("%s: chapter %q has no title", e.ID, e.Tags[0])
		}
	}
	if !slices.Contains(oracles, "/experiments") {
		t.Error("the pages answer an exam's questions while one is open")
	}
}
