package doctor

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
	"runtime"
	"time"

	"fourwave/doctor/paste"
	"fourwave/fsm"
	"fourwave/internal/text"
	diag "fourwave/sockdiag"
)

// ErrCannotAsk says that this system's socket table cannot be read; a real bind is all that can be
// tried.
var ErrCannotAsk = errors.New("doctor: the socket table cannot be asked here")

// Text is a sentence in both languages.
type Text = text.Text

// Question is what is asked of the doctor: may a new socket of the asking user bind this?
type Question struct {
	Port      uint16
	Protocol  Protocol   // "" is TCP
	Host      netip.Addr // the zero Addr means every address, IPv4 and IPv6: "::" without IPV6_V6ONLY
	ReuseAddr bool       // the new socket has SO_REUSEADDR
	ReusePort bool       // and SO_REUSEPORT
}

// addr is the address that the new socket would bind.
func (q Question) addr() netip.Addr {
	if !q.Host.IsValid() {
		return netip.IPv6Unspecified()
	}
	return q.Host
}

func (q Question) protocol() Protocol {
	if q.Protocol == "" {
		return TCP
	}
	return q.Protocol
}

// Address is the address that the new socket would bind.
func (q Question) Address() netip.Addr { return q.addr() }

// Verdict is whether the port can be bound as asked.
type Verdict string

// The verdicts.
const (
	Free    Verdict = "free"
	Taken   Verdict = "taken"
	Depends Verdict = "depends" // on an option of the other socket that cannot be seen
)

// Case is the situation that the answer is about.
type Case string

// The cases. The first that fits is the report's.
const (
	NotLocal       Case = "address-not-local"
	Privileged     Case = "privileged"
	OtherUser      Case = "listener-of-another-user"
	DualStack      Case = "dual-stack"
	Listener       Case = "listener"
	BoundOnly      Case = "bound-not-listening"
	UDPSocket      Case = "udp-socket"
	CloseWaitLeak  Case = "close-wait-leak"
	DeadListener   Case = "connections-of-a-dead-listener"
	Child          Case = "connection-of-a-listener"
	AcceptQueue    Case = "accept-queue" // connections that no process has accepted yet
	Client         Case = "client"
	Orphan         Case = "orphan"
	InTimeWait     Case = "time-wait"
	Shared         Case = "shared"    // the port has sockets, and none stands in the way
	Elsewhere      Case = "elsewhere" // only another network namespace has a listener on that port
	ReservedRange  Case = "reserved"
	NothingAtAll   Case = "nothing"
	EphemeralRange Case = "ephemeral"
)

// Flag is an option of a socket that may not be visible.
type Flag string

// The values of a Flag.
const (
	Yes     Flag = "yes"
	No      Flag = "no"
	Unknown Flag = "unknown"
)

// Process is a process that has a socket open.
type Process struct {
	PID     int
	Name    string // as people call it: the program, and the script that an interpreter runs
	Command string // the whole command line
	UID     int
	User    string
	Started time.Time
	Sockets int    // of this kind, that it has open
	Dir     string // its working directory; "" if rights hide it
	Facts
}

// Facts are what the machine shows of how a process is kept going. What cannot be seen is empty.
type Facts struct {
	Parents    []Parent          // its parent, that one's parent, and so on up to the first process
	Unit       string            // of systemd: nginx.service
	UserUnit   bool              // of the user's own systemd
	Container  string            // the id of the container that it runs in
	Runtime    string            // docker, podman, …: whose container
	Stopped    bool              // by a signal (Ctrl-Z)
	Traced     bool              // by a debugger
	Terminal   bool              // it has a controlling terminal
	First      bool              // pid 1 of its pid namespace
	Own        bool              // a fourwave
	Activated  bool              // it was given listeners by a socket activator (LISTEN_FDS)
	SocketName string            // of the socket unit, from LISTEN_FDNAMES
	Manager    map[string]string // what its environment tells of pm2 and supervisord
	System     paste.System      // of a pasted table
	Keeps      bool              // the descriptor lacks FD_CLOEXEC
	Heir       bool              // the program cannot have made the listener: it never calls listen()
}

// Parent is a process that started another, or took it over.
type Parent struct {
	PID   int
	Name  string
	Loops bool // a shell that runs a loop
}

