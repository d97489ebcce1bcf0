package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStores runs the same suite over all implementations.
func TestStores(t *testing.T) {
	t.Run("memory", func(t *testing.T) { suite(t, func(t *testing.T) Store { return NewMemory() }) })
	t.Run("sqlite", func(t *testing.T) {
		suite(t, func(t *testing.T) Store { return open(t, filepath.Join(t.TempDir(), "data")) })
	})
	t.Run("postgres", func(t *testing.T) {
		server := startPostgres(t)
		suite(t, func(t *testing.T) Store { return open(t, server.database(t)) })
	})
}

func open(t *testing.T, address string) Store {
	t.Helper()
	s, err := Open(t.Context(), address)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func suite(t *testing.T, fresh func(*testing.T) Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Store)
	}{
		{"labs", testLabs}, {"keys", testKeys}, {"secrets", testSecrets}, {"quiz", testQuiz},
		{"attempts", testAttempts},
		{"answers", testAnswers}, {"events", testEvents}, {"delete quiz", testDeleteQuiz}, {"undo", testUndo},
		{"concurrent events", testConcurrentEvents}, {"concurrent answers", testConcurrentAnswers},
		{"watch", testWatch},
		{"closed", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, fresh(t)) })
	}
}

// mustUpdate runs f and fails the test if it does not succeed.
func mustUpdate(t *testing.T, s Store, f func(Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func mustView(t *testing.T, s Store, f func(Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), f); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// wantErr runs f in an update and wants it to see the error.
func wantErr(t *testing.T, s Store, want error, f func(Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// same compares what was read; nil and empty are the same to a database.
func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.Transformer("bytes", func(b []byte) string { return string(b) })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 123_000, time.UTC)

func testLabs(t *testing.T, s Store) {
	for i, status := range []string{"done", "running", "done", "failed"} {
		l := &Lab{ID: fmt.Sprintf("lab-%d", i), Owner: []string{"", "ann"}[i%2],
			Created: noon.Add(time.Duration(i) * time.Second),
			Status:  status, Spec: []byte(`{"script":"+0"}`), Seen: []byte{0, 255}}
		mustUpdate(t, s, func(tx Tx) error { return tx.PutLab(l) })
	}
	changed := &Lab{ID: "lab-1", Owner: "ann", Created: noon, Status: "cancelled", Spec: []byte(`{}`)}
	mustUpdate(t, s, func(tx Tx) error { return tx.PutLab(changed) })
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Lab("lab-1")
		same(t, got, changed)
		newest, _ := tx.Labs("", "", 2)
		same(t, ids(newest), []string{"lab-3", "lab-2"})
		older, _ := tx.Labs("", "lab-2", 5)
		same(t, ids(older), []string{"lab-1", "lab-0"})
		hers, _ := tx.Labs("ann", "", 5)
		same(t, ids(hers), []string{"lab-3", "lab-1"})
		oldest, _ := tx.OldestLabs(2)
		same(t, ids(oldest), []string{"lab-0", "lab-1"})
		n, bytes, _ := tx.LabTotals("ann")
		if want := changed.Size() + int64(len("lab-3ann")+len(`{"script":"+0"}`)+2); n != 2 || bytes != want {
			t.Errorf("got %d labs of %d bytes, want 2 of %d", n, bytes, want)
		}
		return err
	})
	mustUpdate(t, s, func(tx Tx) error { return tx.DeleteLab("lab-0") })
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.DeleteLab("lab-0") })
	wantErr(t, s, ErrNotFound, func(tx Tx) error { _, err := tx.Lab("lab-0"); return err })
}

func ids(labs []LabSummary) (out []string) {
	for _, l := range labs {
		out = append(out, l.ID)
	}
	return out
}

