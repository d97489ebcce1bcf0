package script

import (
	"fmt"
	"strings"
)

// entry is what the reference says of a word of the language. Its example stands after prelude.
type entry struct {
	en, zh  string
	example string
}

// prelude makes the connection that the examples of the reference speak of.
const prelude = `+0  server  bind l :7865            = ok
+0  server  listen l                = ok
+0  client  connect c server:7865   = ok
+0  server  accept l as a           = ok
`

// hostExample declares a third host.
const hostExample = `host proxy 10.0.0.3

+0  proxy   bind p :8080            = ok
+0  proxy   listen p                = ok
+0  client  connect c proxy:8080    = ok
`

// hostEntries, wireEntries and optionEntries say what each word of the tables in host.go and wire.go does.
var hostEntries = map[string]entry{
	"socket":   {"makes a socket, of IPv4 unless tcp6 is asked for", "创建套接字，默认 IPv4，tcp6 为 IPv6", "+0 server socket s tcp6 v6only = ok"},
	"set":      {"sets options on a socket that is there (setsockopt)", "在已有的套接字上设置选项（setsockopt）", "+0 client set c nodelay keepalive = ok"},
	"bind":     {"makes the socket if it is new, sets the options and binds it", "套接字不存在时先创建，设置选项，然后绑定", "+0 server bind s :7865 reuseaddr = EADDRINUSE"},
	"listen":   {"listens, with a backlog if one is given", "开始监听，可以给出 backlog", "+0 server bind s :7866 = ok\n+0 server listen s 1 = ok"},
	"accept":   {"takes the next connection and gives it a name; EAGAIN if none comes in time", "取出下一个连接并命名；时限内没有连接则为 EAGAIN", "+0 client connect d server:7865 = ok\n+0 server accept l as b within 2s = ok"},
	"connect":  {"makes the socket if it is new and connects it; EINPROGRESS while it is still trying", "套接字不存在时先创建，然后连接；仍在尝试时为 EINPROGRESS", "+0 client connect d server:9 from 10.0.0.2:40000 = ECONNREFUSED"},
	"send":     {"sends so many bytes of stream data", "发送若干字节的数据", "+0 client send c 5 = 5"},
	"recv":     {"reads what is there, up to so many bytes, and waits only while nothing is; nowait does not wait", "读取已有的数据，至多若干字节，没有数据时才等待；nowait 不等待", "+0 client send c 5 = 5\n+0 server recv a = 5\n+0 server recv a nowait = EAGAIN"},
	"shutdown": {"closes one direction, or both", "关闭一个方向或两个方向", "+0 client shutdown c wr = ok\n+0 server recv a = EOF"},
	"close":    {"closes the descriptor: close(2)", "关闭描述符：close(2)", "+0 client close c = ok\n+0 server state a = CLOSE-WAIT"},
	"abort":    {"closes with a RST: SO_LINGER {1, 0}, then close", "用 RST 关闭：SO_LINGER {1, 0}，然后 close", "+0 client abort c = ok\n+0 server recv a = ECONNRESET"},
	"exit":     {"ends the process: every descriptor of the host closes", "进程结束：该主机的所有描述符都关闭", "+0 server exit = ok\n+0 server state a = FIN-WAIT-2"},
	"state":    {"the state of that connection now; CLOSED once it is gone", "该连接当前的状态；消失后为 CLOSED", "+0 client state c = ESTABLISHED"},
	"timer":    {"the timer that runs and what is left of it", "正在运行的定时器及其剩余时间", "+0 client timer c = none"},
	"sockets":  {"the host's sockets, as ss -tan would show them; their number is a result too", "该主机的套接字，如同 ss -tan；结果也可以是数量", "+0 server sockets :7865 = 2"},
	"sysctl":   {"sets a sysctl of the host's network namespace", "设置该主机网络命名空间的 sysctl", "+0 client sysctl ip_local_port_range 40000 40009 = ok"},
	"await":    {"collects the result of a call that is pending", "取得挂起的调用的结果", "+0 server recv a = EAGAIN\n+0 client send c 3 = 3\n+0 server await a recv = 3"},
	"error":    {"reads SO_ERROR and clears it", "读取并清除 SO_ERROR", "+0 client error c = 0"},
}

