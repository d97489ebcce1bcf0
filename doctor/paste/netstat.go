package paste

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"fourwave/internal/text"
)

var (
	netstatTimer   = regexp.MustCompile(`\s(off|on|keepalive|timewait|probe|unkn-\d+)\s*\(([\d.,]+)/(\d+)/(\d+)\)`)
	netstatProgram = regexp.MustCompile(`(?:^|\s)(\d+)/(\S.*)$`)
	processPID     = regexp.MustCompile(`^(.+):(\d+)$`)
)

// netstat reads a row of any netstat: Linux and the BSDs have the queues in front of the addresses,
// Windows has not, and the BSDs have a dot in front of the port.
func (p *parser) netstat(s string) (rows []Row, format, detail string) {
	f := strings.Fields(s)
	if len(f) < 3 || p.section != "" && p.section != "multipath" {
		return nil, "", ""
	}
	protocol, family, ok := protocolOf(f[0])
	if !ok {
		return nil, "", ""
	}
	r := Row{Protocol: protocol, Family: family, RecvQ: -1, SendQ: -1}
	recvQ, queued := number(f[1])
	if !queued {
		return p.windowsRow(r, f)
	}
	sendQ, ok := number(f[2])
	if !ok || len(f) < 5 {
		return nil, "", "an address is missing"
	}
	r.RecvQ, r.SendQ = recvQ, sendQ
	sep := ":"
	if dotted(f[3]) {
		sep = "."
	}
	if r.Local, ok = endpoint(f[3], sep, family); !ok {
		return nil, "", "the local address cannot be read: " + text.Clip(f[3], 80)
	}
	if r.Remote, ok = endpoint(f[4], sep, family); !ok {
		return nil, "", "the foreign address cannot be read: " + text.Clip(f[4], 80)
	}
	rest := f[5:]
	if len(rest) > 0 {
		if state, ok := stateOf(rest[0]); ok {
			r.State, rest = state, rest[1:]
		} else if protocol == "tcp" {
			return nil, "", "no state is known by the word " + text.Clip(rest[0], 40)
		}
	} else if protocol == "tcp" && sep == ":" {
		return nil, "", "the state is missing"
	}
	r.Family = familyOf(r.Family, r.Local)
	if sep == "." {
		p.bsdRow(&r, s, rest)
	} else {
		r.linuxRest(" " + strings.Join(rest, " "))
		p.systems[Linux]++
	}
	r.State = protocolState(r.Protocol, r.State)
	return []Row{r}, formatNetstat, ""
}

// dotted tells the BSDs' addresses from the others' by what stands in front of the port.
func dotted(s string) bool {
	if s == "*.*" || strings.HasPrefix(s, "*.") {
		return true
	}
	i, j := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ':')
	return i > j && i >= 0
}

// linuxRest reads what the options e, p and o of Linux's netstat add.
func (r *Row) linuxRest(s string) {
	if m := netstatTimer.FindStringSubmatchIndex(s); m != nil {
		r.Timer = timerOf(s[m[2]:m[3]])
		seconds, _ := strconv.ParseFloat(strings.Replace(s[m[4]:m[5]], ",", ".", 1), 64)
		if seconds > 0 && seconds < 1e6 {
			r.Left = time.Duration(seconds * float64(time.Second))
		}
		r.Retrans, _ = strconv.Atoi(s[m[6]:m[7]])
		s = s[:m[0]]
	}
	if m := netstatProgram.FindStringSubmatchIndex(s); m != nil {
		r.PID, _ = strconv.Atoi(s[m[2]:m[3]])
		r.Process = cleanName(s[m[4]:m[5]])
		s = s[:m[0]]
	}
	if f := strings.Fields(s); len(f) >= 2 {
		if _, ok := number(f[1]); ok {
			r.User, r.Inode = text.Clip(f[0], 40), text.Clip(f[1], 20)
			r.Orphan = f[1] == "0" && r.Protocol == "tcp"
		}
	}
}

// bsdRow reads what netstat -v of macOS adds, and tells macOS from FreeBSD by the width of a
// column.
func (p *parser) bsdRow(r *Row, s string, rest []string) {
	for i, name := range p.behind {
		if i >= len(rest) {
			break
		}
		switch name {
		case "pid":
			r.PID, _ = number(rest[i])
		case "process:pid":
			if m := processPID.FindStringSubmatch(rest[i]); m != nil {
				r.Process = cleanName(m[1])
				r.PID, _ = number(m[2])
			}
		}
	}
	// macOS pads with one more space in front of the local address.
	before, _, _ := strings.Cut(s, r.Local.Text)
	switch {
	case strings.HasSuffix(before, "  "):
		p.systems[MacOS]++
	case p.asked == "":
		p.systems[FreeBSD]++
	}
}

// windowsRow reads a row of Windows' netstat; f[1] and f[2] are the addresses.
func (p *parser) windowsRow(r Row, f []string) (rows []Row, format, detail string) {
	var ok bool
	if r.Local, ok = endpoint(f[1], ":", familyByText(f[1])); !ok {
		return nil, "", "the local address cannot be read: " + text.Clip(f[1], 80)
	}
	if r.Remote, ok = endpoint(f[2], ":", familyByText(f[1])); !ok {
		return nil, "", "the foreign address cannot be read: " + text.Clip(f[2], 80)
	}
	rest := f[3:]
	n := 0 // words of the state
	for n < len(rest) {
		if _, ok := number(rest[n]); ok {
			break
		}
		n++
	}
	if n > 0 {
		word := strings.Join(rest[:n], " ")
		state, ok := stateOf(word)
		if !ok && n > 1 {
			state, ok = stateOf(rest[0]) // the offload state stands behind it
		}
		if !ok && r.Protocol == "tcp" {
			return nil, "", "no state is known by the word " + text.Clip(word, 40)
		}
		r.State = state
	} else if r.Protocol == "tcp" {
		return nil, "", "the state is missing"
	}
	if n < len(rest) {
		r.PID, _ = number(rest[n])
	}
	r.Family = familyOf(r.Family, r.Local)
	r.State = protocolState(r.Protocol, r.State)
	p.systems[Windows]++
	return []Row{r}, formatNetstat, ""
}

func familyByText(s string) int {
	if strings.HasPrefix(s, "[") || strings.Count(s, ":") > 1 {
		return 6
	}
	return 4
}

// unixRow reads what netstat writes of sockets that have no ports.
func (p *parser) unixRow(s string) (rows []Row, format, detail string) {
	f := strings.Fields(s)
	if f[0] == "unix" || p.section != "" && len(f) >= 3 {
		protocol := p.section
		if protocol == "" {
			protocol = "unix"
		}
		return []Row{{Protocol: protocol, RecvQ: -1, SendQ: -1}}, formatNetstat, ""
	}
	return nil, "", ""
}
