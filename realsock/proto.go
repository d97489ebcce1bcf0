package realsock

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// The protocol between program, runner and apps: every message is a length of four octets, big-endian, and that many
// octets of CBOR (RFC 8949). The first message each way is a hello with the version; a peer that speaks another is refused,
// and told why. Then a Config starts the clock. Requests carry an id from 1; the report with that id answers it. Reports
// without one are events.
//
//	program → runner   request   calls to make, or a time to wait, or a wait for quiet
//	runner → program   report    their outcomes; events before the outcome they led to
//	runner → app       order     one call
//	app → runner       answer    its outcome, or that it has begun to wait
const protoVersion = 3

// The names under which this program starts itself again.
const (
	runnerName = "fourwave-runner"
	appName    = "fourwave-app"
	trialsName = "fourwave-trials"

	loopbackName = "fourwave-loopback" // trials without namespaces
)

// maxMessage bounds a message; a socket table of 4,096 rows is the longest there is.
const maxMessage = 4 << 20

type hello struct {
	Version int
	Ability Ability // from the runner
}

// check is an error for a peer that speaks another version.
func (h *hello) check(peer string) error {
	switch {
	case h == nil:
		return fmt.Errorf("%s did not say hello", peer)
	case h.Version != protoVersion:
		return fmt.Errorf("%s speaks version %d of the protocol, this program version %d", peer, h.Version, protoVersion)
	}
	return nil
}

type request struct {
	ID     uint64
	Hello  *hello        `json:",omitempty"`
	Config *Config       `json:",omitempty"` // once, before any call
	Calls  []Call        `json:",omitempty"`
	Wait   time.Duration `json:",omitempty"` // on the runner's clock, before it is answered
	Quiet  bool          `json:",omitempty"` // after the wait

	// Recycle asks for a Net like a new one in the same namespaces, for which a Config starts the clock
	// again. The report's Err says why that cannot be, and then the Net is of no more use.
	Recycle bool `json:",omitempty"`
}

type report struct {
	ID       uint64        `json:",omitempty"`
	Hello    *hello        `json:",omitempty"`
	At       time.Duration `json:",omitempty"` // of an answer, on the runner's clock
	Outcomes []Outcome     `json:",omitempty"`
	Err      string        `json:",omitempty"`
	Event    *Event        `json:",omitempty"`
	Stats    *Stats        `json:",omitempty"` // with an answer, when it has changed
}

type order struct {
	ID     uint64
	Hello  *hello  `json:",omitempty"`
	Config *Config `json:",omitempty"` // before any call
	Call   *Call   `json:",omitempty"`
	Reset  bool    `json:",omitempty"` // close every socket and forget every call
}

type answer struct {
	ID      uint64
	Hello   *hello `json:",omitempty"`
	Reset   bool   `json:",omitempty"` // has done so
	Pending bool   `json:",omitempty"` // has begun to wait; the answer follows
	Result  string `json:",omitempty"`
	NotRun  string `json:",omitempty"`
	Sock    *book  `json:",omitempty"` // the socket that was called
	As      *book  `json:",omitempty"` // the one accepted
}

// appendMessage appends v as a message to b.
func appendMessage(b []byte, v any) ([]byte, error) {
	const head = 4
	buf := bytes.NewBuffer(append(b, make([]byte, head)...))
	if err := encoding.MarshalToBuffer(v, buf); err != nil {
		return b, err
	}
	message := buf.Bytes()[len(b):]
	n := len(message) - head
	if n > maxMessage {
		return b, fmt.Errorf("message: %d octets, at most %d", n, maxMessage)
	}
	binary.BigEndian.PutUint32(message, uint32(n))
	return buf.Bytes(), nil
}

// encoding is CBOR as it is by default, written where it is wanted.
var encoding, _ = cbor.EncOptions{}.UserBufferEncMode() // no option, so nothing to object to

// inbox takes a stream apart into messages.
type inbox struct {
	buf  []byte
	read int
}

// space returns room to read into; grown says how much of it was filled.
func (in *inbox) space() []byte {
	if in.read > 0 && (in.read == len(in.buf) || cap(in.buf)-len(in.buf) < 4096) {
		in.buf = append(in.buf[:0], in.buf[in.read:]...)
		in.read = 0
	}
	if cap(in.buf)-len(in.buf) < 4096 {
		in.buf = append(make([]byte, 0, 2*cap(in.buf)+16384), in.buf...)
	}
	return in.buf[len(in.buf):cap(in.buf)]
}

// empty reports whether no part of a message has been read yet.
func (in *inbox) empty() bool { return in.read == len(in.buf) }

func (in *inbox) grown(n int) { in.buf = in.buf[:len(in.buf)+n] }

// next decodes the next whole message into v; false when there is none yet.
func (in *inbox) next(v any) (bool, error) {
	b := in.buf[in.read:]
	if len(b) < 4 {
		return false, nil
	}
	n := binary.BigEndian.Uint32(b)
	if n > maxMessage {
		return false, fmt.Errorf("message: %d octets, at most %d", n, maxMessage)
	}
	if uint32(len(b)-4) < n {
		return false, nil
	}
	in.read += 4 + int(n)
	return true, cbor.Unmarshal(b[4:4+n], v)
}
