package export

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

// giftEscapes are GIFT's own; a colon would begin a tolerance or a title.
var giftEscapes = strings.NewReplacer(
	"\\", "\\\\", "~", "\\~", "=", "\\=", "#", "\\#", "{", "\\{", "}", "\\}", ":", "\\:", "\n", "\\n",
)

// gift writes the questions in Moodle's GIFT. A blank line ends a question, so there is none inside
// of one.
func gift(all []question) ([]byte, error) {
	var b strings.Builder
	b.WriteString("// GIFT, UTF-8\n\n")
	for i := range all {
		q := &all[i]
		if q.category != "" && (i == 0 || all[i-1].category != q.category) {
			fmt.Fprintf(&b, "$CATEGORY: $course$/top/%s\n\n", q.category)
		}
		fmt.Fprintf(&b, "// [id:%s]\n::%s::%s{\n", q.id, giftEscapes.Replace(q.title), q.giftStem())
		q.giftAnswers(&b)
		b.WriteString("}\n\n")
	}
	return []byte(b.String()), nil
}

// giftStem is plain text, or HTML where white space counts.
func (q *question) giftStem() string {
	if q.stimulus == "" {
		return "[plain]" + giftEscapes.Replace(q.stem)
	}
	return "[html]" + giftEscapes.Replace(
		"<p>"+html.EscapeString(q.stem)+"</p><pre>"+html.EscapeString(q.stimulus)+"</pre>",
	)
}

// giftText is an answer or feedback, in the stem's own format.
func (q *question) giftText(s string) string {
	if q.stimulus != "" {
		s = html.EscapeString(s)
	}
	return giftEscapes.Replace(s)
}

func (q *question) giftAnswers(b *strings.Builder) {
	switch q.part.Interaction {
	case "choice", "line":
		for i := range q.part.Options {
			o := &q.part.Options[i]
			fmt.Fprintf(
				b, "%s%s#%s\n", map[bool]string{true: "=", false: "~"}[o.Right], q.giftText(q.optionText(i)),
				q.giftText(q.feedback(o)),
			)
		}
	case "choices":
		for i := range q.part.Options {
			o := &q.part.Options[i]
			fmt.Fprintf(
				b, "~%%%s%%%s#%s\n", weight(o.Right, q.right()), q.giftText(q.optionText(i)),
				q.giftText(q.feedback(o)),
			)
		}
	case "number":
		b.WriteString("#\n")
		for _, w := range q.accepted() {
			feedback := q.in(w.Feedback)
			if w.Credit == 1 {
				feedback = q.why()
			}
			fmt.Fprintf(
				b, "=%%%s%%%s:%s#%s\n", number(100*w.Credit), number(w.Value), number(q.part.Tolerance),
				q.giftText(feedback),
			)
		}
	case "match":
		for i := range q.part.Fields {
			f := &q.part.Fields[i]
			fmt.Fprintf(b, "=%s -> %s\n", q.giftText(q.in(f.Label)), giftEscapes.Replace(q.value(f)))
		}
		for _, s := range q.unmatched() {
			fmt.Fprintf(b, "= -> %s\n", giftEscapes.Replace(s))
		}
	}
}

// optionText is an option's text; of a line, with its number.
func (q *question) optionText(i int) string {
	o := &q.part.Options[i]
	if q.part.Interaction == "line" {
		return o.ID + ": " + strings.Join(strings.Fields(q.in(o.Text)), " ")
	}
	return q.in(o.Text)
}

// unmatched are the options of a match that no row has.
func (q *question) unmatched() []string {
	var out []string
	for _, o := range q.part.Options {
		used := false
		for _, f := range q.part.Fields {
			used = used || f.Key == o.ID
		}
		if !used {
			out = append(out, q.in(o.Text))
		}
	}
	return out
}

// weight is an option's share in percent: what is wrongly chosen costs as much as a right one
// earns. The shares are among those that Moodle knows.
func weight(right bool, n int) string {
	w := map[int]string{1: "100", 2: "50", 3: "33.33333", 4: "25", 5: "20", 6: "16.66667"}[n]
	if !right {
		w = "-" + w
	}
	return w
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
