package doctor

import (
	"net/netip"
	"strings"
	"time"

	"fourwave/doctor/paste"
	"fourwave/fsm"
)

// judgeBy asks another system's rules about a socket, for every value that its unseen options may
// have. A question about all addresses is asked for the socket's own family.
func (s *Socket) judgeBy(p *fsm.Profile, n fsm.Holder) (Verdict, *fsm.Why) {
	if s.Protocol == UDP {
		return s.judgeUDP(n)
	}
	local := n.Addr
	if local.IsUnspecified() && s.Family == 4 {
		local = netip.IPv4Unspecified()
	}
	cand := fsm.Candidate{Op: "listen", Local: netip.AddrPortFrom(local, s.Local.Port()), Options: n.Options}
	cand.UID = 0
	var refused, admitted *fsm.Why
	for _, h := range s.possible() {
		d := fsm.Described{Local: s.Local, State: fsm.State(s.State), Options: h.Options, Orphan: s.Orphan}
		d.UID = 0
		if s.Remote.IsValid() {
			d.Remote = s.Remote
		}
		if s.State == "BOUND" {
			d.State = fsm.Closed
		}
		r, err := fsm.CheckReuse(p, []fsm.Described{d}, cand, nil)
		switch {
		case err != nil:
			return Depends, ownRule("unknown-rule")
		case r.Result == "ok":
			admitted = r.Why
		default:
			refused = r.Why
		}
	}
	switch {
	case refused == nil:
		return Free, orRule(admitted)
	case admitted != nil:
		return Depends, ownRule("unseen-option")
	}
	return Taken, orRule(refused)
}

func orRule(w *fsm.Why) *fsm.Why {
	if w == nil {
		return ownRule("unknown-rule")
	}
	return w
}

// passingBy says how a socket of another system goes away, as far as its documents tell.
func (s *Socket) passingBy(p *fsm.Profile) *Passing {
	switch st := fsm.State(s.State); {
	case s.Protocol != UDP && st == fsm.TimeWait:
		return &Passing{Timed: true, After: p.TimeWait, AtMost: true,
			Text: say("by itself, when TIME-WAIT ends: %s after it began on this system, by its documents; such "+
				"output does not tell how long ago that was",
				"TIME-WAIT 到期后自动消失：按文档，在这个系统上是开始后 %s；这种输出不显示它是何时开始的",
				short(p.TimeWait))}
	case s.Protocol != UDP && st == fsm.FinWait2 && len(s.Processes) == 0:
		if p.FinWait2 > 0 {
			return &Passing{Timed: true, After: p.FinWait2, AtMost: true, Longer: true,
				Text: say("when the other end closes, and a TIME-WAIT follows; or when the system gives up, %s "+
					"after close()",
					"当对端关闭时，随后是 TIME-WAIT；或在系统放弃时，即 close() 之后 %s", short(p.FinWait2))}
		}
		return &Passing{Text: Text{En: "when the other end closes, and a TIME-WAIT follows; or when the system " +
			"gives up, after a time that its documents do not tell",
			Zh: "当对端关闭时，随后是 TIME-WAIT；或在系统放弃时，文档没有说明要多久"}}
	}
	return s.passing(linuxLimits)
}

// untimed is how long a TIME-WAIT may last of which a table does not tell the timer.
func (s *Socket) untimed() *Passing {
	return &Passing{Timed: true, After: timeWaitTime + timerSlack, AtMost: true, Text: Text{
		En: "by itself, when TIME-WAIT ends: 60 s after it began; this output does not tell how long ago that was " +
			"(ss -o does)",
		Zh: "TIME-WAIT 到期后自动消失：开始后 60 秒；这个输出不显示它是何时开始的（ss -o 会显示）"}}
}

// httpSys: process 4 of Windows listens for whoever registered a URL with the kernel's HTTP server.
func (in *inquiry) httpSys() *Keeper {
	if in.System != paste.Windows || len(in.procs) == 0 || in.procs[0].PID != 4 {
		return nil
	}
	return &Keeper{Kind: Service, Name: "System (http.sys, SMB)", Command: "netsh http show servicestate",
		Text: say("Process 4 is Windows itself: on most ports its HTTP server http.sys, for IIS or whoever "+
			"registered a URL; on 139 and 445 file sharing.",
			"4 号进程是 Windows 本身：多数端口上是内核的 HTTP 服务器 http.sys（为 IIS 或注册了 URL 的程序服务）；"+
				"139 和 445 上是文件共享。"),
		Do: say("See for whom with %s; then stop that service, for IIS: net stop was.",
			"用 %s 查看是为谁服务的；再停掉那个服务，若是 IIS：net stop was。", "netsh http show servicestate")}
}

// killOn is the command that ends processes on a system.
func killOn(system paste.System, numbers []string) string {
	if system == paste.Windows {
		return "taskkill /F /PID " + strings.Join(numbers, " /PID ")
	}
	return "kill " + strings.Join(numbers, " ")
}

// short is a duration as it is set: whole seconds without a fraction.
func short(d time.Duration) string {
	if d%time.Second == 0 {
		return several(int(d/time.Second), "1 s", "s", "").En
	}
	return d.String()
}
