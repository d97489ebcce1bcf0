package class

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// room is a class with a clock that the test moves.
type room struct {
	*Class
	t   *testing.T
	mu  sync.Mutex
	at  time.Time
	id  string // of the quiz
	key string
}

func (r *room) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

func newRoom(t *testing.T, settings doc.QuizSettings) *room {
	t.Helper()
	r := &room{t: t, at: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)}
	r.Class = New(Config{Store: store.NewMemory(), Link: "http://127.0.0.1:8080/#quiz=", Now: func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.at
	}})
	q, err := r.Create(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	r.id, r.key = q.ID, q.TeacherKey
	return r
}

func (r *room) quiz() *doc.Quiz {
	r.t.Helper()
	q, _, err := r.Quiz(r.t.Context(), r.id, r.key)
	if err != nil {
		r.t.Fatal(err)
	}
	return q
}

func (r *room) join(student, pin string) *doc.Attempt {
	r.t.Helper()
	a, _, err := r.Join(r.t.Context(), Joining{Code: r.quiz().Code, Student: student, PIN: pin})
	if err != nil {
		r.t.Fatalf("%s joins: %v", student, err)
	}
	return a
}

func (r *room) save(a *doc.Attempt, n int, revision int64, body string) (*doc.SavedAnswer, error) {
	return r.Save(
		r.t.Context(), Saving{Attempt: a.ID, Secret: a.Secret, N: n, Revision: revision, Body: json.RawMessage(body)},
	)
}

// right is the answer that is right, as JSON.
func (r *room) right(a *doc.Attempt, n int) string {
	r.t.Helper()
	return answerFor(r.t, r.key4(a, n), true)
}

func (r *room) key4(a *doc.Attempt, n int) *quiz.Item {
	r.t.Helper()
	var it *quiz.Item
	err := r.Store.View(r.t.Context(), func(tx store.Tx) error {
		row, err := itemOf(tx, a.ID, n)
		if err == nil {
			it, err = keyOf(row)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return it
}

// answerFor is a right or a wrong answer to an item of one part that is a choice or a number.
func answerFor(t *testing.T, it *quiz.Item, right bool) string {
	t.Helper()
	switch p := it.Parts[0]; p.Interaction {
	case quiz.ByChoice:
		for _, o := range p.Options {
			if o.Right == right {
				return fmt.Sprintf(`{"choice": %q}`, o.ID)
			}
		}
	case quiz.ByNumber:
		if !right {
			return `{"number": "999999"}`
		}
		return fmt.Sprintf(`{"number": "%v"}`, p.Key)
	}
	t.Fatalf("no answer for %s", it.Parts[0].Interaction)
	return ""
}

var waits = []doc.Slot{{Kind: "who-waits", Level: 1, Count: 2, Points: 2}, {Kind: "time-left", Level: 1, Count: 1}}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

func TestAnswersAreKeptByRevision(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits})
	a := r.join("s-17", "")
	first, err := r.save(a, 1, 1, "null")
	if err != nil || first.ReadAs != nil {
		t.Fatalf("a blank: %+v, %v", first, err)
	}
	right := r.right(a, 1)
	second, err := r.save(a, 1, 3, right)
	if err != nil || second.ReadAs == nil || second.Grade != nil {
		t.Fatalf("an answer: %+v, %v; want it read and not graded", second, err)
	}
	r.pass(time.Second)
	again, err := r.save(a, 1, 3, right)
	if err != nil || !again.SavedAt.Equal(second.SavedAt) {
		t.Errorf("the same again: %+v, %v; want the acknowledgement of before", again, err)
	}
	for _, old := range []struct {
		revision int64
		body     string
	}{{2, right}, {3, "null"}} {
		_, err := r.save(a, 1, old.revision, old.body)
		stale := (*StaleError)(nil)
		if !errors.As(err, &stale) || stale.Revision != 3 || string(stale.Answer) != right {
			t.Errorf("revision %d with %s: got %v, want what is kept", old.revision, old.body, err)
		}
	}
	_, err = r.save(a, 4, 1, "null")
	wantErr(t, err, ErrNotFound)
	_, err = r.save(a, 1, 4, `{"choice": 7}`)
	if field := (*FieldError)(nil); !errors.As(err, &field) {
		t.Errorf("a choice that is a number: got %v", err)
	}
	seen, err := r.Attempt(t.Context(), a.ID, a.Secret)
	if err != nil || seen.Questions[0].Revision != 3 || string(seen.Questions[0].Answer) != right {
		t.Errorf("the attempt shows %+v, %v", seen.Questions[0], err)
	}
}

func TestResuming(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits})
	a := r.join("s-17", "")
	if a.PIN == "" {
		t.Fatal("the first attempt shows no PIN")
	}
	_, _, err := r.Join(t.Context(), Joining{Code: r.quiz().Code, Student: "s-17", PIN: "wrong"})
	wantErr(t, err, ErrTaken)
	b := r.join("s-17", a.PIN)
	if b.ID != a.ID || b.PIN != "" || b.Secret == a.Secret {
		t.Errorf("resumed: %s, want attempt %s with a new secret and no PIN", b.ID, a.ID)
	}
	_, err = r.save(a, 1, 1, "null")
	wantErr(t, err, ErrNotFound) // the old secret is dead
	if _, err = r.save(b, 1, 1, "null"); err != nil {
		t.Error(err)
	}
	if _, err := r.Submit(t.Context(), b.ID, b.Secret); err != nil {
		t.Fatal(err)
	}
	_, err = r.save(b, 1, 2, "null")
	wantErr(t, err, ErrSubmitted)
	_, _, err = r.Join(t.Context(), Joining{Code: r.quiz().Code, Student: "s-17", PIN: a.PIN})
	wantErr(t, err, ErrSubmitted)
	if _, err := r.Submit(t.Context(), b.ID, b.Secret); err != nil {
		t.Errorf("submitted twice: %v", err)
	}
}

