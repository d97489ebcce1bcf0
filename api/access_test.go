package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"fourwave/store"
)

const operatorToken = "fwo_a-token-of-the-tests"

func guarded(c *Config) { c.Token = operatorToken }

// logIn gets a session as a browser does, and gives the header that carries it.
func (ts *testServer) logIn(t *testing.T) map[string]string {
	t.Helper()
	jar := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := jar.PostForm(ts.http.URL+"/login", url.Values{"token": {operatorToken}})
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.StatusCode != http.StatusSeeOther || len(a.Cookies()) != 1 {
		t.Fatalf("logging in: %s, %d cookies", a.Status, len(a.Cookies()))
	}
	c := a.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("the session's cookie can be read by a script or sent from elsewhere: %v", c)
	}
	return header("Cookie", c.Name+"="+c.Value)
}

// TestNobodyGetsIn asks for every call of the contract without a token, with wrong ones and with
// sessions that the server has not given out: nothing is answered but what is free.
func TestNobodyGetsIn(t *testing.T) {
	ts := newServer(t, guarded)
	forged := (&Server{Config: Config{Token: "another token"}}).newSession(time.Now())
	old := ts.newSession(time.Now().Add(-sessionTime - time.Second))
	mine := ts.newSession(time.Now())
	callers := []map[string]string{
		nil,
		header("Authorization", "Bearer fwo_wrong"),
		header("Authorization", "Bearer "+operatorToken[:len(operatorToken)-1]),
		header("Authorization", "Basic "+operatorToken),
		header("Authorization", "Bearer fwt_of-no-quiz"),
		header("Authorization", "Bearer fws_of-no-attempt"),
		header("Cookie", sessionCookie+"="+forged),
		header("Cookie", sessionCookie+"="+old),
		header("Cookie", sessionCookie+"="+mine[:len(mine)-2]+"AA"),
		header("Cookie", sessionCookie+"="+operatorToken),
	}
	free := map[string]bool{
		"/": true, "/login": true, "/experiments/{experiment_id}": true, "/docs": true, "/docs/{file}": true,
		"/guide/{name}": true,
		"/openapi.yaml": true, "/problems/{slug}": true, "/healthz": true, "/readyz": true, "/static/{file}": true,
		"/favicon.ico": true,
	}
	asked := 0
	for _, r := range ts.routes() {
		if free[r.path] {
			continue
		}
		for _, h := range callers {
			path := pathParameter.ReplaceAllString(r.path, "1")
			answer := ts.do(t, call{method: r.method, path: path, header: h})
			asked++
			ofClass := strings.HasPrefix(r.path, "/v1/quizzes/") || strings.HasPrefix(r.path, "/v1/attempts/")
			switch {
			case answer.StatusCode == http.StatusUnauthorized:
			case ofClass && answer.StatusCode >= 400 && answer.StatusCode < 500: // class knows the secret or not
			default:
				t.Errorf("%s %s with %v: %s", r.method, path, h, answer.Status)
			}
		}
	}
	if asked < 300 {
		t.Errorf("only %d requests were made", asked)
	}
	ts.do(t, call{path: "/v1/labs", header: header("Authorization", "Bearer "+operatorToken)}).get(t, 200, nil)
	ts.do(t, call{path: "/v1/labs", header: header("Cookie", sessionCookie+"="+mine)}).get(t, 200, nil)
}

