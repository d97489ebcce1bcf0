package quiz

import (
	"errors"
	"fmt"
	"strings"

	"fourwave/api/doc"
	"fourwave/lab"
	"fourwave/lab/world"
)

// The kinds of question.
const (
	NextState  = "next-state"   // where an event leads the state machine
	WillItBind = "will-it-bind" // whether bind succeeds at the end of a story
)

// Kinds lists the kinds of question.
var Kinds = []string{NextState, WillItBind}

// Errors that a caller tells apart.
var (
	ErrKind   = errors.New("quiz: no such kind of question")
	ErrToken  = errors.New("quiz: the token stands for no question")
	ErrAnswer = errors.New("quiz: the answer is none of the choices")
)

// Question is a question without its key, and without the experiment that shows it, since that
// would give the key away.
type Question struct {
	Token   string   `json:"token"` // to be given back with the answer
	Kind    string   `json:"kind"`
	Seed    int64    `json:"seed"`
	Text    string   `json:"text"`
	Script  string   `json:"script,omitempty"` // that the question is about
	Choices []Choice `json:"choices"`
}

// Choice is one of the answers to choose from.
type Choice struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Grade is a marked answer.
type Grade struct {
	Score      float64     `json:"score"` // from 0 to 1: the sum of the parts'
	Correct    bool        `json:"correct"`
	Right      Choice      `json:"right_answer"` // its id is empty where nothing was to be chosen
	Why        *doc.Why    `json:"why"`
	Experiment string      `json:"experiment,omitempty"` // id of one in the library that shows it; "" if none does
	ReadAs     string      `json:"read_as"`              // what was understood
	Feedback   string      `json:"feedback"`
	Myth       string      `json:"myth,omitempty"`       // the misconception that the answer comes from
	Refuted    string      `json:"refuted_by,omitempty"` // id of the experiment that refutes it
	Parts      []PartGrade `json:"parts"`
	Film       *Film       `json:"film,omitempty"`
}

// Film is a script to be run and looked at from a line on.
type Film struct {
	Script string `json:"script"`
	Line   int    `json:"line"`
}

// Ask gives the question of a kind and seed in a language, "en" or "zh"; English for any other.
// The error is ErrKind.
func Ask(kind string, seed int64, lang string) (Question, error) {
	p, err := pose(kind, seed)
	if err != nil {
		return Question{}, err
	}
	q := Question{Token: p.token(), Kind: kind, Seed: seed, Text: in(p.text, lang), Script: in(p.script, lang)}
	for _, c := range p.choices {
		q.Choices = append(q.Choices, c.in(lang))
	}
	return q, nil
}

// Mark marks an answer to the question that a token stands for, given as a choice's id or text, in
// any common spelling and in either language. The error is ErrToken or ErrAnswer.
func Mark(token, answer, lang string) (Grade, error) {
	it, err := Open(token)
	if err != nil {
		return Grade{}, err
	}
	return it.Mark(PlainAnswer(answer), lang)
}

// problem is a question with its key.
type problem struct {
	kind       string
	seed       int64
	facts      string // what is asked, in no language; the token is signed with it
	text       lab.Text
	script     lab.Text
	choices    []choice
	key        int // index of the right choice
	why        world.Why
	experiment string
}

type choice struct {
	id   string
	text lab.Text
	also []string // further spellings, plain
}

func (c choice) in(lang string) Choice { return Choice{c.id, in(c.text, lang)} }

func in(t lab.Text, lang string) string {
	if strings.HasPrefix(lang, "zh") {
		return t.Zh
	}
	return t.En
}

// pose makes the question of a kind and seed. The same two always make the same one.
func pose(kind string, seed int64) (*problem, error) {
	var p *problem
	var err error
	switch kind {
	case NextState:
		p, err = poseNextState(newDraw(kind, seed))
	case WillItBind:
		p, err = poseWillItBind(newDraw(kind, seed))
	default:
		return nil, fmt.Errorf("%w: %.40q", ErrKind, kind)
	}
	if err != nil {
		return nil, err
	}
	p.kind, p.seed = kind, seed
	for _, c := range p.choices {
		p.facts += "\n" + c.id + " " + c.text.En
	}
	return p, nil
}
