package script

import (
	"maps"
	"slices"
)

// names are the sockets that the lines so far have made, for each host. A lab refuses a line
// that speaks of a socket that no line makes.
type names map[string]map[string]bool

func (n names) clone() names {
	c := names{}
	for host, set := range n {
		c[host] = maps.Clone(set)
	}
	return c
}

func (n names) add(host, name string) {
	if n[host] == nil {
		n[host] = map[string]bool{}
	}
	n[host][name] = true
}

// check says what is wrong with the socket that the line is about, or is "". A line that
// makes a socket adds its name.
func (n names) check(s *Step) string {
	c, host := s.Cmd, s.Actor
	if host == "wire" {
		host = c.Host
	}
	switch c.Verb {
	case "socket", "bind", "connect":
		n.add(host, c.Sock)
	}
	if c.Sock == "" || n[host][c.Sock] {
		if c.As != "" {
			n.add(host, c.As)
		}
		return ""
	}
	what := "socket of the " + host
	for other, set := range n {
		if other != host && set[c.Sock] {
			return Unknown(what, c.Sock, nil) + ", it is the " + other + "'s"
		}
	}
	return Unknown(what, c.Sock, slices.Sorted(maps.Keys(n[host])))
}
