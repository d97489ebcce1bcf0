package trial

import (
	"fourwave/lab/world"
	"slices"
)

// MatrixSpec says which part of the matrix of trials to make: one way in which a socket came to
// hold the port, against every new one.
type MatrixSpec struct {
	State        string
	Role         string // "": what the state needs
	ListenerOpen bool
	Listen       bool // call listen after a bind that succeeded
	Worlds       []string
}

// Matrix is all existing sockets of one kind against all new ones.
type Matrix struct {
	Rows    []Existing
	Columns []Newcomer
	worlds  []string
}

// MatrixAddresses are the addresses of the matrix; the last is for IPv6 alone.
var MatrixAddresses = []string{"0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:127.0.0.1", ":: v6only"}

// autoboundVias are where the clients of the matrix connect to that were never bound.
var autoboundVias = []string{"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"}

// matrixOptions are both flags in every combination.
func matrixOptions() []world.SocketOptions {
	var all []world.SocketOptions
	for bits := range 4 {
		all = append(all, world.SocketOptions{ReuseAddr: bits&1 != 0, ReusePort: bits&2 != 0})
	}
	return all
}

// NewMatrix lays out a matrix.
func NewMatrix(spec MatrixSpec) *Matrix {
	m := &Matrix{worlds: spec.Worlds}
	addrs := MatrixAddresses
	if spec.Role == world.Autobound {
		addrs = autoboundVias
	}
	for _, a := range addrs {
		for _, o := range matrixOptions() {
			e := Existing{State: spec.State, Role: spec.Role, ListenerOpen: spec.ListenerOpen, SocketOptions: o}
			if spec.Role == world.Autobound {
				e.Via = a
			} else {
				e.Addr, e.V6Only = matrixAddress(a)
			}
			m.Rows = append(m.Rows, e)
		}
	}
	for _, a := range MatrixAddresses {
		for _, o := range matrixOptions() {
			n := Newcomer{SocketOptions: o, Listen: spec.Listen}
			n.Addr, n.V6Only = matrixAddress(a)
			m.Columns = append(m.Columns, n)
		}
	}
	return m
}

func matrixAddress(s string) (addr string, v6only bool) {
	if s == MatrixAddresses[len(MatrixAddresses)-1] {
		return "::", true
	}
	return s, false
}

// Trials are the matrix's, row by row.
func (m *Matrix) Trials() []Trial {
	all := make([]Trial, 0, len(m.Rows)*len(m.Columns))
	for _, e := range m.Rows {
		for _, n := range m.Columns {
			all = append(all, Trial{Existing: []Existing{e}, New: n, Worlds: m.worlds})
		}
	}
	return all
}

// WholeMatrix is every state in every role, with its listener closed and open, against everything
// new.
func WholeMatrix(worlds []string, listen bool) []Trial {
	var all []Trial
	for _, state := range States {
		for _, role := range Roles(state) {
			spec := MatrixSpec{State: state, Role: role, Listen: listen, Worlds: worlds}
			all = slices.Concat(all, NewMatrix(spec).Trials())
		}
	}
	return all
}
