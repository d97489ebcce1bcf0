package quiz

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/lab/world/model"
)

// seeds is how many questions of each kind the tests look at.
const seeds = 500

func ask(t *testing.T, kind string, seed int64, lang string) Question {
	t.Helper()
	q, err := Ask(kind, seed, lang)
	if err != nil {
		t.Fatalf("Ask(%s, %d, %s): %v", kind, seed, lang, err)
	}
	return q
}

func mark(t *testing.T, token, answer, lang string) Grade {
	t.Helper()
	g, err := Mark(token, answer, lang)
	if err != nil {
		t.Fatalf("Mark(%s, %q, %s): %v", token, answer, lang, err)
	}
	return g
}

func eachQuestion(t *testing.T, check func(t *testing.T, kind string, seed int64)) {
	t.Helper()
	for _, kind := range Kinds {
		t.Run(kind, func(t *testing.T) {
			for seed := range int64(seeds) {
				check(t, kind, seed)
			}
			check(t, kind, -1)
			check(t, kind, 1<<53-1)
		})
	}
}

func TestSameQuestionInBothLanguages(t *testing.T) {
	eachQuestion(t, func(t *testing.T, kind string, seed int64) {
		en, zh := ask(t, kind, seed, "en"), ask(t, kind, seed, "zh")
		if diff := cmp.Diff(en, ask(t, kind, seed, "en")); diff != "" {
			t.Fatalf("seed %d: asked twice (-first +second):\n%s", seed, diff)
		}
		if en.Token != zh.Token {
			t.Errorf("seed %d: got tokens %s and %s, want the same", seed, en.Token, zh.Token)
		}
		if !isChinese(zh.Text) || isChinese(en.Text) {
			t.Errorf("seed %d: got texts %q and %q, want English and Chinese", seed, en.Text, zh.Text)
		}
		if got, want := withoutComments(zh.Script), withoutComments(en.Script); got != want {
			t.Errorf("seed %d: got script\n%s\nin Chinese, want\n%s", seed, got, want)
		}
		if got, want := ids(zh), ids(en); !slices.Equal(got, want) {
			t.Errorf("seed %d: got choices %v in Chinese, want %v", seed, got, want)
		}
	})
}

func TestExactlyOneChoiceIsRight(t *testing.T) {
	eachQuestion(t, func(t *testing.T, kind string, seed int64) {
		en, zh := ask(t, kind, seed, "en"), ask(t, kind, seed, "zh")
		texts := map[string]bool{}
		right := 0
		for i, c := range en.Choices {
			texts[c.Text] = true
			g := mark(t, en.Token, c.ID, "en")
			if g.Correct {
				right++
			}
			if g.Correct != (g.Right == c) || g.Correct != (g.Score == 1) || !g.Correct && g.Score != 0 {
				t.Errorf("seed %d, answer %s: got %+v", seed, c.ID, g)
			}
			for _, spelling := range []string{c.Text, zh.Choices[i].Text, " " + strings.ToUpper(c.ID) + ". "} {
				if got := mark(t, en.Token, spelling, "en"); got.Correct != g.Correct {
					t.Errorf("seed %d: answer %q is marked otherwise than %s", seed, spelling, c.ID)
				}
			}
		}
		if right != 1 || len(texts) != len(en.Choices) {
			t.Errorf("seed %d: got %d right ones among %v, want one, and all choices apart", seed, right, en.Choices)
		}
	})
}

func TestGradeSaysWhy(t *testing.T) {
	eachQuestion(t, func(t *testing.T, kind string, seed int64) {
		q := ask(t, kind, seed, "en")
		en, zh := mark(t, q.Token, q.Choices[0].ID, "en"), mark(t, q.Token, q.Choices[0].ID, "zh")
		if en.Why.Rule == "" || en.Why.Text == "" || en.Why.Source == "" || isChinese(en.Why.Text) ||
			isChinese(en.Why.Remedy) {
			t.Errorf("seed %d: got why %+v, want rule, text and source in English", seed, en.Why)
		}
		if !isChinese(zh.Why.Text) || en.Why.Remedy != "" && !isChinese(zh.Why.Remedy) {
			t.Errorf("seed %d: got why %+v, want Chinese", seed, zh.Why)
		}
		if en.Right.ID != zh.Right.ID || en.Experiment != zh.Experiment {
			t.Errorf("seed %d: got %+v in English and %+v in Chinese", seed, en, zh)
		}
	})
}

