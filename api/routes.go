package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// How long a request may take, all in all.
const (
	soon    = 10 * time.Second
	waiting = maxWait + soon // of calls that know Prefer: wait
	endless = 0              // of event streams, which have a limit for each write instead
)

// route is one call of the contract. Path is spelled as there.
type route struct {
	method  string
	path    string
	timeout time.Duration
	handle  echo.HandlerFunc
}

// routes lists all calls in the order of openapi.yaml.
func (s *Server) routes() []route {
	return []route{
		{http.MethodGet, "/v1/capabilities", soon, s.getCapabilities},
		{http.MethodGet, "/v1/machine", soon, s.getMachine},
		{http.MethodPost, "/v1/machine/step", soon, s.stepMachine},
		{http.MethodGet, "/v1/experiments", soon, s.listExperiments},
		{http.MethodGet, "/v1/experiments/{experiment_id}", soon, s.getExperiment},
		{http.MethodGet, "/v1/experiments/{experiment_id}/program", soon, s.getExperimentProgram},
		{http.MethodGet, "/v1/differences", soon, s.listDifferences},
		{http.MethodGet, "/v1/differences/{difference_id}", soon, s.getDifference},
		{http.MethodPost, "/v1/labs", waiting, s.createLab},
		{http.MethodGet, "/v1/labs", soon, s.listLabs},
		{http.MethodGet, "/v1/labs/{lab_id}", soon, s.getLab},
		{http.MethodDelete, "/v1/labs/{lab_id}", soon, s.deleteLab},
		{http.MethodPost, "/v1/labs/{lab_id}/steps", waiting, s.appendSteps},
		{http.MethodGet, "/v1/labs/{lab_id}/trace", soon, s.getTrace},
		{http.MethodGet, "/v1/labs/{lab_id}/program", soon, s.getLabProgram},
		{http.MethodGet, "/v1/labs/{lab_id}/events", endless, s.followLab},
		{http.MethodPost, "/v1/labs/{lab_id}/forks", waiting, s.forkLab},
		{http.MethodPost, "/v1/reuse-checks", soon, s.checkReuse},
		{http.MethodPost, "/v1/populations", soon, s.countPopulation},
		{http.MethodPost, "/v1/trials", waiting, s.makeTrials},
		{http.MethodGet, "/v1/matrix", waiting, s.getMatrix},
		{http.MethodGet, "/v1/question-kinds", soon, s.listQuestionKinds},
		{http.MethodPost, "/v1/questions", soon, s.askQuestion},
		{http.MethodPost, "/v1/questions/grade", soon, s.gradeAnswer},
		{http.MethodPost, "/v1/questions/hints", soon, s.giveHint},
		{http.MethodPost, "/v1/questions/export", soon, s.exportQuestions},
		{http.MethodPost, "/v1/quizzes", soon, s.createQuiz},
		{http.MethodGet, "/v1/quizzes/{quiz_id}", soon, s.getQuiz},
		{http.MethodPatch, "/v1/quizzes/{quiz_id}", soon, s.changeQuiz},
		{http.MethodDelete, "/v1/quizzes/{quiz_id}", soon, s.deleteQuiz},
		{http.MethodPut, "/v1/quizzes/{quiz_id}/roster", soon, s.setRoster},
		{http.MethodGet, "/v1/quizzes/{quiz_id}/questions", soon, s.getQuizQuestions},
		{http.MethodGet, "/v1/quizzes/{quiz_id}/paper", soon, s.getPaper},
		{http.MethodPost, "/v1/quizzes/{quiz_id}/export", soon, s.exportQuiz},
		{http.MethodPost, "/v1/quizzes/{quiz_id}/questions/{n}/withdrawal", soon, s.withdrawQuestion},
		{http.MethodPost, "/v1/quizzes/{quiz_id}/attempts", waiting, s.joinQuiz},
		{http.MethodGet, "/v1/quizzes/{quiz_id}/attempts", soon, s.listAttempts},
		{http.MethodPatch, "/v1/quizzes/{quiz_id}/attempts/{attempt_id}", soon, s.changeAttempt},
		{http.MethodGet, "/v1/quizzes/{quiz_id}/results", soon, s.getResults},
		{http.MethodGet, "/v1/quizzes/{quiz_id}/statistics", soon, s.getStatistics},
		{http.MethodGet, "/v1/quizzes/{quiz_id}/events", endless, s.followQuiz},
		{http.MethodPost, "/v1/quizzes/{quiz_id}/live", soon, s.driveQuiz},
		{http.MethodGet, "/v1/attempts/{attempt_id}", soon, s.getAttempt},
		{http.MethodPut, "/v1/attempts/{attempt_id}/answers/{n}", soon, s.saveAnswer},
		{http.MethodPost, "/v1/attempts/{attempt_id}/answers/{n}/hints", soon, s.takeHint},
		{http.MethodPut, "/v1/attempts/{attempt_id}/submission", soon, s.submitAttempt},
		{http.MethodGet, "/v1/attempts/{attempt_id}/result", soon, s.getAttemptResult},
		{http.MethodGet, "/v1/ports", soon, s.listPorts},
		{http.MethodGet, "/v1/ports/{port}", soon, s.getPort},
		{http.MethodPost, "/v1/tables", soon, s.readTable},
		{http.MethodPost, "/v1/captures", waiting, s.readCapture},
		{http.MethodGet, "/v1/captures/{capture_id}", soon, s.getCapture},
		{http.MethodGet, "/v1/captures/{capture_id}/connections/{n}/trace", soon, s.getCaptureTrace},
		{http.MethodGet, "/healthz", soon, s.getHealth},
		{http.MethodGet, "/readyz", soon, s.getReadiness},
		{http.MethodGet, "/metrics", soon, s.getMetrics},
		{http.MethodGet, "/openapi.yaml", soon, s.getContract},
		{http.MethodGet, "/docs", soon, s.getReader},
		{http.MethodGet, "/docs/{file}", soon, s.getReaderFile},
		{http.MethodGet, "/problems/{slug}", soon, s.getProblem},
		{http.MethodGet, "/", soon, s.getFirstPage},
		{http.MethodGet, "/login", soon, s.getLogin},
		{http.MethodPost, "/login", soon, s.logIn},
		{http.MethodPost, "/logout", soon, s.logOut},
		{http.MethodGet, "/experiments/{experiment_id}", soon, s.getPlainExperiment},
		{http.MethodGet, "/guide/{name}", soon, s.getGuide},
		{http.MethodGet, "/favicon.ico", soon, s.getPage},
		{http.MethodGet, "/static/{file}", soon, s.getPage},
	}
}

// addRoutes hands the routes to echo, each behind its part of the contract. HEAD is there
// wherever GET is; net/http leaves the body out.
func (s *Server) addRoutes() error {
	for _, r := range s.routes() {
		op, err := s.contract.route(r.method, r.path)
		if err != nil {
			return err
		}
		steps := []echo.MiddlewareFunc{s.hold(op)}
		if r.timeout != endless {
			steps = slices.Insert(steps, 0, middleware.ContextTimeout(r.timeout))
		}
		s.echo.Add(r.method, echoPath(r.path), r.handle, steps...)
		if r.method == http.MethodGet {
			s.echo.Add(http.MethodHead, echoPath(r.path), r.handle, steps...)
		}
	}
	if got, want := len(s.routes()), s.contract.operations(); got != want {
		return fmt.Errorf("api: %d routes, but openapi.yaml has %d operations", got, want)
	}
	return nil
}

var pathParameter = regexp.MustCompile(`\{([a-z_]+)\}`)

// echoPath spells a path of the contract as echo does. A file's name under /static/ may have
// slashes.
func echoPath(path string) string {
	if path == "/static/{file}" {
		return "/static/*"
	}
	return pathParameter.ReplaceAllString(path, ":$1")
}
