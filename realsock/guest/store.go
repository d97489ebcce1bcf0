package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Options say where a Store keeps things. The zero value takes the defaults.
type Options struct {
	Data  string // kernels added; default $XDG_DATA_HOME/fourwave/kernels
	Cache string // saved machines; default $XDG_CACHE_HOME/fourwave/guests
	Init  string // a guest's first process; default this program's own file
	Qemu  string // default qemu-system-x86_64, as found on PATH
	Most  int    // machines at once; default two for every processor
}

// Store is the kernels that were added, and what runs them. It may be used from any goroutine.
type Store struct {
	data, cache string
	options     Options
	saving      sync.Mutex
	slots       chan struct{}
	spawner     spawner
	qemuOnce    func() (*qemuFound, error)
	initOnce    func() (*initFile, error)
}

// NewStore gives a Store. It touches no file before it is asked something.
func NewStore(o Options) *Store {
	if o.Data == "" {
		o.Data = filepath.Join(xdg("XDG_DATA_HOME", ".local/share"), "fourwave", "kernels")
	}
	if o.Cache == "" {
		o.Cache = filepath.Join(xdg("XDG_CACHE_HOME", ".cache"), "fourwave", "guests")
	}
	if o.Most == 0 {
		o.Most = 2 * runtime.NumCPU()
	}
	s := &Store{data: o.Data, cache: o.Cache, options: o, slots: make(chan struct{}, o.Most)}
	s.qemuOnce = sync.OnceValues(s.findQemu)
	s.initOnce = sync.OnceValues(s.readInit)
	return s
}

// xdg is a base directory (XDG Base Directory Specification). A relative one is ignored, as it
// asks.
func xdg(variable, fallback string) string {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	return filepath.Join(home, fallback)
}

// Most is how many machines run at once.
func (s *Store) Most() int { return s.options.Most }

// Kernel is one that was added.
type Kernel struct {
	Version string `json:"version"` // "6.1.192"
	Release string `json:"release"` // as uname -r gives it, "6.1.0-56-cloud-amd64"
	Source  string `json:"source"`  // the file it came from, its name only
	Digest  string `json:"digest"`  // SHA-256 of image and modules
	Modules int    `json:"modules"`

	dir string
}

func (k *Kernel) image() string { return filepath.Join(k.dir, "vmlinuz") }

// Kernels are those added, oldest version first. Directories that hold none are left out.
func (s *Store) Kernels() ([]*Kernel, error) {
	entries, err := os.ReadDir(s.data)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var all []*Kernel
	for _, e := range entries {
		k := &Kernel{dir: filepath.Join(s.data, e.Name())}
		b, err := os.ReadFile(filepath.Join(k.dir, "about.json"))
		if err != nil || json.Unmarshal(b, k) != nil || k.Version != e.Name() {
			continue
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b *Kernel) int { return CompareVersions(a.Version, b.Version) })
	return all, nil
}

// Find finds the newest kernel of a series, "6.1", or the one of a version, "6.1.192".
func (s *Store) Find(version string) (*Kernel, error) {
	all, err := s.Kernels()
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Backward(all) {
		if k.Version == version || strings.HasPrefix(k.Version, version+".") {
			return k, nil
		}
	}
	return nil, &UnknownKernel{Version: version, There: all}
}

// UnknownKernel is the error for a version that was not added.
type UnknownKernel struct {
	Version string
	There   []*Kernel
}

func (e *UnknownKernel) Error() string {
	there := "none has been added"
	if len(e.There) > 0 {
		var names []string
		for _, k := range e.There {
			names = append(names, k.Version)
		}
		there = "there are " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("no Linux %s among the kernels added (%s): fourwave kernel says how to get one", e.Version,
		there)
}

// Remove removes a kernel and every machine saved of it.
func (s *Store) Remove(k *Kernel) error {
	places, err := filepath.Glob(filepath.Join(s.cache, "*", "about.json"))
	if err != nil {
		return err
	}
	for _, place := range places {
		var about struct {
			Kernel string `json:"kernel"`
		}
		if b, err := os.ReadFile(place); err != nil || json.Unmarshal(b, &about) != nil || about.Kernel != k.Version {
			continue
		}
		if err := os.RemoveAll(filepath.Dir(place)); err != nil {
			return err
		}
	}
	return os.RemoveAll(k.dir)
}

// Launcher gives a kernel as a launcher.
func (s *Store) Launcher(k *Kernel) *Guest { return &Guest{store: s, kernel: k} }

// versionForm is what a series or a version looks like.
var versionForm = regexp.MustCompile(`^\d{1,3}(\.\d{1,5}){1,2}$`)

// IsVersion reports whether a word is a series or a version, "6.1" or "6.1.192".
func IsVersion(word string) bool { return versionForm.MatchString(word) }

// CompareVersions orders versions number by number: 6.1.9 before 6.1.192 before 6.12.
func CompareVersions(a, b string) int {
	number := func(s string) []int {
		var all []int
		for _, field := range strings.Split(s, ".") {
			n, err := strconv.Atoi(field)
			if err != nil {
				n = -1
			}
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(number(a), number(b))
}