func testKeys(t *testing.T, s Store) {
	k := &Key{Hash: "h", Body: "b", At: noon}
	mustUpdate(t, s, func(tx Tx) error { return tx.AddKey(k) })
	mustUpdate(t, s, func(tx Tx) error { // a transaction goes on after ErrExists
		if err := tx.AddKey(k); !errors.Is(err, ErrExists) {
			t.Errorf("a second key: got %v, want ErrExists", err)
		}
		k.Status, k.Answer = 201, []byte("made")
		return tx.SetKey(k)
	})
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Key("h")
		same(t, got, k)
		return err
	})
	mustUpdate(t, s, func(tx Tx) error {
		n, err := tx.DeleteKeysBefore(noon)
		if n != 0 {
			t.Errorf("deleted %d keys, want none", n)
		}
		return err
	})
	mustUpdate(t, s, func(tx Tx) error {
		n, err := tx.DeleteKeysBefore(noon.Add(time.Microsecond))
		if n != 1 {
			t.Errorf("deleted %d keys, want 1", n)
		}
		return err
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.SetKey(k) })
	for i := range 5 {
		mustUpdate(t, s, func(tx Tx) error {
			return tx.AddKey(&Key{Hash: fmt.Sprint(9 - i), At: noon.Add(time.Duration(i) * time.Second)})
		})
	}
	mustUpdate(t, s, func(tx Tx) error {
		n, err := tx.TrimKeys(2)
		if n != 3 {
			t.Errorf("trimmed %d keys, want 3", n)
		}
		_, gone := tx.Key("7")
		_, kept := tx.Key("6")
		if !errors.Is(gone, ErrNotFound) || kept != nil {
			t.Errorf("the third oldest: %v, the fourth: %v; want the oldest trimmed", gone, kept)
		}
		return err
	})
}

func testSecrets(t *testing.T, s Store) {
	for _, r := range []*Secret{{Hash: "a", Kind: "runner", Subject: "bsd", Created: noon},
		{Hash: "b", Kind: "session", Subject: "ann", Created: noon, Expires: noon.Add(time.Hour)}} {
		mustUpdate(t, s, func(tx Tx) error { return tx.AddSecret(r) })
		mustView(t, s, func(tx Tx) error {
			got, err := tx.Secret(r.Hash)
			same(t, got, r)
			return err
		})
	}
	mustUpdate(t, s, func(tx Tx) error {
		n, err := tx.DeleteSecretsExpiredBefore(noon.Add(2 * time.Hour))
		if n != 1 {
			t.Errorf("deleted %d secrets, want the one that expires", n)
		}
		return err
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.DeleteSecret("b") })
	mustUpdate(t, s, func(tx Tx) error { return tx.DeleteSecret("a") })
}

func aQuiz(id string) *Quiz {
	return &Quiz{ID: id, Code: "CODE" + id, KeyHash: "k", Settings: []byte(`{"mode":"exam"}`), Secret: []byte{1, 2, 3},
		Status: "open", Revision: 1, Created: noon, Opens: noon}
}

func testQuiz(t *testing.T, s Store) {
	q := aQuiz("q1")
	mustUpdate(t, s, func(tx Tx) error { return tx.AddQuiz(q) })
	wantErr(t, s, ErrExists, func(tx Tx) error { return tx.AddQuiz(q) })
	wantErr(t, s, ErrExists, func(tx Tx) error { r := aQuiz("q2"); r.Code = q.Code; return tx.AddQuiz(r) })
	q.Status, q.Revision, q.Closes = "closed", 2, noon.Add(time.Hour)
	mustUpdate(t, s, func(tx Tx) error { return tx.SetQuiz(q) })
	mustUpdate(t, s, func(tx Tx) error { return tx.AddQuiz(aQuiz("q0")) })
	mustUpdate(t, s, func(tx Tx) error {
		locked, err := tx.LockQuiz("q1")
		same(t, locked, q)
		byCode, _ := tx.QuizByCode(q.Code)
		same(t, byCode, q)
		after, _ := tx.Quizzes("q0", 5)
		same(t, after, []*Quiz{q})
		return err
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { _, err := tx.Quiz("none"); return err })
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.SetQuiz(aQuiz("none")) })
	student := &Student{Quiz: "q1", Student: "s-2", Name: "李 'n' <b>", PINHash: "p", ExtraTime: 1.25}
	mustUpdate(t, s, func(tx Tx) error { return tx.PutStudent(&Student{Quiz: "q1", Student: "s-2"}) })
	mustUpdate(t, s, func(tx Tx) error { return tx.PutStudent(student) })
	mustUpdate(t, s, func(tx Tx) error { return tx.PutStudent(&Student{Quiz: "q1", Student: "S-1"}) })
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.PutStudent(&Student{Quiz: "none", Student: "s"}) })
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Student("q1", "s-2")
		same(t, got, student)
		roster, _ := tx.Roster("q1")
		same(t, roster, []*Student{{Quiz: "q1", Student: "S-1"}, student}) // in the order of bytes
		return err
	})
	v := &Verification{Facts: "f", Kernel: "6.18.44", At: noon, Agrees: true, Script: "+0", Model: "ok", Found: "ok"}
	mustUpdate(t, s, func(tx Tx) error { return tx.PutVerification(v) })
	v.Agrees = false
	mustUpdate(t, s, func(tx Tx) error { return tx.PutVerification(v) })
	mustView(t, s, func(tx Tx) error { got, err := tx.Verification("f", "6.18.44"); same(t, got, v); return err })
}

