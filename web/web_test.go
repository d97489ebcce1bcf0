package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fetch(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerServesFiles(t *testing.T) {
	for _, tt := range []struct {
		path, mime string
		status     int
	}{
		{"/", "text/html; charset=utf-8", 200},
		{"/favicon.ico", "image/svg+xml", 200},
		{"/static/app/app.js", "text/javascript; charset=utf-8", 200},
		{"/static/app/style.css", "text/css; charset=utf-8", 200},
		{"/static/vendor/preact.js", "text/javascript; charset=utf-8", 200},
		{"/static/vendor/preact.LICENSE", "text/plain; charset=utf-8", 200},
		{"/static/", "text/plain; charset=utf-8", 404},
		{"/static/nothing.js", "text/plain; charset=utf-8", 404},
		{"/static/../web.go", "text/plain; charset=utf-8", 404},
		{"/index.html", "text/plain; charset=utf-8", 404},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res := fetch(t, method, tt.path)
			if res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.mime {
				t.Errorf("%s %s: got %d %q, want %d %q", method, tt.path, res.StatusCode, res.Header.Get("Content-Type"), tt.status, tt.mime)
			}
		}
	}
}

func TestHandlerRevalidates(t *testing.T) {
	res := fetch(t, "GET", "/")
	etag := res.Header.Get("ETag")
	if etag == "" || res.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("ETag %q, Cache-Control %q, want a tag and no-cache", etag, res.Header.Get("Cache-Control"))
	}
	if got := fetch(t, "GET", "/", "If-None-Match", etag).StatusCode; got != http.StatusNotModified {
		t.Errorf("same tag: got %d, want 304", got)
	}
	if got := fetch(t, "GET", "/", "If-None-Match", `"other"`).StatusCode; got != http.StatusOK {
		t.Errorf("other tag: got %d, want 200", got)
	}
}

// TestHandlerCompresses asks for gzip, and reads what comes.
func TestHandlerCompresses(t *testing.T) {
	plain, err := io.ReadAll(fetch(t, "GET", "/static/app/app.js").Body)
	if err != nil {
		t.Fatal(err)
	}
	res := fetch(t, "GET", "/static/app/app.js", "Accept-Encoding", "br, gzip;q=0.8")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers: got %v, want gzip that varies", res.Header)
	}
	if one, other := res.Header.Get("ETag"), fetch(t, "GET", "/static/app/app.js").Header.Get("ETag"); one == other {
		t.Errorf("both representations have the tag %s", one)
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %d bytes, %v, want the %d of the plain file", len(got), err, len(plain))
	}
	for _, refusing := range []string{"", "br", "gzip;q=0"} {
		if got := fetch(t, "GET", "/static/app/app.js", "Accept-Encoding", refusing).Header.Get("Content-Encoding"); got != "" {
			t.Errorf("Accept-Encoding %q: got %s", refusing, got)
		}
	}
}

func TestHandlerRefusesOtherMethods(t *testing.T) {
	res := fetch(t, "POST", "/")
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("got %d, Allow %q, want 405, GET, HEAD", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestHandlerPolicy(t *testing.T) {
	csp := fetch(t, "GET", "/").Header.Get("Content-Security-Policy")
	for _, bad := range []string{"unsafe", "*", "data:", "http"} {
		if strings.Contains(csp, bad) {
			t.Errorf("Content-Security-Policy allows %q: %s", bad, csp)
		}
	}
	if !strings.Contains(csp, "default-src 'self'") {
		t.Errorf("Content-Security-Policy: got %q, want default-src 'self'", csp)
	}
}

// own calls f with each file that is ours and has text in it.
func own(t *testing.T, f func(name, text string)) {
	t.Helper()
	n := 0
	err := fs.WalkDir(static, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(p, "/vendor/") || path.Ext(p) == ".png" {
			return err
		}
		body, err := fs.ReadFile(static, p)
		n++
		f(strings.TrimPrefix(p, "static/"), string(body))
		return err
	})
	if err != nil || n < 10 {
		t.Fatalf("%d files, %v", n, err)
	}
}

func TestPageComesFromNowhereElse(t *testing.T) {
	elsewhere := regexp.MustCompile(`(?:src|href|url|from|import)\s*[=(]?\s*["'(]\s*(?:https?:)?//`)
	inline := regexp.MustCompile(`<style|<script(?:\s[^>]*)?>[^<]|\sstyle="|\son[a-z]+="|javascript:|innerHTML|\beval\(`)
	own(t, func(name, text string) {
		if m := elsewhere.FindString(text); m != "" {
			t.Errorf("%s loads from elsewhere: %s", name, m)
		}
		if m := inline.FindString(text); m != "" {
			t.Errorf("%s has inline script or style: %s", name, m)
		}
	})
}

func TestImportsExist(t *testing.T) {
	imports := regexp.MustCompile(`(?m)^\s*import .*?"([^"]+)";`)
	own(t, func(name, text string) {
		for _, m := range imports.FindAllStringSubmatch(text, -1) {
			if _, err := fs.Stat(static, path.Join("static", path.Dir(name), m[1])); err != nil {
				t.Errorf("%s imports %s: %v", name, m[1], err)
			}
		}
	})
}

// dictionary reads en.js or zh.js: one object literal that is also JSON.
func dictionary(t *testing.T, lang string) map[string]string {
	t.Helper()
	body, err := fs.ReadFile(static, "static/words/"+lang+".js")
	if err != nil {
		t.Fatal(err)
	}
	body = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("export default ")), []byte(";"))
	var words map[string]string
	if err := json.Unmarshal(body, &words); err != nil {
		t.Fatalf("%s.js: %v", lang, err)
	}
	return words
}

