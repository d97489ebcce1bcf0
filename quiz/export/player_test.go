package export

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"fourwave/quiz"
)

// openPlayer opens a page of Chromium with the player of qti-components in it.
func openPlayer(t *testing.T) context.Context {
	t.Helper()
	player := installed(t, "@citolab/qti-components/cdn/index.global.js")
	ctx, stop := chromedp.NewContext(t.Context(),
		chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("lang", "en-US")))
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int]("1")); err != nil {
		missing(t, "no Chromium: %v", err)
	}
	for _, file := range []string{player, "testdata/player.js"} {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](string(script)+"\n;0")); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return ctx
}

// missing skips a test for want of a judge, or fails it where nothing may be skipped.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// installed is the path of a file of a package that make tools installs.
func installed(t *testing.T, file string) string {
	t.Helper()
	path := filepath.Join("testdata", "node_modules", filepath.FromSlash(file))
	if _, err := os.Stat(path); err != nil {
		missing(t, "%v: make tools", err)
	}
	return path
}

// response is an answer as QTI's response variables.
func (q *question) response(tr trial) map[string]any {
	out := map[string]any{}
	switch q.part.Interaction {
	case "choice", "line":
		out["RESPONSE"] = optionID(q.part.Options[tr.picked[0]].ID)
	case "choices":
		ids := []string{}
		for _, i := range tr.picked {
			ids = append(ids, optionID(q.part.Options[i].ID))
		}
		out["RESPONSE"] = ids
	case "number":
		out["RESPONSE"] = number(tr.number)
	case "match":
		pairs := []string{}
		for i, v := range tr.values {
			pairs = append(pairs, "F"+q.part.Fields[i].ID+" "+optionID(v))
		}
		out["RESPONSE"] = pairs
	case "fields":
		for i, v := range tr.values {
			out["F"+q.part.Fields[i].ID] = v
		}
	}
	return out
}

// offers is how many answers a student of the item is offered: options, rows and blanks.
func (q *question) offers() int {
	switch q.part.Interaction {
	case "number":
		return 1
	case "match":
		return len(q.part.Fields) + len(q.part.Options)
	case "fields":
		return len(q.part.Fields)
	}
	return len(q.part.Options)
}

// play has the player grade every trial of every item that it can grade, and compares with our own
// score.
func play(t *testing.T, ctx context.Context, all []question, files map[string][]byte) {
	t.Helper()
	played, graded := 0, 0
	for n := range all {
		q := &all[n]
		trials := q.trials()
		if len(trials) == 0 {
			continue // a script, which a human marks
		}
		name := fmt.Sprintf("items/item-%03d.xml", n+1)
		responses := make([]map[string]any, len(trials))
		for i, tr := range trials {
			responses[i] = q.response(tr)
		}
		args, err := json.Marshal([]any{string(files[name]), responses})
		if err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
			Offered int       `json:"offered"`
			Scores  []float64 `json:"scores"`
		}](fmt.Sprintf("played(...%s)", args), chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s, %s: %v", name, q.id, err)
		}
		if got.Offered != q.offers() {
			t.Errorf("%s: the player offers %d answers, want %d", q.id, got.Offered, q.offers())
		}
		for i, tr := range trials {
			graded++
			if own := score(t, q, tr.ours); math.Abs(got.Scores[i]-own) > 6e-4 { // it shows three decimals
				t.Errorf(
					"%s (%s): %v scores %v, ours is %v", q.id, q.part.Interaction, responses[i], got.Scores[i], own,
				)
			}
		}
		played++
	}
	t.Logf("%d items played, %d answers graded", played, graded)
}

// oneOfEach are the first items of every kind and level.
func oneOfEach(items []*quiz.Item) []*quiz.Item {
	seen := map[string]bool{}
	var out []*quiz.Item
	for _, it := range items {
		if key := fmt.Sprint(it.Kind, it.Level); !seen[key] {
			seen[key] = true
			out = append(out, it)
		}
	}
	return out
}

func TestQTI3InThePlayer(t *testing.T) {
	ctx := openPlayer(t)
	items := sample(t)
	if os.Getenv("FOURWAVE_SOAK") == "" { // showing an item takes a tenth of a second
		items = oneOfEach(items)
	}
	for _, lang := range []string{"en", "zh"} {
		play(t, ctx, parts("qti3", lang, items), unzip(t, write(t, "qti3", lang, items).Body))
	}
}

// TestQTI21Converted has an independent converter make QTI 3 of our QTI 2.1, and plays that.
func TestQTI21Converted(t *testing.T) {
	node := program(t, "node")
	installed(t, "@citolab/qti-convert/package.json")
	ctx := openPlayer(t)
	items := sample(t)
	if os.Getenv("FOURWAVE_SOAK") == "" {
		items = oneOfEach(items)
	}
	dir := t.TempDir()
	for _, lang := range []string{"en", "zh"} {
		in, out := filepath.Join(dir, lang+".zip"), filepath.Join(dir, lang+"-3.zip")
		if err := os.WriteFile(in, write(t, "qti21", lang, items).Body, 0o644); err != nil {
			t.Fatal(err)
		}
		if text, err := exec.CommandContext(t.Context(), node, "testdata/convert.mjs", in, out).CombinedOutput(); err != nil {
			t.Fatalf("qti-convert: %v\n%.2000s", err, text)
		}
		body, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		play(t, ctx, parts("qti21", lang, items), unzip(t, body))
	}
}

// TestThePlayerSeesMistakes shows that the comparison has teeth: an item whose key is another
// option scores otherwise.
func TestThePlayerSeesMistakes(t *testing.T) {
	ctx := openPlayer(t)
	it, err := quiz.New("who-waits", 40000, 1)
	if err != nil {
		t.Fatal(err)
	}
	q := newQuestion(it, &it.Parts[0], "en")
	wrong := *it
	wrong.Parts = []quiz.Part{it.Parts[0]}
	options := append([]quiz.Option{}, it.Parts[0].Options...)
	options[0].Right, options[1].Right, options[2].Right = !options[0].Right, !options[1].Right, !options[2].Right
	wrong.Parts[0].Options = options
	xml := unzip(t, write(t, "qti3", "en", []*quiz.Item{&wrong}).Body)["items/item-001.xml"]
	args, err := json.Marshal(
		[]any{
			string(xml),
			[]map[string]any{q.response(q.trials()[0]), q.response(q.trials()[1]), q.response(q.trials()[2])},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Scores []float64 `json:"scores"`
	}](fmt.Sprintf("played(...%s)", args), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	same := true
	for i, tr := range q.trials()[:3] {
		same = same && near(got.Scores[i], score(t, &q, tr.ours))
	}
	if same {
		t.Error("a changed key scores as ours")
	}
}
