package program

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// pythonDialect writes Python 3 with its socket module.
type pythonDialect struct{ page }

func (*pythonDialect) reserved() string {
	return `and as assert async await break class continue def del elif else except finally for from global if import
		in is lambda nonlocal not or pass raise return try while with yield None True False tell print socket error
		timeout close dup errno os struct time len bytes sys`
}

func (w *pythonDialect) write(p *plan) string {
	for _, l := range p.heading() {
		w.line("%s", strings.TrimRight("# "+l, " "))
	}
	w.line("import errno, os, struct, time\nfrom socket import *")
	w.line(`
def tell(step, call=lambda: None, *args):
    try:
        got = call(*args)
    except OSError as e:
        got = errno.errorcode[e.errno]
    print(step, "=", "ok" if got is None else got, flush=True)
`)
	for _, c := range p.calls {
		w.one(c)
	}
	w.line("os.system(\"fourwave why %d\")", p.port)
	return w.String()
}

func (w *pythonDialect) one(c call) {
	if c.pause > 0 {
		w.line("time.sleep(%s)", strconv.FormatFloat(c.pause.Seconds(), 'g', -1, 64))
	}
	step := strconv.Quote(c.label)
	put := func(format string, args ...any) { w.call("", fmt.Sprintf(format, args...), "#", c.want) }
	if c.opens {
		w.line("%s = socket(%s)", c.v, afOf(c.family))
	}
	last := len(c.opts) - 1
	for i, o := range c.opts {
		if c.verb == "set" && i == last {
			put("tell(%s, %s.setsockopt, %s)", step, c.v, pythonOption(o))
		} else {
			w.line("%s.setsockopt(%s)", c.v, pythonOption(o))
		}
	}
	switch c.verb {
	case "phase", "remark":
		w.comment("# ", c)
	case "bind":
		put("tell(%s, %s.bind, %s)", step, c.v, pythonAddr(c.addr))
	case "listen":
		put("tell(%s, %s.listen, %s)", step, c.v, backlog(c.n, "SOMAXCONN"))
	case "accept":
		w.line("%s = %s.accept()[0]", c.into, c.v)
		put("tell(%s)", step)
	case "connect":
		if c.from.IsValid() {
			put("tell(%s, lambda: %s.bind(%s) or %s.connect(%s))", step, c.v, pythonAddr(c.from), c.v, pythonAddr(c.addr))
		} else {
			put("tell(%s, %s.connect, %s)", step, c.v, pythonAddr(c.addr))
		}
	case "send":
		put("tell(%s, %s.send, bytes(%d))", step, c.v, c.n)
	case "recv":
		put("tell(%s, lambda: len(%s.recv(%s)) or \"EOF\")", step, c.v, room(c.n, "1 << 20"))
	case "shutdown":
		put("tell(%s, %s.shutdown, %s)", step, c.v, shut(c.how))
	case "close":
		put("tell(%s, %s.close)", step, c.v)
	case "abort":
		w.line("%s.setsockopt(%s)", c.v, pythonOption(linger(0, false)))
		put("tell(%s, %s.close)", step, c.v)
	case "exit":
		for _, v := range c.all {
			w.line("%s.close()", v)
		}
		put("tell(%s)", step)
	}
}

func pythonOption(o option) string {
	if o.linger {
		return fmt.Sprintf("%s, %s, struct.pack(\"ii\", %d, %d)", o.level, o.name, onOff(!o.off), o.value)
	}
	name := o.name
	if name == "IP_BIND_ADDRESS_NO_PORT" {
		name = strconv.Itoa(o.number) // Python names it from 3.12 on
	}
	return fmt.Sprintf("%s, %s, %d", o.level, name, o.value)
}

func pythonAddr(a netip.AddrPort) string { return fmt.Sprintf("(%q, %d)", a.Addr(), a.Port()) }