func TestLanguagesHaveTheSameWords(t *testing.T) {
	en, zh := dictionary(t, "en"), dictionary(t, "zh")
	blank := regexp.MustCompile(`\{\w+\}`)
	shape := func(words map[string]string) map[string][]string {
		out := make(map[string][]string)
		for key, text := range words {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s is empty", key)
			}
			out[key] = slices.Sorted(slices.Values(blank.FindAllString(text, -1)))
		}
		return out
	}
	if diff := cmp.Diff(shape(en), shape(zh)); diff != "" {
		t.Errorf("keys or blanks differ (-en +zh):\n%s", diff)
	}
	han := regexp.MustCompile(`\p{Han}`)
	same := map[string]bool{"api": true, "inspect.entry": true, "matrix.caption": true, // names, and blanks alone
		"options.reuseaddr": true, "options.reuseport": true, "options.both": true, "system.model:freebsd": true, "system.model:macos": true, "system.model:windows": true}
	state := regexp.MustCompile(`^[A-Z0-9]+-[A-Z0-9-]+$`)
	for key, text := range zh {
		format := strings.HasPrefix(key, "quiz.export.") // the name of a file format
		if !han.MatchString(text) && !same[key] && !format && !state.MatchString(text) {
			t.Errorf("zh %s is not Chinese: %q", key, text)
		}
	}
	for key, text := range en {
		if han.MatchString(text) {
			t.Errorf("en %s is not English: %q", key, text)
		}
	}
}

func TestWordsAreUsedAndKnown(t *testing.T) {
	en := dictionary(t, "en")
	said := regexp.MustCompile("say(?:\\.has)?\\(\\s*\"([^\"]+)\"|(?:what|name)=\"([a-z]+\\.[a-z]+)\"")
	built := regexp.MustCompile("`([a-z]+)\\.\\$\\{") // say(`state.${…}`)
	used := map[string]bool{}
	var families []string
	own(t, func(name, text string) {
		if !strings.HasSuffix(name, ".js") || strings.HasPrefix(name, "words/") {
			return
		}
		for _, m := range said.FindAllStringSubmatch(text, -1) {
			key := m[1] + m[2]
			used[key] = true
			if _, ok := en[key]; !ok {
				t.Errorf("%s says %q, which is in no dictionary", name, key)
			}
		}
		for _, m := range built.FindAllStringSubmatch(text, -1) {
			families = append(families, m[1]+".")
		}
		for key := range en {
			if strings.Contains(text, `"`+key+`"`) {
				used[key] = true
			}
		}
	})
	for key := range en {
		family := slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) })
		if !used[key] && !family {
			t.Errorf("%q is said nowhere", key)
		}
	}
}

// TestLibraryIsSpokenInChinese: every line between the steps of an experiment, and every remark behind
// one, has its Chinese, and there are none for lines that are gone.
func TestLibraryIsSpokenInChinese(t *testing.T) {
	body, err := fs.ReadFile(static, "static/words/library.zh.js")
	if err != nil {
		t.Fatal(err)
	}
	pair := regexp.MustCompile(`(?m)^  "((?:[^"\\]|\\.)*)": "((?:[^"\\]|\\.)*)",$`)
	zh := map[string]string{}
	for _, m := range pair.FindAllStringSubmatch(string(body), -1) {
		zh[m[1]] = m[2]
	}
	files, err := filepath.Glob("../lab/experiments/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no experiments: %v", err)
	}
	spoken := map[string]bool{}
	for _, f := range files {
		for _, line := range linesOf(t, f) {
			if spoken[line] = true; zh[line] == "" {
				t.Errorf("%s: no Chinese of %q", f, line)
			}
		}
	}
	for line := range zh {
		if !spoken[line] {
			t.Errorf("no experiment says %q", line)
		}
	}
}

// linesOf are an experiment's phases and remarks.
func linesOf(t *testing.T, file string) (all []string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, _, _ := strings.Cut(string(b), "\n# title:")
	_, script, _ = strings.Cut(script, "\n\n") // the header is the question
	for line := range strings.Lines(script) {
		code, comment, has := strings.Cut(strings.TrimSpace(line), "# ")
		if has && (code == "" || strings.HasSuffix(code, " ")) {
			all = append(all, comment)
		}
	}
	return all
}
