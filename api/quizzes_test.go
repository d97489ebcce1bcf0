package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"fourwave/api/doc"
	"fourwave/class"
	"fourwave/store"
)

// expectation does a call, wants a status and an answer that keeps the contract.
type expectation func(op string, c call, status int) reply

func bearing(secret string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + secret}
}

const aQuiz = `{"title": {"en": "Closing", "zh": "四次挥手"}, "slots": [{"kind": "who-waits", "level": 1, "count": 2}], ` +
	`"hints": 1, "attempts": 2}`

// sitQuiz walks a quiz from its making to its end, as teacher and as student.
func sitQuiz(t *testing.T, expect expectation) {
	t.Helper()
	var q doc.Quiz
	expect("POST /v1/quizzes", call{body: aQuiz}, 201).get(t, 201, &q)
	at, teacher := "/v1/quizzes/"+q.ID, bearing(q.TeacherKey)
	one := func(method, op, path, body string, header map[string]string, status int) reply {
		t.Helper()
		return expect(method+" "+op, call{path: path, body: body, header: header}, status)
	}
	one("GET", "/v1/quizzes/{quiz_id}", at, "", teacher, 200)
	one("PATCH", "/v1/quizzes/{quiz_id}", at, `{"title": {"en": "Closing down"}}`, with(teacher, "If-Match", `"1"`),
		200)
	one("PUT", "/v1/quizzes/{quiz_id}/roster", at+"/roster", `[{"student": "s-17", "name": "李"}]`, teacher, 200)
	one("PUT", "/v1/quizzes/{quiz_id}/roster", at+"/roster", "student,name,extra_time\ns-18,Bo,1.5\n",
		with(teacher, "Content-Type", "text/csv"), 200)
	one("GET", "/v1/quizzes/{quiz_id}/questions", at+"/questions?key=1", "", teacher, 200)
	one("GET", "/v1/quizzes/{quiz_id}/paper", at+"/paper?seed_of=s-17", "", teacher, 200)
	for _, format := range []string{"gift", "moodle&variants=3&lang=zh", "qti21", "json"} {
		one("POST", "/v1/quizzes/{quiz_id}/export", at+"/export?format="+format, "", teacher, 200)
	}

	join := "/v1/quizzes/" + strings.ToLower(q.Code) + "/attempts"
	var a doc.Attempt
	one("POST", "/v1/quizzes/{quiz_id}/attempts", join, `{"student": "s-17", "lang": "zh"}`, nil, 201).get(t, 201, &a)
	one("POST", "/v1/quizzes/{quiz_id}/attempts", join, fmt.Sprintf(`{"student": "s-17", "pin": %q}`, a.PIN), nil,
		200).get(t, 200, &a)
	mine, student := "/v1/attempts/"+a.ID, bearing(a.Secret)
	one("GET", "/v1/attempts/{attempt_id}", mine, "", student, 200)
	one("PUT", "/v1/attempts/{attempt_id}/answers/{n}", mine+"/answers/1", `{"answer": {"choice": "a"}, "revision": 1}`,
		student, 200)
	one("PUT", "/v1/attempts/{attempt_id}/answers/{n}", mine+"/answers/2", `{"answer": null, "revision": 1}`, student,
		200)
	one("POST", "/v1/attempts/{attempt_id}/answers/{n}/hints", mine+"/answers/1/hints", "", student, 200)
	one("PUT", "/v1/attempts/{attempt_id}/submission", mine+"/submission", "", student, 200)
	one("GET", "/v1/attempts/{attempt_id}/result", mine+"/result", "", student, 200)

	one("GET", "/v1/quizzes/{quiz_id}/attempts", at+"/attempts", "", teacher, 200)
	one("POST", "/v1/quizzes/{quiz_id}/questions/{n}/withdrawal", at+"/questions/2/withdrawal", `{"policy": "full"}`,
		teacher, 200)
	one("PATCH", "/v1/quizzes/{quiz_id}/attempts/{attempt_id}", at+"/attempts/"+a.ID,
		`{"reopen": true, "extra_time": "10m"}`, teacher, 200)
	one("PUT", "/v1/attempts/{attempt_id}/submission", mine+"/submission", "", student, 200)
	one("GET", "/v1/quizzes/{quiz_id}/statistics", at+"/statistics", "", teacher, 200)
	one("GET", "/v1/quizzes/{quiz_id}/results", at+"/results", "", teacher, 200)
	one("GET", "/v1/quizzes/{quiz_id}/results", at+"/results?shape=moodle&bom=true", "", teacher, 200)
	one("GET", "/v1/quizzes/{quiz_id}/results", at+"/results", "", with(teacher, "Accept", ndjson), 200)
	one("GET", "/v1/quizzes/{quiz_id}/events", at+"/events?after=0", "", teacher, 200)
	one("GET", "/v1/quizzes/{quiz_id}/events", "/v1/quizzes/"+q.Code+"/events?after=0", "", student, 200)
	refuseOthers(t, one, at, mine, q.TeacherKey, a.Secret)
	driveLive(t, expect)
	one("DELETE", "/v1/quizzes/{quiz_id}", at, "", teacher, 204)
	one("GET", "/v1/quizzes/{quiz_id}", at, "", teacher, 404)
}

