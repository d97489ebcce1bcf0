package capture

import (
	"fmt"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/internal/text"
)

func told(en, zh string, args ...any) text.Text {
	return text.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

// why says how the connection ended, or why it did not.
func (c *Conn) why() text.Text {
	if c.EndedBy == "rst" {
		return c.whyReset()
	}
	a, b := &c.ends[0], &c.ends[1]
	first := strings.ToUpper(c.ClosedFirst)
	switch {
	case a.state == fsm.SynSent && b.seen:
		return told("The SYN was answered with an ACK that does not fit it: the other end had an older connection "+
			"in mind.",
			"SYN 得到的是一个与它对不上的 ACK：对端记着的是旧连接。")
	case a.state == fsm.SynSent:
		return told("Nobody answered the SYN: it was lost or dropped on the way, or the answer was.",
			"没有人回应 SYN：它或对它的回应在途中丢失或被丢弃。")
	case c.EndedBy == "fin" && c.ClosedFirst == "both":
		return told("Both ends closed at once: each sent its FIN before it had the other's.",
			"两端同时关闭：各自在收到对方的 FIN 之前就发出了自己的。")
	case c.EndedBy == "fin":
		return told("%s closed first; both FINs were acknowledged.", "%s 先关闭；双方的 FIN 都得到了确认。", first)
	case a.fin != b.fin && c.ClosedFirst != "none":
		closer, other := a, b
		if b.fin {
			closer, other = b, a
		}
		if other.state == fsm.CloseWait {
			return told("%s closed, and the other end has not: it is in CLOSE-WAIT until its process closes.",
				"%s 已关闭，对端还没有：它停在 CLOSE-WAIT，直到它的进程关闭。", first)
		}
		if closer.again > 0 {
			return told("%s closed, and its FIN was never acknowledged.", "%s 已关闭，但它的 FIN 一直没有得到确认。",
				first)
		}
		return told("%s closed; the capture ends before the other end does.", "%s 已关闭；抓包在对端关闭之前就结束了。",
			first)
	case a.fin && b.fin:
		return told("%s closed first; the last FIN was not seen to be acknowledged.",
			"%s 先关闭；最后一个 FIN 的确认没有出现在抓包里。", first)
	}
	return told("It is still open where the capture ends.", "抓包结束时连接仍然打开。")
}

// whyReset says why a RST came, by what came before it.
func (c *Conn) whyReset() text.Text {
	r := &c.reset
	by, e, other := strings.ToUpper(endNames[r.by]), &c.ends[r.by], &c.ends[1-r.by]
	if e.ttl != 0 && r.ttl != 0 && absolute(int(e.ttl)-int(r.ttl)) > 1 {
		return told("The RST in the name of %s has another TTL (%d, its other packets %d): "+
			"a device in between sent it.",
			"以 %s 名义发出的 RST 的 TTL 不同（%d，它的其他包是 %d）：是中间设备发的。", by, r.ttl, e.ttl)
	}
	switch {
	case r.before == fsm.Listen || r.before == fsm.SynReceived && r.seg.Flags.Has(fsm.ACK) && c.Completeness&2 == 0:
		return told("%s refused the connection: nobody listens on that port.", "%s 拒绝了连接：那个端口没有人监听。",
			by)
	case r.before == fsm.SynSent:
		return told("%s answered an acknowledgment that does not fit its SYN: the other end had an older "+
			"connection in mind.", "%s 收到的确认与它的 SYN 对不上：对端记着的是旧连接。", by)
	case e.fin && (strings.HasPrefix(r.afterOf, "rcv data") || other.nxt-other.isn > e.acked-other.isn):
		return told("%s had closed, and data came after that: nobody was there to read it.",
			"%s 已经关闭，之后又有数据到来：没有人读取。", by)
	case r.before == fsm.Closed || r.before == fsm.TimeWait:
		return told("%s no longer knew the connection: the segment came after its end.",
			"%s 已经不认识这个连接：报文段是在它结束之后到的。", by)
	case !r.seg.Flags.Has(fsm.ACK) && c.Midway && !e.acks:
		return told("%s did not know the connection: it was restarted, or has forgotten it (half-open).",
			"%s 不认识这个连接：它重启过，或已经忘记了（半开连接）。", by)
	case e.again > 2:
		return told("%s gave up: %d retransmissions had no answer.", "%s 放弃了：%d 次重传都没有回应。", by, e.again)
	case !r.seg.Flags.Has(fsm.ACK) && r.afterOf != "":
		return told("%s did not know the connection any more: it had restarted or forgotten it.",
			"%s 已不认识这个连接：它重启过或已忘记。", by)
	case e.got > 0:
		return told("%s aborted: it closed with data unread, or with SO_LINGER 0, or its process was killed with "+
			"data unread.", "%s 中止了连接：关闭时还有数据未读，或设置了 SO_LINGER 0，或进程被杀死时有数据未读。", by)
	}
	return told("%s aborted the connection (SO_LINGER 0), after %s.", "%s 中止了连接（SO_LINGER 0），在 %s 之后。", by,
		r.after.Sub(c.Began).Round(time.Millisecond))
}

func absolute(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
