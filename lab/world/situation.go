package world

import (
	"context"
	"fourwave/fsm"
	"fourwave/lab/script"
	"net/netip"
	"strings"
)

// TrialPort is the port that trials are about. A kernel uses another one for every trial, so that
// nothing carries over from one to the next, and says which.
const TrialPort = 7865

const Backlog = 16

// Bound is the state of a socket that is only bound.
const Bound = "BOUND"

// The roles of an Existing.
const (
	Accepted  = "accepted"
	Connected = "connected"
	Autobound = "autobound"
)

// SocketOptions are what bind compares.
type SocketOptions struct {
	ReuseAddr bool   `json:"reuseaddr,omitempty"`
	ReusePort bool   `json:"reuseport,omitempty"`
	V6Only    bool   `json:"v6only,omitempty"`
	UID       int    `json:"uid,omitempty"`
	Device    string `json:"device,omitempty"`
	FreeBind  bool   `json:"freebind,omitempty"` // IP_FREEBIND

	ReusePortLB      bool `json:"reuseport_lb,omitempty"`     // SO_REUSEPORT_LB, of FreeBSD
	ExclusiveAddrUse bool `json:"exclusiveaddruse,omitempty"` // SO_EXCLUSIVEADDRUSE, of Windows
}

// foreign is the option that a system does not have; "" if it has them all.
func (o *SocketOptions) foreign(system string) string {
	switch {
	case o.ReusePortLB && system != "freebsd":
		return "SO_REUSEPORT_LB is an option of FreeBSD"
	case o.ExclusiveAddrUse && system != "windows":
		return "SO_EXCLUSIVEADDRUSE is an option of Windows"
	case o.FreeBind && system != "linux":
		return "IP_FREEBIND is an option of Linux"
	}
	return ""
}

// Foreign is why a system cannot make the trial: one of the options is another system's. It is nil if it can.
func (s *Situation) Foreign(system string) *Why {
	text := s.Opts.foreign(system)
	for i := range s.Existing {
		if t := s.Existing[i].Opts.foreign(system); t != "" {
			text = t
		}
	}
	if text == "" {
		return nil
	}
	return &Why{Rule: "option-of-another-system", Text: Text{En: text, Zh: strings.Replace(text, " is an option of ", " 是 ", 1) + " 的选项"}}
}

// Situation is a trial that has been checked: every default is filled in.
type Situation struct {
	Existing []Holder
	Addr     netip.Addr
	Opts     SocketOptions
	Listen   bool
}

// Holder is an Existing with its defaults. Connections are made over the host's loopback.
type Holder struct {
	State, Role  string
	Addr, Via    netip.Addr // addr is not valid for autobound, via where there is no connection
	ListenerOpen bool
	Orphan       bool
	Opts         SocketOptions
}

// Connection reports whether the holder is more than bound or listening.
func (h *Holder) Connection() bool { return h.Via.IsValid() }

// TrialResult is what a trial came to in one world.
type TrialResult struct {
	Bind   string // "ok", an errno's name, unknown, or NotRun with a reason in Why
	Listen string // "" when it was not asked for, or bind failed
	Port   int    // the port that was tried
	Why    *Why
}

// Known reports whether the world gave an answer that can be compared.
func (r *TrialResult) Known() bool {
	return r.Bind != script.NotRun && r.Bind != string(fsm.Unknown) && r.Listen != string(fsm.Unknown)
}

// Trials makes trials, some at a time, in order. It is driven by one goroutine.
type Trials interface {
	Try(ctx context.Context, batch []*Situation) ([]TrialResult, error)
	Close()
}

// WildcardOf is the wildcard of an address's family as packets have it.
func WildcardOf(a netip.Addr) netip.Addr {
	if a.Unmap().Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// Ports beside the trial's own: where the first of its clients connects to, the second to the next, and
// the least that a client of its listeners is given.
const (
	PeerPort    = 9000
	ClientPorts = 50_000
)
