package api

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/quiz"
)

const maxSeed = 1 << 53 // below it every number survives JavaScript

// askQuestion answers POST /v1/questions.
func (s *Server) askQuestion(c echo.Context) error {
	var in struct {
		Kind string `json:"kind"`
		Seed *int64 `json:"seed"`
		Lang string `json:"lang"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	if in.Seed == nil {
		seed := rand.Int64N(maxSeed)
		in.Seed = &seed
	}
	c.Set(languageKey, cmp.Or(in.Lang, langOf(c)))
	q, err := quiz.Ask(in.Kind, *in.Seed, langOf(c))
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, "application/json", q)
}

// gradeAnswer answers POST /v1/questions/grade.
func (s *Server) gradeAnswer(c echo.Context) error {
	var in struct {
		Token  string `json:"token"`
		Answer string `json:"answer"`
		Lang   string `json:"lang"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	c.Set(languageKey, cmp.Or(in.Lang, langOf(c)))
	g, err := quiz.Mark(in.Token, in.Answer, langOf(c))
	if err != nil {
		return locateAnswer(err)
	}
	return writeJSON(c, http.StatusOK, "application/json", g)
}

// locateAnswer adds to an error of quiz the member of the request that it is about.
func locateAnswer(err error) error {
	switch {
	case errors.Is(err, quiz.ErrToken):
		return wrongAt(unknownQuestionKind, mistake{Pointer: "/token", Detail: err.Error()})
	case errors.Is(err, quiz.ErrAnswer):
		return wrongAt(noChoiceKind, mistake{Pointer: "/answer", Detail: err.Error()})
	}
	return err
}
