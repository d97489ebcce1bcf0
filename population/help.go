package population

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/internal/text"
)

// rule is a reason in both languages.
type rule struct {
	id     string
	text   text.Text
	source string
}

const (
	srcConnect = "__inet_hash_connect and __inet_check_established, net/ipv4/inet_hashtables.c"
	srcUnique  = "tcp_twsk_unique, net/ipv4/tcp_ipv4.c"
)

// The rules that decide, by what holds the ports.
var (
	timeWaitHolds = rule{"population-time-wait", text.Text{
		En: "the client closes first, so each connection's TIME-WAIT stays with the client and holds its port for " +
			"%s; the same port may be used only towards another destination or from another address",
		Zh: "客户端先关闭，所以每个连接的 TIME-WAIT 都留在客户端，端口被占用 %s；同一端口只能用于另一个目的地址或另一个源地址"},
		"RFC 9293 §3.4.1, §3.6.1; " + srcConnect}
	boundHolds = rule{"population-bind", text.Text{
		En: "bind() to port 0 chooses the port before the destination is known, so a port counts once for all " +
			"destinations, and each TIME-WAIT holds it for %s",
		Zh: "bind() 到端口 0 时还不知道目的地址，所以一个端口对所有目的地址只算一次，每个 TIME-WAIT 占用它 %s"},
		"inet_csk_find_open_port and inet_csk_bind_conflict, net/ipv4/inet_connection_sock.c"}
	reuseHolds = rule{"population-tw-reuse", text.Text{
		En: "tcp_tw_reuse lets connect() take over a TIME-WAIT that is older than tcp_tw_reuse_delay (%s) and has " +
			"timestamps: only younger ones and open connections hold a port",
		Zh: "tcp_tw_reuse 允许 connect() 接管存在超过 tcp_tw_reuse_delay（%s）且带时间戳的 TIME-WAIT：只有更新的 TIME-WAIT 和未关闭的连接占用端口"},
		srcUnique}
	openHolds = rule{"population-open", text.Text{
		En: "the server closes first and keeps the TIME-WAITs; the client's port is free once its own FIN is " +
			"acknowledged, after %s, and a new SYN from it ends the old TIME-WAIT at the server",
		Zh: "服务器先关闭，TIME-WAIT 留在服务器；客户端的 FIN 得到确认后（%s）端口即空闲，同一端口的新 SYN 会结束服务器上旧的 TIME-WAIT"},
		"RFC 6191; tcp_timewait_state_process, net/ipv4/tcp_minisocks.c"}
	bucketsHold = rule{"population-buckets", text.Text{
		En: "tcp_max_tw_buckets allows %d TIME-WAITs; a connection that closes beyond it is gone at once and its " +
			"port is free, but a late segment may then meet a new connection",
		Zh: "tcp_max_tw_buckets 只允许 %d 个 TIME-WAIT；超出后关闭的连接立即消失，端口也空闲，但迟到的报文段可能落入新连接"},
		"inet_twsk_alloc, net/ipv4/inet_timewait_sock.c"}
)

// why is what decides about the ports.
func (a *asked) why(r *run, lang string) doc.PopulationWhy {
	rl, arg := timeWaitHolds, any(seconds(a.profile.TimeWait))
	switch {
	case a.Closer == "server":
		rl, arg = openHolds, seconds(r.life+r.ripe)
	case r.now.dropped > 0:
		rl, arg = bucketsHold, r.buckets
	case a.Bind == "port-0":
		rl = boundHolds
	case a.reuses():
		rl, arg = reuseHolds, seconds(a.sys.TWReuseDelay)
	}
	return doc.PopulationWhy{Rule: rl.id, Text: fmt.Sprintf(rl.text.In(lang), arg), Source: rl.source}
}

// change is one thing that could be done otherwise.
type change struct {
	what string
	text text.Text
	do   func(*asked)
}

