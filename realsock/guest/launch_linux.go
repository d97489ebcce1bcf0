package guest

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"sync"

	"fourwave/realsock"
)

// Guest is one kernel as a launcher.
type Guest struct {
	store  *Store
	kernel *Kernel
}

// Launch starts a machine from the kernel's saved one, which is made first where there is none;
// that takes seconds. It waits while as many machines run as may.
func (g *Guest) Launch(ctx context.Context, what realsock.Role) (io.ReadWriteCloser, func() error, error) {
	m, err := g.store.machineOf(ctx, g.kernel, what, func(string) {})
	if err != nil {
		return nil, nil, err
	}
	qemu, err := g.store.qemu()
	if err != nil {
		return nil, nil, err
	}
	select {
	case g.store.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	release := sync.OnceFunc(func() { <-g.store.slots })
	running, err := m.boot(qemu.path, g.store.spawn)
	if err == nil {
		err = running.restore(ctx)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	end := sync.OnceValue(func() error {
		running.end()
		release()
		return nil
	})
	s := &stream{machine: running, chunk: chunkOf(what), restored: true, answer: m.about.Answer,
		opened: make(chan struct{})}
	return s, end, nil
}

// spawner starts processes on a thread of its own. The kernel kills them when that thread ends
// (PR_SET_PDEATHSIG), so they go with the Store, and with the program however it ends.
type spawner struct {
	mu     sync.Mutex
	closed bool
	jobs   chan func()
}

func serve(jobs <-chan func()) {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	for job := range jobs {
		job()
	}
}

// spawn starts a process.
func (s *Store) spawn(cmd *exec.Cmd) error {
	p := &s.spawner
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	if p.jobs == nil {
		p.jobs = make(chan func())
		go serve(p.jobs)
	}
	err := make(chan error, 1)
	p.jobs <- func() { err <- cmd.Start() }
	return <-err
}

var errClosed = errors.New("the store of kernels is closed")

// Close kills every machine that still runs. Launch gives an error after it.
func (s *Store) Close() {
	p := &s.spawner
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && p.jobs != nil {
		close(p.jobs)
	}
	p.closed = true
}

// Prepare boots and saves the machines of a kernel that there are none of, one for every role. tell
// hears of the steps, a line each.
func (s *Store) Prepare(ctx context.Context, k *Kernel, tell func(string)) error {
	for _, what := range []realsock.Role{realsock.RunNet, realsock.RunTrials} {
		if _, err := s.machineOf(ctx, k, what, tell); err != nil {
			return err
		}
	}
	return nil
}
