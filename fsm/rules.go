package fsm

import "maps"

// ruleText is a rule in words.
type ruleText struct{ en, zh, source string }

const (
	srcConflict = "inet_bind_conflict, net/ipv4/inet_connection_sock.c"
	srcConnect  = "__inet_hash_connect and __inet_check_established, net/ipv4/inet_hashtables.c"
	srcUnique   = "tcp_twsk_unique, net/ipv4/tcp_ipv4.c"
)

// Rules are all that the model can name as a reason. A refused call names one of them, and a test
// holds that every one has both languages and a source.
var rules = func() map[string]ruleText {
	all := maps.Clone(portRules)
	maps.Copy(all, callRules)
	return all
}()

// portRules say who may have a port, and what a socket option may be.
var portRules = map[string]ruleText{
	"bind-free": {"nobody else has this port", "这个端口没有别的套接字", "inet_csk_get_port, net/ipv4/inet_connection_sock.c"},
	"linux-bind-no-options": {
		"another socket has this port and an address that overlaps, and neither it nor the new one has " +
			"SO_REUSEADDR; in which state it is does not matter, TIME-WAIT counts like any other",
		"另一个套接字占着这个端口，地址有重叠，新旧双方都没有 SO_REUSEADDR；它处于哪个状态并不重要，TIME-WAIT 和别的状态一样算数",
		srcConflict,
	},
	"linux-bind-old-lacks-reuseaddr": {
		"the new socket has SO_REUSEADDR but the old one had not: Linux asks both; a connection inherits the " +
			"option from its listener, and TIME-WAIT keeps it",
		"新套接字有 SO_REUSEADDR，旧的没有：Linux 要求双方都有；连接从监听套接字继承这个选项，TIME-WAIT 保留它",
		srcConflict,
	},
	"linux-bind-new-lacks-reuseaddr": {
		"the old socket had SO_REUSEADDR but the new one has not: Linux asks both",
		"旧套接字有 SO_REUSEADDR，新的没有：Linux 要求双方都有",
		srcConflict,
	},
	"linux-bind-mixed-options": {
		"one socket has SO_REUSEADDR and the other SO_REUSEPORT: each counts only when both sockets have it",
		"一方是 SO_REUSEADDR，另一方是 SO_REUSEPORT：每个选项都要双方同时具备才算数",
		srcConflict,
	},
	"linux-bind-listener": {
		"another socket listens here: SO_REUSEADDR never lets two sockets listen on overlapping addresses, only " +
			"SO_REUSEPORT on both does",
		"这里已有套接字在监听：SO_REUSEADDR 永远不允许两个套接字监听重叠的地址，只有双方都有 SO_REUSEPORT 才行",
		srcConflict,
	},
	"linux-bind-reuseport-other-user": {
		"both have SO_REUSEPORT, but the old socket belongs to another user, and it is not in TIME-WAIT",
		"双方都有 SO_REUSEPORT，但旧套接字属于另一个用户，且不在 TIME-WAIT",
		srcConflict,
	},
	"linux-bind-both-reuseaddr": {
		"the port has an owner, but both sockets have SO_REUSEADDR and the old one does not listen; any state " +
			"but LISTEN would do",
		"端口有主，但双方都有 SO_REUSEADDR，而且旧套接字不在监听；除 LISTEN 以外的任何状态都可以",
		srcConflict,
	},
	"linux-bind-both-reuseport": {
		"the port has an owner, but both sockets have SO_REUSEPORT and belong to the same user, or the old one " +
			"is in TIME-WAIT",
		"端口有主，但双方都有 SO_REUSEPORT，且属于同一用户，或者旧的已在 TIME-WAIT",
		srcConflict,
	},
	"linux-bind-reuseport-cached": {
		"the last socket bound here had SO_REUSEPORT and the new one matches it in user and address: the kernel " +
			"lets it in without looking at the owners",
		"上一个绑定到这里的套接字有 SO_REUSEPORT，新套接字的用户和地址与之相符：内核不再逐个检查占用者",
		"sk_reuseport_match, net/ipv4/inet_connection_sock.c",
	},
	"linux-bind-reuseaddr-cached": {
		"every socket bound here had SO_REUSEADDR when it was bound, and so has the new one: kernels to 6.7 let " +
			"it in without looking at the owners, even if one has cleared the option since",
		"绑定到这里的每个套接字在绑定时都有 SO_REUSEADDR，新套接字也有：6.7 及更早的内核不再逐个检查占用者，即使之后有人清除了该选项",
		"inet_csk_get_port, net/ipv4/inet_connection_sock.c",
	},
	"linux-bind-other-address": {
		"the port has owners, but none of their addresses overlaps with this one: an address and a port are " +
			"taken together",
		"端口有主，但它们的地址都不与这个地址重叠：占用的是地址加端口",
		"inet_rcv_saddr_equal, net/ipv4/inet_connection_sock.c",
	},
	"linux-bind-other-device": {
		"the owners of the port are bound to another device",
		"占用端口的套接字绑定在别的网络设备上",
		srcConflict,
	},
	"bind-not-local": {
		"the address is not one of this host's",
		"这个地址不属于本机",
		"inet_addr_valid_or_nonlocal, net/ipv4/af_inet.c",
	},
	"bind-privileged": {
		"ports below ip_unprivileged_port_start need CAP_NET_BIND_SERVICE",
		"小于 ip_unprivileged_port_start 的端口需要 CAP_NET_BIND_SERVICE 权限",
		"__inet_bind, net/ipv4/af_inet.c",
	},
	"bind-twice": {
		"the socket is bound already: bind works once",
		"套接字已经绑定过：bind 只能成功一次",
		"__inet_bind, net/ipv4/af_inet.c",
	},
	"bind-mapped-v6only": {
		"a v4-mapped address on a socket that is for IPv6 only",
		"仅限 IPv6 的套接字不能使用 v4 映射地址",
		"__inet6_bind, net/ipv6/af_inet6.c",
	},
	"option-v6only-ipv4": {
		"IPV6_V6ONLY is an option of IPv6, and this is a socket of IPv4",
		"IPV6_V6ONLY 是 IPv6 的选项，而这是 IPv4 套接字",
		"ip_setsockopt, net/ipv4/ip_sockglue.c",
	},
	"option-v6only-bound": {
		"IPV6_V6ONLY can be set only before the socket has a port",
		"IPV6_V6ONLY 只能在套接字得到端口之前设置",
		"do_ipv6_setsockopt, net/ipv6/ipv6_sockglue.c",
	},
	"option-no-port-range": {
		"IP_LOCAL_PORT_RANGE came in Linux 6.3",
		"IP_LOCAL_PORT_RANGE 从 Linux 6.3 起才有",
		"do_ip_setsockopt, net/ipv4/ip_sockglue.c",
	},
	"option-port-range": {
		"IP_LOCAL_PORT_RANGE: the lower bound is above the upper one",
		"IP_LOCAL_PORT_RANGE：下限大于上限",
		"do_ip_setsockopt, net/ipv4/ip_sockglue.c",
	},
	"option-keep-time": {
		"TCP_KEEPIDLE and TCP_KEEPINTVL are 1 to 32767 seconds",
		"TCP_KEEPIDLE 和 TCP_KEEPINTVL 取 1 到 32767 秒",
		"tcp_sock_set_keepidle_locked, net/ipv4/tcp.c",
	},
	"option-no-device": {
		"SO_BINDTODEVICE: this host has no interface of that name; it has lo and eth0",
		"SO_BINDTODEVICE：本机没有这个名字的网络接口，只有 lo 和 eth0",
		"sock_setbindtodevice, net/core/sock.c",
	},
	"option-no-filter": {
		"the socket has no filter to take away",
		"套接字上没有可以移除的过滤器",
		"sk_detach_filter, net/core/filter.c",
	},
	"wrong-family-short": {
		"the address is of IPv4 and the socket of IPv6: a sockaddr_in is too short to be a sockaddr_in6",
		"地址是 IPv4 的，而套接字是 IPv6 的：sockaddr_in 比 sockaddr_in6 短",
		"inet6_bind_sk, net/ipv6/af_inet6.c; tcp_v6_connect, net/ipv6/tcp_ipv6.c",
	},
	"connect-mapped-source": {
		"the socket is bound to a v4-mapped address, and the destination is a real IPv6 address",
		"套接字绑定在 v4 映射地址上，而目的地是真正的 IPv6 地址",
		"tcp_v6_connect, net/ipv6/tcp_ipv6.c",
	},
	"connect-loopback-source": {
		"an address of 127.0.0.0/8 cannot be the source of what leaves the host",
		"127.0.0.0/8 的地址不能作为离开本机的报文的源地址",
		"__mkroute_output, net/ipv4/route.c",
	},
	"bind-no-port": {
		"no port of the ephemeral range is free for this address",
		"临时端口范围里没有可用的端口",
		"inet_csk_find_open_port, net/ipv4/inet_connection_sock.c",
	},
	"rfc-no-bind-rule": {
		"RFC 9293 knows no bind: a port is taken only by a connection or a passive OPEN with the same addresses",
		"RFC 9293 里没有 bind：只有地址完全相同的连接或被动打开才算占用",
		"RFC 9293 §3.10.1",
	},
	"rfc-passive-open-exists": {
		"a passive OPEN of this local socket exists already",
		"这个本地套接字已有一个被动打开",
		"RFC 9293 §3.10.1",
	},
	"bsd-bind-no-option": {
		"a socket has this port and an address that is equal or a wildcard, and the new one has neither " +
			"SO_REUSEADDR nor SO_REUSEPORT; the state does not matter",
		"有套接字占着这个端口，地址相同或为通配，而新套接字没有 SO_REUSEADDR 或 SO_REUSEPORT；状态无关紧要",
		docFreeBSD,
	},
	"bsd-bind-same-address": {
		"an unconnected socket, bound or listening, has exactly this address and port, and not both have " +
			"SO_REUSEPORT",
		"一个未连接的套接字（已绑定或在监听）占着完全相同的地址和端口，而双方并非都有 SO_REUSEPORT",
		docFreeBSD,
	},
	"bsd-bind-other-user": {"another user's unconnected socket has this port", "另一个用户的未连接套接字占着这个端口", docFreeBSD},
	"bsd-bind-ok": {
		"nothing that counts stands in the way: with SO_REUSEADDR on the new socket only unconnected sockets " +
			"with exactly the same address count",
		"没有算数的冲突：新套接字有 SO_REUSEADDR 时，只有地址完全相同的未连接套接字才算",
		docFreeBSD,
	},
	"windows-out-of-ports": {
		"every port of the dynamic range has a connection, those in TIME-WAIT too: Windows has no port left and " +
			"says WSAENOBUFS (10055)",
		"动态端口范围内的每个端口都有连接，包括处于 TIME-WAIT 的：Windows 没有可用端口，返回 WSAENOBUFS (10055)",
		docWindows,
	},
	"openbsd-bind-ok": {
		"nothing that counts stands in the way: with SO_REUSEADDR or SO_REUSEPORT on the new socket only an " +
			"unconnected socket with exactly the same address counts, and sockets of IPv4 and IPv6 never do for each " +
			"other",
		"没有算数的冲突：新套接字有 SO_REUSEADDR 或 SO_REUSEPORT 时，只有地址完全相同的未连接套接字才算；IPv4 与 IPv6 套接字互不相干",
		docOpenBSD,
	},
	"openbsd-bind-no-option": {
		"a socket of this family has this port and an address that is equal or a wildcard, and the new one has " +
			"neither SO_REUSEADDR nor SO_REUSEPORT; the state does not matter",
		"同一地址族的套接字占着这个端口，地址相同或为通配，而新套接字没有 SO_REUSEADDR 或 SO_REUSEPORT；状态无关紧要",
		docOpenBSD,
	},
	"openbsd-bind-same-address": {
		"an unconnected socket, bound or listening, has exactly this address and port, and not both have " +
			"SO_REUSEPORT",
		"一个未连接的套接字（已绑定或在监听）占着完全相同的地址和端口，而双方并非都有 SO_REUSEPORT",
		docOpenBSD,
	},
	"openbsd-bind-other-user": {
		"another user's socket has this port, whatever its options and its state, and the new one is not root's",
		"另一个用户的套接字占着这个端口，不论其选项和状态如何，而新套接字不属于 root",
		docOpenBSD,
	},
	"openbsd-v6only-always": {
		"IPV6_V6ONLY cannot be cleared: OpenBSD has no v4-mapped addresses",
		"IPV6_V6ONLY 不能清除：OpenBSD 不支持 v4 映射地址",
		"OpenBSD ip6_ctloutput, netinet6/ip6_output.c",
	},
	"openbsd-no-mapped": {"OpenBSD refuses v4-mapped addresses", "OpenBSD 拒绝 v4 映射地址", docOpenBSD},
	"lwip-no-reuseport": {
		"lwIP has no SO_REUSEPORT (sockets.h: \"Unimplemented\")",
		"lwIP 没有 SO_REUSEPORT（sockets.h 中注明未实现）",
		docLwIP,
	},
	"lwip-bind-ok": {
		"nothing that counts stands in the way: over TIME-WAIT the new socket's SO_REUSEADDR is enough, over any " +
			"other state both need it, and then the first to listen wins",
		"没有算数的冲突：对 TIME-WAIT 只需新套接字有 SO_REUSEADDR，对其他状态需要双方都有，此时先 listen 者得",
		docLwIP,
	},
	"lwip-bind-in-use": {
		"another socket of the same IP version has this port and an address that overlaps, and not both have " +
			"SO_REUSEADDR",
		"同一 IP 版本的另一个套接字占着这个端口，地址有重叠，而双方并非都有 SO_REUSEADDR",
		docLwIP,
	},
	"lwip-listen-in-use": {
		"another socket listens on exactly this address and port",
		"已有套接字在完全相同的地址和端口上监听",
		docLwIP,
	},
	"lwip-pool": {
		"the pool of PCBs was used up, and lwIP gave this connection up for a new one: the oldest in TIME-WAIT, " +
			"or else in LAST-ACK, CLOSING, FIN-WAIT-2 or FIN-WAIT-1",
		"PCB 池已用尽，lwIP 为新连接放弃了这个连接：最老的 TIME-WAIT，否则依次是 LAST-ACK、CLOSING、FIN-WAIT-2、FIN-WAIT-1",
		docLwIP,
	},
	"lwip-pool-empty": {
		"every PCB of the pool belongs to a socket or connection that lwIP does not give up: socket() fails, and " +
			"a listener drops the SYN without an answer",
		"PCB 池中的每一个都属于 lwIP 不会放弃的套接字或连接：socket() 失败，监听者则不作回应地丢弃 SYN",
		docLwIP,
	},
	"lwip-out-of-ports": {
		"every port from 49152 to 65534 has a socket, whatever its peer and its state",
		"49152 到 65534 的每个端口都有套接字，不论对端和状态",
		docLwIP,
	},
	"port-taken-whatever-peer": {
		"a socket has this port: a connect that chooses its port passes over it, even for another destination, " +
			"and also in TIME-WAIT",
		"有套接字占着这个端口：自动选端口的 connect 会跳过它，即使目的地不同，即使处于 TIME-WAIT",
		docOpenBSD,
	},
	"undocumented-answer": {
		"no document about this system that was read says what it answers here",
		"读到的关于该系统的文档都没有说明它在此如何回答",
		"Profile.Cite, fsm/cite.go",
	},
	"windows-no-reuseport": {"Windows has no SO_REUSEPORT", "Windows 没有 SO_REUSEPORT", docWindows},
	"windows-bind-undocumented": {
		"Microsoft's table is about sockets that are bound or listening, of one family; TIME-WAIT and " +
			"connections are not in it",
		"微软的表只涉及同一地址族、已绑定或监听的套接字；不包含 TIME-WAIT 和已有连接",
		docWindows,
	},
	"windows-bind-other-account": {"the other socket belongs to another account", "另一个套接字属于别的账户", docWindows},
	"windows-bind-access": {
		"SO_REUSEADDR cannot take an address from a socket that was bound without it",
		"SO_REUSEADDR 不能夺走未设置该选项的套接字的地址",
		docWindows,
	},
	"windows-bind-in-use": {
		"another socket has exactly this address and port, and the new one has no SO_REUSEADDR",
		"另一个套接字占着完全相同的地址和端口，而新套接字没有 SO_REUSEADDR",
		docWindows,
	},
	"windows-bind-ok": {
		"the table lets the two share: their addresses are not the same, or both have SO_REUSEADDR, and then " +
			"which one gets a connection is not defined",
		"该表允许二者共用：地址不同，或双方都有 SO_REUSEADDR，此时连接归谁没有定义",
		docWindows,
	},
	"connect-tuple-undocumented": {
		"what connect does on a five-tuple that is held is not documented",
		"五元组被占用时 connect 的行为没有文档",
		docWindows,
	},
	"close-unread-undocumented": {
		"what close does with unread data is not documented",
		"close 时有未读数据的行为没有文档",
		docMacOS,
	},
}
