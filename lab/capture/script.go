package capture

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"fourwave/fsm"
)

// Call is what the program at one end did, as far as segments show it. What it read they do not
// show; but an end that closed with a FIN had read all that had come, or it would have sent a RST
// (RFC 9293 §3.6.1, RFC 2525 §2.17).
type Call struct {
	At   time.Duration // since Began
	End  int           // 0 is A, 1 is B
	Verb string        // send, recv, shutdown, close, abort
	N    int           // bytes, of send and recv
}

// Bounds of a script.
const (
	maxSteps = 40     // calls; the middle of more is left out
	maxSent  = 60_000 // bytes in each direction: what fits into Linux's buffers while nobody reads
)

// Ending is how a connection begins and ends in a script, where that is more than a handshake.
type Ending int

// The endings that a script has of its own.
const (
	Plain      Ending = iota
	Refused           // nobody listens
	Unanswered        // the SYN, or all its answers, are lost
	Itself            // it is a connection with itself
)

// Ending tells which script a connection needs.
func (c *Conn) Ending() Ending {
	switch {
	case c.A == c.B:
		return Itself
	case c.EndedBy == "rst" && c.reset.before == fsm.Listen:
		return Refused
	case c.Ends[0].State == fsm.SynSent && !c.ends[1].seen:
		return Unanswered
	}
	return Plain
}

// Names of the script's hosts and sockets, by end.
var (
	scriptHosts = [2]string{"client", "server"}
	scriptSocks = [2]string{"c", "s"}
)

// ScriptName is the host and socket that stand for an end in the script. A connection with itself
// has one end only.
func (c *Conn) ScriptName(end int) (host, sock string) {
	if c.A == c.B {
		end = 0
	}
	return scriptHosts[end], scriptSocks[end]
}

// Loopback is the address of a connection with itself in the script.
var Loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Script writes the experiment that reproduces the ending, for `fourwave run`: what the programs at
// both ends did, in the order and at the pace of the capture, and the states that it ended in. A is
// the client.
func (c *Conn) Script() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# How does this connection end? %s\n#\n# From a capture: connection %d, %s to %s.\n",
		c.Why.En, c.N, c.A, c.B)
	port := c.B.Port()
	line := func(delay, host, format string, args ...any) {
		fmt.Fprintf(&b, "%-6s %-7s %s\n", delay, host, fmt.Sprintf(format, args...))
	}
	switch c.Ending() {
	case Refused:
		line("+0", "client", "connect c server:%d = ECONNREFUSED", port)
		return b.String()
	case Unanswered:
		line("+0", "wire", "block client")
		line("+0", "client", "connect c server:%d = EINPROGRESS", port)
		line("+0", "client", "state c = SYN-SENT")
		return b.String()
	case Itself:
		line("+0", "client", "bind c %s:%d", Loopback, port)
		line("+0", "client", "connect c %s:%d", Loopback, port)
	case Plain:
		line("+0", "server", "bind l :%d reuseaddr", port)
		line("+0", "server", "listen l")
		line("+0", "client", "connect c server:%d", port)
		line("+0", "server", "accept l as s")
	}
	c.writeCalls(line)
	line("+200ms", "client", "state c = %s", c.Ends[0].State)
	if c.A != c.B {
		line("+0", "server", "state s = %s", c.Ends[1].State)
	}
	return b.String()
}

// writeCalls writes a line for each call.
func (c *Conn) writeCalls(line func(delay, host, format string, args ...any)) {
	ends := func(call Call) bool { return call.Verb == "close" || call.Verb == "shutdown" }
	last := time.Duration(0)
	calls := c.Calls()
	for i, call := range calls {
		delay := "+0"
		// Less is the pace of the path and of the machine, not of the programs.
		if d := (call.At - last).Round(10 * time.Millisecond); d >= 10*time.Millisecond {
			delay = "+" + d.String()
		}
		if c.ClosedFirst == "both" && i > 0 && ends(call) && ends(calls[i-1]) {
			delay = "&" // their FINs crossed
		}
		last = call.At
		host, sock := c.ScriptName(call.End)
		if ends(call) && c.unheard(call.End) {
			line(delay, "wire", "block %s", host)
			delay = "+0"
		}
		switch call.Verb {
		case "send", "recv":
			line(delay, host, "%s %s %d", call.Verb, sock, call.N)
		case "shutdown":
			line(delay, host, "shutdown %s wr", sock)
		default:
			line(delay, host, "%s %s", call.Verb, sock)
		}
	}
}

// unheard reports whether an end retransmitted its FIN and no acknowledgment was captured.
func (c *Conn) unheard(end int) bool {
	e := &c.ends[end]
	return e.fin && e.again > 0 && (e.state == fsm.FinWait1 || e.state == fsm.Closing || e.state == fsm.LastAck)
}

// Calls are what the programs of both ends did, in order. Sends that follow one another are one,
// the middle of very many is left out, and so is what one direction carried beyond maxSent.
func (c *Conn) Calls() (all []Call) {
	if e := c.Ending(); e == Refused || e == Unanswered {
		return nil
	}
	steps := c.merged()
	var sent, unread [2]uint32
	var closed [2]bool
	for i, s := range steps {
		me, peer := s.end, 1-s.end
		if c.A == c.B {
			peer = me
		}
		add := func(verb string, n uint32) {
			all = append(all, Call{At: s.at.Sub(c.Began), End: me, Verb: verb, N: int(n)})
		}
		if n := min(s.n, maxSent-sent[me]); n > 0 {
			sent[me] += n
			unread[peer] += n
			add("send", n)
		}
		switch s.do {
		case "close":
			if c.goesOn(me, steps[i+1:]) {
				add("shutdown", 0)
				continue
			}
			if unread[me] > 0 {
				add("recv", unread[me])
				unread[me] = 0
			}
			closed[me] = true
			add("close", 0)
		case "abort":
			if !closed[me] { // else its kernel sent the RST, when data came for nobody
				add("abort", 0)
			}
		}
	}
	return all
}

// goesOn reports whether an end that has sent its FIN had only shut down its sending side: it took
// data afterwards, or it aborted without any. To data for a descriptor that is closed the kernel
// answers with a RST.
func (c *Conn) goesOn(end int, later []step) bool {
	if c.A == c.B {
		return false
	}
	data := slices.ContainsFunc(later, func(s step) bool { return s.end != end && s.n > 0 })
	reset := slices.ContainsFunc(later, func(s step) bool { return s.end == end && s.do == "abort" })
	return data != reset
}

// merged are the steps of the users, sends that follow one another taken together, and the middle
// of long ones left out.
func (c *Conn) merged() (all []step) {
	for _, s := range c.steps {
		if s.do == "open" {
			continue
		}
		if n := len(all); s.do == "send" && n > 0 && all[n-1].do == "send" && all[n-1].end == s.end {
			all[n-1].n += s.n
			continue
		}
		all = append(all, s)
	}
	if len(all) > maxSteps {
		all = append(all[:maxSteps/2:maxSteps/2], all[len(all)-maxSteps/2:]...)
	}
	return all
}
