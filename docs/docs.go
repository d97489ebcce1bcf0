// Package docs has the guides as files, NAME.md in English and NAME.zh.md in Chinese, and renders
// them for the page at /guide/NAME.
//
// They are ordinary Markdown that reads well where it lies too. Links between them, and to what the
// server itself serves, lead there; links to other files of the repository are left out, since a
// server has none. Raw HTML is not rendered.
package docs

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

//go:embed *.md
var files embed.FS

// Page is a guide in one language.
type Page struct {
	Name  string // "students"
	Title string // its first heading
	HTML  string // of what follows that heading
}

// Names lists the guides, each of which exists in both languages.
func Names() []string {
	all, err := fs.Glob(files, "*.md")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var names []string
	for _, name := range all {
		if name = strings.TrimSuffix(name, ".md"); !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return names
}

// Source is the Markdown of a guide in a language, "en" or "zh"; ok is false if there is no such
// guide.
func Source(name, lang string) (source []byte, ok bool) {
	if !slices.Contains(Names(), name) {
		return nil, false
	}
	if lang == "zh" {
		name += ".zh"
	}
	source, err := files.ReadFile(name + ".md")
	return source, err == nil
}

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// Render renders a guide, whose links to other guides get query behind them ("?lang=zh", or ""). ok
// is false if there is no such guide.
func Render(name, lang, query string) (p Page, ok bool) {
	source, ok := Source(name, lang)
	if !ok {
		return Page{}, false
	}
	doc := markdown.Parser().Parse(text.NewReader(source))
	p = Page{Name: name, Title: takeTitle(doc, source)}
	relink(doc, query)
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil {
		panic(fmt.Sprintf("BUG: docs/%s: %v", name, err)) // a buffer takes everything
	}
	p.HTML = b.String()
	return p, true
}

// Title is the first heading of a guide, "" if there is no such guide.
func Title(name, lang string) string {
	source, _ := Source(name, lang)
	line, _, _ := bytes.Cut(source, []byte("\n"))
	return strings.TrimPrefix(string(line), "# ")
}

// takeTitle takes the first heading out of the document: the page has it elsewhere.
func takeTitle(doc ast.Node, source []byte) string {
	h, ok := doc.FirstChild().(*ast.Heading)
	if !ok {
		return ""
	}
	doc.RemoveChild(doc, h)
	return strings.TrimPrefix(strings.TrimSpace(string(h.Lines().Value(source))), "# ")
}

// relink leads the links of a document to where the server has what they name.
func relink(doc ast.Node, query string) {
	var dead []*ast.Link
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		link, ok := n.(*ast.Link)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		to, ok := served(string(link.Destination), query)
		if !ok {
			dead = append(dead, link)
		}
		link.Destination = []byte(to)
		return ast.WalkContinue, nil
	})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	for _, link := range dead {
		unlink(link)
	}
}

// served is where the server has what a link names; ok is false if it has it nowhere.
func served(to, query string) (where string, ok bool) {
	file, fragment, _ := strings.Cut(to, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	switch {
	case strings.Contains(to, "://"), strings.HasPrefix(to, "/"), file == "":
		return to, true
	case file == "../openapi.yaml":
		return "/openapi.yaml", true
	case path.Dir(file) == "." && strings.HasSuffix(file, ".md"):
		name := strings.TrimSuffix(strings.TrimSuffix(file, ".md"), ".zh")
		return "/guide/" + name + query + fragment, slices.Contains(Names(), name)
	}
	return to, false
}

// unlink puts what a link says in its place.
func unlink(link *ast.Link) {
	parent := link.Parent()
	for child := link.FirstChild(); child != nil; child = link.FirstChild() {
		link.RemoveChild(link, child)
		parent.InsertBefore(parent, link, child)
	}
	parent.RemoveChild(parent, link)
}
