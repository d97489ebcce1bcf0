package api

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/api/doc"
	"fourwave/class"
)

// private answers with what only the bearer of a secret may see: no cache keeps it.
func private(c echo.Context, status int, v any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return writeJSON(c, status, "application/json", v)
}

func revisionTag(revision int64) string { return fmt.Sprintf(`"%d"`, revision) }

// createQuiz answers POST /v1/quizzes.
func (s *Server) createQuiz(c echo.Context) error {
	if !s.isTeacher(c) {
		return class.ErrNoSecret
	}
	return s.once(c, func() (int, any, error) {
		var in doc.QuizSettings
		if err := decode(c, &in); err != nil {
			return 0, nil, err
		}
		q, err := s.Class.Create(c.Request().Context(), in)
		if err != nil {
			return 0, nil, err
		}
		s.verifyLater(q)
		c.Response().Header().Set("Location", "/v1/quizzes/"+q.ID)
		c.Response().Header().Set("ETag", revisionTag(1))
		return http.StatusCreated, q, nil
	})
}

// getQuiz answers GET /v1/quizzes/{quiz_id}.
func (s *Server) getQuiz(c echo.Context) error {
	q, revision, err := s.Class.Quiz(c.Request().Context(), c.Param("quiz_id"), bearer(c))
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", revisionTag(revision))
	return private(c, http.StatusOK, q)
}

// changeQuiz answers PATCH /v1/quizzes/{quiz_id}: members that are given replace the quiz's.
func (s *Server) changeQuiz(c echo.Context) error {
	revision, err := ifMatchRevision(c)
	if err != nil {
		return err
	}
	q, revision, err := s.Class.Change(c.Request().Context(), c.Param("quiz_id"), bearer(c), revision,
		func(to *doc.QuizSettings) error {
			var lists struct {
				Slots []doc.Slot `json:"slots"`
				Lang  []string   `json:"lang"`
			}
			if err := json.Unmarshal(bodyOf(c), &lists); err != nil {
				return badRequest(mistake{Detail: "body: " + jsonReason(err)})
			}
			if lists.Slots != nil {
				to.Slots = nil // replaced, not merged element by element
			}
			if lists.Lang != nil {
				to.Lang = nil
			}
			return decode(c, to)
		})
	if err != nil {
		return err
	}
	c.Response().Header().Set("ETag", revisionTag(revision))
	return private(c, http.StatusOK, q)
}

// ifMatchRevision reads If-Match: 0 for none or *.
func ifMatchRevision(c echo.Context) (int64, error) {
	tag := strings.TrimSpace(c.Request().Header.Get("If-Match"))
	if tag == "" || tag == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`), 10, 64)
	if err != nil || n < 1 {
		return 0, class.ErrRevision // no quiz ever had such a tag
	}
	return n, nil
}

// deleteQuiz answers DELETE /v1/quizzes/{quiz_id}.
func (s *Server) deleteQuiz(c echo.Context) error {
	if err := s.Class.Delete(c.Request().Context(), c.Param("quiz_id"), bearer(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// setRoster answers PUT /v1/quizzes/{quiz_id}/roster.
func (s *Server) setRoster(c echo.Context) error {
	roster, err := readRoster(c)
	if err != nil {
		return err
	}
	made, err := s.Class.SetRoster(c.Request().Context(), c.Param("quiz_id"), bearer(c), roster)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, items[doc.RosterStudent]{made})
}

// items is a list as a document.
type items[T any] struct {
	Items []T `json:"items"`
}

// readRoster reads JSON (a list, or {"items": list}) or CSV with a header line.
func readRoster(c echo.Context) ([]doc.RosterStudent, error) {
	if strings.HasPrefix(strings.ToLower(c.Request().Header.Get("Content-Type")), "text/csv") {
		return rosterCSV(bytes.TrimPrefix(bodyOf(c), []byte("\ufeff")))
	}
	if bytes.HasPrefix(bytes.TrimSpace(bodyOf(c)), []byte("[")) {
		var list []doc.RosterStudent
		return list, decode(c, &list)
	}
	var in items[doc.RosterStudent]
	return in.Items, decode(c, &in)
}

func rosterCSV(text []byte) ([]doc.RosterStudent, error) {
	in := csv.NewReader(bytes.NewReader(text))
	head, err := in.Read()
	if err != nil {
		return nil, wrongAt(unprocessableKind, mistake{Line: 1, Detail: "no header line: student,name,extra_time,pin"})
	}
	var out []doc.RosterStudent
	for {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return nil, wrongAt(unprocessableKind, mistake{Line: wrong.Line, Column: wrong.Column,
				Detail: wrong.Err.Error()})
		}
		n, _ := in.FieldPos(0)
		var r doc.RosterStudent
		for i, name := range head {
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "student", "id":
				r.Student = strings.TrimSpace(line[i])
			case "name":
				r.Name = strings.TrimSpace(line[i])
			case "pin":
				r.PIN = strings.TrimSpace(line[i])
			case "extra_time":
				if line[i] == "" {
					continue
				}
				if r.ExtraTime, err = strconv.ParseFloat(strings.TrimSpace(line[i]), 64); err != nil {
					return nil, wrongAt(unprocessableKind, mistake{Line: n,
						Detail: fmt.Sprintf("extra_time %.20q is no number", line[i])})
				}
			default:
				return nil, wrongAt(unprocessableKind, mistake{Line: 1,
					Detail: fmt.Sprintf("unknown column %.40q; known are student, name, extra_time, pin", name)})
			}
		}
		out = append(out, r)
	}
}

// getQuizQuestions answers GET /v1/quizzes/{quiz_id}/questions.
func (s *Server) getQuizQuestions(c echo.Context) error {
	keys, _ := strconv.ParseBool(cmp.Or(c.QueryParam("key"), "0"))
	asked, err := s.Class.Questions(c.Request().Context(), c.Param("quiz_id"), bearer(c), "", langOf(c), keys)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, items[class.Asked]{asked})
}

// getPaper answers GET /v1/quizzes/{quiz_id}/paper: one student's variant, for print.
func (s *Server) getPaper(c echo.Context) error {
	asked, err := s.Class.Questions(c.Request().Context(), c.Param("quiz_id"), bearer(c), c.QueryParam("seed_of"),
		langOf(c), false)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, items[class.Asked]{asked})
}

// listAttempts answers GET /v1/quizzes/{quiz_id}/attempts.
func (s *Server) listAttempts(c echo.Context) error {
	list, err := s.Class.Attempts(c.Request().Context(), c.Param("quiz_id"), bearer(c))
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, items[doc.AttemptSummary]{list})
}

// changeAttempt answers PATCH /v1/quizzes/{quiz_id}/attempts/{attempt_id}.
func (s *Server) changeAttempt(c echo.Context) error {
	var in struct {
		ExtraTime string `json:"extra_time"`
		Reopen    *bool  `json:"reopen"`
		Void      *bool  `json:"void"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	change := class.AttemptChange{Reopen: in.Reopen, Void: in.Void}
	if in.ExtraTime != "" {
		d, err := time.ParseDuration(in.ExtraTime)
		if err != nil || d <= 0 || d > 30*24*time.Hour {
			return &class.FieldError{Pointer: "/extra_time", Detail: "not a duration up to 720h, such as 10m"}
		}
		change.ExtraTime = &d
	}
	a, err := s.Class.ChangeAttempt(c.Request().Context(), c.Param("quiz_id"), bearer(c), c.Param("attempt_id"), change)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, a)
}

