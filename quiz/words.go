package quiz

import "maps"

// words are all sentences of questions, hints and feedback, by key, as data. Holes are {names}; a
// test holds that both languages have the same. A file of words_*.go has those of a family of
// kinds.
var words = func() map[string]Text {
	all := map[string]Text{}
	for _, m := range []map[string]Text{wordsAll, wordsClose, wordsBind, wordsWire, wordsScripts} {
		maps.Copy(all, m)
	}
	return all
}()

// wordsAll are sentences of many kinds.
var wordsAll = map[string]Text{
	"blank":       {En: "Not answered. The answer is {right}.", Zh: "未作答。正确答案是 {right}。"},
	"right":       {En: "Right.", Zh: "正确。"},
	"key.is":      {En: "The answer is {right}.", Zh: "正确答案是 {right}。"},
	"would.myth":  {En: "That would be so if it were true that {claim}.", Zh: "只有在“{claim}”成立时才会这样。"},
	"would.none":  {En: "No rule leads there.", Zh: "没有规则会得出这个结果。"},
	"would.rule":  {En: "That would be so if it were not true that {rule}.", Zh: "只有在“{rule}”不成立时才会这样。"},
	"would.event": {En: "That would be so after this: {event}", Zh: "如果发生的是下面这件事，才会这样：{event}"},
	"would.stays": {En: "That would be so if this changed no state.", Zh: "如果这不改变状态，才会这样。"},
	"would.nothing": {
		En: "Nothing that is asked about here leads from {from} to {to}.", Zh: "从 {from} 没有任何事件直接到 {to}。",
	},
	"hint.bind": {
		En: "Compare address, options and LISTEN of the new socket with each socket that has the port.",
		Zh: "把新套接字与占用该端口的每个套接字比较：地址、选项、是否在监听。",
	},
	"hint.state":   {En: "Just before, {who} was in {state}.", Zh: "在此之前，{who}处于 {state}。"},
	"hint.holding": {En: "By then the state of the old socket is {state}.", Zh: "此时旧套接字的状态是 {state}。"},
	"hint.machine": {
		En: "Ask first whether the segment is acceptable, then which FINs it acknowledges or brings.",
		Zh: "先看报文段是否可接受，再看它确认或带来了哪个 FIN。",
	},
	"not.offered": {En: "{given} is not among the options.", Zh: "{given} 不在选项之中。"},
	"watch":       {En: "Watch the experiment {experiment}.", Zh: "请看实验 {experiment}。"},
	"line":        {En: "line {n}", Zh: "第 {n} 行"},
	"no.line":     {En: "The question has no line {n}.", Zh: "题目中没有第 {n} 行。"},
	"none.chosen": {En: "none", Zh: "无"},
	"number.form": {En: "write a number such as 48{unit}", Zh: "请写一个数，例如 48{unit}"},
	"state.form":  {En: "write a state such as TIME-WAIT", Zh: "请写一个状态，例如 TIME-WAIT"},
	"flags.form":  {En: "write flags such as FIN+ACK", Zh: "请写标志位，例如 FIN+ACK"},
	"result.form": {En: "write ok or an errno such as EADDRINUSE", Zh: "请写 ok 或 EADDRINUSE 之类的错误名"},
	"order.form":  {En: "write each id once, such as s2, s1", Zh: "请写编号，每个一次，例如 s2, s1"},
	"no.field":    {En: "the fields are {fields}", Zh: "字段有 {fields}"},
	"field.wrong": {En: "{field}: {right}.", Zh: "{field}：{right}。"},
	"field.follows": {
		En: "Your value follows from your answer above, so half of the credit is given.", Zh: "你的值与上面的答案一致，给一半分。",
	},
	"order.score": {En: "{in} of {n} are in order.", Zh: "{n} 个中有 {in} 个顺序正确。"},
	"hint.strike": {En: "It is not {option}.", Zh: "不是 {option}。"},
	"why.path":    {En: "{who}: {path}", Zh: "{who}：{path}"},

	"linux":      {En: "Linux", Zh: "Linux"},
	"rfc9293":    {En: "RFC 9293", Zh: "RFC 9293"},
	"freebsd":    {En: "FreeBSD", Zh: "FreeBSD"},
	"macos":      {En: "macOS", Zh: "macOS"},
	"windows":    {En: "Windows", Zh: "Windows"},
	"documented": {En: "(The rules of {system} are documented, not measured here.)", Zh: "（{system} 的规则依据文档，未经本机测量。）"},
}

