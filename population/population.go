// Package population answers how many connections a second a client can open until it runs out of
// ports, how many TIME-WAITs that leaves, where, and how much memory they take, under given
// sysctls.
//
// It counts in virtual time and exactly: a port is free again at the instant when its connection or
// its TIME-WAIT is over, and a connection that finds none is refused and not tried again. Nothing
// is lost on the wire, and the end that does not close first closes as soon as it sees the other's
// FIN.
//
// What is left out: that the kernel's timer may let a TIME-WAIT go up to 2 s late, so that ports
// run out a little earlier; that its search tries ports of one parity first, so that with
// tcp_tw_reuse a TIME-WAIT may be taken over while ports are free, and there are fewer of them; and
// other users of the same ports.
package population

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"fourwave/api/doc"
	"fourwave/fsm"
)

// Bounds of what can be asked.
const (
	MaxConnections = 10_000_000 // in all: rate times for
	maxRate        = 1_000_000
	maxGroups      = 100_000 // destinations times addresses
	maxTime        = 24 * time.Hour
	maxRTT         = 10 * time.Second
)

// An Error is a request that cannot be answered. Field is its name in the document.
type Error struct{ Field, Detail string }

func (e *Error) Error() string { return e.Field + ": " + e.Detail }

func wrong(field, format string, args ...any) error {
	return &Error{field, fmt.Sprintf(format, args...)}
}

// asked is a request that has been read.
type asked struct {
	doc.PopulationRequest
	profile   *fsm.Profile
	open, rtt time.Duration
	span      time.Duration
	low, high int
	sys       fsm.Sysctls
}

// read fills the defaults in and checks everything. An error is an *[Error].
func read(in doc.PopulationRequest) (*asked, error) {
	a := &asked{PopulationRequest: in}
	a.Profile = cmp.Or(a.Profile, fsm.Linux.Name)
	a.Closer = cmp.Or(a.Closer, "client")
	a.Bind = cmp.Or(a.Bind, "connect")
	a.Destinations, a.Addresses = cmp.Or(a.Destinations, 1), cmp.Or(a.Addresses, 1)
	for _, step := range []func() error{a.readSizes, a.readTimes, a.readProfile, a.readSysctls, a.readRange} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *asked) readSizes() error {
	switch {
	case math.IsNaN(a.Rate) || a.Rate <= 0 || a.Rate > maxRate:
		return wrong("rate", "%v is out of range: more than 0 and at most %d connections a second", a.Rate, maxRate)
	case a.Destinations < 1 || a.Destinations > maxGroups:
		return wrong("destinations", "%d is not from 1 to %d", a.Destinations, maxGroups)
	case a.Addresses < 1 || a.Addresses > maxGroups/a.Destinations:
		return wrong("addresses", "%d is not from 1 to %d for %d destinations", a.Addresses, maxGroups/a.Destinations,
			a.Destinations)
	case a.Closer != "client" && a.Closer != "server":
		return wrong("closer", "%q is neither client nor server", a.Closer)
	case !slices.Contains([]string{"connect", "port-0", "no-port"}, a.Bind):
		return wrong("bind", "%q is none of connect, port-0 and no-port", a.Bind)
	}
	return nil
}

func (a *asked) readTimes() error {
	for _, f := range []struct {
		name        string
		text        *string
		def         string
		least, most time.Duration
		to          *time.Duration
	}{
		{"open", &a.Open, "100ms", 0, maxTime, &a.open},
		{"rtt", &a.RTT, "2ms", 0, maxRTT, &a.rtt},
		{"for", &a.For, "5m", time.Millisecond, maxTime, &a.span},
	} {
		*f.text = cmp.Or(*f.text, f.def)
		d, err := time.ParseDuration(*f.text)
		if err != nil {
			return wrong(f.name, "%q is no duration from %s to %s, as 100ms or 5m", *f.text, f.least, f.most)
		}
		if d < f.least || d > f.most {
			return wrong(f.name, "%s is not from %s to %s", *f.text, f.least, f.most)
		}
		*f.to = d
	}
	switch n := a.Rate * a.span.Seconds(); {
	case a.open < a.rtt+a.rtt/2:
		return wrong("open", "%s is less than one and a half round trips of %s: the close would come before the "+
			"connection", a.Open, a.RTT)
	case n > MaxConnections:
		return wrong("for", "%s at %s is %.0f connections, and at most %d are counted: ask about a shorter time",
			a.For, perSecond(a.Rate), n, MaxConnections)
	}
	return nil
}

