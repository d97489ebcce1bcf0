package doc

import "time"

// The verdicts on a step, a trial and a cell of the matrix.
const (
	Agree  = "agree"
	Differ = "differ"
	NotRun = "not run"
)

// The states of a lab and of each of its worlds.
const (
	Running   = "running"
	Done      = "done"
	Cancelled = "cancelled"
	Failed    = "failed" // a world could not go on; Lab.Error says why
)

// LabRequest is the body of POST /v1/labs: an experiment, or a script, or neither for an empty lab.
type LabRequest struct {
	Experiment string   `json:"experiment,omitempty"` // the id of one in the library
	Script     string   `json:"script,omitempty"`
	Worlds     []string `json:"worlds,omitempty"` // left out: those that capabilities call default
	Live       bool     `json:"live,omitempty"`   // take more steps after the last; an empty lab always does
}

// StepsRequest is the body of POST /v1/labs/{lab_id}/steps.
type StepsRequest struct {
	Script string `json:"script"` // one line or more
}

// ForkRequest is the body of POST /v1/labs/{lab_id}/forks.
type ForkRequest struct {
	AtStep int `json:"at_step"` // how many of the lab's steps the new one begins with
}

// Lab is a run of a script in one or more worlds: GET /v1/labs/{lab_id}.
type Lab struct {
	LabEntry
	Script      string              `json:"script"`
	Live        bool                `json:"live"`            // it takes more steps
	Place       int                 `json:"place,omitempty"` // in the line of labs that wait to run, from 1
	Error       string              `json:"error,omitempty"` // why it failed
	Progress    map[string]Progress `json:"progress"`        // by world
	Steps       []Step              `json:"steps"`
	Differences []Finding           `json:"differences"`              // at most 200; Summary counts all of them
	Events      int                 `json:"events"`                   // how many there are so far
	Dropped     int                 `json:"events_dropped,omitempty"` // how many more there were than are kept
}

// LabEntry is a lab without its steps, as GET /v1/labs lists it.
type LabEntry struct {
	ID         string     `json:"id"`                   // a UUID of version 7, so that ids sort by time
	Status     string     `json:"status"`               // Running, Done, Cancelled, Failed
	Experiment string     `json:"experiment,omitempty"` // of the library, if it is one of its
	Question   string     `json:"question"`             // the script's first comment
	Worlds     []string   `json:"worlds"`               // as the caller wrote them
	Created    time.Time  `json:"created"`
	Ended      *time.Time `json:"ended,omitempty"`
	Summary    Summary    `json:"summary"`
}

// LabList is a page of GET /v1/labs, newest first. Next is empty on the last page.
type LabList struct {
	Items []LabEntry `json:"items"`
	Next  string     `json:"next_page_token,omitempty"`
}

// Count is how many verdicts of each sort there are. Differ = Explained + Unexplained.
type Count struct {
	Agree       int `json:"agree"`
	Differ      int `json:"differ"`
	Explained   int `json:"explained"` // by an entry of the catalogue of differences
	Unexplained int `json:"unexplained"`
	NotRun      int `json:"not_run"`
	Unexpected  int `json:"unexpected"` // lines whose expectation no world met
}

// Summary counts the verdicts on steps, states and segments. The counts at the top are those of
// steps.
type Summary struct {
	Count
	Steps    Count `json:"steps"`
	States   Count `json:"states"`
	Segments Count `json:"segments"`
}

// Progress is how far one world has come.
type Progress struct {
	Status  string    `json:"status"`
	Done    int       `json:"done"`  // steps that have a result
	Total   int       `json:"total"` // steps
	Now     WorldTime `json:"now"`
	Waiting Duration  `json:"waiting"` // left of the wait that it is in
}

// Step is a line of the script with each world's result.
type Step struct {
	Line     int               `json:"line"`             // from 1
	Phase    string            `json:"phase,omitempty"`  // the comment that it stands under
	Worlds   []string          `json:"worlds,omitempty"` // those that the line is for; left out: all
	Delay    Duration          `json:"delay"`            // after the line before
	Same     bool              `json:"same,omitempty"`   // at the same instant as the line before
	Actor    string            `json:"actor"`            // a host, or "wire", or "host" where one is declared
	Text     string            `json:"text"`             // "bind l2 :7865"
	Expect   string            `json:"expect,omitempty"` // "EADDRINUSE"
	Note     string            `json:"note,omitempty"`   // the comment at the end of the line
	Results  map[string]Result `json:"results"`          // by world; one that has not run the line is left out
	Verdict  string            `json:"verdict,omitempty"`
	Why      *Why              `json:"why,omitempty"`      // of differ and not run
	Expected *bool             `json:"expected,omitempty"` // whether Expect was met
}

// Result is what one line of a script came to in one world.
type Result struct {
	Result string      `json:"result"` // "ok", an errno's name, a number, a state, …
	At     WorldTime   `json:"at"`
	Why    *Why        `json:"why,omitempty"`
	Rows   []SocketRow `json:"rows,omitempty"` // of the verb sockets
	End    int         `json:"end,omitempty"`  // of the connection or listener it was about; see Entry.End
}

// SocketRow is a line of a host's socket table, as ss prints it.
type SocketRow struct {
	ID     int      `json:"id,omitempty"` // in events: its number at its host, the same from table to table
	Name   string   `json:"name"`         // in the script, or ""
	End    int      `json:"end"`          // see Entry.End; 0 if it is only bound
	State  string   `json:"state"`        // of RFC 9293, or BOUND
	Local  string   `json:"local"`        // "10.0.0.1:7865"
	Remote string   `json:"remote"`
	Open   bool     `json:"open"`   // a descriptor refers to it
	Timer  string   `json:"timer"`  // "none", "retransmit", "timewait", …
	Left   Duration `json:"left"`   // of the timer
	RecvQ  int      `json:"recv_q"` // bytes not read; of a listener, connections to accept
	SendQ  int      `json:"send_q"` // bytes not acknowledged; of a listener, its backlog
}

// Finding is a difference between two worlds in what a host went through, other than the result of
// a line.
type Finding struct {
	What   string            `json:"what"` // state, segment, time
	Line   int               `json:"line"` // in or after which it came about
	Host   string            `json:"host"`
	Socket string            `json:"socket,omitempty"`
	Told   map[string]string `json:"told"` // by world what it did; "" for nothing
	Why    *Why              `json:"why"`
}

// Appended answers POST /v1/labs/{lab_id}/steps with the steps on the appended lines.
type Appended struct {
	From  int    `json:"from"` // the first line
	To    int    `json:"to"`   // the last
	Steps []Step `json:"steps"`
}
