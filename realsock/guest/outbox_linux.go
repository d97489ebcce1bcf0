package guest

import (
	"io"
	"sync"
)

// outbox takes what a machine says as soon as it says it. The debug console sends every byte by
// itself, and a socket pair holds some 250 such pieces; then qemu would wait, with all its locks
// held, until there is a reader, which may itself be waiting for the machine to stop.
type outbox struct {
	mu   sync.Mutex
	more sync.Cond // something has changed
	buf  []byte
	err  error // of the stream; io.EOF
	done bool  // nobody reads any more
}

// maxOutbox bounds what is held; beyond it qemu does wait.
const maxOutbox = 8 << 20

func newOutbox(from io.Reader) *outbox {
	o := &outbox{}
	o.more.L = &o.mu
	go o.fill(from)
	return o
}

func (o *outbox) fill(from io.Reader) {
	for b := make([]byte, 16<<10); ; {
		n, err := from.Read(b)
		o.mu.Lock()
		o.buf = append(o.buf, b[:n]...)
		o.err = err
		o.more.Broadcast()
		for len(o.buf) > maxOutbox && !o.done {
			o.more.Wait()
		}
		o.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// close lets go of what is waited for, when the stream is closed.
func (o *outbox) close() {
	o.mu.Lock()
	o.done = true
	o.more.Broadcast()
	o.mu.Unlock()
}

// Read waits until there is something.
func (o *outbox) Read(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) == 0 && o.err == nil {
		o.more.Wait()
	}
	if len(o.buf) == 0 {
		return 0, o.err
	}
	n := copy(b, o.buf)
	o.buf = o.buf[n:]
	o.more.Broadcast()
	return n, nil
}
