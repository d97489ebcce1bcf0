package fsm

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Described is a socket that the caller describes, for a reuse check.
type Described struct {
	Local, Remote netip.AddrPort // Remote is the zero value for a socket that is bound or listens
	State         State          // CLOSED: only bound
	Options
	Orphan     bool // no descriptor: always so in TIME-WAIT
	Age        time.Duration
	Timestamps bool   // the connection used them
	LastTS     uint32 // the peer's last timestamp
	RcvNxt     uint32
	SndNxt     uint32
	Ephemeral  bool // connect chose its port
}

// Candidate is what is asked for.
type Candidate struct {
	Op            string // "bind", "listen", "connect", "syn"
	Local, Remote netip.AddrPort
	Options
	Ephemeral bool   // connect: the system chooses the port, and this is the one it comes to
	Seq       uint32 // syn: SEG.SEQ
	TSVal     uint32 // syn: its timestamp
	HasTS     bool
}

// Reuse is the answer to a reuse check: "ok" or an errno name; for op syn what the host answers:
// "SYN+ACK", "ACK", "RST+ACK" or "silence".
type Reuse struct {
	Result string
	Why    *Why
}

// CheckReuse asks a profile's rules about sockets that are described, at one host that has all the
// local addresses named. Sysctls are by the names in /proc/sys/net/ipv4.
func CheckReuse(p *Profile, sockets []Described, cand Candidate, sysctls map[string]string) (Reuse, error) {
	n := NewNet(Config{Profile: p, Seed: 1})
	h := n.Host("server")
	n.clock.now = 24 * time.Hour // so that any age is possible
	for key, value := range sysctls {
		if e, err := h.SetSysctl(key, value); err != nil || e != "" {
			return Reuse{}, fmt.Errorf("sysctls: %s=%s: %w", key, value, firstError(err, e))
		}
	}
	h.adopt(cand.Local.Addr())
	for i, d := range sockets {
		if err := h.place(i, d); err != nil {
			return Reuse{}, fmt.Errorf("sockets/%d: %w", i, err)
		}
	}
	if cand.Op == "syn" {
		return h.checkSYN(cand), nil
	}
	family := 4
	if cand.Local.Addr().Is6() {
		family = 6
	}
	opts := cand.Options
	opts.Dual = !opts.V6Only // as the caller says, whatever the system's default
	c, o := h.Socket("candidate", family, opts)
	if o.Err != "" {
		return Reuse{}, o.Err
	}
	switch cand.Op {
	case "bind":
		o = h.Bind(c, cand.Local)
	case "listen":
		if o = h.Bind(c, cand.Local); o.Err == "" {
			o = h.Listen(c, 1)
		}
	case "connect":
		o = h.checkConnect(c, cand)
	default:
		return Reuse{}, fmt.Errorf("candidate/op: unknown op %q", cand.Op)
	}
	o = p.Cite(o)
	r := Reuse{Result: "ok", Why: o.Why}
	if o.Err != "" {
		r.Result = string(o.Err)
	}
	if r.Why == nil {
		r.Why = explain("nothing-in-the-way")
	}
	return r, nil
}

func firstError(err error, e Errno) error {
	if err != nil {
		return err
	}
	return e
}

// adopt makes an address the host's own.
func (h *Host) adopt(a netip.Addr) {
	if a = a.Unmap(); a.IsValid() && !a.IsUnspecified() && !h.owns(a) {
		h.addrs = append(h.addrs, a)
	}
}

