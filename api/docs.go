package api

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

// docsFiles has the reader of the contract: swagger-ui-dist 5.35.0, whose script and style are kept
// compressed, and our own page around it.
//
//go:embed docs
var docsFiles embed.FS

// docsPolicy is strict but for styles: swagger-ui sets style attributes from its script, and its
// style sheet has pictures in data URLs.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// asset is a file of the reader.
type asset struct {
	media string
	plain []byte
	zip   []byte // gzip; nil where it is not worth it
}

// loadDocs reads the embedded files once. What is embedded can be read, so it cannot fail.
func loadDocs() map[string]*asset {
	entries, err := docsFiles.ReadDir("docs")
	if err != nil {
		panic("BUG: embedded files: " + err.Error())
	}
	files := make(map[string]*asset)
	for _, e := range entries {
		body, err := docsFiles.ReadFile("docs/" + e.Name())
		if err != nil {
			panic("BUG: embedded files: " + err.Error())
		}
		name, zipped := strings.CutSuffix(e.Name(), ".gz")
		a := &asset{media: mediaType(name), plain: body}
		if zipped {
			a.plain, a.zip = unzip(body), body
		}
		files[name] = a
	}
	return files
}

func unzip(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		panic(fmt.Sprintf("BUG: embedded files: %v", err))
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("BUG: embedded files: %v", err))
	}
	return plain
}

func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}

// getContract answers GET /openapi.yaml.
func (s *Server) getContract(c echo.Context) error {
	return tagged(c, http.StatusOK, "application/yaml", s.contract.text)
}

// getReaderFile answers GET /docs/{file}.
func (s *Server) getReaderFile(c echo.Context) error { return s.sendDoc(c, c.Param("file")) }

func (s *Server) sendDoc(c echo.Context, name string) error {
	a := s.docs[name]
	if a == nil {
		return echo.ErrNotFound
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", docsPolicy)
	body := a.plain
	if a.zip != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(c.Request().Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = a.zip
		}
	}
	return tagged(c, http.StatusOK, a.media, body)
}

// acceptsGzip reads Accept-Encoding as far as gzip goes: named, and not with a weight of zero.
func acceptsGzip(accept string) bool {
	for item := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, has := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return !has || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
