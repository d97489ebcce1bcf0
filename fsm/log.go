package fsm

import (
	"fmt"
	"net/netip"
	"time"
)

// Log is a trace as a Crowd writes it: numbers, no words. Story puts one connection's part into words.
// The zero Log is empty and ready.
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

// flown is a segment that was put on the wire and arrives. Its numbers are relative: sequence numbers to
// each side's ISN, timestamps to each side's offset.
type flown struct {
	Segment
	mark uint32 // the entry that sent it
	port uint16 // the client's
	from uint8
}

func (l *Log) mark(at, conn uint32, end uint8, c cellNo) {
	l.marks = append(l.marks, mark{at, conn, c, end})
}

// fly adds a segment, to be written in place: put together elsewhere and copied, it would cost as much
// as all the rest.
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

// Story is the trace of one connection of the crowd as far as the log has it: the same words that a Net
// finds for it, with the names of its hosts; the sockets are "c" and, once it is accepted, "a".
func (c *Crowd) Story(conn int) *Trace {
	t := new(Trace)
	flights := c.log.flights
	for i, m := range c.log.marks {
		e := Entry{At: time.Duration(m.at) * time.Millisecond}
		for ; len(flights) > 0 && flights[0].mark == uint32(i); flights = flights[1:] {
			if m.conn == uint32(conn) {
				f := c.flight(len(c.log.flights)-len(flights)+1, e.At, flights[0])
				t.Flights, e.Sent = append(t.Flights, f), append(e.Sent, f.Segment)
			}
		}
		if m.conn == uint32(conn) {
			c.words(&e, m)
			t.Entries = append(t.Entries, e)
		}
	}
	return t
}

// words tells what happened to whom.
func (c *Crowd) words(e *Entry, m mark) {
	row := c.machine.rows[m.cell.state()][m.cell.event()]
	e.Host, e.Socket, e.From, e.Event, e.To, e.Rule = hostNames[m.end], "c", row.From, string(row.Event), row.To, row.Section
	if m.end == atServer {
		e.Socket = "a"
		if row.From == Listen || row.From == SynReceived {
			e.Socket = "" // nobody has accepted it
		}
	}
	if row.Do&Start2MSL != 0 {
		e.Note = until2MSL(e.At + c.profile.TimeWait)
	}
}

func until2MSL(at time.Duration) string { return fmt.Sprintf("2MSL until %.3f", at.Seconds()) }

// flight is a segment as a Net's watcher hears of it at last.
func (c *Crowd) flight(id int, departs time.Duration, f flown) Flight {
	ends := [2]netip.AddrPort{atServer: crowdServer, atClient: netip.AddrPortFrom(crowdClient, f.port)}
	from, to := f.from, 1-f.from
	s := f.Segment
	if s.HasTS {
		s.TSVal += tupleHash(c.seed, saltTimestamp, ends[from], ends[to])
		if s.Flags.Has(ACK) {
			s.TSEcr += tupleHash(c.seed, saltTimestamp, ends[to], ends[from])
		}
	}
	return Flight{
		ID: id, From: hostNames[from], To: hostNames[to], Src: ends[from].String(), Dst: ends[to].String(), Segment: s,
		Departs: departs, Arrives: departs + c.latency, Fate: Arrived,
	}
}
