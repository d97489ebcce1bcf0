package class

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"fourwave/api/doc"
	"fourwave/quiz"
)

// judge runs a script of testdata with in as its input, and reads its output as JSON into out.
// Without node or the judge's package the test is skipped, or fails where nothing may be.
func judge(t *testing.T, script, name string, in []byte, out any) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("testdata/node_modules/" + name)
	}
	if err != nil {
		if os.Getenv("FOURWAVE_NOSKIP") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v: make tools", err)
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/"+script)
	cmd.Stdin = bytes.NewReader(in)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, complaint.Bytes())
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// analysis is item analysis as the judge and we both say it.
type analysis struct {
	Mean, SD, Alpha, Error *float64
	Questions              []struct{ Facility, SD, Discrimination, Efficiency *float64 }
}

// TestStatisticsEqualSimpleStatistics: 40 students who know more or less, eight questions of five
// kinds with partial credit and different points; every figure equals that of npm's
// simple-statistics to 1e-9.
func TestStatisticsEqualSimpleStatistics(t *testing.T) {
	r := newRoom(t, doc.QuizSettings{Slots: []doc.Slot{
		{Kind: "who-waits", Level: 1, Count: 2, Points: 2}, {Kind: "time-left", Level: 2, Count: 2},
		{Kind: "both-states", Level: 1, Count: 2, Points: 3},
		{Kind: "count-waits", Level: 1, Count: 1}, {Kind: "will-it-bind", Level: 2, Count: 1, Points: 1.5},
	}})
	points := []float64{2, 2, 1, 1, 3, 3, 1, 1.5}
	d := rand.New(rand.NewPCG(11, 40))
	var marks [][]float64
	for i := range 40 {
		a := r.join(fmt.Sprintf("s-%02d", i), "")
		row := make([]float64, len(points))
		for n := range points {
			it := r.key4(a, n+1)
			answer := quiz.Answer{Parts: map[string]quiz.Answer{}}
			for p := range it.Parts {
				answer.Parts[it.Parts[p].ID] = somehow(d, &it.Parts[p], d.IntN(40) < i)
			}
			body, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.save(a, n+1, 1, string(body)); err != nil {
				t.Fatalf("%s: %s: %v", it.Kind, body, err)
			}
			g, err := it.Mark(answer, "en")
			if err != nil {
				t.Fatal(err)
			}
			row[n] = g.Score * points[n]
		}
		if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
			t.Fatal(err)
		}
		marks = append(marks, row)
	}
	in, err := json.Marshal(map[string]any{"marks": marks, "points": points})
	if err != nil {
		t.Fatal(err)
	}
	var want analysis
	judge(t, "statistics.mjs", "simple-statistics", in, &want)
	got, err := r.Statistics(t.Context(), r.id, r.key)
	if err != nil {
		t.Fatal(err)
	}
	compareAnalysis(t, got, &want)
}

// somehow is an answer to a part: the right one, or one that a student who does not know might
// give.
func somehow(d *rand.Rand, p *quiz.Part, knows bool) quiz.Answer {
	str := func(s string) *string { return &s }
	switch p.Interaction {
	case quiz.ByNumber:
		l := quiz.Loose(fmt.Sprint(p.Key))
		if !knows {
			l = quiz.Loose(fmt.Sprint(1000 + d.IntN(9)))
		}
		return quiz.Answer{Number: &l}
	case quiz.ByMatch, quiz.ByFields:
		fields := map[string]quiz.Loose{}
		for i := range p.Fields {
			f := &p.Fields[i]
			v := f.Key
			switch {
			case knows || d.IntN(3) > 0:
			case f.Kind == "option":
				v = p.Options[d.IntN(len(p.Options))].ID
			case f.Kind == "number":
				v = fmt.Sprint(1000 + d.IntN(9))
			}
			fields[f.ID] = quiz.Loose(v)
		}
		return quiz.Answer{Fields: fields}
	}
	for _, o := range p.Options {
		if o.Right && knows {
			return quiz.Answer{Choice: str(o.ID)}
		}
	}
	return quiz.Answer{Choice: str(p.Options[d.IntN(len(p.Options))].ID)}
}

