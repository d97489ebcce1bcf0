package doctor

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"fourwave/doctor/paste"
	"fourwave/fsm"
)

// maxPasted is how many ports of a pasted table are answered for.
const maxPasted = 32

// Table is a pasted table with what the doctor says of it.
type Table struct {
	*paste.Table
	Reports  []*Report // of the port asked about, or of those that have something on them
	Overview *Overview
	Cannot   []Text // what such output cannot tell, once for all
}

// ReadTable reads pasted output, of which system "" means to find out, and answers under that
// system's rules. A port of 0 asks about all. The errors are those of package paste.
func ReadTable(r io.Reader, system paste.System, port uint16) (*Table, error) {
	raw, err := paste.Read(r, system)
	if err != nil {
		return nil, err
	}
	out := &Table{Table: raw}
	now := time.Now()
	for _, key := range out.ports(port) {
		q := Question{Port: key.port, Protocol: key.protocol}
		out.Reports = append(out.Reports, out.reading(key).report(q, now))
	}
	out.Overview = out.overview()
	out.Cannot = out.cannot()
	return out, nil
}

type portKey struct {
	protocol Protocol
	port     uint16
}

// ports are those to answer for: the one asked about, or those with a listener, or whose number no
// client has by chance.
func (t *Table) ports(asked uint16) []portKey {
	if asked != 0 {
		return []portKey{{TCP, asked}}
	}
	set := settingsOf(t.System, 0)
	weights := make(map[portKey]int)
	for i := range t.Rows {
		r := &t.Rows[i]
		key := portKey{Protocol(r.Protocol), r.Local.Port}
		if key.port == 0 || key.protocol != TCP && key.protocol != UDP {
			continue
		}
		chance := int(key.port) >= set.EphemeralLow && int(key.port) <= set.EphemeralHigh
		w := 1
		switch {
		case key.protocol == UDP && chance:
			continue
		case key.protocol == UDP:
			w = 2
		case r.State == string(fsm.Listen):
			w = 4
		case !chance && r.State != string(fsm.Established):
			w = 3
		case chance && r.State != "BOUND" && r.State != string(fsm.TimeWait) && r.State != string(fsm.CloseWait):
			continue
		}
		weights[key] = max(weights[key], w)
	}
	all := make([]portKey, 0, len(weights))
	for key := range weights {
		all = append(all, key)
	}
	slices.SortFunc(all, func(a, b portKey) int {
		return cmp.Or(weights[b]-weights[a], int(a.port)-int(b.port), cmp.Compare(a.protocol, b.protocol))
	})
	return all[:min(len(all), maxPasted)]
}

// settingsOf are a system's defaults: a paste does not tell what the machine has set.
func settingsOf(system paste.System, port uint16) Settings {
	s := Settings{EphemeralLow: 32768, EphemeralHigh: 60999, UnprivilegedStart: 1024, MayBindPrivileged: true,
		FinTimeout: time.Minute}
	switch system {
	case paste.MacOS, paste.Windows:
		s.EphemeralLow, s.EphemeralHigh = 49152, 65535
	case paste.FreeBSD:
		s.EphemeralLow, s.EphemeralHigh = 10000, 65535
	}
	s.Ephemeral = port != 0 && int(port) >= s.EphemeralLow && int(port) <= s.EphemeralHigh
	return s
}

// reading makes of the rows of one port what the doctor would have read of the machine.
func (t *Table) reading(key portKey) *reading {
	r := &reading{settings: settingsOf(t.System, key.port), limits: linuxLimits, uid: -1,
		asked: netip.IPv6Unspecified(), local: true, system: t.System}
	if t.System != paste.Linux {
		r.profile = fsm.ProfileByName(string(t.System))
	}
	var used portSet
	g := grouping{system: t.System, settings: &r.settings, kinds: make(map[string]int)}
	for i := range t.Rows {
		row := &t.Rows[i]
		if Protocol(row.Protocol) == key.protocol {
			if d := int(row.Local.Port) - int(key.port); d > 0 && d <= nearbyPorts {
				used[d] = true
			}
		}
		switch {
		case row.Local.Port != key.port:
		case Protocol(row.Protocol) == key.protocol && !(key.protocol == TCP && row.State == string(fsm.Closed)):
			r.sockets = g.add(r.sockets, row)
		case row.Protocol == string(UDP) && key.protocol == TCP:
			r.udp = (&grouping{system: t.System, settings: &r.settings, kinds: make(map[string]int)}).add(r.udp, row)
		}
	}
	if len(r.sockets) > 0 {
		r.nearby = r.freeAfter(key.port, used)
	}
	return r
}

