package script

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// lineParser reads one line. Its first mistake is kept in wrong and col; after it every
// method does nothing.
type lineParser struct {
	toks  []token
	pos   int
	end   int // column behind the last word
	step  Step
	wrong string
	col   int
	sock  int   // column of the socket's name
	hosts hosts // that the script has declared so far

	worlds Worlds // that there are; nil: not checked
}

var actorWords = []string{"server", "client", "wire"}

// parse reads the line: [world] +delay actor verb arguments = result.
func (p *lineParser) parse(first bool) {
	p.restriction()
	p.delay(first)
	if p.keyword("host") {
		p.declare()
		return
	}
	p.actor()
	want, wantCol, expects := p.cutExpect()
	v := p.verb()
	if p.wrong != "" {
		return
	}
	p.step.Cmd.Verb = v.name
	from := p.pos
	v.args(p, &p.step.Cmd)
	if p.wrong == "" && p.pos < len(p.toks) {
		p.fail(p.toks[p.pos].col, "unexpected %q, expected %s", Clip(p.toks[p.pos].text), p.usage(v))
	}
	if p.wrong != "" {
		return
	}
	words := []string{v.name}
	for _, t := range p.toks[from:] {
		words = append(words, t.text)
	}
	p.step.Text = strings.Join(words, " ")
	if !expects {
		return
	}
	normal, wrong := parseResult(want, v.gives)
	if wrong != "" {
		p.fail(wantCol, "%s", wrong)
		return
	}
	p.step.Expect = normal
}

func (p *lineParser) fail(col int, format string, args ...any) {
	if p.wrong == "" {
		p.col, p.wrong = col, fmt.Sprintf(format, args...)
	}
}

// here is the column of the next word, or of the place where it is missing.
func (p *lineParser) here() int {
	if p.pos < len(p.toks) {
		return p.toks[p.pos].col
	}
	return p.end
}

// peek is the next word, "" at the end of the line.
func (p *lineParser) peek() string {
	if p.wrong == "" && p.pos < len(p.toks) {
		return p.toks[p.pos].text
	}
	return ""
}

// word takes the next word; what it should be is said when it is missing.
func (p *lineParser) word(what string) string {
	s := p.peek()
	if s == "" {
		p.fail(p.here(), "expected %s", what)
		return ""
	}
	p.pos++
	return s
}

// keyword takes the next word if it is the one given.
func (p *lineParser) keyword(s string) bool {
	if p.peek() != s {
		return false
	}
	p.pos++
	return true
}

func (p *lineParser) delay(first bool) {
	s, col := p.peek(), p.here()
	switch {
	case s == "&":
		p.pos++
		if first {
			p.fail(col, `"&" joins a line to the one before, and there is none`)
		}
		p.step.Same = true
	case strings.HasPrefix(s, "+"):
		p.pos++
		d, wrong := parsePositive("delay", s[1:])
		if wrong != "" {
			p.fail(col, "%s", wrong)
		}
		p.step.Delay = d
	case s != "" && strings.Trim(s[:1], "-.0123456789") == "":
		if _, wrong := parsePositive("delay", s); wrong != "" {
			p.fail(col, "%s", wrong)
			return
		}
		p.fail(col, "delay %q has no plus sign, did you mean +%s?", Clip(s), Clip(s))
	}
}

func (p *lineParser) actor() {
	col := p.here()
	s := p.word("server, client or wire")
	if _, declared := p.hosts[s]; p.wrong != "" || declared || slices.Contains(actorWords, s) {
		p.step.Actor = s
		return
	}
	if findVerb(hostVerbs, s) != nil {
		p.fail(col, "expected server or client before %q", s)
		return
	}
	p.fail(col, "%s", Unknown("actor", s, append(slices.Clone(actorWords), slices.Sorted(maps.Keys(p.hosts))...)))
}

