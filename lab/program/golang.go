package program

import (
	"fmt"
	"go/format"
	"strconv"
	"strings"
	"time"
)

// goDialect writes Go with the standard library's syscall package: net.Listen sets SO_REUSEADDR by
// itself, which would hide what half of the experiments are about.
type goDialect struct{ page }

func (*goDialect) reserved() string {
	return `break case chan const continue default defer else fallthrough for func go goto if import interface map
		package range return select struct switch type var main tell count tcp at err init string int byte error make
		fmt netip os exec syscall time len nil true false`
}

func (w *goDialect) write(p *plan) string {
	for _, l := range p.heading() {
		w.line("%s", strings.TrimRight("// "+l, " "))
	}
	w.line("package main\n\nimport (\n\t\"fmt\"\n\t\"net/netip\"\n\t\"os\"\n\t\"os/exec\"\n\t\"syscall\"")
	if p.pauses() {
		w.line("\t\"time\"")
	}
	w.line(")\n\nvar %s int", strings.Join(p.sockets, ", "))
	w.line("\nfunc main() {")
	if p.has("accept") {
		w.line("\tvar err error")
	}
	for _, c := range p.calls {
		w.one(c)
	}
	w.line("\twhy := exec.Command(\"fourwave\", \"why\", \"%d\")", p.port)
	w.line("\twhy.Stdout, why.Stderr = os.Stdout, os.Stderr\n\tif err := why.Run(); err != nil {\n\t\tfmt.Println(err)\n\t}\n}")
	w.helpers(p)
	code, err := format.Source([]byte(w.String()))
	if err != nil {
		panic("BUG: " + err.Error() + "\n" + w.String())
	}
	return string(code)
}

func (w *goDialect) helpers(p *plan) {
	w.line(`
// tcp makes a socket by the system call itself: net.Listen would set SO_REUSEADDR.
func tcp(family int) int {
	s, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err != nil {
		panic(err)
	}
	syscall.CloseOnExec(s)
	return s
}

func at(s string) syscall.Sockaddr {
	a := netip.MustParseAddrPort(s)
	if a.Addr().Is4() {
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func tell(step string, err error) {
	if err != nil {
		fmt.Println(step, "=", err)
		return
	}
	fmt.Println(step, "= ok")
}`)
	if p.has("send", "recv") {
		w.line(`
func count(step string) func(n int, err error) {
	return func(n int, err error) {
		switch {
		case err != nil:
			fmt.Println(step, "=", err)
		case n == 0:
			fmt.Println(step, "= EOF")
		default:
			fmt.Println(step, "=", n)
		}
	}
}`)
	}
}

func (w *goDialect) one(c call) {
	if c.pause > 0 {
		w.line("\ttime.Sleep(%s)", goPause(c.pause))
	}
	step := strconv.Quote(c.label)
	put := func(format string, args ...any) { w.call("\t", fmt.Sprintf(format, args...), "//", c.want) }
	if c.opens {
		w.line("\t%s = tcp(syscall.%s)", c.v, afOf(c.family))
	}
	last := len(c.opts) - 1
	for i, o := range c.opts {
		if c.verb == "set" && i == last {
			put("tell(%s, %s)", step, goOption(c.v, o))
		} else {
			w.line("\t%s", goOption(c.v, o))
		}
	}
	switch c.verb {
	case "phase", "remark":
		w.comment("\t// ", c)
	case "bind":
		put("tell(%s, syscall.Bind(%s, at(%q)))", step, c.v, c.addr)
	case "listen":
		put("tell(%s, syscall.Listen(%s, %s))", step, c.v, backlog(c.n, "syscall.SOMAXCONN"))
	case "accept":
		w.line("\t%s, _, err = syscall.Accept(%s)", c.into, c.v)
		put("tell(%s, err)", step)
		w.line("\tsyscall.CloseOnExec(%s)", c.into)
	case "connect":
		w.connect(c, step, put)
	case "send":
		put("count(%s)(syscall.Write(%s, make([]byte, %d)))", step, c.v, c.n)
	case "recv":
		put("count(%s)(syscall.Read(%s, make([]byte, %s)))", step, c.v, room(c.n, "1<<20"))
	case "shutdown":
		put("tell(%s, syscall.Shutdown(%s, syscall.%s))", step, c.v, shut(c.how))
	case "close":
		put("tell(%s, syscall.Close(%s))", step, c.v)
	case "abort":
		w.line("\t%s", goOption(c.v, linger(0, false)))
		put("tell(%s, syscall.Close(%s))", step, c.v)
	case "exit":
		for _, v := range c.all {
			w.line("\tsyscall.Close(%s)", v)
		}
		put("tell(%s, nil)", step)
	}
}

// connect writes a connect, behind a bind if the line says where from.
func (w *goDialect) connect(c call, step string, put func(string, ...any)) {
	if !c.from.IsValid() {
		put("tell(%s, syscall.Connect(%s, at(%q)))", step, c.v, c.addr)
		return
	}
	w.line("\tif err := syscall.Bind(%s, at(%q)); err != nil {", c.v, c.from)
	w.line("\t\ttell(%s, err)\n\t} else {", step)
	put("\ttell(%s, syscall.Connect(%s, at(%q)))", step, c.v, c.addr)
	w.line("\t}")
}

// missing are the options that package syscall does not name on every Linux.
var missing = map[string]bool{"SO_REUSEPORT": true, "IP_BIND_ADDRESS_NO_PORT": true, "TCP_USER_TIMEOUT": true}

func goOption(v string, o option) string {
	if o.linger {
		return fmt.Sprintf("syscall.SetsockoptLinger(%s, syscall.%s, syscall.%s, &syscall.Linger{Onoff: %d, Linger: %d})",
			v, o.level, o.name, onOff(!o.off), o.value)
	}
	name := "syscall." + o.name
	if missing[o.name] {
		name = fmt.Sprintf("%d /* %s on Linux */", o.number, o.name)
	}
	return fmt.Sprintf("syscall.SetsockoptInt(%s, syscall.%s, %s, %d)", v, o.level, name, o.value)
}

func goPause(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%d * time.Second", d/time.Second)
	}
	return fmt.Sprintf("%d * time.Millisecond", d.Milliseconds())
}

// pauses reports whether any call waits before it.
func (p *plan) pauses() bool {
	for _, c := range p.calls {
		if c.pause > 0 {
			return true
		}
	}
	return false
}
