package quiz

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Answer is what a student gives. Each interaction reads its own member; Plain is a bare string,
// which every interaction reads as well as it can. The zero value is a blank.
type Answer struct {
	Plain   *string           `json:"-"`
	Choice  *string           `json:"choice,omitempty"`
	Choices *[]string         `json:"choices,omitempty"`
	Number  *Loose            `json:"number,omitempty"`
	Text    *string           `json:"text,omitempty"`
	Match   map[string]string `json:"match,omitempty"`
	Order   *[]string         `json:"order,omitempty"`
	Fields  map[string]Loose  `json:"fields,omitempty"`
	Line    *Loose            `json:"line,omitempty"`
	Script  *string           `json:"script,omitempty"`
	Steps   *[]string         `json:"steps,omitempty"`
	Parts   map[string]Answer `json:"parts,omitempty"`
}

// Loose is a string that may be written as a JSON number.
type Loose string

// UnmarshalJSON takes a string or a number as it is written.
func (l *Loose) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(l))
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil || n == "" {
		return errors.New("neither a string nor a number")
	}
	*l = Loose(n)
	return nil
}

// UnmarshalJSON reads a string, a number, an object with the member of one interaction, or null for
// a blank.
func (a *Answer) UnmarshalJSON(b []byte) error {
	*a = Answer{}
	b = bytes.TrimSpace(b)
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	if len(b) > 0 && b[0] != '{' {
		var l Loose
		if err := l.UnmarshalJSON(b); err != nil {
			return errors.New("an answer is a string, an object such as {\"choice\": \"b\"}, or null")
		}
		s := string(l)
		a.Plain = &s
		return nil
	}
	type members Answer // without this method
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var m members
	if err := dec.Decode(&m); err != nil {
		return err
	}
	*a = Answer(m)
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (a Answer) MarshalJSON() ([]byte, error) {
	if a.Plain != nil {
		return json.Marshal(*a.Plain)
	}
	if a.blank() {
		return []byte("null"), nil
	}
	type members Answer
	return json.Marshal(members(a))
}

func (a Answer) blank() bool {
	return a.Plain == nil && a.Choice == nil && a.Choices == nil && a.Number == nil && a.Text == nil && a.Match == nil &&
		a.Order == nil && a.Fields == nil && a.Line == nil && a.Script == nil && a.Steps == nil &&
		a.Parts == nil
}

// PlainAnswer is an answer as a bare string.
func PlainAnswer(s string) Answer { return Answer{Plain: &s} }

// single is the string of an answer that is one: of its own member or plain.
func (a Answer) single(own *string) (string, bool) {
	for _, s := range []*string{own, a.Plain, a.Text, a.Choice, (*string)(a.Number), (*string)(a.Line)} {
		if s != nil {
			return *s, true
		}
	}
	return "", false
}

// size bounds an answer; the longest is a script.
func (a Answer) size() int {
	b, err := json.Marshal(a)
	if err != nil {
		return maxAnswerBytes + 1
	}
	return len(b)
}

// UnreadableError says what of an answer could not be read. It is an [ErrAnswer].
type UnreadableError struct {
	Pointer string // JSON pointer into the answer
	Detail  Text
}

func (e *UnreadableError) Error() string { return e.Detail.En }

// Unwrap makes it an ErrAnswer.
func (e *UnreadableError) Unwrap() error { return ErrAnswer }

func unreadable(pointer, given string, t Text) error {
	return &UnreadableError{pointer, Text{
		En: fmt.Sprintf("%s cannot be read as an answer: %s", clipped(given), t.En),
		Zh: fmt.Sprintf("无法把 %s 读作答案：%s", clipped(given), t.Zh),
	}}
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}

const (
	// maxAnswerBytes bounds an answer as JSON; the longest is a script.
	maxAnswerBytes = 16 << 10
	maxScriptLines = 60
)