// refuseOthers: no secret is 401, another's is 404, and that answer is the same as for what is not
// there.
func refuseOthers(t *testing.T, one func(method, op, path, body string, header map[string]string, status int) reply, at,
	mine, key, secret string) {
	t.Helper()
	one("GET", "/v1/quizzes/{quiz_id}", at, "", nil, 401)
	one("GET", "/v1/attempts/{attempt_id}", mine, "", nil, 401)
	theirs := one("GET", "/v1/quizzes/{quiz_id}", at, "", bearing(secret), 404)
	none := one("GET", "/v1/quizzes/{quiz_id}", "/v1/quizzes/0"+at[len("/v1/quizzes/")+1:], "", bearing(secret), 404)
	strip := func(r reply) string {
		var p map[string]any
		if err := json.Unmarshal(r.body, &p); err != nil {
			t.Error(err)
		}
		delete(p, "instance")
		return fmt.Sprint(p)
	}
	if strip(theirs) != strip(none) {
		t.Errorf("what is there and not mine answers\n%s, what is not there\n%s", strip(theirs), strip(none))
	}
	one("GET", "/v1/attempts/{attempt_id}", mine, "", bearing(key), 404)
	one("PATCH", "/v1/quizzes/{quiz_id}", at, `{"hints": 2}`, with(bearing(key), "If-Match", `"99"`), 412)
	one("PATCH", "/v1/quizzes/{quiz_id}", at, `{"hints": 7}`, bearing(key), 400)
	one("PUT", "/v1/attempts/{attempt_id}/answers/{n}", mine+"/answers/1", `{"answer": {"choice": "b"}, "revision": 9}`,
		bearing(secret), 409)
	one("POST", "/v1/quizzes/{quiz_id}/attempts", "/v1/quizzes/ABCD-EFGH/attempts", `{"student": "x"}`, nil, 404)
	one("POST", "/v1/quizzes", "/v1/quizzes", `{"slots": [{"kind": "riddle", "count": 1}]}`, nil, 422)
}

func driveLive(t *testing.T, expect expectation) {
	t.Helper()
	var q doc.Quiz
	expect("POST /v1/quizzes", call{body: `{"mode": "live", "slots": [{"kind": "who-waits", "level": 1, "count": 1}]}`},
		201).get(t, 201, &q)
	at := "/v1/quizzes/" + q.ID
	expect("POST /v1/quizzes/{quiz_id}/live", call{path: at + "/live", body: `{"do": "open"}`,
		header: bearing(q.TeacherKey)}, 200)
	expect("POST /v1/quizzes/{quiz_id}/live", call{path: at + "/live", body: `{"do": "reveal"}`,
		header: bearing(q.TeacherKey)}, 409)
	// HEAD of a stream answers at once; streams themselves have a test of their own.
	expect("GET /v1/quizzes/{quiz_id}/events", call{method: http.MethodHead, path: at + "/events",
		header: with(bearing(q.TeacherKey), "Accept", "text/event-stream")}, 200)
}

