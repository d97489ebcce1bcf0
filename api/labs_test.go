package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fourwave/api/doc"
	"fourwave/lab"
)

func TestLabRuns(t *testing.T) {
	ts := newServer(t, nil)
	var l labReply
	got := ts.do(t, call{method: "POST", path: "/v1/labs?worlds=model,model:rfc9293", body: parsed,
		header: with(plain, "Prefer", "wait=30")})
	got.get(t, http.StatusCreated, &l)
	if id, err := uuid.Parse(l.ID); err != nil || id.Version() != 7 {
		t.Errorf("got id %q, want a UUIDv7", l.ID)
	}
	if want := "/v1/labs/" + l.ID; got.Header.Get("Location") != want {
		t.Errorf("got Location %q, want %q", got.Header.Get("Location"), want)
	}
	if got := got.Header.Get("Preference-Applied"); got != "wait=30" {
		t.Errorf("got Preference-Applied %q, want wait=30", got)
	}
	if l.Status != lab.Done || l.Question != "Who stays in TIME-WAIT?" {
		t.Errorf("got status %s and question %q", l.Status, l.Question)
	}
	last := l.Steps[7] // bind l2: Linux has a rule for it, the RFCs have not
	if last.Results["model"].Result != "EADDRINUSE" || last.Results["model:rfc9293"].Result != "ok" ||
		last.Verdict != "differ" {
		t.Errorf("bind over TIME-WAIT: got %+v", last)
	}
	if why := last.Results["model"].Why; why == nil || why.Rule == "" || why.Source == "" {
		t.Errorf("bind over TIME-WAIT: got why %+v, want a rule and its source", why)
	}
	if l.Summary.Differ != l.Summary.Steps.Differ || l.Summary.Agree != l.Summary.Steps.Agree {
		t.Errorf("summary: the counts at the top are not those of steps: %+v", l.Summary)
	}
}

