package script

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

var wireVerbs = []verb{
	{"latency", "D", givesOK, argLatency},
	{"drop", "HOST KIND [nth N]", givesOK, argDrop},
	{"dup", "HOST KIND [after D]", givesOK, argDup},
	{"delay", "HOST KIND D", givesOK, argDelay},
	{"hold", "[HOST [KIND]]", givesOK, argHold},
	{"deliver", "[HOST [KIND]]", givesOK, argHold},
	{"release", "", givesOK, argNone},
	{"forge", "HOST NAME FLAGS [seq=E] [ack=E] [len=N] [ts=now|old|none] or HOST NAME icmp=port|host|net|admin", givesAnswer, argForge},
	{"forget", "after D [rst|silent] or conntrack", givesOK, argForget},
	{"block", "HOST [icmp=port|host|net|admin|frag]", givesOK, argBlock},
}

// kindWords are the kinds of segment that the wire tells apart, as fsm.Segment.Kind does.
var kindWords = []string{"SYN", "SYN+ACK", "ACK", "FIN", "RST", "DATA", "any"}

func argLatency(p *lineParser, c *Command) { c.D = p.duration("latency") }

func (p *lineParser) duration(what string) (d time.Duration) {
	col, s := p.here(), p.word("a duration")
	if p.wrong != "" {
		return 0
	}
	d, wrong := parsePositive(what, s)
	switch {
	case wrong != "":
		p.fail(col, "%s", wrong)
	case d > maxWithin:
		p.fail(col, "%s %q is longer than 24h", what, s)
	}
	return d
}

func (p *lineParser) host() string {
	col, s := p.here(), p.word("server or client")
	if p.wrong == "" && !slices.Contains(p.hosts.words(), s) {
		p.fail(col, "%s", Unknown("host", s, p.hosts.words()))
	}
	return s
}

// way reads HOST, the sender, or HOST>HOST, one direction.
func (p *lineParser) way(c *Command) {
	col, s := p.here(), p.word("server, client or HOST>HOST")
	if p.wrong != "" {
		return
	}
	from, to, directed := strings.Cut(s, ">")
	known := p.hosts.words()
	switch {
	case !slices.Contains(known, from):
		p.fail(col, "%s", Unknown("host", from, known))
	case directed && !slices.Contains(known, to):
		p.fail(col+len(from)+1, "%s", Unknown("host", to, known))
	case directed && from == to:
		p.fail(col, "a host has no wire to itself")
	}
	c.Host, c.To = from, to
}

// icmpWords are the ICMP errors that the wire can make, by what is unreachable or too big.
var icmpWords = []string{"port", "host", "net", "admin", "frag"}

func (p *lineParser) icmp(col int, value string, known []string) string {
	if !slices.Contains(known, value) {
		p.fail(col, "%s", Unknown("ICMP error", value, known))
	}
	return value
}

func argForget(p *lineParser, c *Command) {
	if p.keyword("conntrack") {
		c.Fate = "conntrack"
		return
	}
	if !p.keyword("after") {
		p.fail(p.here(), "expected after D, or conntrack")
		return
	}
	c.D, c.Fate = p.duration("time"), "silent"
	if s := p.peek(); s != "" {
		known := []string{"rst", "silent"}
		if c.Fate = s; !slices.Contains(known, s) {
			p.fail(p.here(), "%s", Unknown("fate", s, known))
		}
		p.pos++
	}
}

func argBlock(p *lineParser, c *Command) {
	p.way(c)
	if s := p.peek(); s != "" {
		col := p.here()
		key, value, has := strings.Cut(p.word(""), "=")
		if key != "icmp" || !has {
			p.fail(col, "%s", Unknown("field", key, []string{"icmp"}))
			return
		}
		c.ICMP = p.icmp(col+len(key)+1, value, icmpWords)
	}
}

func (p *lineParser) kind() string {
	col, s := p.here(), p.word("a kind of segment: "+oneOf(kindWords))
	if p.wrong != "" {
		return ""
	}
	for _, k := range kindWords {
		if strings.EqualFold(s, k) {
			return k
		}
	}
	if strings.EqualFold(s, "ACK+SYN") {
		return "SYN+ACK"
	}
	p.fail(col, "%s", Unknown("kind of segment", s, kindWords))
	return ""
}

