package program

import (
	"errors"
	"fmt"
	"strings"

	"fourwave/internal/text"
	"fourwave/lab/script"
)

// Language is a programming language that a script can be written in.
type Language string

// The languages.
const (
	C      Language = "c"
	Go     Language = "go"
	Python Language = "python"
)

// Languages lists the languages.
var Languages = []Language{C, Go, Python}

// File is the name that a program of that language is saved under: restart.c for "restart".
func (l Language) File(name string) string {
	return name + map[Language]string{C: ".c", Go: ".go", Python: ".py"}[l]
}

// Source is what a program is made of.
type Source struct {
	Question string // a sentence; the program's first comment
	Origin   string // where the script comes from, "experiment plain-restart"; may be empty
	Steps    []script.Step

	// Results are what a world answered, by step; "" where that is not known. A step without a
	// result is taken to end as its line expects.
	Results []string

	Lang string // of the fixed sentences: "en" or "zh"
}

// ErrLanguage is returned for a language that is not one of [Languages].
var ErrLanguage = errors.New("program: unknown language")

// Refusal says why a script cannot be shown on loopback.
type Refusal struct {
	Line   int // of the script; 0: the script as a whole
	Reason text.Text
}

func (r *Refusal) Error() string { return r.Reason.En }

// Write returns the source of a program. The error is a [*Refusal] if loopback cannot show the
// script, or [ErrLanguage].
func Write(l Language, s Source) (string, error) {
	var w dialect
	switch l {
	case C:
		w = &cDialect{}
	case Go:
		w = &goDialect{}
	case Python:
		w = &pythonDialect{}
	default:
		return "", fmt.Errorf("%w %q", ErrLanguage, script.Clip(string(l)))
	}
	p, err := newPlan(s, w.reserved())
	if err != nil {
		return "", err
	}
	return w.write(p), nil
}

// dialect writes a plan in one language.
type dialect interface {
	reserved() string // the words that cannot name a variable, apart by spaces
	write(*plan) string
}

// page collects the lines of a program.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

// call writes a line of code with what it is expected to give, as a comment.
func (p *page) call(indent, code, comment, want string) {
	if want != "" {
		code = fmt.Sprintf("%-76s %s = %s", code, comment, want)
	}
	p.line("%s%s", indent, code)
}

// comment writes a phase's words behind a blank line, and a line that only looks as it is.
func (p *page) comment(mark string, c call) {
	if c.verb == "phase" {
		p.line("")
	}
	for _, line := range wrap(c.label, 90) {
		p.line("%s%s", mark, line)
	}
}

// heading is the comment that a program begins with.
func (p *plan) heading() []string {
	lines := wrap(p.question, 90)
	in := func(t text.Text) string { return t.In(p.lang) }
	lines = append(lines, "")
	if p.origin != "" {
		lines = append(lines, in(text.Text{
			En: "Written by fourwave from " + p.origin + ".",
			Zh: "由 fourwave 根据 " + p.origin + " 生成。",
		}))
	}
	return append(lines, in(text.Text{
		En: "Both ends run in this one process, on loopback.",
		Zh: "连接的两端都在这个进程里，走环回接口。",
	}))
}

// wrap breaks a text into lines of at most width characters, between words.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text.Clean(s)) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
