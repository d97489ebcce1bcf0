package api

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/labstack/echo/v4"
)

// places are what there is of something, for all clients together and for each of them.
type places struct {
	all, each int

	mu    sync.Mutex
	taken int
	by    map[string]int // client: places
}

func newPlaces(all, each int) *places {
	return &places{all: all, each: each, by: map[string]int{}}
}

// take takes a place for a client; give gives it back, once. It is nil if there is none left, and
// full then says how many there are, of all or of the client's.
func (p *places) take(client string) (give func(), full int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.by[client] >= p.each:
		return nil, p.each
	case p.taken >= p.all:
		return nil, p.all
	}
	p.taken++
	p.by[client]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken--
		if p.by[client]--; p.by[client] == 0 {
			delete(p.by, client)
		}
	}), 0
}

func (p *places) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// ClientOf is whom an address counts for: itself, and of IPv6 all in the /64 that one line is
// given, since a host there has as many addresses as it likes.
func ClientOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() && !addr.IsLoopback() {
		bits = 64
	}
	client, _ := addr.Prefix(bits) // the bits of an address are right for it
	return client
}

// clientOf is whom a request counts for.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	client := ClientOf(addr)
	if client.IsSingleIP() {
		return client.Addr().String()
	}
	return client.String()
}

// labClient is for whom a lab's memory counts: the login that makes it, or else its address.
func labClient(c echo.Context) string {
	if session := loginOf(c).session; session != "" {
		return session
	}
	return clientOf(c.Request())
}
