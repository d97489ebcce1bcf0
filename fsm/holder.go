package fsm

import "net/netip"

// Holder is a socket as far as Linux's bind rule looks at one: what it is bound to now, its
// options, and whether it listens. State counts for nothing else.
type Holder struct {
	Addr     netip.Addr // its current local address
	Options             // ReuseAddr, ReusePort, V6Only, UID and Device count
	Listen   bool
	TimeWait bool // a minisocket (TIME-WAIT, or an orphan's FIN-WAIT-2): its UID does not count
}

// Refused says whether bind(2) refuses h its port because ex has the same one, and by which rule;
// nil if it does not. It is the rule that Host.Bind asks (inet_csk_bind_conflict), for sockets that
// are not in a model.
func (h Holder) Refused(ex Holder) *Why {
	c, e := h.conn(), ex.conn()
	s := standing{Options: e.Options, timeWait: ex.TimeWait, listen: ex.Listen}
	if !devicesOverlap(c.Device, s.Device) || !c.overlaps(c.local.Addr(), e, s) || !refuses(c, s, true, true) {
		return nil
	}
	return explain(conflictRule(c, s))
}

// Admission says by which rule h may have its port although ex has the same one.
func (h Holder) Admission(ex Holder) *Why {
	c, e := h.conn(), ex.conn()
	s := standing{Options: e.Options, timeWait: ex.TimeWait, listen: ex.Listen}
	switch {
	case !devicesOverlap(c.Device, s.Device):
		return explain("linux-bind-other-device")
	case !c.overlaps(c.local.Addr(), e, s):
		return explain("linux-bind-other-address")
	case c.ReuseAddr && s.ReuseAddr && !s.listen:
		return explain("linux-bind-both-reuseaddr")
	}
	return explain("linux-bind-both-reuseport")
}

// conn is the holder as a socket of the model, outside of any host.
func (h Holder) conn() *Conn {
	return &Conn{local: netip.AddrPortFrom(h.Addr, 0), Options: h.Options}
}

// ExplainRule is a rule's text by its name, for who decides by the same rules outside of the model.
func ExplainRule(rule string) *Why { return explain(rule) }
