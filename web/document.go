package web

import (
	"bytes"
	"html/template"
	"net/http"
)

// shell is the file that every document is written into.
const shell = "index.html"

var shellTemplate = template.Must(template.ParseFS(static, "static/"+shell))

// Document is a page as the server writes it: readable as it is, without a script.
type Document struct {
	Lang  string        // "en" or "zh"
	Title string        // of the window
	Body  template.HTML // of the page: a header, one main and a footer
	App   bool          // whether the page's modules are loaded, which take the place of Body
}

// Tag is the document's language as BCP 47 spells it.
func (d Document) Tag() string {
	if d.Lang == "zh" {
		return "zh-CN"
	}
	return "en"
}

// Write prepares a document for serving, with this status. The handler answers any path, with the
// headers that the page's files have: a policy that allows no inline script or style, an ETag by
// content, gzip where it is accepted. Headers that are set already stay, Vary grows.
func Write(status int, d Document) http.Handler {
	f := write(d)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status == http.StatusOK {
			f.serve(w, r)
			return
		}
		body := f.head(w, r)
		w.Header().Del("ETag") // of an answer that is no representation of what was asked for
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a reader who has gone is nobody to tell
		}
	})
}

// write fills in the shell, whose template cannot fail on a Document.
func write(d Document) file {
	var b bytes.Buffer
	if err := shellTemplate.Execute(&b, d); err != nil {
		panic("BUG: " + shell + ": " + err.Error())
	}
	return newFile(shell, b.Bytes())
}
