package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"fourwave/class"
	"fourwave/internal/term"
	"fourwave/quiz"
	"fourwave/store"
)

// TestQuizFromTheTerminal makes a quiz on a server, sits it, goes on with it, submits it, and
// exports it.
func TestQuizFromTheTerminal(t *testing.T) {
	url, _ := startServer(t)
	url = strings.TrimSuffix(url, "/")
	status, out, errs := command(
		t, "", "quiz", "new", "--server="+url, "--title=Closing", "--slot=who-waits:1:2:2", "--slot=both-states:1",
		"--hints=1", "--json",
	)
	if status != exitOK {
		t.Fatalf("quiz new: got status %d\n%s%s", status, out, errs)
	}
	var q struct {
		ID, Code, Join string
		Key            string `json:"teacher_key"`
		Points         float64
	}
	if err := json.Unmarshal([]byte(out), &q); err != nil || q.Points != 5 {
		t.Fatalf("%v, %s", err, out)
	}

	// A hint, an answer that cannot be read, one that can, a blank; two fields; not submitted.
	status, out, errs = command(
		t, "?\nwhatever\na\n\nTIME_WAIT\nclosed\nn\n", "quiz", "take", q.Code, "--server="+url, "--student=s-17",
		"--lang=en",
	)
	if status != exitOK || strings.Count(out, "saved; read as") != 2 || !strings.Contains(out, "whatever") ||
		strings.Contains(out, "Result") {
		t.Fatalf("quiz take: got status %d\n%s%s", status, out, errs)
	}
	again := regexp.MustCompile(`fourwave (quiz take .* --pin \d+)`).FindStringSubmatch(out)
	if again == nil {
		t.Fatalf("how to go on is not said:\n%s", out)
	}
	status, out, errs = command(t, "\nb\n\n\n是\n", append(strings.Fields(again[1]), "--server="+url, "--lang=zh")...)
	if status != exitOK || !strings.Contains(out, "成绩") || strings.Count(out, "理解为") != 1 {
		t.Fatalf("quiz take --pin: got status %d\n%s%s", status, out, errs)
	}
	if status, _, errs = command(t, "", "quiz", "take", q.Code, "--server="+url,
		"--student=s-17"); status != exitCannot ||
		!strings.Contains(errs, "PIN") {
		t.Errorf("without the PIN: got status %d, %s", status, errs)
	}

	file := filepath.Join(t.TempDir(), "questions.xml")
	if status, _, errs = command(t, "", "quiz", "export", "--server="+url, "--quiz="+q.ID, "--key="+q.Key,
		"--format=moodle", "--variants=3", "--out="+file); status != exitOK {
		t.Fatalf("quiz export --quiz: got status %d, %s", status, errs)
	}
	body, err := os.ReadFile(file)
	var doc struct {
		Question []struct {
			Type string `xml:"type,attr"`
		} `xml:"question"`
	}
	if err != nil || xml.Unmarshal(body, &doc) != nil || len(doc.Question) < 9+3 || doc.Question[0].Type != "category" {
		t.Errorf("the export has %d questions, want 9 in 3 categories; %v", len(doc.Question), err)
	}
	if status, _, errs = command(t, "", "quiz", "export", "--server="+url, "--quiz="+q.ID, "--key=fwt_x",
		"--format=moodle"); status != exitCannot ||
		!strings.Contains(errs, "404") {
		t.Errorf("another's key: got status %d, %s", status, errs)
	}
}

