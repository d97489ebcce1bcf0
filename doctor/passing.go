package doctor

import "fourwave/fsm"

// passing says how a socket that stands in the way goes away.
func (s *Socket) passing(lim limits) *Passing {
	switch st := fsm.State(s.State); {
	case s.Protocol == UDP:
		return &Passing{Text: Text{En: "when its process closes it; UDP has no TIME-WAIT",
			Zh: "当它的进程关闭它时；UDP 没有 TIME-WAIT"}}
	case st == fsm.TimeWait && len(s.timings) == 0:
		return s.untimed()
	case s.mini && st == fsm.TimeWait:
		return s.timed(lim, Text{
			En: "by itself, when TIME-WAIT ends; a segment from the other end starts its 60 s again",
			Zh: "TIME-WAIT 到期后自动消失；对端再来报文段会重新计时 60 秒"})
	case s.Orphan && st == fsm.FinWait2:
		return s.timed(lim, say("by itself, when tcp_fin_timeout (%s here) is over, unless the program set "+
			"TCP_LINGER2; if the other end closes before, it becomes a TIME-WAIT of 60 s",
			"tcp_fin_timeout（此处为 %s）到期时自动消失，除非程序设置了 TCP_LINGER2；如果对端在此之前关闭，"+
				"它会变成 60 秒的 TIME-WAIT", short(lim.finTimeout))).longer()
	case st == fsm.FinWait2:
		return &Passing{Text: Text{
			En: "never by itself: no timer runs and there is no limit, since a process has it open: it shut down " +
				"its sending side and never closed, and the other end has not closed either",
			Zh: "不会自动消失：没有定时器在走，也没有期限，因为还有进程打开着它：进程关闭了发送方向却一直没有 " +
				"close，对端也没有关闭"}}
	case s.Orphan && (st == fsm.FinWait1 || st == fsm.Closing || st == fsm.LastAck):
		return s.orphaned(lim)
	case st == fsm.Listen, st == "BOUND", st == fsm.Closed:
		return &Passing{Text: Text{En: "when its process closes it", Zh: "当它的进程关闭它时"}}
	case s.Waiting:
		return &Passing{Text: Text{En: "with its listener, or when it is accepted and closed",
			Zh: "随监听套接字一起消失，或在被 accept 并关闭之后"}}
	case st == fsm.CloseWait:
		return &Passing{Text: Text{En: "never by itself: the other end has closed, and the process must close too",
			Zh: "不会自动消失：对端已经关闭，进程也必须关闭"}}
	case st == fsm.SynSent && len(s.timings) > 0:
		return s.timed(lim, Text{En: "when the connection is made or refused; if nobody answers, when the kernel " +
			"gives up (tcp_syn_retries)",
			Zh: "连接建立或被拒绝时；若无人应答，则在内核放弃时（tcp_syn_retries）"}).atMost()
	case s.Timer == RetransmitTimer && s.Retrans > 0 && len(s.timings) > 0:
		return s.timed(lim, Text{En: "when one end closes; the other end has stopped acknowledging, and if it " +
			"stays silent the kernel gives up (tcp_retries2)",
			Zh: "当连接的一端关闭时；对端已不再确认，若一直如此，内核会放弃（tcp_retries2）"}).atMost()
	}
	return &Passing{Text: Text{En: "when one end closes the connection", Zh: "当连接的一端关闭时"}}
}

func (p *Passing) longer() *Passing {
	p.Longer = true
	return p
}

func (p *Passing) atMost() *Passing {
	p.AtMost = true
	return p
}

// timed is how it goes away when the kernel's timers are through, with nothing heard from the other
// end.
func (s *Socket) timed(lim limits, text Text) *Passing {
	all := s.span(func(t timing) (span, bool) { return t.silent(lim) })
	if all.endless {
		return &Passing{Text: text}
	}
	return &Passing{Timed: true, Least: all.least, After: all.most, Text: text}
}

// span is the latest of the samples' ends.
func (s *Socket) span(end func(timing) (span, bool)) span {
	all := span{endless: len(s.timings) == 0}
	for _, t := range s.timings {
		one, ok := end(t)
		if !ok {
			continue
		}
		all.endless = all.endless || one.endless
		all.least, all.most = max(all.least, one.least), max(all.most, one.most)
	}
	return all
}

// orphaned is the end of a connection that a process has closed and whose FIN, or the data before
// it, is not acknowledged.
func (s *Socket) orphaned(lim limits) *Passing {
	after := Text{En: ", and FIN-WAIT-2 or TIME-WAIT follows", Zh: "，随后是 FIN-WAIT-2 或 TIME-WAIT"}
	switch fsm.State(s.State) {
	case fsm.LastAck:
		after = Text{}
	case fsm.Closing:
		after = Text{En: ", and a TIME-WAIT of 60 s follows", Zh: "，随后是 60 秒的 TIME-WAIT"}
	}
	longer := after.En != ""
	if s.Timer == ProbeTimer {
		return s.closedWindow(lim, after, longer)
	}
	p := s.timed(lim, say("by itself, if the other end stays silent: the kernel retransmits the FIN and then "+
		"gives up (tcp_orphan_retries=%d here); it goes earlier if the other end acknowledges%s",
		"如果对端一直沉默则自动消失：内核重传 FIN，然后放弃（此处 tcp_orphan_retries=%d）；如果对端确认，会更早%s",
		lim.orphanRetries, after))
	if s.timings == nil {
		p.Text = say("by itself, when the other end acknowledges the FIN or the kernel gives up; no timer was seen%s",
			"对端确认 FIN 或内核放弃时自动消失；没有看到定时器%s", after)
	}
	p.AtMost, p.Longer = true, longer
	return p
}

// closedWindow is the end of an orphan whose peer has closed its window: how long it lives is up to
// that peer.
func (s *Socket) closedWindow(lim limits, after Text, longer bool) *Passing {
	answered := s.span(func(t timing) (span, bool) { return t.probed(lim, true), true })
	silent := s.span(func(t timing) (span, bool) { return t.probed(lim, false), true })
	end := Text{En: "for ever", Zh: "永远不会"}
	if !answered.endless {
		end = say("after %s to %s", "在 %s 到 %s 之后", round(answered.least), round(answered.most))
	}
	p := &Passing{Timed: !answered.endless, Least: min(silent.least, answered.least),
		After: max(answered.most, silent.most), AtMost: true, Longer: longer}
	p.Text = say("the other end's window is closed: it is there and does not read %s. The kernel gives up %s if "+
		"the probes go on being answered, after %s to %s if they are not; it goes on earlier if the other end "+
		"reads or closes%s",
		"对端的窗口已关闭：它还在，但没有读取%s。如果探测一直有回应，内核%s放弃；没有回应则在 %s 到 %s 之后放弃；"+
			"对端读取或关闭会更早%s",
		s.unsent(), end, round(silent.least), round(silent.most), after)
	if answered.endless {
		p.Text = say("the other end's window is closed: it is there and does not read %s. As long as it answers "+
			"the probes the kernel never gives up; if it falls silent, after %s to %s%s",
			"对端的窗口已关闭：它还在，但没有读取%s。只要它回应探测，内核就永远不会放弃；如果它沉默，则在 %s 到 "+
				"%s 之后%s",
			s.unsent(), round(silent.least), round(silent.most), after)
	}
	return p
}

// unsent is what waits to be sent.
func (s *Socket) unsent() Text {
	return Text{En: "the " + several(s.SendQ, "byte", "bytes", "字节").En + " of its Send-Q",
		Zh: several(s.SendQ, "byte", "bytes", "字节").Zh}
}
