package export

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"fourwave/quiz"
)

// drawn are questions of every kind and level: 21 of a kind with FOURWAVE_LONG, generated once for
// all tests, which must not change them.
var drawn = sync.OnceValues(func() ([]*quiz.Item, error) {
	n := int64(1)
	if os.Getenv("FOURWAVE_LONG") != "" {
		n = 7
	}
	var items []*quiz.Item
	for _, k := range quiz.List() {
		for level := 1; level <= 3; level++ {
			for seed := range n {
				it, err := quiz.New(k.ID, 40000+seed, level)
				if err != nil {
					return nil, err
				}
				items = append(items, it)
			}
		}
	}
	return items, nil
})

func sample(t *testing.T) []*quiz.Item {
	t.Helper()
	items, err := drawn()
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func write(t *testing.T, format, lang string, items []*quiz.Item) File {
	t.Helper()
	f, err := Write(format, lang, items)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// parts are the parts that a format carries, in the order in which it writes them.
func parts(format, lang string, items []*quiz.Item) []question {
	var out []question
	for _, it := range items {
		for i := range it.Parts {
			if q := newQuestion(it, &it.Parts[i], lang); q.carried(format) {
				out = append(out, q)
			}
		}
	}
	return out
}

// score is our own score of an answer to a part, from 0 to 1.
func score(t *testing.T, q *question, a quiz.Answer) float64 {
	t.Helper()
	g, err := q.item.Mark(quiz.Answer{Parts: map[string]quiz.Answer{q.part.ID: a}}, "en")
	if err != nil {
		t.Fatalf("%s: %v", q.id, err)
	}
	return g.Score / q.part.Max
}

func near(a, b float64) bool { return a-b < 1e-4 && b-a < 1e-4 }

// trial is an answer to a part in our words, and as a reader of the export has it: option indexes,
// a number, or a value for each field.
type trial struct {
	ours   quiz.Answer
	picked []int
	number float64
	values []string
}

// trials are every option of a choice, several sets of a multiple choice, each number with feedback
// and some between, and each value of each field.
func (q *question) trials() []trial {
	var out []trial
	str := func(s string) *string { return &s }
	switch q.part.Interaction {
	case "choice", "line":
		for i, o := range q.part.Options {
			out = append(out, trial{ours: quiz.Answer{Choice: str(o.ID)}, picked: []int{i}})
		}
	case "choices":
		for set := range 1 << len(q.part.Options) {
			ids, picked := []string{}, []int{}
			for i, o := range q.part.Options {
				if set>>i&1 == 1 {
					ids, picked = append(ids, o.ID), append(picked, i)
				}
			}
			out = append(out, trial{ours: quiz.Answer{Choices: &ids}, picked: picked})
		}
	case "number":
		for _, w := range q.accepted() {
			for _, x := range []float64{w.Value, w.Value + 7777, w.Value + q.part.Tolerance} {
				l := quiz.Loose(number(x))
				out = append(out, trial{ours: quiz.Answer{Number: &l}, number: x})
			}
		}
	case "match", "fields":
		right := make([]string, len(q.part.Fields))
		for i := range q.part.Fields {
			right[i] = q.part.Fields[i].Key
		}
		out = append(out, q.fieldsTrial(right))
		for i := range q.part.Fields {
			for _, v := range q.otherValues(i) {
				values := append([]string{}, right...)
				values[i] = v
				out = append(out, q.fieldsTrial(values))
			}
		}
	}
	return out
}

func (q *question) fieldsTrial(values []string) trial {
	m := map[string]quiz.Loose{}
	for i := range q.part.Fields {
		m[q.part.Fields[i].ID] = quiz.Loose(values[i])
	}
	return trial{ours: quiz.Answer{Fields: m}, values: values}
}

// otherValues are wrong values of a field; half the credit for what follows from one is not in the
// exports, so a field that another follows keeps its key.
func (q *question) otherValues(i int) []string {
	f := &q.part.Fields[i]
	for _, g := range q.part.Fields {
		if g.Follows == f.ID {
			return nil
		}
	}
	if f.Kind == "option" {
		var out []string
		for _, o := range q.part.Options {
			if o.ID != f.Key {
				out = append(out, o.ID)
			}
		}
		return out
	}
	var out []string
	for _, w := range f.Wrong {
		out = append(out, w.Value)
	}
	switch f.Kind {
	case "number":
		out = append(out, "987654")
	case "state":
		out = append(out, map[bool]string{true: "LISTEN", false: "SYN-SENT"}[f.Key != "LISTEN"])
	case "flags":
		out = append(out, "SYN")
	}
	return out
}

func TestAiken(t *testing.T) {
	items := sample(t)
	for _, lang := range []string{"en", "zh"} {
		want := parts("aiken", lang, items)
		blocks := strings.Split(strings.TrimSpace(string(write(t, "aiken", lang, items).Body)), "\n\n")
		if len(blocks) != len(want) {
			t.Fatalf("got %d questions, want %d", len(blocks), len(want))
		}
		for n, b := range blocks { // a stem, options "A. …" in order, "ANSWER: X"
			q := &want[n]
			lines := strings.Split(b, "\n")
			options, last := lines[1:len(lines)-1], lines[len(lines)-1]
			if len(options) != len(q.part.Options) || !strings.HasPrefix(last, "ANSWER: ") || len(last) != 9 {
				t.Fatalf("%s: not Aiken:\n%s", q.id, b)
			}
			for _, tr := range q.trials() {
				got := 0.0
				if letter := string(rune('A' + tr.picked[0])); strings.HasPrefix(options[tr.picked[0]], letter+". ") &&
					last[8:] == letter {
					got = 1
				}
				if own := score(t, q, tr.ours); !near(got, own) {
					t.Errorf("%s: option %v scores %v, ours is %v", q.id, tr.picked, got, own)
				}
			}
		}
	}
}

// xmllint finds a program; without it the test is skipped, or fails where nothing may be.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

func TestXMLIsWellFormed(t *testing.T) {
	lint := program(t, "xmllint")
	items := sample(t)
	dir := t.TempDir()
	var files []string
	put := func(name string, body []byte) {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, body, 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	for _, lang := range []string{"en", "zh"} {
		put(lang+"-moodle.xml", write(t, "moodle", lang, items).Body)
		put(lang+"-qti12.xml", write(t, "qti12", lang, items).Body)
		for _, format := range []string{"qti21", "qti3"} {
			for name, body := range unzip(t, write(t, format, lang, items).Body) {
				put(lang+"-"+format+"-"+filepath.Base(name), body)
			}
		}
	}
	out, err := exec.Command(lint, append([]string{"--noout", "--nonet"}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("xmllint: %v\n%.2000s", err, out)
	}
	t.Logf("%d files are well-formed", len(files))
}

func unzip(t *testing.T, body []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
