package quiz

import (
	"slices"

	"fourwave/fsm"
	"fourwave/lab"
)

// asked is an event put into words that leave nothing open, and the states in which it is asked
// about. A is the end whose state is asked for, B the other one.
type asked struct {
	event fsm.Event
	in    []fsm.State
	text  lab.Text
}

// synced are the states in which both SYNs have been acknowledged, TIME-WAIT apart.
var synced = []fsm.State{fsm.Established, fsm.FinWait1, fsm.FinWait2, fsm.CloseWait, fsm.Closing, fsm.LastAck}

// questions is what next-state asks about. Where the event leads stands in fsm.Table alone.
var questions = []asked{
	{fsm.UserClose, []fsm.State{fsm.Listen, fsm.SynSent, fsm.Established, fsm.CloseWait}, lab.Text{
		En: "A's user issues CLOSE; no received data is waiting to be read.",
		Zh: "A 的用户发出 CLOSE，接收缓冲区中没有未读数据。"}},
	{fsm.UserCloseUnread, []fsm.State{fsm.Established, fsm.CloseWait}, lab.Text{
		En: "A's program calls close() while received data is still unread.",
		Zh: "A 的程序调用 close()，此时接收缓冲区中还有未读数据。"}},
	{fsm.UserAbort, []fsm.State{fsm.SynSent, fsm.Established, fsm.FinWait1, fsm.FinWait2, fsm.CloseWait}, lab.Text{
		En: "A's user issues ABORT (as close() with SO_LINGER on and a linger time of 0 does).",
		Zh: "A 的用户发出 ABORT（相当于打开 SO_LINGER、时间设为 0 之后调用 close()）。"}},

	{fsm.RcvFIN, []fsm.State{fsm.Established, fsm.FinWait2}, lab.Text{
		En: "B's FIN arrives in sequence.",
		Zh: "B 的 FIN 按序到达。"}},
	{fsm.RcvFIN, []fsm.State{fsm.FinWait1}, lab.Text{
		En: "B's FIN arrives in sequence; its acknowledgment does not cover A's FIN.",
		Zh: "B 的 FIN 按序到达，其确认号没有覆盖 A 的 FIN。"}},
	{fsm.RcvFINACKOfFIN, []fsm.State{fsm.FinWait1}, lab.Text{
		En: "One segment arrives in sequence that carries B's FIN and also acknowledges A's FIN.",
		Zh: "一个按序到达的报文段既带有 B 的 FIN，又确认了 A 的 FIN。"}},
	{fsm.RcvACKOfFIN, []fsm.State{fsm.FinWait1, fsm.Closing, fsm.LastAck}, lab.Text{
		En: "An ACK arrives that acknowledges A's FIN; it carries neither data nor FIN.",
		Zh: "到达一个确认了 A 的 FIN 的 ACK，它不带数据，也不带 FIN。"}},
	{fsm.RcvACK, []fsm.State{fsm.FinWait1, fsm.Closing, fsm.LastAck}, lab.Text{
		En: "An ACK arrives that acknowledges data sent earlier, but not A's FIN; it carries neither data nor FIN.",
		Zh: "到达一个 ACK，它确认了此前发送的数据，但没有确认 A 的 FIN；它不带数据，也不带 FIN。"}},
	{fsm.RcvOldFIN, []fsm.State{fsm.CloseWait, fsm.Closing, fsm.LastAck, fsm.TimeWait}, lab.Text{
		En: "B retransmits its FIN, which A has acknowledged already, and the copy arrives; it acknowledges nothing new.",
		Zh: "B 重传了 A 已经确认过的 FIN，这个副本到达 A；它没有确认任何新内容。"}},
	{fsm.RcvData, []fsm.State{fsm.FinWait1}, lab.Text{
		En: "Data arrives in sequence that A's program can still read; its acknowledgment does not cover A's FIN.",
		Zh: "数据按序到达，A 的程序仍然可以读取；其确认号没有覆盖 A 的 FIN。"}},
	{fsm.RcvData, []fsm.State{fsm.FinWait2}, lab.Text{
		En: "Data arrives in sequence that A's program can still read, since it has closed only its sending side.",
		Zh: "数据按序到达；A 的程序只关闭了发送方向，仍然可以读取。"}},
	{fsm.RcvDataACKOfFIN, []fsm.State{fsm.FinWait1}, lab.Text{
		En: "Data arrives in sequence that A's program can still read; the same segment acknowledges A's FIN.",
		Zh: "数据按序到达，A 的程序仍然可以读取；同一个报文段还确认了 A 的 FIN。"}},
	{fsm.RcvNoReader, []fsm.State{fsm.FinWait1, fsm.FinWait2}, lab.Text{
		En: "New data arrives in sequence although A's program has called close(), so that nobody can read it any more.",
		Zh: "新数据按序到达，但 A 的程序已经调用 close()，再也没有人能读取它。"}},

	{fsm.RcvRST, synced, lab.Text{
		En: "A RST arrives whose sequence number is exactly RCV.NXT.",
		Zh: "到达一个 RST，其序列号恰好等于 RCV.NXT。"}},
	{fsm.RcvRST, []fsm.State{fsm.TimeWait}, lab.Text{
		En: "A RST arrives whose sequence number is exactly RCV.NXT; RFC 1337's protection is not in use.",
		Zh: "到达一个 RST，其序列号恰好等于 RCV.NXT；未启用 RFC 1337 的保护。"}},
	{fsm.RcvRSTInWindow, slices.Concat(synced, []fsm.State{fsm.TimeWait}), lab.Text{
		En: "A RST arrives whose sequence number lies inside the receive window, beyond RCV.NXT.",
		Zh: "到达一个 RST，其序列号在接收窗口之内、大于 RCV.NXT。"}},
	{fsm.RcvSYN, synced, lab.Text{
		En: "A SYN without ACK arrives whose sequence number lies inside the receive window.",
		Zh: "到达一个不带 ACK 的 SYN，其序列号在接收窗口之内。"}},
	{fsm.RcvACKOfUnsent, synced, lab.Text{
		En: "An ACK arrives in sequence that acknowledges octets which A has never sent.",
		Zh: "到达一个按序的 ACK，它确认了 A 从未发送过的字节。"}},

	{fsm.Timeout2MSL, []fsm.State{fsm.TimeWait}, lab.Text{
		En: "The 2MSL timer runs out.",
		Zh: "2MSL 定时器到期。"}},
	{fsm.TimeoutRetransmit, []fsm.State{fsm.SynSent, fsm.FinWait1, fsm.Closing, fsm.LastAck}, lab.Text{
		En: "The retransmission timer runs out; A has not yet tried so often that it gives up.",
		Zh: "重传定时器到期，重传次数尚未达到放弃的上限。"}},
	{fsm.TimeoutUser, []fsm.State{fsm.Established, fsm.FinWait1, fsm.Closing, fsm.LastAck}, lab.Text{
		En: "The user timeout runs out: what A sent has not been acknowledged for that long.",
		Zh: "用户超时（user timeout）到期：A 发出的内容这么久都没有得到确认。"}},

	// A few about the opening, for contrast.
	{fsm.RcvSYN, []fsm.State{fsm.Listen}, lab.Text{
		En: "A SYN without ACK arrives.",
		Zh: "到达一个不带 ACK 的 SYN。"}},
	{fsm.RcvRST, []fsm.State{fsm.Listen}, lab.Text{
		En: "A RST arrives.",
		Zh: "到达一个 RST。"}},
	{fsm.RcvSYN, []fsm.State{fsm.SynSent}, lab.Text{
		En: "B's SYN arrives without an ACK: both ends open at once.",
		Zh: "到达 B 的一个不带 ACK 的 SYN：双方同时打开。"}},
	{fsm.RcvSYNACK, []fsm.State{fsm.SynSent}, lab.Text{
		En: "A SYN,ACK arrives that acknowledges A's SYN.",
		Zh: "到达一个确认了 A 的 SYN 的 SYN,ACK。"}},
	{fsm.RcvRSTRefuses, []fsm.State{fsm.SynSent}, lab.Text{
		En: "A RST arrives that acknowledges A's SYN.",
		Zh: "到达一个确认了 A 的 SYN 的 RST。"}},
	{fsm.RcvACKOfSYN, []fsm.State{fsm.SynReceived}, lab.Text{
		En: "An ACK arrives in sequence that acknowledges A's SYN; it carries neither data nor FIN.",
		Zh: "到达一个按序的 ACK，它确认了 A 的 SYN，不带数据，也不带 FIN。"}},
	{fsm.RcvFINACKOfSYN, []fsm.State{fsm.SynReceived}, lab.Text{
		En: "A segment arrives in sequence that acknowledges A's SYN and carries B's FIN.",
		Zh: "到达一个按序的报文段，它确认了 A 的 SYN，并带有 B 的 FIN。"}},
}

