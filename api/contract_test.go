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

	"fourwave/quiz"
)

func init() {
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder(ndjson, openapi3filter.PlainBodyDecoder)
	for _, media := range []string{"text/html", "text/css", "text/javascript", "text/vnd.mermaid", "text/vnd.graphviz", "image/svg+xml", "image/png"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.PlainBodyDecoder)
	}
}

const script = `# Who stays in TIME-WAIT?
+0  server  bind l :7865            = ok
+0  server  listen l                = ok
+0  client  connect c server:7865   = ok
+0  server  accept l as a           = ok
+0  server  close a                 = ok
+0  client  close c                 = ok
+0  server  state a                 = TIME-WAIT
+0  server  bind l2 :7865           = EADDRINUSE
+0  server  sockets
`

const oneTrial = `{"existing":[{"state":"TIME-WAIT","addr":"0.0.0.0","reuseaddr":true}],"new":{"addr":"127.0.0.1","reuseaddr":true,"listen":true},"worlds":["model"]}`

// answers provokes every answer that openapi.yaml documents: by operation, what to send for which
// status. %s in a path is a lab: one that is done, or, after "live:", one that takes steps.
var answers = []struct {
	op     string // method and path as the contract spells it
	call   call
	status int
}{
	{"GET /v1/capabilities", call{path: "/v1/capabilities"}, 200},
	{"GET /v1/capabilities", call{path: "/v1/capabilities?x=1"}, 400},

	{"GET /v1/machine", call{path: "/v1/machine"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine?profile=linux"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine?format=mermaid"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine?format=dot"}, 200},
	{"GET /v1/machine", call{path: "/v1/machine", header: ifNoneMatch}, 304},
	{"GET /v1/machine", call{path: "/v1/machine?format=svg"}, 400},

	{"POST /v1/machine/step", call{body: `{"state":"FIN-WAIT-1","event":"rcv FIN"}`}, 200},
	{"POST /v1/machine/step", call{body: `{"state":"TIME-WAIT","event":"rcv ACK","profile":"linux"}`}, 200},
	{"POST /v1/machine/step", call{body: `{"state":"FIN-WAIT-3","event":"rcv FIN"}`}, 400},
	{"POST /v1/machine/step", call{body: `{"state":"CLOSED","event":"2MSL timeout"}`}, 409},
	{"POST /v1/machine/step", call{body: large}, 413},
	{"POST /v1/machine/step", call{body: "state", header: plain}, 415},

	{"GET /v1/experiments", call{path: "/v1/experiments"}, 200},
	{"GET /v1/experiments", call{path: "/v1/experiments", header: ifNoneMatch}, 304},
	{"GET /v1/experiments", call{path: "/v1/experiments?tag=x"}, 400},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/plain-restart"}, 200},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/plain-restart", header: ifNoneMatch}, 304},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/plain-restart?x="}, 400},
	{"GET /v1/experiments/{experiment_id}", call{path: "/v1/experiments/no-such"}, 404},

	{"POST /v1/labs", call{body: `{"script":"+0 server bind l :7865 = ok","worlds":["model"]}`}, 201},
	{"POST /v1/labs", call{body: `{"experiment":"plain-restart","worlds":["model"],"live":true}`}, 201},
	{"POST /v1/labs", call{path: "/v1/labs?worlds=model,model:rfc9293", body: script, header: with(plain, "Prefer", "wait=30")}, 201},
	{"POST /v1/labs", call{body: `{"script":1}`}, 400},
	{"POST /v1/labs", call{body: large}, 413},
	{"POST /v1/labs", call{body: "<script/>", header: header("Content-Type", "application/xml")}, 415},
	{"POST /v1/labs", call{body: `{"script":"+0 server bnid l :7865","worlds":["model"]}`}, 422},

	{"GET /v1/labs", call{path: "/v1/labs?page_size=1"}, 200},
	{"GET /v1/labs", call{path: "/v1/labs?page_size=0"}, 400},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/%s"}, 200},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/%s", header: ifNoneMatch}, 304},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/%s?x=1"}, 400},
	{"GET /v1/labs/{lab_id}", call{path: "/v1/labs/no-such"}, 404},
	{"DELETE /v1/labs/{lab_id}", call{path: "/v1/labs/%s?x=1"}, 400},
	{"DELETE /v1/labs/{lab_id}", call{path: "/v1/labs/no-such"}, 404},
	{"DELETE /v1/labs/{lab_id}", call{path: "live:/v1/labs/%s"}, 204},
	{"DELETE /v1/labs/{lab_id}", call{path: "live:/v1/labs/%s", header: header("If-Match", `"x"`)}, 412},

	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: script, header: with(plain, "Prefer", "wait=30")}, 201},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: `{}`}, 400},
	{"POST /v1/labs/{lab_id}/steps", call{path: "/v1/labs/no-such/steps", body: `{"script":"+0 server exit"}`}, 404},
	{"POST /v1/labs/{lab_id}/steps", call{path: "/v1/labs/%s/steps", body: `{"script":"+0 server exit"}`}, 409},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: `{"script":"+0 server exit"}`, header: header("If-Match", `"x"`)}, 412},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: large}, 413},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: "x", header: header("Content-Type", "text/html")}, 415},
	{"POST /v1/labs/{lab_id}/steps", call{path: "live:/v1/labs/%s/steps", body: `{"script":"+0 server exti"}`}, 422},

	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?world=model"}, 200},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?format=text"}, 200},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?format=pdf"}, 400},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/no-such/trace"}, 404},
	{"GET /v1/labs/{lab_id}/trace", call{path: "/v1/labs/%s/trace?world=kernel"}, 422},

	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events"}, 200},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events?after=0"}, 200},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events", header: header("Last-Event-ID", "2000000000")}, 204},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/%s/events", header: header("Last-Event-ID", "soon")}, 400},
	{"GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/no-such/events"}, 404},

	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: `{"at_step":3}`}, 201},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: `{}`}, 400},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/no-such/forks", body: `{"at_step":3}`}, 404},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: large}, 413},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: "3", header: plain}, 415},
	{"POST /v1/labs/{lab_id}/forks", call{path: "/v1/labs/%s/forks", body: `{"at_step":300}`}, 422},

	{"POST /v1/reuse-checks", call{body: `{"profile":"linux","sockets":[{"tuple":"tcp 10.0.0.1:7865 10.0.0.2:40000","state":"TIME-WAIT","reuseaddr":true,"age":"12s","last_ts":1000,"rcv_nxt":5000}],"candidate":{"op":"connect","tuple":"tcp 10.0.0.1:7865 10.0.0.2:40000"}}`}, 200},
	{"POST /v1/reuse-checks", call{body: `{"sockets":[{"tuple":"tcp 10.0.0.1:7865 10.0.0.2:40000","state":"TIME-WAIT"}],"candidate":{"op":"bind","tuple":"tcp 0.0.0.0:7865","reuseaddr":true}}`}, 200},
	{"POST /v1/reuse-checks", call{body: `{"sockets":[]}`}, 400},
	{"POST /v1/reuse-checks", call{body: large}, 413},
	{"POST /v1/reuse-checks", call{body: "tcp", header: plain}, 415},
	{"POST /v1/reuse-checks", call{body: `{"sockets":[{"tuple":"tcp 10.0.0.1:7865","state":"TIME-WAIT"}],"candidate":{"op":"bind","tuple":"tcp 0.0.0.0:7865"}}`}, 422},

	{"POST /v1/trials", call{body: oneTrial}, 200},
	{"POST /v1/trials", call{body: "[" + oneTrial + "," + oneTrial + "]"}, 200},
	{"POST /v1/trials", call{body: "[" + oneTrial + "]", header: header("Accept", ndjson)}, 200},
	{"POST /v1/trials", call{body: `[{"new":{}}]`}, 400},
	{"POST /v1/trials", call{body: "[" + strings.Repeat(" ", 16<<20) + "]"}, 413},
	{"POST /v1/trials", call{body: "trial", header: plain}, 415},
	{"POST /v1/trials", call{body: `[{"existing":[{"state":"LISTEN","role":"connected","addr":"::"}],"new":{"addr":"::"}}]`}, 422},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=LISTEN&worlds=model,model:freebsd"}, 200},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=FIN-WAIT-2&role=autobound&listen=false", header: header("Accept", ndjson)}, 200},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=OPEN"}, 400},
	{"GET /v1/matrix", call{path: "/v1/matrix?existing=LISTEN&role=autobound"}, 422},

	{"POST /v1/questions", call{body: `{"kind":"next-state","seed":7,"lang":"zh"}`}, 200},
	{"POST /v1/questions", call{body: `{"kind":"will-it-bind"}`}, 200},
	{"POST /v1/questions", call{body: `{"kind":"riddle"}`}, 400},
	{"POST /v1/questions", call{body: large}, 413},
	{"POST /v1/questions", call{body: "kind", header: plain}, 415},
	{"POST /v1/questions/grade", call{body: `{"token":"%q","answer":"a"}`}, 200},
	{"POST /v1/questions/grade", call{body: `{"token":"x"}`}, 400},
	{"POST /v1/questions/grade", call{body: large}, 413},
	{"POST /v1/questions/grade", call{body: "kind", header: plain}, 415},
	{"POST /v1/questions/grade", call{body: `{"token":"x","answer":"a"}`}, 422},

	{"GET /v1/ports/{port}", call{path: "/v1/ports/7865?reuseaddr=true"}, 200},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/0"}, 400},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/70000"}, 400},
	{"GET /v1/ports/{port}", call{path: "/v1/ports/80?host=nowhere"}, 400},

	{"GET /healthz", call{path: "/healthz"}, 200},
	{"GET /healthz", call{path: "/healthz?x=1"}, 400},
	{"GET /readyz", call{path: "/readyz"}, 200},
	{"GET /readyz", call{path: "/readyz", body: "{}"}, 400},
	{"GET /metrics", call{path: "/metrics"}, 200},
	{"GET /metrics", call{path: "/metrics?x=1"}, 400},
	{"GET /openapi.yaml", call{path: "/openapi.yaml"}, 200},
	{"GET /openapi.yaml", call{path: "/openapi.yaml", header: ifNoneMatch}, 304},
	{"GET /openapi.yaml", call{path: "/openapi.yaml?x=1"}, 400},
	{"GET /docs", call{path: "/docs"}, 200},
	{"GET /docs", call{path: "/docs", header: ifNoneMatch}, 304},
	{"GET /docs", call{path: "/docs?x=1"}, 400},
	{"GET /docs/{file}", call{path: "/docs/init.js"}, 200},
	{"GET /docs/{file}", call{path: "/docs/swagger-ui.css"}, 200},
	{"GET /docs/{file}", call{path: "/docs/LICENSE"}, 200},
	{"GET /docs/{file}", call{path: "/docs/init.js", header: ifNoneMatch}, 304},
	{"GET /docs/{file}", call{path: "/docs/init.js?x=1"}, 400},
	{"GET /docs/{file}", call{path: "/docs/no-such"}, 404},
	{"GET /problems/{slug}", call{path: "/problems/syntax-error"}, 200},
	{"GET /problems/{slug}", call{path: "/problems/syntax-error?x=1"}, 400},
	{"GET /problems/{slug}", call{path: "/problems/no-such"}, 404},

	{"GET /", call{path: "/"}, 200},
	{"GET /", call{path: "/", header: ifNoneMatch}, 304},
	{"GET /", call{path: "/?x=1"}, 400},
	{"GET /favicon.ico", call{path: "/favicon.ico"}, 200},
	{"GET /favicon.ico", call{path: "/favicon.ico", header: ifNoneMatch}, 304},
	{"GET /favicon.ico", call{path: "/favicon.ico?x=1"}, 400},
	{"GET /static/{file}", call{path: "/static/app.js"}, 200},
	{"GET /static/{file}", call{path: "/static/app.js", header: ifNoneMatch}, 304},
	{"GET /static/{file}", call{path: "/static/app.js?x=1"}, 400},
	{"GET /static/{file}", call{path: "/static/no/such"}, 404},
}

