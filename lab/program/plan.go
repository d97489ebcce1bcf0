package program

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"fourwave/internal/text"
	"fourwave/lab/script"
)

// plan is a script as calls of one process, in no language yet.
type plan struct {
	question, origin, lang string
	sockets                []string // variables, in the order in which they appear
	calls                  []call
	port                   uint16 // that the program asks fourwave why about
}

// call is one system call, or a pause or a remark between two.
type call struct {
	verb   string // as in the script; "remark" and "phase" are comments
	label  string // the line of the script that it is
	want   string // what the line gives, if that is known
	v      string // the variable of the socket
	opens  bool   // whether the socket is made by this call
	family int    // 4 or 6, where it opens
	addr   netip.AddrPort
	from   netip.AddrPort // connect: to bind to first; invalid if there is none
	opts   []option
	n      int // backlog, bytes to send, bytes to receive at most
	how    string
	into   string        // accept: the variable of the new socket
	all    []string      // exit: the variables of all that the host has open
	pause  time.Duration // before anything else
}

// longest bounds how long a program may sleep in all.
const longest = 10 * time.Minute

// planner turns the steps of a script into calls, one after the other.
type planner struct {
	plan
	vars    map[[2]string]string // by host and name
	taken   map[string]bool      // variables, and words that cannot be one
	open    map[string][]string  // variables by host, in the order of their descriptors
	closed  map[string]bool
	hosts   []string // in the order of their declaration: the n-th has the n-th address
	subnet  string
	bound   map[uint16]claim
	waiting time.Duration
}

// claim is who bound a port first.
type claim struct {
	host string
	any  bool // to a wildcard address
}

func newPlan(s Source, reserved string) (*plan, error) {
	b := &planner{
		plan:   plan{question: s.Question, origin: s.Origin, lang: s.Lang},
		vars:   make(map[[2]string]string),
		taken:  make(map[string]bool),
		open:   make(map[string][]string),
		closed: make(map[string]bool),
		hosts:  []string{"server", "client"},
		subnet: subnetFor(s.Steps),
		bound:  make(map[uint16]claim),
	}
	for _, word := range strings.Fields(reserved) {
		b.taken[word] = true
	}
	phase := ""
	for i := range s.Steps {
		step := &s.Steps[i]
		if in, r := onKernel(step); r != nil {
			return nil, r
		} else if !in {
			continue
		}
		if step.Phase != phase && step.Phase != "" {
			phase = step.Phase
			b.calls = append(b.calls, call{verb: "phase", label: phase})
		}
		want := step.Expect
		if i < len(s.Results) && s.Results[i] != "" {
			want = s.Results[i]
		}
		if r := b.step(step, want); r != nil {
			r.Line = step.Line
			return nil, r
		}
	}
	if len(b.sockets) == 0 {
		return nil, refuse("the script makes no call", "这个脚本没有任何调用")
	}
	return &b.plan, nil
}

// subnetFor is where the hosts' addresses lie: 127.0.0.n, or 127.0.1.n in a script that uses
// addresses of 127.0.0.0/24 itself.
func subnetFor(steps []script.Step) string {
	literal := netip.MustParsePrefix("127.0.0.0/24")
	for _, s := range steps {
		for _, a := range []script.Addr{s.Cmd.Addr, s.Cmd.From} {
			if a.Set && literal.Contains(a.Addr().Unmap()) {
				return "127.0.1."
			}
		}
	}
	return "127.0.0."
}

// onKernel reports whether a step is one that any kernel runs.
func onKernel(s *script.Step) (bool, *Refusal) {
	for _, w := range s.Worlds {
		if strings.HasPrefix(w, "kernel") && w != "kernel" {
			return false, &Refusal{s.Line, text.Text{
				En: "the line is for some releases of the kernel only",
				Zh: "这一行只适用于某些内核版本",
			}}
		}
	}
	return len(s.Worlds) == 0 || slices.Contains(s.Worlds, "kernel"), nil
}

func refuse(en, zh string) *Refusal { return &Refusal{Reason: text.Text{En: en, Zh: zh}} }

// step appends the calls of one line.
func (b *planner) step(s *script.Step, want string) *Refusal {
	if r := unable(s, want); r != nil {
		return r
	}
	if b.waiting += s.Delay; b.waiting > longest {
		return refuse("the script waits for more than ten minutes", "这个脚本要等待十分钟以上")
	}
	c := call{verb: s.Cmd.Verb, label: s.Actor + " " + s.Text, want: want, pause: s.Delay, n: s.Cmd.N, how: s.Cmd.How}
	var r *Refusal
	switch s.Cmd.Verb {
	case "host":
		b.hosts = append(b.hosts, s.Cmd.Host)
		return nil
	case "state", "timer", "sockets":
		c.verb = "remark"
		if want != "" {
			c.label += " = " + strings.ReplaceAll(want, "10.0.0.", b.subnet) // as it is here
		}
	case "exit":
		c.all = b.open[s.Actor]
		delete(b.open, s.Actor)
		for _, v := range c.all {
			b.closed[v] = true
		}
	default:
		r = b.socket(s, &c)
	}
	b.calls = append(b.calls, c)
	return r
}

