package fsm

// callRules say what connect, send, recv and close answer, and why a SYN gets what it gets.
var callRules = map[string]ruleText{
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
		"without SYN cookies the last quarter of tcp_max_syn_backlog is for peers that are known (%d request " +
			"sockets of %d): the SYN is dropped; look at TcpExtListenDrops",
		"没有 SYN cookie 时，tcp_max_syn_backlog 的最后四分之一留给已知的对端（请求套接字 %d，上限 %d）：SYN 被丢弃；请看计数器 TcpExtListenDrops",
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
