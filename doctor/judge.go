package doctor

import (
	"net/netip"
	"strings"

	"fourwave/fsm"
)

// Rules of the doctor's own: for what cannot be seen, and for what is not in the bind table.
var ownRules = map[string]fsm.Why{
	"linux-bind-unseen-option": {
		Text: Text{En: "the new socket has the option, and whether the old one has it cannot be seen: if both " +
			"have it bind succeeds, if the old one lacks it bind fails", Zh: "新套接字有这个选项，" +
			"而旧套接字有没有，从外面看不到：双方都有则 bind 成功，旧的没有则失败"},
	},
	"unseen-option": {
		Text: Text{En: "whether bind succeeds depends on the options of the old socket, which cannot be seen",
			Zh: "bind 是否成功取决于旧套接字的选项，而从外面看不到"},
	},
	"unknown-rule": {
		Text: Text{En: "what this system does here is not written down",
			Zh: "这个系统在这种情况下怎么做，没有文档说明"},
	},
	"linux-bind-new-lacks-options": {
		Text: Text{En: "another socket has this port and an address that overlaps, and the new one has neither " +
			"SO_REUSEADDR nor SO_REUSEPORT: then the options of the old one do not matter, nor does its state",
			Zh: "另一个套接字占着这个端口，地址有重叠，而新套接字既没有 SO_REUSEADDR 也没有 SO_REUSEPORT：" +
				"这时旧套接字有什么选项、处于什么状态都无关紧要"},
	},
	"linux-bind-options-do-not-match": {
		Text: Text{En: "another socket has this port and an address that overlaps, and whatever options it has, " +
			"they are not the ones that would let the new one in", Zh: "另一个套接字占着这个端口，地址有重叠；" +
			"无论它有哪些选项，都不足以放新套接字进来"},
	},
	"linux-udp-taken": {
		Text: Text{En: "another UDP socket has this port and an address that overlaps, and they do not both have " +
			"SO_REUSEADDR, nor both SO_REUSEPORT and one user", Zh: "另一个 UDP 套接字占着这个端口，地址有重叠，" +
			"而双方没有都设置 SO_REUSEADDR，也没有都设置 SO_REUSEPORT 且属于同一用户"},
	},
	"linux-udp-apart": {
		Text: Text{En: "another UDP socket has this port, and their addresses or devices do not overlap",
			Zh: "另一个 UDP 套接字占着这个端口，但地址或设备没有重叠"},
	},
	"linux-udp-both-reuse": {
		Text: Text{En: "both UDP sockets have SO_REUSEADDR, or both SO_REUSEPORT and one user; with SO_REUSEADDR " +
			"the last to bind gets the unicast datagrams, with SO_REUSEPORT they are split",
			Zh: "两个 UDP 套接字都有 SO_REUSEADDR，或都有 SO_REUSEPORT 且属于同一用户；用 SO_REUSEADDR " +
				"时单播数据报归最后绑定者，用 SO_REUSEPORT 时分摊"},
	},
	"linux-bind-half-open": {
		Text: Text{En: "a half-open connection is not in the bind table: it stands in nobody's way",
			Zh: "半开连接不在绑定表里：它不妨碍任何人"},
	},
}

func ownRule(name string) *fsm.Why {
	w := ownRules[name]
	w.Rule, w.Source = name, "inet_bind_conflict, net/ipv4/inet_connection_sock.c"
	if !strings.HasPrefix(name, "linux") {
		w.Source = ""
	}
	if strings.HasPrefix(name, "linux-udp") {
		w.Source = "udp_lib_lport_inuse, net/ipv4/udp.c"
	}
	return &w
}

// judge asks the rules of the system that the socket is on.
func (r *reading) judge(s *Socket, n fsm.Holder) (Verdict, *fsm.Why) {
	if r.profile != nil {
		return s.judgeBy(r.profile, n)
	}
	return s.judge(n)
}

// judgeUDP asks the rule for UDP, which is TCP's for sockets that do not listen.
func (s *Socket) judgeUDP(n fsm.Holder) (Verdict, *fsm.Why) {
	refused, admitted := 0, ""
	for _, h := range s.possible() {
		if n.Refused(h) != nil {
			refused++
			continue
		}
		admitted = "linux-udp-apart"
		if both := n.ReuseAddr && h.ReuseAddr || n.ReusePort && h.ReusePort; both {
			admitted = "linux-udp-both-reuse"
		}
	}
	switch {
	case refused == 0:
		return Free, ownRule(admitted)
	case admitted != "":
		return Depends, ownRule("linux-bind-unseen-option")
	}
	return Taken, ownRule("linux-udp-taken")
}

