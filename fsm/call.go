package fsm

import (
	"net/netip"
	"slices"
)

// Outcome is what a call of the sockets API came to.
type Outcome struct {
	Err Errno
	N   int  // octets of send and recv
	EOF bool // recv met the end of file
	// The call has not come back and has nothing to show yet; Stalled says that it cannot: nothing
	// is under way and no timer runs.
	Pending, Stalled bool
	Why              *Why // the rule that decided, where there is something to say
}

func fail(e Errno, why *Why) Outcome { return Outcome{Err: e, Why: why} }

// Socket makes a socket under a name: socket(2).
func (h *Host) Socket(name string, family int, opts Options) (*Conn, Outcome) {
	if len(h.fds) >= maxSockets && !slices.Contains(h.fds, nil) {
		return nil, fail(EMFILE, nil)
	}
	if !h.allocate() {
		return nil, fail(ENOBUFS, explain("lwip-pool-empty"))
	}
	c := h.newConn(family)
	c.name, c.Options, c.open = name, opts, true
	if p := h.net.profile; family == 6 && (p.V6Only == v6Always || p.V6Only == v6Only && !opts.Dual) {
		c.V6Only = true
	}
	c.local = netip.AddrPortFrom(wildcard(family), 0)
	h.install(c)
	h.named[name] = c
	return c, Outcome{}
}