var wireEntries = map[string]entry{
	"latency": {"the one-way delay of every segment from now on", "此后每个报文段的单向时延", "+0 wire latency 20ms = ok"},
	"drop":    {"loses the next such segment of that host, or the N-th next", "丢弃该主机的下一个（或第 N 个）此类报文段", "+0 wire drop client FIN nth 1 = ok"},
	"dup":     {"delivers the next such segment twice", "把下一个此类报文段送达两次", "+0 wire dup client FIN after 1s = ok"},
	"delay":   {"delivers the next such segment late; later ones may overtake it", "延迟送达下一个此类报文段，后面的可以超越它", "+0 wire delay server ACK 100ms = ok"},
	"hold":    {"keeps segments on the wire", "把报文段留在线路上", "+0 wire hold server = ok"},
	"deliver": {"lets the oldest segment that is held go", "放行最早被留住的报文段", "+0 wire hold client FIN = ok\n+0 client close c = ok\n+0 wire deliver client = ok"},
	"release": {"lets all go and holds no more", "放行全部报文段，不再留住", "+0 wire hold = ok\n+0 wire release = ok"},
	"forge":   {"puts a hand-made segment on the wire, as if that socket had sent it; its result is the answer", "在线路上放一个伪造的报文段，如同该套接字发出；结果是对它的回答", "+0 wire forge client c RST seq=nxt = silence\n+0 server state a = CLOSED"},
	"forget":  {"a middlebox: forgets a flow without traffic for D; later segments vanish, or are answered with RST", "中间设备：忘记空闲 D 的连接；此后的报文段消失，或被回以 RST", "+0 wire forget after 5m rst = ok"},
	"block":   {"lets nothing from that host through any more; with icmp the sender is told", "不再放行该主机的任何报文段；icmp= 则通知发送方", "+0 wire block client icmp=host = ok"},
}

var optionEntries = map[string]entry{
	"reuseaddr":   {"SO_REUSEADDR", "SO_REUSEADDR", "reuseaddr"},
	"reuseport":   {"SO_REUSEPORT", "SO_REUSEPORT", "reuseport"},
	"v6only":      {"IPV6_V6ONLY", "IPV6_V6ONLY", "v6only"},
	"dual":        {"IPV6_V6ONLY off", "关闭 IPV6_V6ONLY", "dual"},
	"linger":      {"SO_LINGER: off, or for how long close waits", "SO_LINGER：关闭，或 close 等待多久", "linger=2s"},
	"linger2":     {"TCP_LINGER2: how long an orphan stays in FIN-WAIT-2", "TCP_LINGER2：孤儿连接在 FIN-WAIT-2 停留多久", "linger2=5s"},
	"nodelay":     {"TCP_NODELAY", "TCP_NODELAY", "nodelay"},
	"uid":         {"the user who owns the socket", "套接字所属的用户", "uid=1000"},
	"nobindport":  {"IP_BIND_ADDRESS_NO_PORT", "IP_BIND_ADDRESS_NO_PORT", "nobindport"},
	"freebind":    {"IP_FREEBIND: bind an address that the host has not got", "IP_FREEBIND：绑定本机没有的地址", "freebind"},
	"portrange":   {"IP_LOCAL_PORT_RANGE", "IP_LOCAL_PORT_RANGE", "portrange=40000-40009"},
	"device":      {"SO_BINDTODEVICE", "SO_BINDTODEVICE", "device=eth0"},
	"deaf":        {"a socket filter that drops every segment that arrives", "丢弃所有到达报文段的套接字过滤器", "deaf"},
	"rcvbuf":      {"SO_RCVBUF, as asked for: Linux doubles it", "SO_RCVBUF，请求值：Linux 会加倍", "rcvbuf=4096"},
	"sndbuf":      {"SO_SNDBUF, as asked for: Linux doubles it", "SO_SNDBUF，请求值：Linux 会加倍", "sndbuf=4096"},
	"keepalive":   {"SO_KEEPALIVE", "SO_KEEPALIVE", "keepalive"},
	"keepidle":    {"TCP_KEEPIDLE, in whole seconds", "TCP_KEEPIDLE，整秒", "keepidle=60s"},
	"keepintvl":   {"TCP_KEEPINTVL, in whole seconds", "TCP_KEEPINTVL，整秒", "keepintvl=10s"},
	"keepcnt":     {"TCP_KEEPCNT", "TCP_KEEPCNT", "keepcnt=5"},
	"usertimeout": {"TCP_USER_TIMEOUT", "TCP_USER_TIMEOUT", "usertimeout=3s"},
	"deferaccept": {"TCP_DEFER_ACCEPT, in whole seconds", "TCP_DEFER_ACCEPT，整秒", "deferaccept=3s"},
}

