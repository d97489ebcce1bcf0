package script

import (
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds are how much a script may hold. A zero field is no bound.
type Bounds struct {
	Steps int
	Bytes int // of text

	// Worlds are those that a line may be restricted to; nil: any.
	Worlds Worlds
}

// Worlds knows the names of worlds.
type Worlds interface {
	// Knows reports whether a line can be restricted to a name, that of a world or of a family of them.
	Knows(name string) bool
	// Names are some of them, for whoever mistypes one.
	Names() []string
}

// DefaultBounds are those of Parse.
var DefaultBounds = Bounds{Steps: 10_000, Bytes: 1 << 20}

// Parse reads a script under DefaultBounds. The error is a *SyntaxError that lists every bad
// line, up to 20; then nothing of the script is to be run.
func Parse(text string) (*Script, error) { return parse(text, DefaultBounds) }

func parse(text string, lim Bounds) (*Script, error) {
	p := scriptParser{limits: lim, script: &Script{Text: text}}
	p.read(text)
	if len(p.problems) > 0 {
		return nil, &SyntaxError{Problems: p.problems}
	}
	return p.script, nil
}

// Reader reads a script that arrives in parts: lines are numbered on, a phase stays open, and
// every socket that a line speaks of must have been made by a line before it.
type Reader struct {
	bounds  Bounds
	lines   int
	steps   int
	bytes   int
	newline bool // the last part ended with one
	phase   string
	names   names
	hosts   hosts
}

// NewReader makes a Reader that has read nothing. The bounds are those of all parts together.
func NewReader(b Bounds) *Reader { return &Reader{bounds: b, names: names{}} }

// Lines is how many lines were read.
func (r *Reader) Lines() int { return r.lines }

// Read reads the next part. A part with a header begins with the comment that asks the script's
// question; in any other, the first comment opens a phase. The error is a *SyntaxError, and then
// the part counts as not read; one without a step is an error too.
func (r *Reader) Read(text string, header bool) (*Script, error) {
	p := scriptParser{
		limits: r.bounds, script: &Script{Text: text}, more: !header,
		line: r.lines, phase: r.phase, names: r.names.clone(), hosts: maps.Clone(r.hosts), have: r.steps, used: r.bytes,
	}
	p.read(text)
	if len(p.problems) == 0 && len(p.script.Steps) == 0 {
		p.line = max(p.line, 1)
		p.problem(1, "script has no steps")
	}
	if len(p.problems) > 0 {
		return nil, &SyntaxError{Problems: p.problems}
	}
	if r.bytes > 0 && !r.newline {
		r.bytes++ // the line feed that the parts are joined by
	}
	r.newline = strings.HasSuffix(text, "\n")
	r.lines, r.phase, r.names, r.hosts = p.line, p.phase, p.names, p.hosts
	r.steps += len(p.script.Steps)
	r.bytes += len(text)
	return p.script, nil
}

// scriptParser goes through a script line by line.
type scriptParser struct {
	limits   Bounds
	script   *Script
	problems []Problem
	line     int      // number of the line that is read
	phase    string   // that the next step stands in
	comments []string // lines of the comment block that is open
	more     bool     // lines for a lab that runs: no header
	have     int      // steps that the lab has already
	used     int      // octets that they took
	names    names    // of sockets; nil: not checked
	hosts    hosts    // that were declared
	header   bool     // the header has been read
	stop     bool
}

func (p *scriptParser) problem(col int, detail string) {
	p.problems = append(p.problems, Problem{p.line, col, detail})
	if len(p.problems) >= maxProblems {
		p.stop = true
	}
}

func (p *scriptParser) read(text string) {
	if !p.fits(text) {
		return
	}
	text = strings.TrimPrefix(text, "\ufeff")
	p.script.Steps = make([]Step, 0, min(strings.Count(text, "\n")+1, DefaultBounds.Steps))
	for raw := range strings.Lines(text) {
		p.line++
		p.readLine(strings.TrimRight(raw, "\r\n"))
		if p.stop {
			return
		}
	}
	p.endComment()
}

// fits refuses a script that is too long, at the place where it gets too long.
func (p *scriptParser) fits(text string) bool {
	room := p.limits.Bytes - p.used
	if p.limits.Bytes <= 0 || len(text) <= room {
		return true
	}
	head := text[:max(room, 0)]
	line := strings.Count(head, "\n")
	col := 1 + utf8.RuneCountInString(head[strings.LastIndexByte(head, '\n')+1:])
	p.line += 1 + line
	p.problem(col, fmt.Sprintf("script is longer than %d octets", p.limits.Bytes))
	return false
}

func (p *scriptParser) readLine(s string) {
	if col, r := badRune(s); col > 0 {
		p.problem(col, describeBad(r))
		return
	}
	code, comment, commented := strings.Cut(s, "#")
	if strings.TrimSpace(code) == "" {
		if commented {
			p.comments = append(p.comments, strings.TrimSpace(strings.TrimLeft(comment, "#")))
		} else {
			p.endComment()
		}
		return
	}
	p.endComment()
	p.header = true // a comment below the first step asks no question
	if n := p.have + len(p.script.Steps); p.limits.Steps > 0 && n >= p.limits.Steps {
		p.problem(1, fmt.Sprintf("more than %d steps", p.limits.Steps))
		p.stop = true
		return
	}
	l := lineParser{hosts: p.hosts, toks: tokens(code), end: utf8.RuneCountInString(strings.TrimRightFunc(code, unicode.IsSpace)) + 1}
	l.worlds = p.limits.Worlds
	l.step = Step{Line: p.line, Phase: p.phase, Why: spaced(comment)}
	l.parse(len(p.script.Steps) == 0)
	if l.wrong == "" && p.names != nil {
		if wrong := p.names.check(&l.step); wrong != "" {
			l.fail(l.sock, "%s", wrong)
		}
	}
	if l.wrong != "" {
		p.problem(l.col, l.wrong)
		// A line in its place keeps "&" below it from being a second mistake.
		p.script.Steps = append(p.script.Steps, Step{Line: p.line})
		return
	}
	if l.step.Actor == "host" {
		if p.hosts == nil {
			p.hosts = hosts{}
		}
		p.hosts[l.step.Cmd.Host] = l.step.Cmd.Addrs
	}
	p.script.Steps = append(p.script.Steps, l.step)
}

// endComment closes the comment block that is open: the first one of a file is its header
// and asks the question in its first paragraph, any other opens a phase.
func (p *scriptParser) endComment() {
	if len(p.comments) == 0 {
		return
	}
	block := p.comments
	p.comments = nil
	if !p.header && !p.more {
		p.header = true
		p.script.Question = JoinLines(firstParagraph(block))
		return
	}
	if phase := JoinLines(block); phase != "" {
		p.phase = phase
	}
}

func firstParagraph(block []string) []string {
	for len(block) > 0 && block[0] == "" {
		block = block[1:]
	}
	for i, s := range block {
		if s == "" {
			return block[:i]
		}
	}
	return block
}

// JoinLines makes one line of a comment that runs over several. Chinese is joined without
// a space.
func JoinLines(lines []string) string {
	var b strings.Builder
	var last rune
	for _, s := range lines {
		s = spaced(s)
		if s == "" {
			continue
		}
		first, _ := utf8.DecodeRuneInString(s)
		if b.Len() > 0 && !(Wide(last) && Wide(first)) {
			b.WriteByte(' ')
		}
		b.WriteString(s)
		last, _ = utf8.DecodeLastRuneInString(s)
	}
	return b.String()
}

// Wide reports whether r is a Chinese character or punctuation, which stand without spaces.
func Wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

// spaced trims s and makes each run of white space in it one space.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// badRune finds the first character that has no business in a script: octets that are not
// UTF-8, control characters, and full-width forms outside comments, which look right and
// are not. It returns the column, 0 when all is well.
func badRune(s string) (col int, bad rune) {
	comment := false
	for i, r := range s {
		col++
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return col, r
			}
		}
		if r == '#' {
			comment = true
		}
		if r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return col, r
		}
		if !comment && r >= 0xff01 && r <= 0xff5e {
			return col, r
		}
	}
	return 0, 0
}

func describeBad(r rune) string {
	switch {
	case r == utf8.RuneError:
		return "script is not UTF-8"
	case r >= 0xff01 && r <= 0xff5e:
		return fmt.Sprintf("full-width %q, did you mean %q?", r, r-0xff01+'!')
	}
	return fmt.Sprintf("control character %U", r)
}

// token is a word of a line and the column where it starts.
type token struct {
	text string
	col  int
}

func tokens(s string) []token {
	var out []token
	col, start, startCol := 0, -1, 0
	for i, r := range s {
		col++
		space := unicode.IsSpace(r)
		if !space && start < 0 {
			start, startCol = i, col
		}
		if space && start >= 0 {
			out = append(out, token{s[start:i], startCol})
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, token{s[start:], startCol})
	}
	return out
}

// Total is how long a script waits in a world that goes by these names, see [Step.RunsIn], if each line
// takes no time itself.
func Total(steps []Step, names []string, release string) time.Duration {
	var sum time.Duration
	for _, s := range steps {
		if s.RunsIn(names, release) {
			sum += min(s.Delay, MaxDelay) + min(s.Cmd.Within, MaxDelay)
		}
		sum = min(sum, MaxDelay*2)
	}
	return sum
}
