package fsm

import (
	"maps"
	"strings"

	"fourwave/internal/text"
)

// Sources about systems that were read about: the manual page or document that says what a call
// answers. A rule that has none is no answer of that system.
var (
	bsdManual = map[string]string{
		"bind-free": "bind(2)", "bind-twice": "bind(2): EINVAL", "bind-not-local": "bind(2): EADDRNOTAVAIL",
		"bind-privileged": "bind(2): EACCES",
		"bind-no-port":    "in_pcb_lport, netinet/in_pcb.c", "closed-descriptor": "intro(2): EBADF",
		"wrong-family":        "bind(2), connect(2): EAFNOSUPPORT",
		"accept-needs-listen": "accept(2): EINVAL", "accept-nothing": "accept(2): EWOULDBLOCK",
		"already-connected": "connect(2): EISCONN",
		"connect-under-way": "connect(2): EALREADY", "connect-waits": "connect(2): EINPROGRESS",
		"connect-ECONNREFUSED": "connect(2): ECONNREFUSED",
		"connect-ECONNRESET":   "connect(2): ECONNRESET", "connect-ETIMEDOUT": "connect(2): ETIMEDOUT",
		"no-route":      "connect(2): ENETUNREACH",
		"not-connected": "recv(2), shutdown(2): ENOTCONN", "recv-nothing": "recv(2): EAGAIN", "recv-eof": "recv(2)",
		"recv-error":       "recv(2): ECONNRESET",
		"send-after-close": "send(2): EPIPE", "send-error": "send(2)", "send-waits": "send(2): EAGAIN",
		"listen-needs-closed": "listen(2): EINVAL",
		"connect-no-port":     "in_pcb_lport, netinet/in_pcb.c: EADDRNOTAVAIL",
		"connect-tuple-taken": "connect(2): EADDRINUSE; in_pcbconnect, netinet/in_pcb.c",
		"nothing-in-the-way":  "in_pcbbind, netinet/in_pcb.c",
	}
	winsock = map[string]string{
		"bind-free": "bind", "bind-twice": "bind: WSAEINVAL", "bind-not-local": "bind: WSAEADDRNOTAVAIL",
		"closed-descriptor":   "bind: WSAENOTSOCK",
		"accept-needs-listen": "accept: WSAEINVAL", "accept-nothing": "accept: WSAEWOULDBLOCK",
		"already-connected": "connect: WSAEISCONN",
		"connect-under-way": "connect: WSAEALREADY", "connect-waits": "connect: WSAEWOULDBLOCK",
		"connect-ECONNREFUSED": "connect: WSAECONNREFUSED",
		"connect-ETIMEDOUT":    "connect: WSAETIMEDOUT", "no-route": "connect: WSAENETUNREACH",
		"not-connected": "recv, shutdown: WSAENOTCONN",
		"recv-nothing":  "recv: WSAEWOULDBLOCK", "recv-eof": "recv", "recv-error": "recv: WSAECONNRESET",
		"send-waits":          "send: WSAEWOULDBLOCK",
		"listen-needs-closed": "listen: WSAEINVAL", "nothing-in-the-way": "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE",
		"connect-no-port": "connect: WSAENOBUFS; \"When you try to connect from TCP ports greater than 5000 " +
			"you receive the error WSAENOBUFS (10055)\", article 196271",
		"windows-out-of-ports": "article 196271: WSAENOBUFS (10055)",
	}
	citations = map[string]struct {
		manual map[string]string
		of     string
		own    string // prefix of the rules that are about the system
		source string
	}{
		"freebsd": {bsdManual, "FreeBSD ", "bsd-", docFreeBSD},
		"macos":   {bsdManual, "macOS ", "bsd-", docMacOS},
		"windows": {winsock, "Microsoft, winsock2.h: ", "windows-", docWindows},
		"openbsd": {openBSDManual, "OpenBSD ", "openbsd-", docOpenBSD},
		"lwip":    {lwIPSockets, "lwIP 2.1.3, ", "lwip-", docLwIP},
	}
)

