package quiz

import "maps"

// words are all sentences of questions, hints and feedback, by key, as data. Holes are {names}; a test
// holds that both languages have the same. A file of words_*.go has those of a family of kinds.
var words = func() map[string]Text {
	all := map[string]Text{}
	for _, m := range []map[string]Text{wordsAll, wordsClose, wordsBind, wordsWire, wordsScripts} {
		maps.Copy(all, m)
	}
	return all
}()

// wordsAll are sentences of many kinds.
var wordsAll = map[string]Text{
	"blank":         {"Not answered. The answer is {right}.", "未作答。正确答案是 {right}。"},
	"right":         {"Right.", "正确。"},
	"key.is":        {"The answer is {right}.", "正确答案是 {right}。"},
	"would.myth":    {"That would be so if it were true that {claim}.", "只有在“{claim}”成立时才会这样。"},
	"would.none":    {"No rule leads there.", "没有规则会得出这个结果。"},
	"would.rule":    {"That would be so if it were not true that {rule}.", "只有在“{rule}”不成立时才会这样。"},
	"would.event":   {"That would be so after this: {event}", "如果发生的是下面这件事，才会这样：{event}"},
	"would.stays":   {"That would be so if this changed no state.", "如果这不改变状态，才会这样。"},
	"would.nothing": {"Nothing that is asked about here leads from {from} to {to}.", "从 {from} 没有任何事件直接到 {to}。"},
	"hint.bind":     {"Compare address, options and LISTEN of the new socket with each socket that has the port.", "把新套接字与占用该端口的每个套接字比较：地址、选项、是否在监听。"},
	"hint.state":    {"Just before, {who} was in {state}.", "在此之前，{who}处于 {state}。"},
	"hint.holding":  {"By then the state of the old socket is {state}.", "此时旧套接字的状态是 {state}。"},
	"hint.machine":  {"Ask first whether the segment is acceptable, then which FINs it acknowledges or brings.", "先看报文段是否可接受，再看它确认或带来了哪个 FIN。"},
	"not.offered":   {"{given} is not among the options.", "{given} 不在选项之中。"},
	"watch":         {"Watch the experiment {experiment}.", "请看实验 {experiment}。"},
	"line":          {"line {n}", "第 {n} 行"},
	"no.line":       {"The question has no line {n}.", "题目中没有第 {n} 行。"},
	"none.chosen":   {"none", "无"},
	"number.form":   {"write a number such as 48{unit}", "请写一个数，例如 48{unit}"},
	"state.form":    {"write a state such as TIME-WAIT", "请写一个状态，例如 TIME-WAIT"},
	"flags.form":    {"write flags such as FIN+ACK", "请写标志位，例如 FIN+ACK"},
	"result.form":   {"write ok or an errno such as EADDRINUSE", "请写 ok 或 EADDRINUSE 之类的错误名"},
	"order.form":    {"write each id once, such as s2, s1", "请写编号，每个一次，例如 s2, s1"},
	"no.field":      {"the fields are {fields}", "字段有 {fields}"},
	"field.wrong":   {"{field}: {right}.", "{field}：{right}。"},
	"field.follows": {"Your value follows from your answer above, so half of the credit is given.", "你的值与上面的答案一致，给一半分。"},
	"order.score":   {"{in} of {n} are in order.", "{n} 个中有 {in} 个顺序正确。"},
	"hint.strike":   {"It is not {option}.", "不是 {option}。"},
	"why.path":      {"{who}: {path}", "{who}：{path}"},

	"linux":      {"Linux", "Linux"},
	"rfc9293":    {"RFC 9293", "RFC 9293"},
	"freebsd":    {"FreeBSD", "FreeBSD"},
	"macos":      {"macOS", "macOS"},
	"windows":    {"Windows", "Windows"},
	"documented": {"(The rules of {system} are documented, not measured here.)", "（{system} 的规则依据文档，未经本机测量。）"},
}