// grouping puts alike rows of one port together.
type grouping struct {
	system   paste.System
	settings *Settings
	kinds    map[string]int
}

func (g *grouping) add(all []Socket, row *paste.Row) []Socket {
	s := g.socket(row)
	// Processes that share a listener have a row each in lsof's output.
	shared := s.State == string(fsm.Listen) && row.Inode != "" && row.Inode != "0"
	kind := fmt.Sprint(s.State, s.Family, s.Local.Addr(), s.Orphan, s.mini, s.role, s.Self, row.PID, row.Process)
	if shared {
		kind = fmt.Sprint(s.State, s.Family, s.Local.Addr(), "inode", row.Inode)
	}
	if i, ok := g.kinds[kind]; ok {
		old := &all[i]
		old.RecvQ, old.SendQ = max(old.RecvQ, s.RecvQ), max(old.SendQ, s.SendQ)
		if s.Left > old.Left {
			old.Timer, old.Left, old.Retrans = s.Timer, s.Left, s.Retrans
		}
		if len(old.timings) < maxTimedRows {
			old.timings = append(old.timings, s.timings...)
		}
		if !shared {
			old.Count++
		}
		for _, p := range s.Processes {
			if !slices.ContainsFunc(old.Processes, func(q Process) bool { return q.PID == p.PID && q.Name == p.Name }) {
				old.Processes = append(old.Processes, p)
			}
		}
		return all
	}
	g.kinds[kind] = len(all)
	return append(all, s)
}

const maxTimedRows = 64

// socket is one row as the doctor sees a socket.
func (g *grouping) socket(row *paste.Row) Socket {
	s := Socket{
		Protocol: Protocol(row.Protocol), State: row.State, Family: max(row.Family,
			4), Count: 1, UID: -1, User: row.User,
		ReuseAddr: Unknown, ReusePort: Unknown, V6Only: g.v6only(row), Timer: Timer(row.Timer), Left: row.Left,
		Retrans: row.Retrans,
		pasted:  true, RecvQ: max(row.RecvQ, 0), SendQ: max(row.SendQ, 0),
	}
	s.Local = netip.AddrPortFrom(orWild(row.Local.Addr, s.Family), row.Local.Port)
	if !row.Remote.Wild() {
		s.Remote = netip.AddrPortFrom(orWild(row.Remote.Addr, s.Family), row.Remote.Port)
		s.Self = s.Local == s.Remote && row.Local.Addr.IsValid()
	}
	if s.Protocol == UDP && s.State == "" {
		s.State = "UNCONN"
	}
	if s.State == "" {
		s.State = string(fsm.Established) // sockstat and a filtered ss do not tell; it counts as a connection
	}
	if s.Timer == "" {
		s.Timer = NoTimer
	}
	st := fsm.State(s.State)
	s.mini = st == fsm.TimeWait || st == fsm.FinWait2 && s.Timer == TimeWaitTimer
	closing := st == fsm.FinWait1 || st == fsm.FinWait2 || st == fsm.Closing || st == fsm.LastAck
	s.Orphan = s.mini || row.Orphan || closing && row.PID == 0 && s.Timer != NoTimer
	for _, h := range append([]paste.Holder{{Process: row.Process, PID: row.PID}}, row.More...) {
		if !s.mini && (h.Process != "" || h.PID != 0) {
			s.Processes = append(s.Processes, pasted(h, g.system))
		}
	}
	s.Hidden = len(s.Processes) == 0 && !s.Orphan
	if t, ok := timingOf(&s); ok {
		s.timings = []timing{t}
	}
	s.role = g.roleOf(&s)
	return s
}

func (g *grouping) roleOf(s *Socket) role {
	in := func(p uint16) bool { return int(p) >= g.settings.EphemeralLow && int(p) <= g.settings.EphemeralHigh }
	switch local, remote := in(s.Local.Port()), in(s.Remote.Port()); {
	case s.mini || !s.Remote.IsValid():
		return roleUnknown
	case local && !remote:
		return roleClient
	}
	return roleServer
}

