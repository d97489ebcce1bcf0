package quiz

// wordsBind are the sentences of questions about bind, listen and connect.
var wordsBind = map[string]Text{
	"with.none": {En: "without options", Zh: "没有设置选项"},
	"with":      {En: "with {options}", Zh: "设置了 {options}"},

	"bind.setup": {En: "On a Linux server with default settings:", Zh: "一台参数均为默认值的 Linux 服务器上："},
	"hold.BOUND": {
		En: "A socket is bound to {addr} {with}; it does not listen.", Zh: "一个套接字绑定在 {addr}（{with}），没有监听。",
	},
	"hold.LISTEN": {En: "A socket listens on {addr} {with}.", Zh: "一个套接字在 {addr} 监听（{with}）。"},
	"hold.TIME-WAIT": {
		En: "A listener on {addr} {with} accepted a connection to 10.0.0.1. The server closed both, and then the client closed.",
		Zh: "{addr} 上的监听套接字（{with}）接受了一个到 10.0.0.1 的连接。服务器关闭了两者，随后客户端也关闭。",
	},
	"hold.ESTABLISHED": {
		En: "A listener on {addr} {with} accepted a connection to 10.0.0.1. Only the listener was closed.",
		Zh: "{addr} 上的监听套接字（{with}）接受了一个到 10.0.0.1 的连接。只有监听套接字被关闭。",
	},
	"hold.CLOSE-WAIT": {
		En: "A listener on {addr} {with} accepted a connection to 10.0.0.1. The listener was closed; the client has closed its end.",
		Zh: "{addr} 上的监听套接字（{with}）接受了一个到 10.0.0.1 的连接。监听套接字已关闭；客户端也关闭了它的一端。",
	},
	"hold.FIN-WAIT-2": {
		En: "A listener on {addr} {with} accepted a connection to 10.0.0.1. The listener was closed; the server then called shutdown(SHUT_WR) on the connection.",
		Zh: "{addr} 上的监听套接字（{with}）接受了一个到 10.0.0.1 的连接。监听套接字已关闭；随后服务器对该连接调用了 shutdown(SHUT_WR)。",
	},
	"hold.gone": {
		En: "A listener on {addr} {with} accepted a connection to 10.0.0.1. The listener was closed; the client closed, and then the server.",
		Zh: "{addr} 上的监听套接字（{with}）接受了一个到 10.0.0.1 的连接。监听套接字已关闭；客户端先关闭连接，然后服务器关闭。",
	},
	"hold.TIME-WAIT.late": {
		En: "A listener on {addr} accepted a connection to 10.0.0.1; only then was the listener {with}. The server closed both, and then the client closed.",
		Zh: "{addr} 上的监听套接字接受了一个到 10.0.0.1 的连接，之后监听套接字才{with}。服务器关闭了两者，随后客户端也关闭。",
	},
	"hold.ESTABLISHED.late": {
		En: "A listener on {addr} accepted a connection to 10.0.0.1; only then was the listener {with}. Only the listener was closed.",
		Zh: "{addr} 上的监听套接字接受了一个到 10.0.0.1 的连接，之后监听套接字才{with}。只有监听套接字被关闭。",
	},
	"hold.uid":     {En: "It belongs to user {uid}.", Zh: "它属于用户 {uid}。"},
	"set.tw_reuse": {En: "tcp_tw_reuse is 1.", Zh: "tcp_tw_reuse 为 1。"},

	"bind.ask": {
		En: "{gap} later a new socket {with} is bound to {addr}. Does bind() succeed, and why?",
		Zh: "{gap}后，一个新套接字（{with}）绑定到 {addr}。bind() 会成功吗，为什么？",
	},
	"bind.ask.uid": {
		En: "{gap} later a new socket {with}, of user {uid}, is bound to {addr}. Does bind() succeed, and why?",
		Zh: "{gap}后，用户 {uid} 的一个新套接字（{with}）绑定到 {addr}。bind() 会成功吗，为什么？",
	},
	"bind.bare":      {En: "Does the last bind() succeed, and why?", Zh: "最后一次 bind() 会成功吗，为什么？"},
	"bind.yes":       {En: "Yes, bind() succeeds", Zh: "会，bind() 成功"},
	"bind.no":        {En: "No, bind() fails with EADDRINUSE", Zh: "不会，bind() 失败，返回 EADDRINUSE"},
	"bind.result":    {En: "Does bind() succeed?", Zh: "bind() 会成功吗？"},
	"bind.reason":    {En: "What decides?", Zh: "起决定作用的是什么？"},
	"bind.would.yes": {En: "That would be so if no rule refused the new socket.", Zh: "如果没有规则拒绝新套接字，才会这样。"},
	"bind.would.no":  {En: "That would be so if a rule refused the new socket.", Zh: "如果有规则拒绝新套接字，才会这样。"},
	"reason.would":   {En: "That is not the case here.", Zh: "这里不是这种情况。"},

	"reason.bind-free": {En: "No socket has the port any more", Zh: "已经没有套接字占用该端口"},
	"reason.linux-bind-no-options": {
		En: "A socket still has an overlapping address and port, and neither of the two has an option",
		Zh: "仍有套接字占着重叠的地址和端口，双方都没有设置选项",
	},
	"reason.linux-bind-old-lacks-reuseaddr": {
		En: "The new socket has SO_REUSEADDR, but the old one has not", Zh: "新套接字有 SO_REUSEADDR，但旧的没有",
	},
	"reason.linux-bind-new-lacks-reuseaddr": {
		En: "The old socket has SO_REUSEADDR, but the new one has not", Zh: "旧套接字有 SO_REUSEADDR，但新的没有",
	},
	"reason.linux-bind-mixed-options": {
		En: "One has SO_REUSEADDR and the other SO_REUSEPORT, which do not count together",
		Zh: "一方有 SO_REUSEADDR，另一方有 SO_REUSEPORT，两者不能相抵",
	},
	"reason.linux-bind-listener": {
		En: "Both have SO_REUSEADDR, but the old one listens", Zh: "双方都有 SO_REUSEADDR，但旧的在监听",
	},
	"reason.linux-bind-both-reuseaddr": {
		En: "Both have SO_REUSEADDR, and the old one does not listen", Zh: "双方都有 SO_REUSEADDR，且旧的不在监听",
	},
	"reason.linux-bind-both-reuseport": {
		En: "Both have SO_REUSEPORT, and nothing about their users forbids it", Zh: "双方都有 SO_REUSEPORT，且用户方面没有妨碍",
	},
	"reason.linux-bind-reuseport-other-user": {
		En: "Both have SO_REUSEPORT, but they belong to different users", Zh: "双方都有 SO_REUSEPORT，但属于不同用户",
	},
	"reason.linux-bind-other-address": {En: "The two addresses do not overlap", Zh: "两个地址不重叠"},
	"reason.tw-gone-with-process": {
		En: "No process holds the old socket, so the port is free", Zh: "没有进程持有旧套接字，所以端口空闲",
	},
	"reason.new-suffices":  {En: "SO_REUSEADDR on the new socket is all that counts", Zh: "只看新套接字有没有 SO_REUSEADDR"},
	"reason.reuse-tw-only": {En: "SO_REUSEADDR helps over TIME-WAIT alone", Zh: "SO_REUSEADDR 只对 TIME-WAIT 有用"},
	"reason.reuse-everything": {
		En: "SO_REUSEADDR on both lets any two sockets share", Zh: "双方都有 SO_REUSEADDR 就可以任意共用",
	},
	"reason.port-stronger": {
		En: "SO_REUSEPORT on one side makes up for SO_REUSEADDR on the other",
		Zh: "一方的 SO_REUSEPORT 可以抵得上另一方的 SO_REUSEADDR",
	},
	"reason.port-whole":     {En: "The port is taken on every address of the host", Zh: "该端口在主机的所有地址上都被占用"},
	"reason.tw-reuse-bind":  {En: "tcp_tw_reuse decides it", Zh: "由 tcp_tw_reuse 决定"},
	"reason.listener-waits": {En: "The listening socket is still in TIME-WAIT", Zh: "监听套接字还处于 TIME-WAIT"},

	"which-blocks.ask": {
		En: "A new socket {with} is about to be bound to {addr} on this Linux server. Which of these sockets stand in its way?",
		Zh: "这台 Linux 服务器上，一个新套接字（{with}）将绑定到 {addr}。下列哪些套接字会阻止它？",
	},
	"row.other":  {En: "It has another port.", Zh: "它占用的是另一个端口。"},
	"row.blocks": {En: "It stands in the way: {why}.", Zh: "它会阻止：{why}。"},
	"row.free":   {En: "It does not stand in the way: {why}.", Zh: "它不会阻止：{why}。"},
	"hint.rows":  {En: "There are {n} of them.", Zh: "一共有 {n} 个。"},

	"fix.ask": {
		En: "{gap} later a new socket {with} is bound to {addr}: EADDRINUSE. Which of these changes alone would let bind() succeed?",
		Zh: "{gap}后，一个新套接字（{with}）绑定到 {addr}，得到 EADDRINUSE。只做下列哪一项改动，bind() 就会成功？",
	},
	"fix.bare": {
		En: "The last bind() fails. Which of these changes alone would let it succeed?",
		Zh: "最后一次 bind() 失败。只做下列哪一项改动，它就会成功？",
	},
	"fix.works":  {En: "It helps: {why}.", Zh: "有用：{why}。"},
	"fix.fails":  {En: "It does not help: {why}.", Zh: "没有用：{why}。"},
	"fix.new-ra": {En: "Set SO_REUSEADDR, alone, on the new socket", Zh: "只在新套接字上设置 SO_REUSEADDR"},
	"fix.old-ra": {
		En: "Set SO_REUSEADDR, alone, on the old socket or its listener before bind()",
		Zh: "只在旧套接字（或其监听套接字）bind() 之前设置 SO_REUSEADDR",
	},
	"fix.both-ra":      {En: "Set SO_REUSEADDR, alone, on both before bind()", Zh: "双方都在 bind() 之前只设置 SO_REUSEADDR"},
	"fix.new-rp":       {En: "Set SO_REUSEPORT, alone, on the new socket", Zh: "只在新套接字上设置 SO_REUSEPORT"},
	"fix.both-rp":      {En: "Set SO_REUSEPORT, alone, on both before bind()", Zh: "双方都在 bind() 之前只设置 SO_REUSEPORT"},
	"fix.tw-reuse":     {En: "Set tcp_tw_reuse to 1", Zh: "把 tcp_tw_reuse 设为 1"},
	"fix.fin-timeout":  {En: "Set tcp_fin_timeout to 5", Zh: "把 tcp_fin_timeout 设为 5"},
	"fix.loopback":     {En: "Bind the new socket to 127.0.0.1 instead", Zh: "把新套接字改为绑定到 127.0.0.1"},
	"fix.client-first": {En: "Let the client close first, and the server after it", Zh: "让客户端先关闭，服务器随后关闭"},
	"fix.no-listen":    {En: "Let the old socket stay bound without listening", Zh: "让旧套接字只绑定、不监听"},
	"hint.fixes":       {En: "{n} of them help.", Zh: "其中 {n} 项有用。"},

	"matrix.ask": {
		En: "On Linux {state} has port {port} (rows); a new socket is bound to the same port (columns). What does bind() return where the table has a question mark?",
		Zh: "在 Linux 上，{state}占着端口 {port}（行），一个新套接字绑定到同一端口（列）。表中问号处 bind() 返回什么？",
	},
	"state.BOUND":  {En: "a socket that is bound and does not listen", Zh: "一个已绑定但没有监听的套接字"},
	"state.LISTEN": {En: "a listening socket", Zh: "一个监听套接字"},
	"state.TIME-WAIT": {
		En: "a connection to 10.0.0.1 in TIME-WAIT, whose listener had that address and options,",
		Zh: "一个到 10.0.0.1、处于 TIME-WAIT 的连接（其监听套接字有所列地址和选项）",
	},
	"state.ESTABLISHED": {
		En: "an open connection to 10.0.0.1, whose closed listener had that address and options,",
		Zh: "一个到 10.0.0.1 的打开的连接（其已关闭的监听套接字有所列地址和选项）",
	},
	"state.CLOSE-WAIT": {
		En: "a connection to 10.0.0.1 in CLOSE-WAIT, whose closed listener had that address and options,",
		Zh: "一个到 10.0.0.1、处于 CLOSE-WAIT 的连接（其已关闭的监听套接字有所列地址和选项）",
	},
	"hint.matrix": {
		En: "An option counts only when both the row's and the column's socket have it, and SO_REUSEADDR never over LISTEN.",
		Zh: "选项只有行、列双方都有时才算数，而 SO_REUSEADDR 对 LISTEN 永远无效。",
	},

	"call.ask": {
		En: "A program on a Linux server with nothing on port {port} or beside it makes these calls, one after the other. Which is the first that fails, and with which errno?",
		Zh: "Linux 服务器上，端口 {port} 及其附近都没有被占用。一个程序依次进行以下调用。最先失败的是哪一个，错误名是什么？",
	},
	"call.first":  {En: "first call that fails", Zh: "最先失败的调用"},
	"call.none":   {En: "none", Zh: "无"},
	"call.all":    {En: "no rule refuses any of the calls", Zh: "没有规则拒绝其中任何一个调用"},
	"call.passes": {En: "That call succeeds.", Zh: "那个调用会成功。"},
	"call.later":  {En: "That call fails too, but another one fails before.", Zh: "那个调用也会失败，但之前已有一个失败。"},
	"call.errno": {
		En: "EADDRINUSE is about a port that another socket has; EADDRNOTAVAIL about an address that is not this host's, or a five-tuple that is taken.",
		Zh: "EADDRINUSE 指端口被别的套接字占用；EADDRNOTAVAIL 指地址不属于本机，或五元组已被占用。",
	},
	"hint.calls": {
		En: "listen() asks the same rule as bind() once more, now as a listener.",
		Zh: "listen() 会以监听者的身份再次检查与 bind() 相同的规则。",
	},
	"hint.call": {En: "Call 1 to {n}: look what each socket has by then.", Zh: "第 1 到第 {n} 个调用：看看每个套接字此时占有什么。"},

	"tuple.open":  {En: "A server listens on two ports.", Zh: "服务器在两个端口上监听。"},
	"tuple.set":   {En: "On the client {key} is {n}.", Zh: "客户端的 {key} 为 {n}。"},
	"tuple.set2":  {En: "On both {key} is {n}.", Zh: "双方的 {key} 为 {n}。"},
	"tuple.range": {En: "The client's only ephemeral port is 40000.", Zh: "客户端唯一的临时端口是 40000。"},
	"tuple.first": {
		En: "The client connects to port {port} from its port 40000 {with}.",
		Zh: "客户端从自己的端口 40000（{with}）连接到端口 {port}。",
	},
	"tuple.client": {En: "The client closes first, then the server.", Zh: "客户端先关闭，然后服务器关闭。"},
	"tuple.server": {En: "The server closes first, then the client.", Zh: "服务器先关闭，然后客户端关闭。"},
	"tuple.none":   {En: "Neither closes.", Zh: "双方都不关闭。"},
	"tuple.half":   {En: "Only the client closes.", Zh: "只有客户端关闭。"},
	"tuple.ask": {
		En: "{gap} later it calls connect() again from port 40000 {with}, to port {port}. What comes of it, and why?",
		Zh: "{gap}后，它再次从端口 40000（{with}）向端口 {port} 调用 connect()。结果如何，为什么？",
	},
	"tuple.bare":                 {En: "What comes of the last connect(), and why?", Zh: "最后一次 connect() 的结果如何，为什么？"},
	"tuple.q1":                   {En: "What does the call return?", Zh: "调用返回什么？"},
	"tuple.result.ok":            {En: "It succeeds", Zh: "成功"},
	"tuple.result.EADDRINUSE":    {En: "EADDRINUSE", Zh: "EADDRINUSE"},
	"tuple.result.EADDRNOTAVAIL": {En: "EADDRNOTAVAIL", Zh: "EADDRNOTAVAIL"},
	"tuple.result.ECONNREFUSED":  {En: "ECONNREFUSED", Zh: "ECONNREFUSED"},
	"tuple.would.ok": {
		En: "That would be so if nothing had the five-tuple, or its TIME-WAIT might be taken over.",
		Zh: "如果五元组没有被占用，或其 TIME-WAIT 可以被接管，才会这样。",
	},
	"tuple.would.EADDRINUSE": {
		En: "That would be so if bind() refused the local port.", Zh: "如果 bind() 拒绝这个本地端口，才会这样。",
	},
	"tuple.would.EADDRNOTAVAIL": {
		En: "That would be so if the whole five-tuple were taken.", Zh: "如果整个五元组已被占用，才会这样。",
	},
	"tuple.would.ECONNREFUSED": {En: "That would be so if nobody listened there.", Zh: "如果那里没有人监听，才会这样。"},
	"reason.tuple-free":        {En: "Nothing on the client has the five-tuple any more", Zh: "客户端上已经没有什么占用这个五元组"},
	"reason.tuple-differs":     {En: "The destination is another one, and so is the five-tuple", Zh: "目的地不同，五元组也就不同"},
	"reason.connect-timewait-taken": {
		En: "The five-tuple is in TIME-WAIT, and timestamps make it safe to take it over",
		Zh: "五元组处于 TIME-WAIT，而时间戳使接管它变得安全",
	},
	"reason.connect-tuple-taken": {
		En: "The five-tuple belongs to a connection that is not in TIME-WAIT", Zh: "五元组属于一个不在 TIME-WAIT 的连接",
	},
	"reason.connect-timewait-no-timestamps": {
		En: "The five-tuple is in TIME-WAIT, and without timestamps it may not be taken over",
		Zh: "五元组处于 TIME-WAIT，没有时间戳就不能接管",
	},
	"reason.connect-tw-reuse-off": {
		En: "The five-tuple is in TIME-WAIT, and tcp_tw_reuse does not allow an ephemeral connect to take it over",
		Zh: "五元组处于 TIME-WAIT，而 tcp_tw_reuse 不允许自动选端口的 connect 接管它",
	},
	"reason.connect-tw-reuse-delay": {
		En: "The five-tuple has been in TIME-WAIT for less than tcp_tw_reuse_delay",
		Zh: "五元组进入 TIME-WAIT 的时间还没有超过 tcp_tw_reuse_delay",
	},
	"reason.connect-port-bound": {
		En: "A socket bound the port itself, so an ephemeral connect passes over it",
		Zh: "有套接字显式绑定了该端口，所以自动选端口的 connect 会跳过它",
	},
	"reason.local-port-unique": {En: "A local port serves one connection at a time", Zh: "一个本地端口同时只能用于一个连接"},
	"reason.tw-kills-no-one": {
		En: "Nothing may touch a five-tuple before its TIME-WAIT is over", Zh: "TIME-WAIT 结束之前谁也不能动这个五元组",
	},
	"hint.tuple": {
		En: "Write down both five-tuples and compare them; then ask in which state the old one is on the client.",
		Zh: "写出两个五元组并比较；再看旧的那个在客户端处于什么状态。",
	},
	"hint.tuple.state": {En: "The client's old end is in {state}.", Zh: "客户端旧连接的一端处于 {state}。"},

	"ports.open": {
		En: "A Linux client's ephemeral ports are {low} to {high}.", Zh: "一台 Linux 客户端的临时端口是 {low} 到 {high}。",
	},
	"ports.have": {
		En: "To port {port} of a server the client has {open} open connections and {waiting} in TIME-WAIT, to port {port2} of the same server {elsewhere} open ones.",
		Zh: "到服务器端口 {port}，它有 {open} 个打开的连接和 {waiting} 个 TIME-WAIT；到同一服务器的端口 {port2}，有 {elsewhere} 个打开的连接。",
	},
	"ports.open.only": {
		En: "The client has {open} open connections to port {port} of a server and {elsewhere} to its port {port2}.",
		Zh: "客户端到服务器端口 {port} 有 {open} 个打开的连接，到其端口 {port2} 有 {elsewhere} 个。",
	},
	"ports.bound": {En: "One socket of the client is bound to {port}, explicitly.", Zh: "客户端有一个套接字显式绑定在 {port}。"},
	"ports.gap":   {En: "{gap} have passed since.", Zh: "此后过了 {gap}。"},
	"ports.ask": {
		En: "It calls connect() to port {port} again and again, without bind(). How many calls succeed?",
		Zh: "它不调用 bind()，一次又一次地 connect() 到端口 {port}。有多少次会成功？",
	},
	"ports.bare": {En: "How many of the last connects succeed?", Zh: "最后这些 connect() 有多少次成功？"},
	"ports.tw":   {En: "That would be so if TIME-WAIT did not count.", Zh: "如果 TIME-WAIT 不算数，才会这样。"},
	"ports.no-tw": {
		En: "That would be so if a TIME-WAIT could never be taken over.", Zh: "如果 TIME-WAIT 永远不能被接管，才会这样。",
	},
	"ports.all": {
		En: "That would be so if the open connections to that port did not count.", Zh: "如果到该端口的打开的连接不算数，才会这样。",
	},
	"ports.nothing": {En: "That would be so if the range were used up.", Zh: "如果端口范围已经用完，才会这样。"},
	"hint.ports":    {En: "A port is used up for one destination, not for all.", Zh: "端口是针对一个目的地用完的，而不是针对所有目的地。"},

	"free.open": {
		En: "A Linux server on port {port} ({with}) has one connection.", Zh: "Linux 服务器在端口 {port}（{with}）上有一个连接。",
	},
	"free.timeout": {En: "tcp_fin_timeout is {n}.", Zh: "tcp_fin_timeout 为 {n}。"},
	"free.exit":    {En: "Its process exits; {gap} later the client closes.", Zh: "服务器进程退出；{gap}后客户端关闭。"},
	"free.never":   {En: "Its process exits; the client never closes.", Zh: "服务器进程退出；客户端一直不关闭。"},
	"free.ask": {
		En: "From the exit on a new process tries bind() every {n} s ({with}). After how many seconds does it first succeed?",
		Zh: "从退出起每隔 {n} 秒，一个新进程尝试绑定该端口（{with}）。退出后多少秒第一次成功？",
	},
	"free.bare":  {En: "How many seconds after the exit does a bind succeed first?", Zh: "退出后多少秒 bind 第一次成功？"},
	"free.start": {En: "The state is right, but its time is counted from the exit.", Zh: "状态对了，但时间是从退出时算起的。"},
	"free.why": {
		En: "the server's old end goes {path}, and the first try without it is {n} after the exit",
		Zh: "服务器旧连接的一端经过 {path}，它消失后的第一次尝试在退出后 {n}",
	},
	"hint.holder": {En: "What holds the port last is in {state}.", Zh: "最后占着端口的连接一端处于 {state}。"},

	"ss.ask": {
		En: "On both hosts ss -tano shows this. Think of the connection from the client's port {peer}: which end closed first? Can a server without options bind 0.0.0.0:{port} now, and if not, in how many seconds?",
		Zh: "两台主机上 ss -tano 显示如下。对于来自客户端端口 {peer} 的连接，哪一端先关闭？不设选项的服务器现在能绑定 0.0.0.0:{port} 吗？如果不能，还要多少秒？",
	},
	"ss.q1":      {En: "Who closed first, and what does bind() return now?", Zh: "谁先关闭，现在 bind() 返回什么？"},
	"ss.q2":      {En: "In how many seconds does it succeed? (0: now)", Zh: "多少秒之后会成功？（0 表示现在）"},
	"ss.first":   {En: "closed first", Zh: "先关闭"},
	"ss.restart": {En: "bind() now", Zh: "现在 bind()"},
	"ss.why": {
		En: "{who} closed that connection first: TIME-WAIT is where the first FIN was sent; the last of the server's own sockets is gone in {n}",
		Zh: "{who}先关闭了该连接：先发送 FIN 的一端才有 TIME-WAIT；服务器自己的最后一个套接字 {n} 后消失",
	},
	"ss.other": {
		En: "That is the timer of another socket; only the server's own count, and the last of them decides.",
		Zh: "那是另一个套接字的定时器；只有服务器自己的才算，最后一个起决定作用。",
	},
	"ss.sixty": {
		En: "Sixty seconds is the whole of TIME-WAIT; ss shows what is left of it.",
		Zh: "60 秒是 TIME-WAIT 的全长；ss 显示的是剩余时间。",
	},
	"hint.ss": {En: "TIME-WAIT is shown on the host that sent the first FIN.", Zh: "TIME-WAIT 出现在先发送 FIN 的主机上。"},

	"hint.ss.first": {En: "{who} closed it first.", Zh: "是{who}先关闭的。"},
	"two.open":      {En: "A client is connected to port {port} of a server.", Zh: "客户端已连接到服务器的端口 {port}。"},
	"two.then":      {En: "{gap} later one looks at the state of {who}.", Zh: "{gap}后查看{who}一端的状态。"},
	"two.bind":      {En: "{gap} later a new socket {with} is bound to {addr}.", Zh: "{gap}后，一个新套接字（{with}）绑定到 {addr}。"},
	"two.ask":       {En: "What is the result on {a}, and on {b}?", Zh: "在 {a} 上结果是什么？在 {b} 上呢？"},
	"two.note": {
		En: "Linux is measured and RFC 9293 a text; the other systems are documented, not measured.",
		Zh: "Linux 为实测，RFC 9293 为规范文本；其他系统依据文档，未经测量。",
	},
	"two.bare":     {En: "What is the result of the last line on {a}, and on {b}?", Zh: "在 {a} 和 {b} 上，最后一行的结果各是什么？"},
	"two.why":      {En: "{a}: {ra} ({na}); {b}: {rb} ({nb})", Zh: "{a}：{ra}（{na}）；{b}：{rb}（{nb}）"},
	"two.measured": {En: "by its state machine and timers", Zh: "由其状态机和定时器决定"},
	"two.swapped":  {En: "That is what the other system does.", Zh: "那是另一个系统的行为。"},
	"hint.systems": {
		En: "2MSL is 60 s on Linux and FreeBSD, 30 s on macOS, 120 s on Windows and 240 s in RFC 9293; the BSDs look at SO_REUSEADDR on the new socket alone.",
		Zh: "2MSL 在 Linux 和 FreeBSD 上是 60 秒，macOS 30 秒，Windows 120 秒，RFC 9293 为 240 秒；BSD 系只看新套接字的 SO_REUSEADDR。",
	},
	"hint.one": {En: "On {a} it is {ra}.", Zh: "在 {a} 上是 {ra}。"},

	"myth.ask": {
		En: "About {system}: “{claim}.” Is that true, and which experiment decides it?",
		Zh: "关于 {system}：“{claim}。”这是真的吗？哪个实验能判定？",
	},
	"myth.ask2": {
		En: "About {system}. First: “{claim}.” Second: “{claim2}.” Which are true, and which experiment decides the first?",
		Zh: "关于 {system}。第一：“{claim}。”第二：“{claim2}。”哪些是真的？哪个实验能判定第一个？",
	},
	"myth.q1":      {En: "Is it true?", Zh: "是真的吗？"},
	"myth.q1b":     {En: "Which are true?", Zh: "哪些是真的？"},
	"myth.q2":      {En: "Which experiment decides it?", Zh: "哪个实验能判定？"},
	"myth.holds":   {En: "on {system} it is so: {claim}", Zh: "在 {system} 上确实如此：{claim}"},
	"myth.other":   {En: "It is the other way round.", Zh: "正好相反。"},
	"myth.blind":   {En: "That experiment ends the same whichever is true.", Zh: "无论真假，那个实验的结果都一样。"},
	"myth.both":    {En: "Both", Zh: "两者都是"},
	"myth.first":   {En: "Only the first", Zh: "只有第一个"},
	"myth.second":  {En: "Only the second", Zh: "只有第二个"},
	"myth.neither": {En: "Neither", Zh: "两者都不是"},
	"true":         {En: "True", Zh: "真"},
	"false":        {En: "False", Zh: "假"},
	"hint.claim": {
		En: "Think of a run in which the claim and its opposite give different results.",
		Zh: "想一想：在哪种运行中，这个说法与其反面会得到不同结果。",
	},
	"hint.topic": {En: "It is about: {topic}.", Zh: "它涉及：{topic}。"},
}
