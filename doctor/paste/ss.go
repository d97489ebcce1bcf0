package paste

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"fourwave/internal/text"
)

// ssColumns is what the heading of ss says about its columns: a dump of one state has no column for
// it.
type ssColumns struct{ known, state bool }

var (
	users   = regexp.MustCompile(`\("((?:[^"\\]|\\.)*)",(?:pid=)?(\d+),(?:fd=)?\d+\)`)
	ssTimer = regexp.MustCompile(`timer:\(([a-z]+),([^,()]*),(\d+)\)`)
	ssTime  = regexp.MustCompile(`^(?:(\d+)min)?(?:(\d+)(?:sec|\.))?(?:(\d+)ms)?$`)
	ssField = regexp.MustCompile(`\b(ino|uid):(\S+)`)
)

// netids are ss's words for what are no sockets of IP.
var netids = map[string]string{
	"u_str": "unix", "u_dgr": "unix", "u_seq": "unix", "nl": "netlink", "p_raw": "packet", "p_dgr": "packet",
	"v_str": "vsock", "v_dgr": "vsock", "tipc": "tipc", "xdp": "xdp",
}

// ssRow reads a row of ss.
func (p *parser) ssRow(s string) (rows []Row, format, detail string) {
	f := strings.Fields(s)
	if p.section != "" || len(f) < 4 {
		return nil, "", ""
	}
	r := Row{Protocol: "tcp", RecvQ: -1, SendQ: -1}
	if kind, ok := netids[f[0]]; ok {
		if state, ok := stateOf(f[1]); ok {
			r.Protocol, r.State = kind, state
			r.setUsers(s)
			return []Row{r}, formatSS, ""
		}
		return nil, "", ""
	}
	if protocol, family, ok := protocolOf(f[0]); ok {
		if _, isState := stateOf(f[1]); !isState && !p.ss.known {
			return nil, "", "" // netstat's
		}
		r.Protocol, r.Family = protocol, family
		f = f[1:]
	}
	state, hasState := stateOf(f[0])
	switch {
	case hasState && len(f) >= 5:
		r.State, f = state, f[1:]
		if state == "UNCONN" && r.Protocol == "tcp" {
			r.Protocol = "udp" // ss -u alone has no Netid
		}
	case !p.ss.known || p.ss.state:
		return nil, "", ""
	}
	recvQ, ok1 := number(f[0])
	sendQ, ok2 := number(f[1])
	if !ok1 || !ok2 || len(f) < 4 {
		return nil, "", ""
	}
	r.RecvQ, r.SendQ = recvQ, sendQ
	var ok bool
	if r.Local, ok = endpoint(f[2], ":", starFamily(f[2])); !ok {
		return nil, "", "the local address cannot be read: " + text.Clip(f[2], 80)
	}
	if r.Remote, ok = endpoint(f[3], ":", starFamily(f[2])); !ok {
		return nil, "", "the peer's address cannot be read: " + text.Clip(f[3], 80)
	}
	r.Family = familyOf(r.Family, r.Local)
	r.extras(s)
	r.State = protocolState(r.Protocol, r.State)
	p.systems[Linux]++
	return []Row{r}, formatSS, ""
}

// starFamily: ss writes a dual-stack wildcard as "*", and 0.0.0.0 and [::] for the others.
func starFamily(local string) int {
	if strings.HasPrefix(local, "*") || strings.HasPrefix(local, "[") {
		return 6
	}
	return 4
}

// extras reads what the options p, e and o add to a row.
func (r *Row) extras(s string) {
	if strings.Contains(s, "users:") {
		r.setUsers(s)
	}
	if !strings.ContainsAny(s, "(o") { // neither timer:( nor ino:
		return
	}
	if m := ssTimer.FindStringSubmatch(s); m != nil {
		r.Timer = timerOf(m[1])
		r.Left, _ = ssDuration(m[2])
		r.Retrans, _ = strconv.Atoi(m[3])
		if r.State == "" && r.Timer == "timewait" {
			r.State = "TIME-WAIT"
		}
	}
	for _, m := range ssField.FindAllStringSubmatch(s, 8) {
		switch m[1] {
		case "ino":
			r.Inode = text.Clip(m[2], 20)
			r.Orphan = m[2] == "0"
		case "uid":
			r.User = text.Clip(m[2], 40)
		}
	}
}

func (r *Row) setUsers(s string) {
	for i, m := range users.FindAllStringSubmatch(s, 64) {
		pid, _ := strconv.Atoi(m[2])
		if name := cleanName(m[1]); i == 0 {
			r.Process, r.PID = name, pid
		} else if pid != r.PID {
			r.More = append(r.More, Holder{name, pid})
		}
	}
}

// timerOf names a timer as the kernel's own words are named elsewhere.
func timerOf(word string) string {
	switch word {
	case "on":
		return "retransmit"
	case "persist", "probe", "unkn-4":
		return "probe"
	case "off":
		return "none"
	}
	return word
}

// ssDuration reads 1min59sec, 59sec, 376ms and 5.376ms, which is 5 s and 376 ms.
func ssDuration(s string) (time.Duration, bool) {
	m := ssTime.FindStringSubmatch(s)
	if m == nil || s == "" {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{time.Minute, time.Second, time.Millisecond} {
		if n, err := strconv.ParseInt(m[i+1], 10, 32); err == nil {
			d += time.Duration(n) * unit
		}
	}
	return d, true
}

func cleanName(s string) string { return text.Clip(strings.TrimSpace(s), 64) }
