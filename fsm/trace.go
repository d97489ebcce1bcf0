package fsm

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Trace is the story of one experiment in one world: what happened to each end, and
// every segment that was on the wire. Sequence numbers are relative to each side's ISN.
type Trace struct {
	Entries []Entry
	Flights []Flight
	Dropped int // entries and flights that were not kept, since there were too many
}

// Entry is one thing that happened to one end of a connection.
type Entry struct {
	At     time.Duration
	Host   string
	Socket string // the script's name for it; "" for one that has none yet
	// End is whose entry it is: the ends of connections, and the listenings of listeners, are
	// numbered from 1 in the order in which a world first tells of them. A socket that connects
	// again has a new end; a child keeps its end when it is accepted and gets a name. 0: no
	// connection's.
	End     int
	From    State
	Event   string // "CLOSE", "rcv FIN,ACK of FIN", "2MSL timeout": what happened, already judged
	To      State
	Sent    []Segment
	Note    string // "2MSL until 241.010"
	Rule    string // id of the rule that decided, see Why; else Section
	Section string // of the RFC, or the kernel's function, that has the row; "" in a world that does not know
	Of      int    // ID of the Flight that arrived; 0: a call, or a timer
	Flights []int  // IDs of those that Sent went out as
}

// WriteText writes the entries as lines: time, who, from, what, to, sent, note. A last line says if
// the story goes on and was not kept.
func (t *Trace) WriteText(w io.Writer) error {
	for _, e := range t.Entries {
		sent := make([]string, len(e.Sent))
		for i, s := range e.Sent {
			sent[i] = s.String()
		}
		who := e.Host
		if e.Socket != "" {
			who += " " + e.Socket
		}
		line := fmt.Sprintf("%10.3f  %-10s  %-12s  %-22s  %-12s  %s", e.At.Seconds(), who, e.From, e.Event, e.To,
			strings.Join(sent, " "))
		if e.Note != "" {
			line = strings.TrimRight(line, " ") + "  " + e.Note
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	if t.Dropped > 0 {
		_, err := fmt.Fprintf(w, "... %d more events and segments were not kept\n", t.Dropped)
		return err
	}
	return nil
}
