package script

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Script is one experiment as a text file says it.
type Script struct {
	Text     string
	Question string // the header comment's first paragraph
	Steps    []Step
}

// Step is one line of a script.
type Step struct {
	Line   int           // in the file, from 1
	Phase  string        // the comment line that opened the phase it stands in
	Worlds []string      // the worlds, or families of them, that the line is restricted to, "kernel<6.14"; empty: all
	Delay  time.Duration // counted from the end of the line before
	Same   bool          // "&": at the same instant as the line before
	Actor  string        // "server", "client", a declared host, "wire", or "host" for the declaration of one
	Text   string        // verb and arguments, normalised white space
	Cmd    Command       // Text, parsed
	Expect string        // "" when the line expects nothing; states normalised
	Why    string        // the comment at the end of the line
}

// Command is a verb with its arguments. Which fields count depends on the verb.
type Command struct {
	Verb   string // "bind", …; for the wire "latency", "drop", "dup", "delay", "hold", "deliver", "release", "forge"
	Sock   string // the socket's name
	As     string // accept: the new socket's name
	Family int    // socket: 4 or 6; bind, connect: of Addr
	Addr   Addr
	From   Addr
	Opts   []Option
	N      int    // send, recv: octets; listen: backlog (-1: not given)
	How    string // shutdown: "wr", "rd", "both"
	Within time.Duration
	HasIn  bool   // Within was given
	NoWait bool   // recv: leaves no call behind
	Of     string // await: the verb of the call that is pending; "": whichever is
	Key    string
	Value  string // sysctl

	// The wire's.
	Host  string // "server", "client", a declared host or "" (all); host: the name that is declared
	To    string // the host that a direction "HOST>HOST" leads to; "": any
	Kind  string // "SYN", "SYN+ACK", "ACK", "FIN", "RST", "DATA", "any"
	Nth   int    // drop: from 1
	D     time.Duration
	Flags []string     // forge
	ICMP  string       // forge, block: "port", "host", "net", "admin", "frag"; "": none
	Fate  string       // forget: "silent" or "rst", what becomes of a forgotten flow's segments, or "conntrack"
	Addrs []netip.Addr // host: of IPv4, and perhaps of IPv6
	Seq   Expr
	Ack   Expr
	Len   int
	TS    string // "now", "old", "none" or "" (as the connection does)
}

// Addr is an address in a script. Set is false where the line gave none.
type Addr struct {
	netip.AddrPort
	Set bool
}

// Option is a socket option: "reuseaddr", "reuseport", "v6only", "nodelay", "nobindport", "freebind", "deaf" (N 1 or 0),
// "keepalive" too; "linger" and "linger2" (D, or Off), "keepidle", "keepintvl", "usertimeout" and
// "deferaccept" (D), "uid", "rcvbuf", "sndbuf" and "keepcnt" (N), "portrange" (N to M), "device" (S).
// The script's "dual" is v6only with N 0.
type Option struct {
	Name string
	N, M int
	D    time.Duration
	Off  bool
	S    string
}

// Expr is a sequence number in a forge line: a base, "nxt", "una", "isn" or "wnd", plus an offset.
// Base "" means left out.
type Expr struct {
	Base   string
	Offset int64
}

// Names are the host that the step is about and the sockets that it names, each "" where it names none.
func (s *Step) Names() (host, sock, as string) {
	host = s.Actor
	if host == "wire" {
		host = s.Cmd.Host
	}
	return host, s.Cmd.Sock, s.Cmd.As
}

// When is how a line says when it runs: "+1s", or "&" for the instant of the line before.
func (s *Step) When() string {
	if s.Same {
		return "&"
	}
	return "+" + Span(s.Delay)
}

// String is the step as a line of a script, in normal form.
func (s *Step) String() string {
	var b strings.Builder
	if len(s.Worlds) > 0 {
		fmt.Fprintf(&b, "[%s] ", strings.Join(s.Worlds, ","))
	}
	b.WriteString(s.When() + " " + s.Actor + " " + s.Text)
	if s.Expect != "" {
		b.WriteString(" = " + s.Expect)
	}
	if s.Why != "" {
		b.WriteString(" # " + s.Why)
	}
	return b.String()
}

// String is the script in normal form: header, phases and steps. Parse reads the same
// steps from it, on other lines.
func (s *Script) String() string {
	var b strings.Builder
	b.WriteString(strings.TrimRight("# "+s.Question, " ") + "\n\n")
	phase := ""
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Phase != phase {
			phase = st.Phase
			b.WriteString("\n# " + phase + "\n")
		}
		b.WriteString(st.String() + "\n")
	}
	return b.String()
}

// Span writes a duration as scripts and JSON do, without the parts that are nought: "10s",
// "1.5s", "2m", "3m47s", "0".
func Span(d time.Duration) string {
	s := d.String()
	if d == 0 {
		return "0"
	}
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
