package quiz

// wordsScripts are the sentences of questions about scripts, programs and segments to choose.
var wordsScripts = map[string]Text{
	"script.read": {En: "a script of {n} lines", Zh: "{n} 行脚本"},
	"script.order": {
		En: "Put lines of this script (port {port}) in order so that: {goals}. Some lines are not needed.",
		Zh: "把下列脚本（端口 {port}）的行按顺序排列，使得：{goals}。有的行用不到。",
	},
	"script.write": {
		En: "Write an experiment script (server and client, port {port}) that reaches all of this: {goals}.",
		Zh: "写一个实验脚本（服务器和客户端，端口 {port}），使以下目标全部达到：{goals}。",
	},
	"script.why":   {En: "one way is: {lines}", Zh: "一种做法：{lines}"},
	"goal.unmet":   {En: "Not reached: {goal} (with {network}).", Zh: "未达到：{goal}（{network}）。"},
	"goal.norst":   {En: "no RST is sent", Zh: "不发送 RST"},
	"goal.state":   {En: "{who} is in {state} at some time", Zh: "{who}在某一时刻处于 {state}"},
	"goal.sockets": {En: "{who} has {n} sockets in {state} at the end", Zh: "最后{who}有 {n} 个套接字处于 {state}"},
	"goal.probe": {
		En: "at the end bind() to {addr} on the server gives {result}", Zh: "最后在服务器上 bind() 到 {addr} 得到 {result}",
	},
	"goal.at":      {En: "at most {n} lines", Zh: "至多 {n} 行"},
	"goal.without": {En: "without {what}", Zh: "不使用 {what}"},
	"goal.within":  {En: "within {what}", Zh: "在 {what} 之内"},
	"decoy.abort":  {En: "An abort sends a RST, and no TIME-WAIT follows.", Zh: "中止会发送 RST，之后没有 TIME-WAIT。"},
	"decoy.rd":     {En: "That closes nothing that the other end would see.", Zh: "这不会关闭对端能看到的任何东西。"},
	"decoy.close":  {En: "A close() in order leaves a TIME-WAIT behind.", Zh: "正常的 close() 会留下 TIME-WAIT。"},
	"decoy.recv": {
		En: "When everything is read, close() sends a FIN and not a RST.", Zh: "数据全部读完后，close() 发送的是 FIN 而不是 RST。",
	},
	"hint.lines": {En: "After the connection is made it goes on with: {line}.", Zh: "建立连接之后，接着是：{line}。"},

	"steps.many": {En: "Reached after {n} segments; {max} are enough.", Zh: "用了 {n} 个报文段才达到；{max} 个就够了。"},
	"steps.path": {En: "The server's end went {path}.", Zh: "服务器一端经过：{path}。"},
	"peer.open": {
		En: "You are the client of a connection to port {port} of a Linux server.",
		Zh: "你是一个连接的客户端，对方是 Linux 服务器的端口 {port}。",
	},
	"peer.sent": {En: "The server has sent {n} bytes that you have not acknowledged.", Zh: "服务器发送了 {n} 字节，你还没有确认。"},
	"peer.read": {En: "The server has read your {n} bytes.", Zh: "服务器已读取你的 {n} 字节。"},
	"peer.closed": {
		En: "The server has closed its sending side; you have acknowledged nothing of that.",
		Zh: "服务器已关闭发送方向；你还没有确认。",
	},
	"peer.closes": {
		En: "The server's program calls close() as soon as it reads EOF.", Zh: "服务器程序一读到 EOF 就调用 close()。",
	},
	"peer.ask": {
		En: "Which segments do you send to bring the server's end to {target}, with at most {n}?",
		Zh: "你依次发送哪些报文段，用至多 {n} 个使服务器一端进入 {target}？",
	},
	"peer.bare": {
		En: "Bring the server's end to {target} with at most {n} segments.", Zh: "用至多 {n} 个报文段使服务器一端进入 {target}。",
	},
	"peer.why":        {En: "the server's end goes {path}", Zh: "服务器一端经过 {path}"},
	"hint.step":       {En: "Begin with {step}.", Zh: "先发送 {step}。"},
	"move.ack":        {En: "ACK of all that the server has sent", Zh: "确认服务器发送的全部内容的 ACK"},
	"move.ack-una":    {En: "ACK of nothing new", Zh: "不确认新内容的 ACK"},
	"move.fin":        {En: "FIN, acknowledging all that the server has sent", Zh: "FIN，同时确认服务器发送的全部内容"},
	"move.fin-una":    {En: "FIN, acknowledging nothing new", Zh: "FIN，不确认新内容"},
	"move.rst":        {En: "RST at RCV.NXT", Zh: "恰在 RCV.NXT 的 RST"},
	"move.rst-window": {En: "RST at RCV.NXT + 100", Zh: "在 RCV.NXT + 100 的 RST"},
	"move.syn":        {En: "SYN at RCV.NXT + 100", Zh: "在 RCV.NXT + 100 的 SYN"},
	"move.data":       {En: "10 bytes of data, acknowledging all", Zh: "10 字节数据，同时确认全部内容"},

	"find.ask": {
		En: "This {language} server (port {port}, error checks left out) must survive a restart while clients are connected, serve clients on other hosts, read each request to its end, and close after the client. One line is wrong. Which, and what comes of it?",
		Zh: "这个 {language} 服务器（端口 {port}，省略错误检查）应当能在有客户端连接时重启、能为其他主机上的客户端服务、把每个请求读到结尾，并在客户端之后关闭。有一行是错的。是哪一行，会有什么后果？",
	},
	"find.q1":   {En: "Which line?", Zh: "哪一行？"},
	"find.q2":   {En: "What comes of it?", Zh: "会有什么后果？"},
	"find.fine": {En: "That line is as it should be.", Zh: "那一行没有问题。"},
	"find.not":  {En: "That does not come of this mistake.", Zh: "这个错误不会有那样的后果。"},
	"hint.listing": {
		En: "Ask of each socket: which options has it at bind(), what does it bind, who sends the first FIN, is everything read?",
		Zh: "对每个套接字问：bind() 时有哪些选项，绑定什么地址，谁先发送 FIN，数据是否读完？",
	},
	"hint.between": {En: "It is between line {from} and line {to}.", Zh: "在第 {from} 行到第 {to} 行之间。"},
	"hint.part":    {En: "{comes}.", Zh: "{comes}。"},
	"comes.restart": {
		En: "Stopped while a client is connected and started again, it gets EADDRINUSE",
		Zh: "在有客户端连接时停止并重新启动，会得到 EADDRINUSE",
	},
	"comes.refused": {En: "Clients on other hosts get ECONNREFUSED", Zh: "其他主机上的客户端得到 ECONNREFUSED"},
	"comes.reset": {
		En: "A finished connection is ended by a RST: the client may lose the end of the answer",
		Zh: "完成的连接被 RST 终止：客户端可能丢失回答的结尾",
	},
	"comes.close-wait": {
		En: "The server's ends of finished connections stay in CLOSE-WAIT", Zh: "完成的连接在服务器一端停留在 CLOSE-WAIT",
	},
	"comes.time-wait": {
		En: "The server's ends of finished connections go to TIME-WAIT, since it closes first",
		Zh: "服务器先关闭，完成的连接在服务器一端进入 TIME-WAIT",
	},
	"find.why.late-option": {
		En: "line {n} sets the option after bind(): bind() was asked without it",
		Zh: "第 {n} 行在 bind() 之后才设置选项：bind() 检查时还没有它",
	},
	"find.why.accepted-only": {
		En: "line {n} sets the option on the accepted socket; the new listener needs it at bind()",
		Zh: "第 {n} 行把选项设在已接受的套接字上；而新的监听套接字在 bind() 时需要它",
	},
	"find.why.option-zero":  {En: "line {n} clears the option", Zh: "第 {n} 行清除了这个选项"},
	"find.why.other-option": {En: "line {n} sets another option than SO_REUSEADDR", Zh: "第 {n} 行设置的不是 SO_REUSEADDR"},
	"find.why.only-restart": {
		En: "line {n} leaves the first run without the option, and Linux wants it on both",
		Zh: "第 {n} 行使第一次运行没有该选项，而 Linux 要求双方都有",
	},
	"find.why.loopback": {
		En: "line {n} binds the loopback address, which other hosts cannot reach", Zh: "第 {n} 行绑定的是环回地址，其他主机无法到达",
	},
	"find.why.port-zero": {En: "line {n} asks for any free port", Zh: "第 {n} 行要求的是任意空闲端口"},
	"find.why.v6only": {
		En: "line {n} binds ::1, which is loopback and IPv6 alone", Zh: "第 {n} 行绑定 ::1，它是环回地址，且只用于 IPv6",
	},
	"find.why.linger-zero": {En: "line {n} makes close() send a RST", Zh: "第 {n} 行使 close() 发送 RST"},
	"find.why.no-read": {
		En: "line {n} leaves data unread, so that close() sends a RST", Zh: "第 {n} 行留下未读数据，于是 close() 发送 RST",
	},
	"find.why.no-close": {En: "line {n} keeps the socket instead of closing it", Zh: "第 {n} 行保留了套接字，没有关闭它"},
	"find.why.shutdown-rd": {
		En: "line {n} shuts down reading, which sends no FIN, and keeps the socket",
		Zh: "第 {n} 行只关闭读方向，不发送 FIN，还保留了套接字",
	},
	"find.why.closes-first": {
		En: "line {n} stops reading before the client's FIN, so the server sends the first FIN",
		Zh: "第 {n} 行在客户端的 FIN 之前就停止读取，于是服务器先发送 FIN",
	},
}
