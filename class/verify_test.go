package class

import (
	"context"
	"errors"
	"strings"
	"testing"

	"fourwave/api/doc"
	"fourwave/quiz"
	"fourwave/store"
)

// liar is a kernel that says what the model says, but for some questions.
type liar struct {
	of    map[string]*quiz.Item // by script
	lies  map[string]bool       // facts of questions on which it differs
	asked []string              // facts, in order
	learn func()                // what is asked now, for a question that was replaced
}

func (l *liar) run(_ context.Context, script string) ([]string, error) {
	it := l.of[script]
	if it == nil && l.learn != nil {
		l.learn()
		it = l.of[script]
	}
	if it == nil {
		return nil, errors.New("no such script")
	}
	l.asked = append(l.asked, it.Facts)
	out := append([]string{}, it.Proof().Want...)
	if l.lies[it.Facts] {
		out[len(out)-1] = "LISTEN"
	}
	return out, nil
}

// verifiedRoom is a quiz of three questions that are proved on a liar's kernel.
func verifiedRoom(t *testing.T, variants string) (*room, *liar) {
	t.Helper()
	r := newRoom(t, doc.QuizSettings{Slots: []doc.Slot{{Kind: "who-waits", Level: 1, Count: 1}}})
	l := &liar{of: map[string]*quiz.Item{}, lies: map[string]bool{}}
	r.Run, r.Kernel = l.run, "6.18.0"
	q, err := r.Create(
		t.Context(),
		doc.QuizSettings{
			Slots: []doc.Slot{{Kind: "who-waits", Level: 1, Count: 3}}, Variants: variants, Verify: "kernel",
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	r.id, r.key = q.ID, q.TeacherKey
	return r, l
}

// know tells the liar the questions as they stand.
func (l *liar) know(t *testing.T, r *room) []*quiz.Item {
	t.Helper()
	q, s, err := r.load(t.Context(), r.id)
	if err != nil {
		t.Fatal(err)
	}
	items, err := r.draw(t.Context(), q, s, variant{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		l.of[it.Proof().Script] = it
	}
	return items
}

// TestVerifiedOn: what the kernel agrees on says so to students, and is not run again for another
// quiz.
func TestVerifiedOn(t *testing.T) {
	r, l := verifiedRoom(t, OneForAll)
	l.know(t, r)
	if q := r.quiz(); q.Status != "verifying" || q.Verified != "0 of 3" {
		t.Errorf("before: %s, %s", q.Status, q.Verified)
	}
	if err := r.Verify(t.Context(), r.id, nil); err != nil {
		t.Fatal(err)
	}
	a := r.join("s", "")
	for _, q := range a.Questions {
		if q.VerifiedOn != "6.18.0" {
			t.Errorf("question %d is verified on %q", q.N, q.VerifiedOn)
		}
	}
	if q := r.quiz(); q.Status != "open" || q.Verified != "3 of 3" || len(l.asked) != 3 {
		t.Errorf("after: %s, %s, %d runs", q.Status, q.Verified, len(l.asked))
	}
	if err := r.Verify(t.Context(), r.id, nil); err != nil || len(l.asked) != 3 {
		t.Errorf("verified twice: %v, %d runs", err, len(l.asked))
	}
}

// TestDisagreementReplaces: before anybody has begun, a question on which the kernel differs is
// replaced, and the difference is kept with both stories.
func TestDisagreementReplaces(t *testing.T) {
	r, l := verifiedRoom(t, OneForAll)
	bad := l.know(t, r)[1]
	l.learn = func() { l.know(t, r) }
	l.lies[bad.Facts] = true
	var found []string
	err := r.Verify(t.Context(), r.id, func(it *quiz.Item, d []quiz.Disagreement) {
		found = append(found, it.Facts)
		if len(d) != 1 || d[0].Kernel != "LISTEN" {
			t.Errorf("the disagreement is %+v", d)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0] != bad.Facts {
		t.Errorf("disagreements on %v, want %s", found, bad.Facts)
	}
	if now := l.know(t, r)[1]; now.Facts == bad.Facts {
		t.Error("the question is still asked")
	}
	if q := r.quiz(); len(q.Withdrawn) != 0 || q.Verified != "3 of 3" {
		t.Errorf("withdrawn %v, verified %s", q.Withdrawn, q.Verified)
	}
	err = r.Store.View(t.Context(), func(tx store.Tx) error {
		v, err := tx.Verification(bad.Facts, "6.18.0")
		if err == nil && (v.Agrees || v.Model == "" || !strings.Contains(v.Found, "LISTEN") || v.Script == "") {
			t.Errorf("the difference is kept as %+v", v)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestDisagreementWithdraws: once somebody was asked it, a question on which the kernel differs
// counts full for all.
func TestDisagreementWithdraws(t *testing.T) {
	r, l := verifiedRoom(t, OneForAll)
	bad := l.know(t, r)[0]
	l.lies[bad.Facts] = true
	a := r.join("s", "")
	if _, err := r.save(a, 1, 1, answerFor(t, bad, false)); err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(t.Context(), r.id, nil); err != nil {
		t.Fatal(err)
	}
	if q := r.quiz(); len(q.Withdrawn) != 1 || q.Withdrawn[0] != 1 {
		t.Errorf("withdrawn %v, want question 1", q.Withdrawn)
	}
	if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
		t.Fatal(err)
	}
	if res, err := r.Result(t.Context(), a.ID, a.Secret); err != nil || res.Questions[0].Score != res.Questions[0].Max {
		t.Errorf("the wrong answer to it scores %+v, %v, want full points", res.Questions[0], err)
	}
	asked, err := r.Questions(t.Context(), r.id, r.key, "", "en", true)
	if err != nil || asked[0].Differs == nil || asked[0].Differs.Found != "LISTEN" || asked[1].Differs != nil {
		t.Errorf("the teacher is shown %+v, %v, want what differs in question 1", asked, err)
	}
	log, err := r.Audit(t.Context(), r.id, r.key)
	if err != nil || len(log) != 1 || log[0].Who != "kernel" {
		t.Errorf("the audit says %+v, %v", log, err)
	}
}

// TestProofsThatDoNotRun: where the kernel cannot run a proof there is none, and no finding either.
func TestProofsThatDoNotRun(t *testing.T) {
	r, l := verifiedRoom(t, PerStudent)
	if err := r.Verify(t.Context(), r.id, nil); err != nil { // the kernel runs none of its scripts
		t.Fatal(err)
	}
	a := r.join("s", "")
	if len(l.asked) != 0 || a.Questions[0].VerifiedOn != "" || r.quiz().Status != "open" {
		t.Errorf("%d runs, verified on %q, %s", len(l.asked), a.Questions[0].VerifiedOn, r.quiz().Status)
	}
}
