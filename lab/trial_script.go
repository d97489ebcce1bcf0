package lab

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"fourwave/fsm"
	"fourwave/lab/script"
)

// Script is the trial as an experiment: a script that builds the same situation, on one host over its loopback, and makes the
// same calls. It expects what the model of Linux says. The trial must be one that can be tried, as [Trial.Check] finds.
func (t *Trial) Script() (string, error) {
	s, mistakes := t.situation()
	if len(mistakes) > 0 {
		return "", mistakes[0]
	}
	w := scriptWriter{many: len(s.existing) > 1}
	w.header(s)
	for i := range s.existing {
		w.autobinds = w.autobinds || s.existing[i].role == Autobound
	}
	if w.autobinds {
		w.line("sysctl ip_local_port_range 1024 65535", "ok")
	}
	for i := range s.existing {
		w.existing(i, &s.existing[i])
	}
	w.phase("The new socket.")
	r := modelTrial(fsm.Linux, s)
	if r.Bind == script.NotRun {
		r.Bind = "" // what cannot come about on the model may on a kernel
	}
	w.line("bind n "+trialAddr(s.addr, TrialPort)+optionText(s.addr, s.opts), r.Bind)
	if s.listen && (r.Bind == "ok" || r.Bind == "") {
		w.line("listen n "+strconv.Itoa(backlog), r.Listen)
	}
	return w.b.String(), nil
}

// scriptWriter writes the script of a trial line by line.
type scriptWriter struct {
	b         strings.Builder
	many      bool // existing sockets: their names are numbered
	autobinds bool // one of them is given its port by connect
}

func (w *scriptWriter) header(s *situation) {
	var have []string
	for i := range s.existing {
		h := &s.existing[i]
		at := "was given port " + strconv.Itoa(TrialPort)
		if h.addr.IsValid() {
			at = "has " + trialAddr(h.addr, TrialPort)
		}
		have = append(have, h.state+" ("+h.role+") "+at+optionText(firstValid(h.addr, h.via), h.opts))
	}
	fmt.Fprintf(&w.b, "# May %s%s be bound where %s?\n", trialAddr(s.addr, TrialPort), optionText(s.addr, s.opts),
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
func (w *scriptWriter) existing(i int, h *holder) {
	w.phase(fmt.Sprintf("A socket in %s.", h.state))
	a, peer := w.name("a", i), w.name("p", i)
	switch {
	case !h.connection():
		w.bind(a, h)
		if h.state != Bound {
			w.line("listen "+a+" "+strconv.Itoa(backlog), "ok")
		}
		return
	case h.role == Accepted:
		w.accepted(i, h, a, peer)
	default:
		w.client(i, h, a, peer)
	}
	w.lead(h, a, peer)
	w.line("state "+a, h.state)
}

func (w *scriptWriter) bind(name string, h *holder) {
	w.line("bind "+name+" "+trialAddr(h.addr, TrialPort)+optionText(h.addr, h.opts), "ok")
}

func (w *scriptWriter) accepted(i int, h *holder, a, peer string) {
	l := w.name("l", i)
	w.bind(l, h)
	w.line("listen "+l+" "+strconv.Itoa(backlog), "ok")
	connect := "connect " + peer + " " + trialAddr(h.via, TrialPort)
	if w.autobinds { // out of a range that has the trial's port in it
		connect += fmt.Sprintf(" portrange=%d-%d", clientPorts, clientPorts+999)
	}
	w.line(connect, "ok")
	w.line("accept "+l+" as "+a, "ok")
	if h.opts.UID != 0 {
		w.line(fmt.Sprintf("set %s uid=%d", a, h.opts.UID), "ok")
	}
	if !h.listenerOpen {
		w.line("close "+l, "ok")
	}
}

func (w *scriptWriter) client(i int, h *holder, a, peer string) {
	q := w.name("q", i)
	to := netip.AddrPortFrom(wildcardOf(h.via), uint16(peerPort+i))
	w.line("bind "+q+" "+to.String(), "ok")
	w.line("listen "+q+" "+strconv.Itoa(backlog), "ok")
	connect := "connect " + a + " " + trialAddr(h.via, peerPort+i)
	if h.role == Connected {
		w.bind(a, h)
	} else {
		connect += fmt.Sprintf("%s portrange=%d-%d", optionText(h.via, h.opts), TrialPort, TrialPort)
	}
	if h.state == string(fsm.SynSent) {
		w.line("set "+q+" deaf", "ok")
		w.line(connect+" within 10ms", "EINPROGRESS")
		return
	}
	w.line(connect, "ok")
	w.line("accept "+q+" as "+peer, "ok")
}

// lead writes the calls that lead from ESTABLISHED to a state, as builder.lead makes them.
func (w *scriptWriter) lead(h *holder, a, peer string) {
	finish := "close " + a
	if !h.orphan {
		finish = "shutdown " + a + " wr"
	}
	for _, call := range map[fsm.State][]string{
		fsm.CloseWait: {"shutdown " + peer + " wr"},
		fsm.FinWait1:  {"set " + peer + " deaf", finish},
		fsm.FinWait2:  {finish},
		fsm.Closing:   {"set " + peer + " deaf", finish, "shutdown " + peer + " wr"},
		fsm.LastAck:   {"shutdown " + peer + " wr", "set " + peer + " deaf", finish},
		fsm.TimeWait:  {finish, "close " + peer},
	}[fsm.State(h.state)] {
		w.line(call, "ok")
	}
}

func trialAddr(a netip.Addr, port int) string { return netip.AddrPortFrom(a, uint16(port)).String() }

// optionText is options as a line of a script has them, each after a space.
func optionText(a netip.Addr, o SocketOptions) string {
	var b strings.Builder
	flag := func(on bool, word string) {
		if on {
			b.WriteString(" " + word)
		}
	}
	flag(o.ReuseAddr, "reuseaddr")
	flag(o.ReusePort, "reuseport")
	flag(o.V6Only && a.Is6(), "v6only")
	flag(o.UID != 0, "uid="+strconv.Itoa(o.UID))
	flag(o.Device != "", "device="+o.Device)
	return b.String()
}