// changes are those that apply to what was asked, the ones that cost least first.
func (a *asked) changes() []change {
	var all []change
	add := func(when bool, what, en, zh string, do func(*asked)) {
		if when {
			all = append(all, change{what, text.Text{En: en, Zh: zh}, do})
		}
	}
	linux, client := a.profile == fsm.Linux, a.Closer == "client"
	add(linux && a.Bind == "port-0", "IP_BIND_ADDRESS_NO_PORT",
		"Set IP_BIND_ADDRESS_NO_PORT before bind(), or do not bind: connect() then chooses the port and may share it "+
			"between destinations.",
		"在 bind() 之前设置 IP_BIND_ADDRESS_NO_PORT，或者不 bind：由 connect() 选择端口，不同目的地址可以共用同一端口。",
		func(b *asked) { b.Bind = "no-port" })
	add(linux && client && !a.reuses() && a.Bind != "port-0" && a.sys.Timestamps, "tcp_tw_reuse=1",
		"Set tcp_tw_reuse=1 at the client: connect() takes over TIME-WAITs older than 1 s. It needs timestamps at "+
			"both ends, and no NAT that mixes clients.",
		"在客户端设置 tcp_tw_reuse=1：connect() 可以接管超过 1 秒的 TIME-WAIT。两端都要有时间戳，中间不能有混合多个客户端的 NAT。",
		func(b *asked) { b.sys.TWReuse = 1 })
	add(a.low > 1024 || a.high < 65535, "ip_local_port_range=1024 65535",
		"Widen ip_local_port_range to 1024 65535 and put the ports of your servers into ip_local_reserved_ports.",
		"把 ip_local_port_range 放宽到 1024 65535，并把服务器使用的端口写入 ip_local_reserved_ports。",
		func(b *asked) { b.low, b.high = 1024, 65535 })
	add(a.Bind != "port-0" && a.Destinations < maxGroups/a.Addresses/2,
		fmt.Sprintf("destinations=%d", 2*a.Destinations),
		"Spread the connections over twice as many destinations: a second port or address of the server counts.",
		"把连接分散到两倍的目的地址：服务器的另一个端口或地址也算。",
		func(b *asked) { b.Destinations *= 2 })
	add(a.Addresses < maxGroups/a.Destinations/2, fmt.Sprintf("addresses=%d", 2*a.Addresses),
		"Give the client twice as many source addresses and bind each socket to one of them (with "+
			"IP_BIND_ADDRESS_NO_PORT).",
		"给客户端两倍的源地址，让每个套接字绑定其中一个（配合 IP_BIND_ADDRESS_NO_PORT）。",
		func(b *asked) { b.Addresses *= 2 })
	add(linux && client, "closer=server",
		"Let the server close first: the TIME-WAITs are then the server's, where they hold no port that is needed.",
		"让服务器先关闭：TIME-WAIT 就留在服务器，在那里不占用任何紧缺的端口。",
		func(b *asked) { b.Closer = "server" })
	return all
}

// help is what each change would lead to, and last what needs no change of settings.
func (a *asked) help(r *run, lang string) []doc.PopulationHelp {
	all := []doc.PopulationHelp{}
	if r.first < 0 {
		return all
	}
	for _, c := range a.changes() {
		b := *a
		c.do(&b)
		s := b.setup()
		refused := 0
		if most := s.maxRate(); most > 0 && most < s.rate {
			after := newRun(s)
			after.until(b.span)
			refused = after.now.refused
		}
		if refused < r.now.refused {
			all = append(all, doc.PopulationHelp{Change: c.what, Text: c.text.In(lang), MaxRate: rounded(s.maxRate()),
				Refused: refused})
		}
	}
	if most := rounded(r.maxRate()); most > 0 {
		n := int(math.Ceil(a.Rate / most))
		enough := rounded(a.Rate / float64(n))
		all = append(all, doc.PopulationHelp{Change: "keep-alive", MaxRate: most, Refused: 0, Text: text.Text{
			En: fmt.Sprintf("Keep connections open and send at least %s over each: then %s will do.",
				counted(n, "request"), perSecond(enough)),
			Zh: fmt.Sprintf("复用连接，每个连接至少发送 %d 个请求：这样每秒 %s 个连接就够了。", n, number(enough)),
		}.In(lang)})
	}
	return all
}

