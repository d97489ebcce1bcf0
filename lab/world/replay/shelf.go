package replay

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"fourwave/lab/capture"
	"fourwave/lab/world"
)

// Family begins the names of the worlds of this package: "capture:ID:N".
const Family = "capture"

// Bounds of what is kept.
const (
	maxFiles   = 16      // the oldest go first
	maxPackets = 200_000 // over all of them
)

// Shelf keeps what was read of the last captures, and is the source of their worlds. Its methods
// may be called from any goroutine.
type Shelf struct {
	mu      sync.Mutex
	order   []string
	files   map[string]*capture.File
	packets int
}

// NewShelf makes a Shelf with nothing on it.
func NewShelf() *Shelf { return &Shelf{files: make(map[string]*capture.File)} }

// Put keeps a file under an id, and lets the oldest go.
func (s *Shelf) Put(id string, f *capture.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id], s.order = f, append(s.order, id)
	s.packets += f.Packets
	for len(s.order) > 1 && (len(s.order) > maxFiles || s.packets > maxPackets) {
		old := s.order[0]
		s.packets -= s.files[old].Packets
		delete(s.files, old)
		s.order = s.order[1:]
	}
}

// Get finds a file; nil if it is not, or no longer, there.
func (s *Shelf) Get(id string) *capture.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files[id]
}

// Name is the world of a connection of a capture.
func Name(id string, n int) string { return Family + ":" + id + ":" + strconv.Itoa(n) }

// find is the connection that a world's name means; nil if there is none any more.
func (s *Shelf) find(name string) *capture.Conn {
	id, number, _ := strings.Cut(strings.TrimPrefix(name, Family+":"), ":")
	n, err := strconv.Atoi(number)
	f := s.Get(id)
	if err != nil || f == nil || n < 1 {
		return nil
	}
	for _, c := range f.Connections { // their numbers stay what they were if only some are kept
		if c.N == n {
			return c
		}
	}
	return nil
}

// Worlds are none: each capture is named when it is wanted.
func (s *Shelf) Worlds() []world.Maker { return nil }

// Families is the form of the names.
func (s *Shelf) Families() []string { return []string{Family + ":ID:N"} }

// Resolve finds the world of a connection. One that is no longer kept is found too; it cannot run
// and says why.
func (s *Shelf) Resolve(name string) (world.Maker, bool) {
	if name != Family && !strings.HasPrefix(name, Family+":") {
		return world.Maker{}, false
	}
	return world.Maker{
		Name: name,
		Info: func() world.Info { return s.info(name) },
		Open: func(obs world.Observer) (world.World, error) {
			c := s.find(name)
			if c == nil {
				return nil, fmt.Errorf("%s: %s", name, gone)
			}
			return open(c, obs), nil
		},
	}, true
}

// Close has nothing to do.
func (s *Shelf) Close() {}

const gone = "there is no such connection of a capture; the last few captures are kept"

func (s *Shelf) info(name string) world.Info {
	w := world.Info{
		Name: name, System: Family, Clock: world.Virtual, Captures: true, Measured: true, Fleeting: true, Runs: true,
		What: world.Text{
			En: "a connection that was captured, as far as a capture can tell; it runs nothing",
			Zh: "抓包中的一个连接，以抓包能看出的为限；它不运行任何东西",
		},
	}
	c := s.find(name)
	if c == nil {
		w.Runs, w.Why, w.Remedy = false, gone, "Read the capture again"
		return w
	}
	w.Details = map[string]string{"a": c.A.String(), "b": c.B.String(), "packets": strconv.Itoa(c.Packets)}
	return w
}
