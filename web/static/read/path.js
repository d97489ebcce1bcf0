// The reading path: ten steps from the server that cannot restart to stealing a FIN-WAIT-2. Each is an
// experiment with a question, what people believe, and one sentence to keep.

const step = (experiment, en, zh) => ({ experiment, en, zh });
const text = (question, choices, right, believed, keep) => ({ question, choices, right, believed, keep });

export const path = [
  step("plain-restart",
    text("The server has exited and no process is left. Who holds its port?", ["a zombie process", "the listening socket", "the accepted connection, in TIME-WAIT"], 2, "“Some process must still be listening.”", "TIME-WAIT belongs to a connection and to the kernel, not to a listener or a process."),
    text("服务器已经退出，没有留下任何进程。是谁占着它的端口？", ["一个僵尸进程", "监听套接字", "那条已接受的连接，停在 TIME-WAIT"], 2, "“一定还有进程在监听。”", "TIME-WAIT 属于一条连接，由内核保管，与监听套接字和进程无关。")),
  step("wait-it-out",
    text("How long does TIME-WAIT last on Linux?", ["60 s, always", "tcp_fin_timeout", "2 × 120 s"], 0, "“tcp_fin_timeout sets it.”", "On Linux TIME-WAIT lasts 60 s; no sysctl changes it."),
    text("Linux 上 TIME-WAIT 持续多久？", ["固定 60 秒", "由 tcp_fin_timeout 决定", "2 × 120 秒"], 0, "“由 tcp_fin_timeout 设定。”", "Linux 的 TIME-WAIT 固定为 60 秒，没有 sysctl 能改变它。")),
  step("reuse-new-only",
    text("The new server sets SO_REUSEADDR, the old one had not. May it bind?", ["yes", "no"], 1, "“Set SO_REUSEADDR on the new server and it works.”", "On Linux both the old socket and the new one need SO_REUSEADDR."),
    text("新服务器设了 SO_REUSEADDR，旧的没有。它能绑定吗？", ["能", "不能"], 1, "“新服务器设上 SO_REUSEADDR 就行。”", "在 Linux 上，旧套接字和新套接字都要有 SO_REUSEADDR。")),
  step("client-closes-first",
    text("Who waits in TIME-WAIT?", ["always the server", "whoever closes first", "both ends"], 1, "“TIME-WAIT is a server's problem.”", "The end that sends the first FIN waits; the other one is free at once."),
    text("谁会停在 TIME-WAIT？", ["总是服务器", "先关闭的一端", "两端都会"], 1, "“TIME-WAIT 是服务器的毛病。”", "先发出 FIN 的一端要等待，另一端立刻就自由了。")),
  step("reuseport-is-not-stronger",
    text("Is SO_REUSEPORT a stronger SO_REUSEADDR?", ["yes, it contains it", "no, each counts only when both sockets have it"], 1, "“SO_REUSEPORT includes SO_REUSEADDR.”", "The two options are separate: each needs to be on both sockets."),
    text("SO_REUSEPORT 是更强的 SO_REUSEADDR 吗？", ["是，它包含后者", "不是，两者各自都要双方同时设置"], 1, "“SO_REUSEPORT 包含 SO_REUSEADDR。”", "这是两个独立的选项，各自都要双方的套接字同时设置。")),
  step("lost-last-ack",
    text("The very last ACK is lost. What then?", ["the connection hangs", "the FIN comes again, and TIME-WAIT answers it"], 1, "“TIME-WAIT is a waste of time.”", "TIME-WAIT is there to answer a repeated FIN: only then can the other end stop."),
    text("最后一个 ACK 丢了，会怎样？", ["连接永远卡住", "FIN 再次到来，由 TIME-WAIT 回应"], 1, "“TIME-WAIT 纯属浪费。”", "TIME-WAIT 的用处就是回应重复的 FIN，这样对方才能结束。")),
  step("simultaneous-close",
    text("Both ends close at the same instant. Which state do they meet?", ["FIN-WAIT-2", "CLOSING", "LAST-ACK"], 1, "“Somebody is always first.”", "When the FINs cross, both ends go through CLOSING, and both wait in TIME-WAIT."),
    text("两端在同一时刻关闭，会经过哪个状态？", ["FIN-WAIT-2", "CLOSING", "LAST-ACK"], 1, "“总有一方先关闭。”", "两个 FIN 在途中交错时，两端都经过 CLOSING，也都要停在 TIME-WAIT。")),
  step("abort",
    text("How does one close without TIME-WAIT?", ["close() twice", "send RST instead of FIN"], 1, "“SO_LINGER with 0 is a clean fast close.”", "An abort sends RST: no TIME-WAIT, and whatever was not sent is thrown away."),
    text("怎样关闭才不留下 TIME-WAIT？", ["close() 两次", "用 RST 代替 FIN"], 1, "“SO_LINGER 设 0 就是干净的快速关闭。”", "中止连接会发送 RST：没有 TIME-WAIT，但还没发出的数据全被丢弃。")),
  step("close-wait-for-ever",
    text("How long does CLOSE-WAIT last?", ["60 s", "until the keepalive", "until this end closes"], 2, "“The kernel cleans it up some day.”", "CLOSE-WAIT ends when the program calls close(), and not before: it is a leak in the program."),
    text("CLOSE-WAIT 持续多久？", ["60 秒", "直到保活探测", "直到这一端自己关闭"], 2, "“内核总会清理的。”", "只有程序调用 close()，CLOSE-WAIT 才会结束：它说明程序有泄漏。")),
  step("stolen-fin-wait-2",
    text("The client has closed and waits in FIN-WAIT-2; the server has not closed yet. May a new connect() take the same five-tuple?", ["never", "yes, on Linux"], 1, "“A five-tuple in use is safe.”", "On Linux an orphan in FIN-WAIT-2 is kept like TIME-WAIT: connect() from the same bound port takes it over, and the server loses what it had not finished."),
    text("客户端已关闭，停在 FIN-WAIT-2；服务器还没有关闭。新的 connect() 能占用同一个五元组吗？", ["绝不可能", "在 Linux 上可以"], 1, "“正在使用的五元组是安全的。”", "在 Linux 上，没有进程的 FIN-WAIT-2 与 TIME-WAIT 一样保存：从同一个已绑定端口 connect() 会把它接管，服务器失去尚未完成的连接。")),
];
