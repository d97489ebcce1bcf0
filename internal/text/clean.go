// Package text prepares text for people. Above all it makes strings from outside (command lines,
// user and file names, interface names, comments of scripts and captures, addresses) safe to show
// on a terminal, in a log and beside our own words.
//
// It is a leaf: it imports none of our packages, and every package may import it.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLen is the greatest number of characters that [Clean] keeps of a string. It is more than the
// longest line that the program prints on purpose and far less than an argument list may have.
const MaxLen = 4096

// Clean returns s as one line of characters that can be seen. Everything else appears as an escape,
// so that nothing is lost silently and nothing acts on the reader's terminal:
//
//   - control characters, C0 and C1, as \n, \r, \t, \x1b or \u0085;
//   - format characters (bidirectional controls, zero-width characters, the byte order mark, tags),
//     line and paragraph separators, private-use and unassigned code points as \u202e or
//     \U000e0001;
//   - characters that leave a blank or nothing at all (Hangul fillers, variation selectors)
//     likewise;
//   - bytes that are not UTF-8 as \xff.
//
// Spaces other than U+0020 and the ideographic space U+3000 are escaped too. A backslash stays as
// it is: the escapes are for people and cannot be turned back. Of more than [MaxLen] characters the
// rest is replaced by an ellipsis.
func Clean(s string) string { return clean(s, "") }

// CleanLines is [Clean] for text of several lines: a newline, alone or after a carriage return,
// stays a newline. What came from outside and stands within a line must have gone through Clean
// before, or else it may pretend to be a line of ours.
func CleanLines(s string) string {
	return clean(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
}

// Clip is [Clean] for a string that should take at most n characters: of a longer one the first n-1
// remain, and an ellipsis. n is at least 1.
func Clip(s string, n int) string {
	s = Clean(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return head(s, n-1) + "…"
}

func clean(s, keep string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	n := 0
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		if n++; n > MaxLen {
			b.WriteRune('…')
			break
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case visible(r), strings.ContainsRune(keep, r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
	}
	return b.String()
}

// plain reports whether s is short and printable ASCII, as most strings are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= MaxLen
}

// visible reports whether r shows as something and does nothing else.
func visible(r rune) bool {
	switch {
	case r == '\u3000': // the space of Chinese text, as wide as a character
		return true
	case !unicode.IsPrint(r):
		return false
	case r == '\u2800': // the blank of Braille
		return false
	}
	// Letters and marks that a renderer leaves out: Hangul fillers, the combining grapheme joiner.
	return !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	switch {
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// head is the first n characters of s.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