func anAttempt(id, student string) *Attempt {
	return &Attempt{ID: id, Quiz: "q1", Student: student, No: 1, SecretHash: "s", PINHash: "p", Lang: "zh",
		Started:  noon,
		Deadline: noon.Add(20 * time.Minute), Max: 20, Rated: true}
}

func testAttempts(t *testing.T, s Store) {
	mustUpdate(t, s, func(tx Tx) error { return tx.AddQuiz(aQuiz("q1")) })
	wantErr(t, s, ErrNotFound, func(tx Tx) error {
		a := anAttempt("a9",
			"s")
		a.Quiz = "none"
		return tx.AddAttempt(a)
	})
	first, second, open := anAttempt("a1", "s-2"), anAttempt("a2", "s-2"), anAttempt("a3", "s-1")
	second.No, second.Deadline, open.Deadline = 2, noon.Add(10*time.Minute), time.Time{}
	for _, a := range []*Attempt{first, second, open} {
		mustUpdate(t, s, func(tx Tx) error { return tx.AddAttempt(a) })
	}
	wantErr(t, s, ErrExists, func(tx Tx) error { return tx.AddAttempt(anAttempt("a4", "s-2")) })
	mustView(t, s, func(tx Tx) error {
		every, err := tx.Attempts("q1")
		same(t, every, []*Attempt{open, first, second})
		hers, _ := tx.AttemptsOf("q1", "s-2")
		same(t, hers, []*Attempt{first, second})
		due, _ := tx.DueAttempts(noon.Add(20*time.Minute), 10)
		same(t, due, []*Attempt{second, first})
		none, _ := tx.DueAttempts(noon.Add(9*time.Minute), 10)
		same(t, len(none), 0)
		return err
	})
	second.Submitted, second.Score, second.Void = noon.Add(time.Minute), 12.5, true
	mustUpdate(t, s, func(tx Tx) error { return tx.SetAttempt(second) })
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Attempt("a2")
		same(t, got, second)
		due, _ := tx.DueAttempts(noon.Add(time.Hour), 10)
		same(t, due, []*Attempt{first})
		return err
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.SetAttempt(anAttempt("none", "s")) })
	items := []*Item{{Attempt: "a1", N: 1, Kind: "time-left", GenVersion: 2, Seed: 1<<53 - 1, Level: 3, Facts: "f",
		Shown: []byte("{}"), Key: []byte("48")},
		{Attempt: "a1", N: 2, Kind: "who-waits"}}
	mustUpdate(t, s, func(tx Tx) error { return tx.AddItems(items) })
	wantErr(t, s, ErrExists, func(tx Tx) error { return tx.AddItems(items[1:]) })
	items[1].Level = 2
	mustUpdate(t, s, func(tx Tx) error { return tx.SetItem(items[1]) })
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Items("a1")
		same(t, got, items)
		second, _ := tx.Item("a1", 2)
		same(t, second, items[1])
		if _, err := tx.Item("a1", 3); !errors.Is(err, ErrNotFound) {
			t.Errorf("an item that is not there: %v", err)
		}
		of, _ := tx.ItemsOf("q1")
		same(t, of, items)
		return err
	})
}