// wordsClose are the sentences of stories about a close.
var wordsClose = map[string]Text{
	"open":         {"On Linux (default settings) a client is connected to port {port} of a server.", "Linux（默认参数）上，客户端已连接到服务器的端口 {port}。"},
	"now":          {"{act}.", "{act}。"},
	"later":        {"{gap} later {act}.", "{gap}后，{act}。"},
	"act.close":    {"{who} calls close()", "{who}调用 close()"},
	"act.exit":     {"the process of {who} exits", "{who}进程退出"},
	"act.shutdown": {"{who} calls shutdown(SHUT_WR)", "{who}调用 shutdown(SHUT_WR)"},
	"act.abort":    {"{who} closes with SO_LINGER on and a linger time of 0", "{who}打开 SO_LINGER、时间设为 0 后关闭套接字"},
	"act.unread":   {"{peer} sends {n} bytes, and {who} calls close() without reading them", "{peer}发送 {n} 字节，{who}没有读取就调用 close()"},
	"act.both":     {"{gap} later {act} and at the same instant {act2}.", "{gap}后，{act}，同一时刻{act2}。"},
	"act.data":     {"{who} sends {n} bytes, which {peer} reads.", "{who}发送 {n} 字节，{peer}全部读取。"},
	"lost":         {"The {n} {kind} of {who} will be lost.", "{who}的{n} {kind} 会丢失。"},

	"both-states.ask":  {"In which state is each end {gap} after that?", "此后再过 {gap}，两端各处于什么状态？"},
	"both-states.bare": {"In which state is each end at the end of this script?", "脚本结束时，两端各处于什么状态？"},
	"hint.close":       {"Look which end closes first, and whether it closes or aborts.", "先看哪一端先关闭，是正常关闭还是中止。"},
	"server":           {"server", "服务器"},
	"client":           {"client", "客户端"},

	"who-waits.ask":     {"Which end is in TIME-WAIT {gap} after that?", "此后再过 {gap}，哪一端处于 TIME-WAIT？"},
	"who-waits.bare":    {"Which end is in TIME-WAIT at the end of this script?", "脚本结束时，哪一端处于 TIME-WAIT？"},
	"end.server":        {"The server's", "服务器一端"},
	"end.client":        {"The client's", "客户端一端"},
	"end.both":          {"Both ends", "两端都是"},
	"end.neither":       {"Neither end", "两端都不是"},
	"who-waits.server":  {"That would be so if the server had sent its FIN first and no RST had ended the connection.", "如果服务器先发送 FIN，且没有 RST 终止连接，才会这样。"},
	"who-waits.client":  {"That would be so if the client had sent its FIN first and no RST had ended the connection.", "如果客户端先发送 FIN，且没有 RST 终止连接，才会这样。"},
	"who-waits.both":    {"That would be so if the two FINs had crossed on the wire.", "如果双方的 FIN 在途中交错，才会这样。"},
	"who-waits.neither": {"That would be so if a RST had ended the connection, or if one end had not closed.", "如果连接被 RST 终止，或者有一端没有关闭，才会这样。"},

	"count.open":     {"A client and a server (port {port}), both Linux, make these connections:", "客户端与服务器（端口 {port}）都运行 Linux，建立了以下连接："},
	"count.server":   {"{n} that the server closes first and the client after it", "{n} 个由服务器先关闭、客户端随后关闭"},
	"count.client":   {"{n} that the client closes first and the server after it", "{n} 个由客户端先关闭、服务器随后关闭"},
	"count.abort":    {"{n} that one end aborts", "{n} 个由一端中止"},
	"count.open2":    {"{n} that stay open", "{n} 个保持打开"},
	"count.buckets":  {"On the server tcp_max_tw_buckets is {n}.", "服务器的 tcp_max_tw_buckets 为 {n}。"},
	"count.listener": {"Then the listener is closed.", "然后监听套接字被关闭。"},
	"count.ask":      {"How many sockets are in TIME-WAIT on each host {gap} later?", "{gap}后，每台主机上各有多少个套接字处于 TIME-WAIT？"},
	"count.bare":     {"How many sockets are in TIME-WAIT on each host at the end of this script?", "脚本结束时，每台主机上各有多少个套接字处于 TIME-WAIT？"},
	"count.why":      {"the end that sends the first FIN waits: {server} on the server, {client} on the client", "先发送 FIN 的一端等待：服务器 {server} 个，客户端 {client} 个"},
	"hint.count":     {"A connection that is closed in order leaves one TIME-WAIT in all, one that is aborted none.", "正常关闭的连接总共留下一个 TIME-WAIT，被中止的一个也没有。"},

	"time-left.ask":   {"{gap} after that: how many seconds of TIME-WAIT are left?", "此后再过 {gap}，TIME-WAIT 还剩多少秒？"},
	"time-left.bare":  {"How many seconds of TIME-WAIT are left at the end of this script?", "脚本结束时，TIME-WAIT 还剩多少秒？"},
	"time-left.host":  {"Think of {who}.", "指{who}一端。"},
	"time-left.why":   {"{who} entered TIME-WAIT, or restarted it, {ago} s before; 2MSL is {msl} s on {system}", "{who}在 {ago} 秒之前进入 TIME-WAIT（或重新开始计时）；{system} 的 2MSL 是 {msl} 秒"},
	"time-left.close": {"That would be so if the time were counted from the first close.", "如果从第一次关闭开始计时，才会这样。"},
	"time-left.kept":  {"That would be so if the late FIN did not restart the 2MSL timer.", "如果迟到的 FIN 不会让 2MSL 定时器重新开始，才会这样。"},
	"time-left.rfc":   {"That would be so if both ends followed RFC 9293's MSL of two minutes.", "如果双方按 RFC 9293 取 MSL 为两分钟，才会这样。"},
	"hint.timer":      {"2MSL runs from the last FIN that the waiting end received, not from its own close.", "2MSL 从等待的一端最后一次收到 FIN 时开始计时，而不是从它自己关闭时。"},
	"hint.entered":    {"{who} last received a FIN {ago} s before.", "{who}最后一次收到 FIN 是在 {ago} 秒之前。"},
	"set.fin_timeout": {"tcp_fin_timeout is {n} on both.", "双方的 tcp_fin_timeout 为 {n}。"},
	"system.is":       {"Suppose that both run {system}.", "设双方都运行 {system}。"},
	"dup.fin":         {"{gap} later a second copy of {who}'s FIN arrives.", "{gap}后，{who}的 FIN 的第二个副本到达。"},
}