func TestLabIsRefused(t *testing.T) {
	ts := newServer(t, nil)
	for _, test := range []struct {
		name   string
		call   call
		status int
		want   doc.Problem // type, and the mistakes without their details
	}{
		{"script", call{body: `{"script":"+0 server bind l :7865\n+0 server bnid l :7865","worlds":["model"]}`}, 422,
			doc.Problem{Type: "/problems/syntax-error", Errors: []doc.Mistake{{Line: 2, Column: 11}}}},
		{"two mistakes", call{path: "/v1/labs", body: "+0 sever exit\n+0 client exti", header: plain}, 422,
			doc.Problem{Type: "/problems/syntax-error", Errors: []doc.Mistake{{Line: 1, Column: 4},
				{Line: 2, Column: 11}}}},
		{"world", call{body: `{"worlds":["model","mars"]}`}, 422,
			doc.Problem{Type: "/problems/unknown-world", Errors: []doc.Mistake{{Pointer: "/worlds/1"}}}},
		{"world of a bare script", call{path: "/v1/labs?worlds=mars", body: parsed, header: plain}, 422,
			doc.Problem{Type: "/problems/unknown-world", Errors: []doc.Mistake{{Parameter: "worlds"}}}},
		{"experiment", call{body: `{"experiment":"perpetual-motion"}`}, 422,
			doc.Problem{Type: "/problems/unknown-experiment", Errors: []doc.Mistake{{Pointer: "/experiment"}}}},
		{"experiment and script", call{body: `{"experiment":"plain-restart","script":"+0 server exit"}`}, 422,
			doc.Problem{Type: "/problems/unprocessable", Errors: []doc.Mistake{{Pointer: "/script"}}}},
		{"worlds twice", call{path: "/v1/labs?worlds=model", body: `{}`}, 422,
			doc.Problem{Type: "/problems/unprocessable", Errors: []doc.Mistake{{Parameter: "worlds"}}}},
		{"types", call{body: `{"script":7,"worlds":"model"}`}, 400,
			doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{Pointer: "/script"},
				{Pointer: "/worlds"}}}},
		{"unknown members", call{body: `{"scirpt":"","a/b":1}`}, 400,
			doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{Pointer: "/a~1b"},
				{Pointer: "/scirpt"}}}},
		{"unknown parameters", call{path: "/v1/labs?wait=3&world=model", body: `{}`}, 400,
			doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{Parameter: "wait"},
				{Parameter: "world"}}}},
		{"a parameter twice", call{path: "/v1/labs?worlds=model&worlds=kernel", body: parsed, header: plain}, 400,
			doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{Parameter: "worlds"}}}},
		{"parameter and member", call{path: "/v1/labs?wait=3", body: `{"worlds":[]}`}, 400,
			doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{Parameter: "wait"},
				{Pointer: "/worlds"}}}},
		{"no body", call{}, 400, doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{}}}},
		{"no object", call{body: `[]`}, 400, doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{}}}},
		{"half a document", call{body: `{"script":`}, 400, doc.Problem{Type: "/problems/bad-request",
			Errors: []doc.Mistake{{}}}},
		{"two documents", call{body: `{} {}`}, 400, doc.Problem{Type: "/problems/bad-request",
			Errors: []doc.Mistake{{}}}},
		{"not UTF-8", call{path: "/v1/labs", body: "+0 server exit # \xff", header: plain}, 400,
			doc.Problem{Type: "/problems/bad-request", Errors: []doc.Mistake{{}}}},
		{"another charset", call{body: "+0 server exit", header: header("Content-Type", "text/plain; charset=latin1")},
			415,
			doc.Problem{Type: "/problems/unsupported-media-type"}},
		{"compressed", call{body: "+0 server exit", header: with(plain, "Content-Encoding", "gzip")}, 415,
			doc.Problem{Type: "/problems/unsupported-media-type"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.call.method = "POST"
			if test.call.path == "" {
				test.call.path = "/v1/labs"
			}
			var got doc.Problem
			ts.do(t, test.call).get(t, test.status, &got)
			for i := range got.Errors {
				if got.Errors[i].Detail == "" {
					t.Errorf("mistake %d has no detail", i)
				}
				got.Errors[i].Detail = ""
			}
			if got.Title == "" || got.Detail == "" || got.Instance != "/v1/labs" || got.Status != test.status {
				t.Errorf("got %+v", got)
			}
			if diff := cmp.Diff(test.want, doc.Problem{Type: got.Type, Errors: got.Errors}); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLabTakesSteps(t *testing.T) {
	ts := newServer(t, nil)
	id := ts.emptyLab(t)
	path := "/v1/labs/" + id + "/steps"
	var first, second struct {
		From, To int
		Steps    []stepReply
	}
	ts.do(t, call{method: "POST", path: path, body: "+0 server bind l :7865\n+0 server listen l",
		header: with(plain, "Prefer", "wait=30")}).
		get(t, http.StatusCreated, &first)
	ts.do(t, call{method: "POST", path: path, body: `{"script":"+90s server state l"}`,
		header: header("Prefer", "wait=30")}).
		get(t, http.StatusCreated, &second)
	if len(first.Steps) != 2 || first.Steps[1].Results["model"].Result != "ok" || first.To != first.From+1 {
		t.Errorf("first lines: got %+v", first)
	}
	if len(second.Steps) != 1 || second.Steps[0].Results["model"].Result != "LISTEN" || second.From != first.To+1 {
		t.Errorf("second line: got %+v", second)
	}
	if at := second.Steps[0].Results["model"].At; at != "90.000s" {
		t.Errorf("second line: got at %s, want 90.000s", at)
	}
}

func TestDeletedLabIsGone(t *testing.T) {
	ts := newServer(t, nil)
	id := ts.emptyLab(t)
	ts.do(t, call{method: "DELETE", path: "/v1/labs/" + id}).get(t, http.StatusNoContent, nil)
	ts.do(t, call{path: "/v1/labs/" + id}).get(t, http.StatusNotFound, nil)
	ts.do(t, call{method: "DELETE", path: "/v1/labs/" + id}).get(t, http.StatusNotFound, nil)
}

func TestIfMatchProtectsWhatWasSeen(t *testing.T) {
	ts := newServer(t, nil)
	path := "/v1/labs/" + ts.emptyLab(t)
	step := func(tag string, status int) {
		t.Helper()
		ts.do(t, call{method: "POST", path: path + "/steps", body: "+0 server bind l :7865",
			header: with(plain, "If-Match", tag, "Prefer", "wait=30")}).
			get(t, status, nil)
	}
	seen := ts.do(t, call{path: path}).Header.Get("ETag")
	step(seen, http.StatusCreated)
	step(seen, http.StatusPreconditionFailed) // the step before has changed the lab
	step("*", http.StatusCreated)
	ts.do(t, call{method: "DELETE", path: path, header: header("If-Match", seen)}).get(t, http.StatusPreconditionFailed,
		nil)
	ts.do(t, call{path: path}).get(t, http.StatusOK, nil)
}

func TestMistakesAreBounded(t *testing.T) {
	ts := newServer(t, nil)
	body := "{"
	for i := range 10_000 {
		body += fmt.Sprintf(`"m%d":0,`, i)
	}
	var p doc.Problem
	ts.do(t, call{method: "POST", path: "/v1/labs", body: body + `"script":""}`}).get(t, http.StatusBadRequest, &p)
	if len(p.Errors) != maxMistakes {
		t.Errorf("got %d mistakes, want the first %d", len(p.Errors), maxMistakes)
	}
}

func TestListHasPages(t *testing.T) {
	ts := newServer(t, nil)
	var want []string
	for range 5 {
		want = append([]string{ts.emptyLab(t)}, want...) // newest first
	}
	var got []string
	token, pages := "", 0
	for {
		var page struct {
			Items []labReply
			Next  string `json:"next_page_token"`
		}
		ts.do(t, call{path: "/v1/labs?page_size=2" + token}).get(t, http.StatusOK, &page)
		for _, l := range page.Items {
			got = append(got, l.ID)
		}
		pages++
		if page.Next == "" || pages > 5 {
			break
		}
		token = "&page_token=" + page.Next
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages, want 3; labs (-want +got):\n%s", pages, diff)
	}
	var p doc.Problem
	ts.do(t, call{path: "/v1/labs?page_token=bm90IGFuIGlk"}).get(t, http.StatusBadRequest, &p)
	if len(p.Errors) != 1 || p.Errors[0].Parameter != "page_token" {
		t.Errorf("a token that is none: got %+v", p)
	}
}

func TestIdempotencyKey(t *testing.T) {
	ts := newServer(t, nil)
	post := func(key, body string) reply {
		return ts.do(t, call{method: "POST", path: "/v1/labs", body: body, header: header("Idempotency-Key", key)})
	}
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() { ids[i] = post("k", `{"worlds":["model"]}`).Header.Get("Location") })
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("one key made several labs: %v", ids)
		}
	}
	if got := post("k", `{"worlds":["model"]}`).Header.Get("Idempotent-Replayed"); got != "true" {
		t.Errorf("got Idempotent-Replayed %q, want true", got)
	}
	var p doc.Problem
	post("k", `{"worlds":["model:rfc9293"]}`).get(t, 422, &p)
	if p.Type != "/problems/key-reused" {
		t.Errorf("another body: got type %s", p.Type)
	}
	post("bad", `{"worlds":["mars"]}`).get(t, 422, nil)
	post("bad", `{"worlds":["model"]}`).get(t, 201, nil) // what failed has not used the key up
	ts.do(t, call{method: "DELETE", path: ids[0]}).get(t, 204, nil)
	if got := post("k", `{"worlds":["model"]}`).Header.Get("Location"); got == ids[0] || got == "" {
		t.Errorf("after the lab was deleted: got %q, want another lab", got)
	}
}

