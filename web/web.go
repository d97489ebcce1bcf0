package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// policy lets a page load from this server and from nowhere else. There is no inline
// script or style in the page, so neither is allowed.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// file is one embedded file, ready to serve.
type file struct {
	name string // "index.html", "app.js"
	mime string
	etag string
	body []byte
	gzip []byte // body compressed; nil if that makes it no smaller
}

// Handler serves the page: "/" without a word in it, "/favicon.ico" and what is below "/static/";
// everything else is 404. Files are revalidated by the hash of their content, so that a new binary
// is seen at the next load and an old one costs a 304.
func Handler() http.Handler {
	files := load(static)
	files[shell] = write(Document{Lang: "en", Title: "fourwave 四次挥手", App: true})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[name(r.URL.Path)]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

// name is the embedded file that a URL path asks for.
func name(p string) string {
	switch p {
	case "/":
		return shell
	case "/favicon.ico":
		return "favicon.svg"
	}
	if rest, ok := strings.CutPrefix(p, "/static/"); ok && rest != shell {
		return rest
	}
	return ""
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	body := f.head(w, r)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(body))
}

// head sets the headers of a file, and returns its body in the coding that they say.
func (f file) head(w http.ResponseWriter, r *http.Request) []byte {
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("ETag", f.etag)
	h.Add("Vary", "Accept-Encoding")
	body := f.body
	if f.gzip != nil && acceptsGzip(r) {
		body = f.gzip
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", strings.TrimSuffix(f.etag, `"`)+`-gz"`) // another representation, RFC 9110 §8.8.3.3
	}
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	// What a browser shows by itself needs the policies. A module or a style sheet is held to those of
	// its document, and there are sixty of them in a first picture: their headers would weigh 10 kB.
	if strings.HasPrefix(f.mime, "text/html") || strings.HasPrefix(f.mime, "image/svg") {
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	} else {
		h.Del("Content-Security-Policy")
	}
	return body
}

// acceptsGzip reports whether the client takes a compressed body. A client that names gzip with a
// weight of zero does not.
func acceptsGzip(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.TrimSpace(name) == "gzip" {
			q := strings.TrimSpace(weight)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// compress returns body in gzip, or nil if it does not become smaller.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic("BUG: gzip level: " + err.Error())
	}
	w.Write(body) // a buffer takes everything
	w.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// load reads the embedded files once. What is embedded can be read, so it cannot fail.
func load(fsys fs.FS) map[string]file {
	files := make(map[string]file)
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, "static/")
		files[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		panic("BUG: embedded files: " + err.Error())
	}
	return files
}

func newFile(name string, body []byte) file {
	sum := sha256.Sum256(body)
	return file{
		name: name,
		mime: mimeType(name),
		etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
		body: body,
		gzip: compress(body),
	}
}

// mimeType does not ask the system's tables first: a module served as text/plain does not run.
func mimeType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case "", ".LICENSE":
		return "text/plain; charset=utf-8"
	default:
		return mime.TypeByExtension(ext)
	}
}
