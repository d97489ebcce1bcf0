// Package netstack has gVisor's TCP go through the cycle that package fsm models: one open, a four-way close
// and the end of 2MSL, on two stacks that a pipe joins. It is the measure for fsm's speed, and a module of
// its own so that fourwave does not depend on gVisor.
//
// The cycle is kept as short as gVisor allows. Time is a clock that the benchmark moves, so nothing is waited
// for but what TCP does; its goroutines are given the processor until the state is reached, instead of being
// waited for by way of channels; the pipe hands a packet over by a call. No trace is recorded.
package netstack

import (
	"fmt"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const nic = 1

var server = tcpip.FullAddress{Addr: tcpip.AddrFrom4([4]byte{10, 0, 0, 1}), Port: 7865}

// pair is a client and a server that listens.
type pair struct {
	clock          *faketime.ManualClock
	client, server *stack.Stack
	listener       tcpip.Endpoint
}

// newPair makes a pair with as many processors for TCP as GOMAXPROCS says now.
func newPair() (*pair, error) {
	p := &pair{clock: faketime.NewManualClock()}
	a, b := pipe.New("", "", 65535)
	var err error
	if p.server, err = newStack(p.clock, a, server.Addr); err != nil {
		return nil, err
	}
	if p.client, err = newStack(p.clock, b, tcpip.AddrFrom4([4]byte{10, 0, 0, 2})); err != nil {
		return nil, err
	}
	l, refused := p.server.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, new(waiter.Queue))
	if refused == nil {
		refused = l.Bind(server)
	}
	if refused == nil {
		refused = l.Listen(10)
	}
	if refused != nil {
		return nil, fmt.Errorf("listen: %v", refused)
	}
	p.listener = l
	return p, nil
}

func newStack(clock tcpip.Clock, link stack.LinkEndpoint, addr tcpip.Address) (*stack.Stack, error) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		Clock:              clock,
	})
	if err := s.CreateNIC(nic, link); err != nil {
		return nil, fmt.Errorf("nic: %v", err)
	}
	own := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddressWithPrefix{Address: addr, PrefixLen: 24}}
	if err := s.AddProtocolAddress(nic, own, stack.AddressProperties{}); err != nil {
		return nil, fmt.Errorf("address: %v", err)
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	return s, nil
}

// close is how the client and the server of one connection end.
func (p *pair) close(c, a tcpip.Endpoint) error {
	c.Close()
	if err := until(a, tcp.StateCloseWait); err != nil {
		return err
	}
	a.Close()
	if err := until(c, tcp.StateTimeWait); err != nil {
		return err
	}
	return until(a, tcp.StateClose)
}

// open connects and accepts.
func (p *pair) open() (c, a tcpip.Endpoint, err error) {
	c, refused := p.client.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, new(waiter.Queue))
	if refused != nil {
		return nil, nil, fmt.Errorf("socket: %v", refused)
	}
	refused = c.Connect(server)
	if _, started := refused.(*tcpip.ErrConnectStarted); !started {
		return nil, nil, fmt.Errorf("connect: %v", refused)
	}
	if err := until(c, tcp.StateEstablished); err != nil {
		return nil, nil, err
	}
	for range patience {
		if a, _, refused = p.listener.Accept(nil); refused == nil {
			return c, a, nil
		}
		runtime.Gosched()
	}
	return nil, nil, fmt.Errorf("accept: %v", refused)
}

// cycle is one open, a four-way close and the end of 2MSL.
func (p *pair) cycle() error {
	c, a, err := p.open()
	if err != nil {
		return err
	}
	if err := p.close(c, a); err != nil {
		return err
	}
	p.clock.Advance(tcp.DefaultTCPTimeWaitTimeout + time.Second)
	return until(c, tcp.StateClose)
}

// patience is how often other goroutines are let run before a state is given up.
const patience = 100_000

// until lets the stacks' goroutines run until an endpoint is in a state.
func until(ep tcpip.Endpoint, want tcp.EndpointState) error {
	for range patience {
		if tcp.EndpointState(ep.State()) == want {
			return nil
		}
		runtime.Gosched()
	}
	return fmt.Errorf("state: %v, want %v", tcp.EndpointState(ep.State()), want)
}
