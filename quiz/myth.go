package quiz

import "slices"

// Myth is a misconception: what a student may think, how it thinks a run goes, and what refutes it.
type Myth struct {
	ID      string
	Claim   Text   // what the student thinks
	Truth   Text   // what is so instead
	Twin    Text   // the opposite of Claim, as short as it
	Refuted string // id of the experiment in the library that tells the two apart
	Topics  []string
	TrueOn  []string // systems on which the claim is right, so that it is no misconception there
}

// holds reports whether the claim is true of a system.
func (m *Myth) holds(system string) bool { return slices.Contains(m.TrueOn, system) }

// MythByID finds a misconception.
func MythByID(id string) (*Myth, bool) {
	i := slices.IndexFunc(Myths, func(m Myth) bool { return m.ID == id })
	if i < 0 {
		return nil, false
	}
	return &Myths[i], true
}

// Myths is the register. A row's id is never used for another claim.
var Myths = []Myth{
	{"tw-fin-timeout",
		Text{En: "TIME-WAIT lasts as long as tcp_fin_timeout says", Zh: "TIME-WAIT 的时长由 tcp_fin_timeout 决定"},
		Text{
			En: "on Linux TIME-WAIT lasts 60 s, fixed at compile time (TCP_TIMEWAIT_LEN); tcp_fin_timeout bounds an orphan's FIN-WAIT-2",
			Zh: "Linux 的 TIME-WAIT 固定为 60 秒（编译时常量 TCP_TIMEWAIT_LEN）；tcp_fin_timeout 限制的是孤儿套接字的 FIN-WAIT-2",
		},
		Text{En: "TIME-WAIT lasts 60 s whatever tcp_fin_timeout says", Zh: "无论 tcp_fin_timeout 是多少，TIME-WAIT 都持续 60 秒"},
		"fin-timeout", []string{"time-wait", "timers"}, nil},
	{"tw-240",
		Text{En: "TIME-WAIT always lasts 2 × 2 minutes", Zh: "TIME-WAIT 总是持续 2 × 2 分钟"},
		Text{
			En: "RFC 9293 takes MSL as 2 minutes; systems choose their own 2MSL, Linux 60 s",
			Zh: "RFC 9293 取 MSL 为 2 分钟；各系统自定 2MSL，Linux 是 60 秒",
		},
		Text{En: "TIME-WAIT need not last 2 × 2 minutes", Zh: "TIME-WAIT 不一定持续 2 × 2 分钟"},
		"wait-it-out", []string{"time-wait", "timers"}, []string{"rfc9293"}},
	{"tw-gone-with-process",
		Text{En: "once the process has exited, its port is free", Zh: "进程退出之后，它的端口就空闲了"},
		Text{
			En: "the kernel keeps the connection until its close is complete, and then in TIME-WAIT, with no process behind it",
			Zh: "内核会保留连接直到关闭完成，之后还要保留 TIME-WAIT，背后没有任何进程",
		},
		Text{En: "after the process has exited, its port may stay taken", Zh: "进程退出之后，它的端口可能仍被占用"},
		"plain-restart", []string{"time-wait", "bind"}, nil},
	{"listener-waits",
		Text{En: "it is the listening socket that is in TIME-WAIT", Zh: "处于 TIME-WAIT 的是监听套接字"},
		Text{
			En: "a listening socket has no connection to wait for; TIME-WAIT belongs to each accepted connection",
			Zh: "监听套接字没有连接，不会等待；处于 TIME-WAIT 的是每个已接受的连接",
		},
		Text{En: "it is an accepted connection that is in TIME-WAIT", Zh: "处于 TIME-WAIT 的是已接受的连接"},
		"listener-does-not-wait", []string{"time-wait"}, nil},
	{"last-closer-waits",
		Text{En: "the end that closes last waits", Zh: "后关闭的一端进入 TIME-WAIT"},
		Text{
			En: "the end that closes first waits; the other one ends with LAST-ACK",
			Zh: "先关闭的一端进入 TIME-WAIT；另一端经 LAST-ACK 结束",
		},
		Text{En: "the end that closes first waits", Zh: "先关闭的一端进入 TIME-WAIT"},
		"client-closes-first", []string{"close", "time-wait"}, nil},
	{"both-wait",
		Text{En: "both ends go through TIME-WAIT", Zh: "两端都会进入 TIME-WAIT"},
		Text{
			En: "only the end that closes first waits, both only when their FINs cross",
			Zh: "只有先关闭的一端进入 TIME-WAIT；只有双方的 FIN 交错时两端才都进入",
		},
		Text{En: "in an orderly close one end alone goes through TIME-WAIT", Zh: "先后正常关闭时，只有一端进入 TIME-WAIT"},
		"orderly-close", []string{"close", "time-wait"}, nil},
	{"new-suffices",
		Text{En: "SO_REUSEADDR on the new socket is enough", Zh: "只要新套接字设置 SO_REUSEADDR 就够了"},
		Text{En: "on Linux both sockets must have the option", Zh: "在 Linux 上新旧两个套接字都必须有这个选项"},
		Text{En: "SO_REUSEADDR on the new socket is not enough", Zh: "只在新套接字上设置 SO_REUSEADDR 是不够的"},
		"reuse-new-only", []string{"bind", "options"}, []string{"freebsd", "macos"}},
	{"reuse-tw-only",
		Text{
			En: "SO_REUSEADDR lets a bind pass over TIME-WAIT and over nothing else",
			Zh: "SO_REUSEADDR 只允许越过 TIME-WAIT，对其他状态无效",
		},
		Text{
			En: "with the option on both sockets Linux lets any state but LISTEN pass",
			Zh: "双方都有该选项时，Linux 允许越过除 LISTEN 以外的任何状态",
		},
		Text{En: "SO_REUSEADDR lets a bind pass over any state but LISTEN", Zh: "SO_REUSEADDR 允许越过除 LISTEN 以外的任何状态"},
		"over-established", []string{"bind", "options"}, nil},
	{"reuse-everything",
		Text{
			En: "SO_REUSEADDR lets any two sockets share a port, listening ones too",
			Zh: "SO_REUSEADDR 让任意两个套接字共用端口，监听套接字也行",
		},
		Text{
			En: "SO_REUSEADDR never lets two sockets listen on overlapping addresses",
			Zh: "SO_REUSEADDR 永远不允许两个套接字监听重叠的地址",
		},
		Text{En: "SO_REUSEADDR does not let two sockets listen", Zh: "SO_REUSEADDR 不允许两个套接字同时监听"},
		"over-established", []string{"bind", "options"}, nil},
	{"port-stronger",
		Text{En: "SO_REUSEPORT includes SO_REUSEADDR", Zh: "SO_REUSEPORT 包含 SO_REUSEADDR 的作用"},
		Text{
			En: "each option counts only when both sockets have that one; a mixed pair is refused",
			Zh: "每个选项只有双方都具备时才算数；一方一个不算",
		},
		Text{En: "SO_REUSEPORT does not stand in for SO_REUSEADDR", Zh: "SO_REUSEPORT 不能代替 SO_REUSEADDR"},
		"reuseport-is-not-stronger", []string{"bind", "options"}, nil},
	{"port-whole",
		Text{En: "a port is taken on all addresses at once", Zh: "端口一旦被占用，在所有地址上都被占用"},
		Text{
			En: "an address and a port are taken together; only overlapping addresses conflict",
			Zh: "占用的是地址加端口；只有重叠的地址才冲突",
		},
		Text{En: "one port can be bound twice, on different addresses", Zh: "同一端口可以在不同地址上绑定两次"},
		"addresses", []string{"bind", "addresses"}, nil},
	{"tw-reuse-bind",
		Text{En: "tcp_tw_reuse lets bind pass over TIME-WAIT", Zh: "tcp_tw_reuse 允许 bind 越过 TIME-WAIT"},
		Text{En: "tcp_tw_reuse is about connect(), never about bind()", Zh: "tcp_tw_reuse 只影响 connect()，与 bind() 无关"},
		Text{En: "tcp_tw_reuse does nothing for bind", Zh: "tcp_tw_reuse 对 bind 不起作用"},
		"tw-reuse-bind", []string{"bind", "sysctls"}, nil},
	{"close-is-gone",
		Text{En: "after close() nothing is sent and nothing is kept", Zh: "close() 之后什么也不发送，什么也不保留"},
		Text{
			En: "close() returns at once, but the connection lives on: it sends FIN and keeps its state until the close is complete",
			Zh: "close() 立即返回，但连接还在：它发送 FIN，并保留状态直到关闭完成",
		},
		Text{En: "after close() the connection still sends and is kept", Zh: "close() 之后连接仍会发送，并被保留"},
		"orderly-close", []string{"close"}, nil},
	{"fin-both-ways",
		Text{En: "a FIN closes both directions", Zh: "一个 FIN 关闭两个方向"},
		Text{
			En: "a FIN closes the direction in which it is sent; the other one stays open",
			Zh: "FIN 只关闭发送它的那个方向；另一个方向仍然打开",
		},
		Text{En: "a FIN closes one direction", Zh: "一个 FIN 关闭一个方向"},
		"half-close", []string{"close"}, nil},
	{"four-always",
		Text{En: "a close always takes four segments", Zh: "关闭总是需要四个报文段"},
		Text{
			En: "the second FIN may carry the ACK of the first, and then three do",
			Zh: "第二个 FIN 可以顺带确认第一个 FIN，这时三个就够了",
		},
		Text{En: "a close may take three segments", Zh: "关闭可以只用三个报文段"},
		"three-segment-close", []string{"close", "segments"}, nil},
	{"ack-not-plus-one",
		Text{En: "a FIN takes no sequence number", Zh: "FIN 不占用序列号"},
		Text{
			En: "SYN and FIN take one sequence number each, so the ACK of a FIN is its SEQ plus its data plus one",
			Zh: "SYN 和 FIN 各占一个序列号，所以对 FIN 的确认号等于其序列号加数据长度再加一",
		},
		Text{En: "a FIN takes one sequence number", Zh: "FIN 占用一个序列号"},
		"orderly-close", []string{"segments"}, nil},
	{"rst-anywhere",
		Text{En: "any RST in the window ends the connection", Zh: "落在窗口内的任何 RST 都会终止连接"},
		Text{
			En: "only a RST whose SEQ is exactly RCV.NXT does; any other in the window gets a challenge ACK (RFC 5961)",
			Zh: "只有序列号恰好等于 RCV.NXT 的 RST 才会；窗口内的其他 RST 得到挑战 ACK（RFC 5961）",
		},
		Text{En: "a RST in the window need not end the connection", Zh: "落在窗口内的 RST 不一定终止连接"},
		"challenge-ack", []string{"segments", "resets"}, nil},
	{"syn-resets",
		Text{En: "a SYN that hits a live connection resets it", Zh: "到达现有连接的 SYN 会使其复位"},
		Text{
			En: "a SYN on a synchronized connection gets a challenge ACK and changes nothing",
			Zh: "已同步的连接收到 SYN 只回挑战 ACK，状态不变",
		},
		Text{En: "a SYN that hits a live connection changes nothing", Zh: "到达现有连接的 SYN 不改变任何状态"},
		"syn-on-established", []string{"segments", "resets"}, nil},
	{"tw-kills-no-one",
		Text{En: "nothing shortens TIME-WAIT", Zh: "没有什么能缩短 TIME-WAIT"},
		Text{
			En: "a RST at RCV.NXT ends it unless tcp_rfc1337 is set, and a newer SYN for a listener replaces it",
			Zh: "序列号等于 RCV.NXT 的 RST 会结束它（除非设置了 tcp_rfc1337），发给监听者的更新的 SYN 也会取代它",
		},
		Text{En: "a RST can shorten TIME-WAIT", Zh: "RST 可以缩短 TIME-WAIT"},
		"assassination", []string{"time-wait", "resets"}, nil},
	{"local-port-unique",
		Text{En: "a local port serves one connection at a time", Zh: "一个本地端口同时只能用于一个连接"},
		Text{
			En: "a connection is a five-tuple: one local port serves many, as long as the other end differs",
			Zh: "连接由五元组标识：只要对端不同，一个本地端口可以用于许多连接",
		},
		Text{En: "a local port can serve many connections at a time", Zh: "一个本地端口可以同时用于许多连接"},
		"five-tuple", []string{"ports"}, nil},
	{"exit-resets",
		Text{En: "a process that exits resets its connections", Zh: "进程退出时会复位它的连接"},
		Text{
			En: "exit closes every descriptor as close() does, with a FIN; a RST is sent only if received data was never read, or SO_LINGER says so",
			Zh: "退出时内核像 close() 一样关闭每个描述符，发送 FIN；只有存在未读数据或设置了 SO_LINGER 时才发送 RST",
		},
		Text{En: "a process that exits closes its connections with FIN", Zh: "进程退出时用 FIN 关闭它的连接"},
		"plain-restart", []string{"close", "resets"}, nil},
}
