package fsm

import (
	"net/netip"
	"strconv"
	"time"
)

// Log is a trace as a Crowd writes it: numbers, no words. Story puts one connection's part into
// words. The zero Log is empty and ready.
type Log struct {
	marks   []mark
	flights []flown
}

// mark is an entry: 12 octets where an Entry has 144.
type mark struct {
	at   uint32 // in milliseconds
	conn uint32
	cell cellNo
	end  uint8 // who it happened to: atServer or atClient
}

// flown is a segment that was put on the wire and arrives. Its numbers are relative: sequence
// numbers to each side's ISN, timestamps to each side's offset.
type flown struct {
	Segment
	mark uint32 // the entry that sent it
	port uint16 // the client's
	from uint8
}

func (l *Log) mark(at, conn uint32, end uint8, c cellNo) {
	l.marks = append(l.marks, mark{at, conn, c, end})
}

// fly adds a segment, to be written in place: put together elsewhere and copied, it would cost as
// much as all the rest.
func (l *Log) fly() *flown {
	l.flights = append(l.flights, flown{})
	return &l.flights[len(l.flights)-1]
}

// Reset empties the log and keeps its memory.
func (l *Log) Reset() { l.marks, l.flights = l.marks[:0], l.flights[:0] }

// Len is the number of entries.
func (l *Log) Len() int { return len(l.marks) }

// The ends of a connection of a crowd, in the order of a Net's hosts.
const (
	atServer = iota
	atClient
)

// Story is the trace of one connection of the crowd as far as the log has it: the same words that a
// Net finds for it, with the names of its hosts; the sockets are "c" and, once it is accepted, "a".
func (c *Crowd) Story(conn int) *Trace {
	t := teller{crowd: c}
	flights := c.log.flights
	for i, m := range c.log.marks {
		e := Entry{At: time.Duration(m.at) * time.Millisecond}
		for ; len(flights) > 0 && flights[0].mark == uint32(i); flights = flights[1:] {
			if m.conn == uint32(conn) {
				t.flight(&e, len(c.log.flights)-len(flights)+1, flights[0])
			}
		}
		if m.conn == uint32(conn) {
			t.entry(&e, m)
		}
	}
	return &t.story
}

// teller puts one connection's part of a log into words.
type teller struct {
	crowd *Crowd
	story Trace
	isn   [2]uint32
	to    [2][]int // IDs of what is under way to an end
}

// entry tells what happened to whom.
func (t *teller) entry(e *Entry, m mark) {
	row := t.crowd.machine.rows[m.cell.state()][m.cell.event()]
	e.Host, e.Socket, e.From, e.Event, e.To, e.Rule = hostNames[m.end], "c", row.From, string(row.Event), row.To,
		row.Section
	e.Section, e.End = row.Section, len(hostNames)-int(m.end) // the client's begins first
	if m.end == atServer {
		e.Socket = "a"
		if row.From == Listen || row.From == SynReceived {
			e.Socket = "" // nobody has accepted it
		}
	}
	if n := m.cell.event(); n >= numRcvSYN && n < numTimeout2MSL {
		e.Of, t.to[m.end] = t.to[m.end][0], t.to[m.end][1:]
	}
	if row.Do&Start2MSL != 0 {
		e.Note = until2MSL(e.At + t.crowd.profile.TimeWait)
	}
	t.story.Entries = append(t.story.Entries, *e)
}

// flight tells of a segment that an entry sent, as a Net's watcher hears of it at last.
func (t *teller) flight(e *Entry, id int, f flown) {
	c := t.crowd
	ends := [2]netip.AddrPort{atServer: crowdServer, atClient: netip.AddrPortFrom(crowdClient, f.port)}
	from, to := f.from, 1-f.from
	s, ackISN := f.Segment, uint32(0)
	if s.Flags.Has(SYN) {
		t.isn[from] = isn(c.seed, e.At, ends[from], ends[to])
		s.MSS, s.SACKOK = uint16((&Conn{host: c.court, remote: crowdServer}).maxSegment()), true
		s.Scale = c.windows[from].scale
	}
	if s.HasTS {
		s.TSVal += tupleHash(c.seed, saltTimestamp, ends[from], ends[to])
	}
	if s.Flags.Has(ACK) {
		ackISN = t.isn[to]
		if s.HasTS {
			s.TSEcr += tupleHash(c.seed, saltTimestamp, ends[to], ends[from])
		}
	}
	t.to[to] = append(t.to[to], id)
	e.Sent, e.Flights = append(e.Sent, s), append(e.Flights, id)
	t.story.Flights = append(t.story.Flights, Flight{
		ID: id, From: hostNames[from], To: hostNames[to], Src: ends[from], Dst: ends[to], Segment: s,
		Departs: e.At, Arrives: e.At + c.latency, Fate: Arrived, SeqISN: t.isn[from], AckISN: ackISN,
	})
}

func until2MSL(at time.Duration) string {
	var room [32]byte
	return string(strconv.AppendFloat(append(room[:0], "2MSL until "...), at.Seconds(), 'f', 3, 64))
}