// newcomer is the socket that would be bound, as the rule sees it.
func newcomer(addr netip.Addr, reuseAddr, reusePort bool, uid int) fsm.Holder {
	h := fsm.Holder{Addr: addr.WithZone("")}
	h.ReuseAddr, h.ReusePort, h.UID = reuseAddr, reusePort, uid
	h.V6Only = addr.Is6() && !addr.Is4In6() && !addr.IsUnspecified() // __inet6_bind
	return h
}

// judge asks the rule whether a socket refuses the newcomer, for every value that its unseen
// options may have.
func (s *Socket) judge(n fsm.Holder) (Verdict, *fsm.Why) {
	if s.Protocol == UDP {
		return s.judgeUDP(n)
	}
	if s.State == string(fsm.SynReceived) && s.Orphan {
		return Free, ownRule("linux-bind-half-open")
	}
	var refused, admitted []*fsm.Why
	for _, h := range s.possible() {
		if w := n.Refused(h); w != nil {
			refused = append(refused, w)
		} else {
			admitted = append(admitted, n.Admission(h))
		}
	}
	switch {
	case len(refused) == 0:
		return Free, admitted[0]
	case len(admitted) > 0:
		return Depends, ownRule("linux-bind-unseen-option")
	}
	for _, w := range refused {
		if w.Rule == refused[0].Rule {
			continue
		}
		if n.ReuseAddr || n.ReusePort {
			return Taken, ownRule("linux-bind-options-do-not-match")
		}
		return Taken, ownRule("linux-bind-new-lacks-options")
	}
	return Taken, refused[0]
}

// possible lists what the socket may be to the rule.
func (s *Socket) possible() []fsm.Holder {
	var all []fsm.Holder
	for _, ra := range s.ReuseAddr.values() {
		for _, rp := range s.ReusePort.values() {
			for _, v6 := range s.V6Only.values() {
				h := fsm.Holder{Addr: s.Local.Addr(), Listen: s.State == string(fsm.Listen), TimeWait: s.mini}
				h.ReuseAddr, h.ReusePort, h.V6Only, h.UID, h.Device = ra, rp, v6, s.UID, s.Device
				all = append(all, h)
			}
		}
	}
	return all
}

func (f Flag) values() []bool {
	switch f {
	case Yes:
		return []bool{true}
	case No:
		return []bool{false}
	}
	return []bool{false, true}
}

// predict says what bind would say of an address with certain options, and the first rule that
// decides.
func (r *reading) predict(port uint16, addr netip.Addr, reuseAddr, reusePort bool) (result string, why *fsm.Why) {
	if errno, why := r.refusedOutright(port, addr); errno != "" {
		return errno, why
	}
	n := newcomer(addr, reuseAddr, reusePort, r.uid)
	result, why = "ok", fsm.ExplainRule("bind-free")
	for i := range r.sockets {
		switch v, w := r.judge(&r.sockets[i], n); v {
		case Taken:
			return "EADDRINUSE", w
		case Depends:
			result, why = "depends", w
		case Free:
			if why.Rule == "bind-free" {
				why = w
			}
		}
	}
	return result, why
}

// refusedOutright is what bind refuses before it looks at the port's owners. The order differs by
// family.
func (r *reading) refusedOutright(port uint16, addr netip.Addr) (errno string, why *fsm.Why) {
	notLocal := r.notLocal(addr)
	denied := int(port) < r.settings.UnprivilegedStart && !r.settings.MayBindPrivileged
	switch {
	case denied && !(notLocal && addr.Is4()):
		return "EACCES", fsm.ExplainRule("bind-privileged")
	case notLocal:
		return "EADDRNOTAVAIL", fsm.ExplainRule("bind-not-local")
	}
	return "", nil
}

// notLocal knows the address asked about; the others that are tried are the machine's own.
func (r *reading) notLocal(addr netip.Addr) bool { return addr == r.asked && !r.local }
