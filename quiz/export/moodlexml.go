package export

import (
	"bytes"
	"fmt"
	"html"
	"strings"
)

// node is an element of XML. Text is escaped when it is written; order counts.
type node struct {
	name  string
	attrs []string // name, value, …
	text  string
	kids  []*node
}

func el(name string, attrs ...string) *node { return &node{name: name, attrs: attrs} }

func (n *node) add(kids ...*node) *node { n.kids = append(n.kids, kids...); return n }

func leaf(name, text string, attrs ...string) *node {
	return &node{name: name, attrs: attrs, text: text}
}

// write writes the element; where text and elements mix, no white space is added.
func (n *node) write(b *bytes.Buffer, indent string, tight bool) {
	open := "<" + n.name
	for i := 0; i+1 < len(n.attrs); i += 2 {
		open += " " + n.attrs[i] + `="` + html.EscapeString(n.attrs[i+1]) + `"`
	}
	if !tight {
		b.WriteString(indent)
	}
	switch {
	case n.text == "" && len(n.kids) == 0:
		b.WriteString(open + "/>")
	default:
		b.WriteString(open + ">" + html.EscapeString(n.text))
		inner := tight || n.text != "" || mixed[n.name]
		for _, k := range n.kids {
			if !inner {
				b.WriteString("\n")
			}
			if k.name == "" {
				b.WriteString(html.EscapeString(k.text))
				continue
			}
			k.write(b, indent+" ", inner)
		}
		if !inner {
			b.WriteString("\n" + indent)
		}
		b.WriteString("</" + n.name + ">")
	}
}

// mixed are elements in which white space counts.
var mixed = map[string]bool{
	"p": true, "pre": true, "qti-prompt": true, "prompt": true,
	"simpleChoice": true, "qti-simple-choice": true,
}

func document(root *node) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	root.write(&b, "", false)
	b.WriteString("\n")
	return b.Bytes()
}

// markup is HTML inside of XML's text, which is escaped once more on writing.
func (q *question) markup() string {
	s := "<p>" + html.EscapeString(q.stem) + "</p>"
	if q.stimulus != "" {
		s += "<pre>" + html.EscapeString(q.stimulus) + "</pre>"
	}
	return s
}

func textOf(name, format, markup string) *node {
	return el(name, "format", format).add(leaf("text", markup))
}

// moodleXML writes the questions for Moodle's XML importer.
func moodleXML(all []question) ([]byte, error) {
	root := el("quiz")
	for i := range all {
		if c := all[i].category; c != "" && (i == 0 || all[i-1].category != c) {
			root.add(el("question", "type", "category").add(el("category").add(leaf("text", "$course$/top/"+c))))
		}
		root.add(all[i].moodle())
	}
	return document(root), nil
}

func (q *question) moodle() *node {
	kind := map[string]string{"choice": "multichoice", "line": "multichoice", "choices": "multichoice", "number": "numerical", "match": "matching",
		"fields": "cloze", "script": "essay"}[string(q.part.Interaction)]
	n := el("question", "type", kind)
	n.add(el("name").add(leaf("text", q.title)))
	text := q.markup()
	if kind == "cloze" {
		text += q.cloze()
	}
	n.add(textOf("questiontext", "html", text), textOf("generalfeedback", "html", html.EscapeString(q.why())))
	n.add(leaf("defaultgrade", "1"), leaf("penalty", "0.1"), leaf("hidden", "0"), leaf("idnumber", q.id))
	for _, h := range q.item.Hints {
		if kind != "essay" {
			defer func() { n.add(textOf("hint", "html", html.EscapeString(q.in(h)))) }()
		}
	}
	switch kind {
	case "multichoice":
		n.add(
			leaf("single", fmt.Sprint(q.part.Interaction != "choices")),
			leaf("shuffleanswers", fmt.Sprint(q.part.Interaction != "line")), leaf("answernumbering", "abc"),
		)
		for i := range q.part.Options {
			o := &q.part.Options[i]
			fraction := map[bool]string{true: "100", false: "0"}[o.Right]
			if q.part.Interaction == "choices" {
				fraction = weight(o.Right, q.right())
			}
			n.add(
				el(
					"answer", "fraction", fraction, "format", "html",
				).add(leaf("text", html.EscapeString(q.optionText(i))), textOf("feedback", "html", html.EscapeString(q.feedback(o)))),
			)
		}
	case "numerical":
		for _, w := range q.accepted() {
			feedback := q.in(w.Feedback)
			if w.Credit == 1 {
				feedback = q.why()
			}
			n.add(
				el(
					"answer", "fraction", number(100*w.Credit), "format", "moodle_auto_format",
				).add(leaf("text", number(w.Value)), textOf("feedback", "html", html.EscapeString(feedback)), leaf("tolerance", number(q.part.Tolerance))),
			)
		}
		if q.part.Unit != "" {
			n.add(el("units").add(el("unit").add(leaf("multiplier", "1"), leaf("unit_name", q.part.Unit))))
			n.add(leaf("unitgradingtype", "0"), leaf("unitpenalty", "0"), leaf("showunits", "3"))
		}
	case "matching":
		n.add(leaf("shuffleanswers", "true"))
		for i := range q.part.Fields {
			f := &q.part.Fields[i]
			n.add(
				textOf(
					"subquestion", "html", html.EscapeString(q.in(f.Label)),
				).add(el("answer").add(leaf("text", q.value(f)))),
			)
		}
		for _, s := range q.unmatched() {
			n.add(textOf("subquestion", "html", "").add(el("answer").add(leaf("text", s))))
		}
	case "essay":
		n.add(leaf("responseformat", "monospaced"), leaf("responserequired", "1"), leaf("responsefieldlines", "20"))
		n.add(textOf("graderinfo", "html", "<pre>"+html.EscapeString(q.in(q.part.Right))+"</pre>"))
	}
	return n
}

var clozeEscapes = strings.NewReplacer("\\", "\\\\", "}", "\\}", "#", "\\#", "~", "\\~", "/", "\\/", "\"", "&quot;")

// cloze is a line a field: its label and the blank, with what misconceptions say as feedback.
func (q *question) cloze() string {
	var b strings.Builder
	for i := range q.part.Fields {
		f := &q.part.Fields[i]
		kind := "SHORTANSWER"
		if f.Kind == "number" {
			kind = "NUMERICAL"
		}
		fmt.Fprintf(&b, "<p>%s: {1:%s:", html.EscapeString(q.in(f.Label)), kind)
		for j, s := range spellings(f) {
			if j > 0 {
				b.WriteString("~")
			}
			b.WriteString("=" + clozeEscapes.Replace(s))
			if f.Kind == "number" {
				b.WriteString(":0")
			}
		}
		for _, w := range f.Wrong {
			b.WriteString("~%0%" + clozeEscapes.Replace(w.Value))
			if f.Kind == "number" {
				b.WriteString(":0")
			}
			b.WriteString("#" + clozeEscapes.Replace(q.in(w.Feedback)))
		}
		b.WriteString("}</p>")
	}
	return b.String()
}
