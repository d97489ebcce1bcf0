package paste

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// procLine is a line of /proc/net/tcp: sl, both addresses, st, tx_queue:rx_queue, tr:tm->when,
// retrnsmt and, unless they were cut off, uid, timeout, inode and the rest (get_tcp4_sock in
// net/ipv4/tcp_ipv4.c).
var procLine = regexp.MustCompile(`^\s*\d+:` +
	`\s+([0-9A-Fa-f]{8}|[0-9A-Fa-f]{32}):([0-9A-Fa-f]{4})` +
	`\s+([0-9A-Fa-f]{8}|[0-9A-Fa-f]{32}):([0-9A-Fa-f]{4})` +
	`\s+([0-9A-Fa-f]{2})` +
	`\s+([0-9A-Fa-f]+):([0-9A-Fa-f]+)` +
	`\s+([0-9A-Fa-f]{2}):([0-9A-Fa-f]+)` +
	`\s+([0-9A-Fa-f]+)(?:\s+(\d+)\s+\d+\s+(\d+)(?:\s+(.*))?)?$`)

// procStates are numbered as in include/net/tcp_states.h.
var procStates = []string{"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED"}

var procTimers = []string{"none", "retransmit", "keepalive", "timewait", "probe"}

// procNet reads a row of /proc/net/tcp, tcp6, udp or udp6.
func (p *parser) procNet(s string) (rows []Row, format, detail string) {
	if t := strings.TrimLeft(s, " "); t == "" || t[0] < '0' || t[0] > '9' {
		return nil, "", ""
	}
	m := procLine.FindStringSubmatch(s)
	if m == nil {
		return nil, "", ""
	}
	state, _ := strconv.ParseUint(m[5], 16, 8)
	if state == 0 || int(state) >= len(procStates) {
		return nil, "", "there is no state " + m[5]
	}
	r := Row{Protocol: "tcp", State: procStates[state], Local: procEndpoint(m[1], m[2]),
		Remote: procEndpoint(m[3], m[4]), User: m[11], Inode: m[12]}
	r.Family = familyOf(0, r.Local)
	if len(m[1]) == 32 {
		r.Family = 6
	}
	// udp has the word 07 for a socket without a peer, and three columns behind the inode.
	if p.udp || state == 7 && len(strings.Fields(m[13])) == 3 {
		r.Protocol, r.State = "udp", protocolState("udp", r.State)
	}
	send, _ := strconv.ParseUint(m[6], 16, 32)
	recv, _ := strconv.ParseUint(m[7], 16, 32)
	r.SendQ, r.RecvQ = int(send), int(recv)
	timer, _ := strconv.ParseUint(m[8], 16, 8)
	if int(timer) < len(procTimers) {
		r.Timer = procTimers[timer]
	}
	ticks, _ := strconv.ParseUint(m[9], 16, 32)
	r.Left = time.Duration(ticks) * 10 * time.Millisecond // USER_HZ
	retrans, _ := strconv.ParseUint(m[10], 16, 32)
	r.Retrans = int(retrans)
	r.Orphan = r.Inode == "0" && r.Protocol == "tcp"
	p.systems[Linux]++
	return []Row{r}, formatProc, ""
}

// procEndpoint reads an address as little-endian machines print it: each word of four bytes
// backwards.
func procEndpoint(addr, port string) Endpoint {
	b, _ := hex.DecodeString(addr)
	for i := 0; i+4 <= len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.LittleEndian.Uint32(b[i:]))
	}
	a, _ := netip.AddrFromSlice(b)
	n, _ := strconv.ParseUint(port, 16, 16)
	return Endpoint{Addr: a, Port: uint16(n), Text: addr + ":" + port}
}