// Socket is one or more sockets of the port that are alike.
type Socket struct {
	Protocol  Protocol
	State     string // as RFC 9293 spells it, or BOUND; UNCONN of a UDP socket without a peer
	Case      Case
	Family    int // 4 or 6
	Local     netip.AddrPort
	Remote    netip.AddrPort // of one of them; the zero AddrPort for LISTEN and BOUND
	Device    string
	Count     int
	UID       int // of the socket; -1 for one without (a minisocket has none)
	User      string
	Orphan    bool // no descriptor refers to it
	Waiting   bool // in a listener's queue, not accepted yet
	ReuseAddr Flag
	ReusePort Flag
	V6Only    Flag
	Self      bool // a connection with itself: both ends are this socket
	RecvQ     int  // bytes that wait to be read, or connections that wait to be accepted: the most of any of them
	SendQ     int  // bytes not acknowledged yet, or the backlog of a listener
	Timer     Timer
	Left      time.Duration // of the timer that runs longest
	Retrans   int           // retransmissions or probes that nobody has answered
	Processes []Process
	More      int  // processes that are not listed
	Hidden    bool // a process has it open, and rights hide which

	Verdict Verdict  // Taken: it stands in the way; Free: it does not
	Why     *fsm.Why // the rule by which it does or does not
	Passes  *Passing // of one that stands in the way, or might

	inodes  []uint32 // a sample
	samples []diag.Socket
	timings []timing // of the samples, where a timer of the kernel ends them
	mini    bool     // a timewait minisocket
	pasted  bool     // it comes from a table
	split   bool     // not all of them are open in the same processes
	denied  bool     // its process is one that this user may not look into, and root may
	role    role
}

// role is which end of a connection a socket is.
type role uint8

const (
	roleUnknown role = iota
	roleClient
	roleServer
)

// Passing is how a socket goes away by itself.
type Passing struct {
	After  time.Duration // from the report's time, at the latest; meaningful if Timed
	Least  time.Duration // not before, unless the other end acts
	Timed  bool          // the kernel has a timer for it
	AtMost bool          // it may go earlier
	Longer bool          // if the other end answers meanwhile, another wait follows: the text says which
	Text   Text
}

// Prediction is what bind would say with certain options.
type Prediction struct {
	ReuseAddr, ReusePort bool
	Result               string // "ok", an errno, or "depends"
	Why                  *fsm.Why
}

// AddrPrediction is what bind with the options asked about would say for another address.
type AddrPrediction struct {
	Addr   netip.Addr
	Result string
}

// Myth is something widely believed that does not hold here.
type Myth struct{ Claim, Truth Text }

// Namespace is another network namespace with listeners on the port.
type Namespace struct {
	Inode   uint64
	PID     int    // of a process in it
	Name    string // in /run/netns
	Command string
	// Of a container, as the process's cgroup tells.
	Container, Runtime string
	Sockets            []Socket
}

// Settings are the machine's, as they concern a port.
type Settings struct {
	EphemeralLow, EphemeralHigh int
	Ephemeral                   bool   // the port is in that range
	Reserved                    bool   // the port is in ip_local_reserved_ports
	ReservedPorts               string // as the kernel writes them
	UnprivilegedStart           int
	MayBindPrivileged           bool
	FinTimeout                  time.Duration
	Kernel                      string
}

// Report is the doctor's answer.
type Report struct {
	Question
	At       time.Time
	Verdict  Verdict
	Errno    string   // what bind would say: "" for ok and depends
	Why      *fsm.Why // the rule that decides
	Case     Case
	Answer   Text
	Options  []Prediction
	Others   []AddrPrediction
	Sockets  []Socket // those that stand in the way first
	MoreSock int      // sockets that are not in Sockets
	Do       []Text
	Nearby   int // a free port near by; 0: none was looked for or found
	Myths    []Myth
	Passes   *Passing // of all that stands in the way; nil when nothing does
	Settings Settings
	Spaces   []Namespace
	System   paste.System // of a table that was pasted; "" for this machine
	Keeper   *Keeper      // who keeps the port, where that is more than a process
	Started  []string     // the chain that started the process that has it, first the first
	UDP      []Socket     // of a question about TCP: the UDP sockets with this number
	Hidden   []Text       // what could not be seen
	Tried    *Trial

	own bool // of this machine, by its tools
}

// Trial is a real bind.
type Trial struct {
	Result string // "ok" or an errno
	Agrees bool   // with the report's verdict
	Text   Text
}

// Examine answers a question about the machine it runs on, from the network namespace of the
// calling thread. Where the socket table cannot be read the error is ErrCannotAsk, or wraps it.
func Examine(ctx context.Context, q Question) (*Report, error) {
	now := time.Now()
	if !q.Host.IsValid() && !hasIPv6() {
		q.Host = netip.IPv4Unspecified() // all the addresses that there are
	}
	if system := systemNamed(runtime.GOOS); system != "" {
		return examineBy(ctx, system, q, runTool)
	}
	r, err := read(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.report(q, now), nil
}

// runTool runs a program of the system and returns what it wrote.
func runTool(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}

// reading is all that was read of the machine.
type reading struct {
	sockets  []Socket
	more     int
	settings Settings
	limits   limits
	limited  bool // limits were read
	uid      int  // who asks
	pid      int
	asked    netip.Addr
	local    bool // asked is this machine's
	addrs    []netip.Addr
	spaces   []Namespace
	hidden   []Text
	nearby   int
	kept     kept
	udp      []Socket     // of a question about TCP
	system   paste.System // whose table it was; "" for this machine
	own      bool         // its tools were asked, on this machine
	profile  *fsm.Profile // that system's rules, unless it is Linux
}
