package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// KeeperKind is how a port is kept, where that is more than a process with a socket.
type KeeperKind string

// The kinds of keepers.
const (
	SocketUnit     KeeperKind = "socket-unit" // systemd, or another activator, listens for a service
	Service        KeeperKind = "service"     // the process is a systemd service
	InContainer    KeeperKind = "container"   // a container publishes the port, or runs the process
	InNamespace    KeeperKind = "namespace"   // the socket is in another network namespace
	Supervised     KeeperKind = "supervisor"  // pm2 and the like start the process again
	Inherited      KeeperKind = "inherited"   // a program inherited the descriptor: close-on-exec was missing
	Workers        KeeperKind = "workers"     // several processes of one program share the socket
	SharedPort     KeeperKind = "shared"      // several sockets share the port by SO_REUSEPORT
	Itself         KeeperKind = "itself"      // a connection with itself
	OutgoingClient KeeperKind = "client"      // the local end of an outgoing connection
	StoppedProcess KeeperKind = "stopped"     // the process is stopped (Ctrl-Z)
	ReservedPort   KeeperKind = "reserved"    // a privileged or reserved port
	Fourwave       KeeperKind = "fourwave"    // a server of this program
)

// Keeper is the reason a port stays taken, and the command that frees it.
type Keeper struct {
	Kind    KeeperKind
	Name    string // a unit, a container, a program, …
	Command string // what ends it; "" if nothing has to be or can be ended
	Text    Text   // one sentence for the answer
	Do      Text   // one thing to do
}

// kept is what others know of the port: systemd, the container runtimes, our own cgroup.
type kept struct {
	unit, activates string      // a systemd socket unit for the port
	userUnit        bool        // of the user's own systemd
	published       *Container  // which publishes the port
	containers      []Container // running ones
	suspects        []Process   // where rights hide the owner: who it probably is, by its command line
	ownUnit         string      // the asking process's
	ownContainer    string
	InContainer     bool   // the asker runs in a container
	Hostname        string // of that container
}

// Container is a running container.
type Container struct {
	ID, Name, Image string
	Runtime         string // docker or podman
	Ports           []uint16
}

// String is the container's name and image.
func (c *Container) String() string {
	if c.Image == "" {
		return c.Name
	}
	return c.Name + " (" + c.Image + ")"
}

// inquiry is what a keeper is looked for in.
type inquiry struct {
	*Report
	kept
	these []Socket  // what the answer is about
	procs []Process // of the first of them
}

// keeper recognises the keeper of the port; the most specific kind wins.
func (out *Report) keeper(k kept) *Keeper {
	in := inquiry{Report: out, kept: k}
	in.these = out.ofCase()
	if len(in.these) > 0 {
		in.procs = in.these[0].Processes
	}
	for _, find := range []func() *Keeper{
		in.reserved, in.httpSys, in.itself, in.own, in.stopped, in.socketUnit, in.publishedPort, in.inContainer,
		in.first,
		in.elsewhere, in.sharers, in.inherited, in.workers, in.supervised, in.service, in.client, in.suspected,
	} {
		if found := find(); found != nil {
			return found
		}
	}
	return nil
}

// ofCase are the sockets that the answer is about.
func (out *Report) ofCase() (these []Socket) {
	blockers := out.blockers()
	if len(blockers) == 0 {
		return out.Sockets
	}
	for _, s := range blockers {
		if s.Case == out.Case {
			these = append(these, s)
		}
	}
	return these
}

func (in *inquiry) reserved() *Keeper {
	switch in.Case {
	case Privileged:
		return &Keeper{Kind: ReservedPort,
			Name:    "ip_unprivileged_port_start=" + strconv.Itoa(in.Settings.UnprivilegedStart),
			Command: fmt.Sprintf("sysctl -w net.ipv4.ip_unprivileged_port_start=%d", in.Port)}
	case ReservedRange:
		return &Keeper{Kind: ReservedPort, Name: "ip_local_reserved_ports=" + in.Settings.ReservedPorts}
	}
	return nil
}

