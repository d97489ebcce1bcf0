package trial

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Bounds of trials.
const (
	Max         = 20_000 // in one request
	MaxExisting = 8      // sockets in one trial
)

// Trial asks whether a socket can be bound, and listen, where others have the port.
type Trial struct {
	Existing []Existing `json:"existing"`
	New      Newcomer   `json:"new"`
	Worlds   []string   `json:"worlds,omitempty"` // empty: model and kernel
}

// Existing is a socket that holds the port, and how it came about.
type Existing struct {
	State        string `json:"state"`                   // RFC spelling, or BOUND
	Role         string `json:"role,omitempty"`          // accepted, connected, autobound; "": what the state needs
	Addr         string `json:"addr,omitempty"`          // what was bound; not for autobound
	Via          string `json:"via,omitempty"`           // what the connection was made to
	ListenerOpen bool   `json:"listener_open,omitempty"` // of accepted: the listener still listens
	Orphan       *bool  `json:"orphan,omitempty"`        // the descriptor is closed; nil: of TIME-WAIT only
	world.SocketOptions
}

// Newcomer is the socket that is bound in the trial.
type Newcomer struct {
	Addr string `json:"addr"`
	world.SocketOptions
	Listen bool `json:"listen,omitempty"` // after a bind that succeeded
}

// States are the states of an Existing.
var States = []string{world.Bound, "LISTEN", "SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING",
	"TIME-WAIT", "CLOSE-WAIT", "LAST-ACK"}

// Roles are the roles in which a state can be.
func Roles(state string) []string {
	switch state {
	case world.Bound, "LISTEN":
		return []string{world.Accepted}
	case "SYN-SENT":
		return []string{world.Connected, world.Autobound}
	}
	return []string{world.Accepted, world.Connected, world.Autobound}
}

// devices are the interfaces of the trial's host.
var devices = []string{"lo", "eth0"}

// Mistake is something wrong with a trial, with its place: a path of members and indices.
type Mistake struct {
	Path   []string
	Detail string
}

func (m Mistake) Error() string { return fmt.Sprintf("%v: %s", m.Path, m.Detail) }

// checker collects mistakes below a path.
type checker struct {
	path     []string
	mistakes []Mistake
}

func (k *checker) wrong(member, format string, args ...any) {
	path := slices.Clone(k.path)
	if member != "" {
		path = append(path, member)
	}
	k.mistakes = append(k.mistakes, Mistake{path, fmt.Sprintf(format, args...)})
}

// Normalize writes a trial's states as RFC 9293 spells them, and its addresses as package netip
// does. What is neither a state nor an address stays as it is, for Check to find.
func (t *Trial) Normalize() {
	address := func(s *string) {
		if ip, err := script.ParseIP(*s); err == nil {
			*s = ip.String()
		}
	}
	for i := range t.Existing {
		e := &t.Existing[i]
		e.State = StateName(e.State)
		address(&e.Addr)
		address(&e.Via)
	}
	address(&t.New.Addr)
}

// StateName is a state of a trial in RFC 9293's spelling, or BOUND, or the word itself.
func StateName(s string) string {
	if st, ok := fsm.ParseState(s); ok {
		return string(st)
	}
	if strings.EqualFold(s, world.Bound) {
		return world.Bound
	}
	return s
}

// Check says what is wrong with a trial; nothing if it can be tried. It does not look at the
// worlds.
func (t *Trial) Check() []Mistake {
	_, mistakes := t.situation()
	return mistakes
}

// situation fills in the defaults and finds what cannot be.
func (t *Trial) situation() (*world.Situation, []Mistake) {
	k := &checker{}
	s := &world.Situation{Opts: t.New.SocketOptions, Listen: t.New.Listen}
	if len(t.Existing) > MaxExisting {
		k.wrong("existing", "%d sockets, at most %d", len(t.Existing), MaxExisting)
		return nil, k.mistakes
	}
	for i := range t.Existing {
		k.path = []string{"existing", strconv.Itoa(i)}
		s.Existing = append(s.Existing, k.holder(&t.Existing[i]))
	}
	k.path = []string{"new"}
	s.Addr = k.address("addr", t.New.Addr, true)
	k.options(s.Addr, &t.New.SocketOptions)
	if len(k.mistakes) > 0 {
		return nil, k.mistakes
	}
	return s, nil
}

func (k *checker) holder(e *Existing) world.Holder {
	h := world.Holder{State: e.State, Role: e.Role, ListenerOpen: e.ListenerOpen, Opts: e.SocketOptions}
	if !slices.Contains(States, e.State) {
		k.wrong("state", "%s", script.Unknown("state", e.State, States))
		return h
	}
	roles := Roles(e.State)
	if h.Role == "" {
		h.Role = roles[0]
	}
	if !slices.Contains(roles, h.Role) {
		k.wrong("role", "a socket in %s is never %s", e.State, script.Clip(h.Role))
		return h
	}
	unconnected := e.State == world.Bound || e.State == "LISTEN"
	if e.ListenerOpen && (unconnected || h.Role != world.Accepted) {
		k.wrong("listener_open", "only a connection that was accepted has had a listener")
	}
	if unconnected && e.Via != "" {
		k.wrong("via", "a socket in %s has no connection", e.State)
	}
	before := len(k.mistakes)
	k.addresses(&h, e, unconnected)
	if len(k.mistakes) == before {
		k.options(firstValid(h.Addr, h.Via), &e.SocketOptions)
	}
	k.orphan(&h, e)
	if e.Device != "" && !unconnected && !(e.Device == "lo" && onLoopback(h.Via) && onLoopback(h.Addr)) {
		k.wrong("device", "the connections of a trial are made over lo, and those that are bound to it between its "+
			"addresses")
	}
	return h
}

