package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// maxAnswer bounds what is read of an answer: the largest is a lab's events.
const maxAnswer = 64 << 20

// get reads an answer of the server in a language.
func (s *site) get(ctx context.Context, path, lang string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, err
	}
	return s.do(r, lang)
}

func (s *site) do(r *http.Request, lang string) ([]byte, error) {
	r.Header.Set("Accept-Language", lang)
	res, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s\n%.500s", r.Method, r.URL, res.Status, b)
	}
	return b, nil
}

// entry is an experiment of the library, as far as the site needs to know it.
type entry struct {
	ID    string
	Needs map[string]string
}

func (s *site) library(ctx context.Context) ([]entry, error) {
	b, err := s.get(ctx, "/v1/experiments", "en")
	if err != nil {
		return nil, err
	}
	var all struct{ Items []entry }
	return all.Items, json.Unmarshal(b, &all)
}

// guide is a link to one of the guides, which every page of the server has.
var guide = regexp.MustCompile(`href="/guide/([a-z-]+)`)

// writePages writes what can be read without a script, in both languages.
func (s *site) writePages(ctx context.Context, library []entry) error {
	pages := map[string]string{"": "/"}
	first, err := s.get(ctx, "/", "en")
	if err != nil {
		return err
	}
	for _, m := range guide.FindAllSubmatch(first, -1) {
		pages["guide/"+string(m[1])] = "/guide/" + string(m[1])
	}
	for _, e := range library {
		pages["experiments/"+e.ID] = "/experiments/" + e.ID
	}
	for dir, from := range pages {
		for lang, sub := range map[string]string{"en": "", "zh": "zh"} {
			b, err := s.get(ctx, from+"?lang="+lang, lang)
			if err != nil {
				return err
			}
			to := path.Join(dir, sub)
			if err := writeFile(filepath.Join(s.out, to, "index.html"), relative(b, to)); err != nil {
				return err
			}
		}
	}
	return nil
}

// link is an attribute that names an address of the server, or the page's own in a language.
var link = regexp.MustCompile(`\b(href|src)="(/[^"]*|\?lang=(?:en|zh))"`)

// policy is what the server would send as a header. The program in the worker is WebAssembly.
const policy = "default-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; object-src 'none'"

// relative makes a page of the server one of the site, in the directory dir: its links lead to files
// beside it, and its modules learn that there is no server.
func relative(page []byte, dir string) []byte {
	up := "./"
	if dir != "" {
		up = strings.Repeat("../", strings.Count(dir, "/")+1)
	}
	page = link.ReplaceAllFunc(page, func(m []byte) []byte {
		parts := link.FindSubmatch(m)
		return fmt.Appendf(nil, `%s="%s"`, parts[1], target(string(parts[2]), dir, up))
	})
	meta := fmt.Sprintf("<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n    <meta name=\"fourwave-site\" content=\"%s\">\n    <title>", policy, up)
	return []byte(strings.Replace(string(page), "<title>", meta, 1))
}

// target is the file of the site that an address of the server stands for, as seen from dir.
func target(address, dir, up string) string {
	if lang, ok := strings.CutPrefix(address, "?lang="); ok {
		own := strings.TrimSuffix(strings.TrimSuffix(dir, "zh"), "/")
		return up + slashed(path.Join(own, map[string]string{"zh": "zh"}[lang]))
	}
	address, fragment, _ := strings.Cut(address, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	name, query, _ := strings.Cut(strings.TrimPrefix(address, "/"), "?")
	switch {
	case name == "docs":
		return up + "openapi.yaml"
	case strings.HasPrefix(name, "v1/experiments/"):
		return up + "recorded/en/" + path.Base(name) + ".json"
	case strings.HasPrefix(name, "static/"):
		return up + name
	}
	if query == "lang=zh" {
		name = path.Join(name, "zh")
	}
	return up + slashed(name) + fragment
}

// slashed is the path of a directory.
func slashed(name string) string {
	if name == "" || name == "." {
		return ""
	}
	return name + "/"
}