func TestQuizNewWithRoster(t *testing.T) {
	url, _ := startServer(t)
	url = strings.TrimSuffix(url, "/")
	dir := t.TempDir()
	roster, settings := filepath.Join(dir, "roster.csv"), filepath.Join(dir, "quiz.json")
	os.WriteFile(roster, []byte("\ufeffstudent,name\ns-1,李\ns-2,Bo\n"), 0o600)
	os.WriteFile(
		settings, []byte(`{"title": {"en": "Closing"}, "slots": [{"topics": ["time-wait"], "count": 2}]}`), 0o600,
	)
	status, out, errs := command(t, "", "quiz", "new", "--server="+url, "--file="+settings, "--roster="+roster)
	pins := regexp.MustCompile(`PIN +(\d{6})  (s-\d)`).FindAllStringSubmatch(out, -1)
	if status != exitOK || len(pins) != 2 {
		t.Fatalf("got status %d\n%s%s", status, out, errs)
	}
	link := regexp.MustCompile(`link +(\S+)`).FindStringSubmatch(out)[1]
	link = regexp.MustCompile(`^http://[^/]*`).ReplaceAllString(link, url)
	if status, out, errs = command(t, "", "quiz", "take", link, "--student=s-1", "--pin="+pins[0][1],
		"--lang=en"); status != exitOK ||
		!strings.Contains(out, "Closing") {
		t.Errorf("by the link: got status %d\n%s%s", status, out, errs)
	}
	for _, args := range [][]string{
		{"--slot=riddle"}, {"--slot=who-waits:x"}, {"--slot=who-waits:1:2:3:4"}, {}, {"--file=" + roster},
		{"--slot=who-waits", "--roster=" + dir + "/none"},
	} {
		status, _, errs := command(t, "", append([]string{"quiz", "new", "--server=" + url}, args...)...)
		if status == exitOK || errs == "" {
			t.Errorf("%q: got status %d, want an error", args, status)
		}
		checkClean(t, errs)
	}
	if status, _, errs := command(t, "", "quiz", "new", "--slot=who-waits",
		"--server=http://127.0.0.1:1"); status != exitCannot ||
		!strings.Contains(errs, "--server") {
		t.Errorf("no server: got status %d, %s", status, errs)
	}
}

func TestQuizPractice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "deck.json")
	args := []string{"quiz", "practice", "--kind=who-waits", "--count=3", "--seed=7", "--deck=" + file, "--lang=en"}
	status, out, errs := command(t, "?\na\nb\n\n", args...)
	if status != exitOK || !strings.Contains(out, "of 3 right") || strings.Count(out, "read as") != 2 {
		t.Fatalf("got status %d\n%s%s", status, out, errs)
	}
	d, err := openDeck(file)
	if err != nil || len(d.Cards) == 0 {
		t.Fatalf("the deck has %d cards, %v", len(d.Cards), err)
	}
	for key, c := range d.Cards {
		if key != strings.Join([]string{c.Kind, c.Rule, c.Myth}, " / ") || c.Card.Reps == 0 ||
			!c.Card.Due.After(c.Card.LastReview) {
			t.Errorf("card %q: %+v", key, c)
		}
	}

	// What is due comes first, as another question: everything is made due.
	for key, c := range d.Cards {
		c.Card.Due = time.Now().Add(-time.Hour)
		d.Cards[key] = c
	}
	if err := d.save(file); err != nil {
		t.Fatal(err)
	}
	_, out, _ = command(t, "a\n", "quiz", "practice", "--count=1", "--deck="+file, "--lang=en")
	if !strings.HasPrefix(out, fmt.Sprintf("%d to review", len(d.Cards))) || !strings.Contains(out, "who-waits") {
		t.Errorf("what is due does not come first:\n%s", out)
	}
	os.WriteFile(file, []byte(`{"fourwave": "practice", "version": 2}`), 0o600)
	if status, _, errs := command(t, "", "quiz", "practice", "--deck="+file); status != exitUsage ||
		!strings.Contains(errs, "deck") {
		t.Errorf("a newer deck: got status %d, %s", status, errs)
	}
}

// TestQuizPracticeTakesThePagesDeck reads a deck as the page saves it.
func TestQuizPracticeTakesThePagesDeck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deck.json")
	os.WriteFile(
		file,
		[]byte(
			`{"fourwave":"practice","version":1,"cards":{
		"time-left / 2msl / tw-fin-timeout":{"kind":"time-left","level":2,
		"rule":"2msl","myth":"tw-fin-timeout","card":{"due":"2026-01-01T00:01:00.000Z",
		"stability":0.212,"difficulty":6.4133,
		"elapsed_days":0,"scheduled_days":0,"reps":1,"lapses":0,"learning_steps":0,"state":1,
		"last_review":"2026-01-01T00:00:00.000Z"}}}}`,
		),
		0o600,
	)
	status, out, errs := command(t, "1\n", "quiz", "practice", "--count=1", "--deck="+file, "--lang=en")
	if status != exitOK || !strings.Contains(out, "time-left, 2") {
		t.Errorf("got status %d\n%s%s", status, out, errs)
	}
}

