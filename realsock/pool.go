package realsock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A Pool keeps a few Nets ready, for to make one takes longer than most of what is done with it. It makes none before the
// first is asked for. What it keeps is bounded in number and in time, and ends with the program, however that ends. Its
// methods may be called from any goroutine.
type Pool struct {
	size  int
	keep  time.Duration
	again bool // Nets that were given back are kept, and none is made before it is asked for

	mu     sync.Mutex
	ready  []*readyNet
	making chan struct{}      // closed when it has been filled; nil: nobody fills it
	stop   context.CancelFunc // of who fills it
}

// readyNet is a Net that is ready, and the timer that ends it.
type readyNet struct {
	*Net
	timer *time.Timer
}

// NewPool makes a pool of that many Nets, each of which is kept for so long.
func NewPool(size int, keep time.Duration) *Pool { return &Pool{size: size, keep: keep} }

// NewReusingPool makes a pool that has nothing ready but keeps up to that many Nets that are given back
// with Give. It is for thousands of short experiments: to make and end a network namespace takes the
// kernel many times as long as to run one.
func NewReusingPool(size int, keep time.Duration) *Pool {
	return &Pool{size: size, keep: keep, again: true}
}

// Give ends the use of a Net that Open gave. A pool that reuses Nets keeps it, once every socket in it
// has been destroyed and every sysctl and rule of the wire is as it was; otherwise, and where that
// fails, it is closed.
func (p *Pool) Give(n *Net) error {
	if !p.again || n.recycle() != nil {
		return n.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready) >= p.size {
		return n.Close()
	}
	p.hold(n)
	return nil
}

// hold keeps a Net for whoever asks next, for a while. The pool is locked.
func (p *Pool) hold(n *Net) {
	r := &readyNet{Net: n}
	r.timer = time.AfterFunc(p.keep, func() { p.end(r) })
	p.ready = append(p.ready, r)
}

// Open is the function of that name, but gives a Net that is ready if there is one.
func (p *Pool) Open(ctx context.Context, cfg Config) (*Net, error) {
	defer p.fill()
	for n := p.take(); n != nil; n = p.take() {
		if n.begin(ctx, cfg) == nil {
			return n, nil
		}
	}
	return Open(ctx, cfg)
}

// take takes a Net that is ready; nil if there is none.
func (p *Pool) take() *Net {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.ready) > 0 {
		k := p.ready[0]
		p.ready = p.ready[1:]
		if k.timer.Stop() { // else whoever stopped it has it
			return k.Net
		}
	}
	return nil
}

// fill makes what is missing, one after the other, behind the caller's back.
func (p *Pool) fill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.again || p.making != nil || len(p.ready) >= p.size {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	p.making, p.stop = make(chan struct{}), stop
	go p.make(ctx)
}

// make makes Nets until the pool is full, cannot be filled, or is emptied.
func (p *Pool) make(ctx context.Context) {
	for more := true; more; {
		n, err := prepare(ctx)
		p.mu.Lock()
		if more = err == nil && ctx.Err() == nil; more {
			p.hold(n)
			more = len(p.ready) < p.size
			n = nil
		}
		p.mu.Unlock()
		if n != nil {
			_ = n.Close()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
	close(p.making)
	p.making = nil
}

// end ends a Net whose time is over.
func (p *Pool) end(k *readyNet) {
	p.mu.Lock()
	p.ready = slices.DeleteFunc(p.ready, func(x *readyNet) bool { return x == k })
	p.mu.Unlock()
	_ = k.Close()
}

// Empty ends what is kept and waits until it is gone, and what is being made too. The pool can be used on.
func (p *Pool) Empty() {
	p.mu.Lock()
	ready, making := p.ready, p.making
	p.ready = nil
	if making != nil {
		p.stop()
	}
	p.mu.Unlock()
	for _, k := range ready {
		if k.timer.Stop() {
			_ = k.Close()
		}
	}
	if making != nil {
		<-making
	}
}
