// Package text is for text that people read, and for text that came from outside.
package text

import (
	"strings"
	"unicode"
)

// Clean takes out what could move a terminal's cursor or change its colours.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}
