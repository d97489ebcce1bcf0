package doc

// PopulationRequest is the body of POST /v1/populations. The zero value of a field is its default.
type PopulationRequest struct {
	Profile      string            `json:"profile,omitempty"`      // linux (default), rfc9293
	Rate         float64           `json:"rate"`                   // connections a second
	Destinations int               `json:"destinations,omitempty"` // servers' addresses and ports; 1
	Addresses    int               `json:"addresses,omitempty"`    // the client's own; 1
	Range        string            `json:"range,omitempty"`        // "32768-60999"; ip_local_port_range
	Closer       string            `json:"closer,omitempty"`       // who closes first: client (default), server
	Bind         string            `json:"bind,omitempty"`         // connect (default), port-0, no-port
	Loopback     bool              `json:"loopback,omitempty"`     // client and server are one machine
	Open         string            `json:"open,omitempty"`         // from connect() to the first close(); "100ms"
	RTT          string            `json:"rtt,omitempty"`          // round-trip time; "2ms"
	For          string            `json:"for,omitempty"`          // how long to look; "5m"
	Sysctls      map[string]string `json:"sysctls,omitempty"`      // by the names in /proc/sys/net/ipv4
	// take every connection through the state machine too
	Walk bool `json:"walk,omitempty"`
}

// Population is its answer.
type Population struct {
	Asked     PopulationRequest `json:"asked"`   // with the defaults filled in
	Verdict   string            `json:"verdict"` // lasts, runs-out
	Answer    string            `json:"answer"`
	RunsOut   string            `json:"runs_out_at,omitempty"` // when the first connection is refused
	Errno     string            `json:"errno,omitempty"`       // what its call answers
	MaxRate   float64           `json:"max_rate"`              // connections a second that never run out; 0: no limit
	Opened    int               `json:"opened"`
	Refused   int               `json:"refused"`
	TakenOver int               `json:"taken_over"` // TIME-WAITs that a new connection replaced
	Dropped   int               `json:"dropped"`    // TIME-WAITs that tcp_max_tw_buckets did not allow
	Peak      PopulationPoint   `json:"peak"`       // the most of each, not at one instant
	At        string            `json:"time_waits_at"`
	Memory    PopulationMemory  `json:"memory"`
	Curve     []PopulationPoint `json:"curve"`
	Why       PopulationWhy     `json:"why"`
	Help      []PopulationHelp  `json:"help"`
	Notes     []string          `json:"notes"`
	Story     []string          `json:"story"` // one of the connections, as a trace
	Walked    *PopulationWalk   `json:"walked,omitempty"`
}

// PopulationPoint is an instant of the curve.
type PopulationPoint struct {
	At          string `json:"at,omitempty"`
	Connections int    `json:"connections"` // open just now
	TimeWaits   int    `json:"time_waits"`
	PortsLeft   int    `json:"ports_left"` // that connect() can have towards the destination with the fewest
	Opened      int    `json:"opened"`     // since the beginning
	Refused     int    `json:"refused"`    // since the beginning
}

// PopulationMemory is what the TIME-WAITs take in the kernel at most, in bytes.
type PopulationMemory struct {
	TimeWait int    `json:"time_wait_bytes"` // one of them
	Port     int    `json:"port_bytes"`      // what a port costs that only TIME-WAITs hold; 0 at the server
	Total    int    `json:"total_bytes"`
	Text     string `json:"text"`
	Source   string `json:"source"`
}

// PopulationWhy is the rule that decides.
type PopulationWhy struct {
	Rule   string `json:"rule"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

// PopulationHelp is one change and what it would lead to.
type PopulationHelp struct {
	Change  string  `json:"change"`
	Text    string  `json:"text"`
	MaxRate float64 `json:"max_rate"` // 0: no limit
	Refused int     `json:"refused"`  // at the rate asked about
}

// PopulationWalk is the count of connections that went through the state machine one by one.
type PopulationWalk struct {
	Connections int  `json:"connections"`
	Refused     int  `json:"refused"`
	Ports       int  `json:"ports"`  // held at most, by connections and TIME-WAITs
	Agrees      bool `json:"agrees"` // with the counts above
}
