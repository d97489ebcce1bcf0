package lab

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Difference is an entry of the catalogue of known differences: worlds that do not behave alike,
// where, and by which source.
type Difference struct {
	ID string
	// Worlds are in groups, each world by its name or all of a system by the system's. Those of one group
	// behave alike, those of two groups differ.
	Worlds [][]string
	Kernel string // which releases of Linux it is about: "6.18 seen", "5.7 on", "to 6.7", "5.10 to 6.13"; "" if none
	Text   Text   // what differs
	Source string // the RFC's section, the kernel's function, the vendor's document
	Seen   []string
	seen   []pattern
}

// The catalogue is a text file, one entry a paragraph, one field a line that goes on where the next
// is indented. "worlds" has the groups apart by "|"; a system's name stands for its model, and linux for
// the kernel too. "seen" says how a difference is recognised:
//
//	seen: WHAT [= WORD] [in STATE] [on EVENT] [by RULE]
//
// WHAT is a verb of the script whose results differ, or "enters" (a state), "sends" (a segment) or
// "lasts" (a time); WORD is the result, the state, the kind of segment. One of the two worlds must fit in all
// that is said; "|" stands between alternatives, and "*" ends a word that may go on.
//
//go:embed differences.txt
var differences string

// Differences lists the catalogue in its order. The slice is the caller's; what it holds is not
// to be changed.
func Differences() []Difference { return slices.Clone(catalogue()) }

var catalogue = sync.OnceValue(func() []Difference {
	all, err := readCatalogue(differences)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return all
})

// FindDifference finds an entry of the catalogue by its id.
func FindDifference(id string) (Difference, bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(d Difference) bool { return d.ID == id })
	if i < 0 {
		return Difference{}, false
	}
	return all[i], true
}

func readCatalogue(text string) ([]Difference, error) {
	var all []Difference
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		d, err := readDifference(paragraph)
		if err != nil {
			return nil, fmt.Errorf("difference %s: %w", d.ID, err)
		}
		if d.ID != "" {
			all = append(all, d)
		}
	}
	return all, nil
}

// readDifference reads one paragraph; one of nothing but comments is no entry.
func readDifference(paragraph string) (d Difference, err error) {
	var worlds string
	fields := map[string]*string{
		"id": &d.ID, "worlds": &worlds, "kernel": &d.Kernel, "source": &d.Source, "text": &d.Text.En, "text.zh": &d.Text.Zh,
	}
	var field *string
	for line := range strings.Lines(paragraph) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == ' ' && field != nil:
			*field = script.JoinLines([]string{*field, line})
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if key == "seen" {
			d.Seen = append(d.Seen, value)
			field = &d.Seen[len(d.Seen)-1]
			continue
		}
		if field = fields[key]; field == nil || *field != "" {
			return d, fmt.Errorf("field %q is unknown or comes twice", key)
		}
		*field = value
	}
	if d.ID == "" && worlds == "" {
		return d, nil
	}
	for key, value := range fields {
		if *value == "" && key != "kernel" {
			return d, fmt.Errorf("field %q is missing", key)
		}
	}
	if d.Worlds, err = readWorlds(worlds); err != nil {
		return d, err
	}
	for _, s := range d.Seen {
		p, err := readPattern(s)
		if err != nil {
			return d, err
		}
		d.seen = append(d.seen, p)
	}
	_, _, err = d.releases()
	return d, err
}

// readWorlds reads the groups of worlds.
func readWorlds(s string) (groups [][]string, err error) {
	for names := range strings.SplitSeq(s, "|") {
		var group []string
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name == "" {
				return nil, fmt.Errorf("a world without a name in %q", s)
			}
			group = append(group, name)
		}
		groups = append(groups, group)
	}
	if len(groups) < 2 {
		return nil, fmt.Errorf("one group of worlds cannot differ: %q", s)
	}
	return groups, nil
}

// Concerns reports whether the entry speaks of a world, given one; of a difference between two of
// them, given several; it does if none is given.
func (d *Difference) Concerns(worlds []world.Info) bool {
	if len(worlds) == 1 {
		return d.group(&worlds[0]) >= 0
	}
	groups := map[int]bool{}
	for i := range worlds {
		if g := d.group(&worlds[i]); g >= 0 {
			groups[g] = true
		}
	}
	return len(worlds) == 0 || len(groups) > 1
}

// group is the group that a world belongs to: the one that names it, or else its system; -1 for none.
func (d *Difference) group(w *world.Info) int {
	named := slices.IndexFunc(d.Worlds, func(g []string) bool {
		return slices.ContainsFunc(w.Tags(), func(tag string) bool { return slices.Contains(g, tag) })
	})
	if named >= 0 {
		return named
	}
	return slices.IndexFunc(d.Worlds, func(g []string) bool { return slices.Contains(g, w.System) })
}

