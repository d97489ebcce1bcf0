package doc

// Overview is the whole machine, worst first: GET /v1/ports.
type Overview struct {
	Wrong      bool              `json:"wrong"`
	Findings   []OverviewFinding `json:"findings"` // what is wrong
	Listeners  []Listening       `json:"listeners"`
	CloseWait  []ByProcess       `json:"close_wait"` // connections whose other end has closed
	FinWait2   []ByPeer          `json:"fin_wait_2"`
	TimeWait   []ByPeer          `json:"time_wait"`
	PortsLeft  []PortsLeft       `json:"ports_left"` // toward each destination, the fewest first
	FullQueues []Listening       `json:"full_queues"`
	States     map[string]int    `json:"states"` // sockets by state
	Orphans    int               `json:"orphans"`
	MaxOrphans int               `json:"max_orphans,omitempty"` // tcp_max_orphans
	Hidden     []string          `json:"hidden"`                // what could not be seen
}

// OverviewFinding is something wrong, and what can be done.
type OverviewFinding struct {
	Kind string `json:"kind"` // full-queue, ports, close-wait, fin-wait-2, orphans
	Text string `json:"text"`
	Do   string `json:"do"`
}

// Listening is a listener.
type Listening struct {
	Local   string `json:"local"`
	Process string `json:"process,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Queued  int    `json:"queued"` // connections that wait to be accepted
	Backlog int    `json:"backlog,omitempty"`
}

// ByProcess counts the connections of a process.
type ByProcess struct {
	Process string   `json:"process"`
	PID     int      `json:"pid,omitempty"`
	Count   int      `json:"count"`
	Oldest  Duration `json:"oldest,omitempty"`
	Recent  int      `json:"within_a_minute"`            // how many came within the last minute
	Unread  int      `json:"unread,omitempty"`           // the most bytes that one of them has not read
	Queued  int      `json:"in_accept_queues,omitempty"` // those not accepted yet, which are no leak
}

// ByPeer counts the connections to a peer.
type ByPeer struct {
	Peer    string `json:"peer"`
	Count   int    `json:"count"`
	Held    int    `json:"held,omitempty"` // FIN-WAIT-2 that a process has open, which have no limit
	Process string `json:"process,omitempty"`
	PID     int    `json:"pid,omitempty"`
}

// PortsLeft is how many ephemeral ports are left toward a destination.
type PortsLeft struct {
	To       string   `json:"to"`
	Left     int      `json:"left"`
	Used     int      `json:"used"`
	TimeWait int      `json:"time_wait"`
	NextFree Duration `json:"next_free,omitempty"`
}

// Table is what was read of pasted output of ss, netstat, lsof and the like: POST /v1/tables.
type Table struct {
	Format        string     `json:"format"` // of most rows: "ss"
	System        string     `json:"system"` // linux, macos, freebsd, windows
	Lines         int        `json:"lines"`
	Rows          []TableRow `json:"rows"`
	NotUnderstood []LostLine `json:"not_understood"`
	MoreLost      int        `json:"more_not_understood,omitempty"`
	Ports         []Port     `json:"ports"`
	Overview      *Overview  `json:"overview,omitempty"`
	Cannot        []string   `json:"cannot_tell"` // what such output does not say
}

// TableRow is a row of it. State is spelled as RFC 9293 does, or BOUND.
type TableRow struct {
	Line     int      `json:"line"` // from 1
	Protocol string   `json:"protocol"`
	State    string   `json:"state,omitempty"`
	Local    string   `json:"local,omitempty"`
	Remote   string   `json:"remote,omitempty"`
	Process  string   `json:"process,omitempty"`
	PID      int      `json:"pid,omitempty"`
	User     string   `json:"user,omitempty"`
	Inode    string   `json:"inode,omitempty"`
	RecvQ    *int     `json:"recv_q,omitempty"`
	SendQ    *int     `json:"send_q,omitempty"`
	Timer    string   `json:"timer,omitempty"`
	Left     Duration `json:"left,omitempty"`
	Retrans  int      `json:"retransmits,omitempty"`
}

// LostLine is a line that was not understood, and why.
type LostLine struct {
	Line   int    `json:"line"`
	Text   string `json:"text"`
	Detail string `json:"detail"`
}
