package doc

// ReuseCheck is the body of POST /v1/reuse-checks: sockets that exist, and a call or segment that
// wants to use an address or port of theirs.
type ReuseCheck struct {
	Profile   string            `json:"profile,omitempty"` // linux if left out
	Sockets   []ReuseSocket     `json:"sockets,omitempty"` // at most 1,000
	Candidate ReuseCandidate    `json:"candidate"`
	Sysctls   map[string]string `json:"sysctls,omitempty"` // by the names in /proc/sys/net/ipv4
}

// ReuseSocket is a socket that exists.
type ReuseSocket struct {
	SocketOptions
	Tuple      string  `json:"tuple"` // "tcp LOCAL [REMOTE]" as a script, ss or netstat spells addresses
	State      string  `json:"state"` // of RFC 9293, or BOUND
	Orphan     bool    `json:"orphan,omitempty"`
	Ephemeral  bool    `json:"ephemeral,omitempty"`  // connect() chose its port
	Age        string  `json:"age,omitempty"`        // in its state: "12s"
	Timestamps *bool   `json:"timestamps,omitempty"` // the connection used them; true if left out
	LastTS     *uint32 `json:"last_ts,omitempty"`    // the peer's last timestamp
	RcvNxt     uint32  `json:"rcv_nxt,omitempty"`
	SndNxt     uint32  `json:"snd_nxt,omitempty"`
}

// ReuseCandidate is what wants the address.
type ReuseCandidate struct {
	SocketOptions
	Op        string  `json:"op"` // bind, listen, connect, syn
	Tuple     string  `json:"tuple"`
	Ephemeral bool    `json:"ephemeral,omitempty"` // connect: the system chooses the port, and it comes to this one
	Seq       uint32  `json:"seq,omitempty"`       // syn
	TSVal     *uint32 `json:"ts_val,omitempty"`    // syn; left out, it has no timestamp
}

// ReuseAnswer is what would happen: "ok" or an errno's name; for a SYN what is sent in answer
// ("SYN+ACK", "ACK", "RST+ACK", "silence").
type ReuseAnswer struct {
	Result   string `json:"result"`
	Why      *Why   `json:"why"`
	Conflict string `json:"conflict,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
	Passes   string `json:"passes,omitempty"`
}