// v6only is what the way of writing tells: ss has "*" for a dual-stack socket, and macOS tcp46.
func (g *grouping) v6only(row *paste.Row) Flag {
	switch {
	case row.Family != 6:
		return No
	case row.Local.Addr.Is4In6(), len(row.Local.Text) > 0 && row.Local.Text[0] == '*' && g.system == paste.Linux:
		return No
	}
	return Unknown
}

func orWild(a netip.Addr, family int) netip.Addr {
	switch {
	case a.IsValid():
		return a
	case family == 6:
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// pasted is a process as a table names it.
func pasted(h paste.Holder, system paste.System) Process {
	p := Process{PID: h.PID, Name: h.Process, Command: h.Process, UID: -1, Sockets: 1}
	p.System = system
	p.First = h.PID == 1
	switch {
	case system == paste.Windows && h.PID == 4:
		p.Name = "System"
	case h.Process == "":
		p.Name = "a process"
	}
	return p
}

// timingOf is what a row shows of the kernel's timer. Where the RTO is not shown, it is taken to
// have doubled from its least with each retransmission.
func timingOf(s *Socket) (t timing, ok bool) {
	if s.Timer == NoTimer || s.Protocol == UDP {
		return t, false
	}
	t = timing{state: fsm.State(s.State), timer: s.Timer, left: s.Left, retrans: s.Retrans, orphan: s.Orphan,
		mini: s.mini}
	switch s.Timer {
	case RetransmitTimer:
		t.backoff = min(s.Retrans, 16)
		t.rto = min(rtoMin<<t.backoff, linuxLimits.rtoMax)
	case ProbeTimer:
		for t.rto = rtoMin; t.rto<<t.backoff < s.Left && t.backoff < 15; {
			t.backoff++
		}
	}
	return t, true
}

// cannot says what such output does not tell.
func (t *Table) cannot() (all []Text) {
	if len(t.Rows) == 0 {
		return nil
	}
	options := Text{En: "Such output does not tell a socket's options. If the old run had SO_REUSEADDR, a new one " +
		"with SO_REUSEADDR can bind beside all of its sockets that do not listen; if not, only waiting or ending " +
		"them helps.",
		Zh: "这种输出不显示套接字的选项。如果旧程序设置过 SO_REUSEADDR，带 SO_REUSEADDR " +
			"的新套接字就能与它所有未在监听的套接字共存；如果没有，只能等待或结束它们。"}
	switch t.System {
	case paste.MacOS, paste.FreeBSD:
		options = Text{En: "Such output does not tell a socket's options; on this system the new socket's " +
			"SO_REUSEADDR alone decides beside connections and TIME-WAIT, and only SO_REUSEPORT on both beside a " +
			"listener.",
			Zh: "这种输出不显示套接字的选项；在这个系统上，对连接和 TIME-WAIT 只看新套接字的 SO_REUSEADDR，" +
				"对监听套接字则双方都要有 SO_REUSEPORT。"}
	case paste.Windows:
		options = Text{En: "Such output does not tell a socket's options: whether the old one has " +
			"SO_EXCLUSIVEADDRUSE or SO_REUSEADDR decides on Windows. Ports in an excluded range are not shown " +
			"either: netsh int ipv4 show excludedportrange tcp.",
			Zh: "这种输出不显示套接字的选项：在 Windows 上取决于旧套接字有没有 SO_EXCLUSIVEADDRUSE 或 " +
				"SO_REUSEADDR。被排除的端口范围也不显示：netsh int ipv4 show excludedportrange tcp。"}
	}
	all = append(all, options)
	if !slices.ContainsFunc(t.Rows, func(r paste.Row) bool { return r.PID != 0 || r.Process != "" }) {
		how := map[paste.System]string{paste.Linux: "sudo ss -tanpeo", paste.MacOS: "sudo lsof -nP -i",
			paste.FreeBSD: "sockstat", paste.Windows: "netstat -ano"}[t.System]
		all = append(all, say("It names no processes: %s does.", "它没有列出进程：%s 会列出。", how))
	}
	return all
}
