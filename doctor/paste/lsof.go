package paste

import (
	"regexp"
	"strconv"
	"strings"

	"fourwave/internal/text"
)

var lsofState = regexp.MustCompile(`\((?:([A-Z][A-Z_0-9]+)(?: |\)))?(?:QR=(\d+) QS=(\d+))?[^()]*\)?\s*$`)

// lsof reads a row of lsof -i: COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME.
func (p *parser) lsof(s string) (rows []Row, format, detail string) {
	f := strings.Fields(s)
	kind := -1
	for i := 3; i < len(f)-2 && i < 9; i++ {
		if f[i] == "IPv4" || f[i] == "IPv6" {
			kind = i
			break
		}
	}
	if kind < 0 {
		return nil, "", ""
	}
	node := kind + 1
	for node < len(f) && f[node] != "TCP" && f[node] != "UDP" {
		node++
	}
	pid, ok := number(f[1])
	if !ok || node >= len(f)-1 {
		if node >= len(f) && ok {
			return []Row{{Protocol: "ip", RecvQ: -1, SendQ: -1, PID: pid,
				Process: cleanName(f[0])}}, formatLsof, "" // ICMP and raw sockets
		}
		return nil, "", "the process or the address is missing"
	}
	r := Row{Protocol: strings.ToLower(f[node]), Family: 4, RecvQ: -1, SendQ: -1, PID: pid, Process: unescape(f[0]),
		User: text.Clip(f[kind-2], 40)}
	if f[kind] == "IPv6" {
		r.Family = 6
	}
	if device := f[kind+1]; strings.HasPrefix(device, "0x") {
		p.systems[map[bool]System{true: FreeBSD, false: MacOS}[strings.HasPrefix(device, "0xfffff")]]++
	} else {
		p.systems[Linux]++
		r.Inode = text.Clip(device, 20)
	}
	name := strings.Join(f[node+1:], " ")
	if m := lsofState.FindStringSubmatch(name); m != nil {
		if m[1] != "" {
			state, ok := stateOf(m[1])
			if !ok {
				return nil, "", "no state is known by the word " + text.Clip(m[1], 40)
			}
			r.State = protocolState(r.Protocol, state)
		}
		if m[2] != "" {
			r.RecvQ, _ = strconv.Atoi(m[2])
			r.SendQ, _ = strconv.Atoi(m[3])
		}
		name = strings.TrimSpace(strings.TrimSuffix(name, m[0]))
	}
	local, remote, connected := strings.Cut(name, "->")
	if r.Local, ok = endpoint(local, ":", r.Family); !ok {
		return nil, "", "the address cannot be read: " + text.Clip(local, 80)
	}
	if connected {
		if r.Remote, ok = endpoint(remote, ":", r.Family); !ok {
			return nil, "", "the peer's address cannot be read: " + text.Clip(remote, 80)
		}
	}
	return []Row{r}, formatLsof, ""
}

// unescape reads \x20, as which lsof writes a space in a command.
func unescape(s string) string {
	for {
		i := strings.Index(s, `\x`)
		if i < 0 || i+4 > len(s) {
			return cleanName(s)
		}
		n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
		if err != nil || n < 32 || n > 126 || n == '\\' {
			return cleanName(s)
		}
		s = s[:i] + string(rune(n)) + s[i+4:]
	}
}

// sockstat reads a row of FreeBSD's sockstat: USER COMMAND PID FD PROTO LOCAL FOREIGN, and a state
// with -s.
func (p *parser) sockstat(s string) (rows []Row, format, detail string) {
	f := strings.Fields(s)
	if len(f) < 7 {
		return nil, "", ""
	}
	protocol, family, ok := protocolOf(f[4])
	_, isPID := number(f[2])
	if !ok || !isPID && f[2] != "?" || protocol != "tcp" && protocol != "udp" && protocol != "sctp" {
		if _, isFD := number(f[3]); isPID && isFD && (f[4] == "stream" || f[4] == "dgram" || f[4] == "seqpac") {
			return []Row{{Protocol: "unix", RecvQ: -1, SendQ: -1, Process: cleanName(f[1])}}, formatSockstat, ""
		}
		return nil, "", ""
	}
	r := Row{Protocol: protocol, Family: family, RecvQ: -1, SendQ: -1}
	if r.PID, ok = number(f[2]); ok {
		r.User, r.Process = text.Clip(f[0], 40), cleanName(f[1])
	}
	if r.Local, ok = endpoint(f[5], ":", family); !ok {
		return nil, "", "the local address cannot be read: " + text.Clip(f[5], 80)
	}
	if r.Remote, ok = endpoint(f[6], ":", family); !ok {
		return nil, "", "the foreign address cannot be read: " + text.Clip(f[6], 80)
	}
	for _, word := range f[7:] {
		if state, ok := stateOf(word); ok {
			r.State = protocolState(protocol, state)
		}
	}
	if r.State == "" && protocol == "tcp" && r.Remote.Wild() {
		r.State = "LISTEN"
	}
	r.Family = familyOf(family, r.Local)
	p.systems[FreeBSD]++
	return []Row{r}, formatSockstat, ""
}
