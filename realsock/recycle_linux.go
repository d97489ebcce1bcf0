package realsock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// resetPatience bounds how long the hosts' processes may take to close their sockets.
const resetPatience = 2 * time.Second

// renew makes the Net like new in its namespaces: no sockets in any state, the sysctls as they were,
// and a wire that has seen nothing.
func (r *runner) renew() error {
	if len(r.jobs) > 0 {
		return errors.New("calls are under way")
	}
	for _, h := range r.hosts[len(firstHosts):] {
		if err := r.endHost(h); err != nil {
			return err
		}
	}
	r.hosts = r.hosts[:len(firstHosts)]
	err := r.resetApps()
	if err == nil {
		err = r.sweep()
	}
	for _, h := range r.hosts {
		if err == nil {
			err = inNetNS(h.netns, r.wireNS, h.restore)
		}
		if err == nil {
			h.counts.in, h.counts.out, err = h.segments()
		}
		h.ends.init(h)
		h.dirty, h.bindsDevices = false, false
	}
	if err == nil {
		err = r.dead
	}
	r.forget()
	return err
}

// forget leaves nothing in the runner of what it did.
func (r *runner) forget() {
	r.cfg = Config{}
	r.rules, r.box, r.tracks = rules{}, middlebox{}, tracks{m: map[link]*track{}}
	r.queue, r.held, r.watches, r.underWay = nil, nil, nil, 0
	r.fresh, r.touched, r.called, r.forgeries, r.debts = nil, nil, nil, nil, nil
	r.idle, r.mismatch, r.injected = 0, 0, nil
	r.stats, r.toldStats = Stats{}, Stats{}
	r.lastFrame, r.lastEnd = 0, 0
	r.because = make([]Cause, len(r.hosts))
}

// endHost ends a host that a script has made. Its namespace goes with what refers to it; its veth pair
// would stay until then, and its name with it.
func (r *runner) endHost(h *host) error {
	if h.app != nil {
		_ = unix.Kill(h.app.pid, unix.SIGKILL)
		h.app.reap()
		h.app = nil
	}
	_ = h.destroyAll(func() {})
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer nl.Close()
	link, err := nl.LinkByName(h.wireDevice())
	if err != nil {
		return err
	}
	err = nl.LinkDel(link)
	h.diag.Close()
	h.snmp.Close()
	for _, fd := range []int{h.port, h.loop, h.netns} {
		unix.Close(fd)
	}
	return err
}

// resetApps has every host's process close its sockets. One that cannot ends, and another takes its
// place.
func (r *runner) resetApps() error {
	for _, h := range r.hosts {
		if h.app != nil {
			h.app.resetting = true
			h.app.post(order{Reset: true})
			h.app.flush()
		}
	}
	deadline := time.Now().Add(resetPatience)
	for _, h := range r.hosts {
		for h.app != nil && h.app.resetting {
			left := time.Until(deadline)
			if left <= 0 {
				return fmt.Errorf("the %s's process has not closed its sockets within %v", h.name, resetPatience)
			}
			r.poll(left, false)
			r.drain()
			if r.dead != nil {
				return r.dead
			}
		}
		if h.app == nil {
			if err := r.startApp(h); err != nil {
				return err
			}
		}
		clear(h.app.trying)
		h.app.starting = 0
	}
	return nil
}

// sweep destroys what sockets are left, those in TIME-WAIT too, until there are none. What they send in
// parting is read and goes nowhere.
func (r *runner) sweep() error {
	for _, h := range r.hosts {
		if err := h.destroyAll(r.drain); err != nil {
			return err
		}
	}
	r.drain()
	return nil
}

// sweeps is how often a host's table is looked through; what is found twice does not go away.
const sweeps = 10

// destroyAll destroys every socket of the host, calling after each look.
func (h *host) destroyAll(after func()) error {
	var left []sockdiag.Socket
	for range sweeps {
		left = left[:0]
		err := h.diag.Dump(context.Background(), sockdiag.Filter{States: sockdiag.Any}, func(s *sockdiag.Socket) {
			left = append(left, *s)
		})
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return nil
		}
		for i := range left {
			_ = h.diag.Destroy(&left[i]) // the next look tells
		}
		after()
	}
	return fmt.Errorf("%d sockets of %s could not be destroyed", len(left), h.name)
}

// restore writes back the sysctls that a script has changed; the calling thread is in the host's
// namespace.
func (h *host) restore() error {
	for file, old := range h.sysctls {
		if err := os.WriteFile(file, old, 0); err != nil {
			return err
		}
		delete(h.sysctls, file)
	}
	return nil
}