func (in *inquiry) itself() *Keeper {
	if len(in.these) == 0 || !in.these[0].Self {
		return nil
	}
	k := &Keeper{Kind: Itself,
		Text: say("It is connected with itself: %s is both ends. A program connected to a port nobody listened "+
			"on, and the kernel had given it that very port as its own.",
			"它连接的是它自己：%s 就是连接的两端。程序连接一个没有人监听的端口，而内核分给它的本端端口恰好就是这个。",
			in.these[0].Local)}
	if len(in.procs) > 0 {
		k.Name, k.Command = in.procs[0].Name, kill(in.procs...)
		k.Do = say("End the connection with itself, then start the server: %s", "结束这个自连接，再启动服务器：%s",
			k.Command)
	} else {
		k.Do = Text{En: "Wait: its TIME-WAIT ends by itself.", Zh: "等待：它的 TIME-WAIT 会自己结束。"}
	}
	return k
}

func (in *inquiry) own() *Keeper {
	for _, p := range in.procs {
		if p.Own {
			return &Keeper{Kind: Fourwave, Name: p.Name, Command: kill(p),
				Text: Text{En: "It is a fourwave server.", Zh: "它是 fourwave 自己的服务器。"},
				Do: say("Use the one that runs, or end it: %s; or give this one another port: fourwave --listen "+
					"127.0.0.1:%d", "使用正在运行的那个，或结束它：%s；或换一个端口：fourwave --listen 127.0.0.1:%d",
					kill(p), cmp.Or(in.Nearby, 7866))}
		}
	}
	return nil
}

func (in *inquiry) stopped() *Keeper {
	if len(in.procs) == 0 || slices.ContainsFunc(in.procs, func(p Process) bool { return !p.Stopped && !p.Traced }) {
		return nil
	}
	p := in.procs[0]
	k := &Keeper{Kind: StoppedProcess, Name: p.Name, Command: fmt.Sprintf("kill %d; kill -CONT %d", p.PID, p.PID)}
	if p.Traced {
		k.Text = say("%s is stopped by a debugger, and keeps its sockets.", "%s 被调试器停住了，它的套接字仍然保留。",
			p)
		k.Do = say("Let it go on in the debugger, or end it there.", "在调试器里让它继续，或在那里结束它。")
		return k
	}
	k.Text = say("%s is stopped (Ctrl-Z, SIGTSTP or SIGSTOP): it runs no more and keeps its sockets.",
		"%s 已停止（Ctrl-Z，SIGTSTP 或 SIGSTOP）：它不再运行，但仍占着套接字。", p)
	k.Do = say("Type fg in the shell it was started from, and end it there; or: %s",
		"在启动它的 shell 里输入 fg，再在那里结束它；或者：%s", k.Command)
	return k
}

