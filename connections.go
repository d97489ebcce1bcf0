package main

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/spf13/cobra"

	"fourwave/api"
)

// connections bounds how many connections a server has, in all and from one client. When there is
// no room for another, the one that has been idle longest makes room: it costs its client a new
// handshake and nothing else. Where none is idle, the new one is closed. Loopback is many clients
// at one address, a proxy's among them, and only the bound of all counts there.
type connections struct {
	most, mostEach int

	mu   sync.Mutex
	open map[net.Conn]*connection
	each map[netip.Prefix]int
	idle list.List // of *connection, longest first
}

// connection is an open one.
type connection struct {
	net.Conn
	client netip.Prefix
	idle   *list.Element // nil while a request is answered
}

func connectionFlags(cmd *cobra.Command, c *connections) {
	cmd.Flags().IntVar(&c.most, "connections", 2048,
		"connections at once; the one that has been idle longest makes room")
	cmd.Flags().IntVar(&c.mostEach, "connections-per-client", 128,
		"the same from one address other than loopback (IPv6: from one /64)")
}

// clientOf is whom a connection counts for; shared says that many clients may be behind it.
func clientOf(addr net.Addr) (client netip.Prefix, shared bool) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}, true
	}
	client = api.ClientOf(tcp.AddrPort().Addr())
	return client, client.Addr().IsLoopback()
}

// limit makes a listener whose connections are bounded. Give the server stateChanged as its
// ConnState.
func (c *connections) limit(l net.Listener) net.Listener {
	c.open, c.each = map[net.Conn]*connection{}, map[netip.Prefix]int{}
	return &limitedListener{l, c}
}

type limitedListener struct {
	net.Listener
	all *connections
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.all.add(conn) {
			return conn, nil
		}
		conn.Close()
	}
}

// add takes a connection in, if there is room or can be made.
func (c *connections) add(conn net.Conn) bool {
	client, shared := clientOf(conn.RemoteAddr())
	c.mu.Lock()
	defer c.mu.Unlock()
	if !shared && c.each[client] >= c.mostEach && !c.makeRoom(func(o *connection) bool { return o.client == client }) {
		return false
	}
	if len(c.open) >= c.most && !c.makeRoom(func(*connection) bool { return true }) {
		return false
	}
	o := &connection{Conn: conn, client: client}
	o.idle = c.idle.PushBack(o) // until its first request is there
	c.open[conn] = o
	c.each[client]++
	return true
}

// makeRoom closes the connection that has been idle longest of those that may be closed.
func (c *connections) makeRoom(may func(*connection) bool) bool {
	for e := c.idle.Front(); e != nil; e = e.Next() {
		if o, _ := e.Value.(*connection); may(o) {
			c.remove(o)
			o.Close()
			return true
		}
	}
	return false
}

func (c *connections) remove(o *connection) {
	if c.open[o.Conn] != o {
		return
	}
	delete(c.open, o.Conn)
	if c.each[o.client]--; c.each[o.client] == 0 {
		delete(c.each, o.client)
	}
	if o.idle != nil {
		c.idle.Remove(o.idle)
		o.idle = nil
	}
}

// stateChanged is the server's ConnState.
func (c *connections) stateChanged(conn net.Conn, state http.ConnState) {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.open[conn]
	if o == nil {
		return
	}
	switch state {
	case http.StateActive:
		if o.idle != nil {
			c.idle.Remove(o.idle)
			o.idle = nil
		}
	case http.StateIdle:
		if o.idle == nil {
			o.idle = c.idle.PushBack(o)
		}
	case http.StateClosed, http.StateHijacked:
		c.remove(o)
	}
}
