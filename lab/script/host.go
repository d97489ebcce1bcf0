package script

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of what a line may ask for.
const (
	maxOctets  = 16 << 20 // of one send or recv
	maxBacklog = 1<<31 - 1
	maxUID     = 65534
	maxWithin  = 24 * time.Hour
	maxIdle    = 32767 * time.Second // MAX_TCP_KEEPIDLE

	maxWorldName = 64 // bytes
)

var hostVerbs = []verb{
	{"socket", "NAME [tcp4|tcp6] [OPTIONS]", givesOK, argSocket},
	{"set", "NAME OPTIONS", givesOK, argSet},
	{"bind", "NAME ADDR [OPTIONS]", givesOK, argBind},
	{"listen", "NAME [BACKLOG]", givesOK, argListen},
	{"accept", "NAME as NAME [within D]", givesOK | givesStalled, argAccept},
	{"connect", "NAME ADDR [from ADDR] [OPTIONS] [within D]", givesOK | givesStalled, argConnect},
	{"send", "NAME N [within D]", givesNumber | givesPending | givesStalled, argSend},
	{"recv", "NAME [N] [nowait | within D]", givesNumber | givesEOF | givesStalled, argRecv},
	{"shutdown", "NAME wr|rd|both [within D]", givesOK | givesPending, argShutdown},
	{"close", "NAME [within D]", givesOK | givesPending | givesStalled, argClose},
	{"abort", "NAME", givesOK, argName},
	{"exit", "", givesOK, argNone},
	{"state", "NAME", givesState, argName},
	{"timer", "NAME", givesTimer, argName},
	{"sockets", "[ADDR]", givesRows | givesNumber, argSockets},
	{"sysctl", "KEY VALUE", givesOK, argSysctl},
	{"await", "NAME [send|recv|connect|accept|close] [within D]", givesOK | givesNumber | givesEOF | givesPending | givesStalled, argAwait},
	{"error", "NAME", givesNumber, argName},
}

const aName = "the name of a socket"

func argNone(*lineParser, *Command) {}

func argName(p *lineParser, c *Command) { c.Sock = p.name(aName) }

func argClose(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	p.within(c)
}

// pendingWords are the verbs whose calls can be pending.
var pendingWords = []string{"send", "recv", "connect", "accept", "close"}

func argAwait(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	if s := p.peek(); s != "" && s != "within" {
		if c.Of = s; !slices.Contains(pendingWords, s) {
			p.fail(p.here(), "%s", Unknown("call", s, pendingWords))
		}
		p.pos++
	}
	p.within(c)
}

func argSocket(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	c.Family = 4
	switch s := p.peek(); {
	case s == "tcp4":
		p.pos++
	case s == "tcp6":
		p.pos++
		c.Family = 6
	case s != "" && Nearest(s, []string{"tcp4", "tcp6"}) != "":
		p.fail(p.here(), "%s", Unknown("protocol", s, []string{"tcp4", "tcp6"}))
	}
	c.Opts = p.options()
}

func argSet(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	if p.peek() == "" {
		p.fail(p.here(), "expected an option: %s", oneOf(optionWords))
	}
	c.Opts = p.options()
}

func argBind(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	c.Addr = p.addr()
	c.Family = family(c.Addr)
	c.Opts = p.options()
}

func argListen(p *lineParser, c *Command) {
	c.Sock, c.N = p.name(aName), -1
	if p.peek() != "" {
		c.N = p.number("a backlog", 0, maxBacklog)
	}
}

func argAccept(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	if !p.keyword("as") {
		p.fail(p.here(), "expected as NAME, the new socket's name")
		return
	}
	c.As = p.name("the new socket's name")
	p.within(c)
}

func argConnect(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	c.Addr = p.addr()
	c.Family = family(c.Addr)
	if p.keyword("from") {
		col := p.here()
		c.From = p.addr()
		if p.wrong == "" && family(c.From) != c.Family {
			p.fail(col, "address to connect from is of the other family")
		}
	}
	c.Opts = p.options()
	p.within(c)
	if len(c.Opts) == 0 {
		c.Opts = p.options()
	}
}

func argSend(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	c.N = p.number("a number of octets", 0, maxOctets)
	p.within(c)
}

func argRecv(p *lineParser, c *Command) {
	c.Sock, c.N = p.name(aName), -1
	if s := p.peek(); s != "" && s != "within" && s != "nowait" {
		c.N = p.number("a number of octets", 1, maxOctets)
	}
	if c.NoWait = p.keyword("nowait"); !c.NoWait {
		p.within(c)
	}
}

func argShutdown(p *lineParser, c *Command) {
	c.Sock = p.name(aName)
	known := []string{"wr", "rd", "both"}
	col, s := p.here(), p.word("wr, rd or both")
	if p.wrong == "" && !slices.Contains(known, s) {
		p.fail(col, "%s", Unknown("direction", s, known))
	}
	c.How = s
	p.within(c)
}

func argSockets(p *lineParser, c *Command) {
	if p.peek() != "" {
		c.Addr = p.addr()
	}
}

// sysctls are the keys that a script may set, all of one network namespace.
var sysctls = strings.Fields(`
tcp_fin_timeout tcp_tw_reuse tcp_tw_reuse_delay tcp_rfc1337 tcp_timestamps tcp_max_tw_buckets
tcp_orphan_retries tcp_retries1 tcp_retries2 tcp_syn_retries tcp_syn_linear_timeouts tcp_synack_retries
tcp_abort_on_overflow tcp_max_syn_backlog tcp_syncookies tcp_sack tcp_window_scaling
tcp_invalid_ratelimit tcp_keepalive_time tcp_keepalive_intvl tcp_keepalive_probes
tcp_challenge_ack_limit tcp_migrate_req tcp_early_retrans tcp_frto tcp_autocorking
ip_local_port_range ip_local_reserved_ports ip_autobind_reuse ip_unprivileged_port_start
ip_nonlocal_bind somaxconn tcp_rmem tcp_wmem tcp_moderate_rcvbuf tcp_max_orphans
`)