// socketUnit: systemd, or a small launcher in its way, listens on behalf of a service.
func (in *inquiry) socketUnit() *Keeper {
	i := slices.IndexFunc(in.procs, Process.activator)
	activated := slices.IndexFunc(in.procs, func(p Process) bool { return p.Activated })
	if i < 0 && activated < 0 {
		return nil
	}
	k := &Keeper{Kind: SocketUnit, Name: in.unit}
	if i < 0 || strings.HasPrefix(in.procs[max(i, 0)].Name, "systemd-socket") {
		p := in.procs[max(i, 0)]
		k.Name, k.Command = cmp.Or(p.SocketName, in.unit, "systemd-socket-activate"), kill(in.procs...)
		k.Text = say("The socket was made for it by a socket activator (LISTEN_FDS), as systemd's socket units do.",
			"这个套接字是由套接字激活器（LISTEN_FDS）代为创建的，与 systemd 的 socket 单元一样。")
		if u := in.foreignUnit(p); u != "" {
			name := cmp.Or(in.unit, p.SocketName, strings.TrimSuffix(u, ".service")+".socket")
			k.Name, k.Command = name, systemctl(p.UserUnit)+" stop "+name+" "+u
		}
		k.Do = say("End it: %s", "结束它：%s", k.Command)
		return k
	}
	user := in.userUnit || !in.procs[i].First
	stop := systemctl(user) + " stop "
	if k.Name == "" {
		k.Command = fmt.Sprintf("%s list-sockets | grep %d", systemctl(user), in.Port)
		k.Text = Text{En: "It is systemd itself: a socket unit listens, and its service starts with the first " +
			"connection. To stop that service does not free the port.",
			Zh: "这是 systemd 本身：某个 socket 单元在监听，第一个连接到来时才启动服务。停掉那个服务并不会释放端口。"}
		k.Do = say("Find the unit's name with %s, then stop the unit: %sNAME.socket",
			"先用 %s 查出单元名，再停掉它：%sNAME.socket", k.Command, stop)
		return k
	}
	k.Command = strings.TrimSpace(stop + k.Name + " " + in.activates)
	k.Text = say("It is systemd itself, for the socket unit %s: the service starts with the first connection, and "+
		"to stop only the service does not free the port.",
		"这是 systemd 本身，为 socket 单元 %s 监听：第一个连接到来时才启动服务，只停服务并不会释放端口。", k.Name)
	k.Do = say("Stop the socket unit: %s", "停掉这个 socket 单元：%s", k.Command)
	return k
}

func systemctl(user bool) string {
	if user {
		return "systemctl --user"
	}
	return "systemctl"
}

// activator reports whether a process is systemd, or listens for others as systemd does.
func (p Process) activator() bool {
	switch name, _, _ := strings.Cut(p.Name, " "); name {
	case "systemd":
		return p.First || p.PID == 1 || strings.Contains(p.Command, "--user")
	case "init":
		return p.PID == 1 && strings.Contains(p.Command, "systemd")
	default:
		return strings.HasPrefix(name, "systemd-socket")
	}
}

// foreignUnit is a process's service, unless the asker is in the same: what would end that would
// end the asker too.
func (in *inquiry) foreignUnit(p Process) string {
	if p.Unit == in.ownUnit {
		return ""
	}
	return p.Unit
}

func (in *inquiry) client() *Keeper {
	if len(in.these) == 0 || in.Verdict == Free {
		return nil
	}
	s := in.these[0]
	if s.Case != Client && (s.State != "SYN-SENT") {
		return nil
	}
	k := &Keeper{Kind: OutgoingClient}
	if len(in.procs) > 0 {
		k.Name, k.Command = in.procs[0].Name, kill(in.procs...)
		k.Do = say("Wait until %s has ended its connection, or end it: %s", "等 %s 结束它的连接，或者结束它：%s",
			in.procs[0], k.Command)
	}
	return k
}

// suspected is the process that probably has the port, where permissions hide its descriptors.
func (in *inquiry) suspected() *Keeper {
	if len(in.suspects) == 0 {
		return nil
	}
	p := in.suspects[0]
	return &Keeper{Name: p.Name,
		Text: say("Rights hide who it is; by its command line it is probably %s.",
			"权限不足，看不到是谁；从命令行看，很可能是 %s。", p),
		Do: say("Ask again as root to be sure.", "以 root 身份再问一次以确认。")}
}

// kill is the command that ends processes. Process 1 is not among them.
func kill(procs ...Process) string {
	var all []string
	for _, p := range procs {
		if p.PID > 1 {
			all = append(all, strconv.Itoa(p.PID))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return killOn(procs[0].System, all)
}

// pids names processes by number: "pid 12", "pids 12, 13".
func pids(procs []Process) string {
	var all []string
	for _, p := range procs {
		all = append(all, strconv.Itoa(p.PID))
	}
	if len(all) == 1 {
		return "pid " + all[0]
	}
	return "pids " + strings.Join(all, ", ")
}
