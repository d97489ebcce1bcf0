package fsm

import (
	"fmt"
	"slices"
)

// moves are all that may happen next.
func (w *world) moves(at *place) []move {
	var out []move
	if w.msl > 0 {
		if m, due := at.urgent(); due {
			return m
		}
		if w.loses || !w.dies(at) {
			out = append(out, move{verb: "pass", host: "time"})
		}
	}
	for _, h := range at.hosts {
		for _, c := range h.live() {
			out = w.callMoves(out, at, h, c)
			out = w.timerMoves(out, h, c)
		}
	}
	if w.again && at.opens < 2 && (at.ordinary || w.hasty) && at.mayReopen(w.hasty) {
		out = append(out, move{verb: "connect", host: "client"})
	}
	return w.wireMoves(out, at)
}

// callMoves are the calls that a user may make on a connection.
func (w *world) callMoves(out []move, at *place, h *Host, c *Conn) []move {
	if !c.open || c.state == Listen {
		return out
	}
	call := func(verb string, when bool) {
		if when && w.may(verb) {
			out = append(out, move{verb: verb, host: h.name, conn: c.id})
		}
	}
	flows := c.state == Established || c.state == CloseWait
	call("send", flows && !c.noWriter && at.sends[at.index(h)] < w.sends[at.index(h)])
	call("recv", c.unread > 0)
	call("shutdown", flows && !c.noWriter)
	call("deafen", !c.noReader && !c.mini && c.state != SynSent)
	call("close", true)
	call("abort", true)
	return out
}

func (at *place) index(h *Host) int { return slices.Index(at.hosts, h) }

// timerMoves are the timers that may fire. The retransmission timer has three outcomes: the oldest
// segment again, a loss probe where the profile has one, or giving up.
func (w *world) timerMoves(out []move, h *Host, c *Conn) []move {
	for t := range timers {
		if c.due[t] == never || t == timer2MSL && w.msl > 0 {
			continue
		}
		out = append(out, move{verb: "timer", host: h.name, conn: c.id, timer: t})
		if t == timerRetransmit && !w.careful {
			out = append(out, move{verb: "gives up", host: h.name, conn: c.id})
		}
		if t == timerRetransmit && c.profile().LossProbe && len(c.sent) > 1 {
			out = append(out, move{verb: "probe", host: h.name, conn: c.id})
		}
	}
	return out
}

var timerNames = [timers]string{"retransmit", "2MSL", "FIN-WAIT-2", "delayed ACK", "user", "linger"}

// wireMoves deliver, lose or double each segment that is held; of two that are alike, one.
func (w *world) wireMoves(out []move, at *place) []move {
	held := at.wire.held
	for i, f := range held {
		if slices.ContainsFunc(held[:i], func(g *flight) bool { return alike(f, g) }) {
			continue
		}
		out = append(out, move{verb: "deliver", host: f.from.name, flight: i, seg: f.Segment})
		if w.loses {
			out = append(out, move{verb: "lose", host: f.from.name, flight: i, seg: f.Segment})
		}
		if len(held) < w.room {
			out = append(out, move{verb: "double", host: f.from.name, flight: i, seg: f.Segment})
		}
	}
	return out
}

func alike(f, g *flight) bool {
	return f.from == g.from && f.origin == g.origin && f.Segment == g.Segment && f.Departs == g.Departs
}

// mayReopen: the client's end is gone, and the server's too unless it is hasty.
func (at *place) mayReopen(hasty bool) bool {
	ends := [2]int{}
	for i, h := range at.hosts {
		for _, c := range h.conns {
			if i == 1 || !hasty || c.state != TimeWait {
				ends[i]++
			}
		}
	}
	return ends == [2]int{}
}

// make carries out a move on a copy; nil if a wire that loses nothing would overflow.
func (w *world) make(from *place, m move) *place {
	at := from.clone()
	h := at.Host(m.host)
	var c *Conn
	if h != nil {
		for _, l := range h.live() {
			if l.id == m.conn {
				c = l
			}
		}
	}
	switch m.verb {
	case "deliver", "lose", "double":
		at.onWire(m)
	case "timer":
		c.fire(m.timer)
	case "gives up":
		c.fire(timerUser)
	case "probe":
		c.probed = false
		c.fire(timerRetransmit)
	case "pass":
		at.pass(w)
	case "connect":
		at.reopen()
	default:
		at.call(h, c, m.verb)
	}
	at.normalise()
	if len(at.wire.held) > w.room {
		if !w.loses {
			return nil
		}
		at.wire.held = slices.Clone(at.wire.held[:w.room])
	}
	if at.moved == "" {
		at.moved = at.broken()
	}
	return at
}

func (at *place) onWire(m move) {
	w := at.wire
	f := w.held[m.flight]
	if m.verb == "double" {
		twin := *f
		w.held = append(w.held, &twin)
		return
	}
	w.held = slices.Delete(w.held, m.flight, m.flight+1)
	if m.verb == "deliver" {
		w.busy++
		w.land(f)
	}
}

func (at *place) call(h *Host, c *Conn, verb string) {
	if at.first == "" && (verb == "close" || verb == "shutdown") && c.state != Listen {
		at.first = h.name
	}
	switch verb {
	case "send":
		at.sends[at.index(h)]++
		at.Start(h.Send(c, 1))
	case "recv":
		at.Start(h.Recv(c, 0))
	case "shutdown":
		h.Shutdown(c, "wr")
	case "deafen":
		h.Shutdown(c, "rd")
	case "close":
		at.Start(h.Close(c))
	case "abort":
		h.Abort(c)
	}
}

// reopen begins the next incarnation, from the same port to the same port.
func (at *place) reopen() {
	at.opens++
	at.sends, at.first, at.ordinary = [2]int{}, "", false // a reset of the incarnation before may come
	h := at.hosts[1]
	c, o := h.Socket(fmt.Sprint("c", at.opens), 4, Options{ReuseAddr: true})
	if o.Err == "" {
		o = h.Bind(c, addr("10.0.0.2:40000"))
	}
	if o.Err != "" {
		panic("BUG: " + string(o.Err))
	}
	at.Start(h.Connect(c, addr("10.0.0.1:7865")))
}
