package model

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// callLimit is how long a call may take before its line ends with what it would answer without
// blocking.
const callLimit = time.Second

// modelWorld runs a script on the state machine, in virtual time.
type modelWorld struct {
	net        *fsm.Net
	obs        world.Observer
	background map[string][]background // by host and socket, the oldest first
}

// open makes a world under a profile.
func open(p *fsm.Profile, obs world.Observer) *modelWorld {
	w := &modelWorld{obs: obs, background: map[string][]background{}}
	w.net = fsm.NewNet(fsm.Config{Profile: p, Seed: 7865, Watch: fsm.Watcher{
		Entry: obs.Entry, Flight: obs.Flight,
		Table: func(h *fsm.Host, at time.Duration, changes []fsm.RowChange) {
			obs.Table(h.Name(), changed(at, changes))
		},
	}})
	return w
}

// background is a call that has not come back within its line.
type background struct {
	verb  string
	call  *fsm.Pending
	ended bool // by a close of its descriptor
}

func (w *modelWorld) Now() time.Duration { return w.net.Now() }
func (w *modelWorld) Close() error       { return nil }

func (w *modelWorld) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.net.Advance(d); err != nil {
		return err
	}
	return w.net.Quiet()
}

// Do starts all calls of the group before time passes, and then waits for each in turn.
func (w *modelWorld) Do(ctx context.Context, group []script.Step) ([]world.Result, error) {
	finish := make([]func() world.Result, len(group))
	before := make([]*fsm.Conn, len(group)) // a close may leave nothing of that name
	for i := range group {
		s := &group[i]
		if host, sock, ok := world.About(s, ""); ok {
			before[i] = w.net.Host(host).Conn(sock)
		}
		finish[i] = w.start(s)
		w.net.Loopback()
	}
	results := make([]world.Result, len(group))
	for i, f := range finish {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		results[i] = w.mark(f())
		results[i].At, results[i].End = w.net.Now(), w.endOf(&group[i], results[i].Result, before[i])
	}
	return results, nil
}

// endOf is the end that a step's result is about; before is what its socket was when it began.
func (w *modelWorld) endOf(s *script.Step, result string, before *fsm.Conn) int {
	host, sock, ok := world.About(s, result)
	if !ok || result == script.NotRun {
		return 0
	}
	if c := w.net.Host(host).Conn(sock); c != nil {
		return c.End()
	}
	if before != nil {
		return before.End()
	}
	return 0
}

// mark says of every answer of a profile that nobody ran that it was only read about.
func (w *modelWorld) mark(r world.Result) world.Result {
	p := w.net.Profile()
	if p.Measured() || r.Result == script.NotRun {
		return r
	}
	if r.Why == nil {
		r.Why = &world.Why{Rule: "documented-" + p.Name, Text: world.Text{En: p.Confidence, Zh: "有文档，未测量"}, Source: p.Source}
		return r
	}
	r.Why.Text = r.Why.Text.Plus(" ("+p.Confidence+")", "（有文档，未测量）")
	return r
}

// start begins a step; the function returned ends it.
func (w *modelWorld) start(s *script.Step) func() world.Result {
	c := &s.Cmd
	if s.Actor == "wire" {
		return w.startWire(c)
	}
	if s.Actor == "host" {
		if w.net.Host(c.Host) != nil {
			return notRun("model-not-run", "host "+c.Host+" is there already")
		}
		w.net.AddHost(c.Host, c.Addrs)
		return w.outcome(fsm.Outcome{})
	}
	h := w.net.Host(s.Actor)
	switch c.Verb {
	case "exit":
		for key := range w.background { // its calls end with the process
			if strings.HasPrefix(key, s.Actor+" ") {
				delete(w.background, key)
			}
		}
		return w.outcome(h.Exit())
	case "sysctl":
		errno, err := h.SetSysctl(c.Key, c.Value)
		if err != nil {
			return notRun("model-not-run", err.Error())
		}
		return w.outcome(fsm.Outcome{Err: errno})
	case "sockets":
		return came(tableResult(modelRows(h), c.Addr))
	case "state", "timer":
		return came(stateOrTimer(h.Conn(c.Sock), c.Verb))
	case "await":
		return w.await(s)
	}
	conn := h.Conn(c.Sock)
	if makes := c.Verb == "socket" || c.Verb == "bind" || c.Verb == "connect"; makes && (conn == nil || !conn.Open()) {
		var o fsm.Outcome
		if conn, o = h.SocketWith(c.Sock, c.Family, optionsOf(c.Opts)); o.Err != "" {
			return w.outcome(o)
		}
		if c.Verb == "socket" {
			return w.outcome(o)
		}
	} else if c.Verb == "socket" {
		return notRun("model-not-run", "socket "+c.Sock+" is open already")
	} else if len(c.Opts) > 0 && conn != nil {
		if o := h.SetOptions(conn, optionsOf(c.Opts)); o.Err != "" {
			return w.outcome(o)
		}
	}
	if conn == nil {
		return w.outcome(fsm.Outcome{Err: fsm.EBADF})
	}
	return w.call(s, h, conn)
}

