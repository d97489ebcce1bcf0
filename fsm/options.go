package fsm

import "time"

// Option is one setsockopt(2) by the name that a script gives the option, with its argument.
type Option struct {
	Name string
	N, M int
	D    time.Duration
	Off  bool
	S    string
}

// SocketWith makes a socket and sets its options. If one is refused there is no socket.
func (h *Host) SocketWith(name string, family int, opts []Option) (*Conn, Outcome) {
	old := h.named[name]
	c, o := h.Socket(name, family, Options{})
	if o.Err != "" {
		return nil, o
	}
	if o = h.SetOptions(c, opts); o.Err != "" {
		h.Abort(c)
		if h.named[name] = old; old == nil {
			delete(h.named, name)
		}
		return nil, o
	}
	return c, o
}

// SetOptions is setsockopt(2) for each of the options in turn, up to the first that is refused.
func (h *Host) SetOptions(c *Conn, opts []Option) Outcome {
	if o, ok := c.usable(); !ok {
		return o
	}
	for _, opt := range opts {
		if o := h.setOption(c, opt); o.Err != "" {
			return o
		}
	}
	return Outcome{}
}

func (h *Host) setOption(c *Conn, o Option) Outcome {
	on := o.N != 0
	switch o.Name {
	case "reuseaddr":
		c.ReuseAddr = on
	case "reuseport":
		c.ReusePort = on
	case "reuseportlb":
		c.ReusePortLB = on
	case "exclusiveaddruse":
		c.ExclusiveAddrUse = on
	case "v6only":
		return h.setV6Only(c, on)
	case "nodelay":
		c.NoDelay = on
	case "nobindport":
		c.BindNoPort = on
	case "freebind":
		c.FreeBind = on
	case "deaf":
		if !on && !c.Deaf {
			return fail(ENOENT, explain("option-no-filter"))
		}
		c.Deaf = on
	case "linger":
		c.Linger, c.LingerTime = !o.Off, wholeSeconds(o.D)
	case "linger2":
		c.Linger2 = linger2(o)
	case "uid":
		c.UID = o.N
	case "portrange":
		if h.net.profile.release.noPortRange {
			return fail(ENOPROTOOPT, explain("option-no-port-range"))
		}
		if o.N != 0 && o.M != 0 && o.N > o.M {
			return fail(EINVAL, explain("option-port-range"))
		}
		c.PortMin, c.PortMax = o.N, o.M
	case "device":
		return h.setDevice(c, o.S)
	case "rcvbuf":
		c.setRcvBuf(o.N)
	case "sndbuf":
		c.setSndBuf(o.N)
	case "usertimeout":
		c.UserTimeout = o.D
	case "deferaccept":
		c.DeferAccept = o.D
	case "keepalive", "keepidle", "keepintvl", "keepcnt":
		return c.setKeep(o)
	}
	return Outcome{}
}

// setKeep sets SO_KEEPALIVE and the TCP options that belong to it.
func (c *Conn) setKeep(o Option) Outcome {
	was := c.Options
	switch o.Name {
	case "keepalive":
		c.KeepAlive = o.N != 0
	case "keepcnt":
		c.KeepCnt = o.N
	default:
		if o.D < time.Second {
			return fail(EINVAL, explain("option-keep-time"))
		}
		if o.Name == "keepidle" {
			c.KeepIdle = o.D
		} else {
			c.KeepIntvl = o.D
		}
	}
	c.setKeepalive(was)
	return Outcome{}
}

// setV6Only is IPV6_V6ONLY: for sockets of IPv6 alone, and only before they have a port.
func (h *Host) setV6Only(c *Conn, on bool) Outcome {
	switch {
	case c.family == 4:
		return fail(ENOPROTOOPT, explain("option-v6only-ipv4"))
	case c.hasPort():
		return fail(EINVAL, explain("option-v6only-bound"))
	case !on && h.net.profile.V6Only == v6Always:
		return fail(EINVAL, explain("openbsd-v6only-always"))
	}
	c.V6Only = on
	return Outcome{}
}

// hasPort reports whether the socket itself has a port (inet_num). A TIME-WAIT has it in the
// socket's place, unless bind gave it.
func (c *Conn) hasPort() bool { return c.inPorts && (!c.mini || c.boundPort) }

// setDevice is SO_BINDTODEVICE. It takes effect at once, on a connection too.
func (h *Host) setDevice(c *Conn, name string) Outcome {
	if deviceOf(name) == noDevice && name != "" {
		return fail(ENODEV, explain("option-no-device"))
	}
	hashed := h.conns[c.tuple()] == c
	if hashed {
		delete(h.conns, c.tuple())
	}
	c.Device = name
	if hashed {
		h.hash(c)
	}
	return Outcome{}
}

// linger2 is what TCP_LINGER2 makes of a value: whole seconds, negative for none, two minutes at
// most.
func linger2(o Option) time.Duration {
	switch {
	case o.D < 0:
		return -1
	case o.Off:
		return 0
	}
	return min(wholeSeconds(o.D), 120*time.Second)
}

// wholeSeconds rounds up: both linger options count whole seconds.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1) / time.Second * time.Second
}