// unable says why loopback cannot show a line, nil if it can.
func unable(s *script.Step, want string) *Refusal {
	switch {
	case s.Actor == "wire":
		return refuse("loopback has no wire that loses, holds or forges segments", "环回接口上没有可以丢弃、扣住或伪造报文段的线路")
	case s.Same:
		return refuse("on loopback no two calls are made at one instant", "在环回接口上无法让两个调用同时发生")
	}
	switch s.Cmd.Verb {
	case "sysctl":
		return refuse("it would change a setting of the whole machine", "它会改变整台机器的设置")
	case "await", "error":
		return refuse("it needs a call that goes on in the background", "它需要一个在后台继续的调用")
	}
	if s.Cmd.HasIn || s.Cmd.NoWait || slices.Contains(waits, want) {
		return refuse("it needs a call that is given up after a while", "它需要一个等待一段时间后放弃的调用")
	}
	return nil
}

// waits are the results of calls that would have waited for longer.
var waits = []string{"EAGAIN", "EINPROGRESS", "ETIMEDOUT", script.Pending, script.Stalled}

// socket fills in a call on a socket.
func (b *planner) socket(s *script.Step, c *call) *Refusal {
	cmd := s.Cmd
	c.v, c.opens = b.variable(s.Actor, cmd.Sock)
	if c.opens {
		c.family = cmd.Family
		b.open[s.Actor] = append(b.open[s.Actor], c.v)
	}
	if b.closed[c.v] {
		return refuse("it uses a socket that is closed: in a program its descriptor may be another's by now",
			"它使用了已关闭的套接字：在程序里，那个描述符这时可能已属于别的套接字")
	}
	var r *Refusal
	if c.opts, r = options(cmd.Opts); r != nil {
		return r
	}
	switch cmd.Verb {
	case "bind":
		c.addr = b.here(cmd.Addr)
		b.asks(c.addr.Port(), c.want)
		return b.claims(s.Actor, c.addr)
	case "connect":
		c.addr = b.here(cmd.Addr)
		if cmd.From.Set {
			c.from = b.here(cmd.From)
			return b.claims(s.Actor, c.from)
		}
	case "accept":
		c.into, _ = b.variable(s.Actor, cmd.As)
		b.open[s.Actor] = append(b.open[s.Actor], c.into)
	case "close", "abort":
		b.closed[c.v] = true
		b.open[s.Actor] = slices.DeleteFunc(slices.Clone(b.open[s.Actor]), func(v string) bool { return v == c.v })
	}
	return nil
}

// asks chooses the port that the program asks about: the last that could not be bound, else the
// first that was.
func (b *planner) asks(port uint16, want string) {
	if b.port == 0 || want == "EADDRINUSE" {
		b.port = port
	}
}

// claims notes that a host binds a port. Hosts of a lab have a port space each; here they share
// one, so two of them must not both want a port.
func (b *planner) claims(host string, a netip.AddrPort) *Refusal {
	if a.Port() == 0 {
		return nil
	}
	first, known := b.bound[a.Port()]
	if !known {
		b.bound[a.Port()] = claim{host, a.Addr().IsUnspecified()}
		return nil
	}
	if first.host != host && (first.any || a.Addr().IsUnspecified()) {
		en := fmt.Sprintf("both hosts bind port %d, and on one machine they would be in each other's way", a.Port())
		return refuse(en, fmt.Sprintf("两台主机都绑定端口 %d，在同一台机器上会互相妨碍", a.Port()))
	}
	return nil
}

// here is where an address of the lab lies on loopback: the n-th host is 127.0.0.n and ::1.
func (b *planner) here(a script.Addr) netip.AddrPort {
	ip := a.Addr()
	if four := ip.Unmap(); four.Is4() && four.As4()[0] == 10 {
		own := netip.MustParseAddr(fmt.Sprintf("%s%d", b.subnet, four.As4()[3]))
		if ip.Is4In6() {
			own = netip.AddrFrom16(own.As16())
		}
		return netip.AddrPortFrom(own, a.Port())
	}
	if ip.Is6() && ip.IsPrivate() {
		ip = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(ip, a.Port())
}

// variable is the name of a socket's variable, and whether it is new.
func (b *planner) variable(host, name string) (v string, fresh bool) {
	key := [2]string{host, name}
	if v, ok := b.vars[key]; ok {
		return v, false
	}
	v = strings.Map(func(r rune) rune {
		if r < 0x80 && r != '-' {
			return r
		}
		return '_'
	}, name)
	if b.taken[v] {
		v = host + "_" + v
	}
	for n, plain := 2, v; b.taken[v]; n++ {
		v = fmt.Sprintf("%s%d", plain, n)
	}
	b.vars[key], b.taken[v] = v, true
	b.sockets = append(b.sockets, v)
	return v, true
}