func wildcard(family int) netip.Addr {
	if family == 6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// install gives the socket the lowest free descriptor.
func (h *Host) install(c *Conn) {
	c.open = true
	c.touch()
	if i := slices.Index(h.fds, nil); i >= 0 {
		c.fd, h.fds[i] = i, c
		return
	}
	c.fd = len(h.fds)
	h.fds = append(h.fds, c)
}

// Listen is listen(2): it asks the bind rules again, now as a listener (inet_csk_listen_start).
func (h *Host) Listen(c *Conn, backlog int) Outcome {
	if o, ok := c.usable(); !ok {
		return o
	}
	c.touch()
	if c.state == Listen {
		c.backlog = min(backlog, h.sys.SomaxConn)
		return Outcome{}
	}
	if c.state != Closed || c.wasConn || c.mini {
		return fail(EINVAL, explain("listen-needs-closed"))
	}
	if !c.inPorts {
		if o := h.autobind(c, false); o.Err != "" {
			return o
		}
	}
	c.state = Listen
	if o := h.checkPort(c, c.local, true); o.Err != "" {
		c.state = Closed
		return o
	}
	c.state = Closed
	c.backlog = min(backlog, h.sys.SomaxConn)
	c.passive = true
	h.claimPort(c)
	c.take(UserPassiveOpen, nil)
	return Outcome{Why: explain(h.net.profile.bindOK())}
}

// Accept takes the oldest complete connection of a listener under a name: accept(2).
func (h *Host) Accept(l *Conn, as string) Call {
	if o, ok := l.usable(); !ok {
		return done(o)
	}
	if l.state != Listen {
		return done(fail(EINVAL, explain("accept-needs-listen")))
	}
	return Call{op: opAccept, conn: l, as: as}
}

// usable refuses calls on a descriptor that was closed.
func (c *Conn) usable() (Outcome, bool) {
	if !c.open {
		return fail(EBADF, explain("closed-descriptor")), false
	}
	return Outcome{}, true
}

// detached reports that the descriptor has no connection any more: a minisocket has it, or nobody.
func (c *Conn) detached() bool { return c.mini || c.state == Closed }

// Error is getsockopt(2) with SO_ERROR: the error that is pending, and none afterwards.
func (h *Host) Error(c *Conn) (Errno, Outcome) {
	if o, ok := c.usable(); !ok {
		return "", o
	}
	e := c.takeError()
	if e == "" && h.net.profile.TellsSoftErrors { // sk_getsockopt: sk_err, and else sk_err_soft
		e, c.softErr = c.softErr, ""
	}
	return e, Outcome{}
}

// takeError is SO_ERROR: it tells a pending error once.
func (c *Conn) takeError() Errno {
	e := c.pendingErr
	c.pendingErr = ""
	return e
}

// Send is send(2) of n octets.
func (h *Host) Send(c *Conn, n int) Call {
	if o, ok := c.usable(); !ok {
		return done(o)
	}
	return Call{op: opSend, conn: c, n: n, left: n}
}

// Recv is recv(2) of up to n octets; 0 asks for what is there, up to 64 KiB.
func (h *Host) Recv(c *Conn, n int) Call {
	if o, ok := c.usable(); !ok {
		return done(o)
	}
	if n <= 0 {
		n = 65536
	}
	return Call{op: opRecv, conn: c, n: n}
}

// Shutdown is shutdown(2): how is "wr", "rd" or "both".
func (h *Host) Shutdown(c *Conn, how string) Outcome {
	if o, ok := c.usable(); !ok {
		return o
	}
	rd, wr := how != "wr", how != "rd"
	switch {
	case c.detached():
		c.noReader, c.noWriter = c.noReader || rd, c.noWriter || wr // noted all the same (inet_shutdown)
		return fail(ENOTCONN, explain("not-connected"))
	case c.state == Listen:
		if rd || c.profile().CloseIsShutdown {
			h.stopListening(c)
			c.disconnect()
		}
		return Outcome{}
	case c.state == SynSent:
		c.pendingErr = ECONNRESET
		c.connecting = false
		c.disconnect()
		return Outcome{}
	}
	c.noReader = c.noReader || rd
	if wr && !c.finQueued {
		c.noWriter = true
		if c.state == Established || c.state == CloseWait || c.state == SynReceived && c.profile().CloseIsShutdown {
			c.take(UserClose, nil)
		}
	}
	return Outcome{}
}

// disconnect makes a listener, or a socket that is connecting, a fresh one again (tcp_disconnect).
func (c *Conn) disconnect() {
	c.take(UserClose, nil)
	c.noReader, c.noWriter = false, false
}

// Close is close(2). With linger it comes back when the FIN is acknowledged, or when the time is
// over.
func (h *Host) Close(c *Conn) Call { return h.close(c, c.Linger && c.LingerTime > 0) }

func (h *Host) close(c *Conn, wait bool) Call {
	if o, ok := c.usable(); !ok {
		return done(o)
	}
	h.net.endCalls(c)
	c.touch()
	h.fds[c.fd] = nil
	c.open = false
	if c.heir != nil {
		h.releasePort(c.heir)
		c.heir = nil
	}
	fin := c.closeConnection()
	if !wait || !fin {
		c.orphan()
		return done(Outcome{})
	}
	c.open = true // until close() returns the connection is no orphan
	c.setTimer(timerLinger, c.LingerTime)
	return Call{op: opClose, conn: c, until: h.net.Now() + c.LingerTime}
}

// closeConnection is __tcp_close up to adjudge_to_death; it reports whether there is something to
// wait for.
func (c *Conn) closeConnection() bool {
	h := c.host
	unread := c.unread > 0 && c.state != TimeWait // there both know that all has arrived
	c.unread, c.finUnread = 0, false
	c.noReader = true
	switch {
	case c.detached():
	case c.state == Listen:
		h.stopListening(c)
		c.take(UserClose, nil)
	case unread && (c.profile().UnreadResets || c.profile().unknown(Established, UserCloseUnread)):
		c.noWriter = true
		c.take(UserCloseUnread, nil)
	case c.Linger && c.LingerTime == 0:
		c.noWriter = true
		c.take(UserAbort, nil)
	default:
		again := c.finQueued // shutdown() has said it; before connect() it has not
		c.noWriter = true
		switch c.state {
		case FinWait1, FinWait2, Closing, LastAck: // the FIN went with shutdown(): nothing more is said
		default:
			if !again || c.state == SynReceived {
				c.take(UserClose, nil)
			}
		}
		return true
	}
	return false
}

// orphan is what comes after the descriptor is gone.
func (c *Conn) orphan() {
	h := c.host
	c.touch()
	if c.state == FinWait2 && !c.mini {
		if c.Linger2 < 0 {
			c.take(UserAbort, nil)
		} else {
			c.orphanFinWait2()
		}
	}
	if c.state == Closed {
		h.releasePort(c)
	}
	h.changed = true
}

// Abort is SO_LINGER {1,0} and close(2).
func (h *Host) Abort(c *Conn) Outcome {
	if o, ok := c.usable(); !ok {
		return o
	}
	c.Linger, c.LingerTime = true, 0
	h.close(c, false)
	return Outcome{}
}

// Exit ends the host's process: no close waits, and the highest descriptor is closed first. The
// kernel drops them from the lowest, but what closes a socket is left to task work, which runs last
// in first out (close_files, task_work_run).
func (h *Host) Exit() Outcome {
	for _, c := range slices.Backward(slices.Clone(h.fds)) {
		if c != nil {
			h.close(c, false)
			h.net.Loopback()
		}
	}
	h.fds = nil
	return Outcome{}
}

// stopListening resets the connections that nobody has accepted (inet_csk_listen_stop). Request
// sockets stay until their ACK, or the timer of their SYN,ACK, finds that nobody listens; see
// abandoned.
func (h *Host) stopListening(l *Conn) {
	for _, c := range l.accepted {
		c.listener = nil
		c.noReader, c.noWriter = true, true
		c.take(UserAbort, nil)
		h.releasePort(c)
	}
	l.accepted = nil
}

// abandoned is a request socket whose listener has stopped.
func (c *Conn) abandoned() bool { return c.request && c.listener.state != Listen }

// forget drops a request socket without a word.
func (h *Host) forget(c *Conn) {
	c.stopTimers()
	c.listener.requests--
	c.request = false
	c.state = Closed
	h.unhash(c)
}
