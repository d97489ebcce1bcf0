package quiz

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var errNoItem = errors.New("the generator made none of this draw")

// The longest stems, in words: of an easy question, and of any.
const (
	shortStem = 45
	longStem  = 70
)

// admit says why an item is no good: its level is another one, it has not exactly one right answer,
// two options mean the same, nothing tells the truth from misconceptions, or its text is
// unfinished.
func (it *Item) admit(level int) error {
	if it.Level != level {
		return fmt.Errorf("level %d, not %d", it.Level, level)
	}
	if n := len(strings.Fields(it.Text.En)); n > longStem || level == 1 && n > shortStem {
		return fmt.Errorf("stem of %d words", n)
	}
	for _, t := range it.sentences() {
		if err := finished(t); err != nil {
			return err
		}
	}
	sum := 0.0
	for i := range it.Parts {
		if err := it.Parts[i].admit(); err != nil {
			return fmt.Errorf("%s: %w", it.Parts[i].ID, err)
		}
		sum += it.Parts[i].Max
	}
	if sum < .999 || sum > 1.001 {
		return fmt.Errorf("the parts are worth %v", sum)
	}
	if it.Rule == "" || it.Source == "" || it.Why.IsZero() || len(it.Hints) == 0 || len(it.Hints) > 3 || it.Film == "" {
		return errors.New("no rule, source, reason, hint or film")
	}
	return nil
}

// sentences are all texts of an item that are made of words.
func (it *Item) sentences() []Text {
	all := append([]Text{it.Text, it.Why}, it.Hints...)
	if !it.Bare.IsZero() {
		all = append(all, it.Bare)
	}
	for _, p := range it.Parts {
		all = append(all, p.Right)
		for _, o := range p.Options {
			all = append(all, o.Text)
			if !o.Feedback.IsZero() {
				all = append(all, o.Feedback)
			}
		}
		for _, w := range p.Wrong {
			all = append(all, w.Feedback)
		}
		for _, f := range p.Fields {
			all = append(all, f.Label)
		}
	}
	return all
}

func finished(t Text) error {
	if t.En == "" || t.Zh == "" || strings.ContainsAny(t.En+t.Zh, "{}") && !strings.Contains(t.En, ");") {
		return fmt.Errorf("unfinished text %q, %q", t.En, t.Zh)
	}
	return nil
}

// admit checks a part's key.
func (p *Part) admit() error {
	right, seen := 0, map[string]bool{}
	for _, o := range p.Options {
		if o.Right {
			right++
		} else if o.Feedback.IsZero() && p.Interaction != ByMatch && p.Interaction != ByLine {
			return fmt.Errorf("no feedback to %q", o.Text.En)
		}
		if seen[o.Text.En] && p.Interaction != ByLine && p.Interaction != ByOrder {
			return fmt.Errorf("%q is offered twice", o.Text.En)
		}
		seen[o.Text.En] = true
	}
	switch p.Interaction {
	case ByChoice, ByLine:
		if right != 1 {
			return fmt.Errorf("%d right options", right)
		}
	case ByChoices:
		if right == 0 || right == len(p.Options) {
			return fmt.Errorf("%d of %d options are right", right, len(p.Options))
		}
	case ByMatch, ByFields:
		for _, f := range p.Fields {
			if f.Key == "" || f.Kind == "option" && p.option(f.Key) == nil {
				return fmt.Errorf("field %s has no key", f.ID)
			}
		}
	case ByNumber:
		return p.admitNumber()
	}
	return nil
}

// admitNumber wants two misconceptions that differ from the key and from each other.
func (p *Part) admitNumber() error {
	values := []float64{p.Key}
	for _, w := range p.Wrong {
		if !slices.ContainsFunc(
			values, func(v float64) bool { return v-w.Value < p.Tolerance+.5 && w.Value-v < p.Tolerance+.5 },
		) {
			values = append(values, w.Value)
		}
	}
	if len(values) < 3 {
		return fmt.Errorf("only %d answers differ", len(values))
	}
	return nil
}

// prune drops wrong numbers that cannot be told from the key or from one before.
func (p *Part) prune() {
	values := []float64{p.Key}
	p.Wrong = slices.DeleteFunc(p.Wrong, func(w Wrong) bool {
		if w.Value < 0 ||
			slices.ContainsFunc(
				values,
				func(v float64) bool { return v-w.Value < 2*p.Tolerance+.01 && w.Value-v < 2*p.Tolerance+.01 },
			) {
			return true
		}
		values = append(values, w.Value)
		return false
	})
}
