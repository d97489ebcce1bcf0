package realsock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"fourwave/sockdiag"
)

// A Trial asks a kernel whether a socket can be bound, and listen, where others have the port.
type Trial struct {
	_        struct{} `cbor:",toarray"`
	Existing []TrialSocket
	New      TrialSocket
	Listen   bool // after a bind that succeeded
	Watch    bool // look at both ends of every connection after each call
}

// TrialSocket is a socket of a trial. Of the new one only the address and the options count.
type TrialSocket struct {
	_            struct{}   `cbor:",toarray"`
	State        string     // the kernel's word, or BOUND
	Role         string     // "accepted", "connected" or "autobound"
	Addr         netip.Addr // what is bound; not valid for autobound
	Via          netip.Addr // what is connected to; not valid where there is no connection
	ListenerOpen bool
	Orphan       bool // the descriptor is closed

	ReuseAddr bool
	ReusePort bool
	V6Only    bool
	UID       int
	Device    string
	FreeBind  bool // IP_FREEBIND
}

// TrialOutcome is what a trial came to.
type TrialOutcome struct {
	_      struct{} `cbor:",toarray"`
	Bind   string   // "ok" or an errno's name
	Listen string   // "" where it was not called
	Port   int
	NotRun string // why the situation could not be built; Bind is empty then
	Looks  []byte // of a trial that was watched; Seen tells them
}

// Seen is what showed of an existing socket and of the other end of its connection, in the kernel's words, after one call.
type Seen struct {
	Call   string // "peer close" and so on: the other end made it
	Socket int    // index in Trial.Existing
	State  string // CLOSE where there is no such socket
	Peer   string // "" where there is no connection
}

// Seen is what was seen of a trial that was watched, in order.
func (o *TrialOutcome) Seen() (all []Seen) {
	for b := range slices.Chunk(o.Looks, lookSize) {
		if len(b) == lookSize && int(b[0]) < len(watchedCalls) {
			all = append(all, Seen{watchedCalls[b[0]], int(b[1]), sockdiag.State(b[2]).String(), sockdiag.State(b[3]).String()})
		}
	}
	return all
}

// A look is told in four octets: the call, the socket, its state and its peer's.
const lookSize = 4

var watchedCalls = [...]string{
	"bind", "listen", "connect", "accept", "shutdown", "close",
	"peer connect", "peer accept", "peer shutdown", "peer close",
}

// trialBacklog is that of every listener of a trial.
const trialBacklog = 16

// MaxTrials bounds the trials of one call.
const MaxTrials = 256

type trialRequest struct {
	_       struct{} `cbor:",toarray"`
	Version int
	Trials  []Trial
}

type trialReport struct {
	_        struct{} `cbor:",toarray"`
	Version  int
	Outcomes []TrialOutcome
	Err      string
}

// Trials makes trials, in a process and network namespaces of its own. It is for one goroutine.
type Trials struct {
	make     func([]Trial) ([]TrialOutcome, error)
	loopback bool               // on the host's own
	stream   io.ReadWriteCloser // nil: this process makes them
	end      func() error
	in       inbox
	out      []byte
}

// newTrials are Trials that a process makes.
func newTrials(stream io.ReadWriteCloser, end func() error) *Trials {
	t := &Trials{stream: stream, end: end}
	t.make = t.exchange
	return t
}

// trialPatience bounds how long the trials of one call may take.
const trialPatience = time.Minute

// OpenTrials starts the process that makes trials, on the host's own loopback where there can be no namespace. The error wraps
// ErrNotAble where this machine permits neither.
func OpenTrials(ctx context.Context) (*Trials, error) {
	var last error
	for _, mode := range startModes() {
		stream, end, err := start(mode, trialsName)
		if err == nil {
			t := newTrials(stream, end)
			if _, err = t.Try(ctx, nil); err == nil {
				keepMode(mode)
				return t, nil
			}
			err = errors.Join(err, t.Close())
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = errors.Join(last, err)
	}
	if Able().Loopback {
		return openLoopback(ctx)
	}
	return nil, fmt.Errorf("%w: %w", ErrNotAble, last)
}

// Close ends the process, and with it all that it made.
func (t *Trials) Close() error { return t.end() }

// Try makes trials one after the other. After an error the Trials are of no use any more.
func (t *Trials) Try(ctx context.Context, trials []Trial) ([]TrialOutcome, error) {
	if len(trials) > MaxTrials {
		return nil, fmt.Errorf("trials: %d in one call, at most %d", len(trials), MaxTrials)
	}
	ctx, cancel := context.WithTimeout(ctx, trialPatience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if t.stream != nil {
			t.stream.Close()
		}
	})
	defer stop()
	try := t.make
	if t.loopback {
		try = t.onLoopback
	}
	outcomes, err := try(trials)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return outcomes, nil
}

// trialPiece is how many trials are asked for in one message. The process makes those of one while the next is
// written and the last one's outcomes are read; all of a call fit into the stream's buffer.
const trialPiece = 32

func (t *Trials) exchange(trials []Trial) ([]TrialOutcome, error) {
	pieces := slices.Collect(slices.Chunk(trials, trialPiece))
	if len(pieces) == 0 {
		pieces = [][]Trial{nil}
	}
	for _, piece := range pieces {
		var err error
		if t.out, err = appendMessage(t.out[:0], trialRequest{Version: protoVersion, Trials: piece}); err != nil {
			return nil, err
		}
		if _, err := t.stream.Write(t.out); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrGone, err)
		}
	}
	outcomes := make([]TrialOutcome, 0, len(trials))
	for _, piece := range pieces {
		var rep trialReport
		err := t.read(&rep)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrGone, err)
		}
		if err := rep.check(len(piece)); err != nil {
			return nil, err
		}
		outcomes = append(outcomes, rep.Outcomes...)
	}
	return outcomes, nil
}

// check is an error for a report that does not answer a request for n trials.
func (rep *trialReport) check(n int) error {
	switch {
	case rep.Version != protoVersion:
		return fmt.Errorf("trials: the process speaks version %d, this program %d", rep.Version, protoVersion)
	case rep.Err != "":
		return errors.New(rep.Err)
	case len(rep.Outcomes) != n:
		return fmt.Errorf("trials: %d outcomes of %d trials", len(rep.Outcomes), n)
	}
	return nil
}

func (t *Trials) read(rep *trialReport) error {
	for {
		if ok, err := t.in.next(rep); ok || err != nil {
			return err
		}
		n, err := t.stream.Read(t.in.space())
		if err != nil {
			return err
		}
		t.in.grown(n)
	}
}
