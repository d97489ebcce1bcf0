package fsm

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"fourwave/internal/text"
)

const docLwIP = "lwIP 2.1.3 as esp-lwip has it: tcp.c (tcp_bind, tcp_alloc, " +
	"tcp_kill_timewait, tcp_kill_state, tcp_slowtmr), " +
	"tcp_in.c (tcp_process, tcp_timewait_input); ESP-IDF 5 components/lwip/Kconfig for its defaults"

// LwIP is lwIP as an ESP32 has it, by its source and by ESP-IDF's defaults: SO_REUSE is compiled
// in, CONFIG_LWIP_MAX_ACTIVE_TCP is 16 (MEMP_NUM_TCP_PCB), CONFIG_LWIP_TCP_MSL 60 s, so that
// TIME-WAIT lasts 120 s, and CONFIG_LWIP_TCP_FIN_WAIT_TIMEOUT 20 s.
//
// ??? Kconfig says that the limit prevents new connections. Builds that take their pools from the
// heap (MEMP_MEM_MALLOC) have been seen to go beyond it.
var LwIP = &Profile{
	Name: "lwip", Confidence: documented, Source: docLwIP,
	Rows: lwIPRows, Bind: BindLwIP, TimeWait: 120 * time.Second, FinWait2: 20 * time.Second,
	TupleTaken: EADDRINUSE, UnreadResets: true, OrphanResets: true, IdleClock: true, Pool: 16,
	MinRTO: 500 * time.Millisecond, MaxRTO: 192 * time.Second, InitialRTO: 1500 * time.Millisecond,
	Challenges: 0, TimeWaitRules: timeWaitLwIP, RepeatsSYNACK: true,
	PortLow: 49152, PortHigh: 65534, OwnPorts: portOfHost, NoPorts: ENOBUFS, NoPortsRule: "lwip-out-of-ports",
	SynTimeouts: 12, AnyAddress: true,
	Unknown: lwIPUnknown(),
}

// lwIPRows is where tcp_process and tcp_timewait_input go another way than RFC 9293's text.
var lwIPRows = []Row{
	{SynSent, RcvRSTRefuses, Closed, ErrReset | DeleteTCB, "tcp_input: TF_RESET, ERR_RST"},
	{SynSent, RcvACKOfUnsent, SynSent, SendRST | Retransmit, "tcp_process: resend SYN immediately"},
	{SynSent, TimeoutUser, Closed, DeleteTCB, "tcp_slowtmr: TCP_SYNMAXRTX, ERR_ABRT"},
	{SynReceived, RcvSYNAgain, SynReceived, Retransmit, "tcp_process, SYN_RCVD: tcp_rexmit"},
	// "move to TIME_WAIT since we close actively": the end that resets its peer waits all the same.
	{Established, UserCloseUnread, TimeWait, SendRST | Start2MSL, "tcp_close_shutdown: rst_on_unacked_data"},
	{FinWait1, UserCloseUnread, FinWait1, 0, "tcp_close_shutdown: ESTABLISHED and CLOSE_WAIT alone"},
	{FinWait2, UserCloseUnread, FinWait2, 0, "tcp_close_shutdown: ESTABLISHED and CLOSE_WAIT alone"},
	{FinWait2, TimeoutFinWait2, Closed, DeleteTCB, "tcp_slowtmr: TCP_FIN_WAIT_TIMEOUT"},
	{TimeWait, RcvRST, TimeWait, 0, "tcp_timewait_input: RFC 1337"},
	{TimeWait, RcvSYN, TimeWait, SendRST, "tcp_timewait_input: a SYN in the window"},
	{TimeWait, RcvUnacceptable, TimeWait, SendACK, "tcp_timewait_input: out-of-window SYN"},
	{TimeWait, RcvFIN, TimeWait, SendACK | Start2MSL, "tcp_timewait_input: pcb->tmr"},
	{TimeWait, RcvData, TimeWait, SendACK, "tcp_timewait_input: tcplen > 0"},
	{TimeWait, RcvACK, TimeWait, 0, "tcp_timewait_input: tcplen == 0"},
	{TimeWait, UserTakesOver, Closed, DeleteTCB, "tcp_kill_timewait"},
	{LastAck, UserTakesOver, Closed, DeleteTCB, "tcp_kill_state: no RST, since no data is lost"},
	{Closing, UserTakesOver, Closed, DeleteTCB, "tcp_kill_state: no RST, since no data is lost"},
	{FinWait2, UserTakesOver, Closed, DeleteTCB, "tcp_kill_state (ESP_LWIP)"},
	{FinWait1, UserTakesOver, Closed, DeleteTCB, "tcp_kill_state (ESP_LWIP)"},
}

// lwIPUnknown are segments that lwIP handles in ways this model has no row for: it takes text
// whether or not the ACK bit is set, and does not look at where a segment without text lies.
func lwIPUnknown() []Cell {
	var cells []Cell
	for _, s := range []State{SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck} {
		cells = append(cells, Cell{s, RcvNoACK})
	}
	return append(cells, Cell{SynReceived, RcvSYNPassive}, Cell{SynReceived, RcvSYN})
}

