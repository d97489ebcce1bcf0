package script

import (
	"fmt"
	"strings"
)

// maxProblems bounds how many mistakes one reading of a script reports.
const maxProblems = 20

// SyntaxError is all that is wrong with a script.
type SyntaxError struct {
	File     string // put before each place; "" for a script that has no name
	Problems []Problem
}

// Problem is one mistake in a script.
type Problem struct {
	Line, Column int    // from 1; columns count characters, not octets
	Detail       string // `unknown verb "bnid", did you mean bind?`
}

// Error lists the problems one a line, as compilers do: "restart.txt:7:12: unknown verb …".
func (e *SyntaxError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Detail)
		if e.File != "" {
			lines[i] = e.File + ":" + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// Unknown says that word is not one of the words known, and names the nearest.
func Unknown(what, word string, known []string) string {
	s := fmt.Sprintf("unknown %s %q", what, Clip(word))
	if near := Nearest(word, known); near != "" {
		return s + ", did you mean " + near + "?"
	}
	if n := len(known); 0 < n && n <= 12 {
		return s + ", expected " + oneOf(known)
	}
	return s
}

// oneOf joins words as a sentence does: "a, b or c".
func oneOf(words []string) string {
	n := len(words)
	switch n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	}
	return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
}

// Clip keeps a word that a message quotes to a size that a terminal can bear.
func Clip(word string) string {
	const most = 40
	if r := []rune(word); len(r) > most {
		return string(r[:most]) + "…"
	}
	return word
}

// Nearest is the known word that a typist most likely meant, "" when none is near.
// Upper and lower case and "_" and "-" are the same to it.
func Nearest(word string, known []string) string {
	fold := func(s string) []rune { return []rune(strings.ReplaceAll(strings.ToLower(s), "_", "-")) }
	w := fold(word)
	if len(w) > 40 {
		return ""
	}
	best, found := 1+min(2, len(w)/2), ""
	for _, k := range known {
		if d := editDistance(w, fold(k)); d < best {
			best, found = d, k
		}
	}
	return found
}

// editDistance counts the insertions, deletions, substitutions and exchanges of neighbours
// that turn a into b (optimal string alignment).
func editDistance(a, b []rune) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
