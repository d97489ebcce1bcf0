package lab

import (
	"fmt"
	"strings"

	"fourwave/lab/script"
)

// groups are the sockets that a script binds with SO_REUSEPORT, by port. Which of two that listen on one
// port gets a connection is the kernel's secret.
type groups map[uint16][]string

// ruleGroup is the catalogue's entry for that.
const ruleGroup = "reuseport-group"

// add notes the sockets that a step binds.
func (g groups) add(s *script.Step) {
	on := false
	for _, o := range s.Cmd.Opts {
		on = on || o.Name == "reuseport" && o.N != 0
	}
	if on && s.Cmd.Verb == "bind" && s.Cmd.Addr.Port() != 0 {
		g[s.Cmd.Addr.Port()] = append(g[s.Cmd.Addr.Port()], s.Actor+" "+s.Cmd.Sock)
	}
}

// concern reports whether something is about a socket of a group or about a connection to one.
func (g groups) concern(about []string) bool {
	for port, names := range g {
		if len(names) < 2 {
			continue
		}
		at := fmt.Sprintf(":%d ", port)
		for _, a := range about {
			if strings.Contains(a, at) {
				return true
			}
			for _, n := range names {
				if a == n {
					return true
				}
			}
		}
	}
	return false
}