// timeWaitLwIP is tcp_timewait_input. The number of a segment counts for a SYN alone.
func timeWaitLwIP(c *Conn, s Segment) Event {
	switch {
	case s.Flags.Has(RST):
		return RcvRST
	case s.Flags.Has(SYN):
		if !before(s.Seq, c.rcvNxt) && !after(s.Seq, c.rcvNxt+c.rcvWindow()) {
			return RcvSYN
		}
		return RcvUnacceptable
	case s.Flags.Has(FIN):
		return RcvFIN
	case s.Len > 0:
		return RcvData
	}
	return RcvACK
}

// checkLwIP is tcp_bind: two sockets of one IP version whose addresses are equal, or one of them a
// wildcard, collide unless both have SO_REUSEADDR; and one that has it does not look at TIME-WAIT.
func (h *Host) checkLwIP(c *Conn, at netip.AddrPort) Outcome {
	if c.ReusePort || c.ReusePortLB {
		return fail(ENOPROTOOPT, explain("lwip-no-reuseport"))
	}
	b := h.ports[at.Port()]
	if b == nil {
		return Outcome{Why: explain("lwip-bind-ok")}
	}
	a := at.Addr()
	for _, ex := range b.owners {
		e := ex.local.Addr()
		switch {
		case ex == c, c.ReuseAddr && ex.ReuseAddr, c.ReuseAddr && ex.state == TimeWait:
		case lwIPIsV6(c, a) != lwIPIsV6(ex, e):
		case a.Unmap() == e.Unmap(), a.IsUnspecified(), e.IsUnspecified():
			w := explain("lwip-bind-in-use")
			ex.blame(w)
			w.Remedy = text.Text{
				En: "SO_REUSEADDR on the new socket is enough over TIME-WAIT; over anything else both need it",
				Zh: "对 TIME-WAIT，新套接字设置 SO_REUSEADDR 即可；对其他状态，双方都要设置",
			}
			return fail(EADDRINUSE, w)
		}
	}
	return Outcome{Why: explain("lwip-bind-ok")}
}

// lwIPIsV6 is IP_IS_V6 of a socket's local address: false for :: that is for both versions, whose
// type is IPADDR_TYPE_ANY, so that it is compared with addresses of IPv4 ("@todo: check
// accept_any_ip_version").
func lwIPIsV6(c *Conn, a netip.Addr) bool {
	return a.Is6() && !a.Is4In6() && (!a.IsUnspecified() || c.V6Only)
}

// checkListenLwIP is tcp_listen_with_backlog_and_err: a socket with SO_REUSEADDR, which tcp_bind
// may have let in, must not listen where another does already.
func (h *Host) checkListenLwIP(c *Conn, at netip.AddrPort) Outcome {
	if b := h.ports[at.Port()]; b != nil && c.ReuseAddr {
		for _, ex := range b.owners {
			if ex != c && ex.state == Listen && ex.local.Addr() == at.Addr() {
				w := explain("lwip-listen-in-use")
				ex.blame(w)
				return fail(EADDRINUSE, w)
			}
		}
	}
	return Outcome{}
}

// killOrder are the states whose connections tcp_alloc gives up for a new one, in this order.
// FIN-WAIT-2 and FIN-WAIT-1 are esp-lwip's. tcp_kill_prio comes last and kills what has a lower
// priority than the newcomer; sockets all have TCP_PRIO_NORMAL, so it finds nothing.
var killOrder = []State{TimeWait, LastAck, Closing, FinWait2, FinWait1}

// allocate is tcp_alloc: it reports whether there is a PCB for one more connection. A system whose
// pool is bounded gives up the oldest connection in TIME-WAIT for it, or else in another state that
// is on its way out; what it gives up hears nothing and sends nothing.
func (h *Host) allocate() bool {
	most := h.net.profile.Pool
	if most == 0 {
		return true
	}
	pool := h.pool()
	if len(pool) < most {
		return true
	}
	for _, s := range killOrder {
		var dying []*Conn
		for _, c := range pool {
			if c.state == s {
				dying = append(dying, c)
			}
		}
		if len(dying) > 0 {
			oldest := slices.MinFunc(dying, func(a, b *Conn) int {
				return cmp.Or(cmp.Compare(a.heardAt, b.heardAt), cmp.Compare(a.id, b.id))
			})
			oldest.takeBy("lwip-pool", UserTakesOver, nil)
			return true
		}
	}
	return false
}

// pool is what takes a PCB: every socket but a listener, which has moved to a pool of its own, and
// every connection that no socket holds any more.
func (h *Host) pool() []*Conn {
	var all []*Conn
	for _, c := range h.fds {
		if c != nil && c.state != Listen && !c.pcbGone() {
			all = append(all, c)
		}
	}
	for _, c := range h.conns {
		if !c.open {
			all = append(all, c)
		}
	}
	return all
}

// pcbGone is a descriptor whose connection has ended: lwIP has freed its PCB.
func (c *Conn) pcbGone() bool { return c.state == Closed && c.wasConn }