// getResults answers GET /v1/quizzes/{quiz_id}/results as JSON, CSV or xAPI statements.
func (s *Server) getResults(c echo.Context) error {
	id := c.Param("quiz_id")
	rows, err := s.Class.Results(c.Request().Context(), id, bearer(c))
	if err != nil {
		return err
	}
	q, _, err := s.Class.Quiz(c.Request().Context(), id, bearer(c))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	accept := c.Request().Header.Get("Accept")
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Add("Vary", "Accept")
	switch {
	case strings.Contains(accept, ndjson) && c.QueryParam("shape") == "":
		if err := class.WriteXAPI(&b, rows, id, baseURL(c), langOf(c)); err != nil {
			return err
		}
		return c.Blob(http.StatusOK, ndjson, b.Bytes())
	case strings.Contains(accept, "text/csv") || c.QueryParam("shape") != "":
		bom, _ := strconv.ParseBool(c.QueryParam("bom"))
		title := cmp.Or(text{q.Title.En, q.Title.Zh}.in(langOf(c)), "fourwave "+q.Code)
		if err := class.WriteCSV(&b, rows, cmp.Or(c.QueryParam("shape"), class.Wide), title, bom); err != nil {
			return err
		}
		c.Response().Header().Set("Content-Disposition", `attachment; filename="results.csv"`)
		return c.Blob(http.StatusOK, "text/csv", b.Bytes())
	}
	return private(c, http.StatusOK, items[class.Row]{rows})
}

// baseURL is how the caller addressed this server.
func baseURL(c echo.Context) string { return c.Scheme() + "://" + c.Request().Host }

// getStatistics answers GET /v1/quizzes/{quiz_id}/statistics.
func (s *Server) getStatistics(c echo.Context) error {
	d, err := s.Class.Statistics(c.Request().Context(), c.Param("quiz_id"), bearer(c))
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, d)
}

// withdrawQuestion answers POST /v1/quizzes/{quiz_id}/questions/{n}/withdrawal.
func (s *Server) withdrawQuestion(c echo.Context) error {
	var in struct {
		Policy string `json:"policy"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	n, _ := strconv.Atoi(c.Param("n"))
	q, err := s.Class.Withdraw(c.Request().Context(), c.Param("quiz_id"), bearer(c), n, in.Policy)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, q)
}

// driveQuiz answers POST /v1/quizzes/{quiz_id}/live.
func (s *Server) driveQuiz(c echo.Context) error {
	var in struct {
		Do       string `json:"do"`
		Question int    `json:"question"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	view, err := s.Class.Live(c.Request().Context(), c.Param("quiz_id"), bearer(c),
		class.Command{Do: in.Do, Question: in.Question})
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, view)
}
