package api

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"fourwave/api/doc"
	"fourwave/quiz"
)

func init() {
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder(ndjson, openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/xml", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/zip", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/csv", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder(pcapng, openapi3filter.FileBodyDecoder)
	for _, media := range []string{"text/html", "text/css", "text/javascript", "text/vnd.mermaid", "text/vnd.graphviz",
		"image/svg+xml", "image/png"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.PlainBodyDecoder)
	}
}

func TestEveryAnswer(t *testing.T) {
	ts := newServer(t, nil)
	seen := make(map[string]bool) // "GET /v1/labs 200 application/json"
	for _, a := range answers {
		c := ts.prepare(t, a.op, a.call)
		got := ts.do(t, c)
		if got.StatusCode != a.status {
			t.Errorf("%s %s: got status %d, want %d; body %.500s", c.method, c.path, got.StatusCode, a.status, got.body)
			continue
		}
		if err := ts.validate(a.op, got); err != nil {
			t.Errorf("%s %s: %d: %v", c.method, c.path, a.status, err)
		}
		see(seen, a.op, got)
	}
	ts.provokeLimits(t, seen)
	ts.readCaptures(t, seen)
	sitQuiz(t, func(op string, c call, status int) reply {
		t.Helper()
		head := c.method
		c = ts.prepare(t, op, c)
		if head != "" {
			c.method = head
		}
		got := ts.do(t, c)
		if got.StatusCode != status {
			t.Errorf("%s %s: got status %d, want %d; body %.500s", c.method, c.path, got.StatusCode, status, got.body)
		} else if err := ts.validate(op, got); err != nil && head == "" {
			t.Errorf("%s: %d: %v", op, status, err)
		}
		see(seen, op, got)
		return got
	})
	for _, want := range documented(ts.contract.doc) {
		if !seen[want] {
			t.Errorf("openapi.yaml documents %s, but no test provokes it", want)
		}
	}
}

// provokeLimits provokes what needs a server that is full or going down.
func (ts *testServer) provokeLimits(t *testing.T, seen map[string]bool) {
	t.Helper()
	expect := func(ts *testServer, op string, c call, status int) {
		t.Helper()
		got := ts.do(t, ts.prepare(t, op, c))
		if got.StatusCode != status {
			t.Errorf("%s: got status %d, want %d; body %.500s", op, got.StatusCode, status, got.body)
		} else if err := ts.validate(op, got); err != nil {
			t.Errorf("%s: %d: %v", op, status, err)
		}
		see(seen, op, got)
	}
	done := ts.makeLab(t, parsed)
	ts.streams.each = 0
	expect(ts, "GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/" + done + "/events"}, 429)
	ts.streams.each = maxStreamsEach
	for range maxTrialRuns {
		ts.trials <- struct{}{}
	}
	expect(ts, "POST /v1/trials", call{body: oneTrial}, 429)
	expect(ts, "GET /v1/matrix", call{path: "/v1/matrix?worlds=model,kernel"}, 429)
	for range maxTrialRuns {
		<-ts.trials
	}
	guarded := newServer(t, guarded)
	form := header("Content-Type", "application/x-www-form-urlencoded")
	expect(guarded, "GET /login", call{path: "/login?lang=zh"}, 200)
	expect(guarded, "GET /login", call{path: "/login", body: "x"}, 400)
	expect(guarded, "POST /login", call{path: "/login", body: "token=" + operatorToken, header: form}, 303)
	expect(guarded, "POST /login", call{path: "/login", body: "token=wrong", header: form}, 401)
	expect(guarded, "POST /login", call{path: "/login", body: "tokem=wrong", header: form}, 400)
	expect(guarded, "POST /login", call{path: "/login", body: "token=" + strings.Repeat("x", maxBody), header: form},
		413)
	expect(guarded, "POST /login", call{path: "/login", body: `{"token": "x"}`}, 415)
	expect(ts, "POST /logout", call{path: "/logout"}, 303)
	expect(ts, "POST /logout", call{path: "/logout", body: "x"}, 400)
	small := newServer(t, func(c *Config) { c.Limits.Running, c.Limits.Kept = 1, 1 })
	small.emptyLab(t)
	expect(small, "POST /v1/labs", call{body: `{"worlds":["model"]}`}, 429)
	small.Close()
	expect(small, "GET /readyz", call{path: "/readyz"}, 503)
}

