package doctor

import (
	"cmp"
	"fmt"
	"slices"

	"fourwave/doctor/paste"
	"fourwave/fsm"
)

// backlog is what a listener's Send-Q is only in ss's output; elsewhere it is unknown, and no
// queue looks full.
func backlog(r *paste.Row, format string) int {
	if r.State == string(fsm.Listen) && (format != "ss" || r.SendQ < 0) {
		return 1 << 30
	}
	return r.SendQ
}

// find makes the list of what is wrong, worst first.
func (out *Overview) find() {
	for _, l := range out.FullQueues {
		out.found(90, "full-queue",
			say("%s: the accept queue is full (%d waiting, backlog %d): %s does not accept.",
				"%s：accept 队列已满（%d 个在等，backlog %d）：%s 没有 accept。",
				l.Local, l.Queued, l.Backlog, processText(l.Process, l.PID)),
			say("Look why %s does not call accept; a longer backlog (listen, net.core.somaxconn) only delays it.",
				"查明 %s 为什么不调用 accept；加大 backlog（listen、net.core.somaxconn）只能推迟问题。",
				processText(l.Process, l.PID)))
	}
	for _, p := range out.PortsLeft {
		out.findPorts(p)
	}
	for _, p := range out.CloseWait {
		out.findCloseWait(p)
	}
	for _, p := range out.FinWait2 {
		if p.Held > 0 {
			out.found(40, "fin-wait-2",
				say("%s in FIN-WAIT-2 to %s held by %s: it shut down and never closed, and there is no limit.",
					"到 %[2]s 的%[1]s处于 FIN-WAIT-2，由 %[3]s 持有：它关闭了发送方向却没有 close，没有期限。",
					several(p.Held, "One connection", "connections", "连接"), p.Peer, processText(p.Process, p.PID)),
				Text{En: "The program must close after shutdown, or set a limit of its own for the other end's FIN.",
					Zh: "程序在 shutdown 之后必须 close，或为对端的 FIN 自设时限。"})
		}
	}
	if out.MaxOrphans > 0 && out.Orphans*2 > out.MaxOrphans {
		out.found(60, "orphans",
			say("%d orphans of %d allowed (tcp_max_orphans): beyond that the kernel resets them.",
				"孤儿连接 %d 个，上限 %d（tcp_max_orphans）：超过后内核会直接重置。", out.Orphans, out.MaxOrphans),
			Text{En: "Lower tcp_orphan_retries or tcp_fin_timeout, or let the programs close when the other end has.",
				Zh: "调低 tcp_orphan_retries 或 tcp_fin_timeout，或让程序在对端关闭后再关闭。"})
	}
	slices.SortStableFunc(out.Findings, func(a, b Finding) int { return cmp.Compare(b.Weight, a.Weight) })
	out.Findings = out.Findings[:min(len(out.Findings), maxTold)]
}

func (out *Overview) found(weight int, kind string, text, do Text) {
	out.Findings = append(out.Findings, Finding{weight, kind, text, do})
}

func (out *Overview) findPorts(p PortsLeft) {
	if p.Left*10 > p.Used+p.Left {
		return
	}
	weight, next := 70, Text{}
	if p.Left == 0 {
		weight = 100
		if p.NextFree > 0 {
			next = say(" The next is free in %s.", "下一个在 %s 后空闲。", round(p.NextFree))
		}
	}
	out.found(weight, "ports",
		say("%d ephemeral ports are left toward %s: %d are used, %d of them in TIME-WAIT.%s",
			"到 %[2]s 还剩 %[1]d 个临时端口：已用 %[3]d 个，其中 %[4]d 个处于 TIME-WAIT。%[5]s",
			p.Left, p.To, p.Used, p.TimeWait, next),
		Text{En: "Keep connections open and use them again; connect from more addresses; set " +
			"IP_BIND_ADDRESS_NO_PORT where the source address is bound; net.ipv4.tcp_tw_reuse=1; a wider " +
			"ip_local_port_range.",
			Zh: "保持连接并重复使用；从更多地址发起连接；绑定源地址时设置 IP_BIND_ADDRESS_NO_PORT；" +
				"net.ipv4.tcp_tw_reuse=1；放宽 ip_local_port_range。"})
}

func (out *Overview) findCloseWait(p ByProcess) {
	leaked := p.Count - p.Queued
	if leaked == 0 || p.Oldest > 0 && p.Oldest < staleFor && leaked < 100 {
		return
	}
	since, growing, unread := Text{}, Text{}, Text{}
	if p.Oldest > 0 {
		since = say(", the oldest since %s", "，最久的已有 %s", round(p.Oldest))
	}
	if p.Recent > 0 && p.Recent < p.Count {
		growing = say(", growing: %d within the last minute", "，还在增加：最近一分钟内 %d 个", p.Recent)
	}
	if p.Unread > 0 {
		unread = say("; up to %s unread", "；最多还有%s未读", several(p.Unread, "one byte is", "bytes are", "字节"))
	}
	out.found(50+min(leaked/100, 15), "close-wait",
		say("%s has %s in CLOSE-WAIT%s%s%s.", "%s 有%s处于 CLOSE-WAIT%s%s%s。", processText(p.Process, p.PID),
			several(leaked, "a connection", "connections", "连接"), since, growing, unread),
		Text{En: "The program must close a connection when it reads the end of file; until it is mended, only its " +
			"end frees them.", Zh: "程序读到文件结束时必须关闭连接；修复之前，只有结束它才能释放。"})
}

// processText names a process, if it is known.
func processText(name string, pid int) Text {
	switch {
	case pid == 0 && name == "":
		return Text{En: "a process that cannot be seen", Zh: "某个看不到的进程"}
	case name == "":
		s := fmt.Sprintf("pid %d", pid)
		return Text{En: s, Zh: s}
	case pid == 0:
		return Text{En: name, Zh: name}
	}
	s := fmt.Sprintf("%s (pid %d)", name, pid)
	return Text{En: s, Zh: s}
}
