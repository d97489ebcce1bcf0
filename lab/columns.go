package lab

import (
	"fourwave/lab/script"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columns is how many cells of a terminal s takes: Chinese characters take two, marks that
// combine with the character before them none.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func pad(s string, n int) string     { return s + strings.Repeat(" ", max(0, n-columns(s))) }
func padLeft(s string, n int) string { return strings.Repeat(" ", max(0, n-columns(s))) + s }

// wrap breaks s into lines of at most n columns: between words, and between any two Chinese
// characters except before punctuation. n of nought is one line. There is always one line.
func wrap(s string, n int) []string {
	if n <= 0 || columns(s) <= n {
		return []string{s}
	}
	var lines []string
	line := ""
	for _, piece := range pieces(s) {
		if line != "" && columns(line)+columns(strings.TrimRight(piece, " ")) > n {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += piece
		for columns(strings.TrimRight(line, " ")) > n { // one word that is too long
			head := cutColumns(line, n)
			lines = append(lines, head)
			line = line[len(head):]
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieces splits s where a line may end: behind spaces and around wide characters.
func pieces(s string) []string {
	var out []string
	start := 0
	var last rune
	for i, r := range s {
		breaks := last == ' ' && r != ' ' || (script.Wide(last) || script.Wide(r)) && r != ' ' && !closes(r)
		if i > start && breaks && !opens(last) {
			out = append(out, s[start:i])
			start = i
		}
		last = r
	}
	return append(out, s[start:])
}

// closes reports whether no line may begin with r, opens whether none may end with it.
func closes(r rune) bool {
	return strings.ContainsRune("，。、；：？！”’）》」』】,.;:?!)]%", r)
}
func opens(r rune) bool { return strings.ContainsRune("“‘（《「『【([", r) }

// cutColumns is the longest beginning of s of at most n columns, and at least one character.
func cutColumns(s string, n int) string {
	have := 0
	for i, r := range s {
		if have += runeColumns(r); have > n && i > 0 {
			return s[:i]
		}
	}
	return s
}
