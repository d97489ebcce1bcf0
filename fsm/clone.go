package fsm

import (
	"maps"
	"slices"
)

// Clone copies the laboratory as it is at this instant: both go on on their own. The copy tells its
// story to watch.
func (n *Net) Clone(watch Watcher) *Net {
	k := cloner{conns: map[*Conn]*Conn{}, hosts: map[*Host]*Host{}, flights: map[*flight]*flight{}}
	m := *n
	m.watch, m.entries, m.writing, m.segments, m.ids, m.rows = watch, nil, 0, nil, nil, nil
	k.net = &m
	m.hosts = nil
	for _, h := range n.hosts {
		c := *h
		c.net, c.arriving, c.changed = &m, nil, false
		k.hosts[h] = &c
		m.hosts = append(m.hosts, &c)
	}
	for _, h := range n.hosts {
		k.host(h)
	}
	w := *n.wire
	w.net, w.rules, w.holds, w.landed, w.idle = &m, slices.Clone(w.rules), slices.Clone(w.holds), nil, nil
	w.blocks, w.memory.flows = slices.Clone(w.blocks), maps.Clone(w.memory.flows)
	for key, fl := range w.memory.flows {
		own := *fl
		w.memory.flows[key] = &own
	}
	w.held = mapped(w.held, k.flight)
	m.wire = &w
	m.clock.due = slices.Clone(n.clock.due)
	for i := range m.clock.due {
		a := &m.clock.due[i]
		a.conn, a.flight = k.conn(a.conn), k.flight(a.flight)
	}
	m.waiting = mapped(n.waiting, func(p *Pending) *Pending {
		c := *p
		c.call.conn = k.conn(p.call.conn)
		return &c
	})
	return &m
}

type cloner struct {
	net     *Net
	hosts   map[*Host]*Host
	conns   map[*Conn]*Conn
	flights map[*flight]*flight
}

func (k *cloner) host(h *Host) {
	c := k.hosts[h]
	c.conns, c.past, c.named = k.table(h.conns), k.table(h.past), map[string]*Conn{}
	for name, conn := range h.named {
		c.named[name] = k.conn(conn)
	}
	c.fds, c.touched = mapped(h.fds, k.conn), mapped(h.touched, k.conn)
	c.ports = map[uint16]*bucket{}
	for port, b := range h.ports {
		d := *b
		d.owners, d.listeners = mapped(b.owners, k.conn), mapped(b.listeners, k.conn)
		d.addrs = mapped(b.addrs, func(p *addrBucket) *addrBucket {
			q := *p
			for _, c := range d.owners {
				if c.bind2 == p {
					c.bind2 = &q
				}
			}
			return &q
		})
		c.ports[port] = &d
	}
}

func (k *cloner) table(t map[fourTuple]*Conn) map[fourTuple]*Conn {
	out := maps.Clone(t)
	for key, c := range out {
		out[key] = k.conn(c)
	}
	return out
}

func (k *cloner) conn(c *Conn) *Conn {
	if c == nil {
		return nil
	}
	if d, ok := k.conns[c]; ok {
		return d
	}
	d := new(Conn)
	*d = *c
	k.conns[c] = d
	d.host = k.hosts[c.host]
	d.listener, d.heir = k.conn(c.listener), k.conn(c.heir)
	d.accepted = mapped(c.accepted, k.conn)
	d.sent, d.ahead = slices.Clone(c.sent), slices.Clone(c.ahead)
	d.in.queue, d.out.queue, d.out.bursts = slices.Clone(c.in.queue), slices.Clone(c.out.queue),
		slices.Clone(c.out.bursts)
	return d
}

func (k *cloner) flight(f *flight) *flight {
	if f == nil {
		return nil
	}
	if g, ok := k.flights[f]; ok {
		return g
	}
	g := new(flight)
	*g = *f
	k.flights[f] = g
	g.from, g.to = k.hosts[f.from], k.hosts[f.to]
	return g
}

func mapped[T any](in []T, f func(T) T) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