func TestRoster(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits, Roster: true, TimeLimit: "20m"})
	pins, err := r.SetRoster(
		t.Context(), r.id, r.key, []doc.RosterStudent{{Student: "a"}, {Student: "b", ExtraTime: 1.5}},
	)
	if err != nil || len(pins) != 2 || pins[0].PIN == "" {
		t.Fatalf("roster: %+v, %v", pins, err)
	}
	for _, j := range []Joining{{Student: "c", PIN: pins[0].PIN}, {Student: "a", PIN: pins[1].PIN + "0"}, {Student: "a"}} {
		j.Code = r.quiz().Code
		_, _, err := r.Join(t.Context(), j)
		wantErr(t, err, ErrPIN)
	}
	b := r.join("b", pins[1].PIN)
	if want := r.now().Add(30 * time.Minute); !b.Deadline.Equal(want) {
		t.Errorf("the deadline is %s, want %s", b.Deadline, want)
	}
	kept, err := r.SetRoster(t.Context(), r.id, r.key, []doc.RosterStudent{{Student: "b", Name: "Bo"}})
	if err != nil || kept[0].PIN != "" {
		t.Errorf("a student who is there: %+v, %v, want the old PIN kept and not shown", kept, err)
	}
	r.join("b", pins[1].PIN)
	list, err := r.Attempts(t.Context(), r.id, r.key)
	if err != nil || len(list) != 2 || list[1].Student != "a" || list[1].Status != "absent" || list[0].Name != "Bo" {
		t.Errorf("attempts: %+v, %v", list, err)
	}
}