func TestPreferredWait(t *testing.T) {
	for _, test := range []struct {
		prefer string
		want   time.Duration
		ok     bool
	}{
		{"wait=10", 10 * time.Second, true},
		{"respond-async, Wait = 7", 7 * time.Second, true},
		{`wait="3"`, 3 * time.Second, true},
		{"wait=0", 0, true},
		{"wait=1000000", maxWait, true},
		{"wait=-1", 0, false},
		{"wait=soon", 0, false},
		{"return=minimal", 0, false},
		{"", 0, false},
	} {
		got, ok := preferredWait(http.Header{"Prefer": {test.prefer}})
		if got != test.want || ok != test.ok {
			t.Errorf("Prefer: %s: got %v, %v, want %v, %v", test.prefer, got, ok, test.want, test.ok)
		}
	}
}

func TestWaitEndsWhenTheServerCloses(t *testing.T) {
	ts := newServer(t, nil)
	path := "/v1/labs/" + ts.emptyLab(t) + "/events?after=0"
	var first struct {
		Next int `json:"next_after"`
	}
	ts.do(t, call{path: path}).get(t, http.StatusOK, &first)
	path = strings.Replace(path, "after=0", fmt.Sprint("after=", first.Next), 1)
	answered := make(chan reply, 1)
	go func() { answered <- ts.do(t, call{path: path, header: header("Prefer", "wait=100")}) }()
	select {
	case r := <-answered:
		t.Fatalf("answered at once: %s", r.body)
	case <-time.After(100 * time.Millisecond):
	}
	ts.Close()
	select {
	case r := <-answered:
		r.get(t, http.StatusOK, nil)
	case <-time.After(10 * time.Second):
		t.Fatal("the answer still waits after Close")
	}
}

// TestMissingMemberIsNamedOnce: the pointer to a member that is missing is the member's own.
func TestMissingMemberIsNamedOnce(t *testing.T) {
	ts := newServer(t, nil)
	for path, want := range map[string]string{"/v1/trials": "/new", "/v1/quizzes": "/slots",
		"/v1/machine/step": "/state"} {
		var p doc.Problem
		ts.do(t, call{method: "POST", path: path, body: `{}`}).get(t, http.StatusBadRequest, &p)
		if len(p.Errors) == 0 || p.Errors[0].Pointer != want {
			t.Errorf("%s: got %+v, want the pointer %s", path, p.Errors, want)
		}
	}
}