// deed is an action of fsm in words. The subject is A.
type deed struct {
	action string // its name in fsm
	text   lab.Text
}

// deeds are in the order in which a story tells them.
var deeds = []deed{
	{"take ACK", lab.Text{En: "takes the acknowledgment into account", Zh: "处理确认号"}},
	{"take data", lab.Text{En: "keeps any data for its user", Zh: "把数据（若有）留给用户"}},
	{"take FIN", lab.Text{En: "counts the FIN as received", Zh: "记下已收到 FIN"}},
	{"queue", lab.Text{En: "keeps the segment until the gap before it is filled", Zh: "保留该报文段，等待前面的空缺被填补"}},
	{"send SYN", lab.Text{En: "sends its SYN", Zh: "发送 SYN"}},
	{"send SYN,ACK", lab.Text{En: "sends SYN,ACK", Zh: "发送 SYN,ACK"}},
	{"send ACK", lab.Text{En: "sends an ACK at once", Zh: "立即发送 ACK"}},
	{"challenge", lab.Text{En: "sends a challenge ACK (RFC 5961)", Zh: "发送挑战 ACK（RFC 5961）"}},
	{"send FIN", lab.Text{En: "sends its FIN, after all data", Zh: "在发完全部数据之后发送 FIN"}},
	{"send RST", lab.Text{En: "sends a RST", Zh: "发送 RST"}},
	{"send data", lab.Text{En: "sends the data", Zh: "发送数据"}},
	{"retransmit", lab.Text{En: "sends again what is oldest and not acknowledged", Zh: "重传最早未被确认的内容"}},
	{"send probe", lab.Text{En: "sends a probe that must be answered", Zh: "发送一个必须得到回应的探测报文段"}},
	{
		"error: as the ICMP message says",
		lab.Text{En: "tells its user what the ICMP message says", Zh: "向用户报告 ICMP 消息所说的错误"},
	},
	{"acknowledge", lab.Text{En: "acknowledges what came", Zh: "确认收到的内容"}},
	{"start 2MSL timer", lab.Text{En: "starts the 2MSL timer from its beginning", Zh: "从头启动 2MSL 定时器"}},
	{"error: connection reset", lab.Text{En: "tells its user \"connection reset\"", Zh: "向用户报告 connection reset"}},
	{
		"error: connection refused",
		lab.Text{En: "tells its user \"connection refused\"", Zh: "向用户报告 connection refused"},
	},
	{"error: connection timed out", lab.Text{En: "tells its user that the connection timed out", Zh: "向用户报告连接超时"}},
	{
		"error: connection closing",
		lab.Text{En: "answers the call \"connection closing\"", Zh: "对该调用返回 connection closing"},
	},
	{
		"error: connection does not exist",
		lab.Text{En: "answers the call \"connection does not exist\"", Zh: "对该调用返回 connection does not exist"},
	},
	{"delete TCB", lab.Text{En: "deletes the TCB: the connection is gone", Zh: "删除 TCB，连接不复存在"}},
	{"reopen", lab.Text{En: "lets a new incarnation begin with this SYN", Zh: "以这个 SYN 开始新的连接化身"}},
}