// between reports whether the entry says that two worlds differ, as they are. Its releases are those of
// systems that run; the model of one stays what it is. An entry with a last release tells apart any two
// Linuxes, run or calculated, of which one is within its releases and the other is not.
func (d *Difference) between(worlds [2]*world.Info) bool {
	a, b := d.group(worlds[0]), d.group(worlds[1])
	from, to, _ := d.releases()
	if to != nil && worlds[0].System == "linux" && worlds[1].System == "linux" {
		one, known := within(worlds[0], from, to)
		other, too := within(worlds[1], from, to)
		return known && too && one != other
	}
	if a < 0 || b < 0 || a == b {
		return false
	}
	for _, w := range worlds {
		if w.Calculated || from == nil && to == nil {
			continue
		}
		have := parseRelease(w.Release)
		if have == nil || from != nil && slices.Compare(have, from) < 0 || to != nil && slices.Compare(have, to) > 0 {
			return false
		}
	}
	return true
}

// modelRelease is the Linux that the world model:linux is a model of, for ever.
const modelRelease = "6.18"

// within reports whether the release of a Linux lies between two others, nil for no bound.
func within(w *world.Info, from, to []int) (is, known bool) {
	release := w.Release
	if release == "" && w.Calculated {
		release = modelRelease
	}
	have := parseRelease(release)
	if have == nil {
		return false, false
	}
	return (from == nil || slices.Compare(have, from) >= 0) && (to == nil || slices.Compare(have, to) <= 0), true
}

// releases are the first and the last release of Linux that the entry holds for, nil where it has no
// bound.
func (d *Difference) releases() (from, to []int, err error) {
	first, second, _ := strings.Cut(d.Kernel, " ")
	if last, ok := strings.CutPrefix(second, "to "); ok {
		from, to = parseRelease(first), parseRelease(last)
		if from != nil && to != nil && slices.Compare(from, to) <= 0 {
			return from, to, nil
		}
	}
	switch {
	case d.Kernel == "":
		return nil, nil, nil
	case second == "seen" && parseRelease(first) != nil:
		return nil, nil, nil
	case second == "on" && parseRelease(first) != nil:
		return parseRelease(first), nil, nil
	case first == "to" && parseRelease(second) != nil:
		return nil, parseRelease(second), nil
	}
	return nil, nil, fmt.Errorf(`kernel %q is not "6.18 seen", "5.7 on", "to 6.7" or "5.10 to 6.13"`, d.Kernel)
}

// parseRelease reads the first two numbers of a kernel's release; nil if there are none.
func parseRelease(s string) []int {
	parts := strings.SplitN(s, ".", 3)
	if len(parts) < 2 {
		return nil
	}
	minor := parts[1]
	if i := strings.IndexFunc(minor, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		minor = minor[:i] // "10-rc1"
	}
	var out []int
	for _, p := range []string{parts[0], minor} {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// pattern is what a difference is recognised by. An empty list is fitted by all.
type pattern struct{ what, words, states, events, rules []string }

func readPattern(s string) (p pattern, err error) {
	rest := s
	for _, part := range []struct {
		word string
		list *[]string
	}{{" by ", &p.rules}, {" on ", &p.events}, {" in ", &p.states}, {" = ", &p.words}, {"", &p.what}} {
		if part.word == "" {
			p.what = alternatives(rest)
		} else if before, after, ok := strings.Cut(rest, part.word); ok {
			*part.list, rest = alternatives(after), before
		}
	}
	for _, st := range p.states {
		if _, ok := fsm.ParseState(st); !ok {
			return p, fmt.Errorf("%q has no state %q", s, st)
		}
	}
	for _, e := range p.events {
		if _, ok := fsm.ParseEvent(e); !ok {
			return p, fmt.Errorf("%q has no event %q", s, e)
		}
	}
	for _, w := range p.what {
		if w != "enters" && w != "sends" && w != "lasts" && !script.IsVerb(w) {
			return p, fmt.Errorf("%q begins with no verb: %q", s, w)
		}
	}
	return p, nil
}

func alternatives(s string) []string {
	var out []string
	for a := range strings.SplitSeq(s, "|") {
		out = append(out, strings.TrimSpace(a))
	}
	return out
}

// fits reports whether a finding is what the pattern says.
func (p *pattern) fits(f *finding) bool {
	return fitsOne(p.what, f.what) && slices.ContainsFunc(f.sides[:], func(s side) bool {
		return fitsOne(p.words, s.word) && fitsOne(p.states, string(s.state)) && fitsOne(p.events, s.event) && fitsOne(p.rules, s.rule)
	})
}

func fitsOne(list []string, word string) bool {
	return list == nil || slices.ContainsFunc(list, func(want string) bool {
		start, open := strings.CutSuffix(want, "*")
		return word == want || open && strings.HasPrefix(word, start)
	})
}

// known is the catalogue's entry for a finding, nil if it has none.
func (f *finding) known() *Difference {
	if f.sought {
		return f.entry
	}
	f.sought = true
	all := catalogue()
	for i := range all {
		d := &all[i]
		if slices.ContainsFunc(d.seen, func(p pattern) bool { return p.fits(f) }) && d.between(f.infos) {
			f.entry = d
			break
		}
	}
	return f.entry
}
