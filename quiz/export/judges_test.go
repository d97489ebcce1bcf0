package export

import (
	"encoding/json"
	"encoding/xml"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// compare grades every trial of every question by a reader, and holds it to our own score.
func compare(t *testing.T, all []question, grade func(q *question, n int, tr trial) float64) {
	t.Helper()
	graded := 0
	for n := range all {
		q := &all[n]
		for _, tr := range q.trials() {
			graded++
			if got, own := grade(q, n, tr), score(t, q, tr.ours); !near(got, own) {
				t.Errorf("%s (%s): %+v scores %v, ours is %v", q.id, q.part.Interaction, tr, got, own)
			}
		}
	}
	t.Logf("%d questions, %d answers graded", len(all), graded)
}

// giftQuestion is what gift-pegjs understands of a question.
type giftQuestion struct {
	Type  string
	ID    string
	Title string
	Stem  struct{ Text string }

	Choices []struct {
		IsCorrect bool
		Weight    *float64
		Text      json.RawMessage
		Feedback  *struct{ Text string }
	}
	MatchPairs []struct {
		Subquestion struct{ Text string }
		Subanswer   string
	}
}

func TestGIFT(t *testing.T) {
	node := program(t, "node")
	if _, err := os.Stat("testdata/node_modules/gift-pegjs"); err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("gift-pegjs is not installed: make tools")
	}
	items := sample(t)
	for _, lang := range []string{"en", "zh"} {
		file := filepath.Join(t.TempDir(), "q.gift")
		if err := os.WriteFile(file, write(t, "gift", lang, items).Body, 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(node, "testdata/gift.mjs", file).Output()
		if err != nil {
			t.Fatalf("gift-pegjs: %v", err)
		}
		var read []giftQuestion
		if err := json.Unmarshal(out, &read); err != nil {
			t.Fatal(err)
		}
		all := parts("gift", lang, items)
		if len(read) != len(all) {
			t.Fatalf("%s: gift-pegjs reads %d questions, want %d", lang, len(read), len(all))
		}
		compare(t, all, func(q *question, n int, tr trial) float64 { return read[n].grade(t, q, tr) })
	}
}

func (g *giftQuestion) grade(t *testing.T, q *question, tr trial) float64 {
	t.Helper()
	if g.ID != q.id || q.stimulus == "" && strings.TrimSpace(g.Stem.Text) != strings.TrimSpace(q.stem) {
		t.Fatalf("%s: gift-pegjs reads %s %q, want %q", q.id, g.ID, g.Stem.Text, q.stem)
	}
	switch {
	case tr.picked != nil || q.part.Interaction == "choices":
		if len(g.Choices) != len(q.part.Options) {
			t.Fatalf("%s: %d options are read, want %d", q.id, len(g.Choices), len(q.part.Options))
		}
		sum := 0.0
		for _, i := range tr.picked {
			c := g.Choices[i]
			if c.Feedback == nil || c.Feedback.Text == "" {
				t.Errorf("%s: option %d has no feedback", q.id, i)
			}
			switch {
			case c.Weight != nil:
				sum += *c.Weight / 100
			case c.IsCorrect:
				sum++
			}
		}
		return max(0, sum)
	case tr.values == nil:
		for _, c := range g.Choices {
			var r struct{ Number, Range float64 }
			if err := json.Unmarshal(c.Text, &r); err != nil {
				t.Fatal(err)
			}
			if within(tr.number, r.Number, r.Range) {
				return *c.Weight / 100
			}
		}
		return 0
	}
	right := 0.0
	for i, v := range tr.values {
		if unmarked(g.MatchPairs[i].Subanswer) == q.optionNamed(v) {
			right++
		}
	}
	return right / float64(len(tr.values))
}

// escapeMark is what gift-pegjs puts for an escaped character while it parses: "&&058;" for ":".
var escapeMark = regexp.MustCompile(`&&(\d{3});`)

// unmarked puts the characters back that gift-pegjs leaves as marks in the subanswers of a matching
// question, and there alone. Moodle's importer restores them everywhere.
func unmarked(s string) string {
	return escapeMark.ReplaceAllStringFunc(s, func(mark string) string {
		n, err := strconv.Atoi(mark[2:5])
		if err != nil {
			panic("BUG: " + err.Error()) // the pattern has three digits
		}
		return string(rune(n))
	})
}

// within reports whether x is near enough to want. Readers widen the tolerance by a hair, since in
// binary 33.2 - 32.2 is more than 1: Moodle by 10^-14
// (qtype_numerical_answer::get_tolerance_interval, MDL-3225).
func within(x, want, tolerance float64) bool { return math.Abs(x-want) <= tolerance+1e-14 }

// optionNamed is the text of the option with an id.
func (q *question) optionNamed(id string) string {
	for _, o := range q.part.Options {
		if o.ID == id {
			return q.in(o.Text)
		}
	}
	return id
}

// moodleQuestion is a question of Moodle XML as its documentation has it
// (docs.moodle.org/en/Moodle_XML_format).
type moodleQuestion struct {
	Type   string `xml:"type,attr"`
	Text   string `xml:"questiontext>text"`
	ID     string `xml:"idnumber"`
	Single string `xml:"single"`
	Answer []struct {
		Fraction  float64 `xml:"fraction,attr"`
		Text      string  `xml:"text"`
		Tolerance float64 `xml:"tolerance"`
		Feedback  string  `xml:"feedback>text"`
	} `xml:"answer"`
	Sub []struct {
		Text   string `xml:"text"`
		Answer string `xml:"answer>text"`
	} `xml:"subquestion"`
}

// fractions are the grades that Moodle's importer takes for an answer, in percent.
var fractions = []float64{
	100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10,
	5, 0,
}

func TestMoodleXML(t *testing.T) {
	items := sample(t)
	for _, lang := range []string{"en", "zh"} {
		var quiz struct {
			Question []moodleQuestion `xml:"question"`
		}
		if err := xml.Unmarshal(write(t, "moodle", lang, items).Body, &quiz); err != nil {
			t.Fatal(err)
		}
		all := parts("moodle", lang, items)
		if len(quiz.Question) != len(all) {
			t.Fatalf("%d questions are read, want %d", len(quiz.Question), len(all))
		}
		compare(t, all, func(q *question, n int, tr trial) float64 { return quiz.Question[n].grade(t, q, tr) })
	}
}

func (m *moodleQuestion) grade(t *testing.T, q *question, tr trial) float64 {
	t.Helper()
	if m.ID != q.id {
		t.Fatalf("question %s is read for %s", m.ID, q.id)
	}
	for _, a := range m.Answer {
		known := false
		for _, f := range fractions {
			known = known || near(f, math.Abs(a.Fraction))
		}
		if !known || a.Feedback == "" {
			t.Errorf("%s: fraction %v, feedback %q", q.id, a.Fraction, a.Feedback)
		}
	}
	switch m.Type {
	case "multichoice":
		if len(m.Answer) != len(q.part.Options) {
			t.Fatalf("%s: %d answers for %d options", q.id, len(m.Answer), len(q.part.Options))
		}
		sum := 0.0
		for _, i := range tr.picked {
			sum += m.Answer[i].Fraction / 100
		}
		return min(1, max(0, sum))
	case "numerical": // the first answer that is near enough
		for _, a := range m.Answer {
			if x, err := strconv.ParseFloat(a.Text, 64); err == nil && within(tr.number, x, a.Tolerance) {
				return a.Fraction / 100
			}
		}
		return 0
	case "matching":
		right := 0.0
		for i, v := range tr.values {
			if m.Sub[i].Answer == q.optionNamed(v) {
				right++
			}
		}
		return right / float64(len(tr.values))
	case "cloze":
		return m.cloze(t, q, tr)
	}
	t.Fatalf("%s: type %s", q.id, m.Type)
	return 0
}

var clozeBlank = regexp.MustCompile(`\{1:(SHORTANSWER|NUMERICAL):((?:[^}\\]|\\.)*)\}`)

// cloze grades the blanks of an embedded question: of each the first answer that fits.
func (m *moodleQuestion) cloze(t *testing.T, q *question, tr trial) float64 {
	t.Helper()
	blanks := clozeBlank.FindAllStringSubmatch(m.Text, -1)
	if len(blanks) != len(tr.values) {
		t.Fatalf("%s: %d blanks are read for %d fields", q.id, len(blanks), len(tr.values))
	}
	sum := 0.0
	for i, b := range blanks {
		for _, a := range strings.Split(b[2], "~") {
			a, _, _ = strings.Cut(a, "#")
			grade := 0.0
			if rest, ok := strings.CutPrefix(a, "="); ok {
				grade, a = 1, rest
			} else if rest, ok := strings.CutPrefix(a, "%0%"); ok {
				a = rest
			}
			if b[1] == "NUMERICAL" {
				a, _, _ = strings.Cut(a, ":")
			}
			if strings.EqualFold(a, tr.values[i]) {
				sum += grade
				break
			}
		}
	}
	return sum / float64(len(blanks))
}

// item12 is an item of QTI 1.2 as far as Canvas's questions use it.
type qti12Item struct {
	Ident string `xml:"ident,attr"`
	Cond  []struct {
		Var struct {
			Equal []qti12Test `xml:"varequal"`
			Gte   []qti12Test `xml:"and>vargte"`
			Lte   []qti12Test `xml:"and>varlte"`
		} `xml:"conditionvar"`
		Set struct {
			Action string  `xml:"action,attr"`
			Value  float64 `xml:",chardata"`
		} `xml:"setvar"`
		Feedback struct {
			Ref string `xml:"linkrefid,attr"`
		} `xml:"displayfeedback"`
	} `xml:"resprocessing>respcondition"`
	Lid []struct {
		Ident string `xml:"ident,attr"`
		Label []struct {
			Ident string `xml:"ident,attr"`
			Text  string `xml:"material>mattext"`
		} `xml:"render_choice>response_label"`
	} `xml:"presentation>response_lid"`
	Feedback []struct {
		Ident string `xml:"ident,attr"`
	} `xml:"itemfeedback"`
}

type qti12Test struct {
	Ident string `xml:"respident,attr"`
	Value string `xml:",chardata"`
}

func TestQTI12(t *testing.T) {
	items := sample(t)
	for _, lang := range []string{"en", "zh"} {
		var doc struct {
			Item []qti12Item `xml:"assessment>section>item"`
		}
		if err := xml.Unmarshal(write(t, "qti12", lang, items).Body, &doc); err != nil {
			t.Fatal(err)
		}
		all := parts("qti12", lang, items)
		if len(doc.Item) != len(all) {
			t.Fatalf("%d items are read, want %d", len(doc.Item), len(all))
		}
		compare(t, all, func(q *question, n int, tr trial) float64 { return doc.Item[n].grade(t, q, tr) })
	}
}

// grade carries the response processing out: every condition that holds sets or adds.
func (it *qti12Item) grade(t *testing.T, q *question, tr trial) float64 {
	t.Helper()
	given := map[string][]string{}
	for _, i := range tr.picked {
		given["response1"] = append(given["response1"], it.Lid[0].Label[i].Ident)
	}
	for i, v := range tr.values {
		for _, l := range it.Lid[i].Label {
			if l.Ident == v || strings.EqualFold(l.Text, v) {
				given[it.Lid[i].Ident] = []string{l.Ident}
			}
		}
	}
	feedback := map[string]bool{}
	for _, f := range it.Feedback {
		feedback[f.Ident] = true
	}
	s := 0.0
	for _, c := range it.Cond {
		holds := len(c.Var.Gte) > 0
		for i := range c.Var.Gte {
			lo, _ := strconv.ParseFloat(c.Var.Gte[i].Value, 64)
			hi, _ := strconv.ParseFloat(c.Var.Lte[i].Value, 64)
			holds = holds && tr.number >= lo && tr.number <= hi
		}
		for _, e := range c.Var.Equal {
			for _, g := range given[e.Ident] {
				holds = holds || g == e.Value
			}
		}
		if ref := c.Feedback.Ref; ref != "" && !feedback[ref] {
			t.Errorf("%s: there is no feedback %s", q.id, ref)
		}
		if holds && c.Set.Action == "Set" {
			s = c.Set.Value
		} else if holds {
			s += c.Set.Value
		}
	}
	return min(1, max(0, s/100))
}
