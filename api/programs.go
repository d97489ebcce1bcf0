package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"fourwave/lab"
	"fourwave/lab/program"
	"fourwave/lab/script"
)

// getExperimentProgram answers GET /v1/experiments/{experiment_id}/program.
func (s *Server) getExperimentProgram(c echo.Context) error {
	e, ok := lab.FindExperiment(c.Param("experiment_id"))
	if !ok {
		return problem(notFoundKind, fmt.Sprintf("experiment %.100q is not in the library", c.Param("experiment_id")))
	}
	parsed, err := script.Parse(e.Script)
	if err != nil {
		return err
	}
	src := program.Source{Question: e.Question.In(langOf(c)), Origin: e.ID, Steps: parsed.Steps}
	return writeProgram(c, e.ID, src)
}

// getLabProgram answers GET /v1/labs/{lab_id}/program: the lab's script with what its last world
// answered, which is the kernel where that ran too.
func (s *Server) getLabProgram(c echo.Context) error {
	l, err := s.Labs.Get(c.Param("lab_id"))
	if err != nil {
		return err
	}
	snap := l.Snapshot()
	src := program.Source{Question: snap.Question, Origin: snap.Experiment}
	for _, step := range snap.Steps {
		src.Steps = append(src.Steps, *step.Step)
		result := step.Results[snap.Worlds[len(snap.Worlds)-1]].Result
		if result == script.NotRun {
			result = ""
		}
		src.Results = append(src.Results, result)
	}
	name := snap.Experiment
	if name == "" {
		name = "experiment"
	} else if e, ok := lab.FindExperiment(name); ok {
		src.Question = e.Question.In(langOf(c))
	}
	return writeProgram(c, name, src)
}

// writeProgram answers with a source file, under the name that its compiler wants.
func writeProgram(c echo.Context, name string, src program.Source) error {
	l := program.Language(c.QueryParam("language"))
	if l == "" {
		l = program.C
	}
	src.Lang = langOf(c)
	code, err := program.Write(l, src)
	if r := (*program.Refusal)(nil); errors.As(err, &r) {
		return wrongAt(unprocessableKind, mistake{Line: r.Line, Detail: r.Reason.In(langOf(c))})
	} else if err != nil {
		return badRequest(mistake{Parameter: "language", Detail: err.Error()})
	}
	setLanguage(c)
	c.Response().Header().Set("Content-Disposition", mime.FormatMediaType("inline",
		map[string]string{"filename": l.File(name)}))
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(code))
}
