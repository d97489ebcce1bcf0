package doc

// SocketOptions are what a socket of a trial or a reuse check was given before its bind. Options
// that a system does not have are refused.
type SocketOptions struct {
	ReuseAddr bool   `json:"reuseaddr,omitempty"`
	ReusePort bool   `json:"reuseport,omitempty"`
	V6Only    bool   `json:"v6only,omitempty"`
	UID       int    `json:"uid,omitempty"`      // the user who made it
	Device    string `json:"device,omitempty"`   // SO_BINDTODEVICE: "lo", "eth0"
	FreeBind  bool   `json:"freebind,omitempty"` // IP_FREEBIND, of trials alone: an address that the host has not

	ReusePortLB      bool `json:"reuseport_lb,omitempty"`     // SO_REUSEPORT_LB, of FreeBSD
	ExclusiveAddrUse bool `json:"exclusiveaddruse,omitempty"` // SO_EXCLUSIVEADDRUSE, of Windows
}

// Trial is one bind of a port that other sockets may hold: POST /v1/trials takes one, or an array
// of at most 20,000.
type Trial struct {
	Existing []TrialExisting `json:"existing,omitempty"` // in the order in which they came; at most 8
	New      TrialNew        `json:"new"`
	Worlds   []string        `json:"worlds,omitempty"` // left out: those that capabilities call default
}

// TrialExisting is a socket that holds the port.
type TrialExisting struct {
	State string `json:"state"` // of RFC 9293, or BOUND
	// accepted, connected, autobound; left out: what the state needs
	Role         string `json:"role,omitempty"`
	Addr         string `json:"addr,omitempty"`          // what was bound; nothing for autobound
	Via          string `json:"via,omitempty"`           // what the connection was made to
	ListenerOpen bool   `json:"listener_open,omitempty"` // of accepted: its listener still listens
	Orphan       *bool  `json:"orphan,omitempty"`        // the descriptor is closed; left out: in TIME-WAIT only
	SocketOptions
}

// TrialNew is the socket that wants the port.
type TrialNew struct {
	Addr string `json:"addr"`
	SocketOptions
	Listen bool `json:"listen,omitempty"` // after a bind that succeeded
}

// TrialAnswer is what a trial came to.
type TrialAnswer struct {
	Port    int                    `json:"port"`
	Results map[string]TrialResult `json:"results"` // by world, as the caller wrote its name
	Verdict string                 `json:"verdict"`
	Why     *Why                   `json:"why,omitempty"`
	Script  string                 `json:"script,omitempty"` // the same as an experiment, of a trial sent alone
}

// TrialResult is what a trial came to in one world.
type TrialResult struct {
	Bind   string `json:"bind"`             // "ok", an errno's name, "unknown" or "not run"
	Listen string `json:"listen,omitempty"` // only after a bind that succeeded
	Port   int    `json:"port,omitempty"`   // that was tried, where it is another
	Why    *Why   `json:"why,omitempty"`
}

// TrialCount is how many trials got which verdict.
type TrialCount struct {
	Trials int `json:"trials"`
	Agree  int `json:"agree"`
	Differ int `json:"differ"`
	NotRun int `json:"not_run"`
}

// TrialAnswers answers an array of trials. As application/x-ndjson each answer is a line, and the
// summary the last.
type TrialAnswers struct {
	Trials  []TrialAnswer `json:"trials"`
	Summary TrialCount    `json:"summary"`
}

// MatrixHead is how a matrix of trials is laid out; as application/x-ndjson it is the first line.
type MatrixHead struct {
	Existing     string          `json:"existing"` // the state of the sockets that hold the port
	Role         string          `json:"role"`
	ListenerOpen bool            `json:"listener_open"`
	Listen       bool            `json:"listen"`
	Worlds       []string        `json:"worlds"`
	Rows         []TrialExisting `json:"rows"`
	Columns      []TrialNew      `json:"columns"`
}

// Matrix answers GET /v1/matrix.
type Matrix struct {
	MatrixHead
	Cells   []MatrixCell          `json:"cells"` // row by row
	Rules   map[string]MatrixRule `json:"rules"` // that the cells name, by id
	Summary TrialCount            `json:"summary"`
}

// MatrixCell is one trial of a matrix.
type MatrixCell struct {
	Row     int                     `json:"row"` // from 0
	Column  int                     `json:"column"`
	Results map[string]MatrixResult `json:"results"` // by world
	Verdict string                  `json:"verdict"`
}

// MatrixResult names the rule that decided; its text is in Matrix.Rules.
type MatrixResult struct {
	Bind   string `json:"bind"`
	Listen string `json:"listen,omitempty"`
	Rule   string `json:"rule,omitempty"`
}

// MatrixRule is a rule's text and source.
type MatrixRule struct {
	Text   string `json:"text"`
	Source string `json:"source,omitempty"`
}

// MatrixLine is a cell as a line of application/x-ndjson, with the rules not named on a line
// before.
type MatrixLine struct {
	MatrixCell
	Rules map[string]MatrixRule `json:"rules,omitempty"`
}
