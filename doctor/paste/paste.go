package paste

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"fourwave/internal/text"
)

// Bounds of what is read.
const (
	MaxBytes = 16 << 20
	MaxRows  = 200_000
	maxLine  = 64 << 10
	maxLost  = 1000 // lines not understood that are kept with their text
)

// ErrTooLarge says that the text is longer than MaxBytes, or has more rows than MaxRows. Nothing of
// it is answered then: what is beyond the bound might be what the answer is about.
var ErrTooLarge = errors.New("paste: too long")

// tooLarge says where the text passes a bound, and how to make it shorter.
func tooLarge(bound string, line int) error {
	return fmt.Errorf("%w: it has more than %s (line %d is beyond); leave only the rows of a port in it, as with "+
		"grep ':8080 '",
		ErrTooLarge, bound, line)
}

// System is whose output a table is.
type System string

// The systems.
const (
	Linux   System = "linux"
	MacOS   System = "macos"
	FreeBSD System = "freebsd"
	Windows System = "windows"
)

// Row is one socket.
type Row struct {
	Line     int    // from 1
	Protocol string // tcp, udp, unix, …
	Family   int    // 4, 6 or 0 if it cannot be told
	State    string // as RFC 9293 spells it; "" of a protocol without states, or if the output does not tell
	Local    Endpoint
	Remote   Endpoint
	Process  string // the program's name
	PID      int    // 0: not told
	More     []Holder
	User     string
	Inode    string
	RecvQ    int // -1: not told
	SendQ    int
	Timer    string // none, retransmit, keepalive, timewait, probe; "" if not told
	Left     time.Duration
	Retrans  int
	Orphan   bool // the output tells that no descriptor refers to it
}

// Holder is one more process that has the socket open.
type Holder struct {
	Process string
	PID     int
}

// Endpoint is an address and a port as the output gives them.
type Endpoint struct {
	Addr netip.Addr // the zero Addr if Text is a name, or cut off
	Port uint16     // 0: none, or any
	Text string     // as it was written
}

// Wild reports whether it stands for any address and port: of a socket without a peer.
func (e Endpoint) Wild() bool { return e.Port == 0 && (!e.Addr.IsValid() || e.Addr.IsUnspecified()) }

// String is the address with its port in Go's spelling, or what was written.
func (e Endpoint) String() string {
	if !e.Addr.IsValid() {
		return text.Clean(e.Text)
	}
	return netip.AddrPortFrom(e.Addr, e.Port).String()
}

// Lost is a line that was not understood.
type Lost struct {
	Line   int
	Text   string
	Detail string
}

// Table is what was read.
type Table struct {
	// of most rows: ss, netstat, lsof, sockstat, Get-NetTCPConnection, /proc/net/tcp; "" if there
	// are none
	Format        string
	System        System
	Rows          []Row
	NotUnderstood []Lost
	MoreLost      int // lines not understood beyond those listed
	Lines         int
	Other         int // lines that give no row: headings, blank lines, and what belongs to the row before
}

