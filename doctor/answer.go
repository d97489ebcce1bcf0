package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// say makes a text of two formats with the same arguments; a Text among them is given in the language of the format.
func say(en, zh string, args ...any) Text {
	in := func(lang string) []any {
		out := make([]any, len(args))
		for i, a := range args {
			if t, ok := a.(Text); ok {
				a = t.In(lang)
			}
			out[i] = a
		}
		return out
	}
	return Text{fmt.Sprintf(en, in("en")...), fmt.Sprintf(zh, in("zh")...)}
}

// answer is the first thing to say: whether it can be bound, and what it is about.
func (out *Report) answer() Text {
	head := say("No: bind %s says %s. %s", "不行：bind %s 返回 %s。%s", out.place(), out.Errno, out.about())
	switch out.Verdict {
	case Free:
		head = say("Yes: bind %s succeeds. %s", "可以：bind %s 会成功。%s", out.place(), out.about())
	case Depends:
		head = say("It depends: bind %s succeeds only if the old socket had the option too, which cannot be seen. %s",
			"不一定：只有旧套接字也有这个选项，bind %s 才会成功，而这一点从外面看不到。%s", out.place(), out.about())
	}
	return head
}

// about is the case in one or two sentences.
func (out *Report) about() Text {
	set := out.Settings
	switch out.Case {
	case NotLocal:
		return say("%s is not an address of this machine.", "%s 不是本机的地址。", out.addr())
	case Privileged:
		return say("Ports below %d need the right CAP_NET_BIND_SERVICE, which this user does not have; whether somebody has the port was not even asked.",
			"小于 %d 的端口需要 CAP_NET_BIND_SERVICE 权限，而当前用户没有；此时根本还没有检查端口是否被占用。", set.UnprivilegedStart)
	case Shared:
		return out.shared()
	case Elsewhere:
		return say("Nothing has it in this network namespace; something has in %s, which does not matter here.",
			"本网络命名空间里没有任何套接字占用它；另外%s里有，但与这里无关。", several(len(out.Spaces), "another one", "other ones", "命名空间"))
	case ReservedRange:
		return say("Nothing has it. It is reserved (ip_local_reserved_ports): the kernel gives it to nobody who does not ask for it by number.",
			"没有任何套接字占用它。它是保留端口（ip_local_reserved_ports）：除非按端口号明确索取，内核不会分配给任何人。")
	case EphemeralRange:
		return say("Nothing has it now. It lies in the ephemeral range %d-%d: any outgoing connection may get it in the next moment.",
			"目前没有任何套接字占用它。它在临时端口范围 %d-%d 之内：下一刻任何一个向外的连接都可能拿到它。", set.EphemeralLow, set.EphemeralHigh)
	case NothingAtAll:
		return say("Nothing has it: no listener, no bound socket, no connection, no TIME-WAIT.", "没有任何套接字占用它：没有监听，没有绑定，没有连接，也没有 TIME-WAIT。")
	}
	return out.blocked()
}

func (out *Report) shared() Text {
	why := Text{}
	if out.Why != nil {
		why = Text{out.Why.Text, out.Why.TextZh}
	}
	return say("The port has %s, and none stands in the way: %s.", "这个端口上有%s，但都不妨碍：%s。",
		several(count(out.Sockets)+out.MoreSock, "a socket", "sockets", "套接字"), why)
}

// blocked tells what stands in the way, by the case of the first.
func (out *Report) blocked() Text {
	var these []Socket
	for _, s := range out.blockers() {
		if s.Case == out.Case {
			these = append(these, s)
		}
	}
	s, n := these[0], count(these)
	switch out.Case {
	case Listener:
		return say("%s listens on %s.", "%s 正在监听 %s。", s.who(), s.Local)
	case OtherUser:
		return say("A process of the user %s listens on %s%s.", "用户 %s 的进程正在监听 %s%s。", s.User, s.Local, s.named())
	case DualStack:
		return out.dualStack(&s)
	case BoundOnly:
		return say("%s has bound %s and neither listens nor connects; most tools do not show such a socket.",
			"%s 绑定了 %s，但既没有监听也没有连接；多数工具不会显示这样的套接字。", s.who(), s.Local)
	case CloseWaitLeak:
		return say("%s has %s here in CLOSE-WAIT: the other end has closed, the process has not. What stays so is a leak of descriptors.",
			"%s 在这里有%s处于 CLOSE-WAIT：对端已关闭，进程却没有关闭。如果一直这样，就是描述符泄漏。", s.who(), connections(n))
	case DeadListener, Child:
		return say("%s has %s here that came through a listener (%s from %s). A connection keeps its port after the listener has gone.",
			"%s 在这里有%s是经由监听套接字建立的（%s，来自 %s）。监听套接字消失后，连接仍占着端口。", s.who(), connections(n), s.State, s.Remote)
	case Client:
		return say("%s has it as its own end of an outgoing connection to %s; the kernel gave it out of the ephemeral range %d-%d, or the program chose it.",
			"%s 用它作为向外连接 %s 的本端端口；它由内核从临时端口范围 %d-%d 中分配，或由程序自己选定。", s.who(), s.Remote, out.Settings.EphemeralLow, out.Settings.EphemeralHigh)
	case Orphan:
		return say("No process has it: the kernel still waits for the other end of %s that a process has closed (%s).",
			"没有进程占用它：有%s已被进程关闭（%s），内核还在等待对端。", connections(n), states(these))
	}
	return say("No process has it: the kernel keeps %s in TIME-WAIT%s, because this end closed first.",
		"没有进程占用它：因为是本端先关闭，内核把%s保留在 TIME-WAIT%s。", several(n, "a closed connection", "closed connections", "已关闭的连接"), remaining(out.Passes))
}

