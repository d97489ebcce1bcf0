package trial

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Script is the trial as an experiment: a script that builds the same situation, on one host over
// its loopback, and makes the same calls. It expects what a world answers, the model of Linux as a
// rule. The trial must be one that can be tried, as [Trial.Check] finds.
func (t *Trial) Script(ctx context.Context, by world.Trials) (string, error) {
	s, mistakes := t.situation()
	if len(mistakes) > 0 {
		return "", mistakes[0]
	}
	results, err := by.Try(ctx, []*world.Situation{s})
	if err != nil {
		return "", err
	}
	r := results[0]
	w := scriptWriter{many: len(s.Existing) > 1}
	w.header(s)
	for i := range s.Existing {
		w.autobinds = w.autobinds || s.Existing[i].Role == world.Autobound
	}
	if w.autobinds {
		w.line("sysctl ip_local_port_range 1024 65535", "ok")
	}
	for i := range s.Existing {
		w.existing(i, &s.Existing[i])
	}
	w.phase("The new socket.")
	if r.Bind == script.NotRun {
		r.Bind = "" // what cannot come about on the model may on a kernel
	}
	w.line("bind n "+hostPort(s.Addr, world.TrialPort)+optionText(s.Addr, s.Opts), r.Bind)
	if s.Listen && (r.Bind == "ok" || r.Bind == "") {
		w.line("listen n "+strconv.Itoa(world.Backlog), r.Listen)
	}
	return w.b.String(), nil
}

// scriptWriter writes the script of a trial line by line.
type scriptWriter struct {
	b         strings.Builder
	many      bool // existing sockets: their names are numbered
	autobinds bool // one of them is given its port by connect
}

func (w *scriptWriter) header(s *world.Situation) {
	var have []string
	for i := range s.Existing {
		h := &s.Existing[i]
		at := "was given port " + strconv.Itoa(world.TrialPort)
		if h.Addr.IsValid() {
			at = "has " + hostPort(h.Addr, world.TrialPort)
		}
		have = append(have, h.State+" ("+h.Role+") "+at+optionText(firstValid(h.Addr, h.Via), h.Opts))
	}
	fmt.Fprintf(&w.b, "# May %s%s be bound where %s?\n", hostPort(s.Addr, world.TrialPort), optionText(s.Addr, s.Opts),
		cmp.Or(strings.Join(have, " and "), "nobody has the port"))
}

func (w *scriptWriter) phase(text string) { w.b.WriteString("\n# " + text + "\n") }

// line writes a call of the server and the result that it is expected to have; "" expects nothing.
func (w *scriptWriter) line(call, expect string) {
	text := "+0 server " + call
	if expect != "" {
		text += " = " + expect
	}
	w.b.WriteString(text + "\n")
}

func (w *scriptWriter) name(letter string, i int) string {
	if w.many {
		return letter + strconv.Itoa(i+1)
	}
	return letter
}

// existing writes the lines that bring a socket into its state; it is called a.
func (w *scriptWriter) existing(i int, h *world.Holder) {
	w.phase(fmt.Sprintf("A socket in %s.", h.State))
	a, peer := w.name("a", i), w.name("p", i)
	switch {
	case !h.Connection():
		w.bind(a, h)
		if h.State != world.Bound {
			w.line("listen "+a+" "+strconv.Itoa(world.Backlog), "ok")
		}
		return
	case h.Role == world.Accepted:
		w.accepted(i, h, a, peer)
	default:
		w.client(i, h, a, peer)
	}
	w.lead(h, a, peer)
	w.line("state "+a, h.State)
}

func (w *scriptWriter) bind(name string, h *world.Holder) {
	w.line("bind "+name+" "+hostPort(h.Addr, world.TrialPort)+optionText(h.Addr, h.Opts), "ok")
}

func (w *scriptWriter) accepted(i int, h *world.Holder, a, peer string) {
	l := w.name("l", i)
	w.bind(l, h)
	w.line("listen "+l+" "+strconv.Itoa(world.Backlog), "ok")
	connect := "connect " + peer + " " + hostPort(h.Via, world.TrialPort)
	if w.autobinds { // out of a range that has the trial's port in it
		connect += fmt.Sprintf(" portrange=%d-%d", world.ClientPorts, world.ClientPorts+999)
	}
	w.line(connect, "ok")
	w.line("accept "+l+" as "+a, "ok")
	if h.Opts.UID != 0 {
		w.line(fmt.Sprintf("set %s uid=%d", a, h.Opts.UID), "ok")
	}
	if !h.ListenerOpen {
		w.line("close "+l, "ok")
	}
}

func (w *scriptWriter) client(i int, h *world.Holder, a, peer string) {
	q := w.name("q", i)
	to := netip.AddrPortFrom(world.WildcardOf(h.Via), uint16(world.PeerPort+i))
	w.line("bind "+q+" "+to.String(), "ok")
	w.line("listen "+q+" "+strconv.Itoa(world.Backlog), "ok")
	connect := "connect " + a + " " + hostPort(h.Via, world.PeerPort+i)
	if h.Role == world.Connected {
		w.bind(a, h)
	} else {
		connect += fmt.Sprintf("%s portrange=%d-%d", optionText(h.Via, h.Opts), world.TrialPort, world.TrialPort)
	}
	if h.State == string(fsm.SynSent) {
		w.line("set "+q+" deaf", "ok")
		w.line(connect+" within 10ms", "EINPROGRESS")
		return
	}
	w.line(connect, "ok")
	w.line("accept "+q+" as "+peer, "ok")
}

// lead writes the calls that lead from ESTABLISHED to a state, as builder.lead makes them.
func (w *scriptWriter) lead(h *world.Holder, a, peer string) {
	finish := "close " + a
	if !h.Orphan {
		finish = "shutdown " + a + " wr"
	}
	for _, call := range map[fsm.State][]string{
		fsm.CloseWait: {"shutdown " + peer + " wr"},
		fsm.FinWait1:  {"set " + peer + " deaf", finish},
		fsm.FinWait2:  {finish},
		fsm.Closing:   {"set " + peer + " deaf", finish, "shutdown " + peer + " wr"},
		fsm.LastAck:   {"shutdown " + peer + " wr", "set " + peer + " deaf", finish},
		fsm.TimeWait:  {finish, "close " + peer},
	}[fsm.State(h.State)] {
		w.line(call, "ok")
	}
}

func hostPort(a netip.Addr, port int) string { return netip.AddrPortFrom(a, uint16(port)).String() }

// optionText is options as a line of a script has them, each after a space.
func optionText(a netip.Addr, o world.SocketOptions) string {
	var b strings.Builder
	flag := func(on bool, word string) {
		if on {
			b.WriteString(" " + word)
		}
	}
	flag(o.ReuseAddr, "reuseaddr")
	flag(o.ReusePort, "reuseport")
	flag(o.V6Only && a.Is6(), "v6only")
	flag(o.FreeBind, "freebind")
	flag(o.UID != 0, "uid="+strconv.Itoa(o.UID))
	flag(o.Device != "", "device="+o.Device)
	return b.String()
}
