package api

import (
	"cmp"
	"math/rand/v2"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
)

// Quiz asks questions and marks answers.
type Quiz interface {
	// Ask gives the question of a kind and seed, the same each time.
	Ask(kind string, seed int64, lang string) (Question, error)
	// Grade marks an answer to the question that the token stands for.
	Grade(token, answer, lang string) (Grade, error)
}

// Question is a question without its key.
type Question struct {
	Token      string   `json:"token"`
	Kind       string   `json:"kind"`
	Seed       int64    `json:"seed"`
	Text       string   `json:"text"`
	Script     string   `json:"script,omitempty"`
	Choices    []Choice `json:"choices"`
	Experiment string   `json:"experiment,omitempty"`
}

// Choice is one of the answers to choose from.
type Choice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Grade is a marked answer.
type Grade struct {
	Score      float64  `json:"score"`
	Correct    bool     `json:"correct"`
	Right      Choice   `json:"right_answer"`
	Why        *lab.Why `json:"why"`
	Experiment string   `json:"experiment,omitempty"`
}

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
	q, err := s.Quiz.Ask(in.Kind, *in.Seed, langOf(c))
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
	g, err := s.Quiz.Grade(in.Token, in.Answer, langOf(c))
	if err != nil {
		return err
	}
	g.Why = viewWhy(g.Why, langOf(c))
	return writeJSON(c, http.StatusOK, "application/json", g)
}
