package api

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"fourwave/quiz"
	"fourwave/quiz/export"
)

// exportQuestions answers POST /v1/questions/export.
func (s *Server) exportQuestions(c echo.Context) error {
	var in struct {
		Tokens []string `json:"tokens"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	c.Set(languageKey, cmp.Or(c.QueryParam("lang"), langOf(c)))
	items := make([]*quiz.Item, len(in.Tokens))
	for i, token := range in.Tokens {
		it, err := quiz.Open(token)
		if err != nil {
			return wrongAt(unknownQuestionKind, mistake{Pointer: fmt.Sprintf("/tokens/%d", i), Detail: err.Error()})
		}
		items[i] = it
	}
	return writeExport(c, c.QueryParam("format"), items)
}

// writeExport answers with questions and their keys as a file.
func writeExport(c echo.Context, format string, items []*quiz.Item) error {
	h := c.Response().Header()
	if format == "json" {
		h.Set("Content-Disposition", `attachment; filename="questions.json"`)
		h.Set("Questions-Left-Out", "0")
		return writeJSON(c, http.StatusOK, "application/json", items)
	}
	f, err := export.Write(format, langOf(c), items)
	if err != nil {
		return err
	}
	left, parts := 0, 0
	for _, n := range f.Left {
		left += n
	}
	for _, it := range items {
		parts += len(it.Parts)
	}
	if left == parts {
		return wrongAt(unprocessableKind, mistake{Parameter: "format", Detail: "it cannot carry any of these questions"})
	}
	setLanguage(c)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.Name))
	h.Set("Questions-Left-Out", strconv.Itoa(left))
	return c.Blob(http.StatusOK, f.Media, f.Body)
}