// TestIdempotentQuiz: the same key and body make one quiz, and show its teacher's key again.
func TestIdempotentQuiz(t *testing.T) {
	ts := newServer(t, nil)
	header := map[string]string{"Idempotency-Key": "6b1f"}
	var first, again doc.Quiz
	ts.do(t, call{method: "POST", path: "/v1/quizzes", body: aQuiz, header: header}).get(t, 201, &first)
	r := ts.do(t, call{method: "POST", path: "/v1/quizzes", body: aQuiz, header: header})
	r.get(t, 201, &again)
	if first.ID != again.ID || first.TeacherKey != again.TeacherKey || r.Header.Get("Idempotent-Replayed") != "true" ||
		r.Header.Get("Location") == "" {
		t.Errorf("the same key: %s and %s, headers %v", first.ID, again.ID, r.Header)
	}
	ts.do(t, call{method: "POST", path: "/v1/quizzes", body: strings.Replace(aQuiz, "2", "3", 1), header: header}).get(
		t, 422, nil)
}

func TestGuessingIsBounded(t *testing.T) {
	ts := newServer(t, nil)
	status := 0
	for range maxGuesses + 1 {
		status = ts.do(t, call{method: "POST", path: "/v1/quizzes/ABCD-EFGH/attempts",
			body: `{"student": "x"}`}).StatusCode
	}
	if status != 429 {
		t.Errorf("guess %d: got status %d, want 429", maxGuesses+1, status)
	}
}

func TestTeacherPassword(t *testing.T) {
	ts := newServer(t, func(c *Config) { c.TeacherPassword = "chalk" })
	ts.do(t, call{method: "POST", path: "/v1/quizzes", body: aQuiz}).get(t, 401, nil)
	ts.do(t, call{method: "POST", path: "/v1/quizzes", body: aQuiz, header: bearing("cheese")}).get(t, 401, nil)
	ts.do(t, call{method: "POST", path: "/v1/quizzes", body: aQuiz, header: bearing("chalk")}).get(t, 201, nil)
}

// TestExamClosesOracles: while an exam is open, whatever can answer its questions is closed, to all
// but its teacher; the exam itself goes on.
func TestExamClosesOracles(t *testing.T) {
	kept := store.NewMemory()
	ts := newServer(t, func(c *Config) {
		c.Store, c.Class = kept, class.New(class.Config{Store: kept, Exam: true})
	})
	ts.do(t, call{path: "/v1/machine"}).get(t, 200, nil)
	var q doc.Quiz
	ts.do(t, call{method: "POST", path: "/v1/quizzes",
		body: `{"mode": "exam", "slots": [{"kind": "who-waits", "level": 1, "count": 1}]}`}).get(t, 201, &q)
	if q.Oracles != "closed" {
		t.Errorf("the exam says that oracles are %q", q.Oracles)
	}
	for _, path := range []string{"/v1/machine", "/v1/experiments", "/v1/experiments/plain-restart", "/v1/labs",
		"/v1/matrix", "/v1/differences", "/v1/ports/80", "/experiments/plain-restart"} {
		ts.do(t, call{path: path}).get(t, 403, nil)
		if r := ts.do(t, call{path: path, header: bearing(q.TeacherKey)}); r.StatusCode == 403 {
			t.Errorf("%s is closed to the teacher", path)
		}
	}
	for _, path := range []string{"/v1/machine/step", "/v1/questions/grade", "/v1/labs", "/v1/trials",
		"/v1/reuse-checks"} {
		ts.do(t, call{method: "POST", path: path, body: `{}`}).get(t, 403, nil)
	}
	if page := ts.do(t, call{path: "/"}); page.StatusCode != 200 || bytes.Contains(page.body, []byte("EADDRINUSE")) {
		t.Errorf("/: got %d, want the page without an experiment's answer; body %.300s", page.StatusCode, page.body)
	}
	var a doc.Attempt
	ts.do(t, call{method: "POST", path: "/v1/quizzes/" + q.Code + "/attempts", body: `{"student": "s"}`}).get(t, 201,
		&a)
	ts.do(t, call{method: "PUT", path: "/v1/attempts/" + a.ID + "/answers/1",
		body: `{"answer": {"choice": "a"}, "revision": 1}`, header: bearing(a.Secret)}).get(t, 200, nil)
}