func (out *Report) dualStack(s *Socket) Text {
	if s.Family == 6 {
		return say("%s has %s without IPV6_V6ONLY: such a socket takes IPv4 too, so %s collides with it.",
			"%s 占用 %s 且没有 IPV6_V6ONLY：这样的套接字同时占用 IPv4，因此与 %s 冲突。", s.who(), s.Local, out.place())
	}
	return say("%s has %s, and a socket on :: without IPV6_V6ONLY would take IPv4 as well.",
		"%s 占用 %s，而没有 IPV6_V6ONLY 的 :: 套接字也要占用 IPv4。", s.who(), s.Local)
}

// remaining says how much longer, for the middle of a sentence.
func remaining(p *Passing) Text {
	if p == nil || !p.Timed {
		return Text{}
	}
	return say(" for %s more", "，还有 %s", round(p.After))
}

// round is a duration as people count the end of TIME-WAIT down: in seconds.
func round(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// who names the processes that have a socket open, for the beginning of a sentence.
func (s *Socket) who() Text {
	switch {
	case len(s.Processes) > 0:
		t := Text{s.Processes[0].String(), s.Processes[0].String()}
		if n := len(s.Processes) + s.More - 1; n > 0 {
			t = say("%s and %s", "%s 和另外%s", t, several(n, "another process", "other processes", "进程"))
		}
		return t
	case s.Orphan:
		return Text{"No process", "没有进程"}
	case s.UID >= 0:
		return say("A process of the user %s (rights hide which)", "用户 %s 的某个进程（权限不足，看不到是哪个）", s.User)
	}
	return Text{"A process that cannot be seen", "某个看不到的进程"}
}

// named adds the process to a sentence that has its user already.
func (s *Socket) named() Text {
	if len(s.Processes) == 0 {
		return Text{"; rights hide which one", "；权限不足，看不到是哪个进程"}
	}
	return say(": %s", "：%s", s.Processes[0])
}

// several is a number of things as one says it: "a socket", "3 sockets"; "1 个套接字".
func several(n int, one, many, zh string) Text {
	en := one
	if n != 1 {
		en = fmt.Sprintf("%d %s", n, many)
	}
	return Text{en, fmt.Sprintf(" %d 个%s", n, zh)}
}

func connections(n int) Text { return several(n, "a connection", "connections", "连接") }

func count(sockets []Socket) (n int) {
	for _, s := range sockets {
		n += s.Count
	}
	return n
}

func states(sockets []Socket) string {
	var names []string
	for _, s := range sockets {
		if !strings.Contains(strings.Join(names, " "), s.State) {
			names = append(names, s.State)
		}
	}
	return strings.Join(names, ", ")
}

// todo is what can be done, the likeliest first.
func (out *Report) todo() []Text {
	var do []Text
	add := func(en, zh string, args ...any) { do = append(do, say(en, zh, args...)) }
	switch out.Case {
	case NotLocal:
		add("Listen on an address of this machine%s, or on 0.0.0.0 or :: for all of them.", "监听本机的地址%s，或用 0.0.0.0 或 :: 监听全部地址。", list(out.Others))
		add("Is the name in your configuration resolved to another machine? Inside a container the host's address is not local.",
			"配置里的名字是否解析到了别的机器？在容器里，宿主机的地址不是本地地址。")
		return do
	case Privileged:
		add("Take a port from %d on and let a proxy or a redirect bring port %d to it.", "改用 %d 以上的端口，再用代理或端口转发把 %d 端口引过去。", out.Settings.UnprivilegedStart, out.Port)
		add("Or give the program the right: setcap cap_net_bind_service=+ep PROGRAM, or AmbientCapabilities= in its systemd unit; or lower net.ipv4.ip_unprivileged_port_start.",
			"或者授予权限：setcap cap_net_bind_service=+ep 程序，或 systemd 单元里的 AmbientCapabilities=；或者调低 net.ipv4.ip_unprivileged_port_start。")
		return do
	}
	if out.Verdict == Free {
		return out.todoFree()
	}
	do = append(do, out.todoOptions()...)
	do = append(do, out.todoHolders()...)
	if out.Case == Client && out.Settings.Ephemeral && !out.Settings.Reserved {
		do = append(do, out.todoReserve())
	}
	switch p := out.Passes; {
	case p == nil || !p.Timed:
	case p.Longer:
		add("Wait: %s, and longer if the other end answers meanwhile (fourwave why %d --watch waits for you).",
			"等待：从现在起 %s；如果对端在此期间有回应，还会更久（fourwave why %d --watch 会替你等）。", round(p.After+timerSlack), out.Port)
	default:
		add("Wait: %s at most, counted from now (fourwave why %d --watch waits for you).", "等待：从现在起最多 %s（fourwave why %d --watch 会替你等）。", round(p.After+timerSlack), out.Port)
	}
	if free := out.freeOthers(); free != "" {
		add("Listen on another address: %s can be had.", "换一个地址监听：%s 可用。", free)
	}
	if out.Nearby != 0 {
		add("Take another port: nothing has %d.", "换一个端口：%d 没有人占用。", out.Nearby)
	}
	return do
}

// timerSlack is by how much the kernel's timers of more than 16 s may be late at HZ=250; measured: 60.0 to 62.1 s.
const timerSlack = 2100 * time.Millisecond

func (out *Report) todoFree() []Text {
	switch {
	case out.Settings.Ephemeral && !out.Settings.Reserved:
		return []Text{out.todoReserve()}
	case out.Case == Elsewhere:
		p := out.Spaces[0]
		return []Text{say("To look there: nsenter -t %d -n fourwave why %d.", "要看那里的情况：nsenter -t %d -n fourwave why %d。", p.PID, out.Port)}
	}
	return nil
}

// todoReserve says how to keep a port of the ephemeral range for a server.
func (out *Report) todoReserve() Text {
	set := out.Settings
	return say("For a server, take a port outside of the ephemeral range %d-%d, or reserve this one: sysctl net.ipv4.ip_local_reserved_ports=%s.",
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
			do = append(do, say("Set %s on the new socket before bind: the old one has it, so that is enough now.", "在 bind 之前给新套接字设置 %s：旧套接字已经有它，现在这样就够了。", name))
		case p.Result == "depends" && p.ReuseAddr && !asked && !out.ownerless():
			do = append(do, say("Set %s on the new socket before bind. It helps only if the old socket has it too, which rights hide: ask again with more, or try it (--reuseaddr --try).",
				"在 bind 之前给新套接字设置 %s。只有旧套接字也有它才有用，而权限不足，看不到：请用更高的权限再问一次，或试一下（--reuseaddr --try）。", name))
		case p.Result == "depends" && p.ReuseAddr && !asked:
			do = append(do, say("Set %s on the new socket before bind. It helps only if the old listener had it when the connection was made; if it had not, nothing but waiting helps this once. Set it in the program for good, and the next restart will work.",
				"在 bind 之前给新套接字设置 %s。只有旧的监听套接字在连接建立时也设置过，它才有用；否则这一次只能等。在程序里一直设置它，下次重启就没有问题。", name))
		case p.Result == "depends" && asked:
			do = append(do, say("Try it: fourwave why %d --%s --try makes a real bind, which tells whether the old socket had %s.",
				"试一下：fourwave why %d --%s --try 会真的 bind 一次，由此可知旧套接字有没有 %s。", out.Port, strings.ToLower(strings.TrimPrefix(name, "SO_")), name))
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
				do = append(do, say("Mend or restart %s: it must close its connections when it reads the end of file.", "修复或重启 %s：读到文件结束时它必须关闭连接。", p))
			case Client:
				do = append(do, say("Wait until %s has ended its connection, or end it.", "等 %s 结束它的连接，或者结束它。", p))
			default:
				do = append(do, say("Stop %s, or let it close the socket.", "停止 %s，或让它关闭这个套接字。", p))
			}
		}
		if len(s.Processes) == 0 && s.Hidden && !seen[-s.UID-1] {
			seen[-s.UID-1] = true // as a user, not as a process
			as := Text{"root", "root"}
			if s.UID > 0 {
				as = say("root or as the user %s", "root 或用户 %s", s.User)
			}
			do = append(do, say("Ask again as %s to see which process it is.", "以 %s 的身份再问一次，就能看到是哪个进程。", as))
		}
	}
	return do
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
