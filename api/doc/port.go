package doc

import "time"

// The verdicts on a port.
const (
	Free    = "free"
	Taken   = "taken"
	Depends = "depends" // on an option of the other socket that cannot be seen
)

// Port says whether a port of this machine can be bound, and what stands in the way: GET
// /v1/ports/{port}.
type Port struct {
	Port       int             `json:"port"`
	Protocol   string          `json:"protocol"` // tcp, udp
	Host       string          `json:"host"`     // the address asked about; "::" is every address, IPv4 and IPv6
	ReuseAddr  bool            `json:"reuseaddr"`
	ReusePort  bool            `json:"reuseport"`
	At         time.Time       `json:"at"`
	Verdict    string          `json:"verdict"`
	Errno      string          `json:"errno,omitempty"` // what bind would fail with: "EADDRINUSE"
	Case       string          `json:"case"`            // what the answer is about; the contract lists the words
	Answer     string          `json:"answer"`          // in a sentence or two
	Why        *PortRule       `json:"why,omitempty"`
	Passes     *PortPassing    `json:"passes,omitempty"`
	Options    []PortOption    `json:"options"`
	Addresses  []PortAddress   `json:"addresses"` // empty if the port has no sockets
	Sockets    []PortSocket    `json:"sockets"`   // alike ones together, those in the way first
	More       int             `json:"more_sockets,omitempty"`
	Do         []string        `json:"do"` // what can be done
	Nearby     int             `json:"nearby_port,omitempty"`
	Myths      []PortMyth      `json:"myths"`
	Settings   PortSettings    `json:"settings"`
	Namespaces []PortNamespace `json:"namespaces"` // others of this machine with listeners on this port
	Hidden     []string        `json:"hidden"`     // what could not be seen
	Tried      *PortTried      `json:"tried,omitempty"`
	Keeper     *PortKeeper     `json:"keeper,omitempty"`
	StartedBy  []string        `json:"started_by,omitempty"` // "systemd", "pm2", "node": down to the keeper
	UDP        []PortSocket    `json:"udp,omitempty"`        // of the same number, which are no concern of TCP
}

// PortKeeper is who keeps the port, where that is more than a process with a socket.
type PortKeeper struct {
	Kind    string `json:"kind"`              // socket-unit, service, container, …; the contract lists the words
	Name    string `json:"name,omitempty"`    // a unit, a container, a program
	Command string `json:"command,omitempty"` // what ends it
	Text    string `json:"text,omitempty"`
}

// PortRule is the rule that decided.
type PortRule struct {
	Rule   string `json:"rule"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

// PortPassing says how a socket goes away by itself.
type PortPassing struct {
	After  Duration `json:"after,omitempty"`
	Least  Duration `json:"at_least,omitempty"`
	AtMost bool     `json:"at_most,omitempty"` // it may be gone earlier
	Longer bool     `json:"longer,omitempty"`  // if the peer answers meanwhile, another wait follows
	Text   string   `json:"text"`
}

// PortOption is what bind would do with these options: "ok", an errno's name, or "depends".
type PortOption struct {
	ReuseAddr bool      `json:"reuseaddr"`
	ReusePort bool      `json:"reuseport"`
	Result    string    `json:"result"`
	Why       *PortRule `json:"why,omitempty"`
}

// PortAddress is what bind would do for another address of the machine.
type PortAddress struct {
	Addr   string `json:"addr"`
	Result string `json:"result"`
}

// PortSocket is a socket of the port, or Count of them that are alike. The options are "yes", "no"
// or "unknown".
type PortSocket struct {
	State     string        `json:"state"`
	Case      string        `json:"case,omitempty"`
	Local     string        `json:"local"`
	Remote    string        `json:"remote,omitempty"` // the other end of one of them
	Device    string        `json:"device,omitempty"`
	Count     int           `json:"count"`
	User      string        `json:"user,omitempty"`
	Orphan    bool          `json:"orphan,omitempty"` // no descriptor refers to it
	ReuseAddr string        `json:"reuseaddr"`
	ReusePort string        `json:"reuseport"`
	V6Only    string        `json:"v6only"`
	Processes []PortProcess `json:"processes"`
	More      int           `json:"more_processes,omitempty"`
	Hidden    bool          `json:"process_hidden,omitempty"` // a process has it, and rights hide which
	Verdict   string        `json:"verdict,omitempty"`
	Why       *PortRule     `json:"why,omitempty"`
	Passes    *PortPassing  `json:"passes,omitempty"`
	RecvQ     int           `json:"recv_q"` // bytes not read; of a listener, connections to accept
	SendQ     int           `json:"send_q"` // bytes not acknowledged; of a listener, its backlog
	Timer     string        `json:"timer"`  // none, retransmit, keepalive, timewait, probe, usertimeout
	Left      Duration      `json:"left,omitempty"`
	Retrans   int           `json:"retransmits"` // and zero-window probes that were not answered
}

// PortProcess is a process that has a socket open.
type PortProcess struct {
	PID       int        `json:"pid"`
	Name      string     `json:"name,omitempty"` // the program, and the script that it interprets
	Command   string     `json:"command"`
	User      string     `json:"user,omitempty"`
	Started   *time.Time `json:"started,omitempty"`
	Sockets   int        `json:"sockets"` // of this kind, that it has open
	Dir       string     `json:"dir,omitempty"`
	Unit      string     `json:"unit,omitempty"`
	Container string     `json:"container,omitempty"`
	Stopped   bool       `json:"stopped,omitempty"` // by a signal, as by Ctrl-Z
}

// PortMyth is a common misconception about such a port.
type PortMyth struct {
	Claim string `json:"claim"`
	Truth string `json:"truth"`
}

// PortSettings are the machine's settings that bear on the port.
type PortSettings struct {
	EphemeralLow      int      `json:"ephemeral_low"`
	EphemeralHigh     int      `json:"ephemeral_high"`
	Ephemeral         bool     `json:"ephemeral"` // the port is in that range
	Reserved          bool     `json:"reserved"`  // it is in ip_local_reserved_ports
	ReservedPorts     string   `json:"reserved_ports"`
	UnprivilegedStart int      `json:"unprivileged_start"`
	MayBindPrivileged bool     `json:"may_bind_privileged"`
	FinTimeout        Duration `json:"fin_timeout"`
	Kernel            string   `json:"kernel"`
}

// PortNamespace is another network namespace with listeners on the port.
type PortNamespace struct {
	Inode   uint64       `json:"inode"`
	PID     int          `json:"pid,omitempty"`
	Name    string       `json:"name,omitempty"` // in /run/netns
	Command string       `json:"command"`
	Sockets []PortSocket `json:"sockets"`
}

// PortTried is a real bind that was made and undone at once.
type PortTried struct {
	Result string `json:"result"`
	Agrees bool   `json:"agrees"` // with the prediction
	Text   string `json:"text"`
}
