package realsock

import (
	"context"
	"io"
)

// A Role is what a launched process is to do.
type Role int

// The roles.
const (
	RunNet    Role = iota // hosts, wire and calls: the protocol of a [Net]
	RunTrials             // bind trials: the protocol of [Trials]
)

// A Launcher starts a runner somewhere and gives the stream to it. Pools and abilities are kept for
// each launcher, by whoever has it. Its methods may be called from any goroutine.
type Launcher interface {
	// Launch starts a process in a role. end ends it, and all that it has started, and waits until it is
	// gone; it may be called several times. The error says what is missing, with a remedy if there is one.
	Launch(ctx context.Context, what Role) (stream io.ReadWriteCloser, end func() error, err error)
}

// Opening is the first message that a program sends to a process in a role. The same bytes open every
// stream, so the answer to them can be kept with a process that has been saved.
func Opening(what Role) []byte {
	var m any = request{ID: 1, Hello: &hello{Version: protoVersion}}
	if what == RunTrials {
		m = trialRequest{Version: protoVersion}
	}
	b, err := appendMessage(nil, m)
	if err != nil {
		panic("BUG: opening message: " + err.Error())
	}
	return b
}

// Opened reads the answer to Opening: nil where it is not complete yet. The error is the one that the
// process answered with.
func Opened(what Role, answer []byte) (*Ability, error) {
	in := inbox{buf: answer}
	if what == RunTrials {
		var rep trialReport
		if ok, err := in.next(&rep); !ok || err != nil {
			return nil, err
		}
		return &Ability{OK: true}, rep.check(0)
	}
	var rep report
	if ok, err := in.next(&rep); !ok || err != nil {
		return nil, err
	}
	return rep.ready()
}

// Launch makes a Net by a launcher.
func Launch(ctx context.Context, by Launcher, cfg Config) (*Net, error) {
	n, err := launch(ctx, by)
	if err != nil {
		return nil, err
	}
	if err := n.begin(ctx, cfg); err != nil {
		return nil, err
	}
	return n, nil
}

// launch makes a Net whose clock has not started.
func launch(ctx context.Context, by Launcher) (*Net, error) {
	stream, end, err := by.Launch(ctx, RunNet)
	if err != nil {
		return nil, err
	}
	return greet(ctx, stream, end)
}

// LaunchTrials starts a process that makes trials by a launcher.
func LaunchTrials(ctx context.Context, by Launcher) (*Trials, error) {
	stream, end, err := by.Launch(ctx, RunTrials)
	if err != nil {
		return nil, err
	}
	t := newTrials(stream, end)
	if _, err := t.Try(ctx, nil); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Names under which this program is started as a guest's first process (rdinit=), and the word of the
// kernel's command line that makes it one for trials.
const (
	GuestInit   = "/fourwave-guest"
	GuestTrials = "fourwave-trials"
)
