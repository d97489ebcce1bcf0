// Package term says what a terminal can show: whether a writer is one, how wide it is, whether
// colours are wanted, and how text is laid out in its cells, Chinese text among it.
//
// It is a leaf: it imports none of our packages, and every package may import it.
package term

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// DefaultWidth is the width in cells where nothing says otherwise.
const DefaultWidth = 100

// Out is what is known of a writer.
type Out struct {
	Terminal bool // it is a terminal
	Width    int  // in cells; COLUMNS or DefaultWidth where there is no terminal
	Color    bool // it is a terminal, and the user has not set NO_COLOR (no-color.org)
}

// Of looks at a writer and at the environment's COLUMNS, NO_COLOR and TERM.
func Of(w io.Writer) Out {
	out := Out{Width: DefaultWidth}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		out.Width = n
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return out
	}
	out.Terminal = true
	out.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		out.Width = n
	}
	return out
}

// ClearLine moves the cursor to the beginning of the line and erases the line.
const ClearLine = "\r\x1b[K"

// Ink is an ANSI colour or weight (ECMA-48 SGR). It may only repeat what the words say.
type Ink string

// The inks in use.
const (
	Plain Ink = ""
	Bold  Ink = "1"
	Dim   Ink = "2"
	Red   Ink = "31"
	Green Ink = "32"
)

// Paint returns s in an ink.
func Paint(s string, k Ink) string {
	if k == Plain || s == "" {
		return s
	}
	return "\x1b[" + string(k) + "m" + s + "\x1b[0m"
}