func argDrop(p *lineParser, c *Command) {
	p.way(c)
	c.Kind, c.Nth = p.kind(), 1
	if p.keyword("nth") {
		c.Nth = p.number("a count", 1, 1_000_000)
	}
}

func argDup(p *lineParser, c *Command) {
	p.way(c)
	c.Kind = p.kind()
	if p.keyword("after") {
		c.D = p.duration("delay")
	}
}

func argDelay(p *lineParser, c *Command) {
	p.way(c)
	c.Kind = p.kind()
	c.D = p.duration("delay")
}

// argHold reads [HOST [KIND]]; left out they are both hosts and any kind.
func argHold(p *lineParser, c *Command) {
	c.Kind = "any"
	if p.peek() == "" {
		return
	}
	p.way(c)
	if p.peek() != "" {
		c.Kind = p.kind()
	}
}

var forgeWords = []string{"seq", "ack", "len", "ts"}

func argForge(p *lineParser, c *Command) {
	c.Host, c.Sock = p.host(), p.name(aName)
	if value, is := strings.CutPrefix(p.peek(), "icmp="); is {
		c.ICMP = p.icmp(p.here()+len("icmp="), value, icmpWords[:4])
		p.pos++
		return
	}
	p.forgeFlags(c)
	seen := map[string]bool{}
	for p.peek() != "" {
		col, s := p.here(), p.word("")
		key, value, has := strings.Cut(s, "=")
		at := col + len(key) + 1
		switch {
		case !slices.Contains(forgeWords, key):
			p.fail(col, "%s", Unknown("field", key, forgeWords))
		case !has || value == "":
			p.fail(col, "field %s wants a value, as in %s", key, forgeExample[key])
		case seen[key]:
			p.fail(col, "field %s is given twice", key)
		case key == "seq":
			c.Seq = p.expr(at, value)
		case key == "ack":
			c.Ack = p.expr(at, value)
		case key == "len":
			c.Len = p.parseNumber(at, "length", value, 0, 65495)
		case key == "ts":
			known := []string{"now", "old", "none"}
			if !slices.Contains(known, value) {
				p.fail(at, "%s", Unknown("timestamp", value, known))
			}
			c.TS = value
		}
		seen[key] = true
	}
}

var forgeExample = map[string]string{"seq": "seq=nxt-1", "ack": "ack=nxt", "len": "len=5", "ts": "ts=old"}

func (p *lineParser) forgeFlags(c *Command) {
	col, s := p.here(), p.word("flags: SYN, ACK, FIN, RST or PSH, joined by +")
	if p.wrong != "" {
		return
	}
	f, bad := ParseFlags(s)
	if bad == "" && f != 0 {
		c.Flags = f.Names()
		return
	}
	words := make([]string, len(flagWords))
	for i, w := range flagWords {
		words[i] = w.name
	}
	if slices.Contains(words, strings.ToUpper(bad)) {
		p.fail(col, "flag %s is given twice", strings.ToUpper(bad))
		return
	}
	p.fail(col, "%s", Unknown("flag", bad, words))
}

var baseWords = []string{"nxt", "una", "isn", "wnd"}

// expr reads a sequence number: a base, and plus or minus a number below 2^32.
func (p *lineParser) expr(col int, s string) Expr {
	i := strings.IndexAny(s, "+-")
	if i < 0 {
		i = len(s)
	}
	e := Expr{Base: s[:i]}
	if !slices.Contains(baseWords, e.Base) {
		p.fail(col, "%s", Unknown("sequence number", e.Base, baseWords))
		return Expr{}
	}
	if i == len(s) {
		return e
	}
	n, err := strconv.ParseUint(s[i+1:], 10, 32)
	if err != nil {
		p.fail(col+i, "bad offset %q, expected + or - and a number below 4294967296", Clip(s[i:]))
		return Expr{}
	}
	e.Offset = int64(n)
	if s[i] == '-' {
		e.Offset = -e.Offset
	}
	return e
}
