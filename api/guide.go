package api

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"fourwave/docs"
)

// plainGuide is what the template of a guide shows.
type plainGuide struct {
	plainFrame
	Title string
	Body  template.HTML
}

// plainLink is a link to a guide.
type plainLink struct{ Name, Title string }

// Guides are the guides that there are, for a list of links.
func (f plainFrame) Guides() (all []plainLink) {
	for _, name := range docs.Names() {
		all = append(all, plainLink{name, docs.Title(name, f.Lang)})
	}
	return all
}

// getGuide answers GET /guide/{name}.
func (s *Server) getGuide(c echo.Context) error {
	frame := plainFrame{Chosen: chooseByQuery(c), Lang: langOf(c)}
	p, ok := docs.Render(c.Param("name"), frame.Lang, frame.Query())
	if !ok {
		return problem(notFoundKind, fmt.Sprintf("there is no guide %.100q", c.Param("name")))
	}
	// What scrolls by itself must be reachable by the keyboard.
	html := strings.ReplaceAll(p.HTML, "<pre>", `<pre tabindex="0">`)
	guide := plainGuide{frame, p.Title, template.HTML(html)} //nolint:gosec // our own files, rendered without raw HTML
	return sendPage(c, http.StatusOK, "guide.html", p.Title, guide)
}