func TestQuizExport(t *testing.T) {
	for _, format := range []string{"gift", "moodle", "qti12", "qti21", "qti3", "aiken", "json"} {
		status, out, errs := command(
			t, "", "quiz", "export", "--format="+format, "--lang=zh", "--kind=who-waits,play-the-peer", "--count=2",
		)
		if status != exitOK || len(out) < 200 {
			t.Errorf("%s: got status %d, %d bytes\n%s", format, status, len(out), errs)
		}
		if left := strings.Contains(errs, "play-the-peer"); left != (format != "json") {
			t.Errorf("%s: what is left out is said: %v\n%s", format, left, errs)
		}
	}
	for _, args := range [][]string{{}, {"--format=word"}, {"--format=gift", "--kind=riddle"},
		{"--format=gift", "--level=4"}, {"--format=gift", "--count=0"}, {"--format=gift", "--lang=de"}} {
		if status, _, errs := command(t, "", append([]string{"quiz", "export"}, args...)...); status != exitUsage ||
			errs == "" {
			t.Errorf("%q: got status %d, %q", args, status, errs)
		}
	}
}

func TestQuizGrade(t *testing.T) {
	it, err := quiz.New("who-waits", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range it.Parts[0].Options {
		want := exitDiffers
		if o.Right {
			want = exitOK
		}
		for _, given := range []string{o.ID, fmt.Sprintf(`{"choice": %q}`, o.ID)} {
			if status, out, errs := command(t, given, "quiz", "grade", it.Token(), "--lang=en"); status != want ||
				!strings.Contains(out, "read as") {
				t.Errorf("%s: got status %d, want %d\n%s%s", given, status, want, out, errs)
			}
		}
	}
	status, out, _ := command(t, "", "quiz", "grade", it.Token(), "a", "--json")
	var g quiz.Grade
	if err := json.Unmarshal([]byte(out), &g); err != nil || g.ReadAs == "" || (status == exitOK) != g.Correct {
		t.Errorf("--json: %v, status %d, %s", err, status, out)
	}
	for _, args := range [][]string{{"x", "a"}, {it.Token(), "no such thing"}, {it.Token(), `{"choice"`}} {
		if status, _, errs := command(t, "", append([]string{"quiz", "grade"}, args...)...); status != exitUsage ||
			errs == "" {
			t.Errorf("%q: got status %d, %q", args, status, errs)
		}
	}
}

func TestQuizPurge(t *testing.T) {
	dir := t.TempDir()
	kept, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().AddDate(0, 0, -200)
	c := class.New(class.Config{Store: kept, Now: func() time.Time { return now }})
	var settings newOptions
	slot, err := parseSlot("who-waits:1")
	if err != nil {
		t.Fatal(err)
	}
	settings.settings.Slots = append(settings.settings.Slots, slot)
	for range 2 {
		if _, err := c.Create(t.Context(), settings.settings); err != nil {
			t.Fatal(err)
		}
		now = time.Now()
	}
	// While a server has the data, nothing is purged, and nothing else is taken for it.
	if status, out, errs := command(t, "", "quiz", "purge", "--older=180d", "--data="+dir); status != exitCannot ||
		out != "" {
		t.Errorf("while the data are in use: got status %d, %q, %q", status, out, errs)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 quizzes", "0 quizzes"} {
		if status, out, errs := command(t, "", "quiz", "purge", "--older=180d", "--data="+dir); status != exitOK ||
			!strings.HasPrefix(out, want) {
			t.Errorf("got status %d, %q, %q, want %s", status, out, errs, want)
		}
	}
	for _, args := range [][]string{{}, {"--older=x"}, {"--older=1m"}, {"--older=-3d"},
		{"--older=1d", "--data=:memory:"}, {"--older=1d", "--data=" + dir + "/none"}} {
		if status, out, errs := command(t, "", append([]string{"quiz", "purge"}, args...)...); status == exitOK ||
			out != "" ||
			errs == "" {
			t.Errorf("%q: got status %d, %q, %q", args, status, out, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
		t.Error("purge makes data where there are none")
	}
}

func TestQuizOfHostileText(t *testing.T) {
	var b bytes.Buffer
	a := &asker{out: &b, to: term.Out{Width: term.DefaultWidth}, lang: "en"}
	a.print(strings.ReplaceAll(hostile, "\n", " ")) // a question may have lines
	a.verbatim(strings.ReplaceAll(hostile, "\n", " "))
	checkClean(t, b.String())
}