// declare reads "host NAME ADDR [ADDR6]".
func (p *lineParser) declare() {
	col := p.here()
	c := Command{Verb: "host", Host: p.name("the new host's name")}
	_, known := p.hosts[c.Host]
	switch {
	case p.wrong != "":
	case known || slices.Contains(actorWords, c.Host) || c.Host == "host":
		p.fail(col, "host %s is there already", c.Host)
	case len(p.hosts) >= maxHosts:
		p.fail(col, "more than %d hosts are declared", maxHosts)
	}
	for i := range 2 {
		if i == 1 && p.peek() == "" {
			break
		}
		col, s := p.here(), p.word("an address, 10.0.0.3")
		a, err := netip.ParseAddr(s)
		switch {
		case p.wrong != "":
		case err != nil || a.Zone() != "" || a.Is4() != (i == 0):
			p.fail(col, "bad address %q, expected %s", Clip(s), []string{"one of IPv4, 10.0.0.3", "one of IPv6, fd00::3"}[i])
		case !subnets[i].Contains(a):
			p.fail(col, "address %q is not on the lab's network, expected one of %s", s, subnets[i])
		case p.hosts.taken(a):
			p.fail(col, "address %q is another host's", s)
		}
		c.Addrs = append(c.Addrs, a)
	}
	if p.wrong == "" && p.pos < len(p.toks) {
		p.fail(p.here(), "unexpected %q, expected host NAME ADDR [ADDR6]", Clip(p.peek()))
	}
	words := []string{c.Host}
	for _, a := range c.Addrs {
		words = append(words, a.String())
	}
	p.step.Actor, p.step.Cmd, p.step.Text = "host", c, strings.Join(words, " ")
}

// subnets are those that the lab's hosts are on.
var subnets = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/64")}

// cutExpect takes "= result" off the end of the line.
func (p *lineParser) cutExpect() (want string, col int, ok bool) {
	for i := p.pos; i < len(p.toks); i++ {
		t := p.toks[i]
		if !strings.HasPrefix(t.text, "=") {
			continue
		}
		words := make([]string, 0, len(p.toks)-i)
		col = t.col + 1
		if t.text != "=" {
			words = append(words, t.text[1:])
		} else if i+1 < len(p.toks) {
			col = p.toks[i+1].col
		}
		for _, w := range p.toks[i+1:] {
			words = append(words, w.text)
		}
		p.toks, p.end = p.toks[:i], t.col
		if len(words) == 0 {
			p.fail(col, `expected a result after "="`)
		}
		return strings.Join(words, " "), col, true
	}
	return "", 0, false
}

func (p *lineParser) verb() *verb {
	col := p.here()
	s := p.word("a verb")
	if p.wrong != "" {
		return nil
	}
	mine, other, whose := hostVerbs, wireVerbs, "the wire"
	if p.step.Actor == "wire" {
		mine, other, whose = wireVerbs, hostVerbs, "a host, server or client"
	}
	if v := findVerb(mine, s); v != nil {
		return v
	}
	if findVerb(other, s) != nil {
		p.fail(col, "verb %q is one of %s", s, whose)
		return nil
	}
	words := make([]string, len(mine))
	for i, v := range mine {
		words[i] = v.name
	}
	p.fail(col, "%s", Unknown("verb", s, words))
	return nil
}

// verb is a word that an actor does: how its arguments are read, and what it can come to.
type verb struct {
	name  string
	usage string
	gives gives
	args  func(*lineParser, *Command)
}

func (p *lineParser) usage(v *verb) string {
	if v.usage == "" {
		return "nothing after " + v.name
	}
	return v.name + " " + v.usage
}

func findVerb(verbs []verb, name string) *verb {
	for i := range verbs {
		if verbs[i].name == name {
			return &verbs[i]
		}
	}
	return nil
}

// name takes the name of a socket: letters, digits, "_" and "-", a letter first.
func (p *lineParser) name(what string) string {
	col, s := p.here(), p.word(what)
	if p.wrong != "" {
		return ""
	}
	if p.sock == 0 {
		p.sock = col
	}
	for i, r := range s {
		letter := unicode.IsLetter(r) || r == '_'
		if !letter && (i == 0 || !unicode.IsDigit(r) && r != '-') || i >= 32 {
			p.fail(col, "bad name %q, expected a letter and then letters, digits, _ or -, at most 32", Clip(s))
			return ""
		}
	}
	return s
}

func (p *lineParser) addr() Addr {
	col, s := p.here(), p.word("an address, HOST:PORT")
	if p.wrong != "" {
		return Addr{}
	}
	a, wrong := parseAddr(s, p.hosts)
	if wrong != "" {
		p.fail(col, "%s", wrong)
	}
	return a
}

// number takes a whole number from least to most.
func (p *lineParser) number(what string, least, most int) int {
	col, s := p.here(), p.word(what)
	if p.wrong != "" {
		return 0
	}
	return p.parseNumber(col, what, s, least, most)
}

func (p *lineParser) parseNumber(col int, what, s string, least, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most || s[0] == '+' {
		p.fail(col, "bad %s %q, expected %d to %d", strings.TrimPrefix(what, "a "), Clip(s), least, most)
		return 0
	}
	return n
}