// openBSDManual is what OpenBSD's manual pages say as FreeBSD's do, and where its source decides.
var openBSDManual = func() map[string]string {
	m := maps.Clone(bsdManual)
	m["bind-no-port"] = "in_pcbpickport, netinet/in_pcb.c: EADDRNOTAVAIL"
	m["connect-no-port"] = "in_pcbpickport, netinet/in_pcb.c: EADDRNOTAVAIL"
	m["port-taken-whatever-peer"] = "in_pcbpickport, netinet/in_pcb.c"
	m["connect-tuple-taken"] = "in_pcbconnect, netinet/in_pcb.c: EADDRINUSE"
	m["nothing-in-the-way"] = "in_pcbaddrisavail_lock, netinet/in_pcb.c"
	m["bind-privileged"] = "in_rootonly, netinet/in_pcb.c: EACCES"
	m["option-v6only-bound"] = "ip6_ctloutput, netinet6/ip6_output.c: EINVAL"
	m["wrong-family"], m["wrong-family-short"] = "in_nam2sin, netinet/in.c: EAFNOSUPPORT",
		"in6_nam2sin, netinet6/in6.c: EINVAL"
	return m
}()

// lwIPSockets is the functions of lwIP's sockets API that give an answer, and the error of its core
// that err_to_errno turns into it. A refused connect is ECONNRESET there, since any RST is ERR_RST,
// and one that nobody answers is ECONNABORTED.
var lwIPSockets = map[string]string{
	"bind-free": "tcp_bind, core/tcp.c", "nothing-in-the-way": "tcp_bind, core/tcp.c",
	"closed-descriptor":        "get_socket, api/sockets.c: EBADF",
	"accept-nothing":           "lwip_accept, api/sockets.c: EWOULDBLOCK",
	"connect-ECONNRESET":       "tcp_input, core/tcp_in.c: TF_RESET, ERR_RST is ECONNRESET",
	"connect-ECONNABORTED":     "tcp_slowtmr, core/tcp.c: ERR_ABRT is ECONNABORTED",
	"connect-waits":            "lwip_connect, api/sockets.c: EINPROGRESS",
	"connect-under-way":        "lwip_netconn_do_connect, api/api_msg.c: ERR_ALREADY is EALREADY",
	"already-connected":        "tcp_connect, core/tcp.c: ERR_ISCONN is EISCONN",
	"connect-tuple-taken":      "tcp_connect, core/tcp.c: ERR_USE is EADDRINUSE",
	"port-taken-whatever-peer": "tcp_new_port, core/tcp.c",
	"not-connected":            "err_to_errno, api/err.c: ERR_CONN is ENOTCONN",
	"recv-nothing":             "lwip_recv, api/sockets.c: EWOULDBLOCK", "recv-eof": "lwip_recv, api/sockets.c",
	"recv-error": "tcp_input, core/tcp_in.c: ERR_RST is ECONNRESET",
	"send-waits": "lwip_send, api/sockets.c: EWOULDBLOCK",
}

// Cite gives an answer of the profile the source that it has. A profile that was read about cites
// only documents and sources about its own system: what it says without one is unknown.
func (p *Profile) Cite(o Outcome) Outcome {
	if p.Measured() || o.Err == Unknown && o.Why != nil && o.Why.Source == p.Source {
		return o
	}
	if o.Why == nil {
		if o.Err != "" {
			return fail(Unknown, p.uncited())
		}
		return o
	}
	w := *o.Why
	o.Why = &w
	c := citations[p.Name]
	switch page, ok := c.manual[w.Rule]; {
	case ok:
		w.Source = c.of + page
	case strings.HasPrefix(w.Rule, c.own):
		w.Source = c.source
	case o.Err == "":
		w = *p.uncited()
		w.Text = text.Text{En: p.Confidence, Zh: "有文档，未测量"}
	default:
		return fail(Unknown, p.uncited())
	}
	return o
}

// uncited is the reason for an answer of which no document about the system speaks.
func (p *Profile) uncited() *Why {
	w := explain("undocumented-answer")
	w.Source = p.Source
	return w
}
