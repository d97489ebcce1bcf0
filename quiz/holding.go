package quiz

import (
	"net/netip"
	"strings"

	"fourwave/fsm"
)

// holding is a socket that has the scene's port on the server, and how it came to that.
type holding struct {
	name  string // of its socket in the script; a connection's is a and its listener's l
	state string // "BOUND", "LISTEN", "TIME-WAIT", "ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-2", "gone"
	addr  string // that was bound: "" for the IPv4 wildcard, else as in asWritten
	opts  []string
	uid   int
	late  bool // the options were set on the listener after the connection was made
}

// connections are the states that a holding has as an accepted connection; its listener is closed.
var connections = []string{"TIME-WAIT", "ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-2"}

func (h holding) connected() bool { return h.state != "BOUND" && h.state != "LISTEN" }

// asWritten is an address as people write it; the script knows the same.
var asWritten = map[string]string{
	"": "0.0.0.0", "server": "10.0.0.1", "127.0.0.1": "127.0.0.1", "127.0.0.2": "127.0.0.2",
	"[::]": "::", "[::1]": "::1", "[fd00::1]": "fd00::1",
}

func (s *scene) address(addr string) string {
	a := asWritten[addr]
	if strings.Contains(a, ":") {
		a = "[" + a + "]"
	}
	return a + ":" + s.port
}

// optionWords are socket options as people write them.
var optionWords = map[string]string{"reuseaddr": "SO_REUSEADDR", "reuseport": "SO_REUSEPORT", "v6only": "IPV6_V6ONLY"}

// with names options: "with SO_REUSEADDR", or "without options".
func with(opts []string) Text {
	if len(opts) == 0 {
		return say("with.none")
	}
	var all []string
	for _, o := range opts {
		if w, ok := optionWords[o]; ok {
			all = append(all, w)
		}
	}
	return say("with", "options", strings.Join(all, ", "))
}

// lines are a holding's, on the server. Connections are made by the client from port from.
func (h holding) build(s *scene) {
	opts := strings.Join(h.opts, " ")
	if h.late {
		opts = ""
	}
	if h.uid != 0 {
		opts += " uid=" + itoa(h.uid)
	}
	listener := "l" + h.name
	switch {
	case h.state == "BOUND", h.state == "LISTEN":
		s.add("+0 server %s", strings.TrimSpace("bind "+h.name+" "+h.addr+":"+s.port+" "+opts))
		if h.state == "LISTEN" {
			s.add("+0 server listen %s 20", h.name)
		}
		return
	}
	s.add("+0 server %s", strings.TrimSpace("bind "+listener+" "+h.addr+":"+s.port+" "+opts))
	s.add("+0 server listen %s 20", listener)
	s.add("+0 client connect c%s server:%s", h.name, s.port)
	s.add("+0 server accept %s as %s", listener, h.name)
	if h.late {
		s.add("+0 server set %s %s", listener, strings.Join(h.opts, " "))
	}
	s.add("+0 server close %s", listener)
	for _, end := range map[string][]string{
		"TIME-WAIT":  {"server close " + h.name, "client close c" + h.name},
		"CLOSE-WAIT": {"client close c" + h.name},
		"FIN-WAIT-2": {"server shutdown " + h.name + " wr"},
		"gone":       {"client close c" + h.name, "server close " + h.name},
	}[h.state] {
		s.add("+100ms %s", end)
	}
}

// tell says in words how a holding came about.
func (h holding) tell(s *scene) Text {
	key := "hold." + h.state
	if h.late {
		key += ".late"
	}
	t := say(key, "addr", s.address(h.addr), "with", with(h.opts))
	if h.uid != 0 {
		t = join(t, say("hold.uid", "uid", h.uid))
	}
	return t
}

// holder is what the bind rule looks at; ok is false if nothing is left of the socket.
func (h holding) holder() (x fsm.Holder, ok bool) {
	a := h.addr
	if h.connected() {
		a = "server"
		if h.addr == "[::]" {
			a = "mapped"
		}
	}
	x = fsm.Holder{Addr: addrOf(a), Listen: h.state == "LISTEN", TimeWait: h.state == "TIME-WAIT"}
	x.UID = h.uid
	if !h.late {
		x.Options = optionsOf(h.opts, h.uid)
	}
	if strings.HasPrefix(h.addr, "[") && h.addr != "[::]" {
		x.V6Only = true
	}
	return x, h.state != "gone"
}

func optionsOf(opts []string, uid int) (o fsm.Options) {
	for _, name := range opts {
		switch name {
		case "reuseaddr":
			o.ReuseAddr = true
		case "reuseport":
			o.ReusePort = true
		case "v6only":
			o.V6Only = true
		}
	}
	o.UID = uid
	return o
}

func addrOf(addr string) netip.Addr {
	if addr == "mapped" {
		return netip.MustParseAddr("::ffff:10.0.0.1")
	}
	return netip.MustParseAddr(asWritten[addr])
}

// overlap reports whether two sockets claim a common address, whatever their options.
func overlap(a, b fsm.Holder) bool {
	a.Options = fsm.Options{V6Only: a.V6Only}
	b.Options = fsm.Options{V6Only: b.V6Only}
	b.Listen, b.TimeWait = false, false
	return a.Refused(b) != nil
}

// bindMyths are the bind rule as misconceptions have it: does the new socket get its port although
// the old one has it?
var bindMyths = []struct {
	id     string
	passes func(s holding, n, old fsm.Holder) bool
}{
	{"tw-gone-with-process", func(h holding, n, old fsm.Holder) bool { return h.connected() || passes(n, old) }},
	{"new-suffices", func(_ holding, n, old fsm.Holder) bool { return n.ReuseAddr && !old.Listen || passes(n, old) }},
	{"reuse-tw-only", func(_ holding, n, old fsm.Holder) bool {
		return !overlap(n, old) || n.ReuseAddr && old.ReuseAddr && old.TimeWait ||
			n.ReusePort && old.ReusePort && passes(n, old)
	}},
	{
		"reuse-everything",
		func(_ holding, n, old fsm.Holder) bool { return n.ReuseAddr && old.ReuseAddr || passes(n, old) },
	},
	{"port-stronger", func(_ holding, n, old fsm.Holder) bool {
		return (n.ReuseAddr || n.ReusePort) && (old.ReuseAddr || old.ReusePort) || passes(n, old)
	}},
	{"port-whole", func(_ holding, n, old fsm.Holder) bool { return overlap(n, old) && passes(n, old) }},
	{"tw-reuse-bind", func(_ holding, n, old fsm.Holder) bool { return old.TimeWait || passes(n, old) }},
	{"listener-waits", func(h holding, n, old fsm.Holder) bool {
		if h.connected() {
			old.Addr = addrOf(h.addr) // its listener's
		}
		return passes(n, old)
	}},
}

func passes(n, old fsm.Holder) bool { return n.Refused(old) == nil }

// mythOfBind is a misconception by which a bind comes out as it does not; "" if none does.
func mythOfBind(h holding, n fsm.Holder, truth bool) string {
	old, ok := h.holder()
	if !ok {
		return ""
	}
	for _, m := range bindMyths {
		if m.passes(h, n, old) != truth {
			return m.id
		}
	}
	return ""
}