func testAnswers(t *testing.T, s Store) {
	mustUpdate(t, s, func(tx Tx) error {
		return errors.Join(tx.AddQuiz(aQuiz("q1")),
			tx.AddAttempt(anAttempt("a1", "s")))
	})
	for _, a := range []*Answer{{Attempt: "a1", N: 1, Revision: 3, At: noon, Body: []byte("null"), Myth: "tw-240"},
		{Attempt: "a1", N: 1, Revision: 10, At: noon, Body: []byte(`{"number":"48"}`), Score: 0.5, Parts: []byte("[]")},
		{Attempt: "a1", N: 10, Revision: 1, At: noon, Body: []byte("1")},
		{Attempt: "a1", N: 2, Revision: 1, At: noon, Body: []byte("2")}} {
		mustUpdate(t, s, func(tx Tx) error { return tx.AddAnswer(a) })
	}
	wantErr(t, s, ErrExists, func(tx Tx) error { return tx.AddAnswer(&Answer{Attempt: "a1", N: 1, Revision: 3}) })
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.AddAnswer(&Answer{Attempt: "none", N: 1}) })
	mustUpdate(t, s, func(tx Tx) error {
		return tx.SetMark(&Answer{Attempt: "a1", N: 1, Revision: 10, Score: 1, Parts: []byte("[1]"), Myth: "both-wait"})
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.SetMark(&Answer{Attempt: "a1", N: 1, Revision: 11}) })
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Answers("a1")
		var n []string
		for _, a := range got {
			n = append(n, fmt.Sprintf("%d/%d", a.N, a.Revision))
		}
		same(t, n, []string{"1/10", "2/1", "10/1"})
		one, _ := tx.Answer("a1", 1)
		same(t, one, &Answer{Attempt: "a1", N: 1, Revision: 10, At: noon, Body: []byte(`{"number":"48"}`), Score: 1,
			Parts: []byte("[1]"), Myth: "both-wait"})
		of, _ := tx.AnswersOf("q1")
		same(t, of, got)
		return err
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { _, err := tx.Answer("a1", 3); return err })
	hints := []*Hint{{Attempt: "a1", N: 1, K: 1, At: noon, Cost: 0.1}, {Attempt: "a1", N: 1, K: 2, At: noon, Cost: 0.1}}
	for _, h := range hints {
		mustUpdate(t, s, func(tx Tx) error { return tx.AddHint(h) })
	}
	wantErr(t, s, ErrExists, func(tx Tx) error { return tx.AddHint(hints[0]) })
	mustView(t, s, func(tx Tx) error { got, err := tx.Hints("a1"); same(t, got, hints); return err })
}

func testEvents(t *testing.T, s Store) {
	mustUpdate(t, s, func(tx Tx) error { return errors.Join(tx.AddQuiz(aQuiz("q1")), tx.AddQuiz(aQuiz("q10"))) })
	for i := range 12 {
		quiz := []string{"q1", "q10"}[i%2]
		mustUpdate(t, s, func(tx Tx) error {
			return errors.Join(tx.AddEvent(&Event{Quiz: quiz, At: noon, Kind: "saved", Body: []byte("{}")}),
				tx.AddAudit(&Audit{Quiz: quiz, At: noon, Who: "teacher", What: "x"}))
		})
	}
	mustUpdate(t, s, func(tx Tx) error { return tx.SetQuiz(aQuiz("q1")) }) // does not touch the counter
	mustUpdate(t, s, func(tx Tx) error {
		e := &Event{Quiz: "q1", At: noon, Kind: "submitted"}
		err := tx.AddEvent(e)
		same(t, e.Seq, int64(7))
		return err
	})
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Events("q1", 4, 2)
		var seqs []int64
		for _, e := range got {
			seqs = append(seqs, e.Seq)
		}
		same(t, seqs, []int64{5, 6})
		audits, _ := tx.Audits("q10")
		same(t, len(audits), 6)
		same(t, audits[5], &Audit{Quiz: "q10", Seq: 6, At: noon, Who: "teacher", What: "x"})
		return err
	})
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.AddEvent(&Event{Quiz: "none"}) })
}

