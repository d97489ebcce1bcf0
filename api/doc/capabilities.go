package doc

// Capabilities is what this server can do and what its limits are: GET /v1/capabilities.
type Capabilities struct {
	Version string  `json:"version"`
	System  System  `json:"system"`
	Worlds  []World `json:"worlds"`
	Limits  Limits  `json:"limits"`
}

// System is the machine that the server runs on.
type System struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel,omitempty"` // its release
}

// World is one that a script can run in.
type World struct {
	Name     string            `json:"name"`
	What     string            `json:"what"`
	Time     string            `json:"time"`              // the same as Clock
	Clock    string            `json:"clock"`             // virtual, real
	System   string            `json:"system"`            // whose rules it follows
	Release  string            `json:"release,omitempty"` // of the system
	Forks    bool              `json:"forks"`             // a lab can be forked after any step
	Trials   bool              `json:"trials"`            // it makes bind trials on this machine
	Captures bool              `json:"captures"`          // its segments can be had as a capture file
	Measured bool              `json:"measured"`          // seen on a running system, not read in documents
	Default  bool              `json:"default"`           // it takes part where a request names no world
	Runs     bool              `json:"runs"`              // on this machine
	Why      string            `json:"why,omitempty"`     // it cannot
	Remedy   string            `json:"remedy,omitempty"`  // what would make it run
	Limits   map[string]string `json:"limits,omitempty"`
	Details  map[string]string `json:"details,omitempty"` // what was found out about this machine
}

// Limits are the server's bounds. What exceeds one is refused with a problem that names it.
type Limits struct {
	Body int `json:"body_octets"`
	// Bodies are the limits of calls that take larger ones, by method and path: "POST /v1/trials".
	Bodies  map[string]int `json:"bodies_octets,omitempty"`
	Script  int            `json:"script_octets"`
	Steps   int            `json:"steps"`                 // of one lab
	Running int            `json:"labs_running"`          // at once; more wait in line
	Kept    int            `json:"labs_kept"`             // in memory, of those that have ended
	Stored  int            `json:"labs_stored,omitempty"` // in the store: --keep-labs
	Worlds  int            `json:"worlds"`                // of one lab
	Real    Duration       `json:"real_wait"`             // that one lab may wait in a world of real time, in all
	Idle    Duration       `json:"idle"`                  // after which a live lab that gets no steps ends
	Wait    Duration       `json:"wait"`                  // the longest that Prefer: wait holds an answer
	Events  int            `json:"events_page"`           // events in one JSON answer
	Streams int            `json:"streams"`               // event streams at once

	StreamsEach int `json:"streams_client"` // of one client: an address, of IPv6 a /64

	Memory     int64 `json:"labs_bytes"`        // that all labs may hold; the oldest make room
	MemoryEach int64 `json:"labs_bytes_client"` // that one client's labs may
}

// Health answers /healthz and /readyz.
type Health struct {
	Status string `json:"status"` // "ok"
}
