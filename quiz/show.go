package quiz

import "strings"

// Shown is what a student may see of an item: no key, no seed, no facts, no feedback, no reason.
type Shown struct {
	Kind        string      `json:"kind"`
	Level       int         `json:"level"`
	Topics      []string    `json:"topics,omitempty"`
	Text        string      `json:"text"`
	Stimulus    string      `json:"stimulus,omitempty"` // preformatted
	Script      string      `json:"script,omitempty"`
	Interaction Interaction `json:"interaction"` // of its first part
	Choices     []Choice    `json:"choices"`     // of its only part; empty if it has several, or none to choose from
	Parts       []ShownPart `json:"parts"`
	Hints       int         `json:"hints"` // how many there are
}

// ShownPart is what may be seen of a part.
type ShownPart struct {
	ID          string       `json:"id"`
	Interaction Interaction  `json:"interaction"`
	Text        string       `json:"text,omitempty"`
	Max         float64      `json:"max"`
	Choices     []Choice     `json:"choices,omitempty"`
	Fields      []ShownField `json:"fields,omitempty"`
	Unit        string       `json:"unit,omitempty"`
	Tolerance   float64      `json:"tolerance,omitempty"` // of a number, in Unit
	Goals       []string     `json:"goals,omitempty"`
	MaxSteps    int          `json:"max_steps,omitempty"` // of steps: full credit needs no more
}

// ShownField is a blank without its key.
type ShownField struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`
	Kind    string   `json:"kind"`
	Choices []string `json:"choices,omitempty"`
}

// The ways to tell a situation.
const (
	InWords  = "words"  // in sentences
	AsScript = "script" // as a script
)

// Show is the question in a language, its situation told in words or as a script, never both. A
// situation that has only one of the two is told in that.
func (it *Item) Show(lang, stimulus string) Shown {
	s := Shown{
		Kind: it.Kind, Level: it.Level, Topics: it.Topics, Text: it.Text.In(lang),
		Stimulus: it.Stimulus.In(lang), Interaction: it.Parts[0].Interaction, Choices: []Choice{}, Hints: len(it.Hints),
	}
	if stimulus == AsScript && it.Script != "" {
		s.Text, s.Script = it.Bare.In(lang), it.Script
	}
	if strings.HasPrefix(lang, "zh") {
		s.Text = gloss(s.Text)
	}
	for i := range it.Parts {
		s.Parts = append(s.Parts, it.Parts[i].show(lang))
	}
	if len(it.Parts) == 1 && it.Parts[0].Interaction != ByMatch {
		s.Choices = append(s.Choices, s.Parts[0].Choices...)
	}
	return s
}

func (p *Part) show(lang string) ShownPart {
	s := ShownPart{
		ID: p.ID, Interaction: p.Interaction, Text: p.Ask.In(lang), Max: p.Max, Unit: p.Unit, Tolerance: p.Tolerance,
	}
	for _, o := range p.Options {
		s.Choices = append(s.Choices, Choice{o.ID, o.Text.In(lang)})
	}
	for _, f := range p.Fields {
		s.Fields = append(s.Fields, ShownField{f.ID, f.Label.In(lang), f.Kind, f.Choices})
	}
	if p.Goal != nil {
		s.Goals = append(s.Goals, p.Goal.Goals...)
		s.MaxSteps = p.Goal.MaxSteps
	}
	return s
}
