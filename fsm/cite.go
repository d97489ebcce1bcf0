package fsm

import (
	"strings"

	"fourwave/internal/text"
)

// Sources about systems that were read about: the manual page or document that says what a call
// answers. A rule that has none is no answer of that system.
var (
	bsdManual = map[string]string{
		"bind-free": "bind(2)", "bind-twice": "bind(2): EINVAL", "bind-not-local": "bind(2): EADDRNOTAVAIL", "bind-privileged": "bind(2): EACCES",
		"bind-no-port": "in_pcb_lport, netinet/in_pcb.c", "closed-descriptor": "intro(2): EBADF", "wrong-family": "bind(2), connect(2): EAFNOSUPPORT",
		"accept-needs-listen": "accept(2): EINVAL", "accept-nothing": "accept(2): EWOULDBLOCK", "already-connected": "connect(2): EISCONN",
		"connect-under-way": "connect(2): EALREADY", "connect-waits": "connect(2): EINPROGRESS", "connect-ECONNREFUSED": "connect(2): ECONNREFUSED",
		"connect-ECONNRESET": "connect(2): ECONNRESET", "connect-ETIMEDOUT": "connect(2): ETIMEDOUT", "no-route": "connect(2): ENETUNREACH",
		"not-connected": "recv(2), shutdown(2): ENOTCONN", "recv-nothing": "recv(2): EAGAIN", "recv-eof": "recv(2)", "recv-error": "recv(2): ECONNRESET",
		"send-after-close": "send(2): EPIPE", "send-error": "send(2)", "send-waits": "send(2): EAGAIN", "listen-needs-closed": "listen(2): EINVAL",
		"connect-no-port": "in_pcb_lport, netinet/in_pcb.c: EADDRNOTAVAIL", "connect-tuple-taken": "connect(2): EADDRINUSE; in_pcbconnect, netinet/in_pcb.c",
		"nothing-in-the-way": "in_pcbbind, netinet/in_pcb.c",
	}
	winsock = map[string]string{
		"bind-free": "bind", "bind-twice": "bind: WSAEINVAL", "bind-not-local": "bind: WSAEADDRNOTAVAIL", "closed-descriptor": "bind: WSAENOTSOCK",
		"accept-needs-listen": "accept: WSAEINVAL", "accept-nothing": "accept: WSAEWOULDBLOCK", "already-connected": "connect: WSAEISCONN",
		"connect-under-way": "connect: WSAEALREADY", "connect-waits": "connect: WSAEWOULDBLOCK", "connect-ECONNREFUSED": "connect: WSAECONNREFUSED",
		"connect-ETIMEDOUT": "connect: WSAETIMEDOUT", "no-route": "connect: WSAENETUNREACH", "not-connected": "recv, shutdown: WSAENOTCONN",
		"recv-nothing": "recv: WSAEWOULDBLOCK", "recv-eof": "recv", "recv-error": "recv: WSAECONNRESET", "send-waits": "send: WSAEWOULDBLOCK",
		"listen-needs-closed": "listen: WSAEINVAL", "nothing-in-the-way": "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE",
		"connect-no-port":      "connect: WSAENOBUFS; \"When you try to connect from TCP ports greater than 5000 you receive the error WSAENOBUFS (10055)\", article 196271",
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
	}
)

// Cite gives an answer of the profile the source that it has. A profile that was read about cites only
// documents and sources about its own system: what it says without one is unknown.
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