// The key of a question about bind is what anybody gets who runs the question's script.
func TestScriptGivesTheKey(t *testing.T) {
	for seed := range int64(seeds) {
		q := ask(t, WillItBind, seed, "zh")
		run, err := model.Run(q.Script, "linux")
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, q.Script)
		}
		got := run.Results[len(run.Results)-1].Result
		if g := mark(t, q.Token, got, "en"); !g.Correct {
			t.Errorf("seed %d: the script ends with %s, the key is %+v\n%s", seed, got, g.Right, q.Script)
		}
	}
}

func TestAnswersAreSpreadOut(t *testing.T) {
	for kind, want := range map[string][]string{
		NextState: {"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
			"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"},
		WillItBind: {"Yes, bind() succeeds", "No, bind() fails with EADDRINUSE"},
	} {
		answers, places, texts := map[string]int{}, map[string]int{}, map[string]bool{}
		for seed := range int64(seeds) {
			q := ask(t, kind, seed, "en")
			g := mark(t, q.Token, q.Choices[0].ID, "en")
			answers[g.Right.Text]++
			places[g.Right.ID]++
			texts[q.Text] = true
		}
		for _, a := range want {
			if answers[a] == 0 {
				t.Errorf("%s: %s is never right", kind, a)
			}
			if answers[a] > seeds*6/10 {
				t.Errorf("%s: %s is right in %d of %d, too often", kind, a, answers[a], seeds)
			}
		}
		for id, n := range places {
			if n < seeds/len(places)*6/10 {
				t.Errorf("%s: choice %s is right in %d of %d, too seldom", kind, id, n, seeds)
			}
		}
		if len(texts) < 60 {
			t.Errorf("%s: got %d questions from %d seeds, want more", kind, len(texts), seeds)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if q, err := Ask("riddle", 1, "en"); !errors.Is(err, ErrKind) {
		t.Errorf("got %+v, %v, want ErrKind", q, err)
	}
}

func TestChangedTokens(t *testing.T) {
	for _, kind := range Kinds {
		token := ask(t, kind, 7, "en").Token
		for i := range token {
			for _, c := range "Aa0_-" {
				changed := token[:i] + string(c) + token[i+1:]
				if changed == token {
					continue
				}
				if g, err := Mark(changed, "a", "en"); !errors.Is(err, ErrToken) {
					t.Errorf("token %s instead of %s: got %+v, %v, want ErrToken", changed, token, g, err)
				}
			}
		}
		for _, bad := range []string{"", "x", token[1:], token + "A", token + "=", strings.Repeat("A", len(token)), strings.Repeat("é", 12)} {
			if _, err := Mark(bad, "a", "en"); !errors.Is(err, ErrToken) {
				t.Errorf("token %q: got %v, want ErrToken", bad, err)
			}
		}
	}
}

func TestNoSuchAnswer(t *testing.T) {
	for _, kind := range Kinds {
		q := ask(t, kind, 7, "en")
		for _, bad := range []string{"", "  ", "z", "。", "perhaps", "TIME-WAIT, or not", strings.Repeat("a", maxAnswer+1), "\xff"} {
			if g, err := Mark(q.Token, bad, "en"); !errors.Is(err, ErrAnswer) {
				t.Errorf("%s, answer %.20q: got %+v, %v, want ErrAnswer", kind, bad, g, err)
			}
		}
	}
	// A state that exists but was not offered is an answer, and wrong.
	q := ask(t, NextState, 7, "en")
	for _, s := range fsm.States {
		offered := slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.Text == string(s) })
		g, err := Mark(q.Token, string(s), "en")
		if err != nil || !offered && (g.Score != 0 || g.ReadAs != string(s)) {
			t.Errorf("answer %s: got %+v, %v, offered is %t", s, g, err, offered)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("AQEAAAAAAAAAAMDoLm27GMiy", "TIME_WAIT")
	f.Add("AQIAAAAAAAAAALQZKj5cLy0Y", "不会")
	f.Fuzz(func(t *testing.T, token, answer string) {
		if _, err := Mark(token, answer, "zh"); err != nil && !errors.Is(err, ErrToken) && !errors.Is(err, ErrAnswer) {
			t.Errorf("Mark(%q, %q): %v", token, answer, err)
		}
	})
}

func ids(q Question) []string {
	var out []string
	for _, c := range q.Choices {
		out = append(out, c.ID)
	}
	return out
}

func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x3000 })
}

func withoutComments(script string) string {
	var out []string
	for _, line := range strings.Split(script, "\n") {
		if !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