// call makes a call on a socket that is there.
func (w *modelWorld) call(s *script.Step, h *fsm.Host, conn *fsm.Conn) func() world.Result {
	c := &s.Cmd
	if c.Verb == "close" || c.Verb == "abort" {
		w.endCalls(s.Actor + " " + c.Sock)
	}
	switch c.Verb {
	case "set":
		if !conn.Open() {
			return w.outcome(fsm.Outcome{Err: fsm.EBADF})
		}
		return w.outcome(fsm.Outcome{})
	case "bind":
		return w.outcome(h.Bind(conn, c.Addr.AddrPort))
	case "listen":
		n := c.N
		if n < 0 {
			n = 4096
		}
		return w.outcome(h.Listen(conn, n))
	case "shutdown":
		return w.outcome(h.Shutdown(conn, c.How))
	case "error":
		errno, o := h.Error(conn)
		if o.Err != "" {
			return w.outcome(o)
		}
		if errno == "" {
			errno = "0"
		}
		return came(world.Result{Result: string(errno)})
	case "abort":
		return w.outcome(h.Abort(conn))
	case "accept":
		if as := h.Conn(c.As); as != nil && as.Open() {
			return notRun("model-not-run", "socket "+c.As+" is open already")
		}
		return w.block(s, h.Accept(conn, c.As))
	case "connect":
		if c.From.Set {
			if o := h.Bind(conn, c.From.AddrPort); o.Err != "" {
				return w.outcome(o)
			}
		}
		return w.block(s, h.Connect(conn, c.Addr.AddrPort))
	case "send":
		return w.block(s, h.Send(conn, c.N))
	case "recv":
		return w.block(s, h.Recv(conn, c.N))
	case "close":
		return w.block(s, h.Close(conn))
	}
	return notRun("model-not-run", "the model has no verb "+c.Verb)
}

// endCalls ends the calls that wait on a descriptor which is being closed.
func (w *modelWorld) endCalls(key string) {
	for i := range w.background[key] {
		b := &w.background[key][i]
		b.ended = b.ended || !b.call.Done
	}
}

// block is a call that may take time.
func (w *modelWorld) block(s *script.Step, call fsm.Call) func() world.Result {
	p := w.net.Start(call)
	limit := callLimit
	if s.Cmd.HasIn {
		limit = s.Cmd.Within
	}
	if s.Cmd.NoWait {
		limit = 0
	}
	return func() world.Result {
		o := w.net.Await(p, limit)
		if !p.Done && !s.Cmd.NoWait {
			key := s.Actor + " " + s.Cmd.Sock
			w.background[key] = append(w.background[key], background{verb: s.Cmd.Verb, call: p})
		}
		return outcomeResult(s.Cmd.Verb, w.net.Profile().Cite(o))
	}
}

// await collects a call that went on in the background.
func (w *modelWorld) await(s *script.Step) func() world.Result {
	key := s.Actor + " " + s.Cmd.Sock
	i := slices.IndexFunc(w.background[key], func(b background) bool { return s.Cmd.Of == "" || b.verb == s.Cmd.Of })
	if i < 0 {
		return notRun("model-not-run", "no call of "+s.Cmd.Sock+" goes on in the background")
	}
	b := w.background[key][i]
	if b.ended {
		w.background[key] = slices.Delete(w.background[key], i, i+1)
		return w.outcome(fsm.Outcome{Err: fsm.EBADF})
	}
	limit := callLimit
	if s.Cmd.HasIn {
		limit = s.Cmd.Within
	}
	return func() world.Result {
		o := w.net.Await(b.call, limit)
		if !b.call.Done {
			return world.Result{Result: script.Pending, Why: o.Why.Copy()}
		}
		w.background[key] = slices.DeleteFunc(w.background[key], func(x background) bool { return x == b })
		return outcomeResult(b.verb, w.net.Profile().Cite(o))
	}
}

func (w *modelWorld) outcome(o fsm.Outcome) func() world.Result {
	return came(outcomeResult("", w.net.Profile().Cite(o)))
}

// came is the end of a step whose result is there.
func came(r world.Result) func() world.Result { return func() world.Result { return r } }

func notRun(rule, reason string) func() world.Result {
	return came(world.Result{Result: script.NotRun, Why: &world.Why{Rule: rule, Text: world.Text{En: reason, Zh: reason}}})
}

