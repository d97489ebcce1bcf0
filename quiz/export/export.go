// Package export writes questions in the formats that teachers' systems read: GIFT, Moodle XML, QTI
// 1.2, 2.1 and 3.0, and Aiken, with keys and feedback. It is pure: items go in, a file comes out.
//
// What it is not: a question of several parts becomes one question a part, since no format but one
// grades parts by themselves and every system grades questions. What a format cannot grade as this
// program does is left out and said so, never approximated: an order, which has partial credit by
// its longest part in order; segments to choose; half the credit for what follows from a mistake.
//
// Sources: docs.moodle.org (GIFT, Moodle XML, Aiken); IMS QTI 1.2, 2.1 and 3.0; what Canvas writes
// in its QTI 1.2.
package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fourwave/quiz"
)

// ErrFormat is said of a format that there is none of.
var ErrFormat = errors.New("export: no such format")

// File is what was written.
type File struct {
	Name  string // to save it under
	Media string
	Body  []byte
	// Left counts the parts that the format cannot carry, by kind.
	Left map[string]int
}

// question is a part of an item with the item's stem.
type question struct {
	id       string // "fw:kind:version:level:seed:part", the same for ever
	title    string
	stem     string // plain text
	stimulus string // preformatted; "" if there is none
	part     *quiz.Part
	item     *quiz.Item
	lang     string
	// category is where a bank has the question among its variants; "" where there are none.
	category string
}

func (q *question) in(t quiz.Text) string { return t.In(q.lang) }

// writers are the formats.
var writers = map[string]struct {
	name, media string
	write       func([]question) ([]byte, error)
}{
	"gift":   {"questions.gift.txt", "text/plain; charset=utf-8", gift},
	"moodle": {"questions.xml", "application/xml", moodleXML},
	"qti12":  {"questions-qti12.xml", "application/xml", qti12},
	"qti21":  {"questions-qti21.zip", "application/zip", qti21},
	"qti3":   {"questions-qti3.zip", "application/zip", qti3},
	"aiken":  {"questions.aiken.txt", "text/plain; charset=utf-8", aiken},
}

// Formats lists the formats by name.
func Formats() []string { return []string{"gift", "moodle", "qti12", "qti21", "qti3", "aiken"} }

// Write writes items in a format and a language, "en" or "zh". The error is ErrFormat.
func Write(format, lang string, items []*quiz.Item) (File, error) {
	return WriteBank(format, lang, [][]*quiz.Item{items})
}

// WriteBank writes sets of questions, those of a set being variants of one another. If there are
// several sets, GIFT and Moodle XML put each into a category of its own, for a random question to
// draw from. The other formats know no categories.
func WriteBank(format, lang string, bank [][]*quiz.Item) (File, error) {
	w, ok := writers[format]
	if !ok {
		return File{}, fmt.Errorf("%w: %.20q is none of %s", ErrFormat, format, strings.Join(Formats(), ", "))
	}
	f := File{Name: w.name, Media: w.media, Left: map[string]int{}}
	var all []question
	for n, items := range bank {
		for _, it := range items {
			for i := range it.Parts {
				q := newQuestion(it, &it.Parts[i], lang)
				if !q.carried(format) {
					f.Left[it.Kind]++
					continue
				}
				if len(items) > 1 && len(bank) > 1 {
					q.category = fmt.Sprintf("fourwave/question %03d, %s", n+1, q.part.ID)
				}
				all = append(all, q)
			}
		}
	}
	if len(bank) > 1 { // the variants of one part together
		slices.SortStableFunc(all, func(a, b question) int { return strings.Compare(a.category, b.category) })
	}
	body, err := w.write(all)
	f.Body = body
	return f, err
}

// carried reports whether a format grades the part as this program does.
func (q *question) carried(format string) bool {
	if format == "aiken" &&
		(q.stimulus != "" || slices.ContainsFunc(q.part.Options, func(o quiz.Option) bool { return strings.Contains(o.Text.En, "\n") })) {
		return false // one line a question
	}
	return slices.Contains(quiz.Formats([]quiz.Interaction{q.part.Interaction}), format)
}

func newQuestion(it *quiz.Item, p *quiz.Part, lang string) question {
	q := question{
		id:   fmt.Sprintf("fw:%s:%d:%d:%d:%s", it.Kind, it.Version, it.Level, it.Seed, p.ID),
		item: it, part: p, lang: lang,
		stem: it.Show(lang, quiz.InWords).Text, stimulus: it.Stimulus.In(lang),
	}
	q.title = fmt.Sprintf("%s %d, %d", it.Kind, it.Level, it.Seed)
	if len(it.Parts) > 1 {
		q.title += ", " + p.ID
		q.stem = strings.TrimSpace(q.stem + " " + p.Ask.In(lang))
	} else if a := p.Ask.In(lang); a != "" {
		q.stem += " " + a
	}
	if u := p.Unit; u != "" {
		q.stem += " (" + u + ")"
	}
	if p.Goal != nil && len(p.Options) == 0 {
		q.stimulus = strings.Join(p.Goal.Goals, "\n")
	}
	return q
}

// feedback is what is said to an option.
func (q *question) feedback(o *quiz.Option) string {
	if o.Right {
		return q.why()
	}
	return q.in(o.Feedback)
}

// why is the reason of the key.
func (q *question) why() string {
	if w := q.in(q.part.Why); w != "" {
		return w
	}
	return q.in(q.item.Why)
}

// right counts the right options.
func (q *question) right() int {
	n := 0
	for _, o := range q.part.Options {
		if o.Right {
			n++
		}
	}
	return n
}

// value is a field's key in words: of a match the option's text.
func (q *question) value(f *quiz.Field) string {
	for _, o := range q.part.Options {
		if f.Kind == "option" && o.ID == f.Key {
			return q.in(o.Text)
		}
	}
	return f.Key
}

// spellings are the ways to write a field's key that a system which compares strings should take.
func spellings(f *quiz.Field) []string {
	switch f.Kind {
	case "flags":
		out := []string{f.Key}
		if strings.Contains(f.Key, "+") {
			out = append(
				out, strings.ReplaceAll(f.Key, "+", ","), strings.ReplaceAll(f.Key, "+", ", "),
				strings.ReplaceAll(f.Key, "+", " "),
			)
		}
		return out
	case "state":
		return []string{f.Key, strings.ReplaceAll(f.Key, "-", "_"), strings.ReplaceAll(f.Key, "-", " ")}
	}
	return []string{f.Key}
}

// accepted are the numbers that earn something, the key first, with the credit of each.
func (q *question) accepted() []quiz.Wrong {
	out := []quiz.Wrong{{Value: q.part.Key, Credit: 1}}
	return append(out, q.part.Wrong...)
}
