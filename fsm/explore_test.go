package fsm

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The explorer visits every joint state of two ends and the wire between them. Between two steps
// nothing is left to chance or to time: the wire holds every segment until a move delivers, loses
// or doubles it, in any order, and a timer that runs may fire at any moment. Numbers that only grow
// (round-trip times, ages, how often an ACK was sent at once) are put back to one value after every
// move, so that the states are finitely many.

// long, soak and deep say which bounds hold: FOURWAVE_LONG=1 asks for three in flight, which takes
// a minute; FOURWAVE_SOAK=1 for three in flight of two that open at once, which takes three more;
// FOURWAVE_DEEP=1 for data both ways as well, which takes many.
func long() bool { return soak() || os.Getenv("FOURWAVE_LONG") != "" && !raced }
func soak() bool { return deep() || os.Getenv("FOURWAVE_SOAK") != "" }
func deep() bool { return os.Getenv("FOURWAVE_DEEP") != "" }

// A move is one step of an exploration.
type move struct {
	verb   string // of a call, of the wire, or "timer"
	host   string // who calls; who sent the segment; whose timer
	conn   int    // id
	flight int    // index into what the wire holds
	timer  timer
	seg    Segment
}

func (m move) String() string {
	switch m.verb {
	case "deliver", "lose", "double":
		return m.host + " " + m.verb + " " + m.seg.String()
	case "timer":
		return m.host + " " + m.verb + " " + timerNames[m.timer]
	}
	return m.host + " " + m.verb
}

// A place is a laboratory in the middle of an exploration, and what of its history the checks ask
// for.
type place struct {
	*Net
	first    string // host of the end that called CLOSE first; "" while nobody has
	ordinary bool   // nothing but CLOSE, ACKs and 2MSL ended it so far: no reset, nobody gave up
	sends    [2]int // by host, of the incarnation that is open
	opens    int    // incarnations begun
	moved    string // what the last move broke, "" if nothing
	seen     map[*Conn]State
}

// A world tells the explorer where to begin and which of the moves to take.
type world struct {
	profile *Profile
	start   func(t *testing.T, p *Profile) *Net
	sends   [2]int // segments of data that the server and the client may send
	calls   []string
	room    int           // segments in flight; one more is lost on entering the wire
	loses   bool          // the wire loses segments
	msl     time.Duration // not 0: time passes by half of it; segments die of age, and 2MSL ends when it is over
	again   bool          // the client opens the same four-tuple once more when both ends are gone
	hasty   bool          // it does so while the server's TIME-WAIT still stands, or after a reset
	careful bool          // no end gives up
}

func (w *world) may(call string) bool { return slices.Contains(w.calls, call) }

// begin is the place where an exploration starts.
func (w *world) begin(t *testing.T) *place {
	n := w.start(t, w.profile)
	n.Wire().Hold("", "")
	at := &place{Net: n, ordinary: true, opens: 1, seen: map[*Conn]State{}}
	at.normalise()
	return at
}

// clone copies a place so that a move can be tried.
func (at *place) clone() *place {
	to := *at
	to.seen = map[*Conn]State{}
	to.moved = ""
	to.Net = at.Net.Clone(Watcher{})
	to.watch.Entry = to.entered
	return &to
}

// entered hears of every entry of the trace.
func (at *place) entered(e Entry) {
	if !slices.Contains(States, e.To) {
		at.moved = fmt.Sprintf("%s is in the state %q", e.Host, e.To)
	}
	switch Event(e.Event) {
	case TimeoutUser, TimeoutFinWait2, UserAbort, UserCloseUnread, UserTakesOver:
		at.ordinary = false
	}
	if strings.Contains(e.Note, "earlier incarnation") {
		at.moved = fmt.Sprintf("%s took %s", e.Host, e.Note)
	}
	for _, s := range e.Sent {
		if s.Flags.Has(RST) {
			at.ordinary = false
		}
	}
	if e.To == Closed && e.From != Closed && at.ordinary && e.Host == at.first && e.From != TimeWait &&
		e.From != SynSent && e.From != Listen {
		at.moved = fmt.Sprintf("%s closed first and went from %s to CLOSED", e.Host, e.From)
	}
}

// conns are the connections of a host that count: those in its table, and those a descriptor names.
func (h *Host) live() []*Conn {
	var out []*Conn
	for _, c := range h.conns {
		out = append(out, c)
	}
	for _, c := range h.named {
		if c.state != Closed && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *Conn) int { return a.id - b.id })
	return out
}

// normalise puts back to one value whatever only grows.
func (at *place) normalise() {
	n := at.Net
	n.poll()
	n.clock.due, n.clock.next = nil, 0 // the explorer asks Conn.due
	w := n.wire
	w.flights, w.busy, w.landed = 0, 0, nil
	for _, h := range n.hosts {
		clear(h.past)
		for _, l := range h.named {
			for l.state == Listen && len(l.accepted) > 0 {
				n.Start(h.Accept(l, fmt.Sprint("a", at.opens)))
			}
		}
		for _, c := range h.live() {
			c.normalise()
		}
	}
}

func (c *Conn) normalise() {
	a := &c.ack
	if a.quick > 0 {
		a.quick = 16
	}
	if a.ato > 0 {
		a.ato = 40 * time.Millisecond
	}
	a.lastData = c.net().Now()
	c.cwnd = 10
	c.srtt, c.timing, c.sentAt, c.timedEnd = time.Millisecond, false, 0, 0
	c.setRTO()
	c.retries, c.firstRetry, c.probed = 0, 0, true // the loss probe is a move of its own
	c.oowCount, c.oowAnswered = 0, 0               // a challenge that is not sent is one that is lost
	c.sndBytesAcked = min(c.sndBytesAcked, 1<<16)
}
