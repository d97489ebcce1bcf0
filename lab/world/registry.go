package world

import (
	"context"
	"slices"
)

// Maker makes worlds of one name.
type Maker struct {
	Name    string
	Default bool // as Info says; known without asking for all of it
	// Info says what the world is and whether it can run here and now. To find that out may take a
	// try, and so some time.
	Info func() Info
	// Open makes a world. The error says why it cannot be made here.
	Open func(Observer) (World, error)
	// Trials prepares to make trials; nil for a world that makes none. One that cannot make them here
	// says so when it is asked to.
	Trials func(context.Context) Trials
}

// A Source is what a package of worlds gives a program.
type Source interface {
	// Worlds are those with names of their own, in the order in which they are listed.
	Worlds() []Maker
	// Families are names that stand for any number of worlds, as people are shown them: "kernel:RELEASE".
	Families() []string
	// Resolve finds the world of a name that one of the families covers. It may be one that cannot run here.
	Resolve(name string) (Maker, bool)
	// Close ends what was kept ready for worlds to come.
	Close()
}

// Fixed is a Source of worlds that all have names of their own and keep nothing ready.
type Fixed []Maker

// Worlds are all of them.
func (f Fixed) Worlds() []Maker { return f }

// Families are none.
func (Fixed) Families() []string { return nil }

// Resolve finds nothing.
func (Fixed) Resolve(string) (Maker, bool) { return Maker{}, false }

// Close has nothing to do.
func (Fixed) Close() {}

// Registry is the worlds of a program. It does not change, and may be used from any goroutine.
type Registry struct {
	sources []Source
	makers  []Maker
}

// NewRegistry gathers the worlds of several packages. It panics where two have the same name.
func NewRegistry(sources ...Source) *Registry {
	r := &Registry{sources: sources}
	for _, s := range sources {
		for _, m := range s.Worlds() {
			if _, twice := r.listed(m.Name); twice {
				panic("BUG: two worlds are called " + m.Name)
			}
			r.makers = append(r.makers, m)
		}
	}
	return r
}

func (r *Registry) listed(name string) (Maker, bool) {
	i := slices.IndexFunc(r.makers, func(m Maker) bool { return m.Name == name })
	if i < 0 {
		return Maker{}, false
	}
	return r.makers[i], true
}

// Find finds the world of a name, listed or of a family.
func (r *Registry) Find(name string) (Maker, bool) {
	if m, ok := r.listed(name); ok {
		return m, true
	}
	for _, s := range r.sources {
		if m, ok := s.Resolve(name); ok {
			return m, true
		}
	}
	return Maker{}, false
}

// Names are those of the worlds listed, and then the families.
func (r *Registry) Names() []string {
	var names []string
	for _, m := range r.makers {
		names = append(names, m.Name)
	}
	for _, s := range r.sources {
		names = append(names, s.Families()...)
	}
	return names
}

// Infos are what the worlds listed are.
func (r *Registry) Infos() []Info {
	infos := make([]Info, len(r.makers))
	for i, m := range r.makers {
		infos[i] = m.Info()
	}
	return infos
}

// Default are the worlds where a caller names none. It tries nothing out.
func (r *Registry) Default() (names []string) {
	for _, m := range r.makers {
		if m.Default {
			names = append(names, m.Name)
		}
	}
	return names
}

// Knows reports whether a line of a script can be restricted to a name: one of a world's tags.
func (r *Registry) Knows(tag string) bool {
	if _, ok := r.Find(tag); ok {
		return true
	}
	return slices.ContainsFunc(r.makers, func(m Maker) bool {
		return slices.Contains(families(m.Name), tag)
	})
}

// Called are the names of the worlds listed that a word of the catalogue means: the world of that
// name, or else all that follow the rules of that system. Aliases are left out.
func (r *Registry) Called(word string) (names []string) {
	if m, ok := r.Find(word); ok {
		return []string{m.Name}
	}
	for _, i := range r.Infos() {
		if i.System == word && i.Alias == "" {
			names = append(names, i.Name)
		}
	}
	return names
}

// Close ends what the sources kept ready.
func (r *Registry) Close() {
	for _, s := range r.sources {
		s.Close()
	}
}