func testDeleteQuiz(t *testing.T, s Store) {
	mustUpdate(t, s, func(tx Tx) error {
		return errors.Join(tx.AddQuiz(aQuiz("q1")), tx.PutStudent(&Student{Quiz: "q1", Student: "s"}),
			tx.AddAttempt(anAttempt("a1", "s")), tx.AddItems([]*Item{{Attempt: "a1", N: 1}}),
			tx.AddAnswer(&Answer{Attempt: "a1", N: 1, Revision: 1}), tx.AddHint(&Hint{Attempt: "a1", N: 1, K: 1}),
			tx.AddEvent(&Event{Quiz: "q1"}), tx.AddAudit(&Audit{Quiz: "q1"}))
	})
	mustUpdate(t, s, func(tx Tx) error { return tx.DeleteQuiz("q1") })
	wantErr(t, s, ErrNotFound, func(tx Tx) error { return tx.DeleteQuiz("q1") })
	mustView(t, s, func(tx Tx) error {
		roster, err1 := tx.Roster("q1")
		attempts, err2 := tx.Attempts("q1")
		items, err3 := tx.Items("a1")
		answers, err4 := tx.Answers("a1")
		hints, err5 := tx.Hints("a1")
		events, err6 := tx.Events("q1", 0, 9)
		audits, err7 := tx.Audits("q1")
		due, err8 := tx.DueAttempts(noon.Add(time.Hour), 9)
		if n := len(roster) + len(attempts) + len(items) + len(answers) + len(hints) + len(events) + len(audits) + len(
			due); n != 0 {
			t.Errorf("%d rows are left of a deleted quiz", n)
		}
		return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8)
	})
	mustUpdate(t, s, func(tx Tx) error { return tx.AddQuiz(aQuiz("q1")) }) // its code is free again
}

// testUndo: an update that fails leaves nothing, and its neighbours in the same commit stay.
func testUndo(t *testing.T, s Store) {
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := s.Update(context.Background(), func(tx Tx) error {
				if err := tx.PutLab(&Lab{ID: fmt.Sprintf("lab-%02d", i), Status: "done"}); err != nil {
					return err
				}
				if i%2 == 1 {
					return errors.New("changed my mind")
				}
				return nil
			})
			if (err != nil) != (i%2 == 1) {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	mustView(t, s, func(tx Tx) error {
		n, _, err := tx.LabTotals("")
		if n != 20 {
			t.Errorf("%d labs are kept, want the 20 whose update succeeded", n)
		}
		return err
	})
}

// testConcurrentEvents: numbers have no gaps, whoever writes.
func testConcurrentEvents(t *testing.T, s Store) {
	mustUpdate(t, s, func(tx Tx) error { return tx.AddQuiz(aQuiz("q1")) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				mustUpdate(t, s, func(tx Tx) error { return tx.AddEvent(&Event{Quiz: "q1", At: noon}) })
			}
		})
	}
	wg.Wait()
	mustView(t, s, func(tx Tx) error {
		got, err := tx.Events("q1", 0, 1000)
		if len(got) != 80 || got[79].Seq != 80 {
			t.Errorf("%d events, the last numbered %d, want 80 and 80", len(got), got[len(got)-1].Seq)
		}
		return err
	})
}

// testConcurrentAnswers: of two savers with the same next revision one wins, since the attempt is
// locked while it is read and written.
func testConcurrentAnswers(t *testing.T, s Store) {
	mustUpdate(t, s, func(tx Tx) error {
		return errors.Join(tx.AddQuiz(aQuiz("q1")),
			tx.AddAttempt(anAttempt("a1", "s")))
	})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 10 {
				mustUpdate(t, s, func(tx Tx) error {
					if _, err := tx.Attempt("a1"); err != nil {
						return err
					}
					next := &Answer{Attempt: "a1", N: 1, Revision: 1, At: noon}
					if last, err := tx.Answer("a1", 1); err == nil {
						next.Revision = last.Revision + 1
					}
					return tx.AddAnswer(next)
				})
			}
		})
	}
	wg.Wait()
	mustView(t, s, func(tx Tx) error {
		last, err := tx.Answer("a1", 1)
		if err == nil && last.Revision != 60 {
			t.Errorf("the last revision is %d, want 60", last.Revision)
		}
		return err
	})
}

func testWatch(t *testing.T, s Store) {
	wake, stop := s.Watch("quiz/1")
	other, stopOther := s.Watch("quiz/2")
	defer stopOther()
	select { // PostgreSQL wakes all once it listens
	case <-wake:
	case <-time.After(200 * time.Millisecond):
	}
	for len(other) > 0 {
		<-other
	}
	if err := s.Notify(context.Background(), "quiz/1"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-wake:
	case <-time.After(10 * time.Second):
		t.Error("a watcher was not woken")
	}
	select {
	case <-other:
		t.Error("a watcher of another topic was woken")
	default:
	}
	stop()
	if err := s.Notify(context.Background(), "quiz/1"); err != nil {
		t.Error(err)
	}
}

func testClosed(t *testing.T, s Store) {
	if err := s.Check(context.Background()); err != nil {
		t.Errorf("check: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wantErr(t, s, ErrUnavailable, func(tx Tx) error { return nil })
}
