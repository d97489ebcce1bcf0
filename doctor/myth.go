package doctor

// myths are what is widely believed and does not hold, by the case that they fit. The claims were
// tested on Linux 6.18.
var mythTexts = map[Case][]Myth{
	InTimeWait: {
		{Text{En: "SO_REUSEADDR on the new server is enough.", Zh: "给新服务器设置 SO_REUSEADDR 就够了。"},
			Text{En: "On Linux both need it: the connection that is in TIME-WAIT inherited the option from its " +
				"listener, or did not. On the BSDs and macOS the new one's is enough.",
				Zh: "在 Linux 上双方都需要：处于 TIME-WAIT 的连接从它的监听套接字继承了这个选项，或者没有。在 BSD " +
					"和 macOS 上，只要新的有就够了。"}},
		{Text{En: "TIME-WAIT lasts tcp_fin_timeout, and tcp_tw_reuse lets a server bind.",
			Zh: "TIME-WAIT 的长度是 tcp_fin_timeout，tcp_tw_reuse 能让服务器 bind。"},
			Text{En: "It is fixed at 60 s on Linux; tcp_fin_timeout is about FIN-WAIT-2, tcp_tw_reuse about " +
				"outgoing connections, and tcp_tw_recycle is gone since 4.12.",
				Zh: "在 Linux 上它固定为 60 秒；tcp_fin_timeout 管的是 FIN-WAIT-2，tcp_tw_reuse 管的是向外的连接，" +
					"tcp_tw_recycle 自 4.12 起已经没有了。"}},
	},
	Listener: {{Text{En: "SO_REUSEADDR lets two servers listen on one port.",
		Zh: "有了 SO_REUSEADDR，两个服务器就能监听同一个端口。"},
		Text{En: "Not on Linux: over a socket that listens only SO_REUSEPORT helps, on both, and of the same " +
			"user. On Windows it does, and then nobody knows who gets a connection.",
			Zh: "在 Linux 上不行：对正在监听的套接字只有 SO_REUSEPORT 有用，而且双方都要有，并属于同一用户。在 " +
				"Windows 上可以，但那样谁得到连接没有定义。"}}},
	OtherUser: {{Text{En: "SO_REUSEPORT is a stronger SO_REUSEADDR and gets any port.",
		Zh: "SO_REUSEPORT 是更强的 SO_REUSEADDR，什么端口都能拿到。"},
		Text{En: "It counts only when both sockets have it, and over another user's socket only when that is in " +
			"TIME-WAIT.",
			Zh: "它只有在双方都设置时才算数；对另一个用户的套接字，只有对方处于 TIME-WAIT 时才有用。"}}},
	DualStack: {{Text{En: "IPv4 and IPv6 ports are two separate things.", Zh: "IPv4 端口和 IPv6 端口互不相干。"},
		Text{En: "Only with IPV6_V6ONLY. A socket on :: without it takes the port for both, and on Linux that is " +
			"the default (net.ipv6.bindv6only=0).",
			Zh: "只有设置了 IPV6_V6ONLY 才是这样。没有它的 :: 套接字同时占用两者的端口，而这是 Linux " +
				"的默认行为（net.ipv6.bindv6only=0）。"}}},
	UDPSocket: {{Text{En: "A port is a port: what listens on TCP takes it for UDP too.",
		Zh: "端口就是端口：TCP 上的监听也占着 UDP。"},
		Text{En: "TCP and UDP have separate tables of ports. And UDP has no TIME-WAIT: the port is free as soon " +
			"as the socket is closed.",
			Zh: "TCP 和 UDP 各有一张端口表。而且 UDP 没有 TIME-WAIT：套接字一关闭，端口就空闲。"}}},
	BoundOnly: {{Text{En: "netstat and lsof show nothing listening, so the port is free.",
		Zh: "netstat 和 lsof 没有显示监听，所以端口是空闲的。"},
		Text{En: "bind alone takes the port. netstat shows no such socket at all; ss shows it only with " +
			"--bound-inactive, an option that iproute2 has since its version 6.8: an older ss does not show it, " +
			"whatever the kernel.",
			Zh: "bind 本身就占用端口。netstat 根本不显示这种套接字；ss 要加 --bound-inactive 才显示，而这个选项从 " +
				"iproute2 6.8 起才有：更旧的 ss 无论配什么内核都不显示。"}}},
	CloseWaitLeak: {{Text{En: "CLOSE-WAIT goes away after a time; there is a sysctl for it.",
		Zh: "CLOSE-WAIT 过一段时间会消失；有个 sysctl 可以调。"},
		Text{En: "It has no timer. It is the one state that a program's own bug makes: it lasts until the process " +
			"closes its descriptor or ends.",
			Zh: "它没有定时器。这是由程序自身的缺陷造成的状态：一直持续到进程关闭描述符或退出。"}}},
	DeadListener: {{Text{En: "When the listener is closed its port is free.", Zh: "监听套接字关闭后，端口就空闲了。"},
		Text{En: "Every accepted connection has the same local port, and counts in bind like any socket, in " +
			"whatever state.",
			Zh: "每个被接受的连接都用同一个本地端口，在 bind 看来和其他套接字一样算数，不论处于什么状态。"}}},
	Client: {{Text{En: "Only servers take ports.", Zh: "只有服务器才占用端口。"},
		Text{En: "Every outgoing connection has a local port too, and the kernel takes it out of " +
			"ip_local_port_range without asking who might want it later.",
			Zh: "每个向外的连接也有一个本地端口，内核从 ip_local_port_range 里挑选，不会问以后谁可能要用。"}}},
	Orphan: {{Text{En: "When the process is gone its connections are gone.", Zh: "进程没了，它的连接也就没了。"},
		Text{En: "The kernel finishes them: it sends what is left and the FIN, and waits for the other end. " +
			"tcp_fin_timeout bounds FIN-WAIT-2, tcp_orphan_retries the rest.",
			Zh: "内核会替它收尾：把剩下的数据和 FIN 发完，再等对端。tcp_fin_timeout 限制 FIN-WAIT-2，" +
				"tcp_orphan_retries 限制其余状态。"}}},
	Privileged: {{Text{En: "Permission denied means that somebody has the port.",
		Zh: "Permission denied 说明端口被人占用了。"},
		Text{En: "EACCES comes before the kernel looks at who has the port. And it is a right, not the root " +
			"account: CAP_NET_BIND_SERVICE.",
			Zh: "EACCES 出现在内核检查端口归属之前。它要的是一项权限，而不是 root 账户：CAP_NET_BIND_SERVICE。"}}},
	NotLocal: {{Text{En: "Cannot assign requested address means that the port is taken; 127.0.0.2 works everywhere.",
		Zh: "Cannot assign requested address 说明端口被占用；127.0.0.2 到处都能用。"},
		Text{En: "EADDRNOTAVAIL from bind is about the address alone. Linux owns all of 127.0.0.0/8, macOS only " +
			"127.0.0.1.",
			Zh: "bind 返回 EADDRNOTAVAIL 只和地址有关。Linux 拥有整个 127.0.0.0/8，macOS 只有 127.0.0.1。"}}},
	ReservedRange: {{Text{En: "A reserved port cannot be bound.", Zh: "保留端口不能绑定。"},
		Text{En: "On Linux reserving keeps the kernel from giving the port to others by itself; who asks for it " +
			"by number gets it. (Windows' excluded ranges do refuse.)",
			Zh: "在 Linux 上，保留只是让内核不自动把端口分给别人；按端口号索取仍然可以。（Windows " +
				"的排除范围则会拒绝。）"}}},
	Elsewhere: {{Text{En: "A port exists once on a machine.", Zh: "一台机器上一个端口只有一份。"},
		Text{En: "Once in each network namespace: a container's port 80 and the host's are two.",
			Zh: "每个网络命名空间各有一份：容器的 80 端口和宿主机的 80 端口是两回事。"}}},
	Shared: {{Text{En: "A port is either in use or free.", Zh: "端口要么被占用，要么空闲。"},
		Text{En: "What is taken is an address with a port, and options on both sides decide whether it can be shared.",
			Zh: "被占用的是地址加端口，而能否共用由双方的选项决定。"}}},
	EphemeralRange: {{Text{En: "A port that is free at start-up time stays free.", Zh: "启动前空闲的端口会一直空闲。"},
		Text{En: "In the ephemeral range any connection may take it meanwhile; servers that fail once in a " +
			"hundred starts have their port there.",
			Zh: "在临时端口范围内，任何连接都可能抢先拿到它；启动一百次失败一次的服务器，端口多半就在这里面。"}}},
	NothingAtAll: {{Text{En: "Address already in use, and nothing is running: the kernel is confused.",
		Zh: "显示 Address already in use，却什么都没运行：内核出错了。"},
		Text{En: "It never is: at that moment a socket of that port was there. TIME-WAIT lasts 60 s and has no " +
			"process; ask while it happens.",
			Zh: "内核从不出错：那一刻确实有套接字占着这个端口。TIME-WAIT 持续 60 秒且没有进程；请在出错的当时来问。"}}},
}

// myths are those that fit the case.
func (out *Report) myths() []Myth {
	c := out.Case
	if c == Child || c == AcceptQueue {
		c = DeadListener
	}
	return mythTexts[c]
}
