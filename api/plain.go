package api

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
	"fourwave/web"
)

// plainFiles has the pages that need no script: an experiment as it runs on the model of Linux, in
// words, and a problem.
//
//go:embed plain/*.html
var plainFiles embed.FS

var plainTemplates = template.Must(template.ParseFS(plainFiles, "plain/*.html"))

// plainWorld is the world whose story the pages tell. Its time is virtual, so that it takes no
// wait.
const plainWorld = "model"

// plainPages keeps the pages that were written; of an experiment whose page has not been asked for,
// nothing. The library bounds it: the model always tells the same.
type plainPages struct {
	mu   sync.Mutex
	kept map[plainKey]http.Handler
}

// plainKey names a page. The library is the same for all of them.
type plainKey struct {
	id, lang string
	chosen   bool // the language, by ?lang=, which the page's links keep
	app      bool // the page's modules take its place
}

func newPlainPages() *plainPages { return &plainPages{kept: make(map[plainKey]http.Handler)} }

// getPlainExperiment answers GET /experiments/{experiment_id}.
func (s *Server) getPlainExperiment(c echo.Context) error {
	return s.sendPlain(c, c.Param("experiment_id"), false)
}

// getFirstPage answers GET /: the first experiment, until the page's modules take its place.
func (s *Server) getFirstPage(c echo.Context) error {
	if open, err := s.examOpen(c); err != nil || open {
		if err != nil {
			return err
		}
		return s.getPage(c) // no experiment: it may be the answer to a question
	}
	return s.sendPlain(c, lab.Library()[0].ID, true)
}

// sendPlain answers with the page of an experiment.
func (s *Server) sendPlain(c echo.Context, id string, app bool) error {
	e, ok := lab.FindExperiment(id)
	if !ok {
		return problem(notFoundKind, fmt.Sprintf("experiment %.100q is not in the library", id))
	}
	chosen := chooseByQuery(c)
	h, err := s.plain.page(c.Request().Context(), s.Labs, &e, plainKey{id, langOf(c), chosen, app})
	if err != nil {
		return err
	}
	setLanguage(c)
	h.ServeHTTP(c.Response(), c.Request())
	return nil
}

// chooseByQuery lets ?lang= choose the language, where it names one, and reports whether it did.
func chooseByQuery(c echo.Context) bool {
	lang, _, _ := strings.Cut(strings.ToLower(c.QueryParam("lang")), "-")
	if !slices.Contains(languages, lang) {
		return false
	}
	c.Set(languageKey, lang)
	return true
}

// page finds or writes the page of an experiment.
func (p *plainPages) page(ctx context.Context, labs *lab.Labs, e *lab.Experiment, key plainKey) (http.Handler, error) {
	p.mu.Lock()
	h := p.kept[key]
	p.mu.Unlock()
	if h != nil {
		return h, nil
	}
	l, err := labs.Run(ctx, lab.Spec{Experiment: e.ID, Worlds: []string{plainWorld}})
	if err != nil {
		return nil, err
	}
	events, _, _ := l.Events(0)
	body, err := writePlain("experiment.html", viewPlain(e, l.Snapshot(), events, key))
	if err != nil {
		return nil, err
	}
	title := text(e.Question).in(key.lang) + titleEnd
	h = web.Write(http.StatusOK, web.Document{Lang: key.lang, Title: title, Body: body, App: key.app})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[key] = h // two that wrote it at once wrote the same
	return h, nil
}

// titleEnd ends the title of every page's window.
const titleEnd = " · fourwave 四次挥手"

// sendPage answers with a page that is written anew, in the request's language. An error comes
// before anything is sent.
func sendPage(c echo.Context, status int, template, title string, view any) error {
	body, err := writePlain(template, view)
	if err != nil {
		return err
	}
	setLanguage(c)
	page := web.Document{Lang: langOf(c), Title: title + titleEnd, Body: body}
	web.Write(status, page).ServeHTTP(c.Response(), c.Request())
	return nil
}

func writePlain(name string, v any) (template.HTML, error) {
	var b bytes.Buffer
	if err := plainTemplates.ExecuteTemplate(&b, name, v); err != nil {
		return "", fmt.Errorf("page: %w", err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // html/template wrote it
}

// sendProblemPage answers with a problem as a page, if the caller is a browser whose user may have
// mistyped the address, and reports whether it did. Calls below /v1 answer programs alone.
func (s *Server) sendProblemPage(c echo.Context, p *problemError) bool {
	r := c.Request()
	if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/v1/") ||
		!wantsPage(r) {
		return false
	}
	frame := plainFrame{Chosen: chooseByQuery(c), Lang: langOf(c)}
	title := p.kind.title.in(frame.Lang)
	c.Response().Header().Add("Vary", "Accept")
	err := sendPage(c, p.kind.status, "problem.html", title,
		plainProblem{frame, p.kind.status, title, p.kind.about.in(frame.Lang)})
	if err != nil {
		s.Log.Error("no page of a problem", "err", err)
	}
	return err == nil
}

// wantsPage reports whether a caller names HTML among what it accepts, as browsers do when they go
// to an address.
func wantsPage(r *http.Request) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		media, weight, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(media), "text/html") {
			q, has := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return !has || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
