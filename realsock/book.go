package realsock

import (
	"net/netip"

	"fourwave/sockdiag"
)

// book is what an app knows of one of its sockets.
type book struct {
	Name   string
	Family int
	Local  netip.AddrPort `json:",omitzero"`  // not valid: not bound
	Remote netip.AddrPort `json:",omitzero"`  // not valid: never connected
	Device string         `json:",omitempty"` // SO_BINDTODEVICE
	Cookie uint64
	State  sockdiag.State // as TCP_INFO has it
	Open   bool
}