// decoys are settings that are often changed for this and change nothing.
var decoys = map[string]text.Text{
	"tcp_fin_timeout": {
		En: "tcp_fin_timeout changes nothing here: it bounds how long an orphan waits in FIN-WAIT-2. TIME-WAIT lasts " +
			"60 s on Linux (TCP_TIMEWAIT_LEN), and no sysctl changes that.",
		Zh: "tcp_fin_timeout 在这里不起作用：它限制的是孤儿连接停留在 FIN-WAIT-2 的时间。Linux 的 TIME-WAIT 固定为 60 秒（TCP_TIMEWAIT_LEN），没有 " +
			"sysctl 能改变它。"},
	"somaxconn": {
		En: "somaxconn bounds the queue of a listener and has no part in this.",
		Zh: "somaxconn 限制的是监听套接字的队列，与此无关。"},
}

// notes say which settings have no effect, and what the figures do not show.
func (a *asked) notes(r *run, lang string) []string {
	notes := []string{}
	add := func(t text.Text) { notes = append(notes, t.In(lang)) }
	counts := strings.Fields("ip_local_port_range ip_local_reserved_ports tcp_tw_reuse tcp_tw_reuse_delay " +
		"tcp_timestamps tcp_max_tw_buckets ip_unprivileged_port_start")
	known := make(map[string]bool)
	for _, key := range counts {
		known[key] = true
	}
	for _, key := range sorted(a.Sysctls) {
		if t, ok := decoys[key]; ok {
			add(t)
		} else if !known[key] {
			add(text.Text{En: key + " has no part in this.", Zh: key + " 与此无关。"})
		}
	}
	if _, said := a.Sysctls["tcp_fin_timeout"]; !said && r.first >= 0 && a.profile == fsm.Linux &&
		a.Closer == "client" {
		add(decoys["tcp_fin_timeout"])
	}
	if a.sys.TWReuse != 0 && !a.reuses() && a.Closer == "client" && a.profile == fsm.Linux {
		add(a.noReuse())
	}
	if r.now.dropped > 0 {
		add(text.Text{
			En: fmt.Sprintf("%s had no TIME-WAIT, because tcp_max_tw_buckets was reached (TCPTimeWaitOverflow): "+
				"it saves ports at the price of what TIME-WAIT is for.", counted(r.now.dropped, "connection")),
			Zh: fmt.Sprintf("%d 个连接没有 TIME-WAIT，因为达到了 tcp_max_tw_buckets（TCPTimeWaitOverflow）：省下端口，却失去了 TIME-WAIT 的保护。",
				r.now.dropped),
		})
	}
	return notes
}

// noReuse says why tcp_tw_reuse is set and does not help.
func (a *asked) noReuse() text.Text {
	return cmp.Or(map[bool]text.Text{true: {
		En: "tcp_tw_reuse needs timestamps (tcp_timestamps=0).",
		Zh: "tcp_tw_reuse 需要时间戳（tcp_timestamps=0）。"}}[!a.sys.Timestamps],
		map[bool]text.Text{true: {
			En: "tcp_tw_reuse does not help a port that bind() chooses: the bind table counts a TIME-WAIT like any " +
				"other socket.",
			Zh: "端口由 bind() 选择时 tcp_tw_reuse 不起作用：绑定表把 TIME-WAIT 当作普通套接字。"}}[a.Bind == "port-0"],
		text.Text{
			En: "tcp_tw_reuse=2, the default, takes over TIME-WAITs on the loopback only.",
			Zh: "tcp_tw_reuse=2（默认值）只对环回接口上的 TIME-WAIT 起作用。"})
}
