package program

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cDialect writes C17 with POSIX sockets, for cc without a flag.
type cDialect struct{ page }

func (*cDialect) reserved() string {
	return `auto break case char const continue default do double else enum extern float for goto if inline int long
		register return short signed sizeof static struct switch typedef union unsigned void volatile while main tell
		count tcp name linger_for data socket bind listen accept connect send recv shutdown close sleep usleep errno
		linux unix stdin stdout stderr signal printf system`
}

func (w *cDialect) write(p *plan) string {
	for _, l := range p.heading() {
		w.line("%s", strings.TrimRight("// "+l, " "))
	}
	for _, h := range []string{"arpa/inet.h", "errno.h", "fcntl.h", "netinet/in.h", "netinet/tcp.h", "stdio.h", "stdlib.h", "string.h", "sys/socket.h", "unistd.h"} {
		w.line("#include <%s>", h)
	}
	w.helpers(p)
	w.line("")
	w.line("int main(void) {")
	w.line("  int %s;", strings.Join(p.sockets, ", "))
	for _, c := range p.calls {
		w.one(c)
	}
	w.line("  return system(\"fourwave why %d\") == -1;", p.port)
	w.line("}")
	return w.String()
}

// helpers are the functions that the program uses, and no others: cc warns of what is not used.
func (w *cDialect) helpers(p *plan) {
	w.line(`
static void tell(const char *step, int failed) {
  printf("%%s = %%s\n", step, failed < 0 ? strerror(errno) : "ok");
  fflush(stdout);
}
static int tcp(int family) {
  int s = socket(family, SOCK_STREAM, 0);
  fcntl(s, F_SETFD, FD_CLOEXEC);
  return s;
}
static int name(int (*call)(int, const struct sockaddr *, socklen_t), int s, const char *ip, int port) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) return call(s, (struct sockaddr *)&v4, sizeof v4);
  inet_pton(AF_INET6, ip, &v6.sin6_addr);
  return call(s, (struct sockaddr *)&v6, sizeof v6);
}`)
	if p.has("send", "recv") {
		w.line(`static void count(const char *step, long n) {
  if (n > 0) printf("%%s = %%ld\n", step, n);
  else printf("%%s = %%s\n", step, n < 0 ? strerror(errno) : "EOF");
}
static char data[1 << 20];`)
	}
}

func (w *cDialect) one(c call) {
	if c.pause > 0 {
		w.line("  %s", cPause(c.pause))
	}
	step := strconv.Quote(c.label)
	put := func(format string, args ...any) { w.call("  ", fmt.Sprintf(format, args...), "//", c.want) }
	if c.opens {
		w.line("  %s = tcp(%s);", c.v, afOf(c.family))
	}
	last := len(c.opts) - 1
	for i, o := range c.opts {
		if c.verb == "set" && i == last {
			put("tell(%s, %s);", step, cOption(c.v, o))
		} else {
			w.line("  %s;", cOption(c.v, o))
		}
	}
	switch c.verb {
	case "phase", "remark":
		w.comment("  // ", c)
	case "bind":
		put("tell(%s, name(bind, %s, %s));", step, c.v, cAddr(c.addr))
	case "listen":
		put("tell(%s, listen(%s, %s));", step, c.v, backlog(c.n, "SOMAXCONN"))
	case "accept":
		put("tell(%s, %s = accept(%s, NULL, NULL));", step, c.into, c.v)
		w.line("  fcntl(%s, F_SETFD, FD_CLOEXEC);", c.into)
	case "connect":
		if c.from.IsValid() {
			put("tell(%s, name(bind, %s, %s) < 0 ? -1 : name(connect, %s, %s));", step, c.v, cAddr(c.from), c.v, cAddr(c.addr))
		} else {
			put("tell(%s, name(connect, %s, %s));", step, c.v, cAddr(c.addr))
		}
	case "send":
		put("count(%s, send(%s, data, %d, MSG_NOSIGNAL));", step, c.v, c.n)
	case "recv":
		put("count(%s, recv(%s, data, %s, 0));", step, c.v, room(c.n, "sizeof data"))
	case "shutdown":
		put("tell(%s, shutdown(%s, %s));", step, c.v, shut(c.how))
	case "close":
		put("tell(%s, close(%s));", step, c.v)
	case "abort":
		w.line("  %s;", cOption(c.v, linger(0, false)))
		put("tell(%s, close(%s));", step, c.v)
	case "exit":
		for _, v := range c.all {
			w.line("  close(%s);", v)
		}
		put("tell(%s, 0);", step)
	}
}

func cOption(v string, o option) string {
	if o.linger {
		return fmt.Sprintf("setsockopt(%s, %s, %s, &(struct linger){%d, %d}, sizeof(struct linger))", v, o.level, o.name, onOff(!o.off), o.value)
	}
	name := o.name
	if name == "IP_BIND_ADDRESS_NO_PORT" {
		name = fmt.Sprintf("%d /* %s */", o.number, name) // only <linux/in.h> has it, which clashes with <netinet/in.h>
	}
	return fmt.Sprintf("setsockopt(%s, %s, %s, &(int){%d}, sizeof(int))", v, o.level, name, o.value)
}

func cAddr(a netip.AddrPort) string { return fmt.Sprintf("%q, %d", a.Addr(), a.Port()) }

func cPause(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("sleep(%d);", d/time.Second)
	}
	return fmt.Sprintf("usleep(%d);", d.Microseconds())
}

func afOf(family int) string {
	if family == 6 {
		return "AF_INET6"
	}
	return "AF_INET"
}

func shut(how string) string {
	return map[string]string{"rd": "SHUT_RD", "wr": "SHUT_WR", "both": "SHUT_RDWR"}[how]
}

// backlog is the argument of listen; the script's default is the system's.
func backlog(n int, usual string) string {
	if n < 0 {
		return usual
	}
	return strconv.Itoa(n)
}

// room is how much a recv takes at most.
func room(n int, all string) string {
	if n < 0 {
		return all
	}
	return strconv.Itoa(n)
}

func onOff(on bool) int {
	if on {
		return 1
	}
	return 0
}

// has reports whether any call is one of the verbs.
func (p *plan) has(verbs ...string) bool {
	return slices.ContainsFunc(p.calls, func(c call) bool { return slices.Contains(verbs, c.verb) })
}