// Examples returns a complete script for each verb of the reference, by the verb's name; the wire's are
// "wire NAME". Each is expected to run as written in the world model.
func Examples() map[string]string {
	all := make(map[string]string)
	for name, e := range hostEntries {
		all[name] = prelude + e.example + "\n"
	}
	all["host"] = hostExample
	for name, e := range wireEntries {
		all["wire "+name] = prelude + e.example + "\n"
	}
	return all
}

// referenceWords are the texts around the tables.
var referenceWords = map[string]map[string]string{
	"en": {
		"title": "The language of experiments",
		"about": "One text file is one experiment. It runs unchanged in every world: the model, a real kernel, and whatever is added later.\n\n" +
			"This page is made from the tables that the parser reads; `go test ./lab/script -run Reference -update` makes it again.",
		"shape": "A line",
		"line": "- `[world]` restricts the line to some worlds: `[model]`, `[kernel]`, `[model:rfc9293]`, or by release: `[kernel<6.14]`.\n" +
			"- `+delay` counts from the end of the line before; `&` in its place means at the same instant.\n" +
			"- `actor` is a host (`server`, `client`, or one that `host NAME ADDR` declared) or `wire`.\n" +
			"- `= result` is what the line is expected to come to: one of those below, or an errno.\n" +
			"- `#` begins a comment; on a line of its own it opens a phase.",
		"between": "Addresses and hosts",
		"hosts": "- `server` is 10.0.0.1 and fd00::1, `client` 10.0.0.2 and fd00::2; both have `lo` and `eth0`.\n" +
			"- `host NAME ADDR [ADDR6]`, on a line of its own and without a delay, declares another host, six at most.\n" +
			"- An address is `server:7865`, `10.0.0.1:7865`, `[fd00::1]:80`, `localhost:80`, `:80` (every IPv4 address) or `[::]:80`.",
		"kinds":   "HOST is the sender; `HOST>HOST` is one direction alone. KIND is one of ",
		"flags":   "FLAGS are SYN, ACK, FIN, RST and PSH, joined by `+`. In `seq=E` and `ack=E`, E is one of ",
		"exprs":   ", with `+N` or `-N`.",
		"prelude": "The examples stand after these lines:",
		"host":    "What a host does", "wire": "What the wire does", "options": "Options of a socket", "sysctls": "Sysctls",
		"results": "Results", "option": "option", "sets": "sets", "example": "example",
		"switch": "A switch is cleared by `=0`.",
	},
	"zh": {
		"title": "实验脚本语言",
		"about": "一个文本文件就是一个实验，它在每个世界里原样运行：模型、真实内核，以及以后加入的世界。\n\n" +
			"本页由解析器所用的表生成；用 `go test ./lab/script -run Reference -update` 重新生成。",
		"shape": "一行",
		"line": "- `[world]` 把这一行限制在某些世界：`[model]`、`[kernel]`、`[model:rfc9293]`，或按版本限制：`[kernel<6.14]`。\n" +
			"- `+delay` 从上一行结束时算起；写成 `&` 表示与上一行同一时刻。\n" +
			"- `actor` 是主机（`server`、`client` 或用 `host NAME ADDR` 声明的主机）或线路 `wire`。\n" +
			"- `= result` 是这一行的预期结果：下面列出的结果之一，或 errno。\n" +
			"- `#` 开始注释；单独一行的注释开始一个阶段。",
		"between": "地址与主机",
		"hosts": "- `server` 是 10.0.0.1 和 fd00::1，`client` 是 10.0.0.2 和 fd00::2；两者都有 `lo` 和 `eth0`。\n" +
			"- `host NAME ADDR [ADDR6]` 单独一行、没有延时，声明另一台主机，最多六台。\n" +
			"- 地址可写作 `server:7865`、`10.0.0.1:7865`、`[fd00::1]:80`、`localhost:80`、`:80`（全部 IPv4 地址）或 `[::]:80`。",
		"kinds":   "HOST 是发送方；`HOST>HOST` 表示只限一个方向。KIND 是以下之一：",
		"flags":   "FLAGS 是 SYN、ACK、FIN、RST、PSH，用 `+` 连接。`seq=E` 和 `ack=E` 里的 E 是以下之一：",
		"exprs":   "，可加 `+N` 或 `-N`。",
		"prelude": "以下例子都接在这几行之后：",
		"host":    "主机的动作", "wire": "线路的动作", "options": "套接字选项", "sysctls": "Sysctl",
		"results": "结果", "option": "选项", "sets": "设置", "example": "例子",
		"switch": "开关用 `=0` 清除。",
	},
}

