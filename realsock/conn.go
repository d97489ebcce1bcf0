package realsock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Net is two hosts and a wire, alive. Its methods may be called from any goroutine; calls that matter to one another are
// made by one.
type Net struct {
	ability Ability
	observe func(Event)
	stream  io.ReadWriteCloser
	end     func() error // ends the runner, and waits until it is gone
	opened  time.Time
	at      time.Duration // on a virtual clock, as of the last report

	writing sync.Mutex
	mu      sync.Mutex
	lastID  uint64
	waiting map[uint64]chan report
	stats   Stats
	err     error // set when the stream has ended
	done    chan struct{}
}

// Defaults of a Config.
const (
	defaultLatency = time.Millisecond
	defaultSettle  = 10 * time.Millisecond
	defaultLimit   = time.Second
	defaultFrames  = 100_000
	defaultSockets = 4096
)

func (c *Config) defaults() {
	if c.Latency == 0 {
		c.Latency = defaultLatency
	}
	if c.Settle == 0 {
		c.Settle = max(defaultSettle, jiffy()*5/2)
	}
	if c.Limit == 0 {
		c.Limit = defaultLimit
	}
	if c.Frames == 0 {
		c.Frames = defaultFrames
	}
	if c.Sockets == 0 {
		c.Sockets = defaultSockets
	}
}

// openPatience bounds how long a runner may take to be ready.
const openPatience = 30 * time.Second

// Open makes a Net. The error wraps ErrNotAble where this machine does not permit one.
func Open(ctx context.Context, cfg Config) (*Net, error) {
	n, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := n.begin(ctx, cfg); err != nil {
		return nil, err
	}
	return n, nil
}

