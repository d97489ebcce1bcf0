//go:build unix

package realsock

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// plainTrial is a trial on the host's own loopback with nothing but the calls that every Unix has. States that need segments held
// back cannot be built so, nor is a state looked at: it follows from the calls, and from the end of the stream at the other end.
type plainTrial struct {
	port   uint16 // 0 until a socket has one
	chosen bool   // by connect
	tell   func(port uint16)
	// refused says that some bind or listen came to EADDRINUSE.
	refused bool
	open    []int
	closes  []int // descriptors to be reset at the end, before the others are closed
}

// plainTrials makes trials one after the other.
func plainTrials(trials []Trial) ([]TrialOutcome, error) {
	outcomes := make([]TrialOutcome, len(trials))
	for i := range trials {
		outcomes[i] = makePlain(&trials[i], nil)
	}
	return outcomes, nil
}

// plainAttempts is how often a trial is made whose port a connect chose and that was refused. Such a
// port is free for that connection alone: another program may have it on another address, or
// for a connection elsewhere. What is not the trial's own can only refuse, never permit, and every
// attempt gets another port; so a trial that is not refused once is not refused by the rule.
const plainAttempts = 4

// makePlain makes one trial. chosen is told each port that connect has chosen; nil in earnest.
func makePlain(t *Trial, chosen func(port uint16)) (o TrialOutcome) {
	for range plainAttempts {
		p := &plainTrial{tell: chosen}
		o = p.run(t)
		p.clear()
		if !p.chosen || !p.refused {
			break
		}
	}
	return o
}

func (p *plainTrial) run(t *Trial) (o TrialOutcome) {
	for i := range t.Existing {
		if err := p.build(&t.Existing[i]); err != nil {
			o.NotRun = fmt.Sprintf("existing socket %d cannot come about: %v", i, err)
			return o
		}
	}
	if why := p.refuses(&t.New, t.Listen); why != "" {
		o.NotRun = "new socket: " + why
		return o
	}
	fd, err := p.socket(t.New.Addr, &t.New)
	if err == nil && p.port == 0 {
		p.port, err = p.freePort()
	}
	if err != nil {
		o.NotRun = "new socket: " + err.Error()
		return o
	}
	o.Port = int(p.port)
	err = p.bind(fd, t.New.Addr)
	if o.Bind = sockdiag.ErrnoName(err); err == nil && t.Listen {
		o.Listen = sockdiag.ErrnoName(p.listen(fd))
	}
	return o
}

// refuses says why a socket cannot be tried here; "" if it can.
func (p *plainTrial) refuses(s *TrialSocket, listens bool) string {
	if listens && s.Addr.Unmap().IsUnspecified() {
		return "what listens at a wildcard could be reached from outside"
	}
	fd, err := p.socket(s.Addr, &TrialSocket{})
	if err == nil {
		err = unix.Bind(fd, sockdiag.Sockaddr(netip.AddrPortFrom(s.Addr, 0)))
	}
	if err != nil {
		return fmt.Sprintf("%v: %v", s.Addr, err)
	}
	p.closeLast()
	return ""
}

// build brings an existing socket into being.
func (p *plainTrial) build(s *TrialSocket) error {
	switch s.State {
	case "SYN_SENT", "FIN_WAIT1", "CLOSING", "LAST_ACK":
		return fmt.Errorf("%s needs segments to be held back, which needs Linux", s.State)
	}
	if s.Addr.IsValid() {
		if why := p.refuses(s, s.State == "LISTEN" || s.Role == "accepted" && s.Via.IsValid()); why != "" {
			return fmt.Errorf("%s", why)
		}
	}
	if !s.Via.IsValid() {
		fd, err := p.bound(s)
		if err == nil && s.State == "LISTEN" {
			err = p.listen(fd)
		}
		return err
	}
	end, peer, err := p.connection(s)
	if err != nil {
		return err
	}
	return p.lead(s, end, peer)
}

// connection makes the connection of an existing socket, and gives its end and the other.
func (p *plainTrial) connection(s *TrialSocket) (end, peer int, err error) {
	if s.Role == "accepted" {
		l, err := p.bound(s)
		if err != nil {
			return 0, 0, err
		}
		at := len(p.open) - 1
		if peer, end, err = p.meet(l, s.Via, p.port); err == nil && !s.ListenerOpen {
			p.open = append(p.open[:at], p.open[at+1:]...)
			err = unix.Close(l)
		}
		return end, peer, err
	}
	var client int
	if s.Role == "connected" {
		client, err = p.bound(s)
	} else if p.port == 0 {
		client, err = p.socket(s.Via, s)
	} else {
		err = fmt.Errorf("an autobound socket has the port that it is given: it can only be the first")
	}
	if err != nil {
		return 0, 0, err
	}
	l, err := p.socket(s.Via.Unmap(), &TrialSocket{})
	if err == nil {
		err = unix.Bind(l, sockdiag.Sockaddr(netip.AddrPortFrom(s.Via.Unmap(), 0)))
	}
	if err != nil {
		return 0, 0, err
	}
	port, err := portOf(l)
	if err != nil {
		return 0, 0, err
	}
	if peer, err = p.join(client, l, s.Via, port); err == nil && p.port == 0 {
		p.chosen = true
		if p.port, err = portOf(client); err == nil && p.tell != nil {
			p.tell(p.port)
		}
	}
	return client, peer, err
}

// meet connects a new client to a listener.
func (p *plainTrial) meet(l int, via netip.Addr, port uint16) (client, child int, err error) {
	if client, err = p.socket(via, &TrialSocket{}); err != nil {
		return 0, 0, err
	}
	child, err = p.join(client, l, via, port)
	return client, child, err
}

// join connects a client to a listener and accepts it.
func (p *plainTrial) join(client, l int, via netip.Addr, port uint16) (child int, err error) {
	if err := p.listen(l); err != nil {
		return 0, err
	}
	if err := unix.Connect(client, sockdiag.Sockaddr(netip.AddrPortFrom(via, port))); err != nil {
		return 0, err
	}
	if err := readable(l); err != nil {
		return 0, err
	}
	if child, _, err = unix.Accept(l); err != nil {
		return 0, err
	}
	unix.CloseOnExec(child)
	p.open = append(p.open, child)
	return child, nil
}

// lead leads an established connection to its state.
func (p *plainTrial) lead(s *TrialSocket, end, peer int) error {
	finish := func(fd int, orphan bool) error {
		if orphan {
			return p.close(fd)
		}
		return unix.Shutdown(fd, unix.SHUT_WR)
	}
	reset := []int{end, peer}
	switch s.State {
	case "CLOSE_WAIT":
		if err := finish(peer, false); err != nil {
			return err
		}
		if err := readable(end); err != nil {
			return err
		}
	case "FIN_WAIT2", "TIME_WAIT":
		if err := finish(end, s.Orphan); err != nil {
			return err
		}
		if err := readable(peer); err != nil {
			return err
		}
		if reset = []int{peer}; s.State == "TIME_WAIT" {
			reset = nil
			if err := p.close(peer); err != nil {
				return err
			}
		}
	}
	p.closes = append(p.closes, reset...)
	return nil
}

// readable waits until a connection, or the end of a stream, is there to be taken.
func readable(fd int) error {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for until := time.Now().Add(time.Second); time.Now().Before(until); {
		if n, err := unix.Poll(fds, 100); n > 0 || err != nil && err != unix.EINTR {
			return err
		}
	}
	return unix.ETIMEDOUT
}
