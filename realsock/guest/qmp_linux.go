package guest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// monitor is a connection to qemu's machine protocol (QMP). Its methods may be called from any
// goroutine; commands are answered in turn.
type monitor struct {
	conn    net.Conn
	mu      sync.Mutex // one command at a time
	replies chan qmpMessage
	stopped chan struct{} // a token each time the machine has stopped by itself
	moved   chan string   // how a migration ended: "completed" or "failed"
	gone    chan struct{} // closed when qemu has closed the connection
}

type qmpMessage struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Desc string `json:"desc"`
	} `json:"error"`
	Event string `json:"event"`
	Data  struct {
		Status string `json:"status"`
	} `json:"data"`
}

// errMachineGone says that the machine has ended.
var errMachineGone = errors.New("the virtual machine is gone")

// newMonitor reads qemu's greeting and starts to listen.
func newMonitor(conn net.Conn) *monitor {
	m := &monitor{
		conn: conn, replies: make(chan qmpMessage, 1), gone: make(chan struct{}),
		stopped: make(chan struct{}, 1), moved: make(chan string, 1),
	}
	go m.listen()
	return m
}

func (m *monitor) listen() {
	defer close(m.gone)
	for dec := json.NewDecoder(bufio.NewReader(io.Reader(m.conn))); ; {
		var q qmpMessage
		if dec.Decode(&q) != nil {
			return
		}
		switch {
		case q.Event == "STOP":
			offer(m.stopped, struct{}{})
		case q.Event == "MIGRATION" && (q.Data.Status == "completed" || q.Data.Status == "failed"):
			offer(m.moved, q.Data.Status)
		case q.Event == "" && (q.Return != nil || q.Error != nil):
			m.replies <- q
		}
	}
}

// offer puts v into a channel that has room for it.
func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// do carries out one command.
func (m *monitor) do(command string, args map[string]any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := map[string]any{"execute": command}
	if args != nil {
		q["arguments"] = args
	}
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	if _, err := m.conn.Write(append(b, '\n')); err != nil {
		return errMachineGone
	}
	select {
	case r := <-m.replies:
		if r.Error != nil {
			return fmt.Errorf("qemu: %s: %s", command, r.Error.Desc)
		}
		return nil
	case <-m.gone:
		return errMachineGone
	}
}

// prepare negotiates what migrations need: events, and to leave out memory that is a file.
func (m *monitor) prepare() error {
	if err := m.do("qmp_capabilities", nil); err != nil {
		return err
	}
	on := func(name string) map[string]any { return map[string]any{"capability": name, "state": true} }
	return m.do("migrate-set-capabilities", map[string]any{"capabilities": []any{on("events"), on("x-ignore-shared")}})
}