// Reference is the language's reference in Markdown, in a language ("en" or "zh").
func Reference(lang string) string {
	w := referenceWords[lang]
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n## %s\n\n    [world] +delay  actor  verb arguments  = result   # why\n\n%s\n",
		w["title"], w["about"], w["shape"], w["line"])
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s:\n\n%s\n%s\n\n%s",
		w["between"], w["hosts"], w["example"], indented(hostExample), w["prelude"], indented(prelude))
	for _, part := range []struct {
		title, about string
		verbs        []verb
		entries      map[string]entry
	}{
		{w["host"], "", hostVerbs, hostEntries},
		{w["wire"], w["kinds"] + "`" + strings.Join(kindWords, "`, `") + "`.\n\n" + w["flags"] +
			"`" + strings.Join(baseWords, "`, `") + "`" + w["exprs"], wireVerbs, wireEntries},
	} {
		fmt.Fprintf(&b, "\n## %s\n", part.title)
		if part.about != "" {
			fmt.Fprintf(&b, "\n%s\n", part.about)
		}
		for _, v := range part.verbs {
			e := part.entries[v.name]
			fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n%s: %s\n\n%s", strings.TrimSpace(v.name+" "+v.usage), e.in(lang), w["results"], v.gives, indented(e.example))
		}
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| %s | %s | %s |\n|---|---|---|\n", w["options"], w["switch"], w["option"], w["sets"], w["example"])
	for _, name := range optionWords {
		e := optionEntries[name]
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", name, e.in(lang), e.example)
	}
	fmt.Fprintf(&b, "\n## %s\n\n`%s`\n", w["sysctls"], strings.Join(sysctls, "`, `"))
	return b.String()
}

func (e entry) in(lang string) string {
	if lang == "zh" {
		return e.zh
	}
	return e.en
}

// indented is a block of code in Markdown.
func indented(s string) string {
	s = strings.ReplaceAll("    "+strings.TrimSpace(s), "\n", "\n    ")
	return strings.ReplaceAll(s, "\n    \n", "\n\n") + "\n"
}
