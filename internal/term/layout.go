package term

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Columns returns how many cells of a terminal s takes: Chinese characters take two, marks that
// combine with the character before them none.
func Columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Pad fills s with spaces on the right to n cells; a longer one stays as it is.
func Pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-Columns(s))) }

// PadLeft fills s with spaces on the left to n cells; a longer one stays as it is.
func PadLeft(s string, n int) string { return strings.Repeat(" ", max(0, n-Columns(s))) + s }

// Wrap breaks s into lines of at most n cells: between words, and between any two wide characters
// except before closing punctuation and after opening punctuation. A word that is too long is cut.
// If n is 0 or less, s is one line. There is always at least one line.
func Wrap(s string, n int) []string {
	if n <= 0 || Columns(s) <= n {
		return []string{s}
	}
	var lines []string
	line := ""
	for _, piece := range pieces(s) {
		if line != "" && Columns(line)+Columns(strings.TrimRight(piece, " ")) > n {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += piece
		for Columns(strings.TrimRight(line, " ")) > n {
			head := cut(line, n)
			lines = append(lines, head)
			line = line[len(head):]
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieces splits s where a line may end: after spaces and around wide characters.
func pieces(s string) []string {
	var out []string
	start := 0
	var last rune
	for i, r := range s {
		breaks := last == ' ' && r != ' ' || (wide(last) || wide(r)) && r != ' ' && !closes(r)
		if i > start && breaks && !opens(last) {
			out = append(out, s[start:i])
			start = i
		}
		last = r
	}
	return append(out, s[start:])
}

func wide(r rune) bool { return runeColumns(r) == 2 }

// closes reports whether no line may begin with r, opens whether none may end with it.
func closes(r rune) bool {
	return strings.ContainsRune("，。、；：？！”’）》」』】,.;:?!)]%", r)
}
func opens(r rune) bool { return strings.ContainsRune("“‘（《「『【([", r) }

// cut is the longest beginning of s of at most n cells, and at least one character.
func cut(s string, n int) string {
	have := 0
	for i, r := range s {
		if have += runeColumns(r); have > n && i > 0 {
			return s[:i]
		}
	}
	return s
}
