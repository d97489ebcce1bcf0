package quiz

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Interaction says how a part is answered, and so which member of an [Answer] it reads.
type Interaction string

// The interactions.
const (
	ByChoice  Interaction = "choice"  // one of Options
	ByChoices Interaction = "choices" // any of Options
	ByNumber  Interaction = "number"  // a quantity in Unit
	ByMatch   Interaction = "match"   // for each of Fields one of Options
	ByOrder   Interaction = "order"   // Options in an order, decoys left out
	ByFields  Interaction = "fields"  // a value for each of Fields
	ByLine    Interaction = "line"    // one of Options, which are numbered lines
	ByScript  Interaction = "script"  // lines of an experiment's script
	BySteps   Interaction = "steps"   // segments to send, one after the other
)

// Item is a question with its key: all that asking, marking and exporting need, as data. It depends
// on nothing but kind, version, seed and level. Whoever shows one to a student shows [Item.Show].
type Item struct {
	Kind    string `json:"kind"`
	Version int    `json:"version"` // of the kind's generator
	Seed    int64  `json:"seed"`
	Level   int    `json:"level"` // 1 to 3, computed: see levelOf
	// Facts is a hash over what is asked, in no language: two items with the same facts are one
	// question, however they are worded or ordered.
	Facts      string   `json:"facts"`
	Topics     []string `json:"topics"`
	System     string   `json:"system"`               // whose rules decide: "linux", "rfc9293", …
	Text       Text     `json:"text"`                 // the question, its situation told in words
	Bare       Text     `json:"bare,omitzero"`        // the question for those who see Stimulus or Script
	Stimulus   Text     `json:"stimulus,omitzero"`    // a table, a trace or a listing that belongs to the question
	Script     string   `json:"script,omitempty"`     // the situation as a script; "" where it would give the key away
	Film       string   `json:"film,omitempty"`       // the script that shows the answer; given with the grade alone
	FilmLine   int      `json:"film_line,omitempty"`  // line of Film at which the answer is to be seen
	Rule       string   `json:"rule"`                 // that decides
	Why        Text     `json:"why"`                  // why the key is right
	Source     string   `json:"source"`               // of Rule
	Experiment string   `json:"experiment,omitempty"` // id of one in the library that shows the rule
	Hints      []Text   `json:"hints"`                // from general to particular, at most three
	Parts      []Part   `json:"parts"`

	proof string   // the script that a kernel must run as the model does, see Proof; "" if only the model can tell
	about string   // what Facts is the hash of
	rules []string // the distinct rules that Level counts
	hard  bool     // something is lost on the wire, options are mixed, or the system is not Linux
}

// Part is a part of a question that is answered and marked by itself.
type Part struct {
	ID          string      `json:"id"` // "p1", "p2", …
	Interaction Interaction `json:"interaction"`
	Ask         Text        `json:"ask,omitzero"` // what is asked here, in a question of several parts
	Max         float64     `json:"max"`          // share of the score; the parts' shares sum to 1
	Options     []Option    `json:"options,omitempty"`
	Fields      []Field     `json:"fields,omitempty"`
	Unit        string      `json:"unit,omitempty"` // of a number: "s", or "" for a count
	Key         float64     `json:"key,omitempty"`  // of a number
	Tolerance   float64     `json:"tolerance,omitempty"`
	Wrong       []Wrong     `json:"wrong,omitempty"`  // numbers with a credit or feedback of their own
	Before      [][2]string `json:"before,omitempty"` // of an order: ids, the first of which must come before the second
	Goal        *Goal       `json:"goal,omitempty"`   // of a script, of steps, and of an order whose lines are a script
	Right       Text        `json:"right"`            // the key in words
	Why         Text        `json:"why,omitzero"`     // why the key is right, where it is not the item's Why
	Domain      Domain      `json:"domain,omitempty"`
}

// Domain says which answers make sense for a choice even if they are not offered.
type Domain string

// The domains. An answer of the domain that is not among the options is read and scores 0.
const (
	AnyText   Domain = ""
	OfStates  Domain = "state"
	OfErrnos  Domain = "errno" // "ok" among them
	OfAnswers Domain = "yes"   // yes and no, and errnos
)

// Option is an answer to choose, a line to point at or put in order.
type Option struct {
	ID       string   `json:"id"` // "a", "b", …; the line's number; "s1", "s2", …
	Text     Text     `json:"text"`
	Right    bool     `json:"right,omitempty"`
	Also     []string `json:"also,omitempty"` // further spellings, normalised
	Myth     string   `json:"myth,omitempty"` // the misconception that leads here
	Feedback Text     `json:"feedback,omitzero"`
}

// Field is a blank to fill in, or a row to match.
type Field struct {
	ID       string   `json:"id"`
	Label    Text     `json:"label"`
	Key      string   `json:"key"`               // normalised
	Kind     string   `json:"kind"`              // "number", "state", "flags", "result", or "option": an option's id
	Choices  []string `json:"choices,omitempty"` // to choose from, for fields that need not be typed
	Why      Text     `json:"why,omitzero"`
	Wrong    []Miss   `json:"wrong,omitempty"` // values that a misconception leads to
	Follows  string   `json:"follows,omitempty"`
	FollowBy int64    `json:"follow_by,omitempty"` // Key is the key of Follows plus this: half the credit for what follows a mistake there
}

// Miss is a wrong value of a field that says what its author thinks.
type Miss struct {
	Value    string `json:"value"`
	Myth     string `json:"myth"`
	Feedback Text   `json:"feedback"`
}

// Wrong is a wrong number that says what its author thinks.
type Wrong struct {
	Value    float64 `json:"value"`
	Credit   float64 `json:"credit,omitempty"` // from 0 to 1, of the part
	Myth     string  `json:"myth,omitempty"`
	Feedback Text    `json:"feedback"`
}

// letters name options: "a", "b", ….
func letters(options []Option) []Option {
	for i := range options {
		options[i].ID = string(rune('a' + i))
	}
	return options
}

// right is the first right option of a part.
func (p *Part) right() *Option {
	if i := slices.IndexFunc(p.Options, func(o Option) bool { return o.Right }); i >= 0 {
		return &p.Options[i]
	}
	return nil
}

func (p *Part) option(id string) *Option {
	if i := slices.IndexFunc(p.Options, func(o Option) bool { return o.ID == id }); i >= 0 {
		return &p.Options[i]
	}
	return nil
}

// levelOf is a level computed: 3 for a question that is hard by itself, else 1 for one rule, 2 for
// two or three and 3 for more.
func levelOf(rules []string, hard bool) int {
	distinct := map[string]bool{}
	for _, r := range rules {
		distinct[r] = true
	}
	switch n := len(distinct); {
	case hard || n > 3:
		return 3
	case n > 1:
		return 2
	}
	return 1
}

// seal sets what follows from the rest: facts, level, the parts' ids and the keys in words.
func (it *Item) seal() {
	sum := sha256.Sum256([]byte(it.Kind + "\n" + it.about))
	it.Facts = hex.EncodeToString(sum[:12])
	it.Level = levelOf(it.rules, it.hard)
	for i := range it.Parts {
		p := &it.Parts[i]
		p.ID = "p" + string(rune('1'+i))
		if p.Right.IsZero() {
			p.Right = p.inWords()
		}
		if p.Max == 0 {
			p.Max = 1 / float64(len(it.Parts))
		}
	}
}
