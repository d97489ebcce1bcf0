package doctor

import (
	"fmt"
	"strings"
	"time"
)

// say makes a text of two formats with the same arguments; a Text among them is given in the
// language of the format.
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
	return Text{En: fmt.Sprintf(en, in("en")...), Zh: fmt.Sprintf(zh, in("zh")...)}
}

// answer is the first thing to say: whether it can be bound, who keeps it, and how that is to be
// understood.
func (out *Report) answer() Text {
	t := out.verdict()
	if k := out.Keeper; k != nil && k.Text.En != "" {
		t = say("%s %s", "%s%s", t, k.Text)
	}
	if note := out.remark(); note.En != "" {
		t = say("%s %s", "%s%s", t, note)
	}
	return t
}

// remark is what the queues and timers of the first socket tell.
func (out *Report) remark() Text {
	these := out.ofCase()
	if len(these) == 0 || out.Case == NotLocal || out.Case == Privileged {
		return Text{}
	}
	switch s := these[0]; {
	case s.State == "LISTEN" && s.full():
		return say("Its accept queue is full (%d waiting, backlog %d): the program does not accept, and new "+
			"connections time out.",
			"它的 accept 队列已满（%d 个在等，backlog %d）：程序没有 accept，新的连接会超时。", s.RecvQ, s.SendQ)
	case s.State == "FIN-WAIT-2" && !s.Orphan:
		return Text{En: "It shut down its sending side and never closed: there is no timer and no limit.",
			Zh: "它关闭了发送方向却一直没有 close：没有定时器，也没有期限。"}
	case s.State == "CLOSE-WAIT" && s.RecvQ > 1 && !s.Waiting:
		return say("There are %s it has not read (Recv-Q).", "还有%s它没有读（Recv-Q）。",
			several(s.RecvQ-1, "a byte", "bytes", "字节"))
	case s.Timer == ProbeTimer:
		return say("The other end's window is closed: it is alive and does not read; %s wait in the Send-Q.",
			"对端的窗口已关闭：它还活着但不读取；Send-Q 里还有%s。",
			several(s.SendQ, "one byte", "bytes", "字节"))
	case s.Timer == RetransmitTimer && s.Retrans > 0:
		return say("The other end does not answer: %s so far.", "对端没有回应：到目前为止重传了%s。",
			several(s.Retrans, "one retransmission", "retransmissions", "次"))
	}
	return Text{}
}

// full reports whether a listener's accept queue has no room (sk_acceptq_is_full).
func (s *Socket) full() bool { return s.State == "LISTEN" && s.RecvQ > s.SendQ }

// verdict is whether it can be bound, and what it is about.
func (out *Report) verdict() Text {
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
		return say("Ports below %d need the right CAP_NET_BIND_SERVICE, which this user does not have; whether "+
			"somebody has the port was not even asked.",
			"小于 %d 的端口需要 CAP_NET_BIND_SERVICE 权限，而当前用户没有；此时根本还没有检查端口是否被占用。",
			set.UnprivilegedStart)
	case Shared:
		return out.shared()
	case NothingAtAll, EphemeralRange:
		if out.System != "" && !out.own {
			return Text{En: "That output has nothing on it.", Zh: "那份输出里没有任何套接字占用它。"}
		}
	}
	switch out.Case {
	case Elsewhere:
		return say("Nothing has it in this network namespace; something has in %s, which does not matter here.",
			"本网络命名空间里没有任何套接字占用它；另外%s里有，但与这里无关。", several(len(out.Spaces), "another one",
				"other ones", "命名空间"))
	case ReservedRange:
		return say("Nothing has it. It is reserved (ip_local_reserved_ports): the kernel gives it to nobody who "+
			"does not ask for it by number.",
			"没有任何套接字占用它。它是保留端口（ip_local_reserved_ports）：除非按端口号明确索取，"+
				"内核不会分配给任何人。")
	case EphemeralRange:
		return say("Nothing has it now. It lies in the ephemeral range %d-%d: any outgoing connection may get it "+
			"in the next moment.",
			"目前没有任何套接字占用它。它在临时端口范围 %d-%d 之内：下一刻任何一个向外的连接都可能拿到它。",
			set.EphemeralLow, set.EphemeralHigh)
	case NothingAtAll:
		if out.Protocol == UDP {
			return Text{En: "No UDP socket has it.", Zh: "没有 UDP 套接字占用它。"}
		}
		return say("Nothing has it: no listener, no bound socket, no connection, no TIME-WAIT.",
			"没有任何套接字占用它：没有监听，没有绑定，没有连接，也没有 TIME-WAIT。")
	}
	return out.blocked()
}

