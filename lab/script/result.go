package script

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
)

// NotRun is the result of a step that a world could not or should not carry out.
const NotRun = "not run"

// Pending is the result of a call that has not come back and has nothing to show yet; await collects it.
// Stalled is that of one that cannot come back: nothing is under way and no timer runs.
const (
	Pending = "pending"
	Stalled = "stalled"
)

// gives is the set of results that a verb can come to. An error number, "not run" and
// "unknown" (a system that documents nothing) are always among them.
type gives uint

const (
	givesOK     gives = 1 << iota
	givesNumber       // octets, rows
	givesEOF
	givesState
	givesTimer
	givesRows
	givesAnswer // what a forged segment is answered with
	givesPending
	givesStalled
)

var givesWords = []struct {
	g     gives
	words string
}{
	{givesOK, "ok"},
	{givesNumber, "a number"},
	{givesEOF, "EOF"},
	{givesState, "a state"},
	{givesTimer, `a timer ("timewait 59.8s") or none`},
	{givesRows, `rows ("TIME-WAIT :7865, LISTEN :7865") or none`},
	{givesAnswer, "an answer (ACK, RST, RST+ACK, SYN+ACK, …) or silence"},
	{givesPending, "pending"},
	{givesStalled, "stalled"},
}

func (g gives) String() string {
	var words []string
	for _, w := range givesWords {
		if g&w.g != 0 {
			words = append(words, w.words)
		}
	}
	return oneOf(append(words, "an errno"))
}

// timerKinds are the timers that the verb timer names, as sock_diag tells them apart.
var timerKinds = []string{"retransmit", "keepalive", "timewait", "probe", "usertimeout", "finwait2"}

// parseResult reads what a line expects and gives it in its normal form: states in RFC
// spelling, flags in header order, addresses in full. wrong says what is wrong, or is "".
func parseResult(text string, g gives) (normal, wrong string) {
	switch {
	case text == NotRun || text == "unknown":
		return text, ""
	case IsErrno(text):
		return text, ""
	case text == "ok" && g&givesOK != 0,
		text == "EOF" && g&givesEOF != 0,
		text == "none" && g&(givesTimer|givesRows) != 0,
		text == "silence" && g&givesAnswer != 0,
		text == Pending && g&givesPending != 0,
		text == Stalled && g&givesStalled != 0:
		return text, ""
	}
	if g&givesState != 0 {
		if st, ok := fsm.ParseState(text); ok {
			return string(st), ""
		}
	}
	if g&givesNumber != 0 {
		if n, err := strconv.ParseUint(text, 10, 63); err == nil {
			return strconv.FormatUint(n, 10), ""
		}
	}
	if g&givesTimer != 0 {
		if t, ok := ParseTimer(text); ok {
			return t.String(), ""
		}
	}
	if g&givesAnswer != 0 {
		if a, ok := ParseAnswer(text); ok {
			return a, ""
		}
	}
	if g&givesRows != 0 {
		if rows, err := parseRows(text); err == "" {
			return rows, ""
		} else if _, ok := fsm.ParseState(firstWord(text)); ok {
			return "", err
		}
	}
	return "", wrongResult(text, g)
}

func firstWord(s string) string {
	s, _, _ = strings.Cut(s, " ")
	return s
}

// wrongResult says why text is no result: a word that is a result, but of another verb, is
// told apart from one that is none at all.
func wrongResult(text string, g gives) string {
	every := ^gives(0)
	if g != every {
		if _, wrong := parseResult(text, every); wrong == "" {
			return fmt.Sprintf("result %q cannot come from this verb, expected %s", Clip(text), g)
		}
	}
	known := slices.Concat([]string{"ok", "EOF", "none", "silence", NotRun, Pending, Stalled}, stateWords(), errnos)
	if g&givesTimer != 0 {
		known = append(known, timerKinds...)
	}
	if near := Nearest(text, known); near != "" {
		return fmt.Sprintf("unknown result %q, did you mean %s?", Clip(text), near)
	}
	return fmt.Sprintf("unknown result %q, expected %s", Clip(text), g)
}

// Timer is what the verb timer says: which one runs, and what is left of it.
type Timer struct {
	Kind string // "none" when none runs
	Left time.Duration
	Any  bool // no time was given
}