func argSysctl(p *lineParser, c *Command) {
	col := p.here()
	c.Key = p.word("the key of a sysctl")
	if p.wrong == "" && !slices.Contains(sysctls, c.Key) {
		p.fail(col, "%s", Unknown("sysctl", c.Key, sysctls))
	}
	values := []string{p.word("a value")}
	for p.peek() != "" {
		values = append(values, p.word("a value"))
	}
	c.Value = strings.Join(values, " ")
	if len(c.Value) > 200 {
		p.fail(col, "value of %s is longer than 200 characters", c.Key)
	}
}

// within reads "within D": how long the call may take.
func (p *lineParser) within(c *Command) {
	if !p.keyword("within") {
		return
	}
	col := p.here()
	s := p.word("a duration")
	if p.wrong != "" {
		return
	}
	d, wrong := parsePositive("limit", s)
	switch {
	case wrong != "":
		p.fail(col, "%s", wrong)
	case d > maxWithin:
		p.fail(col, "limit %q is longer than %s", s, "24h")
	}
	c.Within, c.HasIn = d, true
}

// family is 4 or 6: that of the socket that bind or connect makes for the address.
func family(a Addr) int {
	if !a.Set || a.Addr().Is4() {
		return 4
	}
	return 6
}

var optionWords = []string{
	"reuseaddr", "reuseport", "v6only", "dual", "linger", "linger2", "nodelay",
	"uid", "nobindport", "freebind", "portrange", "device", "deaf", "rcvbuf", "sndbuf", "keepalive", "keepidle",
	"keepintvl", "keepcnt", "usertimeout", "deferaccept",
}

// options reads options up to the end of the line or the word within.
func (p *lineParser) options() []Option {
	var opts []Option
	for p.peek() != "" && p.peek() != "within" {
		col, s := p.here(), p.word("an option")
		name, value, has := strings.Cut(s, "=")
		if !slices.Contains(optionWords, name) {
			p.fail(col, "%s", Unknown("option", name, optionWords))
			return nil
		}
		o := p.option(col, name, value, has)
		if slices.ContainsFunc(opts, func(x Option) bool { return x.Name == o.Name }) {
			p.fail(col, "option %s is given twice", name)
		}
		opts = append(opts, o)
	}
	return opts
}

func (p *lineParser) option(col int, name, value string, has bool) Option {
	o := Option{Name: name, N: 1}
	switch name {
	case "dual":
		if has {
			p.fail(col, "option dual takes no value; v6only=1 is its opposite")
		}
		return Option{Name: "v6only"}
	case "linger", "linger2", "uid", "portrange", "device", "rcvbuf", "sndbuf", "keepidle", "keepintvl", "keepcnt",
		"usertimeout", "deferaccept":
		if value == "" {
			p.fail(col, "option %s wants a value, %s=%s", name, name, optionValue[name])
			return o
		}
	default: // a switch
		if has && value != "0" && value != "1" {
			p.fail(col, "bad value %q of %s, expected 0 or 1", Clip(value), name)
		}
		if value == "0" {
			o.N = 0
		}
		return o
	}
	return p.valued(col+len(name)+1, name, value)
}

var optionValue = map[string]string{
	"linger": "OFF or linger=2s", "linger2": "5s", "uid": "1000", "portrange": "40000-40009", "device": "eth0",
	"rcvbuf": "4096", "sndbuf": "4096", "keepidle": "60s", "keepintvl": "10s", "keepcnt": "5", "usertimeout": "3s", "deferaccept": "3s",
}

// valued reads the value of an option that wants one.
func (p *lineParser) valued(col int, name, value string) Option {
	o := Option{Name: name}
	wrong := ""
	switch name {
	case "linger":
		if strings.EqualFold(value, "off") {
			o.Off = true
			break
		}
		o.D, wrong = parsePositive("linger", value)
	case "linger2":
		o.D, wrong = parseDuration("linger2", value)
	case "keepidle", "keepintvl", "deferaccept": // whole seconds: the kernel knows no less
		if o.D, wrong = parsePositive(name, value); wrong == "" && (o.D%time.Second != 0 || o.D > maxIdle) {
			wrong = fmt.Sprintf("bad %s %q, expected whole seconds, at most %s", name, Clip(value), Span(maxIdle))
		}
	case "usertimeout":
		if o.D, wrong = parsePositive(name, value); wrong == "" && o.D > maxWithin {
			wrong = fmt.Sprintf("usertimeout %q is longer than 24h", Clip(value))
		}
	case "rcvbuf", "sndbuf":
		o.N = p.parseNumber(col, name, value, 0, maxBacklog)
	case "keepcnt":
		o.N = p.parseNumber(col, name, value, 1, 127)
	case "uid":
		o.N = p.parseNumber(col, "uid", value, 0, maxUID)
	case "device":
		o.S = value
		if len(value) > 15 || strings.ContainsAny(value, "/:") {
			wrong = fmt.Sprintf("bad device %q, expected a name of at most 15 octets", Clip(value))
		}
	case "portrange":
		a, b, ok := strings.Cut(value, "-")
		if !ok {
			wrong = fmt.Sprintf("bad portrange %q, expected A-B", Clip(value))
			break
		}
		o.N = p.parseNumber(col, "port", a, 0, 65535)
		o.M = p.parseNumber(col+len(a)+1, "port", b, 0, 65535)
	}
	if wrong != "" {
		p.fail(col, "%s", wrong)
	}
	return o
}
