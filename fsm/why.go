package fsm

import (
	"fmt"
	"net/netip"
	"time"

	"fourwave/internal/text"
)

// Why explains an outcome: the rule that decided, in a sentence that a student understands, and its
// source.
type Why = text.Why

func explain(rule string) *Why {
	r, ok := rules[rule]
	if !ok {
		panic("BUG: no rule " + rule)
	}
	return &Why{Rule: rule, Text: text.Text{En: r.en, Zh: r.zh}, Source: r.source}
}

// blame names the socket that stands in the way, and says when it goes.
func (c *Conn) blame(w *Why) { w.Conflict, w.Passes = c.description(), c.passes() }

func (c *Conn) description() text.Text {
	return text.Text{En: c.describe(), Zh: c.describeIn(&chinese)}
}

// tongue is the words of a socket's description.
type tongue struct{ to, held, gone, named string }

var (
	english = tongue{" to ", "held by a process", "no process", ", the script's "}
	chinese = tongue{"，对端 ", "有进程持有", "没有进程", "，脚本中的 "}
)

// describe names a socket for people: its state, its addresses, its options, and its name if it has
// one.
func (c *Conn) describe() string { return c.describeIn(&english) }

func (c *Conn) describeIn(in *tongue) string {
	st := string(c.state)
	if c.state == Closed {
		st = "BOUND"
	}
	s := st + " " + c.local.String()
	if c.remote.Port() != 0 {
		s += in.to + c.remote.String()
	}
	o := c.Options
	if c.mini {
		o = c.keptOptions()
	}
	holder := in.gone
	if c.open {
		holder = in.held
	}
	s += fmt.Sprintf(" (%s, reuseaddr=%d, reuseport=%d", holder, btoi(o.ReuseAddr), btoi(o.ReusePort))
	if c.name != "" {
		s += in.named + c.name
	}
	return s + ")"
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// passes says when the socket goes away by itself.
func (c *Conn) passes() text.Text {
	if d := c.due[timer2MSL]; d != never {
		return text.Same(seconds(d - c.net().Now()))
	}
	switch {
	case c.state == Listen, c.state == Closed:
		return text.Text{En: "when its process closes it", Zh: "它的进程关闭它时"}
	case c.open && (c.state == Established || c.state == CloseWait):
		return text.Text{En: "never by itself: a process has it open", Zh: "不会自行消失：有进程打开着它"}
	case c.state == FinWait2 && c.open:
		return text.Text{En: "never by itself: a process has it open and the other end has not closed",
			Zh: "不会自行消失：有进程打开着它，对端也没有关闭"}
	}
	return text.Text{En: "when the connection has ended", Zh: "连接结束时"}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// explainConflict names the rule of inet_bind_conflict that refused, and what would have helped:
// it asks the same rule again with other options.
func (h *Host) explainConflict(c, ex *Conn, at netip.AddrPort) *Why {
	s := ex.standings()[0]
	w := explain(conflictRule(c, s))
	ex.blame(w)
	try := func(newRA, exRA, newRP, exRP bool) bool {
		n := *c
		n.ReuseAddr, n.ReusePort = n.ReuseAddr || newRA, n.ReusePort || newRP
		e := s
		e.ReuseAddr, e.ReusePort = e.ReuseAddr || exRA, e.ReusePort || exRP
		return !refuses(&n, e, true, true)
	}
	switch {
	case try(true, false, false, false):
		w.Remedy = text.Text{En: "set SO_REUSEADDR on the new socket before bind: the old one has it",
			Zh: "在 bind 之前给新套接字设置 SO_REUSEADDR：旧套接字已经有它"}
	case try(false, false, true, false):
		w.Remedy = text.Text{En: "set SO_REUSEPORT on the new socket before bind: the old one has it",
			Zh: "在 bind 之前给新套接字设置 SO_REUSEPORT：旧套接字已经有它"}
	case try(true, true, false, false):
		w.Remedy = text.Text{
			En: "both need SO_REUSEADDR: it had to be set on the old socket " +
				"(on the listener before the connection was made) as well",
			Zh: "双方都要有 SO_REUSEADDR：旧套接字（在连接建立之前的监听套接字上）也必须设置过",
		}
	case try(false, false, true, true):
		w.Remedy = text.Text{En: "only SO_REUSEPORT on both, by the same user, lets two sockets listen here",
			Zh: "只有双方都设置 SO_REUSEPORT 且属于同一用户，才能同时监听"}
	default:
		w.Remedy = text.Text{En: "no option helps: close the other socket, or take another address or port",
			Zh: "没有选项能解决：关闭另一个套接字，或者换一个地址或端口"}
	}
	return w
}

func conflictRule(c *Conn, ex standing) string {
	switch {
	case ex.listen && c.ReusePort && ex.ReusePort:
		return "linux-bind-reuseport-other-user"
	case ex.listen:
		return "linux-bind-listener"
	case c.ReusePort && ex.ReusePort:
		return "linux-bind-reuseport-other-user"
	case c.ReuseAddr && !ex.ReuseAddr && c.ReusePort != ex.ReusePort:
		return "linux-bind-mixed-options"
	case c.ReuseAddr && !ex.ReuseAddr:
		return "linux-bind-old-lacks-reuseaddr"
	case !c.ReuseAddr && ex.ReuseAddr:
		return "linux-bind-new-lacks-reuseaddr"
	}
	return "linux-bind-no-options"
}

// explainAdmission says why a bind was let in although the port has owners.
func (h *Host) explainAdmission(c *Conn, at netip.AddrPort) *Why {
	b := h.ports[at.Port()]
	for _, ex := range b.owners {
		s := ex.standings()[0]
		switch {
		case ex == c:
		case !devicesOverlap(c.Device, s.Device):
			return explain("linux-bind-other-device")
		case !c.overlaps(at.Addr(), ex, s):
		case c.ReuseAddr && s.ReuseAddr && !s.listen:
			return explain("linux-bind-both-reuseaddr")
		default:
			return explain("linux-bind-both-reuseport")
		}
	}
	return explain("linux-bind-other-address")
}

func (p *Profile) bindOK() string {
	if p.Bind == BindNone {
		return "rfc-no-bind-rule"
	}
	return "bind-free"
}