func compareAnalysis(t *testing.T, got *doc.QuizStatistics, want *analysis) {
	t.Helper()
	compared := 0
	near := func(what string, got, want *float64) {
		t.Helper()
		compared++
		if (got == nil) != (want == nil) || got != nil && !(math.Abs(*got-*want) <= 1e-9) {
			t.Errorf("%s: got %v, simple-statistics says %v", what, show(got), show(want))
		}
	}
	near("mean", got.Mean, want.Mean)
	near("sd", got.SD, want.SD)
	near("alpha", got.Alpha, want.Alpha)
	near("standard error", got.Error, want.Error)
	if len(got.Questions) != len(want.Questions) {
		t.Fatalf("got %d questions, want %d", len(got.Questions), len(want.Questions))
	}
	partial := false
	for i, w := range want.Questions {
		g := got.Questions[i]
		near(fmt.Sprintf("question %d: facility", g.N), g.Facility, w.Facility)
		near(fmt.Sprintf("question %d: sd", g.N), g.SD, w.SD)
		near(fmt.Sprintf("question %d: discrimination", g.N), g.Discrimination, w.Discrimination)
		near(fmt.Sprintf("question %d: efficiency", g.N), g.Efficiency, w.Efficiency)
		partial = partial || g.Discrimination != nil && *g.Discrimination > 1
	}
	if !partial {
		t.Error("no question discriminates: the students are not different enough to test anything")
	}
	t.Logf("%d figures of %d attempts are equal", compared, got.Attempts)
}

func show(x *float64) string {
	if x == nil {
		return "nothing"
	}
	return fmt.Sprint(*x)
}

// TestStatementsAreXAPI: a statement of every kind of question, answered and blank, is valid to
// xapi-validation, which finds planted mistakes.
func TestStatementsAreXAPI(t *testing.T) {
	var slots []doc.Slot
	for _, k := range quiz.List() {
		slots = append(slots, doc.Slot{Kind: k.ID, Level: 2, Count: 1})
	}
	r := newRoom(t, doc.QuizSettings{Slots: slots})
	d := rand.New(rand.NewPCG(11, 2))
	answered := 0
	for i := range 3 {
		a := r.join(fmt.Sprintf("s-%d 李", i), "")
		for n := range slots {
			if body := anyAnswer(d, r.key4(a, n+1)); body != "" {
				if _, err := r.save(a, n+1, 1, body); err != nil {
					t.Fatalf("%s: %s: %v", slots[n].Kind, body, err)
				}
				answered++
			}
		}
		if _, err := r.Submit(t.Context(), a.ID, a.Secret); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := r.Results(t.Context(), r.id, r.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} {
		var statements bytes.Buffer
		if err := WriteXAPI(&statements, rows, r.id, "https://lab.example/", lang); err != nil {
			t.Fatal(err)
		}
		good := statements.Len()
		first, _, _ := strings.Cut(statements.String(), "\n")
		for _, mistake := range [][2]string{{`"scaled":`, `"scaled":1`}, {`"verb":{`, `"verb":{"name":"x",`}, {`"homePage":"https://`, `"homePage":"`}} {
			statements.WriteString(strings.Replace(first, mistake[0], mistake[1], 1) + "\n")
		}
		var warnings [][]string
		judge(t, "statements.cjs", "xapi-validation", statements.Bytes(), &warnings)
		n := bytes.Count(statements.Bytes()[:good], []byte("\n"))
		for i, w := range warnings {
			if i < n && len(w) > 0 {
				t.Errorf("statement %d: %v", i, w)
			} else if i >= n && len(w) == 0 {
				t.Errorf("planted mistake %d is not found, so the test has no teeth", i-n)
			}
		}
		if n < answered {
			t.Errorf("%s: %d statements for %d answers", lang, n, answered)
		}
		t.Logf("%s: %d statements are valid", lang, n)
	}
}

// anyAnswer is an answer to an item of any kind, as JSON.
func anyAnswer(d *rand.Rand, it *quiz.Item) string {
	answer := quiz.Answer{Parts: map[string]quiz.Answer{}}
	for i := range it.Parts {
		p := &it.Parts[i]
		ids := []string{}
		for _, o := range p.Options {
			if d.IntN(2) == 0 {
				ids = append(ids, o.ID)
			}
		}
		var a quiz.Answer
		switch p.Interaction {
		case quiz.ByChoices:
			a.Choices = &ids
		case quiz.ByOrder:
			a.Order = &ids
		case quiz.BySteps:
			a.Steps = &p.Goal.Example
		case quiz.ByScript:
			script := strings.Join(p.Goal.Example, "\n")
			a.Script = &script
		default:
			a = somehow(d, p, d.IntN(2) == 0)
		}
		answer.Parts[p.ID] = a
	}
	if len(it.Parts) == 1 {
		answer = answer.Parts["p1"]
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return ""
	}
	return string(body)
}
