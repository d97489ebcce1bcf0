package lab

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"fourwave/internal/text"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Experiment is an entry of the library.
type Experiment struct {
	ID       string
	Title    Text
	Question Text
	Explain  Text // what to see in it, when it has run
	Tags     []string
	Script   string
	steps    []script.Step
}

// Text is a sentence in both languages.
type Text = text.Text

// An experiment's file is an ordinary script. The comment block at its end that begins with
// "# title:" has the texts, one field a paragraph; it comes last so that a reader may predict
// before he is told.
//
//go:embed experiments/*.txt
var experiments embed.FS

// Library lists the experiments in their teaching order. The slice is the caller's; what it
// holds is not to be changed.
func Library() []Experiment { return slices.Clone(library()) }

var library = sync.OnceValue(func() []Experiment {
	files, err := experiments.ReadDir("experiments")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var all []Experiment
	for _, f := range files { // in the order of their names, which begin with a number
		text, err := experiments.ReadFile("experiments/" + f.Name())
		if err != nil {
			panic("BUG: " + err.Error())
		}
		_, id, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".txt"), "-")
		e, err := readExperiment(id, string(text))
		if err != nil {
			panic("BUG: " + err.Error())
		}
		all = append(all, e)
	}
	return all
})

// FindExperiment finds an experiment of the library by its id.
func FindExperiment(id string) (Experiment, bool) {
	all := library()
	i := slices.IndexFunc(all, func(e Experiment) bool { return e.ID == id })
	if i < 0 {
		return Experiment{}, false
	}
	return all[i], true
}

// readExperiment splits a file into the script and the texts at its end.
func readExperiment(id, file string) (Experiment, error) {
	parsed, texts, ok := strings.Cut(file, "\n# title:")
	if !ok {
		return Experiment{}, fmt.Errorf("experiment %s has no title", id)
	}
	e := Experiment{ID: id, Script: strings.TrimSpace(parsed) + "\n"}
	s, err := script.Parse(e.Script)
	if err != nil {
		return Experiment{}, fmt.Errorf("experiment %s: %w", id, err)
	}
	e.Question.En = s.Question
	if err := e.readTexts("# title:" + texts); err != nil {
		return Experiment{}, fmt.Errorf("experiment %s: %w", id, err)
	}
	e.steps = s.Steps
	return e, nil
}

// Needs is how long the experiment takes in a world, roughly: 0 where time is virtual.
func (e *Experiment) Needs(w world.Info) time.Duration {
	if w.Clock != world.Real {
		return 0
	}
	return script.Total(e.steps, w.Tags(), w.Release).Round(100 * time.Millisecond)
}

// readTexts reads the fields "# key: value", each of which goes on in lines that are
// indented further.
func (e *Experiment) readTexts(block string) error {
	var tags string
	fields := map[string]*string{
		"title": &e.Title.En, "title.zh": &e.Title.Zh, "question.zh": &e.Question.Zh,
		"explain": &e.Explain.En, "explain.zh": &e.Explain.Zh, "tags": &tags,
	}
	var field *string
	for line := range strings.Lines(block) {
		line = strings.TrimRight(strings.TrimPrefix(line, "#"), "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if strings.HasPrefix(line, "   ") && field != nil {
			*field = script.JoinLines([]string{*field, line})
			continue
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if field = fields[key]; field == nil || *field != "" {
			return fmt.Errorf("field %q is unknown or comes twice", key)
		}
		*field = strings.TrimSpace(value)
	}
	for key, value := range fields {
		if *value == "" {
			return fmt.Errorf("field %q is missing", key)
		}
	}
	for tag := range strings.SplitSeq(tags, ",") {
		e.Tags = append(e.Tags, strings.TrimSpace(tag))
	}
	return nil
}