func TestDeadline(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits, TimeLimit: "20m", Grace: "5s"})
	a := r.join("s", "")
	r.pass(20*time.Minute + 4*time.Second)
	if _, err := r.save(a, 1, 1, r.right(a, 1)); err != nil {
		t.Errorf("within the grace: %v", err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if seen, _ := r.Attempt(t.Context(), a.ID, a.Secret); seen.Status != "open" {
		t.Error("swept within the grace")
	}
	r.pass(2 * time.Second)
	_, err := r.save(a, 1, 2, "null")
	wantErr(t, err, ErrLate)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = r.save(a, 1, 2, "null")
	wantErr(t, err, ErrSubmitted)
	res, err := r.Result(t.Context(), a.ID, a.Secret)
	if err != nil || res.Score != 2 || res.Max != 5 || !res.Submitted.Equal(*a.Deadline) {
		t.Errorf("result: %+v, %v; want 2 of 5 at the deadline", res, err)
	}
	more := 10 * time.Minute
	if _, err := r.ChangeAttempt(t.Context(), r.id, r.key, a.ID, AttemptChange{ExtraTime: &more, Reopen: new(bool)}); err != nil {
		t.Fatal(err)
	}
	yes := true
	if _, err := r.ChangeAttempt(t.Context(), r.id, r.key, a.ID, AttemptChange{Reopen: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.save(a, 1, 2, "null"); err != nil {
		t.Errorf("reopened: %v", err)
	}
	log, _ := r.Audit(t.Context(), r.id, r.key)
	if len(log) != 2 {
		t.Errorf("the audit has %d lines, want 2", len(log))
	}
}

func TestOpensAndCloses(t *testing.T) {
	opens := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	closes := opens.Add(time.Hour)
	r := newRoom(t, doc.QuizSettings{Mode: Exam, Slots: waits, Opens: &opens, Closes: &closes})
	_, _, err := r.Join(t.Context(), Joining{Code: r.quiz().Code, Student: "s"})
	if when := (*WhenError)(nil); !errors.As(err, &when) || !when.When.Equal(opens) {
		t.Errorf("too early: got %v, want when it opens", err)
	}
	r.pass(time.Hour)
	a := r.join("s", "")
	if a.Deadline == nil || !a.Deadline.Equal(closes) {
		t.Errorf("deadline %v, want the quiz's end", a.Deadline)
	}
	if _, err := r.save(a, 1, 1, r.right(a, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
		t.Fatal(err)
	}
	_, err = r.Result(t.Context(), a.ID, a.Secret)
	wantErr(t, err, ErrNotYet)
	r.pass(time.Hour)
	if res, err := r.Result(t.Context(), a.ID, a.Secret); err != nil || res.Score != 2 {
		t.Errorf("after the end: %+v, %v", res, err)
	}
	_, _, err = r.Join(t.Context(), Joining{Code: r.quiz().Code, Student: "late"})
	wantErr(t, err, ErrClosed)
}

// TestNothingLeaks: what a student gets has neither key nor seed, whatever the mode.
func TestNothingLeaks(t *testing.T) {
	for _, mode := range []string{Practice, Homework, Exam, Live} {
		var slots []doc.Slot
		for _, k := range quiz.List() {
			slots = append(slots, doc.Slot{Kind: k.ID, Level: 2, Count: 1})
		}
		r := newRoom(t, doc.QuizSettings{Mode: mode, Slots: slots, Hints: 1})
		a := r.join("s", "")
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{`"seed"`, `"facts"`, `"token"`, `"key"`, `"right"`, `"myth"`, `"why"`, `"feedback"`, `"film"`, `"proof"`, `"rule"`, `"also"`} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s: a student's attempt has %s", mode, word)
			}
		}
	}
}

func TestOthersAreRefused(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits})
	a, b := r.join("a", ""), r.join("b", "")
	_, err := r.Attempt(t.Context(), a.ID, "")
	wantErr(t, err, ErrNoSecret)
	for _, secret := range []string{b.Secret, r.key, "fws_", "x"} {
		_, err := r.Attempt(t.Context(), a.ID, secret)
		wantErr(t, err, ErrNotFound)
		_, err = r.Statistics(t.Context(), r.id, "fwt_"+secret)
		wantErr(t, err, ErrNotFound)
	}
	_, _, err = r.Quiz(t.Context(), r.id, a.Secret)
	wantErr(t, err, ErrNotFound)
	_, _, err = r.Quiz(t.Context(), "none", r.key)
	wantErr(t, err, ErrNotFound)
	wantErr(t, r.Delete(t.Context(), r.id, a.Secret), ErrNotFound)
	wantErr(t, r.Delete(t.Context(), r.id, ""), ErrNoSecret)
}

func TestHintsCost(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits, Hints: 2})
	a := r.join("s", "")
	for k := 1; k <= 2; k++ {
		h, err := r.Hint(t.Context(), a.ID, a.Secret, 1)
		if err != nil || h.K != k || h.Text == "" || h.Left != 2-k {
			t.Fatalf("hint %d: %+v, %v", k, h, err)
		}
	}
	_, err := r.Hint(t.Context(), a.ID, a.Secret, 1)
	wantErr(t, err, ErrClosed)
	if _, err := r.save(a, 1, 1, r.right(a, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
		t.Fatal(err)
	}
	res, err := r.Result(t.Context(), a.ID, a.Secret)
	if err != nil || res.Questions[0].Score != 1.6 || res.Questions[0].HintCost != 0.4 || res.Score != 1.6 {
		t.Errorf("got %+v, %v; want 2 less two hints of a tenth", res.Questions[0], err)
	}
}

func TestWithdrawal(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits})
	a := r.join("s", "")
	if _, err := r.save(a, 1, 1, answerFor(t, r.key4(a, 1), false)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		policy     string
		score, max float64
	}{{FullPoints, 2, 5}, {DropPoints, 0, 3}} {
		if _, err := r.Withdraw(t.Context(), r.id, r.key, 1, want.policy); err != nil {
			t.Fatal(err)
		}
		res, err := r.Result(t.Context(), a.ID, a.Secret)
		if err != nil || res.Score != want.score || res.Max != want.max {
			t.Errorf("%s: %v of %v, %v; want %v of %v", want.policy, res.Score, res.Max, err, want.score, want.max)
		}
	}
	_, err := r.Withdraw(t.Context(), r.id, r.key, 9, FullPoints)
	wantErr(t, err, ErrNotFound)
}

