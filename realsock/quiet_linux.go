package realsock

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// counts are the segments that a host has sent and been given, by the wire's own books.
type counts struct{ out, in int64 }

// debt is an acknowledgement that a host owes.
type debt struct {
	track *track
	side  int
	host  *host
	tuple tuple
}

// owed notes a debt that the arrival of f has led to.
func (r *runner) owed(f *flight) {
	s := f.track.at(1 - f.side)
	if s.owes && s.since == f.Arrives {
		r.debts = append(r.debts, debt{f.track, 1 - f.side, r.hosts[f.to], tuple{f.seg.dst, f.seg.src}})
	}
}

// debtLimit is when a debt is given up: no kernel delays an acknowledgement for longer than 200 ms, so what was delivered was
// not taken.
const debtLimit = 250 * time.Millisecond

// owing reports whether any host owes an acknowledgement.
func (r *runner) owing(now time.Duration) bool {
	left := r.debts[:0]
	for _, d := range r.debts {
		s := d.track.at(d.side)
		if s.owes && now < s.since+debtLimit && d.host.ends.live[d.tuple] != nil {
			left = append(left, d)
		}
	}
	r.debts = left
	return len(left) > 0
}

// accountPatience bounds how long the wire's books and the kernel's counters may disagree. A segment that a host could not put
// on its wire at all, for want of a route or a neighbour, is counted by the kernel and never seen by us.
const accountPatience = 20 * time.Millisecond

// quiet reports whether the wire is quiet, as doc.go defines it.
func (r *runner) quiet() bool {
	if r.underWay > 0 {
		r.idle = 0
		return false
	}
	if !r.settled() {
		return false
	}
	now := r.now()
	if !r.owing(now) {
		return true
	}
	if r.idle == 0 {
		r.idle = now
	}
	return now >= r.idle+r.cfg.Settle
}

// impatience is when to see again whether the wire is quiet.
func (r *runner) impatience(now time.Duration) (at time.Duration, ok bool) {
	asked := slices.ContainsFunc(r.jobs, func(j *job) bool { return j.quiet && j.until <= now })
	switch {
	case !asked:
		return 0, false
	case r.mismatch != 0:
		return now + 100*time.Microsecond, true
	case r.idle != 0:
		return r.idle + r.cfg.Settle, true
	}
	return 0, false
}

// settled reports whether every segment sent has been read and every one delivered been taken in.
func (r *runner) settled() bool {
	now := r.now()
	even := true
	for _, h := range r.hosts {
		in, out, err := h.segments()
		if err != nil {
			r.fail(err)
			return false
		}
		// The SYN,ACK of a simultaneous open is sent and not counted. More read than counted is all read.
		h.counts.out = min(h.counts.out, out)
		if in == h.counts.in && out == h.counts.out {
			continue
		}
		if lost := dropped(h.port) + dropped(h.loop); lost > 0 {
			h.counts.out += int64(lost)
			r.stats.Dropped += lost
		}
		if r.mismatch != 0 && now >= r.mismatch+accountPatience {
			h.counts.in, h.counts.out = in, out
			r.stats.Uneven++
			continue
		}
		even = false
	}
	if !even {
		if r.mismatch == 0 {
			r.mismatch = now
		}
		return false
	}
	r.mismatch = 0
	return true
}

// dropped is how many frames the kernel could not queue on a packet socket since it was last asked.
func dropped(fd int) int {
	st, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return int(st.Drops)
}

// segments reads InSegs and OutSegs of the host's namespace.
func (h *host) segments() (in, out int64, err error) {
	var buf [4096]byte
	n, err := h.snmp.ReadAt(buf[:], 0)
	if err != nil && err != io.EOF {
		return 0, 0, err
	}
	b := buf[:n]
	at := bytes.LastIndex(b, []byte("\nTcp: "))
	if at < 0 {
		return 0, 0, os.ErrInvalid
	}
	line, _, _ := bytes.Cut(b[at+1:], []byte("\n"))
	fields := bytes.Fields(line)
	const inSegs, outSegs = 10, 11 // RFC 1213's order, which the kernel keeps
	if len(fields) <= outSegs {
		return 0, 0, os.ErrInvalid
	}
	in, err = strconv.ParseInt(string(fields[inSegs]), 10, 64)
	if err != nil {
		return 0, 0, err
	}
	out, err = strconv.ParseInt(string(fields[outSegs]), 10, 64)
	return in, out, err
}
