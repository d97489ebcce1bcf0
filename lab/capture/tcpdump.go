package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
)

var (
	dumpLine = regexp.MustCompile(`(?:^|\s)(\S+)\.(\d+) > (\S+)\.(\d+): (?:tcp )?Flags \[([^\]]*)\](.*)$`)
	dumpTime = regexp.MustCompile(`(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d:\d\d(?:\.\d+)?)|^\s*(\d{9,10}\.\d+)`)
	dumpSeq  = regexp.MustCompile(`, seq (\d+)(?::(\d+))?`)
	dumpAck  = regexp.MustCompile(`, ack (\d+)`)
	dumpWin  = regexp.MustCompile(`, win (\d+)`)
	dumpLen  = regexp.MustCompile(`, length (\d+)`)
	dumpTTL  = regexp.MustCompile(`\bttl (\d+)`)
)

// dump reads the text of tcpdump -n.
type dump struct {
	line  int
	day   time.Time
	at    time.Time
	ttl   uint8
	bases map[[2]netip.AddrPort]uint32 // what tcpdump's relative numbers are relative to, by direction
}

const maxDumpLine = 64 << 10

// eachLine tells f of the segments in the lines of tcpdump -n.
func (s *source) eachLine(f func(*sighted) error) (packets, other int, err error) {
	d := dump{day: time.Unix(0, 0).UTC(), bases: make(map[[2]netip.AddrPort]uint32)}
	lines := bufio.NewScanner(s.buf)
	lines.Buffer(make([]byte, 0, 4096), maxDumpLine)
	for lines.Scan() {
		d.line++
		text := strings.TrimRight(lines.Text(), "\r")
		one, ok := d.read(text)
		if !ok {
			if strings.TrimSpace(text) != "" {
				other++
			}
			continue
		}
		if packets++; packets > MaxPackets {
			return packets, other, fmt.Errorf("%w: more than %d packets", ErrTooLarge, MaxPackets)
		}
		if err := f(one); err != nil {
			return packets, other, err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, ErrTooLarge):
		return packets, other, err
	case err != nil && !errors.Is(err, io.EOF):
		return packets, other, fmt.Errorf("%w in line %d: %v", ErrBroken, d.line+1, err)
	case packets == 0:
		return 0, other, fmt.Errorf("%w at byte 0: neither pcap nor pcapng, and no line of it is tcpdump's", ErrBroken)
	}
	return packets, other, nil
}

// read reads a line. With -v the time stands in the line before.
func (d *dump) read(line string) (*sighted, bool) {
	d.stamp(line)
	m := dumpLine.FindStringSubmatch(line)
	if m == nil {
		return nil, false
	}
	src, err1 := netip.ParseAddr(m[1])
	dst, err2 := netip.ParseAddr(m[3])
	sport, err3 := strconv.ParseUint(m[2], 10, 16)
	dport, err4 := strconv.ParseUint(m[4], 10, 16)
	if errors.Join(err1, err2, err3, err4) != nil {
		return nil, false
	}
	p := &sighted{at: d.at, src: netip.AddrPortFrom(src, uint16(sport)), dst: netip.AddrPortFrom(dst, uint16(dport)),
		ttl: d.ttl}
	for _, c := range m[5] {
		p.seg.Flags |= map[rune]fsm.Flags{'S': fsm.SYN, 'F': fsm.FIN, 'R': fsm.RST, 'P': fsm.PSH, '.': fsm.ACK}[c]
	}
	rest := m[6]
	seq, hasSeq := numberOf(dumpSeq, rest)
	ack, hasAck := numberOf(dumpAck, rest)
	length, _ := numberOf(dumpLen, rest)
	p.seg.Len = length
	p.seg.Wnd, _ = numberOf(dumpWin, rest)
	if hasAck {
		p.seg.Flags |= fsm.ACK
	}
	d.absolute(p, seq, hasSeq, ack, hasAck)
	return p, true
}

func numberOf(r *regexp.Regexp, s string) (uint32, bool) {
	m := r.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseUint(m[1], 10, 32)
	return uint32(n), err == nil
}

// stamp keeps the time, and the TTL that -v writes.
func (d *dump) stamp(line string) {
	if m := dumpTime.FindStringSubmatch(line); m != nil {
		switch {
		case m[3] != "":
			if f, err := strconv.ParseFloat(m[3], 64); err == nil {
				d.at = time.UnixMicro(int64(f * 1e6)).UTC()
			}
		default:
			if m[1] != "" {
				if day, err := time.Parse(time.DateOnly, m[1]); err == nil {
					d.day = day
				}
			}
			if t, err := time.Parse("15:04:05.999999999", m[2]); err == nil {
				at := d.day.Add(t.Sub(t.Truncate(24 * time.Hour)))
				if m[1] == "" && at.Before(d.at.Add(-12*time.Hour)) { // midnight
					d.day = d.day.Add(24 * time.Hour)
					at = at.Add(24 * time.Hour)
				}
				d.at = at
			}
		}
		d.ttl = 0
	}
	if n, ok := numberOf(dumpTTL, line); ok && n < 256 {
		d.ttl = uint8(n)
	}
}

// absolute turns tcpdump's relative numbers back: it writes those of a SYN, and of the first
// segment of a connection that it sees, as they are, and later ones relative to them unless asked
// otherwise.
func (d *dump) absolute(p *sighted, seq uint32, hasSeq bool, ack uint32, hasAck bool) {
	there, back := [2]netip.AddrPort{p.src, p.dst}, [2]netip.AddrPort{p.dst, p.src}
	base, known := d.bases[there]
	switch {
	case p.seg.Flags.Has(fsm.SYN):
		d.bases[there], p.seg.Seq = seq, seq
	case !hasSeq:
		p.seg.Seq = base + 1
	case !known:
		d.bases[there], p.seg.Seq = seq-1, seq
	default:
		p.seg.Seq = near(seq, base)
	}
	if !hasAck {
		return
	}
	base, known = d.bases[back]
	switch {
	case !known:
		d.bases[back], p.seg.Ack = ack-1, ack
	case p.seg.Flags.Has(fsm.SYN):
		p.seg.Ack = ack
	default:
		p.seg.Ack = near(ack, base)
	}
	if !hasSeq && !p.seg.Flags.Has(fsm.SYN) {
		p.bare = true // tcpdump leaves out the number of a bare ACK
	}
}

// near tells a number that is written as it is from one relative to base.
func near(n, base uint32) uint32 {
	if d := n - base; d < 1<<30 && n >= 1<<20 || d < 1<<16 && base < 1<<20 {
		return n
	}
	return n + base
}