func TestLive(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Mode: Live, Slots: waits})
	a := r.join("s", "")
	if len(a.Questions) != 0 {
		t.Errorf("the lobby shows %d questions", len(a.Questions))
	}
	do := func(what string, n int) error {
		_, err := r.Live(t.Context(), r.id, r.key, Command{what, n})
		return err
	}
	wantErr(t, do("close", 0), ErrClosed)
	if err := do("open", 0); err != nil {
		t.Fatal(err)
	}
	late := r.join("late", "")
	if len(late.Questions) != 1 || late.Questions[0].N != 1 {
		t.Errorf("a late comer sees %d questions, want the open one", len(late.Questions))
	}
	if _, err := r.save(a, 1, 1, r.right(a, 1)); err != nil {
		t.Error(err)
	}
	_, err := r.save(a, 2, 1, "null")
	wantErr(t, err, ErrClosed)
	wantErr(t, do("next", 0), ErrClosed) // close it first
	for _, step := range []string{"close", "reveal", "next", "close", "end"} {
		if err := do(step, 0); err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
	res, err := r.Result(t.Context(), a.ID, a.Secret)
	if err != nil || res.Score != 2 {
		t.Errorf("result: %+v, %v", res, err)
	}
}

func TestEvents(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits})
	a := r.join("s", "")
	if _, err := r.save(a, 1, 1, "null"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Withdraw(t.Context(), r.id, r.key, 2, FullPoints); err != nil {
		t.Fatal(err)
	}
	kinds := func(secret string) (out []string) {
		events, err := r.Events(t.Context(), r.id, secret, 0)
		if err != nil {
			t.Error(err)
		}
		for _, e := range events {
			out = append(out, e.Kind)
		}
		return out
	}
	if got := strings.Join(kinds(r.key), " "); got != "joined saved withdrawn" {
		t.Errorf("the teacher sees %s", got)
	}
	if got := strings.Join(kinds(a.Secret), " "); got != "withdrawn" {
		t.Errorf("the student sees %s", got)
	}
	_, err := r.Events(t.Context(), r.id, "fws_other", 0)
	wantErr(t, err, ErrNotFound)
}

// TestVariants: a reload gives the same questions, another student others, neighbours never the
// same.
func TestVariants(t *testing.T) {
	r := newRoom(
		t, doc.QuizSettings{Slots: []doc.Slot{{Kind: "time-left", Level: 2, Count: 3}}, Roster: true, Attempts: 2},
	)
	var roster []doc.RosterStudent
	for i := range 12 {
		roster = append(roster, doc.RosterStudent{Student: fmt.Sprintf("s-%02d", i)})
	}
	pins, err := r.SetRoster(t.Context(), r.id, r.key, roster)
	if err != nil {
		t.Fatal(err)
	}
	facts := func(a *doc.Attempt) (out []string) {
		for n := 1; n <= 3; n++ {
			out = append(out, r.key4(a, n).Facts)
		}
		return out
	}
	var before []string
	for i, s := range pins {
		a := r.join(s.Student, s.PIN)
		mine := facts(a)
		for n := range before {
			if before[n] == mine[n] {
				t.Errorf("%s and the neighbour are asked the same in question %d", s.Student, n+1)
			}
		}
		if i == 0 {
			if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
				t.Fatal(err)
			}
			if again := facts(r.join(s.Student, s.PIN)); strings.Join(again, "") != strings.Join(mine, "") {
				t.Error("the second attempt of per-student variants asks something else")
			}
		}
		before = mine
	}
}

// TestStatistics compares item analysis with figures worked out by hand: four students, two
// questions.
func TestStatistics(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: []doc.Slot{{Kind: "who-waits", Level: 1, Count: 3}}})
	marks := [][]bool{{true, true, true}, {true, true, false}, {true, false, false}, {false, false, true}}
	for i, row := range marks {
		a := r.join(fmt.Sprintf("s-%d", i), "")
		for n, right := range row {
			if _, err := r.save(a, n+1, 1, answerFor(t, r.key4(a, n+1), right)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
			t.Fatal(err)
		}
	}
	d, err := r.Statistics(t.Context(), r.id, r.key)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	// Question 1: marks 1 1 1 0, rest 2 1 0 1. Mean rest 1; covariance (0.25·1 + 0 − 0.25·1 + 0)/3
	// = 0.
	near("facility", d.Questions[0].Facility, 0.75)
	near("discrimination", d.Questions[0].Discrimination, 0)
	near("sd", d.Questions[0].SD, 0.5)
	// Question 2: marks 1 1 0 0, rest 2 1 1 1: covariance 1/6, variances 1/3 and 1/4.
	near("discrimination", d.Questions[1].Discrimination, 100*(1.0/6)/math.Sqrt(1.0/3*1/4))
	near("efficiency", d.Questions[1].Efficiency, 100)
	// Totals 3 2 1 1: variance 11/12; items 1/4 + 1/3 + 1/3.
	near("alpha", d.Alpha, 0)
	if d.Attempts != 4 || !d.Questions[0].Few {
		t.Errorf("n %d, few %v", d.Attempts, d.Questions[0].Few)
	}
	if len(d.Myths) == 0 || d.Myths[0].Chosen == 0 {
		t.Errorf("misconceptions: %+v", d.Myths)
	}
}

