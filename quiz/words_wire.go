package quiz

// wordsWire are the sentences of questions about segments and states.
var wordsWire = map[string]Text{
	"next.situation": {
		En: "End A of a TCP connection with end B is in {from}.", Zh: "一个 TCP 连接的两端是 A 和 B，A 处于 {from}。",
	},
	"next.event":       {En: "{event}", Zh: "{event}"},
	"next.first":       {En: "First: {event}", Zh: "先是：{event}"},
	"next.then":        {En: "Then: {event}", Zh: "然后：{event}"},
	"next.ask.linux":   {En: "On Linux, in which state is A then?", Zh: "在 Linux 上，A 随后处于什么状态？"},
	"next.ask.rfc9293": {En: "According to RFC 9293, in which state is A then?", Zh: "按照 RFC 9293，A 随后处于什么状态？"},
	"next.ask.should": {
		En: "According to RFC 9293 and RFC 1122, in which state should A be then?",
		Zh: "按照 RFC 9293 和 RFC 1122，A 随后应当（SHOULD）处于什么状态？",
	},
	"next.q1":    {En: "The state", Zh: "状态"},
	"next.q2":    {En: "What does A send in answer to the last event?", Zh: "对最后这个事件，A 发送什么？"},
	"hint.after": {En: "After the first of the two A is in {state}.", Zh: "第一个事件之后，A 处于 {state}。"},

	"sent.ACK":     {En: "an ACK", Zh: "ACK"},
	"sent.RST":     {En: "a RST", Zh: "RST"},
	"sent.RST+ACK": {En: "a RST with ACK", Zh: "带 ACK 的 RST"},
	"sent.FIN":     {En: "its FIN", Zh: "FIN"},
	"sent.SYN+ACK": {En: "a SYN,ACK", Zh: "SYN,ACK"},
	"sent.nothing": {En: "nothing", Zh: "什么也不发送"},
	"sent.again":   {En: "what is oldest and unacknowledged, again", Zh: "重传最早未确认的内容"},
	"sent.would.ACK": {
		En: "That would be so if the segment were to be acknowledged, or challenged.",
		Zh: "如果要确认这个报文段，或发送挑战 ACK，才会这样。",
	},
	"sent.would.RST": {
		En: "That would be so if there were no connection for the segment, or nobody to read its data.",
		Zh: "如果没有对应的连接，或没有人读取数据，才会这样。",
	},
	"sent.would.RST+ACK": {
		En: "That would be so if a segment without ACK met no connection.", Zh: "如果不带 ACK 的报文段没有对应的连接，才会这样。",
	},
	"sent.would.FIN":     {En: "That would be so if the user closed.", Zh: "如果用户此时关闭，才会这样。"},
	"sent.would.SYN+ACK": {En: "That would be so if a SYN met a listening socket.", Zh: "如果 SYN 到达监听套接字，才会这样。"},
	"sent.would.nothing": {En: "That would be so if the segment were dropped in silence.", Zh: "如果报文段被悄悄丢弃，才会这样。"},

	"sent.open": {
		En: "The server's end of a TCP connection on Linux is in {state}; its window is 65,160 bytes.",
		Zh: "Linux 上一个 TCP 连接的服务器一端处于 {state}，窗口为 65,160 字节。",
	},
	"sent.closed": {
		En: "A Linux server has reset and forgotten a connection, and nobody listens on its port any more; the client knows nothing of it.",
		Zh: "Linux 服务器已复位并忘记了一个连接，端口上也不再有人监听；客户端对此一无所知。",
	},
	"sent.rfc1337":  {En: "tcp_rfc1337 is 1.", Zh: "tcp_rfc1337 为 1。"},
	"sent.orphan":   {En: "Its program has called close().", Zh: "它的程序已经调用 close()。"},
	"sent.nosysctl": {En: "The connection uses no timestamps.", Zh: "该连接没有使用时间戳。"},
	"sent.ask":      {En: "What does the server send in answer?", Zh: "服务器回应什么？"},
	"sent.why": {
		En: "in {state} {check} is answered with {key}, and the state is {to} then",
		Zh: "在 {state} 状态下，{check}得到的回应是：{key}，之后状态为 {to}",
	},
	"hint.segment": {
		En: "First the sequence number against the window, then RST, SYN, ACK, data and FIN, in that order.",
		Zh: "先把序列号与窗口比较，然后依次看 RST、SYN、ACK、数据和 FIN。",
	},
	"hint.check": {En: "It is {check}.", Zh: "这是{check}。"},

	"forged.rst-exact":  {En: "A RST arrives whose SEQ is RCV.NXT.", Zh: "到达一个 RST，其 SEQ 等于 RCV.NXT。"},
	"forged.rst-window": {En: "A RST arrives whose SEQ is RCV.NXT+{n}.", Zh: "到达一个 RST，其 SEQ 为 RCV.NXT+{n}。"},
	"forged.rst-below":  {En: "A RST arrives whose SEQ is RCV.NXT−{n}.", Zh: "到达一个 RST，其 SEQ 为 RCV.NXT−{n}。"},
	"forged.rst-above":  {En: "A RST arrives whose SEQ is RCV.NXT+70{n}.", Zh: "到达一个 RST，其 SEQ 为 RCV.NXT+70{n}。"},
	"forged.syn-window": {
		En: "A SYN without ACK arrives whose SEQ is RCV.NXT+{n}.", Zh: "到达一个不带 ACK 的 SYN，其 SEQ 为 RCV.NXT+{n}。",
	},
	"forged.syn-below": {
		En: "A SYN without ACK arrives whose SEQ is RCV.NXT−{n}.", Zh: "到达一个不带 ACK 的 SYN，其 SEQ 为 RCV.NXT−{n}。",
	},
	"forged.synack": {
		En: "A SYN,ACK arrives whose SEQ is RCV.NXT+{n} and whose ACK is SND.NXT.",
		Zh: "到达一个 SYN,ACK，其 SEQ 为 RCV.NXT+{n}，ACK 为 SND.NXT。",
	},
	"forged.ack-plain": {
		En: "A bare ACK arrives with SEQ = RCV.NXT and ACK = SND.NXT.", Zh: "到达一个纯 ACK，SEQ = RCV.NXT，ACK = SND.NXT。",
	},
	"forged.ack-unsent": {
		En: "A bare ACK arrives with SEQ = RCV.NXT and ACK = SND.NXT+{n}.",
		Zh: "到达一个纯 ACK，SEQ = RCV.NXT，ACK = SND.NXT+{n}。",
	},
	"forged.data": {
		En: "A segment with {n} bytes of data arrives, SEQ = RCV.NXT, ACK = SND.NXT.",
		Zh: "到达一个带 {n} 字节数据的报文段，SEQ = RCV.NXT，ACK = SND.NXT。",
	},
	"forged.data-ahead": {
		En: "A segment with 10 bytes of data arrives, SEQ = RCV.NXT+{n}, ACK = SND.NXT.",
		Zh: "到达一个带 10 字节数据的报文段，SEQ = RCV.NXT+{n}，ACK = SND.NXT。",
	},
	"forged.data-old": {
		En: "A segment with {n} bytes of data arrives, SEQ = RCV.NXT−{n}, ACK = SND.NXT.",
		Zh: "到达一个带 {n} 字节数据的报文段，SEQ = RCV.NXT−{n}，ACK = SND.NXT。",
	},
	"forged.data-above": {
		En: "A segment with 10 bytes of data arrives whose SEQ is {n} beyond the right edge of the window.",
		Zh: "到达一个带 10 字节数据的报文段，其 SEQ 超出窗口右边界 {n}。",
	},
	"forged.fin": {
		En: "A FIN,ACK arrives with SEQ = RCV.NXT and ACK = SND.NXT.",
		Zh: "到达一个 FIN,ACK，SEQ = RCV.NXT，ACK = SND.NXT。",
	},
	"forged.fin-old": {
		En: "A FIN,ACK arrives with SEQ = RCV.NXT − 1 and ACK = SND.NXT.",
		Zh: "到达一个 FIN,ACK，SEQ = RCV.NXT − 1，ACK = SND.NXT。",
	},
	"check.rst-exact":  {En: "a RST at RCV.NXT", Zh: "恰在 RCV.NXT 的 RST"},
	"check.rst-window": {En: "a RST in the window that is not at RCV.NXT", Zh: "在窗口内但不在 RCV.NXT 的 RST"},
	"check.rst-below":  {En: "a RST outside the window", Zh: "窗口之外的 RST"},
	"check.rst-above":  {En: "a RST outside the window", Zh: "窗口之外的 RST"},
	"check.syn-window": {En: "a SYN on a connection that exists", Zh: "发给现有连接的 SYN"},
	"check.syn-below":  {En: "a SYN on a connection that exists", Zh: "发给现有连接的 SYN"},
	"check.synack":     {En: "a SYN on a connection that exists", Zh: "发给现有连接的 SYN"},
	"check.ack-plain":  {En: "an ACK that says nothing new", Zh: "没有新内容的 ACK"},
	"check.ack-unsent": {En: "an ACK of what was never sent", Zh: "对从未发送内容的确认"},
	"check.data":       {En: "data in order", Zh: "按序的数据"},
	"check.data-ahead": {En: "data beyond a gap", Zh: "空缺之后的数据"},
	"check.data-old":   {En: "data that was received before", Zh: "以前收到过的数据"},
	"check.data-above": {En: "data outside the window", Zh: "窗口之外的数据"},
	"check.fin":        {En: "a FIN at RCV.NXT", Zh: "恰在 RCV.NXT 的 FIN"},
	"check.fin-old":    {En: "a FIN just before RCV.NXT", Zh: "恰在 RCV.NXT 之前的 FIN"},

	"segment":       {En: "{from}: {text}", Zh: "{from}：{text}"},
	"segment.lost":  {En: "{from}: {text}, lost on the way", Zh: "{from}：{text}，途中丢失"},
	"segment.again": {En: "{from}: {text}, sent again", Zh: "{from}：{text}，重传"},
	"order.ask": {
		En: "ISNs: client {c}, server {s}. Put the segments that follow in order; some listed are never sent.",
		Zh: "初始序列号：客户端 {c}，服务器 {s}。把此后发送的报文段按顺序排列；列表中有的并未发送。",
	},
	"order.bare": {
		En: "Put the segments sent after the handshake in order; not all of the list are sent.",
		Zh: "把握手之后发送的报文段按顺序排列；列表中有的并未发送。",
	},
	"order.why": {
		En: "a segment comes after everything that its sender had sent or received before",
		Zh: "一个报文段排在其发送方此前发送和收到的一切之后",
	},
	"hint.order": {En: "It begins with {first}.", Zh: "第一个是 {first}。"},
	"hint.decoy": {En: "{id} is never sent.", Zh: "{id} 从未发送。"},

	"fill.ask": {
		En: "ISNs: client {c}, server {s}. Fill in the blanks of the trace.", Zh: "初始序列号：客户端 {c}，服务器 {s}。填写跟踪记录中的空白。",
	},
	"fill.bare": {En: "Fill in the blanks of the trace.", Zh: "填写跟踪记录中的空白。"},
	"fill.why": {
		En: "SEQ counts from ISN + 1; data counts its bytes, SYN and FIN count one each; ACK is what is expected next",
		Zh: "SEQ 从 ISN + 1 起计；数据按字节计，SYN 和 FIN 各计一；ACK 是期望收到的下一个序列号",
	},
	"hint.numbers": {
		En: "Follow each direction by itself: the next SEQ is SEQ + LEN, plus one after a FIN.",
		Zh: "分别跟踪每个方向：下一个 SEQ 等于 SEQ + LEN，FIN 之后再加一。",
	},
	"hint.isn": {
		En: "After the handshake the client's first SEQ is {c}, the server's {s}.",
		Zh: "握手之后，客户端的第一个 SEQ 是 {c}，服务器的是 {s}。",
	},

	"wrong.ask": {
		En: "ISNs: client {c}, server {s}. One line of this trace was changed. Which?",
		Zh: "初始序列号：客户端 {c}，服务器 {s}。下面的跟踪记录有一行被改动，是哪一行？",
	},
	"wrong.bare":          {En: "One line of this trace was changed. Which?", Zh: "下面的跟踪记录有一行被改动，是哪一行？"},
	"wrong.why":           {En: "line {n} was: {line}", Zh: "第 {n} 行原为：{line}"},
	"wrong.other":         {En: "That line follows from the others.", Zh: "那一行与其他行相符。"},
	"hint.kind":           {En: "It is {kind}.", Zh: "改动的是{kind}。"},
	"wrong.ack-minus-one": {En: "an ACK number", Zh: "确认号"},
	"wrong.seq-off":       {En: "a SEQ number", Zh: "序列号"},
	"wrong.ack-ahead":     {En: "an ACK number", Zh: "确认号"},
	"wrong.state-waits":   {En: "a state", Zh: "状态"},
	"wrong.state-closed":  {En: "a state", Zh: "状态"},
	"wrong.state-last":    {En: "a state", Zh: "状态"},
	"wrong.rst-for-ack":   {En: "a flag", Zh: "标志位"},

	"lost.ask": {
		En: "{gap} after that: which states, and how many FINs has {who} sent?",
		Zh: "此后再过 {gap}，两端各处于什么状态？到那时{who}发送了几次 FIN？",
	},
	"lost.bare": {
		En: "In which state is each end at the end of this script, and how often has {who} sent its FIN by then?",
		Zh: "脚本结束时，两端各处于什么状态？到那时{who}发送了几次 FIN？",
	},
	"lost.q1":    {En: "The states", Zh: "状态"},
	"lost.q2":    {En: "How often has {who} sent its FIN?", Zh: "{who}发送了几次 FIN？"},
	"lost.why":   {En: "{who} has sent its FIN {n} times", Zh: "{who}发送了 {n} 次 FIN"},
	"lost.more":  {En: "That would be so if the retransmission timer did not back off.", Zh: "如果重传定时器不退避，才会这样。"},
	"lost.fewer": {En: "That would be so if nothing were retransmitted, or later.", Zh: "如果不重传，或重传得更晚，才会这样。"},
	"hint.lost": {
		En: "Nobody tells a sender of a loss; its retransmission timer (200 ms at first on Linux, then doubled) does.",
		Zh: "没有人告知发送方丢失；是它的重传定时器（Linux 上最初 200 毫秒，之后加倍）发现的。",
	},
	"hint.fins": {En: "By then the FIN has been sent {n} times.", Zh: "到那时 FIN 已发送 {n} 次。"},
}
