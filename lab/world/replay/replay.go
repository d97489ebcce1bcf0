package replay

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"fourwave/fsm"
	"fourwave/lab/capture"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// The laboratory's addresses of the ends.
var addrs = [2]netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, 2}), netip.AddrFrom4([4]byte{10, 0, 0, 1})}

// listener is the number of the listening's end; the connection's ends are 1 and 2 as in the
// capture.
const listener = 3

// replay is a captured connection as a world. Its time is the capture's, or what the script has
// waited for if that is more.
type replay struct {
	conn  *capture.Conn
	obs   world.Observer
	calls []capture.Call
	next  int // of calls
	now   time.Duration

	entries, flights int // how many were told
	states           [2]fsm.State
	entered          [2]bool // the state was concluded, not shown
}

func open(c *capture.Conn, obs world.Observer) *replay {
	return &replay{conn: c, obs: obs, calls: c.Calls(), states: [2]fsm.State{fsm.Closed, fsm.Closed}}
}

// Now is how far the story has come, or the script has waited.
func (r *replay) Now() time.Duration { return r.now }

// Close has nothing to do.
func (r *replay) Close() error { return nil }

// Wait lets time pass. It tells nothing: what happens belongs to the lines that brought it about.
func (r *replay) Wait(ctx context.Context, d time.Duration) error {
	r.now += d
	return ctx.Err()
}

// Do carries out lines.
func (r *replay) Do(ctx context.Context, group []script.Step) ([]world.Result, error) {
	results := make([]world.Result, len(group))
	for i := range group {
		results[i] = r.do(&group[i])
		results[i].At = r.now
	}
	return results, ctx.Err()
}

func (r *replay) do(s *script.Step) world.Result {
	end, isEnd := r.endOf(s)
	switch verb := s.Cmd.Verb; {
	case verb == "bind":
		return concluded("ok", 0)
	case verb == "listen" && s.Actor == "server":
		r.obs.Entry(fsm.Entry{
			At: r.now, Host: "server", Socket: s.Cmd.Sock, End: listener,
			From: fsm.Closed, Event: string(fsm.UserPassiveOpen), To: fsm.Listen, Note: "inferred",
		})
		return concluded("ok", listener)
	case s.Actor == "wire":
		return concluded("ok", 0)
	case !isEnd:
		return notRun()
	case verb == "connect":
		return r.connect()
	case verb == "accept":
		return concluded("ok", end+1)
	case verb == "state":
		return r.state(end)
	default:
		return r.call(s, end)
	}
}

// endOf is the end of the connection that a line is about.
func (r *replay) endOf(s *script.Step) (end int, ok bool) {
	name := s.Cmd.Sock
	if s.Cmd.Verb == "accept" {
		name = s.Cmd.As
	}
	for end := range r.states {
		if host, sock := r.conn.ScriptName(end); host == s.Actor && sock == name {
			return end, true
		}
	}
	return 0, false
}

// connect tells all until the first call of a program.
func (r *replay) connect() world.Result {
	r.tellUntil(0)
	switch r.conn.Ending() {
	case capture.Refused:
		return world.Result{Result: "ECONNREFUSED", End: 1}
	case capture.Unanswered:
		return world.Result{Result: "EINPROGRESS", End: 1}
	}
	return concluded("ok", 1)
}

// call tells what a program's call brought about: all until the next one's.
func (r *replay) call(s *script.Step, end int) world.Result {
	if r.next >= len(r.calls) {
		return notRun()
	}
	c := r.calls[r.next]
	if c.Verb != s.Cmd.Verb || c.End != end || c.N != 0 && c.N != s.Cmd.N {
		return notRun()
	}
	r.next++
	r.tellUntil(r.next)
	result := "ok"
	if c.N != 0 {
		result = strconv.Itoa(c.N)
	}
	return concluded(result, end+1)
}

// state is the current state of an end; after the last call it is the one that the capture ends
// with.
func (r *replay) state(end int) world.Result {
	res := world.Result{Result: string(r.states[end]), End: end + 1}
	if r.entered[end] || r.next == len(r.calls) && r.conn.Ends[end].Inferred {
		res = concluded(res.Result, res.End)
	}
	return res
}

// tellUntil tells the segments that were sent before a call, given by its index, and the entries of
// them; without such a call, all that are left. An entry follows the segments that it speaks of.
func (r *replay) tellUntil(call int) {
	t := &r.conn.Trace
	for r.flights < len(t.Flights) {
		f := t.Flights[r.flights]
		if call < len(r.calls) && f.Departs >= r.calls[call].At {
			break
		}
		r.flights++
		r.obs.Flight(r.flight(f))
		r.now = max(r.now, f.Departs)
	}
	for r.entries < len(t.Entries) {
		e := t.Entries[r.entries]
		last := e.Of
		for _, id := range e.Flights {
			last = max(last, id)
		}
		if last > r.flights {
			break
		}
		r.entries++
		r.enter(e)
	}
}

// enter tells an entry in the script's names.
func (r *replay) enter(e fsm.Entry) {
	end := e.End - 1
	e.Host, e.Socket = r.conn.ScriptName(end)
	r.states[end], r.entered[end] = e.To, e.Note == "inferred"
	if r.conn.A == r.conn.B {
		e.End = 1
	}
	r.now = max(r.now, e.At)
	r.obs.Entry(e)
}

// flight is a segment between the laboratory's addresses.
func (r *replay) flight(f fsm.Flight) fsm.Flight {
	at := func(a netip.AddrPort) (host string, addr netip.AddrPort) {
		end := 1
		if a == r.conn.A {
			end = 0
		}
		host, _ = r.conn.ScriptName(end)
		if r.conn.A == r.conn.B {
			return host, netip.AddrPortFrom(capture.Loopback, a.Port())
		}
		return host, netip.AddrPortFrom(addrs[end], a.Port())
	}
	f.From, f.Src = at(f.Src)
	f.To, f.Dst = at(f.Dst)
	return f
}

// concluded is a result that segments imply.
func concluded(result string, end int) world.Result {
	return world.Result{Result: result, End: end, Why: &world.Why{Rule: "inferred", Text: world.Text{
		En: "a capture shows no calls: this is concluded from its segments",
		Zh: "抓包看不到调用：这是从报文段推断出来的",
	}}}
}

// notRun is the result of a line that the capture's story does not have.
func notRun() world.Result {
	return world.Result{Result: script.NotRun, Why: &world.Why{Rule: "capture-not-run", Text: world.Text{
		En: "the capture has nothing of this line, and runs nothing itself",
		Zh: "抓包中没有这一行的内容，而它自己不运行任何东西",
	}}}
}