// ParseTimer reads "timewait 59.8s", "timewait" (whatever is left) and "none".
func ParseTimer(s string) (Timer, bool) {
	kind, left, given := strings.Cut(s, " ")
	if kind == "none" {
		return Timer{Kind: kind}, !given
	}
	for _, k := range timerKinds {
		if k != kind {
			continue
		}
		if !given {
			return Timer{Kind: kind, Any: true}, true
		}
		d, err := time.ParseDuration(left)
		return Timer{Kind: kind, Left: d}, err == nil && d >= 0
	}
	return Timer{}, false
}

// String is the form in which worlds and scripts write a timer, to a tenth of a second.
func (t Timer) String() string {
	if t.Kind == "none" || t.Any {
		return t.Kind
	}
	return fmt.Sprintf("%s %.1fs", t.Kind, t.Left.Seconds())
}

// ParseAnswer reads the segments that answer a forged one: flags joined by "+", several
// segments apart by commas or spaces.
func ParseAnswer(s string) (string, bool) {
	var out []string
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' }) {
		if strings.EqualFold(word, "data") {
			out = append(out, "DATA")
			continue
		}
		f, bad := ParseFlags(word)
		if bad != "" {
			return "", false
		}
		out = append(out, joinFlags(f))
	}
	return strings.Join(out, ", "), len(out) > 0
}

var flagWords = []struct {
	name string
	f    fsm.Flags
}{{"SYN", fsm.SYN}, {"FIN", fsm.FIN}, {"RST", fsm.RST}, {"PSH", fsm.PSH}, {"ACK", fsm.ACK}}

// ParseFlags reads "RST+ACK"; bad is the first word that is no flag or comes twice.
func ParseFlags(s string) (f fsm.Flags, bad string) {
	for _, word := range strings.Split(s, "+") {
		var bit fsm.Flags
		for _, w := range flagWords {
			if strings.EqualFold(word, w.name) {
				bit = w.f
			}
		}
		if bit == 0 || f.Has(bit) {
			return 0, word
		}
		f |= bit
	}
	return f, ""
}

func joinFlags(f fsm.Flags) string { return strings.Join(f.Names(), "+") }

// parseRows reads the rows that sockets is expected to give: "STATE [LOCAL [REMOTE]]", apart
// by commas; "*" stands for any address or any port. "none" is the empty table.
func parseRows(s string) (normal, wrong string) {
	var out []string
	for _, row := range strings.Split(s, ",") {
		f := strings.Fields(row)
		if len(f) == 0 || len(f) > 3 {
			return "", fmt.Sprintf("row %q is not STATE [LOCAL [REMOTE]]", Clip(strings.TrimSpace(row)))
		}
		state := "BOUND"
		if !strings.EqualFold(f[0], state) {
			st, ok := fsm.ParseState(f[0])
			if !ok {
				return "", Unknown("state", f[0], stateWords())
			}
			state = string(st)
		}
		for i := 1; i < len(f); i++ {
			a, ok := parsePattern(f[i])
			if !ok {
				return "", fmt.Sprintf("address %q of a row is not HOST:PORT", Clip(f[i]))
			}
			f[i] = a
		}
		out = append(out, strings.Join(append([]string{state}, f[1:]...), " "))
	}
	return strings.Join(out, ", "), ""
}

func stateWords() []string {
	words := make([]string, len(fsm.States))
	for i, st := range fsm.States {
		words[i] = string(st)
	}
	return words
}

// parsePattern reads an address of a row pattern, in which host, port or both may be "*".
func parsePattern(s string) (string, bool) {
	if s == "*" {
		return s, true
	}
	i := strings.LastIndex(s, ":")
	if i < 0 {
		return "", false
	}
	host, port := s[:i], s[i+1:]
	if port != "*" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return "", false
		}
		port = strconv.FormatUint(n, 10)
	}
	if host == "*" {
		return "*:" + port, true
	}
	a, wrong := parseAddr(host+":0", nil)
	if wrong != "" {
		return "", false
	}
	return strings.TrimSuffix(netip.AddrPortFrom(a.Addr(), 0).String(), "0") + port, true
}

// Normal is a result of a verb in the form that expectations have; one that is none stays as it is.
func Normal(verb, result string) string {
	v := findVerb(hostVerbs, verb)
	if v == nil {
		v = findVerb(wireVerbs, verb)
	}
	if v == nil {
		return result
	}
	if n, wrong := parseResult(result, v.gives); wrong == "" {
		return n
	}
	return result
}

// IsVerb reports whether the language has a verb of that name, of a host or of the wire.
func IsVerb(name string) bool {
	return findVerb(hostVerbs, name) != nil || findVerb(wireVerbs, name) != nil
}
