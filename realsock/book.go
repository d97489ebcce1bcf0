package realsock

import "net/netip"

// book is what an app knows of one of its sockets.
type book struct {
	Name   string
	Family int
	Local  netip.AddrPort `json:",omitzero"` // not valid: not bound
	Remote netip.AddrPort `json:",omitzero"` // not valid: never connected
	Cookie uint64
	State  uint8 // as TCP_INFO has it
	Open   bool
}