// outcomeResult writes an outcome as the script's language does.
func outcomeResult(verb string, o fsm.Outcome) world.Result {
	r := world.Result{Result: "ok", Why: o.Why.Copy()}
	switch {
	case o.Err != "":
		r.Result = string(o.Err)
	case o.Stalled:
		r.Result = script.Stalled
	case o.Pending:
		r.Result = script.Pending
	case o.EOF:
		r.Result = "EOF"
	case verb == "send", verb == "recv" && o.N > 0:
		r.Result = strconv.Itoa(o.N)
	}
	return r
}

func stateOrTimer(c *fsm.Conn, verb string) world.Result {
	if c != nil && !c.Known() {
		return world.Result{Result: string(fsm.Unknown)}
	}
	if verb == "state" {
		if c == nil {
			return world.Result{Result: string(fsm.Closed)}
		}
		return world.Result{Result: string(c.State())}
	}
	if c == nil {
		return world.Result{Result: "none"}
	}
	kind, left := c.Timer()
	if kind == "none" {
		return world.Result{Result: kind}
	}
	return world.Result{Result: fmt.Sprintf("%s %.1fs", kind, left.Seconds())}
}

// tableResult is the answer of the verb sockets: what ss -tan would show, so no sockets that are
// only bound; with an address, only its rows.
func tableResult(rows []world.Row, only script.Addr) world.Result {
	var out []world.Row
	for _, r := range rows {
		if r.State == "BOUND" || only.Set && !rowHasLocal(r, only.AddrPort) {
			continue
		}
		out = append(out, r)
	}
	return world.Result{Result: strconv.Itoa(len(out)), Rows: out}
}

func rowHasLocal(r world.Row, want netip.AddrPort) bool {
	if want.Port() != 0 && r.Local.Port() != want.Port() {
		return false
	}
	return want.Addr().IsUnspecified() || r.Local.Addr().Unmap() == want.Addr().Unmap()
}

func modelRows(h *fsm.Host) []world.Row {
	var rows []world.Row
	for _, r := range h.Rows() {
		rows = append(rows, modelRow(&r))
	}
	return rows
}

func modelRow(r *fsm.SocketRow) world.Row {
	row := world.Row{
		Name: r.Name, End: r.End, State: r.State, Local: r.Local, Open: r.Open,
		Timer: r.Timer, Left: r.Left, RecvQ: r.RecvQ, SendQ: r.SendQ,
	}
	if r.Remote.Port() != 0 {
		row.Remote = r.Remote
	}
	return row
}

// changed writes what has changed in a host's table.
func changed(at time.Duration, changes []fsm.RowChange) world.TableChange {
	c := world.TableChange{At: at}
	for i := range changes {
		if change := &changes[i]; change.Gone {
			c.Gone = append(c.Gone, change.ID)
		} else {
			row := modelRow(&change.Row)
			row.ID = change.ID
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

func optionsOf(opts []script.Option) []fsm.Option {
	out := make([]fsm.Option, len(opts))
	for i, o := range opts {
		out[i] = fsm.Option(o)
	}
	return out
}

// startWire carries out a verb of the wire.
func (w *modelWorld) startWire(c *script.Command) func() world.Result {
	wire := w.net.Wire()
	switch c.Verb {
	case "latency":
		wire.SetLatency(c.D)
	case "drop":
		wire.Drop(way(c), c.Kind, c.Nth)
	case "dup":
		wire.Dup(way(c), c.Kind, c.D)
	case "delay":
		wire.Delay(way(c), c.Kind, c.D)
	case "block":
		wire.Block(way(c), c.ICMP)
	case "forget":
		if c.Fate == "conntrack" {
			wire.ForgetAsConntrack()
		} else {
			wire.Forget(c.D, c.Fate == "rst")
		}
	case "hold":
		wire.Hold(way(c), c.Kind)
	case "deliver":
		if !wire.Deliver(way(c), c.Kind) {
			return w.outcome(fsm.Outcome{Err: fsm.EAGAIN})
		}
	case "release":
		wire.Release()
	case "forge":
		return func() world.Result { return w.forge(c) }
	default:
		return notRun("model-not-run", "the model's wire has no verb "+c.Verb)
	}
	return w.outcome(fsm.Outcome{})
}

// way is the sender of segments that a line is about, or one direction, "server>client".
func way(c *script.Command) string {
	if c.To != "" {
		return c.Host + ">" + c.To
	}
	return c.Host
}

func (w *modelWorld) forge(c *script.Command) world.Result {
	if c.ICMP != "" {
		answer, err := w.net.Wire().ForgeICMP(c.Host, c.Sock, c.ICMP)
		if err != nil {
			return notRun("model-not-run", err.Error())()
		}
		return world.Result{Result: answer}
	}
	flags, _ := script.ParseFlags(strings.Join(c.Flags, "+"))
	answer, err := w.net.Wire().Forge(c.Host, c.Sock, flags, fsm.Point(c.Seq), fsm.Point(c.Ack), uint32(c.Len), c.TS)
	if err != nil {
		return notRun("model-not-run", err.Error())()
	}
	return world.Result{Result: answer}
}