// place puts a described socket into the host's tables.
func (h *Host) place(i int, d Described) error {
	if !d.Local.IsValid() || d.Local.Port() == 0 {
		return fmt.Errorf("tuple: no local port")
	}
	h.adopt(d.Local.Addr())
	family := 4
	if d.Local.Addr().Is6() {
		family = 6
	}
	connected := d.Remote.IsValid() && d.Remote.Port() != 0
	if wants := d.State != Closed && d.State != Listen; wants != connected {
		return fmt.Errorf("tuple: a socket in %s has %s remote address", d.State,
			map[bool]string{true: "a", false: "no"}[wants])
	}
	c := h.newConn(family)
	c.name, c.Options, c.state = fmt.Sprintf("sockets/%d", i), d.Options, d.State
	c.local, c.remote = d.Local, d.Remote
	c.passive, c.autobound, c.boundPort = d.State == Listen, d.Ephemeral, !connected
	c.wasConn = connected
	c.ts, c.tsRecent, c.rcvNxt, c.sndNxt, c.sndUna = d.Timestamps, d.LastTS, d.RcvNxt, d.SndNxt, d.SndNxt
	c.rcvWup = c.rcvNxt
	c.open = !d.Orphan && d.State != TimeWait
	h.named[c.name] = c
	if c.open {
		h.install(c)
	}
	c.backlog = 128
	if d.State != SynReceived {
		h.claimPort(c)
	}
	if connected {
		if h.conns[newTuple(c.local, c.remote)] != nil {
			return fmt.Errorf("tuple: two sockets have it")
		}
		h.hash(c)
	}
	return h.age(c, d)
}

// age starts the timer that runs in a socket's state, as it was so long ago.
func (h *Host) age(c *Conn, d Described) error {
	p := h.net.profile
	var whole time.Duration
	switch {
	case d.State == TimeWait:
		whole = p.TimeWait
	case d.State == FinWait2 && d.Orphan && p.FinWait2 > 0:
		whole = c.finTime()
	default:
		return nil
	}
	if d.Age < 0 || d.Age >= whole {
		return fmt.Errorf("age: a socket in %s lives less than %v", d.State, whole)
	}
	if p.Minisocket {
		c.mini = true
		h.minis++
	}
	c.entered = h.net.Now() - d.Age
	c.setTimer(timer2MSL, whole-d.Age)
	return nil
}

// checkConnect asks whether connect may have the five-tuple; the port is taken as given.
func (h *Host) checkConnect(c *Conn, cand Candidate) Outcome {
	c.local, c.remote = cand.Local, cand.Remote
	if !cand.Ephemeral {
		return h.uniqueTuple(c, true)
	}
	if b := h.ports[cand.Local.Port()]; b != nil && !b.shared {
		w := explain("connect-port-bound")
		b.owners[0].blame(w)
		if ex := h.conns[newTuple(c.local, c.remote)]; ex == nil || !ex.autobound {
			return fail(h.net.profile.TupleTaken, w)
		}
	}
	return h.uniqueTuple(c, false)
}

// checkSYN lets a SYN arrive.
func (h *Host) checkSYN(cand Candidate) Reuse {
	n := h.net
	var answers []string
	var events []Entry
	n.watch = Watcher{
		Entry: func(e Entry) { events = append(events, e) },
		Flight: func(f Flight) {
			if f.From == h.name && (f.Fate == UnderWay || f.Fate == Lost) {
				answers = append(answers, strings.Join(answerNames(f.Segment), "+"))
			}
		},
	}
	s := Segment{Seq: cand.Seq, Flags: SYN, Wnd: 65535, HasTS: cand.HasTS, TSVal: cand.TSVal}
	held := h.conns[newTuple(cand.Local, cand.Remote)]
	why := explain("syn-nobody-listens")
	switch {
	case held != nil:
		why = explain(synRule(held, held.judge(s)))
		held.blame(why)
	case h.listenerFor(cand.Local, cand.Remote) != nil:
		why = explain("syn-listener")
	}
	h.arrive(&flight{Flight: Flight{Src: unmap(cand.Remote), Dst: unmap(cand.Local), Segment: s}, from: h, to: h})
	if len(answers) == 0 {
		return Reuse{Result: "silence", Why: why}
	}
	return Reuse{Result: answers[len(answers)-1], Why: why}
}

func synRule(c *Conn, e Event) string {
	switch {
	case e == RcvSYNReopens:
		return "syn-reopens-time-wait"
	case c.state == TimeWait && e == RcvUnacceptable:
		return "syn-old-timestamp"
	case c.state == TimeWait && c.host.listenerFor(c.local, c.remote) == nil:
		return "syn-time-wait-no-listener"
	case c.state == TimeWait:
		return "syn-not-newer"
	case e == RcvSYNMini:
		return "syn-finwait2-minisocket"
	}
	return "syn-challenge"
}