// prepare makes a Net whose clock has not started.
func prepare(ctx context.Context) (*Net, error) {
	var last error
	for _, mode := range startModes() {
		n, err := open(ctx, mode)
		if err == nil {
			keepMode(mode)
			return n, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = errors.Join(last, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrNotAble, last)
}

func open(ctx context.Context, mode startMode) (*Net, error) {
	stream, end, err := start(mode, runnerName)
	if err != nil {
		return nil, err
	}
	n, err := greet(ctx, stream, end)
	if err == nil {
		n.ability.How = mode.String()
	}
	return n, err
}

// greet says hello to a runner, wherever it is, and waits until its Net is made.
func greet(ctx context.Context, stream io.ReadWriteCloser, end func() error) (*Net, error) {
	n := &Net{
		observe: func(Event) {}, stream: stream, end: end,
		waiting: map[uint64]chan report{}, done: make(chan struct{}),
	}
	ready := make(chan report, 1)
	n.lastID, n.waiting[1] = 1, ready
	go n.read()
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	rep, err := n.exchange(ctx, request{ID: 1, Hello: &hello{Version: protoVersion}}, ready)
	var able *Ability
	if err == nil {
		able, err = rep.ready()
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.ability = *able
	return n, nil
}

// ready reads a runner's answer to the hello: what it is able to, or why there is no Net.
func (rep *report) ready() (*Ability, error) {
	if err := rep.Hello.check("runner"); err != nil {
		return nil, err
	}
	switch a := &rep.Hello.Ability; {
	case rep.Err != "":
		return nil, errors.New(rep.Err)
	case !a.OK:
		return nil, errors.New(a.Why)
	default:
		return a, nil
	}
}

// begin starts the clock of a Net that has been made. After an error it is closed.
func (n *Net) begin(ctx context.Context, cfg Config) error {
	cfg.defaults()
	if cfg.Observe != nil {
		n.mu.Lock()
		n.observe = cfg.Observe
		n.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	if _, err := n.ask(ctx, request{Config: &cfg}); err != nil {
		return errors.Join(err, n.Close())
	}
	n.opened = time.Now()
	return nil
}

// Ability says what this Net was found to be able to.
func (n *Net) Ability() Ability { return n.ability }

// Stats are those as of the last answer.
func (n *Net) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stats
}

// Now is the time since the Net was ready, the base of all its times. A virtual clock stands at the
// time of the last report.
func (n *Net) Now() time.Duration {
	if n.ability.Clock != VirtualClock {
		return time.Since(n.opened)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}

// Do makes the calls of one instant, with the wire stopped until each has come back or begun to wait, and returns one outcome a
// call when all have come back or reached their limit. What Observe is told of them it is told before Do returns.
func (n *Net) Do(ctx context.Context, calls ...Call) ([]Outcome, error) {
	rep, err := n.ask(ctx, request{Calls: calls})
	if err != nil {
		return nil, err
	}
	if len(rep.Outcomes) != len(calls) {
		return nil, fmt.Errorf("%w: %d outcomes of %d calls", ErrGone, len(rep.Outcomes), len(calls))
	}
	return rep.Outcomes, nil
}

// Quiet waits until the wire is quiet.
func (n *Net) Quiet(ctx context.Context) error { return n.Wait(ctx, 0) }

// Wait lets d pass on the runner's clock and then waits until the wire is quiet.
func (n *Net) Wait(ctx context.Context, d time.Duration) error {
	_, err := n.ask(ctx, request{Wait: d, Quiet: true})
	return err
}

// recyclePatience bounds how long a Net may take to become like new.
const recyclePatience = 5 * time.Second

// recycle makes the Net as one whose clock has not started. What it tells meanwhile is not heard. After
// an error it can only be closed.
func (n *Net) recycle() error {
	n.mu.Lock()
	n.observe = func(Event) {}
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), recyclePatience)
	defer cancel()
	rep, err := n.ask(ctx, request{Recycle: true})
	if err == nil && rep.Err != "" {
		err = errors.New(rep.Err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stats, n.at = Stats{}, 0
	return err
}

// Close ends the Net. When it returns, its processes are gone, and all they held with them.
func (n *Net) Close() error {
	err := n.end()
	n.stream.Close()
	<-n.done
	return err
}

func (n *Net) ask(ctx context.Context, q request) (report, error) {
	answer := make(chan report, 1)
	n.mu.Lock()
	n.lastID++
	q.ID = n.lastID
	n.waiting[q.ID] = answer
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.waiting, q.ID)
		n.mu.Unlock()
	}()
	return n.exchange(ctx, q, answer)
}

func (n *Net) exchange(ctx context.Context, q request, answer <-chan report) (report, error) {
	b, err := appendMessage(nil, q)
	if err != nil {
		return report{}, err
	}
	n.writing.Lock()
	_, err = n.stream.Write(b)
	n.writing.Unlock()
	if err == nil {
		select {
		case rep := <-answer:
			return rep, nil
		case <-ctx.Done():
			return report{}, ctx.Err()
		case <-n.done:
		}
	} else {
		<-n.done
	}
	select {
	case rep := <-answer:
		return rep, nil
	default:
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return report{}, n.err
}

// read takes in what the runner says until its stream ends.
func (n *Net) read() {
	err := n.readAll()
	if errors.Is(err, io.EOF) {
		err = ErrGone
	} else {
		err = fmt.Errorf("%w: %w", ErrGone, err)
	}
	n.mu.Lock()
	n.err = err
	n.mu.Unlock()
	close(n.done)
}

func (n *Net) readAll() error {
	var in inbox
	for {
		k, err := n.stream.Read(in.space())
		if err != nil {
			return err
		}
		in.grown(k)
		for {
			var rep report
			ok, err := in.next(&rep)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			switch {
			case rep.Event != nil:
				n.mu.Lock()
				observe := n.observe
				n.mu.Unlock()
				observe(*rep.Event)
			case rep.ID == 0:
				return errors.New(rep.Err)
			default:
				n.mu.Lock()
				n.at = max(n.at, rep.At)
				if rep.Stats != nil {
					n.stats = *rep.Stats
				}
				answer := n.waiting[rep.ID]
				n.mu.Unlock()
				if answer != nil {
					answer <- rep
				}
			}
		}
	}
}
