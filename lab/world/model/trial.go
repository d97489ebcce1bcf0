package model

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// trialStep bounds the virtual time of one step of building a situation.
const trialStep = time.Second

// makeTrial makes a trial on a fresh laboratory of a profile.
func makeTrial(p *fsm.Profile, s *world.Situation) world.TrialResult {
	if why := s.Foreign(p.Name); why != nil {
		return world.TrialResult{Bind: script.NotRun, Port: world.TrialPort, Why: why}
	}
	b := &builder{net: fsm.NewNet(fsm.Config{Profile: p, Seed: world.TrialPort})}
	b.host = b.net.Host("server")
	for i := range s.Existing {
		if why := b.build(i, &s.Existing[i]); why != nil {
			return world.TrialResult{Bind: script.NotRun, Port: world.TrialPort, Why: why}
		}
	}
	r := world.TrialResult{Port: world.TrialPort}
	c, o := b.socket(s.Addr, s.Opts)
	if o.Err == "" {
		o = b.host.Bind(c, netip.AddrPortFrom(s.Addr, world.TrialPort))
	}
	o = p.Cite(o)
	r.Bind, r.Why = errnoText(o.Err), o.Why.Copy()
	if o.Err == "" && s.Listen {
		o := p.Cite(b.host.Listen(c, world.Backlog))
		r.Listen = errnoText(o.Err)
		if o.Err != "" {
			r.Why = o.Why.Copy()
		}
	}
	markDocumented(p, &r)
	return r
}

// markDocumented says of the answer of a profile that nobody ran that it was only read about.
func markDocumented(p *fsm.Profile, r *world.TrialResult) {
	if p.Measured() {
		return
	}
	if r.Why == nil {
		r.Why = &world.Why{Rule: "documented-" + p.Name, Text: world.Text{En: p.Confidence, Zh: "有文档，未测量"}, Source: p.Source}
		return
	}
	r.Why.Text = r.Why.Text.Plus(" ("+p.Confidence+")", "（有文档，未测量）")
}

func errnoText(e fsm.Errno) string {
	if e == "" {
		return "ok"
	}
	return string(e)
}

// builder builds the situation of a trial on the model's server, over its loopback.
type builder struct {
	net  *fsm.Net
	host *fsm.Host
}

// socket makes a socket of the family of an address. It has no name, since no script speaks of it.
func (b *builder) socket(a netip.Addr, o world.SocketOptions) (*fsm.Conn, fsm.Outcome) {
	family := 4
	if a.Is6() {
		family = 6
	}
	return b.host.Socket("", family, fsm.Options{
		ReuseAddr: o.ReuseAddr, ReusePort: o.ReusePort, ReusePortLB: o.ReusePortLB, ExclusiveAddrUse: o.ExclusiveAddrUse,
		V6Only: o.V6Only, Dual: !o.V6Only, // a trial says which, whatever a system's default
		UID: o.UID, Device: o.Device, FreeBind: o.FreeBind,
	})
}

// cannot is the reason why a situation could not be built; nil if the call succeeded.
func cannot(i int, call string, o fsm.Outcome) *world.Why {
	if o.Err == "" {
		return nil
	}
	w := unbuilt(i, call+": "+string(o.Err))
	if o.Why != nil {
		w.Text = w.Text.Plus(": "+o.Why.Text.En, "："+o.Why.Text.Zh)
		w.Source, w.Conflict = o.Why.Source, o.Why.Conflict
	}
	return w
}

// unbuilt says which of the existing sockets could not come about.
func unbuilt(i int, reason string) *world.Why {
	return &world.Why{
		Rule: "trial-not-built",
		Text: world.Text{
			En: fmt.Sprintf("existing socket %d cannot come about: %s", i, reason),
			Zh: fmt.Sprintf("第 %d 个已有套接字无法形成：%s", i, reason),
		},
	}
}

// build brings one of the existing sockets into being.
func (b *builder) build(i int, h *world.Holder) *world.Why {
	if !h.Connection() {
		c, o := b.socket(h.Addr, h.Opts)
		if o.Err == "" {
			o = b.host.Bind(c, netip.AddrPortFrom(h.Addr, world.TrialPort))
		}
		if why := cannot(i, "bind", o); why != nil {
			return why
		}
		if h.State == world.Bound {
			return nil
		}
		return cannot(i, "listen", b.host.Listen(c, world.Backlog))
	}
	end, peer, why := b.connect(i, h)
	if why != nil {
		return why
	}
	if !b.lead(h, end, peer) {
		return unbuilt(i, fmt.Sprintf("it came to %s and not to %s", end.State(), h.State))
	}
	return nil
}

