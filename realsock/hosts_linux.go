package realsock

import (
	"net/netip"
	"strconv"
)

// opHost is the Op of a Call that makes a host.
const opHost = "host"

// addHost makes a host beside those that there are: a network namespace with a process in it and a wire
// to every other. The clock runs on meanwhile, some 30 ms.
func (r *runner) addHost(c *Call) Outcome {
	if why := r.hostWrong(c); why != "" {
		return Outcome{NotRun: why}
	}
	made, err := makeHosts(r.wireNS, r.hosts, []hostSpec{{c.Name, c.Addrs}})
	if err == nil {
		err = r.startApp(made[0])
	}
	if err != nil {
		r.fail(err) // the thread may be in a namespace where it does not belong
		return Outcome{NotRun: "host " + c.Name + ": " + err.Error()}
	}
	r.hosts = append(r.hosts, made[0])
	r.because = append(r.because, Cause{})
	return Outcome{Result: "ok"}
}

// hostWrong says what is wrong with a host that is asked for, "" if nothing is.
func (r *runner) hostWrong(c *Call) string {
	switch {
	case c.Name == "" || c.Name == Wire || r.host(c.Name) != nil:
		return "host " + strconv.Quote(c.Name) + " is there already"
	case len(r.hosts) >= Hosts:
		return "there are " + strconv.Itoa(Hosts) + " hosts already"
	case len(c.Addrs) == 0 || len(c.Addrs) > 2 || !c.Addrs[0].Is4() || len(c.Addrs) == 2 && !c.Addrs[1].Is6():
		return "host " + c.Name + ": its addresses must be one of IPv4 and at most one of IPv6"
	}
	for _, a := range c.Addrs {
		if first := firstHosts[0].ips; !netip.PrefixFrom(first[len(first)-1], 64).Contains(a) && !netip.PrefixFrom(first[0], 24).Contains(a) {
			return "address " + a.String() + " is not on the wire's network"
		}
		if r.owner(a) != nobody {
			return "address " + a.String() + " is another host's"
		}
	}
	return ""
}