// onLoopback reports whether an address is one of lo's, or no particular one.
func onLoopback(a netip.Addr) bool { return !a.IsValid() || wildcard(a) || a.Unmap().IsLoopback() }

// orphan: a descriptor can be closed without another state only when a FIN has been sent.
func (k *checker) orphan(h *world.Holder, e *Existing) {
	h.Orphan = e.State == string(fsm.TimeWait)
	if e.Orphan == nil {
		return
	}
	h.Orphan = *e.Orphan
	switch e.State {
	case "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT":
	default:
		if h.Orphan {
			k.wrong("orphan", "a socket in %s is held by a descriptor: closing it leads to another state", e.State)
		}
	}
}

// addresses finds the address bound and the one connected to.
func (k *checker) addresses(h *world.Holder, e *Existing, unconnected bool) {
	if h.Role == world.Autobound {
		if e.Addr != "" {
			k.wrong("addr", "an autobound socket was never bound: say via")
		}
		h.Via = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if e.Via != "" {
			h.Via = k.address("via", e.Via, false)
		}
		if h.Via.IsValid() && wildcard(h.Via) {
			k.wrong("via", "a connection is made to an address, not to a wildcard")
		}
		return
	}
	if h.Addr = k.address("addr", e.Addr, false); !h.Addr.IsValid() || unconnected {
		return
	}
	h.Via = loopbackFor(h.Addr)
	if e.Via == "" {
		return
	}
	if h.Via = k.address("via", e.Via, false); !h.Via.IsValid() {
		return
	}
	if h.Role == world.Connected && h.Addr.Is6() && h.Via.Is4() {
		h.Via = netip.AddrFrom16(h.Via.As16()) // an IPv6 socket writes it so
	}
	switch {
	case wildcard(h.Via):
		k.wrong("via", "a connection is made to an address, not to a wildcard")
	case h.Role == world.Accepted && !reaches(h.Addr, h.Via, e.V6Only):
		k.wrong("via", "a listener on %v is not reached at %v", h.Addr, h.Via)
	case h.Role == world.Connected && !connects(h.Addr, h.Via, e.V6Only):
		k.wrong("via", "a socket bound to %v cannot connect to %v", h.Addr, h.Via)
	}
}

// wildcard reports whether the address stands for all of its family; v4-mapped 0.0.0.0 does too.
func wildcard(a netip.Addr) bool { return a.Unmap().IsUnspecified() }

// loopbackFor is where a connection goes by default: the address itself, or the loopback for a
// wildcard.
func loopbackFor(a netip.Addr) netip.Addr {
	switch {
	case !wildcard(a):
		return a
	case a.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case a.Is4In6():
		return netip.AddrFrom16(netip.AddrFrom4([4]byte{127, 0, 0, 1}).As16())
	}
	return netip.IPv6Loopback()
}

// reaches reports whether a listener on addr gets what is sent to via.
func reaches(addr, via netip.Addr, v6only bool) bool {
	v4 := via.Unmap().Is4()
	switch {
	case !wildcard(addr):
		return addr.Unmap() == via.Unmap()
	case addr.Unmap().Is4():
		return v4
	}
	return !v4 || !v6only
}

// connects reports whether a socket bound to addr can send to via.
func connects(addr, via netip.Addr, v6only bool) bool {
	v4 := via.Unmap().Is4()
	if addr.Is6() && !addr.Is4In6() && addr.IsUnspecified() {
		return !v4 || !v6only
	}
	return addr.Unmap().Is4() == v4
}

// address reads an address. Those of existing sockets must be the host's.
func (k *checker) address(member, s string, foreign bool) netip.Addr {
	if s == "" {
		k.wrong(member, "is missing")
		return netip.Addr{}
	}
	a, err := script.ParseIP(s)
	switch {
	case err != nil:
		k.wrong(member, "%v", err)
	case a.Zone() != "":
		k.wrong(member, "%s has a zone", a)
	case a.IsMulticast(), a.IsLinkLocalUnicast(), slices.Contains(broadcasts, a.Unmap()):
		k.wrong(member, "%s is not the address of one host", a)
	case !foreign && !wildcard(a) && !ownAddress(a):
		k.wrong(member, "%s is not one of the host's: 127.0.0.0/8, ::1, 10.0.0.1 and fd00::1", a)
	default:
		return a
	}
	return netip.Addr{}
}

var broadcasts = []netip.Addr{netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("10.0.0.255"),
	netip.MustParseAddr("127.255.255.255")}

var ownAddresses = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")}

func ownAddress(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || slices.Contains(ownAddresses, a)
}

// options checks a socket's options against its address.
func (k *checker) options(a netip.Addr, o *world.SocketOptions) {
	if o.V6Only && a.IsValid() && a.Is4() {
		k.wrong("v6only", "%v is an IPv4 address", a)
	}
	if o.V6Only && a.IsValid() && a.Is4In6() && k.path[0] == "existing" {
		k.wrong("v6only", "a socket for IPv6 alone cannot have the v4-mapped address %v", a)
	}
	if o.UID < 0 || o.UID > 65534 {
		k.wrong("uid", "%d is not between 0 and 65534", o.UID)
	}
	if o.Device != "" && !slices.Contains(devices, o.Device) {
		k.wrong("device", "%q is none of the host's: lo and eth0", script.Clip(o.Device))
	}
}

func firstValid(a, b netip.Addr) netip.Addr {
	if a.IsValid() {
		return a
	}
	return b
}