// Read reads text to its end. system is whose output it is, "" to find out. The error is
// ErrTooLarge, the reader's, or one about the system's name; what cannot be understood is no error.
func Read(r io.Reader, system System) (*Table, error) {
	switch system {
	case "", Linux, MacOS, FreeBSD, Windows:
	default:
		return nil, fmt.Errorf("system: %q is none of linux, macos, freebsd, windows", system)
	}
	body, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxBytes {
		return nil, tooLarge(fmt.Sprintf("%d MiB", MaxBytes>>20), bytes.Count(body, []byte("\n"))+1)
	}
	p := parser{table: &Table{}, asked: system, formats: make(map[string]int), systems: make(map[System]int)}
	lines := bufio.NewScanner(bytes.NewReader(decode(body)))
	lines.Buffer(make([]byte, 0, 4096), MaxBytes+1)
	lines.Split(splitLines)
	for lines.Scan() {
		p.table.Lines++
		if err := p.line(lines.Text()); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	p.finish()
	return p.table, nil
}

// splitLines ends a line at \n, \r\n or a lone \r.
func splitLines(data []byte, end bool) (advance int, token []byte, err error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		switch {
		case data[i] == '\n':
			return i + 1, data[:i], nil
		case i+1 < len(data) && data[i+1] == '\n':
			return i + 2, data[:i], nil
		case i+1 < len(data) || end:
			return i + 1, data[:i], nil
		}
		return 0, nil, nil
	}
	if end && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// decode makes UTF-8 of UTF-16 with a byte order mark, in which PowerShell writes to files, and
// takes off UTF-8's mark.
func decode(b []byte) []byte {
	var order func([]byte) uint16
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")), len(b) > 3 && b[0] != 0 && b[1] == 0 && b[3] == 0:
		order = func(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		order = func(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 }
	default:
		return b
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, order(b))
	}
	return []byte(strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF"))
}

// parser reads line after line.
type parser struct {
	table   *Table
	asked   System
	formats map[string]int
	systems map[System]int

	section string   // of netstat: "unix" and the like, whose rows have no ports
	columns []column // of Get-NetTCPConnection
	record  *record  // of Format-List
	ss      ssColumns
	udp     bool     // /proc/net/udp
	last    string   // the format of the row before, whose continuation a line may be
	behind  []string // the columns behind the state, of netstat -v
}

// line accounts for one line.
func (p *parser) line(s string) error {
	if len(s) > maxLine {
		p.lose(s, "the line is longer than any of these tools writes")
		return nil
	}
	s = strings.TrimRight(unquote(s), " \t\u00a0")
	if !begins(s) && p.other(s) {
		p.table.Other++
		return nil
	}
	for _, read := range []func(string) (rows []Row, format, detail string){
		p.procNet, p.powerShell, p.sockstat, p.lsof, p.ssRow, p.netstat, p.unixRow,
	} {
		rows, format, detail := read(s)
		if detail != "" {
			p.lose(s, detail)
			return nil
		}
		if rows == nil {
			continue
		}
		return p.add(rows, format)
	}
	p.lose(s, "it has the form of no output that is known")
	return nil
}

// begins reports whether a line begins as most rows do, with a state or a protocol and a number
// somewhere: such a line is no heading.
func begins(s string) bool {
	word, rest, _ := strings.Cut(strings.TrimLeft(s, " \t"), " ")
	if _, ok := stateOf(word); !ok {
		if _, _, ok := protocolOf(word); !ok {
			return false
		}
	}
	return strings.Contains(rest, ":") && strings.ContainsAny(rest, "0123456789")
}

func (p *parser) add(rows []Row, format string) error {
	if len(p.table.Rows)+len(rows) > MaxRows {
		return tooLarge(fmt.Sprintf("%d rows", MaxRows), p.table.Lines)
	}
	p.last = format
	for _, r := range rows {
		r.Line = p.table.Lines
		p.formats[format]++
		p.table.Rows = append(p.table.Rows, r)
	}
	return nil
}

func (p *parser) lose(s, detail string) {
	if len(p.table.NotUnderstood) >= maxLost {
		p.table.MoreLost++
		return
	}
	p.table.NotUnderstood = append(p.table.NotUnderstood, Lost{p.table.Lines, text.Clip(s, 200), detail})
}

// finish settles the format and the system by what most of it was.
func (p *parser) finish() {
	p.flushRecord()
	p.oldWildcards()
	most := 0
	for _, f := range formats { // in this order, so that the answer does not depend on a map's
		if p.formats[f] > most {
			p.table.Format, most = f, p.formats[f]
		}
	}
	p.table.System, most = p.asked, 0
	if p.asked != "" {
		return
	}
	p.table.System = systemOf[p.table.Format]
	for _, s := range []System{Linux, MacOS, FreeBSD, Windows} {
		if p.systems[s] > most {
			p.table.System, most = s, p.systems[s]
		}
	}
	if p.table.System == "" {
		p.table.System = Linux
	}
}

// oldWildcards: an ss that writes IPv6 without brackets, as it did before iproute2 4.19, writes
// 0.0.0.0 as "*".
func (p *parser) oldWildcards() {
	old := func(r *Row) bool { return strings.HasPrefix(r.Local.Text, "::") }
	if p.formats[formatSS] == 0 || !slices.ContainsFunc(p.table.Rows, func(r Row) bool { return old(&r) }) {
		return
	}
	for i := range p.table.Rows {
		if r := &p.table.Rows[i]; strings.HasPrefix(r.Local.Text, "*") && r.Protocol != "unix" {
			r.Family, r.Local.Addr, r.Remote.Addr = 4, netip.IPv4Unspecified(), netip.IPv4Unspecified()
		}
	}
}

// The formats.
const (
	formatSS       = "ss"
	formatNetstat  = "netstat"
	formatLsof     = "lsof"
	formatSockstat = "sockstat"
	formatNetTCP   = "Get-NetTCPConnection"
	formatProc     = "/proc/net/tcp"
)

var formats = []string{formatSS, formatNetstat, formatLsof, formatSockstat, formatNetTCP, formatProc}

// systemOf is where a format comes from, unless its rows tell otherwise.
var systemOf = map[string]System{
	formatSS: Linux, formatProc: Linux, formatSockstat: FreeBSD, formatNetTCP: Windows,
	formatLsof: Linux, formatNetstat: Linux,
}

// unquote takes off what mail, chat and Markdown put in front of a line.
func unquote(s string) string {
	if strings.HasPrefix(s, "> ") && !strings.HasPrefix(s, "> >") {
		return s[2:]
	}
	return s
}
