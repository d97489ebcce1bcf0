package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fourwave/api/doc"
	"fourwave/class"
	"fourwave/quiz"
	"fourwave/store"
)

// classroom is a server with an exam of every kind of question, two students in it, and all that
// only the server and the teacher may know of it.
type classroom struct {
	*testServer
	quiz   doc.Quiz
	mine   doc.Attempt
	others doc.Attempt
	keys   map[string]string // what must not appear: what it is
}

func newClassroom(t *testing.T, mode string) *classroom {
	t.Helper()
	kept := store.NewMemory()
	c := &classroom{keys: map[string]string{}}
	c.testServer = newServer(t, func(cfg *Config) {
		cfg.Store, cfg.Class = kept, class.New(class.Config{Store: kept, Exam: true, Link: "http://127.0.0.1/#quiz="})
	})
	var slots []doc.Slot
	for _, k := range quiz.List() {
		slots = append(slots, doc.Slot{Kind: k.ID, Level: 2, Count: 1})
	}
	body, err := json.Marshal(doc.QuizSettings{Title: doc.Text{En: "Closing"}, Mode: mode, Slots: slots, Hints: 1})
	if err != nil {
		t.Fatal(err)
	}
	c.do(t, call{method: "POST", path: "/v1/quizzes", body: string(body)}).get(t, 201, &c.quiz)
	c.mine, c.others = c.join(t, "mine"), c.join(t, "others")
	c.secret(c.quiz.TeacherKey, "the teacher's key")
	c.secret(c.others.Secret, "another student's secret")
	c.secret(c.others.PIN, "another student's PIN")
	err = kept.View(t.Context(), func(tx store.Tx) error {
		for _, a := range []string{c.mine.ID, c.others.ID} {
			rows, err := tx.Items(a)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := c.keep(row); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *classroom) join(t *testing.T, student string) (a doc.Attempt) {
	t.Helper()
	c.do(t, call{method: "POST", path: "/v1/quizzes/" + c.quiz.Code + "/attempts",
		body: fmt.Sprintf(`{"student": %q}`, student)}).
		get(t, 201, &a)
	return a
}

// keep notes what of a question must not appear anywhere.
func (c *classroom) keep(row *store.Item) error {
	var it quiz.Item
	if err := json.Unmarshal(row.Key, &it); err != nil {
		return err
	}
	c.secret(strconv.FormatUint(row.Seed, 10), it.Kind+"'s seed")
	c.secret(it.Facts, it.Kind+"'s facts")
	c.secret(it.Token(), it.Kind+"'s token")
	for _, lang := range []string{"en", "zh"} {
		// A question that asks for the reason shows it among its choices.
		if why := it.Why.In(lang); !slices.ContainsFunc(it.Parts, func(p quiz.Part) bool {
			return slices.ContainsFunc(p.Options, func(o quiz.Option) bool { return o.Text.In(lang) == why })
		}) {
			c.secret(why, it.Kind+"'s reason")
		}
		c.secret(it.Film, it.Kind+"'s film")
		for _, p := range it.Parts {
			for _, o := range p.Options {
				c.secret(o.Feedback.In(lang), it.Kind+"'s feedback")
			}
			if p.Goal != nil {
				c.secret(strings.Join(p.Goal.Example, "\n"), it.Kind+"'s example")
			}
		}
	}
	return nil
}

// secret notes a text as JSON has it; what is too short would be found anywhere.
func (c *classroom) secret(s, what string) {
	if b, err := json.Marshal(s); err == nil && len(s) >= 6 {
		c.keys[strings.Trim(string(b), `"`)] = what
	}
}

// search fails for every secret in an answer.
func (c *classroom) search(t *testing.T, what string, r reply) {
	t.Helper()
	var head bytes.Buffer
	r.Header.Write(&head)
	for key, is := range c.keys {
		if bytes.Contains(r.body, []byte(key)) || bytes.Contains(head.Bytes(), []byte(key)) {
			t.Errorf("%s: %d: the answer has %s: %.60q", what, r.StatusCode, is, key)
		}
	}
}

// wellFormed are bodies that the calls of quizzes and attempts take.
var wellFormed = map[string]string{
	"PATCH /v1/quizzes/{quiz_id}":                             `{"title": {"en": "Mine"}}`,
	"PUT /v1/quizzes/{quiz_id}/roster":                        `[{"student": "me"}]`,
	"POST /v1/quizzes/{quiz_id}/questions/{n}/withdrawal":     `{"policy": "full"}`,
	"POST /v1/quizzes/{quiz_id}/attempts":                     `{"student": "others", "pin": "123456"}`,
	"PATCH /v1/quizzes/{quiz_id}/attempts/{attempt_id}":       `{"reopen": true}`,
	"POST /v1/quizzes/{quiz_id}/live":                         `{"do": "reveal"}`,
	"PUT /v1/attempts/{attempt_id}/answers/{n}":               `{"answer": null, "revision": 1}`,
	"PUT /v1/attempts/{attempt_id}/submission":                ``,
	"POST /v1/attempts/{attempt_id}/answers/{n}/hints":        ``,
	"POST /v1/quizzes/{quiz_id}/export?format=json":           ``,
	"POST /v1/quizzes/{quiz_id}/export?format=gift&lang=zh":   ``,
	"GET /v1/quizzes/{quiz_id}/questions?key=1":               ``,
	"GET /v1/quizzes/{quiz_id}/paper?seed_of=mine":            ``,
	"GET /v1/quizzes/{quiz_id}/paper?seed_of=others":          ``,
	"GET /v1/quizzes/{quiz_id}/results?shape=wide&bom=true":   ``,
	"GET /v1/quizzes/{quiz_id}/results?shape=long":            ``,
	"GET /v1/quizzes/{quiz_id}/results?shape=moodle":          ``,
	"GET /v1/quizzes/{quiz_id}/results?shape=canvas":          ``,
	"GET /v1/quizzes/{quiz_id}/events?after=0":                ``,
	"GET /v1/quizzes/{quiz_id}":                               ``,
	"DELETE /v1/quizzes/{quiz_id}":                            ``,
	"GET /v1/quizzes/{quiz_id}/attempts":                      ``,
	"GET /v1/quizzes/{quiz_id}/results":                       ``,
	"GET /v1/quizzes/{quiz_id}/statistics":                    ``,
	"GET /v1/quizzes/{quiz_id}/questions":                     ``,
	"GET /v1/attempts/{attempt_id}":                           ``,
	"GET /v1/attempts/{attempt_id}/result":                    ``,
	"POST /v1/quizzes/{quiz_id}/export?format=qti3&lang=en":   ``,
	"POST /v1/quizzes/{quiz_id}/export?format=moodle&lang=en": ``,
}

var (
	everyMethod = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	everyMedia  = []string{
		"application/json", "text/html", "text/csv", ndjson, "text/event-stream", "text/plain", "application/xml",
		"*/*",
	}
)

const unknownID = "01970000-0000-7000-8000-000000000000"

// TestAStudentSeesNoKey walks as a student of an exam through every call of quizzes and attempts,
// by every method, for every media type, with the student's own ids, another's, and guessed ones:
// no answer has anything of a key in it, and what is there and not the student's is refused as what
// is not there.
func TestAStudentSeesNoKey(t *testing.T) {
	c := newClassroom(t, class.Exam)
	calls := 0
	for _, secret := range []string{"", c.mine.Secret, "fws_" + strings.Repeat("x", 43),
		"fwt_" + strings.Repeat("x", 43)} {
		for op, body := range wellFormed {
			own, path, _ := strings.Cut(op, " ")
			for _, method := range everyMethod {
				for _, media := range everyMedia {
					if method != own && media != "application/json" && media != "*/*" {
						continue // which media type a call that is not there would answer in does not matter much
					}
					send := body
					if method != own {
						send = ""
					}
					calls += c.walk(t, method, path, send, media, secret, method == own)
				}
			}
		}
	}
	t.Logf("%d calls, %d secrets looked for in each answer", calls, len(c.keys))
}

// walk makes one call with all ids, and compares the refusals.
func (c *classroom) walk(t *testing.T, method, path, body, media, secret string, real bool) (calls int) {
	t.Helper()
	fill := func(quizID, attemptID string) string {
		return strings.NewReplacer("{quiz_id}", quizID, "{attempt_id}", attemptID, "{n}", "1").Replace(path)
	}
	ask := func(what, at string) reply {
		t.Helper()
		calls++
		c.guesses = newGuesses() // that there are too many guesses has a test of its own
		header := map[string]string{"Accept": media}
		if secret != "" {
			header["Authorization"] = "Bearer " + secret
		}
		r := c.brief(t, call{method: method, path: at, body: body, header: header})
		c.search(t, method+" "+what+" "+path+" "+media, r)
		return r
	}
	mine := secret == c.mine.Secret
	none := ask("guessed", fill(unknownID, unknownID))
	if real && !slices.Contains([]int{401, 403, 404, 409}, none.StatusCode) {
		t.Errorf(
			"%s %s, %s, guessed: got %d, want a refusal; body %.200s", method, path, media, none.StatusCode,
			none.body,
		)
	}
	others := map[string]string{"another's": fill(c.quiz.ID, c.others.ID)}
	if strings.HasPrefix(path, "/v1/quizzes/") && !(path == "/v1/quizzes/{quiz_id}/attempts" && method == "POST") &&
		!strings.HasPrefix(path, "/v1/quizzes/{quiz_id}/events") {
		others["by code"] = fill(c.quiz.Code, c.others.ID)
		others["by code, own"] = fill(c.quiz.Code, c.mine.ID)
		others["own"] = fill(c.quiz.ID, c.mine.ID)
	} else if strings.HasPrefix(path, "/v1/quizzes/") {
		delete(others, "another's") // a student of the quiz may ask for its events, and anybody may try to join
		r := ask("own", fill(c.quiz.Code, c.mine.ID))
		if real && r.StatusCode >= 400 && !slices.Contains([]int{401, 403, 404, 409}, r.StatusCode) {
			t.Errorf("%s %s: got %d", method, path, r.StatusCode)
		}
	}
	for what, at := range others {
		if r := ask(what, at); r.StatusCode != none.StatusCode || sansInstance(r) != sansInstance(none) {
			t.Errorf("%s %s, %s, %s: got\n%d %s, what is not there answers\n%d %s",
				method, path, media, what, r.StatusCode, sansInstance(r), none.StatusCode, sansInstance(none))
		}
	}
	if mine && strings.HasPrefix(path, "/v1/attempts/") && !strings.HasSuffix(path, "/submission") {
		ask("own", fill("", c.mine.ID)) // may well be answered
	}
	return calls
}

// brief makes a call, and reads of a stream what comes at once.
func (c *classroom) brief(t *testing.T, in call) reply {
	t.Helper()
	if in.header["Accept"] != "text/event-stream" {
		return c.do(t, in)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, in.method, c.http.URL+in.path, strings.NewReader(in.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range in.header {
		r.Header.Set(name, value)
	}
	if in.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == 200 && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		cancel()
		return reply{resp, nil} // what streams say has a test of its own
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp, body}
}

// sansInstance is an answer's body without what names the request.
func sansInstance(r reply) string {
	var p map[string]any
	if json.Unmarshal(r.body, &p) != nil {
		return string(r.body)
	}
	delete(p, "instance")
	return fmt.Sprint(p)
}

// TestOraclesAreNoHelp makes every call that openapi.yaml documents, as a student of an exam: none
// answers with a key.
func TestOraclesAreNoHelp(t *testing.T) {
	c := newClassroom(t, class.Exam)
	closed := 0
	for _, a := range answers {
		method, path, _ := strings.Cut(a.op, " ")
		in := a.call
		if in.method = method; in.path == "" {
			in.path = path
		}
		in.path = strings.ReplaceAll(strings.TrimPrefix(in.path, "live:"), "%s", unknownID)
		in.body = strings.ReplaceAll(in.body, "%q", c.mine.ID)
		if strings.Contains(in.path, "/events") || len(in.body) > 1<<16 {
			continue // a stream of no lab, and a body that is too large
		}
		if path == "/v1/questions" {
			continue // draws any question, and now and then one with an option that reads like the exam's reason
		}
		in.header = with(in.header, "Authorization", "Bearer "+c.mine.Secret)
		r := c.do(t, in)
		c.search(t, method+" "+in.path, r)
		if r.StatusCode == http.StatusForbidden {
			closed++
		}
	}
	if closed < 20 {
		t.Errorf("%d calls are closed to a student in an exam, want the oracles to be", closed)
	}
}

// TestTheWalkFindsAKey shows that the search has teeth: the teacher's own view is full of what it
// looks for.
func TestTheWalkFindsAKey(t *testing.T) {
	c := newClassroom(t, class.Exam)
	r := c.do(t, call{path: "/v1/quizzes/" + c.quiz.ID + "/paper?seed_of=mine", header: bearing(c.quiz.TeacherKey)})
	keys := c.do(
		t, call{method: "GET", path: "/v1/quizzes/" + c.quiz.ID + "/attempts", header: bearing(c.quiz.TeacherKey)},
	)
	if r.StatusCode != 200 || keys.StatusCode != 200 {
		t.Fatalf("got %d and %d", r.StatusCode, keys.StatusCode)
	}
	found := 0
	items := c.do(t, call{path: "/v1/quizzes/" + c.quiz.ID + "/results", header: bearing(c.quiz.TeacherKey)})
	for key := range c.keys {
		if bytes.Contains(items.body, []byte(key)) {
			found++
		}
	}
	if found < len(c.mine.Questions) {
		t.Errorf("the teacher's results have %d of the secrets, want the facts of every question", found)
	}
}
