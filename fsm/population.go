package fsm

import (
	"errors"
	"net/netip"
	"time"

	fivetuple "fourwave/fsm/tuple" // host.go has a tuple of its own
)

// Population is a client that opens connections to one server at an even rate and closes each of them
// first, so that every one leaves a TIME-WAIT at the port that it had.
type Population struct {
	Every             time.Duration // between two connections; whole milliseconds
	Open              time.Duration // how long a connection lasts before its TIME-WAIT; whole milliseconds
	TimeWait          time.Duration // how long a TIME-WAIT lasts; whole milliseconds
	PortLow, PortHigh uint16        // the ephemeral ports
	For               time.Duration // how long to look, at most an hour
}

// Census is what became of a population.
type Census struct {
	Opened    int           // connections that got a port
	Refused   int           // connections that found none
	Exhausted time.Duration // when the first was refused; meaningful when Refused is not 0
	Held      int           // ports held at the end
	Peak      int           // ports held at most
	Left      int           // ports free at the end
}

// ErrPopulation says that a population's times or ports make no sense.
var ErrPopulation = errors.New("population: times must be whole milliseconds from 1, at most an hour, and ports in order")

// Run counts in virtual time, exactly: a connection takes the next free port in turn, and a port is
// free again at the instant when its TIME-WAIT is over. A refused connection is not tried again.
func (p Population) Run() (Census, error) {
	for _, d := range []time.Duration{p.Every, p.TimeWait, p.For} {
		if d < time.Millisecond || d > time.Hour || d%time.Millisecond != 0 {
			return Census{}, ErrPopulation
		}
	}
	if p.Open < 0 || p.Open > time.Hour || p.Open%time.Millisecond != 0 || p.PortLow > p.PortHigh {
		return Census{}, ErrPopulation
	}
	var c Census
	ports := int(p.PortHigh) - int(p.PortLow) + 1
	server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 80)
	client := netip.AddrFrom4([4]byte{10, 0, 0, 2})
	held := fivetuple.New(0)
	next := 0
	for at := time.Duration(0); at < p.For; at += p.Every {
		held.Expire(at.Milliseconds(), nil)
		if held.Len() == ports {
			if c.Refused == 0 {
				c.Exhausted = at
			}
			c.Refused++
			continue
		}
		t := fivetuple.FiveTuple{Protocol: fivetuple.TCP, Remote: server}
		for {
			t.Local = netip.AddrPortFrom(client, p.PortLow+uint16(next))
			next = (next + 1) % ports
			if _, taken := held.Lookup(&t); !taken {
				break
			}
		}
		if err := held.Insert(&t, (at + p.Open + p.TimeWait).Milliseconds()); err != nil {
			return Census{}, err
		}
		c.Opened++
		c.Peak = max(c.Peak, held.Len())
	}
	held.Expire(p.For.Milliseconds(), nil)
	c.Held, c.Left = held.Len(), ports-held.Len()
	return c, nil
}
