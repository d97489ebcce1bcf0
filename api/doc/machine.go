package doc

// Machine is a profile's state machine: GET /v1/machine.
type Machine struct {
	Profile    string   `json:"profile"`
	Confidence string   `json:"confidence"` // how the profile is known: "documented, not measured"
	Source     string   `json:"source"`     // where it was read or measured
	States     []string `json:"states"`
	Events     []string `json:"events"`
	Rows       []Arrow  `json:"rows"`
}

// Arrow is a row of the machine's table.
type Arrow struct {
	From    string   `json:"from"`
	Event   string   `json:"event"`
	To      string   `json:"to"`
	Actions []string `json:"actions"` // what the end does: "send ACK"
	Section string   `json:"section"` // of RFC 9293, or the source named
}

// MachineStep is the body of POST /v1/machine/step.
type MachineStep struct {
	State   string `json:"state"` // in the spelling of RFC 9293, ss, netstat or PowerShell
	Event   string `json:"event"`
	Profile string `json:"profile,omitempty"` // rfc9293 if left out
}
