package lab

import (
	"net/netip"
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
	Worlds []string      // the world that the line is restricted to; empty: all
	Delay  time.Duration // counted from the end of the line before
	Same   bool          // "&": at the same instant as the line before
	Actor  string        // "server", "client" or "wire"
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
	HasIn  bool // Within was given
	Key    string
	Value  string // sysctl

	// The wire's.
	Host  string // "server", "client" or "" (both)
	Kind  string // "SYN", "SYN+ACK", "ACK", "FIN", "RST", "DATA", "any"
	Nth   int    // drop: from 1
	D     time.Duration
	Flags []string // forge
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

// Option is a socket option: "reuseaddr", "reuseport", "v6only", "nodelay", "nobindport" (N 1 or 0),
// "linger" and "linger2" (D, or Off), "uid" (N), "portrange" (N to M), "device" (S).
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
