package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// operators compare releases in a restriction, the longer ones first.
var operators = []string{"<=", ">=", "<", ">"}

// cutRelease takes "kernel<6.14" apart. op is "" for a name alone.
func cutRelease(only string) (name, op, release string) {
	for _, op := range operators {
		if name, release, ok := strings.Cut(only, op); ok {
			return name, op, release
		}
	}
	return only, "", ""
}

// RunsIn reports whether the step is for a world that goes by these names, its own and those of the
// families it belongs to, and whose system has this release, "" for none: "[kernel<6.14]" is for kernels
// before 6.14. A release counts as far as the restriction has numbers, so that 6.14.3 is no later than
// 6.14.
func (s *Step) RunsIn(names []string, release string) bool {
	return len(s.Worlds) == 0 || slices.ContainsFunc(s.Worlds, func(only string) bool {
		name, op, bound := cutRelease(only)
		return slices.Contains(names, name) && (op == "" || holds(release, op, bound))
	})
}

func holds(release, op, bound string) bool {
	want, ok := parseRelease(bound)
	have, known := parseRelease(release)
	if !ok || !known {
		return false
	}
	switch c := slices.Compare(have[:min(len(have), len(want))], want); op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	default:
		return c >= 0
	}
}

// parseRelease reads the numbers that a release begins with: two or three of "6.18.0-rc1".
func parseRelease(s string) (numbers []int, ok bool) {
	for _, part := range strings.SplitN(s, ".", 3) {
		digits := part
		if i := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			digits = part[:i]
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
		if digits != part {
			break
		}
	}
	return numbers, len(numbers) >= 2
}

// restriction reads [world], or [world,world].
func (p *lineParser) restriction() {
	if !strings.HasPrefix(p.peek(), "[") {
		return
	}
	col, text := p.here(), ""
	for {
		w := p.word("]")
		text += w
		if w == "" || strings.HasSuffix(w, "]") {
			break
		}
	}
	if p.wrong != "" {
		p.wrong, p.col = `"[" is never closed, expected [world]`, col
		return
	}
	for name := range strings.SplitSeq(text[1:len(text)-1], ",") {
		if wrong := p.worldWrong(name); wrong != "" {
			p.fail(col+1, "%s", wrong)
			return
		}
		p.step.Worlds = append(p.step.Worlds, name)
	}
}

// worldWrong says what is wrong with a world that a line is restricted to, "" if nothing is.
func (p *lineParser) worldWrong(only string) string {
	name, op, release := cutRelease(only)
	strange := func(r rune) bool {
		return !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(":@._-", r))
	}
	switch {
	case name == "" || len(only) > maxWorldName || strings.ContainsFunc(name, strange):
		return fmt.Sprintf("bad name of a world %q", Clip(only))
	case op != "" && !isRelease(release):
		return fmt.Sprintf("%q is no release, expected one such as 6.14", Clip(release))
	case p.worlds != nil && !p.worlds.Knows(name):
		return Unknown("world", name, p.worlds.Names())
	}
	return ""
}

// isRelease reports whether s is numbers alone, two or three of them.
func isRelease(s string) bool {
	_, ok := parseRelease(s)
	return ok && strings.Trim(s, "0123456789.") == "" && !strings.Contains(s, "..") &&
		!strings.HasSuffix(s, ".") && strings.Count(s, ".") <= 2
}
