package quiz

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rightAnswer is the answer that an item's key asks for.
func rightAnswer(it *Item) Answer {
	a := Answer{Parts: map[string]Answer{}}
	for i := range it.Parts {
		a.Parts[it.Parts[i].ID] = it.Parts[i].rightAnswer()
	}
	if len(it.Parts) == 1 {
		return a.Parts["p1"]
	}
	return a
}

func (p *Part) rightAnswer() Answer {
	str := func(s string) *string { return &s }
	switch p.Interaction {
	case ByChoice:
		return Answer{Choice: str(p.right().ID)}
	case ByLine:
		l := Loose(p.right().ID)
		return Answer{Line: &l}
	case ByNumber:
		l := Loose(formatNumber(p.Key, p.Unit))
		return Answer{Number: &l}
	case ByMatch, ByFields:
		m := map[string]Loose{}
		for _, f := range p.Fields {
			m[f.ID] = Loose(f.Key)
		}
		return Answer{Fields: m}
	case ByChoices:
		ids := []string{}
		for _, o := range p.Options {
			if o.Right {
				ids = append(ids, o.ID)
			}
		}
		return Answer{Choices: &ids}
	case ByOrder:
		ids := strings.Split(p.Right.En, ", ")
		return Answer{Order: &ids}
	case ByScript:
		return Answer{Script: str("# mine\n" + strings.Join(p.Goal.Example, " = ok   # so\n") + "\n")}
	}
	ids := slices.Clone(p.Goal.Example)
	return Answer{Steps: &ids}
}

func TestTheKeyScoresOne(t *testing.T) {
	eachItem(t, perLevel(), func(t *testing.T, it *Item) {
		a := rightAnswer(it)
		for _, lang := range []string{"en", "zh"} {
			g, err := it.Mark(a, lang)
			if err != nil || !g.Correct || g.Score != 1 {
				t.Errorf("%s seed %d level %d: got %+v, %v, want 1", it.Kind, it.Seed, it.Level, g, err)
			}
			if hole.MatchString(g.Feedback + g.Why.Text + g.Right.Text) {
				t.Errorf("%s seed %d level %d: unfinished feedback %q", it.Kind, it.Seed, it.Level, g.Feedback)
			}
			sum := 0.0
			for _, p := range g.Parts {
				sum += p.Score
			}
			if sum < .999 || sum > 1.001 {
				t.Errorf("%s seed %d: the parts add up to %v", it.Kind, it.Seed, sum)
			}
		}
		text, err := json.Marshal(a)
		var back Answer
		if err != nil || json.Unmarshal(text, &back) != nil {
			t.Fatalf("answer %s: %v", text, err)
		}
		if g, err := it.Mark(back, "en"); err != nil || g.Score != 1 {
			t.Errorf("%s seed %d: answer %s: got %v, %v, want 1", it.Kind, it.Seed, text, g.Score, err)
		}
	})
}

var hole = regexp.MustCompile(`\{[a-z0-9_]+\}|BUG|%!| \(\)|（）`)

// Of choices and lines exactly one is right, and all others score 0 with a feedback that is not
// empty; what is offered differs in both languages.
func TestOneRightAnswer(t *testing.T) {
	eachItem(t, perLevel(), func(t *testing.T, it *Item) {
		for i := range it.Parts {
			p := &it.Parts[i]
			if p.Interaction != ByChoice && p.Interaction != ByLine {
				continue
			}
			right := 0
			texts := map[string]bool{}
			for _, o := range p.Options {
				v, err := p.mark(PlainAnswer(o.ID))
				if err != nil {
					t.Fatal(err)
				}
				if v.credit == 1 {
					right++
				} else if v.credit != 0 {
					t.Errorf("%s seed %d: option %s has credit %v", it.Kind, it.Seed, o.ID, v.credit)
				}
				if f := it.feedback(p, v); f.En == "" || f.Zh == "" || hole.MatchString(f.En+f.Zh) {
					t.Errorf("%s seed %d: option %s: feedback %+v", it.Kind, it.Seed, o.ID, f)
				}
				if p.Interaction == ByChoice && (texts[o.Text.En] || texts["zh"+o.Text.Zh]) {
					t.Errorf("%s seed %d: %q is offered twice", it.Kind, it.Seed, o.Text.En)
				}
				texts[o.Text.En], texts["zh"+o.Text.Zh] = true, true
			}
			if right != 1 {
				t.Errorf("%s seed %d: %d options are right", it.Kind, it.Seed, right)
			}
		}
	})
}

// What a student sees has no hole, is in the language asked for, and has nothing of the key.
func TestShown(t *testing.T) {
	eachItem(t, perLevel(), func(t *testing.T, it *Item) {
		for _, stimulus := range []string{InWords, AsScript} {
			en, zh := it.Show("en", stimulus), it.Show("zh", stimulus)
			for _, s := range []Shown{en, zh} {
				b, err := json.Marshal(s)
				if err != nil {
					t.Fatal(err)
				}
				for _, leak := range []string{`"right"`, `"feedback"`, `"myth"`, `"seed"`, `"facts"`, `"key"`, `"why"`, `"example"`} {
					if strings.Contains(string(b), leak) {
						t.Errorf("%s seed %d: what is shown has %s: %s", it.Kind, it.Seed, leak, b)
					}
				}
				if hole.MatchString(s.Text) || s.Text == "" {
					t.Errorf("%s seed %d: unfinished text %q", it.Kind, it.Seed, s.Text)
				}
			}
			if isChinese(en.Text) || !isChinese(zh.Text) || en.Text == zh.Text {
				t.Errorf("%s seed %d: got %q and %q, want English and Chinese", it.Kind, it.Seed, en.Text, zh.Text)
			}
			if len(en.Parts) != len(zh.Parts) || len(en.Choices) != len(zh.Choices) || en.Script != zh.Script {
				t.Errorf("%s seed %d: the languages differ in more than words", it.Kind, it.Seed)
			}
		}
		for _, h := range it.Hints {
			if hole.MatchString(h.En+h.Zh) || isChinese(h.En) || !isChinese(h.Zh) {
				t.Errorf("%s seed %d: hint %+v", it.Kind, it.Seed, h)
			}
		}
	})
}

func TestTokenOfEveryKind(t *testing.T) {
	eachItem(t, 3, func(t *testing.T, it *Item) {
		back, err := Open(it.Token())
		if err != nil || back.Facts != it.Facts || back.Text != it.Text {
			t.Fatalf("%s seed %d: got %v, %v", it.Kind, it.Seed, back, err)
		}
		changed := []byte(it.Token())
		changed[5] ^= 1
		if _, err := Open(string(changed)); err == nil {
			t.Errorf("%s seed %d: a changed token is taken", it.Kind, it.Seed)
		}
	})
}

// An item survives being stored: what it marks does not depend on its generator.
func TestItemAsJSON(t *testing.T) {
	eachItem(t, 3, func(t *testing.T, it *Item) {
		b, err := json.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		var back Item
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		g, err := back.Mark(rightAnswer(it), "zh")
		if err != nil || !g.Correct {
			t.Errorf("%s seed %d: got %+v, %v, want right", it.Kind, it.Seed, g, err)
		}
	})
}
