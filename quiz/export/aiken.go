package export

import (
	"fmt"
	"strings"
)

// aiken writes questions in Aiken's format, which has choices alone, no feedback, and one line for
// a stem.
func aiken(all []question) ([]byte, error) {
	var b strings.Builder
	for i := range all {
		q := &all[i]
		fmt.Fprintln(&b, oneLine(q.stem))
		answer := ""
		for j, o := range q.part.Options {
			letter := string(rune('A' + j))
			fmt.Fprintf(&b, "%s. %s\n", letter, oneLine(q.in(o.Text)))
			if o.Right {
				answer = letter
			}
		}
		fmt.Fprintf(&b, "ANSWER: %s\n\n", answer)
	}
	return []byte(b.String()), nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