var (
	plain       = header("Content-Type", "text/plain")
	ifNoneMatch = header("If-None-Match", "the ETag of the answer")
	large       = `{"script":"` + strings.Repeat("#", maxBody) + `"}`
)

func header(pairs ...string) map[string]string { return with(nil, pairs...) }

func with(h map[string]string, pairs ...string) map[string]string {
	h = maps.Clone(h)
	if h == nil {
		h = make(map[string]string)
	}
	for p := range slices.Chunk(pairs, 2) {
		h[p[0]] = p[1]
	}
	return h
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
	done := ts.makeLab(t, script)
	for range maxStreams {
		ts.streams <- struct{}{}
	}
	expect(ts, "GET /v1/labs/{lab_id}/events", call{path: "/v1/labs/" + done + "/events"}, 429)
	for range maxStreams {
		<-ts.streams
	}
	for range maxTrialRuns {
		ts.trials <- struct{}{}
	}
	expect(ts, "POST /v1/trials", call{body: oneTrial}, 429)
	expect(ts, "GET /v1/matrix", call{path: "/v1/matrix"}, 429)
	for range maxTrialRuns {
		<-ts.trials
	}
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
		c.path = fmt.Sprintf(c.path, ts.makeLab(t, script))
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
				if status == "default" {
					continue
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
		{"GET /", call{}, 500, "internal"},
	} {
		got := ts.do(t, ts.prepare(t, test.op, test.call))
		var p problemBody
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