// prepare fills in the lab, the token and the ETag that a call stands for.
func (ts *testServer) prepare(t *testing.T, op string, c call) call {
	t.Helper()
	method, path, _ := strings.Cut(op, " ")
	c.method = method
	if c.path == "" {
		c.path = path
	}
	if p, live := strings.CutPrefix(c.path, "live:"); live {
		c.path = fmt.Sprintf(p, ts.emptyLab(t))
	} else if strings.Contains(c.path, "%s") {
		c.path = fmt.Sprintf(c.path, ts.makeLab(t, parsed))
	}
	if strings.Contains(c.body, "%q") {
		var q quiz.Question
		ts.do(t, call{method: "POST", path: "/v1/questions", body: `{"kind":"next-state","seed":1}`}).get(t, 200, &q)
		c.body = strings.Replace(c.body, "%q", q.Token, 1)
	}
	if c.header["If-None-Match"] != "" {
		tag := ts.do(t, call{path: c.path}).Header.Get("ETag")
		if tag == "" {
			t.Errorf("GET %s: no ETag", c.path)
		}
		c.header = with(c.header, "If-None-Match", tag)
	}
	return c
}

// see notes which documented answer an answer was.
func see(seen map[string]bool, op string, got reply) {
	media, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if strings.HasPrefix(media, "image/") || strings.HasPrefix(op, "GET /static") && got.StatusCode == 200 {
		media = "file"
	}
	seen[fmt.Sprintf("%s %d %s", op, got.StatusCode, media)] = true
}

// documented lists every status of every operation with each of its media types; of the page's
// files, of which there are many types, one is enough.
func documented(doc *openapi3.T) []string {
	var all []string
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, resp := range op.Responses.Map() {
				if status == "default" || status == "4XX" {
					continue // of what may go wrong, that which has a status of its own is provoked
				}
				types := slices.Collect(maps.Keys(resp.Value.Content))
				if len(types) == 0 {
					types = []string{""}
				}
				if status == "200" && (path == "/static/{file}" || path == "/favicon.ico") {
					types = []string{"file"}
				}
				for _, media := range types {
					all = append(all, fmt.Sprintf("%s %s %s %s", method, path, status, media))
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// validate holds an answer against the contract.
func (ts *testServer) validate(op string, got reply) error {
	method, path, _ := strings.Cut(op, " ")
	route, err := ts.contract.route(method, path)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(got.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: got.Request, Route: route},
		Status:                 got.StatusCode, Header: got.Header, Body: io.NopCloser(bytes.NewReader(got.body)),
		Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	})
}

// closeSchemas closes every object of the contract that does not say whether it is open, so that
// an answer with a member that is not documented does not pass.
func closeSchemas(doc *openapi3.T) {
	closed := false
	for _, ref := range doc.Components.Schemas {
		s := ref.Value
		if s.Type.Is("object") && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = &closed
		}
	}
}

func TestAnyCallMayBeRefused(t *testing.T) {
	failing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no page today") })
	ts := newServer(t, func(c *Config) { c.Page = failing })
	for _, test := range []struct {
		op     string
		call   call
		status int
		slug   string
	}{
		{"POST /v1/labs", call{body: "{}", header: header("Sec-Fetch-Site", "cross-site")}, 403, "cross-site"},
		{"POST /v1/labs", call{body: "{}", header: header("Origin", "http://elsewhere.example")}, 403, "cross-site"},
		{"GET /healthz", call{header: header("Host", "elsewhere.example")}, 421, "misdirected"},
		{"GET /favicon.ico", call{}, 500, "internal"},
	} {
		got := ts.do(t, ts.prepare(t, test.op, test.call))
		var p doc.Problem
		got.get(t, test.status, &p)
		if want := "/problems/" + test.slug; p.Type != want {
			t.Errorf("%s: got type %s, want %s", test.op, p.Type, want)
		}
		if err := ts.validate(test.op, got); err != nil {
			t.Errorf("%s: %v", test.op, err)
		}
		if strings.Contains(string(got.body), "no page today") {
			t.Errorf("%s: the cause of a 500 was told to the caller: %s", test.op, got.body)
		}
	}
	if !strings.Contains(ts.logs.String(), "no page today") {
		t.Errorf("the cause of a 500 is not in the log: %s", ts.logs)
	}
}

func TestRoutesArePaths(t *testing.T) {
	ts := newServer(t, nil)
	routes := make(map[string]bool)
	for _, r := range ts.echo.Routes() {
		routes[r.Method+" "+r.Path] = true
	}
	for path, item := range ts.contract.doc.Paths.Map() {
		for method := range item.Operations() {
			key := method + " " + echoPath(path)
			if !routes[key] {
				t.Errorf("openapi.yaml has %s, but no route is there", key)
			}
			if head := "HEAD " + echoPath(path); method == http.MethodGet && !routes[head] {
				t.Errorf("GET %s has no HEAD beside it", path)
			}
			delete(routes, key)
		}
		delete(routes, "HEAD "+echoPath(path))
	}
	for key := range routes {
		t.Errorf("a route %s is there, but openapi.yaml does not have it", key)
	}
}