func (out *Report) shared() Text {
	why := Text{}
	if out.Why != nil {
		why = out.Why.Text
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
		verb := Text{En: "listens on", Zh: "正在监听"}
		if len(s.Processes)+s.More > 1 {
			verb.En = "listen on"
		}
		return say("%s %s %s.", "%s%s %s。", s.who(), verb, s.Local)
	case UDPSocket:
		return say("%s has %s on UDP.", "%s 占用 UDP 上的 %s。", s.who(), s.Local)
	case AcceptQueue:
		return say("%s here %s in the accept queue (%s): the program has not accepted yet, so it is no leak.",
			"这里有%s%s在 accept 队列里（%s）：程序还没有 accept，所以不是泄漏。", connections(n), plural(n, "waits",
				"wait", ""), states(these))
	case OtherUser:
		return say("A process of the user %s listens on %s%s.", "用户 %s 的进程正在监听 %s%s。", s.User, s.Local,
			s.named())
	case DualStack:
		return out.dualStack(&s)
	case BoundOnly:
		return say("%s has bound %s and neither listens nor connects; most tools do not show such a socket.",
			"%s 绑定了 %s，但既没有监听也没有连接；多数工具不会显示这样的套接字。", s.who(), s.Local)
	case CloseWaitLeak:
		return say("%s has %s here in CLOSE-WAIT: the other end has closed, the process has not; what stays so is "+
			"a leak of descriptors.",
			"%s 在这里有%s处于 CLOSE-WAIT：对端已关闭，进程却没有关闭。如果一直这样，就是描述符泄漏。", s.who(),
			connections(n))
	case DeadListener, Child:
		return say("%s has %s here that came through a listener (%s, %s). A connection keeps its port after the "+
			"listener has gone.",
			"%s 在这里有%s是经由监听套接字建立的（%s，%s）。监听套接字消失后，连接仍占着端口。", s.who(),
			connections(n), states(these), s.Remote)
	case Client:
		if s.Self {
			return say("%s has it, as both ends of one connection.", "%s 占用它，同一个连接的两端都是它。", s.who())
		}
		return say("%s has it as its own end of an outgoing connection to %s; the kernel gave it out of the "+
			"ephemeral range %d-%d, or the program chose it.",
			"%s 用它作为向外连接 %s 的本端端口；它由内核从临时端口范围 %d-%d 中分配，或由程序自己选定。", s.who(),
			s.Remote, out.Settings.EphemeralLow, out.Settings.EphemeralHigh)
	case Orphan:
		return say("No process has it: the kernel still waits for the other end of %s that a process has closed "+
			"(orphan in %s)%s.",
			"没有进程占用它：有%s已被进程关闭（孤儿连接，%s），内核还在等待对端%s。", connections(n), states(these),
			remaining(out.Passes))
	}
	return say("No process has it: the kernel keeps %s in TIME-WAIT%s, because this end closed first.",
		"没有进程占用它：因为是本端先关闭，内核把%s保留在 TIME-WAIT%s。", several(n, "a closed connection",
			"closed connections", "已关闭的连接"), remaining(out.Passes))
}

// plural is the form of a verb for so many.
func plural(n int, one, many, zh string) Text {
	if n == 1 {
		return Text{En: one, Zh: zh}
	}
	return Text{En: many, Zh: zh}
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
	if p.After-p.Least > p.Least/20+timerSlack {
		return say(" for %s to %s more", "，还有 %s 到 %s", round(p.Least), round(p.After))
	}
	return say(" for %s more", "，还有 %s", round(p.Least))
}

// round is a duration as people count the end of TIME-WAIT down: in seconds.
func round(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// who names the processes that have the socket open, as the subject of a sentence.
func (s *Socket) who() Text {
	switch {
	case len(s.Processes) > 0:
		t := Text{En: s.Processes[0].String(), Zh: s.Processes[0].String()}
		if n := len(s.Processes) + s.More - 1; n == 1 && s.More == 0 {
			other := s.Processes[1].String()
			t = say("%s and %s", "%s 和 %s", t, other)
		} else if n > 0 {
			t = say("%s and %s", "%s 和另外%s", t, several(n, "another process", "other processes", "进程"))
		}
		return t
	case s.Orphan:
		return Text{En: "No process", Zh: "没有进程"}
	case s.pasted:
		return Text{En: "A process that this output does not name", Zh: "某个进程（这份输出没有列出）"}
	case s.UID >= 0 && s.denied:
		return say("A process of the user %s (rights hide which; %s names it)",
			"用户 %s 的某个进程（权限不足，看不到是哪个；%s 会列出）",
			s.User, s.asRoot())
	case s.UID >= 0:
		return say("A process of the user %s that is not to be seen from here (another pid namespace, or the kernel)",
			"用户 %s 的某个进程，从这里看不到（在别的 pid 命名空间里，或属于内核）", s.User)
	}
	return Text{En: "A process that cannot be seen", Zh: "某个看不到的进程"}
}

// named adds the process to a sentence that has its user already.
func (s *Socket) named() Text {
	switch {
	case len(s.Processes) == 0 && s.denied:
		return say("; rights hide which one: %s names it", "；权限不足，看不到是哪个进程：%s 会列出", s.asRoot())
	case len(s.Processes) == 0:
		return Text{En: "; rights hide which one", Zh: "；权限不足，看不到是哪个进程"}
	}
	return say(": %s", "：%s", s.Processes[0])
}

// asRoot is the command that names the process of a socket which rights hide.
func (s *Socket) asRoot() string {
	protocol := ""
	if s.Protocol == UDP {
		protocol = "/udp"
	}
	return fmt.Sprintf("sudo fourwave why %d%s", s.Local.Port(), protocol)
}

// several is a number of things as one says it: "a socket", "3 sockets"; "1 个套接字".
func several(n int, one, many, zh string) Text {
	en := one
	if n != 1 {
		en = fmt.Sprintf("%d %s", n, many)
	}
	return Text{En: en, Zh: fmt.Sprintf(" %d 个%s", n, zh)}
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