// connect makes the connection of a holder, and gives its end and the other one; there is no other
// one where nobody has answered.
func (b *builder) connect(i int, h *world.Holder) (end, peer *fsm.Conn, why *world.Why) {
	if h.Role == world.Accepted {
		return b.accept(i, h)
	}
	to := netip.AddrPortFrom(h.Via, uint16(world.PeerPort+i))
	l, why := b.listener(i, netip.AddrPortFrom(world.WildcardOf(h.Via), to.Port()), world.SocketOptions{})
	if why != nil {
		return nil, nil, why
	}
	family := h.Via
	if h.Addr.IsValid() {
		family = h.Addr
	}
	c, o := b.socket(family, h.Opts)
	switch {
	case o.Err != "":
	case h.Role == world.Connected:
		o = b.host.Bind(c, netip.AddrPortFrom(h.Addr, world.TrialPort))
	default:
		c.PortMin, c.PortMax = world.TrialPort, world.TrialPort
		if errno := b.widen(); errno != "" {
			return nil, nil, cannot(i, "sysctl", fsm.Outcome{Err: errno})
		}
	}
	if why := cannot(i, "bind", o); why != nil {
		return nil, nil, why
	}
	call := b.net.Start(b.host.Connect(c, to))
	if h.State == "SYN-SENT" {
		b.net.Wire().Lose(c)
		if call.Done {
			return nil, nil, cannot(i, "connect", call.Outcome)
		}
		return c, nil, nil
	}
	if why := cannot(i, "connect", b.net.Await(call, trialStep)); why != nil {
		return nil, nil, why
	}
	peer, why = b.take(i, l)
	return c, peer, why
}

// widen lets ports below the usual range be given out, of which a socket then asks for one.
func (b *builder) widen() fsm.Errno {
	errno, err := b.host.SetSysctl("ip_local_port_range", "1024 65535")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return errno
}

func (b *builder) listener(i int, at netip.AddrPort, o world.SocketOptions) (*fsm.Conn, *world.Why) {
	l, out := b.socket(at.Addr(), o)
	if out.Err == "" {
		out = b.host.Bind(l, at)
	}
	if why := cannot(i, "bind", out); why != nil {
		return nil, why
	}
	return l, cannot(i, "listen", b.host.Listen(l, world.Backlog))
}

// take accepts the connection that waits at a listener.
func (b *builder) take(i int, l *fsm.Conn) (*fsm.Conn, *world.Why) {
	call := b.net.Start(b.host.Accept(l, ""))
	if why := cannot(i, "accept", b.net.Await(call, 0)); why != nil {
		return nil, why
	}
	return b.host.Conn(""), nil
}

// accept makes a listener, a client that connects to it, and the child of both.
func (b *builder) accept(i int, h *world.Holder) (child, client *fsm.Conn, why *world.Why) {
	l, why := b.listener(i, netip.AddrPortFrom(h.Addr, world.TrialPort), h.Opts)
	if why != nil {
		return nil, nil, why
	}
	client, o := b.socket(h.Via, world.SocketOptions{})
	if why := cannot(i, "socket", o); why != nil {
		return nil, nil, why
	}
	client.PortMin, client.PortMax = world.ClientPorts, world.ClientPorts+999 // never the trial's own port
	call := b.net.Start(b.host.Connect(client, netip.AddrPortFrom(h.Via, world.TrialPort)))
	if why := cannot(i, "connect", b.net.Await(call, trialStep)); why != nil {
		return nil, nil, why
	}
	if child, why = b.take(i, l); why != nil || h.ListenerOpen {
		return child, client, why
	}
	return child, client, cannot(i, "close", b.net.Await(b.net.Start(b.host.Close(l)), 0))
}

// lead leads an established connection to the state of its holder. The peer hears nothing of what
// it must not answer.
func (b *builder) lead(h *world.Holder, end, peer *fsm.Conn) bool {
	want := fsm.State(h.State)
	is := func(c *fsm.Conn, s fsm.State) bool {
		return b.net.Until(trialStep, func() bool { return c.State() == s })
	}
	switch want {
	case fsm.CloseWait:
		b.host.Shutdown(peer, "wr")
	case fsm.FinWait1:
		b.finish(h, end)
		b.net.Wire().Lose(end)
	case fsm.FinWait2:
		b.finish(h, end)
	case fsm.Closing:
		b.finish(h, end)
		b.net.Wire().Lose(end)
		b.host.Shutdown(peer, "wr")
		defer func() { b.net.Wire().Lose(end) }()
	case fsm.LastAck:
		b.host.Shutdown(peer, "wr")
		if !is(end, fsm.CloseWait) {
			return false
		}
		b.finish(h, end)
		b.net.Wire().Lose(end)
	case fsm.TimeWait:
		b.finish(h, end)
		if !is(peer, fsm.CloseWait) {
			return false
		}
		b.net.Start(b.host.Close(peer))
	}
	return is(end, want)
}

// finish sends the FIN: by close if the descriptor is to be gone, by shutdown if it is to stay.
func (b *builder) finish(h *world.Holder, end *fsm.Conn) {
	if h.Orphan {
		b.net.Start(b.host.Close(end))
		return
	}
	b.host.Shutdown(end, "wr")
}

// modelTrials makes trials on a profile of the model.
type modelTrials struct{ profile *fsm.Profile }

func (m modelTrials) Close() {}

func (m modelTrials) Try(ctx context.Context, batch []*world.Situation) ([]world.TrialResult, error) {
	results := make([]world.TrialResult, len(batch))
	for i, s := range batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		results[i] = makeTrial(m.profile, s)
	}
	return results, nil
}
