package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
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
	return writeExport(c, c.QueryParam("format"), [][]*quiz.Item{items})
}

// exportQuiz answers POST /v1/quizzes/{quiz_id}/export.
func (s *Server) exportQuiz(c echo.Context) error {
	variants, err := strconv.Atoi(cmp.Or(c.QueryParam("variants"), "1"))
	if err != nil {
		return badRequest(mistake{Parameter: "variants", Detail: "it is no number"})
	}
	bank, err := s.Class.Items(c.Request().Context(), c.Param("quiz_id"), bearer(c), variants)
	if err != nil {
		return err
	}
	c.Set(languageKey, cmp.Or(c.QueryParam("lang"), langOf(c)))
	c.Response().Header().Set("Cache-Control", "no-store")
	return writeExport(c, c.QueryParam("format"), bank)
}

// writeExport answers with questions and their keys as a file; each set of the bank has variants of
// one another.
func writeExport(c echo.Context, format string, bank [][]*quiz.Item) error {
	items := slices.Concat(bank...)
	h := c.Response().Header()
	if format == "json" {
		h.Set("Content-Disposition", `attachment; filename="questions.json"`)
		h.Set("Questions-Left-Out", "0")
		return writeJSON(c, http.StatusOK, "application/json", items)
	}
	f, err := export.WriteBank(format, langOf(c), bank)
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
		return wrongAt(unprocessableKind, mistake{Parameter: "format",
			Detail: "it cannot carry any of these questions"})
	}
	setLanguage(c)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.Name))
	h.Set("Questions-Left-Out", strconv.Itoa(left))
	return c.Blob(http.StatusOK, f.Media, f.Body)
}
