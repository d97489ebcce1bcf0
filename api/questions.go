package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/quiz"
)

const maxSeed = 1 << 53 // below it every number survives JavaScript

// listQuestionKinds answers GET /v1/question-kinds.
func (s *Server) listQuestionKinds(c echo.Context) error {
	return answer(c, http.StatusOK, map[string]any{"items": quiz.List()})
}

// questionWish is what kind of question is asked for.
type questionWish struct{ doc.QuestionRequest }

// askQuestion answers POST /v1/questions.
func (s *Server) askQuestion(c echo.Context) error {
	var in questionWish
	if err := decode(c, &in.QuestionRequest); err != nil {
		return err
	}
	if in.Seed == nil {
		seed := rand.Int64N(maxSeed)
		in.Seed = &seed
	}
	c.Set(languageKey, cmp.Or(in.Lang, langOf(c)))
	if in.Count == 0 && in.Kind != "" {
		q, err := in.one(langOf(c))
		if err != nil {
			return locateWish(err)
		}
		return writeJSON(c, http.StatusOK, "application/json", q)
	}
	items, err := quiz.Draw(quiz.Wish{Kind: in.Kind, Topics: in.Topics, Level: max(in.Level, 1),
		Count: max(in.Count, 1), Seed: *in.Seed})
	if err != nil {
		return locateWish(err)
	}
	return in.write(c, items)
}

// one is the question of the kind and seed: of the kind's first version if no level is asked for
// and it has one.
func (in *questionWish) one(lang string) (any, error) {
	if in.Level == 0 && (in.Kind == quiz.NextState || in.Kind == quiz.WillItBind) {
		return quiz.Ask(in.Kind, *in.Seed, lang)
	}
	it, err := quiz.New(in.Kind, *in.Seed, max(in.Level, 1))
	if err != nil {
		return nil, err
	}
	return it.Ask(lang, in.Stimulus), nil
}

// write answers with questions: one, a list, or one a line.
func (in *questionWish) write(c echo.Context, items []*quiz.Item) error {
	asked := make([]quiz.Asked, len(items))
	for i, it := range items {
		asked[i] = it.Ask(langOf(c), in.Stimulus)
	}
	c.Response().Header().Add("Vary", "Accept")
	switch {
	case in.Count == 0:
		return writeJSON(c, http.StatusOK, "application/json", asked[0])
	case !wantsLines(c):
		return writeJSON(c, http.StatusOK, "application/json", asked)
	}
	var lines []byte
	for _, q := range asked {
		line, err := encode(q)
		if err != nil {
			return err
		}
		lines = append(lines, line...)
	}
	setLanguage(c)
	return c.Blob(http.StatusOK, ndjson, lines)
}

// locateWish adds to an error of quiz the member of the request that it is about.
func locateWish(err error) error {
	if errors.Is(err, quiz.ErrKind) {
		return wrongAt(unprocessableKind, mistake{Pointer: "/kind", Detail: err.Error()})
	}
	return err
}

// gradeAnswer answers POST /v1/questions/grade.
func (s *Server) gradeAnswer(c echo.Context) error {
	var in doc.GradeRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	c.Set(languageKey, cmp.Or(in.Lang, langOf(c)))
	it, err := quiz.Open(in.Token)
	if err != nil {
		return locateAnswer(err, langOf(c))
	}
	var a quiz.Answer
	if err := json.Unmarshal(in.Answer, &a); err != nil {
		return wrongAt(noChoiceKind, mistake{Pointer: "/answer", Detail: err.Error()})
	}
	g, err := it.Mark(a, langOf(c))
	if err != nil {
		return locateAnswer(err, langOf(c))
	}
	return writeJSON(c, http.StatusOK, "application/json", g)
}

// locateAnswer adds to an error of quiz the member of the request that it is about.
func locateAnswer(err error, lang string) error {
	unread := (*quiz.UnreadableError)(nil)
	switch {
	case errors.Is(err, quiz.ErrToken):
		return wrongAt(unknownQuestionKind, mistake{Pointer: "/token", Detail: err.Error()})
	case errors.As(err, &unread):
		return wrongAt(noChoiceKind, mistake{Pointer: "/answer" + unread.Pointer, Detail: unread.Detail.In(lang)})
	}
	return err
}

// giveHint answers POST /v1/questions/hints.
func (s *Server) giveHint(c echo.Context) error {
	var in doc.HintRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	c.Set(languageKey, cmp.Or(in.Lang, langOf(c)))
	it, err := quiz.Open(in.Token)
	if err != nil {
		return locateAnswer(err, langOf(c))
	}
	n := max(in.N, 1)
	if n > len(it.Hints) {
		return wrongAt(unprocessableKind, mistake{Pointer: "/n", Detail: "the question has no more hints"})
	}
	return writeJSON(c, http.StatusOK, "application/json", doc.QuestionHint{N: n, Of: len(it.Hints),
		Text: it.Hints[n-1].In(langOf(c))})
}
