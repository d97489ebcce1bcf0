package realsock

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"fourwave/sockdiag"
)

// wireCall carries out a verb of the wire.
func (r *runner) wireCall(j *job, i int, c *Call) {
	out := Outcome{Result: "ok", At: r.now()}
	m := match{c.Of, c.Kind}
	switch c.Op {
	case "latency":
		r.rules.latency = c.D
	case "drop", "dup", "delay":
		r.rules.shots = append(r.rules.shots, shot{m, c.Op, max(c.Nth, 1), c.D})
	case "hold":
		r.rules.holds = append(r.rules.holds, m)
	case "deliver":
		k := slices.IndexFunc(r.held, func(f *flight) bool { return m.has(f.From, f.To, &f.seg) })
		if k < 0 {
			out.Result = "EAGAIN" // no such segment is held
			break
		}
		f := r.held[k]
		r.held = slices.Delete(r.held, k, k+1)
		r.letGo(f)
	case "release":
		held := r.held
		r.held, r.rules.holds = nil, nil
		for _, f := range held {
			r.letGo(f)
		}
	case "block":
		r.box.blocks = append(r.box.blocks, block{match{c.Of, "any"}, c.How})
	case "forget":
		r.remember(c)
	case "forge":
		if why := r.forge(j, i, c); why != "" {
			out = Outcome{NotRun: why, At: r.now()}
		}
	default:
		out = Outcome{NotRun: "the wire has no verb " + strconv.Quote(c.Op), At: r.now()}
	}
	j.outcomes[i] = out
}

// letGo sends a held flight on its way anew.
func (r *runner) letGo(f *flight) {
	f.due, f.late = r.now()+r.rules.latency, false
	r.send(f)
	r.tell(f)
}

// forge puts a hand-made segment on the wire, or an ICMP error; why says why it cannot.
func (r *runner) forge(j *job, i int, c *Call) (why string) {
	if c.Forge == nil {
		return "forge: no segment"
	}
	h := r.host(c.Of)
	if h == nil {
		return "no host " + strconv.Quote(c.Of)
	}
	n := h.ends.names[c.Name]
	if n == nil || !n.tuple.remote.IsValid() {
		return "socket " + c.Name + " of " + c.Of + " has never had a connection to forge for"
	}
	if c.Forge.Len < 0 || c.Forge.Len > 1400 {
		return "a forged segment carries at most 1400 octets"
	}
	to, over := r.owner(n.tuple.remote.Addr()), ""
	if h.owns(n.tuple.remote.Addr()) {
		to, over = h.index, h.name
	}
	if to == nobody {
		return "no host has the address of the other end of " + c.Name
	}
	var f *flight
	if c.Forge.ICMP != "" {
		f = r.forgeICMP(h, r.hosts[to], n.tuple, over, c.Forge.ICMP)
	} else {
		f = r.forgeSegment(h, r.hosts[to], n.tuple, over, c.Forge)
	}
	r.forgeries = append(r.forgeries, &forgery{f: f, job: j, index: i})
	j.quiet = true
	return ""
}

// forgeSegment sends a segment from one host to another, by the wire or over the loopback named.
func (r *runner) forgeSegment(from, to *host, t tuple, over string, what *Forge) *flight {
	track, side := r.tracks.of(over, t.local, t.remote)
	seg := track.forgeSegment(side, what, r.now())
	seg.src, seg.dst = t.local, t.remote
	f := r.newFlight(from.index, to.index, &seg, over)
	f.Forged = true
	f.raw = r.frame(from, to, over, &seg)
	f.describe()
	f.due = f.Departs
	if over == "" {
		f.due += r.rules.latency
	}
	r.send(f)
	r.tell(f)
	return f
}

// frame is a segment as one host would send it to another. Over a loopback the addresses of Ethernet
// are zero.
func (r *runner) frame(from, to *host, over string, seg *segment) []byte {
	var src, dst [6]byte
	if over == "" {
		src, dst = from.mac, to.mac
	}
	return buildFrame(r.buffer(128+seg.length), src, dst, seg)
}

