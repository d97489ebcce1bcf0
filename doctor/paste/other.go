package paste

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// command is a prompt with one of the commands behind it, or the command alone.
	command = regexp.MustCompile(`^(?:(?:PS )?[A-Za-z]:\\[^>]*>|PS [^>]*>|` +
		`\S*[@~/\w.-]*[ :~/\w.-]*[$#%>❯➜]|[$#%>+])?\s*` +
		`(?:sudo |doas |watch )*` +
		`(?:ss|netstat|netstat\.exe|lsof|sockstat|cat|grep|awk|docker|kubectl|ssh|fourwave|[Gg]et-[Nn]et\w+)(?: .*)?$`)
	// details are the lines that ss -i and -m write below a row.
	details = regexp.MustCompile(`(?:^|\s)(?:skmem:\(|cubic|reno|bbr|dctcp|vegas|westwood|bic|htcp|illinois|` +
		`wscale:|rto:|rtt:|cwnd:|mss:|bytes_(?:sent|acked|received):|segs_(?:out|in):|` +
		`lastsnd:|rcv_space:|tcp-ulp-|ts sack|app_limited|snd_wnd:|subflows:|mptcp )`)
	rule    = regexp.MustCompile("^[\\s`~=_*+|─—-]*$")
	program = regexp.MustCompile(`^\s+\[([^\[\]]+)\]$`)
	ellipse = regexp.MustCompile(`^\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\])\s*$`)
)

// other reports whether a line gives no row and is understood all the same, and takes in what it
// tells.
func (p *parser) other(s string) bool {
	trimmed := strings.TrimSpace(s)
	switch {
	case trimmed == "":
		p.flushRecord()
		return true
	case rule.MatchString(s), strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed,
		"#TYPE "), ellipse.MatchString(s):
		return true
	case p.property(trimmed):
		return true
	case p.heading(trimmed):
		return true
	case p.continues(s, trimmed):
		return true
	}
	return command.MatchString(trimmed) && !strings.Contains(trimmed, " 0 ")
}

// heading reports whether a line is one, and remembers the columns it announces.
func (p *parser) heading(s string) bool {
	if p.csvHeading(s) {
		return true
	}
	words := strings.Fields(s)
	known, keyword := 0, false
	for _, w := range words {
		if w[0] >= '0' && w[0] <= '9' {
			return false
		}
		if headings[plain(w)] {
			known++
		}
		switch plain(w) {
		case "PROTO", "PROT", "PROTOCOL", "PROTOCOLO", "PROTOCOLLO", "PROTOKÓŁ", "PID", "PID/PROGRAMNAME",
			"协议", "通訊協定", "プロトコル", "프로토콜", "RECVQ":
			keyword = true
		}
	}
	section := p.newSection(s)
	if !section && known*3 < len(words)*2 && !(keyword && known > 0 && !strings.ContainsAny(s, "0123456789")) {
		return false
	}
	p.columnsOf(s, words)
	return true
}

// newSection reports whether a line opens a part of netstat's output.
func (p *parser) newSection(s string) bool {
	lower := strings.ToLower(s)
	switch {
	case strings.HasPrefix(lower, "active ") && strings.Contains(lower, "internet"):
		p.section = ""
	case strings.Contains(lower, "unix") &&
		(strings.HasPrefix(lower, "acti") || strings.HasPrefix(lower, "akti") || strings.HasPrefix(lower, "conn") ||
			strings.HasPrefix(lower, "sockets")):
		p.section = "unix"
	case strings.HasPrefix(lower, "active multipath"), strings.HasPrefix(lower,
		"active kernel"), strings.HasPrefix(lower, "active netgraph"),
		strings.HasPrefix(lower, "active ipx"), strings.HasPrefix(lower, "active ax.25"), strings.HasPrefix(lower,
			"active x.25"),
		strings.HasPrefix(lower, "registered kernel"), strings.HasPrefix(lower, "active bluetooth"):
		p.section = strings.ToLower(strings.Fields(s)[1])
	default:
		return false
	}
	if strings.Contains(lower, "local (unix)") || p.section == "kernel" || p.section == "multipath" {
		p.systems[MacOS] += 2
	}
	return true
}

// columnsOf remembers what a heading says of the columns.
func (p *parser) columnsOf(s string, words []string) {
	for i, w := range words {
		switch {
		case strings.EqualFold(w, "LocalAddress") && i < len(words):
			p.columns = columnsAt(s)
			return
		case strings.EqualFold(w, "Netid"), strings.EqualFold(w, "State") && i == 0:
			p.section, p.columns = "", nil
			p.ss = ssColumns{known: true, state: true}
			return
		case w == "Recv-Q" && i == 0:
			p.section, p.columns = "", nil
			p.ss = ssColumns{known: true}
			return
		case strings.EqualFold(w, "(state)"):
			p.section, p.columns = "", nil
			p.ss = ssColumns{}
			p.behind = strings.Fields(strings.ToLower(strings.Join(words[i+1:], " ")))
			if strings.Contains(s, "Send-Q  Local") {
				p.systems[MacOS]++
			}
			return
		case strings.EqualFold(w, "Proto"):
			p.columns, p.behind, p.ss = nil, nil, ssColumns{}
		case w == "drops":
			p.udp = true
		case w == "sl":
			p.udp = false
		}
	}
}

// continues reports whether a line belongs to the row before it.
func (p *parser) continues(s, trimmed string) bool {
	indented := s != trimmed
	switch {
	case p.last == formatSS && (indented || !strings.Contains(s, ":")) && details.MatchString(s) &&
		!strings.Contains(trimmed, "users:"):
		return true
	case p.last == formatSS && indented && strings.HasPrefix(trimmed, "users:(("):
		p.attach(trimmed)
		return true
	case p.last != formatNetstat || len(p.table.Rows) == 0 || p.systems[Windows] == 0:
		return false
	}
	// netstat -b writes the program below the row, and the service's name between them.
	row := &p.table.Rows[len(p.table.Rows)-1]
	if m := program.FindStringSubmatch(s); m != nil {
		row.Process = cleanName(m[1])
		return true
	}
	return indented && !strings.ContainsAny(s, ":*[]") && len(strings.Fields(s)) <= 12 &&
		!strings.ContainsFunc(s, unicode.IsDigit) ||
		indented && len(strings.Fields(s)) == 1 && !strings.Contains(s, ":")
}

// attach adds the processes of ss -p, where they stand on a line of their own.
func (p *parser) attach(s string) {
	if n := len(p.table.Rows); n > 0 {
		p.table.Rows[n-1].setUsers(s)
	}
}
