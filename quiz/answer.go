package quiz

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"fourwave/fsm"
)

// maxAnswer bounds an answer, in octets; the longest choice is far shorter.
const maxAnswer = 1000

var dashes = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "−", "-", "_", "-")

// plain is an answer without what makes no difference: width, case, the sort of dash, spaces
// beyond one, and the punctuation around it.
func plain(s string) string {
	s = dashes.Replace(strings.ToLower(norm.NFKC.String(invisible.Replace(s))))
	return strings.Trim(strings.Join(strings.Fields(s), " "), ` .,;:!?()[]'"`+"。、“”‘’`")
}

// find is the index of the choice that an answer means.
func (p *problem) find(answer string) (int, bool) {
	if len(answer) > maxAnswer {
		return 0, false
	}
	given := plain(answer)
	if given == "" {
		return 0, false
	}
	if i := slices.IndexFunc(p.choices, func(c choice) bool { return c.id == given }); i >= 0 {
		return i, true
	}
	state, isState := fsm.ParseState(strings.ReplaceAll(given, " ", "-"))
	i := slices.IndexFunc(p.choices, func(c choice) bool {
		return given == plain(c.text.En) || given == plain(c.text.Zh) || slices.Contains(c.also, given) ||
			isState && string(state) == c.text.En
	})
	return i, i >= 0
}