func (a *asked) readProfile() error {
	a.profile = fsm.ProfileByName(a.Profile)
	switch {
	case a.profile == nil || !a.profile.Measured():
		return wrong("profile", "%q is none of linux and rfc9293, whose rules were measured", a.Profile)
	case a.profile == fsm.RFC9293 && a.Closer == "server":
		return wrong("closer", "server: the RFC leaves open whether a SYN may end a TIME-WAIT there (MAY-2); ask the "+
			"profile linux")
	}
	return nil
}

func (a *asked) readSysctls() error {
	host := fsm.NewNet(fsm.Config{Profile: a.profile}).Host("client")
	for _, key := range sorted(a.Sysctls) {
		errno, err := host.SetSysctl(key, a.Sysctls[key])
		switch {
		case key == "tcp_tw_recycle":
			return wrong("sysctls/"+key, "Linux has not had it since 4.12")
		case err != nil:
			return wrong("sysctls/"+key, "unknown here")
		case errno != "":
			return wrong("sysctls/"+key, "the kernel answers %q with %s", a.Sysctls[key], errno)
		}
	}
	a.sys = host.Sysctls()
	a.low, a.high = a.sys.PortLow, a.sys.PortHigh
	return nil
}

func (a *asked) readRange() error {
	if a.Range != "" {
		low, high, ok := strings.Cut(a.Range, "-")
		l, err1 := strconv.Atoi(strings.TrimSpace(low))
		h, err2 := strconv.Atoi(strings.TrimSpace(high))
		if !ok || err1 != nil || err2 != nil || l < 1 || h > 65535 || l > h {
			return wrong("range", "%q is no range of ports, as 32768-60999", a.Range)
		}
		a.low, a.high = l, h
	}
	a.Range = fmt.Sprintf("%d-%d", a.low, a.high)
	if a.ports() == 0 {
		return wrong("range", "ip_local_reserved_ports leaves no port of %s", a.Range)
	}
	return nil
}

// ports is how many ports of the range may be chosen.
func (a *asked) ports() int {
	n := 0
	for p := a.low; p <= a.high; p++ {
		if !slices.ContainsFunc(a.sys.Reserved, func(r fsm.PortRange) bool {
			return int(r.Low) <= p &&
				p <= int(r.High)
		}) {
			n++
		}
	}
	return n
}

// setup puts the request into numbers.
func (a *asked) setup() setup {
	s := setup{
		rate: a.Rate, n: int(math.Ceil(a.Rate * a.span.Seconds())), groups: a.Destinations * a.Addresses,
		ports: a.ports(),
		life:  a.open + a.rtt, wait: a.profile.TimeWait, buckets: math.MaxInt,
	}
	s.ripe = s.wait
	if a.Bind == "port-0" {
		s.groups = a.Addresses
	}
	if a.profile.Minisocket {
		s.buckets = max(0, a.sys.MaxTWBuckets)
	}
	switch {
	case a.Closer == "server":
		// The client's port is free when its last FIN is acknowledged, half a round trip after the
		// server's TIME-WAIT began; from then on a SYN may come from it, which ends that TIME-WAIT
		// (RFC 6191).
		s.ripe = a.rtt / 2
	case a.reuses():
		s.ripe = a.sys.TWReuseDelay + 1 // tcp_twsk_unique: more than the delay
	}
	return s
}

// reuses reports whether connect() may take over a TIME-WAIT of this host (tcp_twsk_unique). A port
// that bind() chooses must be free in the bind table, and there a TIME-WAIT counts like any other
// socket.
func (a *asked) reuses() bool {
	on := a.sys.TWReuse == 1 || a.sys.TWReuse == 2 && a.Loopback
	return on && a.sys.Timestamps && a.profile.Minisocket && a.Bind != "port-0"
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
