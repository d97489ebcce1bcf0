package doctor

import (
	"fmt"
	"slices"
)

// sharers are several sockets with SO_REUSEPORT.
func (in *inquiry) sharers() *Keeper {
	if len(in.these) == 0 || in.these[0].State != "LISTEN" || in.these[0].ReusePort != Yes || len(in.procs) == 0 {
		return nil
	}
	s := in.these[0]
	if in.Verdict != Free && (s.Count < 2 || !s.split) {
		return nil
	}
	k := &Keeper{Kind: SharedPort, Name: in.procs[0].Name, Command: kill(in.procs...)}
	if in.Verdict == Free {
		k.Text = say("Both may listen, and requests will be split with %s: the kernel gives each new connection "+
			"to one of them.",
			"双方都可以监听，请求将与 %s 分摊：内核把每个新连接分给其中一个。", pids(in.procs))
		k.Do = say("If all requests are to come here, end the other: %s", "如果希望所有请求都到这里，请结束另一个：%s",
			k.Command)
		return k
	}
	k.Text = say("%s share the port by SO_REUSEPORT: requests are split among %s.",
		"%s 通过 SO_REUSEPORT 共用这个端口：请求在 %s 之间分摊。",
		several(s.Count, "One socket", "sockets", "套接字"), pids(in.procs))
	k.Do = say("Set SO_REUSEPORT to share it as well (requests will be split), or end them all: %s",
		"也设置 SO_REUSEPORT 来共用（请求会被分摊），或全部结束：%s", k.Command)
	return k
}

// inherited: a program has a listener open that another one made.
func (in *inquiry) inherited() *Keeper {
	if len(in.these) == 0 || len(in.procs) == 0 || in.these[0].split {
		return nil
	}
	heir := slices.IndexFunc(in.procs, func(p Process) bool { return p.Heir })
	if heir < 0 && !slices.ContainsFunc(in.procs, func(p Process) bool { return p.Name != in.procs[0].Name }) {
		return nil
	}
	order := slices.Clone(in.procs)
	slices.SortStableFunc(order, func(a, b Process) int {
		switch {
		case b.descends(a.PID):
			return -1
		case a.descends(b.PID):
			return 1
		}
		return 0
	})
	child := order[len(order)-1]
	if heir >= 0 {
		child = in.procs[heir]
	}
	k := &Keeper{Kind: Inherited, Name: child.Name, Command: kill(order...)}
	if len(order) == 1 {
		from := Text{En: "the program that started it", Zh: "启动它的程序"}
		if len(child.Parents) > 0 {
			p := fmt.Sprintf("%s (pid %d)", child.Parents[0].Name, child.Parents[0].PID)
			from = Text{En: p, Zh: p}
		}
		k.Text = say("It inherited the socket, which another program made: close-on-exec (FD_CLOEXEC) was "+
			"missing. Its parent is %s.",
			"它是继承来的：套接字由另一个程序创建，缺少 close-on-exec（FD_CLOEXEC）。它的父进程是 %s。", from)
		k.Do = say("End the heir: %s; and let the program that made the socket set FD_CLOEXEC (SOCK_CLOEXEC).",
			"结束继承者：%s；并让创建套接字的程序设置 FD_CLOEXEC（SOCK_CLOEXEC）。", k.Command)
		return k
	}
	k.Text = say("%s have the same socket open: %s inherited it, because close-on-exec (FD_CLOEXEC) was missing. "+
		"The port is free only when all have closed it.",
		"%s打开着同一个套接字：%s 是继承来的，因为缺少 close-on-exec（FD_CLOEXEC）。全部关闭后端口才会空闲。",
		several(len(order)+in.these[0].More, "One process", "processes", "进程"), child)
	k.Do = say("End all that have it open: %s", "结束所有打开它的进程：%s", k.Command)
	return k
}

// descends reports whether a process was started by another, at whatever distance.
func (p Process) descends(pid int) bool {
	return slices.ContainsFunc(p.Parents, func(q Parent) bool { return q.PID == pid })
}

// workers are several processes of one program that share a socket, as servers that fork beforehand
// do.
func (in *inquiry) workers() *Keeper {
	if len(in.procs) < 2 || in.these[0].split {
		return nil
	}
	n := len(in.procs) + in.these[0].More
	k := &Keeper{Kind: Workers, Name: in.procs[0].Name}
	master := slices.IndexFunc(in.procs, func(p Process) bool {
		return slices.ContainsFunc(in.procs,
			func(q Process) bool { return len(q.Parents) > 0 && q.Parents[0].PID == p.PID })
	})
	parent, common := in.commonParent()
	switch {
	case master >= 0:
		p := in.procs[master]
		k.Name, k.Command = p.Name, kill(p)
		k.Text = say("%s share the socket: workers that forked from their parent, pid %d, which would start "+
			"others in their place.",
			"%s共用这个套接字：它们是由父进程 pid %d 派生的工作进程，单独结束会被父进程补上。", several(n,
				"One process", "processes", "进程"), p.PID)
		k.Do = say("Stop the parent: %s", "停止父进程：%s", k.Command)
		if stop := in.stopOf(p); stop != "" {
			k.Command = stop
			k.Do = say("Stop the parent: %s", "停止父进程：%s", stop)
		}
	case common && parent.Name == k.Name && parent.PID > 1:
		k.Command = fmt.Sprintf("kill %d", parent.PID)
		k.Text = say("%s share the socket: workers of their parent %s (pid %d).",
			"%s共用这个套接字：它们是父进程 %s（pid %d）的工作进程。",
			several(n, "One process", "processes", "进程"), parent.Name, parent.PID)
		k.Do = say("Stop the parent: %s", "停止父进程：%s", k.Command)
	default:
		k.Command = kill(in.procs...)
		k.Text = say("%s share the socket: workers of a server that itself no longer has it open; the port is "+
			"free when the last has gone.",
			"%s共用这个套接字：它们是某个服务器的工作进程，而那个服务器自己已不再打开它；最后一个退出后端口才会空闲。",
			several(n, "One process", "processes", "进程"))
		if common && parent.PID > 1 {
			k.Text = say("%s share the socket: workers of their parent %s (pid %d), which itself no longer has it "+
				"open; the port is free when the last has gone.",
				"%s共用这个套接字：它们是父进程 %s（pid %d）的工作进程，父进程自己已不再打开它；"+
					"最后一个退出后端口才会空闲。", several(n, "One process", "processes",
					"进程"), parent.Name, parent.PID)
		}
		k.Do = say("End all of them: %s", "全部结束：%s", k.Command)
	}
	return k
}

// commonParent is the process that started them all.
func (in *inquiry) commonParent() (p Parent, ok bool) {
	for i, q := range in.procs {
		if len(q.Parents) == 0 || i > 0 && q.Parents[0] != p {
			return p, false
		}
		p = q.Parents[0]
	}
	return p, len(in.procs) > 0
}
