package world

import (
	"slices"
	"strings"
)

// Clock says how a world's time passes.
type Clock string

// The clocks. In virtual time a wait takes no longer than what happens in it.
const (
	Virtual Clock = "virtual"
	Real    Clock = "real"
)

// Info says what a world is, what it can do, and whether it can run here.
type Info struct {
	Name    string // as callers write it: "model", "model:freebsd", "kernel"
	Alias   string // the name of the world that this is another name of; "" for none
	What    Text
	System  string // whose rules it follows: "linux", "freebsd", "rfc9293"; the catalogue's word
	Release string // of the system, "6.18.0"; "" if it has none
	Clock   Clock

	Forks      bool // a lab can go back to a step of it and be driven on differently
	Trials     bool // it makes bind trials, here
	Captures   bool // its segments can be written as a capture file
	Measured   bool // its answers were seen on a running system; else they were read in documents
	Calculated bool // by rules, rather than by the system itself
	Default    bool // it takes part where a caller names no world
	Fleeting   bool // it may be gone later, so that what it told must be kept to be told again

	// Lane is the queue in which labs with this world wait, "": that of its clock. At most AtOnce labs of
	// a lane run, 0: as many as the Labs' limits say.
	Lane   string
	AtOnce int

	Runs    bool
	Why     string // why not
	Remedy  string // what would make it run
	Limits  map[string]string
	Details map[string]string // kernel release, rights found
}

// Tags are the names under which a line of a script, or an entry of the catalogue, means this world:
// its own, those of the families it belongs to, and those of the world that it is an alias of. The
// world "model:linux@6.1" has the tags "model", "model:linux" and "model:linux@6.1".
func (i *Info) Tags() []string {
	tags := families(i.Name)
	for _, tag := range families(i.Alias) {
		if tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// families are a name and what it is a part of.
func families(name string) (all []string) {
	for n, r := range name {
		if strings.ContainsRune(":@", r) {
			all = append(all, name[:n])
		}
	}
	return append(all, name)
}
