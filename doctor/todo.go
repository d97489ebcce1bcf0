package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fourwave/doctor/paste"
)

// todo is what can be done, the likeliest first.
func (out *Report) todo() []Text {
	var do []Text
	add := func(en, zh string, args ...any) { do = append(do, say(en, zh, args...)) }
	switch out.Case {
	case NotLocal:
		add("Listen on an address of this machine%s, or on 0.0.0.0 or :: for all of them.",
			"监听本机的地址%s，或用 0.0.0.0 或 :: 监听全部地址。", list(out.Others))
		add("Is the name in your configuration resolved to another machine? Inside a container the host's address "+
			"is not local.",
			"配置里的名字是否解析到了别的机器？在容器里，宿主机的地址不是本地地址。")
		return do
	case Privileged:
		add("Take a port from %d on and let a proxy or a redirect bring port %d to it.",
			"改用 %d 以上的端口，再用代理或端口转发把 %d 端口引过去。", out.Settings.UnprivilegedStart, out.Port)
		add("Or give the program the right: setcap cap_net_bind_service=+ep PROGRAM, or AmbientCapabilities= in "+
			"its systemd unit; or lower net.ipv4.ip_unprivileged_port_start.",
			"或者授予权限：setcap cap_net_bind_service=+ep 程序，或 systemd 单元里的 AmbientCapabilities=；"+
				"或者调低 net.ipv4.ip_unprivileged_port_start。")
		return do
	}
	if out.Verdict == Free {
		if k := out.Keeper; k != nil && k.Do.En != "" {
			do = append(do, k.Do)
		}
		return append(do, out.todoFree()...)
	}
	if k := out.Keeper; k != nil && k.Do.En != "" {
		do = append(do, k.Do)
	}
	if out.waitFirst() {
		do = append(do, out.todoWait()...)
	}
	if out.Keeper == nil || out.Keeper.Do.En == "" {
		do = append(do, out.todoHolders()...)
	}
	do = append(do, out.todoOptions()...)
	if out.Case == Client && out.System == "" && out.Settings.Ephemeral && !out.Settings.Reserved {
		do = append(do, out.todoReserve())
	}
	if !out.waitFirst() {
		do = append(do, out.todoWait()...)
	}
	if out.System == "" || out.System == paste.Linux {
		do = append(do, out.todoDestroy()...)
	}
	if free := out.freeOthers(); free != "" {
		add("Listen on another address: %s can be had.", "换一个地址监听：%s 可用。", free)
	}
	if out.Nearby != 0 {
		add("Take another port: nothing has %d.", "换一个端口：%d 没有人占用。", out.Nearby)
	}
	return do
}

// waitFirst reports whether to wait is the first thing to do: a TIME-WAIT that is nearly over, or
// nobody to stop.
func (out *Report) waitFirst() bool {
	p := out.Passes
	return out.Verdict == Taken && out.ownerless() && p != nil && p.Timed
}

// todoWait says how long it takes at most.
func (out *Report) todoWait() []Text {
	p := out.Passes
	switch {
	case p == nil || !p.Timed:
		return nil
	case out.System != "":
		return []Text{say("Wait: %s at most, counted from when that output was made.",
			"等待：从那份输出产生时起最多 %s。", round(p.After))}
	case p.Longer:
		return []Text{say("Wait: %s, and longer if the other end answers meanwhile (fourwave why %d --watch waits "+
			"for you).",
			"等待：从现在起 %s；如果对端在此期间有回应，还会更久（fourwave why %d --watch 会替你等）。", round(p.After),
			out.Port)}
	}
	return []Text{say("Wait: %s at most, counted from now (fourwave why %d --watch waits for you).",
		"等待：从现在起最多 %s（fourwave why %d --watch 会替你等）。", round(p.After), out.Port)}
}

// todoDestroy is the command that ends the kernel's own sockets at once.
func (out *Report) todoDestroy() []Text {
	if len(out.blockers()) == 0 || !out.ownerless() || out.Case == AcceptQueue || out.blockers()[0].Hidden {
		return nil
	}
	return []Text{say("Or end it at once, as root: ss -K sport = :%d (the kernel needs CONFIG_INET_DIAG_DESTROY).",
		"或以 root 立即结束它：ss -K sport = :%d（内核需要 CONFIG_INET_DIAG_DESTROY）。", out.Port)}
}

// timerSlack is by how much the kernel's timers of more than 16 s may be late at HZ=250; measured:
// 60.0 to 62.1 s.
const timerSlack = 2100 * time.Millisecond

func (out *Report) todoFree() []Text {
	switch {
	case out.Settings.Ephemeral && !out.Settings.Reserved && out.System == "":
		return []Text{out.todoReserve()}
	case out.Case == Elsewhere:
		p := out.Spaces[0]
		return []Text{say("To look there: nsenter -t %d -n fourwave why %d.",
			"要看那里的情况：nsenter -t %d -n fourwave why %d。", p.PID, out.Port)}
	}
	return nil
}

// todoReserve says how to keep a port of the ephemeral range for a server.
func (out *Report) todoReserve() Text {
	set := out.Settings
	return say("For a server, take a port outside of the ephemeral range %d-%d, or reserve this one: sysctl "+
		"net.ipv4.ip_local_reserved_ports=%s.",
		"给服务器用的话，选临时端口范围 %d-%d 之外的端口，或保留这个端口：sysctl net.ipv4.ip_local_reserved_ports=%s。",
		set.EphemeralLow, set.EphemeralHigh, reserve(set.ReservedPorts, out.Port))
}

