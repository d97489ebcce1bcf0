package fsm

import "slices"

// release is what one release of Linux does otherwise than 6.18. Only what was seen on a kernel of
// that release, or is a sysctl or option that it does not have, is here; the rest is 6.18's.
type release struct {
	// wholeSeconds: tcp_tw_reuse compares the second in which the connection was last heard with
	// the current one, before tcp_tw_reuse_delay (6.14). One may reconnect after 0.1 s or only
	// after 0.9 s, by where in a second the connection was closed (tcp_twsk_unique:
	// ktime_get_seconds).
	wholeSeconds bool
	// missesMapped: of ::ffff:0.0.0.0 and ::ffff:127.0.0.1 neither is in the other's way. bhash2
	// came in 6.1 and looked up a v4-mapped wildcard by its own address alone.
	missesMapped bool
	// fastReuse: the port remembers from its first bind that SO_REUSEADDR was set, until a bind
	// without it, whatever becomes of the option (inet_csk_update_fastreuse, to 6.7).
	fastReuse bool
	// noPortRange: there is no IP_LOCAL_PORT_RANGE yet (6.3).
	noPortRange bool
	missing     []string // sysctls that it does not have
}

// LinuxReleases are the releases besides 6.18 whose differences are modelled, as profiles of their
// own: linux@5.10, linux@6.1, linux@6.12, and linux@6.18, which is Linux by another name.
var LinuxReleases = []*Profile{
	linuxAt("5.10", release{
		wholeSeconds: true, fastReuse: true, noPortRange: true,
		missing: []string{"tcp_tw_reuse_delay", "tcp_syn_linear_timeouts"},
	}),
	linuxAt("6.1", release{
		wholeSeconds: true, missesMapped: true, fastReuse: true, noPortRange: true,
		missing: []string{"tcp_tw_reuse_delay", "tcp_syn_linear_timeouts"},
	}),
	linuxAt("6.12", release{wholeSeconds: true, missing: []string{"tcp_tw_reuse_delay"}}),
	linuxAt("6.18", release{}),
}

func linuxAt(name string, r release) *Profile {
	p := *Linux
	p.Name, p.release = Linux.Name+"@"+name, r
	p.Source = "Linux " + name + ", as " + Linux.Source + " but for what was seen to differ (fsm/release.go)"
	return &p
}

// lacks reports whether the release has no such sysctl.
func (p *Profile) lacks(sysctl string) bool { return slices.Contains(p.release.missing, sysctl) }