// wordsClose are the sentences of stories about a close.
var wordsClose = map[string]Text{
	"open": {
		En: "On Linux (default settings) a client is connected to port {port} of a server.",
		Zh: "Linux（默认参数）上，客户端已连接到服务器的端口 {port}。",
	},
	"now":          {En: "{act}.", Zh: "{act}。"},
	"later":        {En: "{gap} later {act}.", Zh: "{gap}后，{act}。"},
	"act.close":    {En: "{who} calls close()", Zh: "{who}调用 close()"},
	"act.exit":     {En: "the process of {who} exits", Zh: "{who}进程退出"},
	"act.shutdown": {En: "{who} calls shutdown(SHUT_WR)", Zh: "{who}调用 shutdown(SHUT_WR)"},
	"act.abort":    {En: "{who} closes with SO_LINGER on and a linger time of 0", Zh: "{who}打开 SO_LINGER、时间设为 0 后关闭套接字"},
	"act.unread": {
		En: "{peer} sends {n} bytes, and {who} calls close() without reading them",
		Zh: "{peer}发送 {n} 字节，{who}没有读取就调用 close()",
	},
	"act.both": {En: "{gap} later {act} and at the same instant {act2}.", Zh: "{gap}后，{act}，同一时刻{act2}。"},
	"act.data": {En: "{who} sends {n} bytes, which {peer} reads.", Zh: "{who}发送 {n} 字节，{peer}全部读取。"},
	"lost":     {En: "The {n} {kind} of {who} will be lost.", Zh: "{who}的{n} {kind} 会丢失。"},

	"both-states.ask":  {En: "In which state is each end {gap} after that?", Zh: "此后再过 {gap}，两端各处于什么状态？"},
	"both-states.bare": {En: "In which state is each end at the end of this script?", Zh: "脚本结束时，两端各处于什么状态？"},
	"hint.close":       {En: "Look which end closes first, and whether it closes or aborts.", Zh: "先看哪一端先关闭，是正常关闭还是中止。"},
	"server":           {En: "server", Zh: "服务器"},
	"client":           {En: "client", Zh: "客户端"},

	"who-waits.ask":  {En: "Which end is in TIME-WAIT {gap} after that?", Zh: "此后再过 {gap}，哪一端处于 TIME-WAIT？"},
	"who-waits.bare": {En: "Which end is in TIME-WAIT at the end of this script?", Zh: "脚本结束时，哪一端处于 TIME-WAIT？"},
	"end.server":     {En: "The server's", Zh: "服务器一端"},
	"end.client":     {En: "The client's", Zh: "客户端一端"},
	"end.both":       {En: "Both ends", Zh: "两端都是"},
	"end.neither":    {En: "Neither end", Zh: "两端都不是"},
	"who-waits.server": {
		En: "That would be so if the server had sent its FIN first and no RST had ended the connection.",
		Zh: "如果服务器先发送 FIN，且没有 RST 终止连接，才会这样。",
	},
	"who-waits.client": {
		En: "That would be so if the client had sent its FIN first and no RST had ended the connection.",
		Zh: "如果客户端先发送 FIN，且没有 RST 终止连接，才会这样。",
	},
	"who-waits.both": {En: "That would be so if the two FINs had crossed on the wire.", Zh: "如果双方的 FIN 在途中交错，才会这样。"},
	"who-waits.neither": {
		En: "That would be so if a RST had ended the connection, or if one end had not closed.",
		Zh: "如果连接被 RST 终止，或者有一端没有关闭，才会这样。",
	},

	"count.open": {
		En: "A client and a server (port {port}), both Linux, make these connections:",
		Zh: "客户端与服务器（端口 {port}）都运行 Linux，建立了以下连接：",
	},
	"count.server":   {En: "{n} that the server closes first and the client after it", Zh: "{n} 个由服务器先关闭、客户端随后关闭"},
	"count.client":   {En: "{n} that the client closes first and the server after it", Zh: "{n} 个由客户端先关闭、服务器随后关闭"},
	"count.abort":    {En: "{n} that one end aborts", Zh: "{n} 个由一端中止"},
	"count.open2":    {En: "{n} that stay open", Zh: "{n} 个保持打开"},
	"count.buckets":  {En: "On the server tcp_max_tw_buckets is {n}.", Zh: "服务器的 tcp_max_tw_buckets 为 {n}。"},
	"count.listener": {En: "Then the listener is closed.", Zh: "然后监听套接字被关闭。"},
	"count.ask": {
		En: "How many sockets are in TIME-WAIT on each host {gap} later?", Zh: "{gap}后，每台主机上各有多少个套接字处于 TIME-WAIT？",
	},
	"count.bare": {
		En: "How many sockets are in TIME-WAIT on each host at the end of this script?",
		Zh: "脚本结束时，每台主机上各有多少个套接字处于 TIME-WAIT？",
	},
	"count.why": {
		En: "the end that sends the first FIN waits: {server} on the server, {client} on the client",
		Zh: "先发送 FIN 的一端等待：服务器 {server} 个，客户端 {client} 个",
	},
	"hint.count": {
		En: "A connection that is closed in order leaves one TIME-WAIT in all, one that is aborted none.",
		Zh: "正常关闭的连接总共留下一个 TIME-WAIT，被中止的一个也没有。",
	},

	"time-left.ask": {
		En: "{gap} after that: how many seconds of TIME-WAIT are left?", Zh: "此后再过 {gap}，TIME-WAIT 还剩多少秒？",
	},
	"time-left.bare": {
		En: "How many seconds of TIME-WAIT are left at the end of this script?", Zh: "脚本结束时，TIME-WAIT 还剩多少秒？",
	},
	"time-left.host": {En: "Think of {who}.", Zh: "指{who}一端。"},
	"time-left.why": {
		En: "{who} entered TIME-WAIT, or restarted it, {ago} s before; 2MSL is {msl} s on {system}",
		Zh: "{who}在 {ago} 秒之前进入 TIME-WAIT（或重新开始计时）；{system} 的 2MSL 是 {msl} 秒",
	},
	"time-left.close": {
		En: "That would be so if the time were counted from the first close.", Zh: "如果从第一次关闭开始计时，才会这样。",
	},
	"time-left.kept": {
		En: "That would be so if the late FIN did not restart the 2MSL timer.",
		Zh: "如果迟到的 FIN 不会让 2MSL 定时器重新开始，才会这样。",
	},
	"time-left.rfc": {
		En: "That would be so if both ends followed RFC 9293's MSL of two minutes.",
		Zh: "如果双方按 RFC 9293 取 MSL 为两分钟，才会这样。",
	},
	"hint.timer": {
		En: "2MSL runs from the last FIN that the waiting end received, not from its own close.",
		Zh: "2MSL 从等待的一端最后一次收到 FIN 时开始计时，而不是从它自己关闭时。",
	},
	"hint.entered":    {En: "{who} last received a FIN {ago} s before.", Zh: "{who}最后一次收到 FIN 是在 {ago} 秒之前。"},
	"set.fin_timeout": {En: "tcp_fin_timeout is {n} on both.", Zh: "双方的 tcp_fin_timeout 为 {n}。"},
	"system.is":       {En: "Suppose that both run {system}.", Zh: "设双方都运行 {system}。"},
	"dup.fin":         {En: "{gap} later a second copy of {who}'s FIN arrives.", Zh: "{gap}后，{who}的 FIN 的第二个副本到达。"},
}
