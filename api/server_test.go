package api

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"fourwave/api/doc"
	"fourwave/class"
	"fourwave/lab"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/lab/world/replay"
	"fourwave/store"
	"fourwave/web"
)

// testServer is a Server behind a real listener, so that deadlines, flushing and HEAD are real too.
type testServer struct {
	*Server
	http *httptest.Server
	logs *bytes.Buffer // read only after the request that wrote it was answered
}

func newServer(t *testing.T, change func(*Config)) *testServer {
	t.Helper()
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	captures := replay.NewShelf()
	worlds := world.NewRegistry(model.Worlds(), kernel.New(), captures)
	limits := lab.DefaultLimits
	logs := new(bytes.Buffer)
	cfg := Config{
		Limits: limits, Captures: captures, Contract: text, Page: web.Handler(), Version: "test",
		Log: slog.New(slog.NewTextHandler(logs, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	if cfg.Store == nil {
		kept := store.NewMemory()
		cfg.Store, cfg.Class = kept, class.New(class.Config{Store: kept, Link: "http://127.0.0.1/#quiz="})
	}
	if cfg.Labs == nil {
		cfg.Labs = lab.NewLabs(cfg.Limits, worlds)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	closeSchemas(s.contract.doc)
	ts := &testServer{s, httptest.NewServer(s), logs}
	ts.http.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		s.Close()
		ts.http.Close()
		cfg.Labs.Close()
		worlds.Close()
	})
	return ts
}

// call is one request of a test.
type call struct {
	method, path string
	body         string
	header       map[string]string
}

// reply is a whole answer.
type reply struct {
	*http.Response
	body []byte
}

func (ts *testServer) do(t *testing.T, c call) reply {
	t.Helper()
	method := c.method
	if method == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), method, ts.http.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if c.body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := ts.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp, body}
}

// get reads an answer as JSON into v, and fails if its status is another.
func (r reply) get(t *testing.T, status int, v any) {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("got status %d, want %d; body %s", r.StatusCode, status, r.body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%v; body %s", err, r.body)
	}
}

// makeLab makes a lab of a script and waits until it is done.
func (ts *testServer) makeLab(t *testing.T, script string) string {
	t.Helper()
	var l labReply
	ts.do(t, call{method: "POST", path: "/v1/labs?worlds=model", body: script,
		header: map[string]string{"Content-Type": "text/plain", "Prefer": "wait=60"}}).get(t, http.StatusCreated, &l)
	if l.Status != lab.Done {
		t.Fatalf("lab: got status %s, want done", l.Status)
	}
	return l.ID
}

// emptyLab makes a lab that waits for steps.
func (ts *testServer) emptyLab(t *testing.T) string {
	t.Helper()
	var l labReply
	ts.do(t, call{method: "POST", path: "/v1/labs", body: `{"worlds":["model"]}`}).get(t, http.StatusCreated, &l)
	return l.ID
}

// labReply is what tests read of a lab.
type labReply struct {
	ID, Experiment, Question, Script string
	Status                           lab.Status
	Live                             bool
	Worlds                           []string
	Events                           int
	Steps                            []stepReply
	Summary                          struct {
		Agree, Differ, Unexpected int
		Steps, States, Segments   lab.Count
	}
}

type stepReply struct {
	Line                               int
	Phase, Delay, Actor, Text, Verdict string
	Expected                           *bool
	Results                            map[string]struct {
		Result, At string
		Why        *doc.Why
	}
}

// skip leaves a test out where something is missing; where nothing may be, it fails.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}