// TestWhatIsFree: the page's files, the texts and a student's way in need no token.
func TestWhatIsFree(t *testing.T) {
	ts := newServer(t, guarded)
	for _, path := range []string{"/", "/login", "/healthz", "/readyz", "/docs", "/openapi.yaml", "/static/favicon.svg",
		"/experiments/plain-restart", "/problems/login"} {
		if a := ts.do(t, call{path: path}); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	var p struct{ Type string }
	ts.do(t, call{path: "/static/%2e%2e/v1/labs"}).get(t, 404, nil)
	ts.do(t, call{path: "/v1/labs"}).get(t, 401, &p)
	if p.Type != "/problems/login" {
		t.Errorf("got type %q", p.Type)
	}
	operator := header("Authorization", "Bearer "+operatorToken)
	var quiz struct{ Code string }
	ts.do(t, call{method: "POST", path: "/v1/quizzes", header: operator,
		body: aQuiz}).get(t, 201, &quiz)
	var attempt struct{ ID, Secret string }
	ts.do(t, call{method: "POST", path: "/v1/quizzes/" + quiz.Code + "/attempts", body: `{"student": "s-17"}`}).get(t,
		201, &attempt)
	ts.do(t, call{path: "/v1/attempts/" + attempt.ID, header: header("Authorization", "Bearer "+attempt.Secret)}).get(t,
		200, nil)
	ts.do(t, call{path: "/v1/labs", header: header("Authorization", "Bearer "+attempt.Secret)}).get(t, 401, nil)
}

// TestEachLoginOwnsWhatItMakes: of another session's lab one hears nothing, in any call; the token
// itself sees all.
func TestEachLoginOwnsWhatItMakes(t *testing.T) {
	ts := newServer(t, guarded)
	ann, bob := ts.logIn(t), ts.logIn(t)
	with := func(h map[string]string, c call) reply { c.header = h; return ts.do(t, c) }
	var l struct{ ID string }
	made := call{method: "POST", path: "/v1/labs", body: `{"experiment": "orderly-close", "worlds": ["model"]}`}
	with(ann, made).get(t, 201, &l)
	at := "/v1/labs/" + l.ID
	unknown := "/v1/labs/00000000-0000-7000-8000-000000000000"
	for _, c := range []call{
		{path: at}, {path: at + "/trace"}, {path: at + "/events", header: header("Accept", "application/json")},
		{method: "DELETE", path: at},
		{method: "POST", path: at + "/steps", body: `{"script": "+0 server sockets"}`},
		{method: "POST", path: at + "/forks", body: `{"at_step": 1}`},
	} {
		theirs := with(bob, c)
		none := c
		none.path = strings.Replace(c.path, at, unknown, 1)
		other := with(bob, none)
		hidden := strings.ReplaceAll(string(theirs.body), l.ID, "ID")
		absent := strings.ReplaceAll(string(other.body), "00000000-0000-7000-8000-000000000000", "ID")
		if theirs.StatusCode != http.StatusNotFound || hidden != absent {
			t.Errorf("%s %s: %s %s; of no lab %s", c.method, c.path, theirs.Status, hidden, absent)
		}
	}
	count := func(h map[string]string) int {
		var page struct{ Items []struct{ ID string } }
		with(h, call{path: "/v1/labs"}).get(t, 200, &page)
		return len(page.Items)
	}
	if a, b, all := count(ann), count(bob), count(header("Authorization", "Bearer "+operatorToken)); a != 1 || b != 0 ||
		all != 1 {
		t.Errorf("Ann sees %d labs, Bob %d, the operator %d", a, b, all)
	}
	with(ann, call{path: at}).get(t, 200, nil)
	with(ann, call{method: "POST", path: at + "/forks", body: `{"at_step": 1}`}).get(t, 201, nil)
	if n := count(ann); n != 2 {
		t.Errorf("Ann sees %d labs, want her own and its fork", n)
	}

	keyed := func(h map[string]string) string {
		c := made
		c.header = map[string]string{"Cookie": h["Cookie"], "Idempotency-Key": "one"}
		var l struct{ ID string }
		ts.do(t, c).get(t, 201, &l)
		return l.ID
	}
	if keyed(ann) == keyed(bob) {
		t.Error("one login's key gives another's lab")
	}
}

func TestSchemeCountsInTheOrigin(t *testing.T) {
	ts := newServer(t, nil)
	post := func(origin string) int {
		return ts.do(t, call{method: "POST", path: "/v1/labs", body: `{"worlds": ["model"]}`,
			header: header("Origin", origin)}).StatusCode
	}
	https := strings.Replace(ts.http.URL, "http:", "https:", 1)
	if got := post(https); got != http.StatusForbidden {
		t.Errorf("a page of %s: status %d", https, got)
	}
	if got := post(ts.http.URL); got != http.StatusCreated {
		t.Errorf("the server's own page: status %d", got)
	}
}

// TestCommandLinesOfOthers: who may not see a process's command line hears its name, as ss tells
// it.
func TestCommandLinesOfOthers(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/v1/ports/1", nil)
	r.RemoteAddr = "192.0.2.7:1234"
	c := echo.New().NewContext(r, httptest.NewRecorder())
	if may := mayTell(c); may(0) || may(os.Getuid()) {
		t.Error("somebody elsewhere may see command lines")
	}
	c.Set(loginKey, login{operator: true})
	if !mayTell(c)(0) {
		t.Error("the operator may not see them")
	}
}

// brokenStore keeps nothing.
type brokenStore struct{ Store }

func (brokenStore) Update(context.Context, func(store.Tx) error) error { return store.ErrUnavailable }
func (brokenStore) Check(context.Context) error                        { return errors.New("disk full") }

// TestFailuresHaveAnID: the answer's request id finds the line in the log.
func TestFailuresHaveAnID(t *testing.T) {
	ts := newServer(t, func(c *Config) { c.HideMetrics = true })
	ts.Store = brokenStore{ts.Store}
	a := ts.do(t, call{method: "POST", path: "/v1/labs", body: `{"worlds": ["model"]}`,
		header: header("Idempotency-Key", "k")})
	id := a.Header.Get("X-Request-Id")
	if a.StatusCode != http.StatusServiceUnavailable || id == "" || !strings.Contains(ts.logs.String(), "request="+id) {
		t.Errorf("%s with id %q; the log:\n%s", a.Status, id, ts.logs)
	}
	ts.do(t, call{path: "/metrics"}).get(t, 404, nil)
	ts.do(t, call{path: "/readyz"}).get(t, 503, nil)
	ts.do(t, call{path: "/healthz"}).get(t, 200, nil)
}

// TestMetricsTellOfLabs: what labs come to is counted by world, outcome and verdict.
func TestMetricsTellOfLabs(t *testing.T) {
	ts := newServer(t, nil)
	ts.do(t, call{method: "POST", path: "/v1/labs",
		body:   `{"experiment": "orderly-close", "worlds": ["model", "model:rfc9293"]}`,
		header: header("Prefer", "wait=10")}).get(t, 201, nil)
	want := `fourwave_lab_worlds_total{world="model",outcome="done"} 1`
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		text := string(ts.do(t, call{path: "/metrics"}).body)
		if strings.Contains(text, want) && strings.Contains(text, `fourwave_lab_steps_total{verdict="agree"}`) &&
			strings.Contains(text, "fourwave_labs 1") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics have no %s:\n%s", want, text)
		}
	}
}

// TestMetricsTellOfTwins: a lab that shares what another one came to is counted like that one.
func TestMetricsTellOfTwins(t *testing.T) {
	ts := newServer(t, nil)
	for range 3 {
		ts.do(t, call{method: "POST", path: "/v1/labs", body: `{"experiment": "orderly-close", "worlds": ["model"]}`,
			header: header("Prefer", "wait=10")}).get(t, 201, nil)
	}
	want := `fourwave_lab_worlds_total{world="model",outcome="done"} 3`
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		text := string(ts.do(t, call{path: "/metrics"}).body)
		if strings.Contains(text, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics have no %s:\n%s", want, text)
		}
	}
}