func TestCSV(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: waits, Roster: true})
	pins, err := r.SetRoster(
		t.Context(), r.id, r.key, []doc.RosterStudent{{Student: "=cmd", Name: "@a, \"b\"\nc"}, {Student: "z"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	a := r.join("=cmd", pins[0].PIN)
	if _, err := r.save(a, 3, 1, `"-1+1"`); err == nil {
		t.Log("read") // whether it can be read is quiz's business
	}
	rows, err := r.Results(t.Context(), r.id, r.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, shape := range Shapes {
		var b bytes.Buffer
		if err := WriteCSV(&b, rows, shape, "Closing", true); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", shape, err)
			continue
		}
		students := 0
		for _, line := range lines {
			for _, cell := range line {
				if cell != "" && strings.ContainsRune("=+@", rune(cell[0])) {
					t.Errorf("%s: the cell %q starts a formula", shape, cell)
				}
			}
			if strings.Contains(strings.Join(line, "|"), "'=cmd") || strings.Contains(strings.Join(line, "|"), "z") {
				students++
			}
		}
		if students < 2 {
			t.Errorf("%s: %d students, want the absent one too:\n%s", shape, students, b.String())
		}
	}
	var statements bytes.Buffer
	if err := WriteXAPI(&statements, rows, r.id, "https://lab.example/", "en"); err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	early := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		pointer string
		change  func(*doc.QuizSettings)
	}{
		{"/mode", func(s *doc.QuizSettings) { s.Mode = "test" }},
		{"/slots", func(s *doc.QuizSettings) { s.Slots = nil }},
		{"/slots/0/kind", func(s *doc.QuizSettings) { s.Slots[0].Kind = "riddle" }},
		{"/slots/0/level", func(s *doc.QuizSettings) { s.Slots[0].Level = 4 }},
		{"/slots/0/count", func(s *doc.QuizSettings) { s.Slots[0].Count = 101 }},
		{"/slots/0", func(s *doc.QuizSettings) { s.Slots[0].Topics = []string{"time-wait"} }},
		{"/time_limit", func(s *doc.QuizSettings) { s.TimeLimit = "20" }},
		{"/closes", func(s *doc.QuizSettings) { s.Closes = &early }},
		{"/hints", func(s *doc.QuizSettings) { s.Hints = 4 }},
		{"/lang/0", func(s *doc.QuizSettings) { s.Lang = []string{"de"} }},
	} {
		s := doc.QuizSettings{Slots: []doc.Slot{{Kind: "who-waits", Count: 1}}}
		test.change(&s)
		_, err := New(Config{Store: store.NewMemory()}).Create(t.Context(), s)
		if field := (*FieldError)(nil); !errors.As(err, &field) || field.Pointer != test.pointer {
			t.Errorf("%s: got %v", test.pointer, err)
		}
	}
	r := newRoom(t, doc.QuizSettings{Slots: waits})
	_, _, err := r.Change(t.Context(), r.id, r.key, 9, func(s *doc.QuizSettings) error { return nil })
	wantErr(t, err, ErrRevision)
	r.join("s", "")
	_, _, err = r.Change(
		t.Context(), r.id, r.key, 1, func(s *doc.QuizSettings) error { s.Slots[0].Count = 3; return nil },
	)
	if field := (*FieldError)(nil); !errors.As(err, &field) || field.Pointer != "/slots" {
		t.Errorf("slots of a quiz that has begun: got %v", err)
	}
	if _, rev, err := r.Change(t.Context(), r.id, r.key, 1, func(s *doc.QuizSettings) error { s.Title.En = "New"; return nil }); err != nil ||
		rev != 2 {
		t.Errorf("a new title: revision %d, %v", rev, err)
	}
}
