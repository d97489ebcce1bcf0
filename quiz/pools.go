package quiz

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// poolText is what was counted of each kind: how many distinct facts the first seeds of its levels
// have (a lower bound), the interactions of its parts, and the misconceptions its wrong answers
// come from. A test writes it.
//
//go:embed pools.txt
var poolText string

// counted is poolText by kind.
var countedPools = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(poolText) {
		f := strings.Split(strings.TrimRight(line, "\n"), " ")
		m[f[0]] = f[1:]
	}
	return m
})

// List gives the kinds of questions with levels, in the order of the register.
func List() []Kind {
	out := slices.Clone(registry)
	for i := range out {
		k := &out[i]
		k.Levels, k.Versions, k.Exports, k.Myths = []int{1, 2, 3}, []int{Version}, []string{"json"}, []string{}
		if k.ID == NextState || k.ID == WillItBind {
			k.Versions = []int{1, Version}
		}
		f := countedPools()[k.ID]
		if len(f) < 3 {
			continue
		}
		k.Pool, _ = strconv.Atoi(f[0])
		for _, w := range strings.Split(f[1], "+") {
			k.Interactions = append(k.Interactions, Interaction(w))
		}
		k.Interaction = k.Interactions[0]
		if f[2] != "" {
			k.Myths = strings.Split(f[2], ",")
		}
		k.Exports = append(Formats(k.Interactions), "json")
	}
	return out
}

// carried says which export formats carry an interaction as a question that they grade themselves,
// or, of a script, as an essay for a human to mark.
var carried = map[Interaction][]string{
	ByChoice:  {"gift", "moodle", "qti12", "qti21", "qti3", "aiken"},
	ByLine:    {"gift", "moodle", "qti12", "qti21", "qti3", "aiken"},
	ByChoices: {"gift", "moodle", "qti12", "qti21", "qti3"},
	ByNumber:  {"gift", "moodle", "qti12", "qti21", "qti3"},
	ByMatch:   {"gift", "moodle", "qti12", "qti21", "qti3"},
	ByFields:  {"moodle", "qti12", "qti21", "qti3"},
	ByOrder:   {}, // its credit is the longest part in order, which no format computes
	ByScript:  {"gift", "moodle", "qti21", "qti3"},
	BySteps:   {},
}

// Formats are the export formats that carry all of some interactions.
func Formats(ways []Interaction) []string {
	out := []string{}
	for _, f := range carried[ByChoice] {
		if !slices.ContainsFunc(ways, func(w Interaction) bool { return !slices.Contains(carried[w], f) }) {
			out = append(out, f)
		}
	}
	return out
}
