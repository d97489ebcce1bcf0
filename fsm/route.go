package fsm

import "net/netip"

// device is one of a host's two interfaces, or none.
type device uint8

const (
	noDevice device = iota
	devLo
	devEth0 // towards the wire
	devices
)

// deviceOf finds a device by name; noDevice if the host has none of that name.
func deviceOf(name string) device {
	switch name {
	case "lo":
		return devLo
	case "eth0":
		return devEth0
	}
	return noDevice
}

// way is how a segment leaves a host.
type way uint8

const (
	byWire way = iota
	byLoopback
	astray     // out of lo, to an address that is not the host's: nobody takes it
	unresolved // out of the wire's interface to a loopback address: no neighbour has it, so nothing is sent
	noRoute
)

// way is the route to an address for a socket bound to a device, "" for none (ip_route_output_key,
// ip6_route_output). For IPv4 a device stands in for a route that is missing; IPv6 wants the route.
func (h *Host) way(dst netip.Addr, dev string) way {
	own := h.owns(dst)
	switch d := deviceOf(dev); {
	case d == noDevice && own:
		return byLoopback
	case d == noDevice:
		return byWire
	case d == devLo && dst.IsLoopback(), d == devEth0 && own && !dst.IsLoopback():
		return byLoopback
	case d == devEth0 && !own:
		return byWire
	case dst.Is6():
		return noRoute
	case d == devLo && own:
		return byLoopback
	case d == devLo:
		return astray
	}
	return unresolved
}

// arrivesOn is the interface that a segment counts as received on (inet_iif, inet6_iif): of what
// the host sends to itself that of the route, which is the wire's for the address that the wire's
// interface has, unless the sender is bound to lo.
func (f *flight) arrivesOn() device {
	switch {
	case f.from != f.to:
		return devEth0
	case f.device == devLo, f.Dst.Addr().IsLoopback():
		return devLo
	}
	return devEth0
}

// martian reports whether a host throws a segment away unseen: one that went astray, and one from
// or to a loopback address that comes in from the wire (ip6_rcv_core; fib_validate_source).
func (f *flight) martian() bool {
	return f.stray || f.from != f.to && (f.Src.Addr().IsLoopback() || f.Dst.Addr().IsLoopback())
}

// hears reports whether a listener hears what arrives on a device.
func (c *Conn) hears(d device) bool {
	own := deviceOf(c.Device)
	return own == noDevice || own == d
}

// find is the connection that a segment belongs to; nil if there is none. Connections bound to
// different devices may have the same addresses.
func (h *Host) find(local, remote netip.AddrPort, on device) *Conn {
	key := newTuple(local, remote)
	if c := h.conns[key]; c != nil || !h.net.devices {
		return c
	}
	key.device = on
	return h.conns[key]
}

// unanswered reports whether a segment that meets no socket gets no reset: what a socket bound to
// lo sent to the host's own address came by no local route (tcp_v4_send_reset: rt_type).
func (f *flight) unanswered() bool {
	return f.from == f.to && f.device == devLo && !f.Dst.Addr().IsLoopback()
}

// strictRoute reports whether an answer that no full socket sends, a reset or a minisocket's ACK,
// finds no way: to ::1 it must leave by the interface on which the segment came in, and what came
// to the host's other address came in on the wire's (tcp_v6_send_response: rt6_need_strict).
func strictRoute(from, to netip.Addr) bool {
	return to == netip.IPv6Loopback() && !from.IsLoopback()
}