// forgery is a forged segment whose answer is waited for.
type forgery struct {
	f      *flight
	job    *job
	index  int
	open   bool // it has arrived, and nothing else on its connection since
	answer string
}

// sent takes in a segment that may be an answer to a forged one.
func (g *forgery) sent(f *flight) {
	if g.open && g.answer == "" && f.from == g.f.to && f.track == g.f.track && (f.side != g.f.side || f.track.self) {
		g.answer = flagsText(f.seg.flags)
	}
}

// arrived takes in the arrival of a segment: of the forged one, or of another, to which what follows may be the answer.
func (g *forgery) arrived(f *flight) {
	if f == g.f {
		g.open = true
	} else if f.to == g.f.to && f.track == g.f.track {
		g.open = false
	}
}

// outcome is what a forged segment was answered with: the control bits of the first segment that its receiver sent.
func (g *forgery) outcome(at time.Duration) Outcome {
	out := Outcome{Result: "silence", At: at}
	if g.answer != "" {
		out.Result = g.answer
	}
	return out
}

// sysctlKeys are those that may be written, all of them of one network namespace, with where they are.
// It is a variable's value and not an init's work, since the runner is started by an init.
var sysctlKeys = listSysctls()

func listSysctls() map[string]string {
	keys := map[string]string{"somaxconn": "core"}
	for _, key := range strings.Fields(`
		tcp_fin_timeout tcp_tw_reuse tcp_tw_reuse_delay tcp_rfc1337 tcp_timestamps tcp_max_tw_buckets
		tcp_orphan_retries tcp_retries1 tcp_retries2 tcp_syn_retries tcp_syn_linear_timeouts tcp_synack_retries
		tcp_rmem tcp_wmem tcp_moderate_rcvbuf tcp_adv_win_scale tcp_notsent_lowat
		tcp_abort_on_overflow tcp_max_syn_backlog tcp_syncookies tcp_sack tcp_window_scaling
		tcp_invalid_ratelimit tcp_keepalive_time tcp_keepalive_intvl tcp_keepalive_probes
		tcp_challenge_ack_limit tcp_migrate_req tcp_early_retrans tcp_frto tcp_autocorking
		ip_local_port_range ip_local_reserved_ports ip_autobind_reuse ip_unprivileged_port_start ip_nonlocal_bind
		tcp_rmem tcp_wmem tcp_moderate_rcvbuf tcp_max_orphans`) {
		keys[key] = "ipv4"
	}
	return keys
}

// sysctl writes one of a host's sysctls.
func (r *runner) sysctl(h *host, key, value string) (out Outcome) {
	dir := sysctlKeys[key]
	if dir == "" {
		return Outcome{NotRun: "sysctl " + strconv.Quote(key) + " is not on the list"}
	}
	// /proc/sys/net is that of the network namespace of the thread that opens it.
	if err := setNetNS(h.netns); err != nil {
		return Outcome{NotRun: err.Error()}
	}
	defer func() {
		if err := setNetNS(r.wireNS); err != nil {
			r.fail(err)
		}
	}()
	file := "/proc/sys/net/" + dir + "/" + key
	if _, ok := h.sysctls[file]; !ok {
		if old, err := os.ReadFile(file); err == nil {
			h.sysctls[file] = old
		}
	}
	err := os.WriteFile(file, []byte(value+"\n"), 0)
	var errno unix.Errno
	switch {
	case err == nil:
		return Outcome{Result: "ok"}
	case errors.Is(err, os.ErrNotExist):
		return Outcome{NotRun: "this kernel has no sysctl " + key + " for a private namespace"}
	case errors.As(err, &errno) && (errno == unix.EINVAL || errno == unix.ERANGE):
		return Outcome{Result: sockdiag.ErrnoName(errno)}
	}
	return Outcome{NotRun: "sysctl " + key + ": " + err.Error()}
}
