package kernel

import (
	"net/netip"
	"sync"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
)

// ends knows the numbers of the ends of connections that were sighted, by the names and by the
// addresses that they have now. One goroutine notes what the runner reports, another asks after its
// calls.
type ends struct {
	mu    *sync.Mutex
	named map[[2]string]int // by host and name
	at    map[place]int
}

// place is where an end is; a listener has no remote address.
type place struct {
	host          string
	local, remote netip.AddrPort
}

func newEnds() ends {
	return ends{mu: new(sync.Mutex), named: map[[2]string]int{}, at: map[place]int{}}
}

// see notes what was sighted.
func (e ends) see(s *realsock.Sighting) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.End == 0 {
		return
	}
	if s.Name != "" {
		e.named[[2]string{s.Host, s.Name}] = s.End
	}
	p := place{s.Host, s.Local, s.Remote}
	if stateOf(s.State) != fsm.Closed {
		e.at[p] = s.End
	} else if e.at[p] == s.End {
		delete(e.at, p)
	}
}

// of is the end that a row of a host's table shows.
func (e ends) of(host string, r *realsock.Row) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.State == "BOUND" {
		return 0
	}
	if end := e.named[[2]string{host, r.Name}]; r.Name != "" && end != 0 {
		return end
	}
	// A connection that was accepted while nobody waited has its name in the table alone.
	return e.at[place{host, r.Local, r.Remote}]
}

// about is the end that the result of a step is about. A socket that was made or bound has none
// yet.
func (e ends) about(s *script.Step, result string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v := s.Cmd.Verb; result == "ok" && (v == "socket" || v == "bind") {
		delete(e.named, [2]string{s.Actor, s.Cmd.Sock})
	}
	host, sock, ok := world.About(s, result)
	if !ok || result == script.NotRun {
		return 0
	}
	return e.named[[2]string{host, sock}]
}
