package doc

// Trace is the story of one world: GET /v1/labs/{lab_id}/trace.
type Trace struct {
	World    string    `json:"world"`
	Entries  []Entry   `json:"entries"`
	Segments []Segment `json:"segments"`
	Dropped  int       `json:"dropped,omitempty"` // entries and segments that were too many to keep
}

// Entry is one thing that happened to one end of a connection.
type Entry struct {
	At     WorldTime `json:"at"`
	Host   string    `json:"host"`
	Socket string    `json:"socket"` // its name in the script, or ""

	// End says whose entry it is. Each end of a connection, and each listening of a socket, has a
	// number of its own in its world, from 1 in the order of their first entries. A connection
	// keeps it when it is accepted and gets a name; a socket that connects again has another. 0:
	// none's.
	End int `json:"end"`

	From    string   `json:"from"`  // a state of RFC 9293
	Event   string   `json:"event"` // "CLOSE", "rcv FIN", "2MSL timeout", …
	To      string   `json:"to"`
	Sent    []string `json:"sent"` // "<SEQ=1><ACK=1><CTL=FIN,ACK>"
	Note    string   `json:"note,omitempty"`
	Rule    string   `json:"rule,omitempty"`    // the id of the rule that decided, or else Section
	Section string   `json:"section,omitempty"` // where the row stands that decided: "§3.10.7.4"
	Of      int      `json:"of,omitempty"`      // the id of the segment whose arrival caused it
	Flights []int    `json:"flights"`           // the ids of the segments that Sent went out as
}

// Segment is a segment on the wire. Sequence numbers are relative to each side's first.
type Segment struct {
	ID      int        `json:"id"`
	From    string     `json:"from"` // a host
	To      string     `json:"to"`
	Src     string     `json:"src"` // "10.0.0.1:7865"
	Dst     string     `json:"dst"`
	Seq     uint32     `json:"seq"`
	Ack     *uint32    `json:"ack,omitempty"` // with the flag ACK only
	Flags   []string   `json:"flags"`         // SYN, FIN, RST, PSH, ACK
	Len     uint32     `json:"len"`           // octets of data
	Text    string     `json:"text"`          // "<SEQ=1><ACK=1><CTL=FIN,ACK>"
	Departs WorldTime  `json:"departs"`
	Arrives *WorldTime `json:"arrives,omitempty"` // left out while it is held and when it is lost
	Fate    string     `json:"fate"`              // under way, held, arrived, lost
	Forged  bool       `json:"forged,omitempty"`  // put on the wire by the script
	Note    string     `json:"note,omitempty"`
}

// Event is one thing that happened in a lab, in one of its worlds or to the whole of it.
type Event struct {
	ID      int         `json:"id"`   // from 1, without gaps
	Kind    string      `json:"kind"` // status, step, state, segment, sockets
	World   string      `json:"world,omitempty"`
	At      WorldTime   `json:"at"`
	Line    int         `json:"line,omitempty"`     // the script's line that brought it about
	InDelay bool        `json:"in_delay,omitempty"` // while the delay before Line passed
	Status  string      `json:"status,omitempty"`   // of status
	Step    *Step       `json:"step,omitempty"`     // of step
	Entry   *Entry      `json:"entry,omitempty"`    // of state
	Segment *Segment    `json:"segment,omitempty"`  // of segment
	Host    string      `json:"host,omitempty"`     // of sockets
	Rows    []SocketRow `json:"rows,omitempty"`     // of sockets: the whole table, of at most 128 rows

	Changes *TableChanges `json:"changes,omitempty"` // of sockets, in place of Rows where the table is longer
}

// TableChanges is what has changed in a host's socket table since the event before about it.
type TableChanges struct {
	Size int         `json:"size"` // rows of the whole table
	Rows []SocketRow `json:"rows"` // that are new or read differently, by their ids
	Gone []int       `json:"gone"` // ids of those that are no longer there
}

// EventList is a page of GET /v1/labs/{lab_id}/events as JSON.
type EventList struct {
	Events []Event `json:"events"`
	Next   int     `json:"next_after"` // what to ask for next
	Ended  bool    `json:"ended"`      // the lab has ended and these are the last
}
