package fsm

// ruleText is a rule in words.
type ruleText struct{ en, zh, source string }

const (
	srcConflict = "inet_bind_conflict, net/ipv4/inet_connection_sock.c"
	srcConnect  = "__inet_hash_connect and __inet_check_established, net/ipv4/inet_hashtables.c"
	srcUnique   = "tcp_twsk_unique, net/ipv4/tcp_ipv4.c"
)

// Rules are all that the model can name as a reason. A refused call names one of them, and a test
// holds that every one has both languages and a source.
var rules = map[string]ruleText{
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
	"wrong-family": {
		"the address is of another family than the socket",
		"地址族与套接字不符",
		"inet_bind, inet_stream_connect",
	},
	"closed-descriptor": {"the descriptor is closed", "描述符已经关闭", "fdget"},
	"listen-needs-closed": {
		"listen works on a socket that is not connected",
		"listen 只能用于未连接的套接字",
		"inet_listen, net/ipv4/af_inet.c",
	},
	"accept-needs-listen": {
		"accept works on a listening socket",
		"accept 只能用于监听套接字",
		"inet_csk_accept, net/ipv4/inet_connection_sock.c",
	},
	"accept-nothing": {
		"no connection is waiting to be accepted",
		"没有等待接受的连接",
		"inet_csk_accept, net/ipv4/inet_connection_sock.c",
	},
	"not-connected": {"the socket has no connection", "套接字没有连接", "tcp_recvmsg, inet_shutdown"},
	"already-connected": {
		"the socket has a connection, or had one",
		"套接字已经有（或曾有）连接",
		"__inet_stream_connect, net/ipv4/af_inet.c",
	},
	"connect-under-way": {
		"connect is under way already",
		"connect 正在进行",
		"__inet_stream_connect, net/ipv4/af_inet.c",
	},
	"connect-waits": {
		"the SYN is out and no answer has come yet; connect goes on",
		"SYN 已发出，尚无回应；connect 仍在进行",
		"__inet_stream_connect, net/ipv4/af_inet.c",
	},
	"connect-ECONNREFUSED": {
		"the SYN was answered with a RST: nobody listens there",
		"SYN 得到 RST：那里没有人监听",
		"RFC 9293 §3.10.7.3",
	},
	"connect-ECONNRESET": {
		"the connection was reset while it was being made",
		"连接在建立过程中被复位",
		"tcp_reset, net/ipv4/tcp_input.c",
	},
	"connect-ECONNABORTED": {
		"the connection was given up while it was being made",
		"连接在建立过程中被放弃",
		"__inet_stream_connect, net/ipv4/af_inet.c",
	},
	"connect-ETIMEDOUT": {
		"no answer came to any of the SYNs",
		"所有 SYN 都没有回应",
		"tcp_write_timeout, net/ipv4/tcp_timer.c",
	},
	"connect-icmp": {
		"an ICMP error came about the SYN: a router or the host says that it cannot be reached",
		"收到关于 SYN 的 ICMP 差错：路由器或主机说无法到达",
		"tcp_v4_err, net/ipv4/tcp_ipv4.c",
	},
	"connect-timewait-reopened": {
		"the other end was in TIME-WAIT: the SYN is newer, by its sequence number or its timestamp, and somebody " +
			"listens, so it begins a new connection at once",
		"对端处于 TIME-WAIT：这个 SYN 的序列号或时间戳更新，而且有人在监听，于是立即开始新连接",
		"tcp_timewait_state_process, net/ipv4/tcp_minisocks.c; RFC 6191",
	},
	"connect-syn-acked": {
		"the SYN met a connection that the other end still has: it was answered with an ACK; our RST to that ACK " +
			"ends the old connection, and the second SYN, a second later, begins the new one",
		"这个 SYN 碰到了对端仍保留的连接，得到的回应是 ACK；我们对该 ACK 回以 RST，结束旧连接，一秒后的第二个 SYN 建立新连接",
		"RFC 9293 §3.10.7.4, fourth; RFC 5961 §4",
	},
	"cookie-given-back": {
		"the request queue was full, so the SYN was answered with a cookie and forgotten; the ACK that brought " +
			"the cookie back made the connection at once (TcpExtSyncookiesSent, TcpExtSyncookiesRecv)",
		"请求队列已满，SYN 得到一个 cookie 后即被忘记；带回 cookie 的 ACK 立即建立了连接（TcpExtSyncookiesSent、TcpExtSyncookiesRecv）",
		"cookie_v4_check, net/ipv4/syncookies.c",
	},
	"queue-accept-full": {
		"its accept queue is full (%d of %d): the SYN is dropped without an answer and will come again; look at " +
			"TcpExtListenOverflows",
		"它的接受队列已满（%d/%d）：SYN 被丢弃，没有回应，之后会重发；请看计数器 TcpExtListenOverflows",
		"tcp_conn_request, net/ipv4/tcp_input.c",
	},
	"queue-requests-full": {
		"its request queue is full (%d of %d) and tcp_syncookies is 0: the SYN is dropped without an answer and " +
			"will come again; look at TcpExtTCPReqQFullDrop",
		"它的请求队列已满（%d/%d），而 tcp_syncookies 为 0：SYN 被丢弃，没有回应，之后会重发；请看计数器 TcpExtTCPReqQFullDrop",
		"tcp_conn_request, net/ipv4/tcp_input.c",
	},
	"queue-last-quarter": {
		"without SYN cookies the last quarter of tcp_max_syn_backlog is for peers that are known (%d half-open " +
			"of %d): the SYN is dropped; look at TcpExtListenDrops",
		"没有 SYN cookie 时，tcp_max_syn_backlog 的最后四分之一留给已知的对端（半开 %d，上限 %d）：SYN 被丢弃；请看计数器 TcpExtListenDrops",
		"tcp_conn_request, net/ipv4/tcp_input.c",
	},
	"queue-overflow": {
		"its accept queue is full (%d of %d): the ACK that ends the handshake is dropped, so this end believes " +
			"it is connected while the other still waits; look at TcpExtListenOverflows",
		"它的接受队列已满（%d/%d）：完成握手的 ACK 被丢弃，于是这一端以为已连接，而对端仍在等待；请看计数器 TcpExtListenOverflows",
		"tcp_v4_syn_recv_sock: exit_overflow, net/ipv4/tcp_ipv4.c",
	},
	"queue-overflow-abort": {
		"its accept queue is full (%d of %d) and tcp_abort_on_overflow is 1: the ACK that ends the handshake is " +
			"answered with a RST; look at TcpExtListenOverflows",
		"它的接受队列已满（%d/%d），而 tcp_abort_on_overflow 为 1：完成握手的 ACK 得到 RST；请看计数器 TcpExtListenOverflows",
		"tcp_check_req: listen_overflow, net/ipv4/tcp_minisocks.c",
	},
	"queue-deferred": {
		"TCP_DEFER_ACCEPT: the ACK that ends the handshake is dropped, accept waits for data; look at " +
			"TcpExtTCPDeferAcceptDrop",
		"TCP_DEFER_ACCEPT：完成握手的 ACK 被丢弃，accept 等待数据；请看计数器 TcpExtTCPDeferAcceptDrop",
		"tcp_check_req, net/ipv4/tcp_minisocks.c",
	},
	"no-route": {
		"there is no way from the socket's address to that one",
		"从套接字的地址没有到达那里的路由",
		"ip_route_output_key_hash, net/ipv4/route.c",
	},
	"connect-tuple-taken": {
		"another connection has this five-tuple: protocol, both addresses and both ports",
		"另一个连接占用了这个五元组：协议、双方地址和双方端口",
		srcConnect,
	},
	"connect-timewait-taken": {
		"the five-tuple was in TIME-WAIT; with timestamps old segments cannot be mistaken for new ones (PAWS), " +
			"so the connect takes it over, with a higher initial sequence number",
		"这个五元组处于 TIME-WAIT；有时间戳时旧报文段不会被误认为新的（PAWS），所以 connect 接管它，并使用更高的初始序列号",
		srcUnique,
	},
	"connect-timewait-no-timestamps": {
		"the five-tuple is in TIME-WAIT and its connection used no timestamps: nothing could tell old segments " +
			"from new ones",
		"五元组处于 TIME-WAIT，而原连接没有使用时间戳：无法区分新旧报文段",
		srcUnique,
	},
	"connect-finwait2-minisocket": {
		"the five-tuple is in an orphan's FIN-WAIT-2; a connect that chooses its port itself passes over it",
		"五元组处于孤儿 FIN-WAIT-2；自动选择端口的 connect 会跳过它",
		srcUnique,
	},
	"connect-tw-reuse-off": {
		"the five-tuple is in TIME-WAIT, and tcp_tw_reuse does not let a connect that chooses its port take it " +
			"over (0: never, 2: on loopback only)",
		"五元组处于 TIME-WAIT，而 tcp_tw_reuse 不允许自动选端口的 connect 接管它（0：从不，2：仅回环）",
		srcUnique,
	},
	"connect-tw-reuse-delay": {
		"the five-tuple has not been in TIME-WAIT for tcp_tw_reuse_delay yet",
		"五元组进入 TIME-WAIT 的时间还没有超过 tcp_tw_reuse_delay",
		srcUnique,
	},
	"connect-tw-reuse-second": {
		"the five-tuple entered TIME-WAIT in this very second: before tcp_tw_reuse_delay Linux compared whole " +
			"seconds, so this wait is anything up to one",
		"五元组正是在这一秒内进入 TIME-WAIT：在有 tcp_tw_reuse_delay 之前，Linux 按整秒比较，所以要等的时间在一秒以内不定",
		srcUnique,
	},
	"connect-port-bound": {
		"a socket bound this port: a connect that chooses its port passes over it, even for another destination",
		"有套接字显式绑定了这个端口：自动选端口的 connect 会跳过它，即使目的地不同",
		srcConnect,
	},
	"connect-no-port":    {"the ephemeral range has no port", "临时端口范围里没有端口", srcConnect},
	"nothing-in-the-way": {"no rule stands in the way", "没有规则阻止", "inet_csk_get_port, __inet_check_established"},
	"syn-nobody-listens": {
		"nobody listens on this address and port: a RST",
		"这个地址和端口没有人监听：回 RST",
		"RFC 9293 §3.10.7.1",
	},
	"syn-listener": {
		"the five-tuple is free and a listener takes the SYN",
		"五元组空闲，监听套接字接受 SYN",
		"RFC 9293 §3.10.7.2",
	},
	"syn-reopens-time-wait": {
		"the five-tuple is in TIME-WAIT and the SYN is newer, by sequence number or by timestamp: a new " +
			"connection replaces it",
		"五元组处于 TIME-WAIT，而 SYN 的序列号或时间戳更新：新连接取而代之",
		"tcp_timewait_state_process; RFC 9293 §3.10.7.4 MAY-2; RFC 6191",
	},
	"syn-old-timestamp": {
		"the five-tuple is in TIME-WAIT and the SYN's timestamp is older than the last one seen (PAWS)",
		"五元组处于 TIME-WAIT，而 SYN 的时间戳比最后见到的更旧（PAWS）",
		"tcp_timewait_state_process; RFC 7323 §5.3",
	},
	"syn-not-newer": {
		"the five-tuple is in TIME-WAIT and the SYN is newer neither by sequence number nor by timestamp: it may " +
			"be an old one",
		"五元组处于 TIME-WAIT，而 SYN 的序列号和时间戳都不更新：可能是旧报文",
		"tcp_timewait_state_process",
	},
	"syn-time-wait-no-listener": {
		"the five-tuple is in TIME-WAIT and nobody listens: the SYN is answered with an ACK, not a RST",
		"五元组处于 TIME-WAIT 且无人监听：回 ACK 而不是 RST",
		"tcp_v4_rcv: TCP_TW_SYN falls to TCP_TW_ACK",
	},
	"syn-finwait2-minisocket": {
		"the five-tuple is in an orphan's FIN-WAIT-2: a SYN in its window resets it",
		"五元组处于孤儿 FIN-WAIT-2：窗口内的 SYN 使它复位",
		"tcp_timewait_state_process",
	},
	"syn-challenge": {
		"the five-tuple has a connection: a SYN gets a challenge ACK and changes nothing",
		"五元组已有连接：SYN 得到挑战 ACK，什么也不改变",
		"RFC 5961 §4.2",
	},
	"send-after-close": {
		"the connection cannot send any more: it was shut down for writing, or it is gone",
		"连接不能再发送：写方向已关闭，或连接已不存在",
		"tcp_sendmsg, net/ipv4/tcp.c",
	},
	"send-error": {
		"the connection had an error that had not been told yet",
		"连接有一个尚未报告的错误",
		"sk_stream_error, net/core/stream.c",
	},
	"send-waits": {
		"there is no room in the send buffer, or the connection is not made yet",
		"发送缓冲区没有空间，或连接尚未建立",
		"tcp_sendmsg, net/ipv4/tcp.c",
	},
	"close-lingers": {
		"SO_LINGER: close waits until what was sent is acknowledged, the FIN too, or its time is over",
		"SO_LINGER：close 一直等到所发数据（包括 FIN）得到确认，或等待时间用完",
		"sk_stream_wait_close, net/core/stream.c",
	},
	"stalled": {
		"nothing is under way and no timer runs: nothing can end this call",
		"没有报文段在途，也没有定时器在走：没有什么能结束这个调用",
		"RFC 9293 §3.8.6.1",
	},
	"recv-eof": {
		"the other end has sent FIN and all data was read, or the connection is gone",
		"对端已发送 FIN 且数据已读完，或连接已不存在",
		"tcp_recvmsg, net/ipv4/tcp.c",
	},
	"recv-error": {
		"the connection had an error that had not been told yet",
		"连接有一个尚未报告的错误",
		"tcp_recvmsg, net/ipv4/tcp.c",
	},
	"recv-nothing": {"no data has come", "没有数据到达", "tcp_recvmsg, net/ipv4/tcp.c"},
}