func reserve(have string, port uint16) string {
	if have == "" {
		return fmt.Sprint(port)
	}
	return fmt.Sprintf("%s,%d", have, port)
}

// todoOptions says which option would help, and what it needs of the old socket.
func (out *Report) todoOptions() []Text {
	var do []Text
	for _, p := range out.Options[1:] {
		name := "SO_REUSEADDR"
		if p.ReusePort {
			name = "SO_REUSEPORT"
		}
		asked := p.ReuseAddr && out.ReuseAddr || p.ReusePort && out.ReusePort
		switch {
		case p.Result == "ok" && !asked:
			do = append(do, say("Set %s on the new socket before bind: the old one has it, so that is enough now.",
				"在 bind 之前给新套接字设置 %s：旧套接字已经有它，现在这样就够了。", name))
		case p.Result == "depends" && out.System != "":
			if p.ReuseAddr && !asked {
				do = append(do, say("Set SO_REUSEADDR on the new socket before bind: it helps only if the old one "+
					"had it too.", "在 bind 之前给新套接字设置 SO_REUSEADDR：只有旧套接字也有它才有用。"))
			}
		case p.Result == "depends" && p.ReuseAddr && !asked && !out.ownerless():
			do = append(do, say("Set %s on the new socket before bind. It helps only if the old socket has it "+
				"too, which rights hide: ask again with more, or try it (--reuseaddr --try).",
				"在 bind 之前给新套接字设置 %s。只有旧套接字也有它才有用，而权限不足，看不到："+
					"请用更高的权限再问一次，或试一下（--reuseaddr --try）。", name))
		case p.Result == "depends" && p.ReuseAddr && !asked:
			do = append(do, say("Set %s on the new socket before bind. It helps only if the old listener had it "+
				"when the connection was made; if it had not, nothing but waiting helps this once. Set it in the "+
				"program for good, and the next restart will work.",
				"在 bind 之前给新套接字设置 %s。只有旧的监听套接字在连接建立时也设置过，它才有用；"+
					"否则这一次只能等。在程序里一直设置它，下次重启就没有问题。", name))
		case p.Result == "depends" && asked && out.System == "":
			do = append(do, say("Try it: fourwave why %d --%s --try makes a real bind, which tells whether the "+
				"old socket had %s.",
				"试一下：fourwave why %d --%s --try 会真的 bind 一次，由此可知旧套接字有没有 %s。", out.Port,
				strings.ToLower(strings.TrimPrefix(name, "SO_")), name))
		}
	}
	return do
}

// ownerless reports whether all that stands in the way is the kernel's alone.
func (out *Report) ownerless() bool {
	return !slices.ContainsFunc(out.blockers(), func(s Socket) bool { return !s.Orphan })
}

// todoHolders says which process to end or to mend.
func (out *Report) todoHolders() []Text {
	var do []Text
	seen := make(map[int]bool)
	for _, s := range out.blockers() {
		for _, p := range s.Processes {
			if seen[p.PID] || len(do) >= maxListed {
				continue
			}
			seen[p.PID] = true
			switch s.Case {
			case CloseWaitLeak:
				do = append(do, say("Mend or restart %s: it must close its connections when it reads the end of "+
					"file. To end it: %s", "修复或重启 %s：读到文件结束时它必须关闭连接。要结束它：%s", p, kill(p)))
			case Client:
				do = append(do, say("Wait until %s has ended its connection, or end it.",
					"等 %s 结束它的连接，或者结束它。", p))
			default:
				do = append(do, say("Stop %s, or let it close the socket: %s", "停止 %s，或让它关闭这个套接字：%s", p,
					kill(p)))
			}
		}
		if s.pasted && s.Hidden && len(do) == 0 {
			do = append(do, say("Find the process on that machine: %s; and end it, or let it close the socket.",
				"在那台机器上查出进程：%s；然后结束它，或让它关闭套接字。", finder(out.System, out.Port)))
		}
		if len(s.Processes) == 0 && s.Hidden && !s.pasted && !seen[-s.UID-1] {
			seen[-s.UID-1] = true // as a user, not as a process
			as := Text{En: "root", Zh: "root"}
			if s.UID > 0 {
				as = say("root or as the user %s", "root 或用户 %s", s.User)
			}
			do = append(do, say("Ask again as %s to see which process it is.",
				"以 %s 的身份再问一次，就能看到是哪个进程。", as))
		}
	}
	return do
}

// finder is the command that shows, on a system, which process has a port.
func finder(system paste.System, port uint16) string {
	switch system {
	case paste.MacOS:
		return fmt.Sprintf("sudo lsof -nP -i :%d", port)
	case paste.FreeBSD:
		return fmt.Sprintf("sockstat -p %d", port)
	case paste.Windows:
		return fmt.Sprintf("netstat -ano | findstr :%d", port)
	}
	return fmt.Sprintf("sudo ss -tanpeo 'sport = :%d'", port)
}

func (out *Report) freeOthers() string {
	var free []string
	for _, o := range out.Others {
		if o.Result == "ok" {
			free = append(free, o.Addr.String())
		}
	}
	return strings.Join(free, ", ")
}

// list shows some of the machine's addresses.
func list(others []AddrPrediction) string {
	var names []string
	for _, o := range others {
		if !o.Addr.IsUnspecified() && len(names) < 4 {
			names = append(names, o.Addr.String())
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}
