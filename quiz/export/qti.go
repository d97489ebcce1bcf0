package export

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

// QTI 2.1 and 3.0 have the same items under other names: 3.0 writes qti-choice-interaction and
// response-identifier where 2.1 has choiceInteraction and responseIdentifier. The items are made
// once, with the names of 2.1.

const (
	ns21 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
	ns3  = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
)

func qti21(all []question) ([]byte, error) {
	return pack(
		all, func(n *node) *node { n.attrs = append(n.attrs, "xmlns", ns21); return n }, "imsqti_item_xmlv2p1",
		"IMS Content", "1.1",
	)
}

func qti3(all []question) ([]byte, error) {
	return pack(all, func(n *node) *node {
		n = third(n)
		n.attrs = append(n.attrs, "xmlns", ns3)
		return n
	}, "imsqti_item_xmlv3p0", "QTI Package", "3.0.0")
}

// plainHTML are elements that are HTML's and keep their names.
var plainHTML = map[string]bool{"p": true, "pre": true, "div": true, "ul": true, "li": true, "span": true, "": true}

var capitals = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// third renames an element and all in it for QTI 3.
func third(n *node) *node {
	m := &node{name: n.name, text: n.text}
	if !plainHTML[n.name] {
		m.name = "qti-" + kebab(n.name)
	}
	for i := 0; i+1 < len(n.attrs); i += 2 {
		m.attrs = append(m.attrs, kebab(n.attrs[i]), n.attrs[i+1])
	}
	for _, k := range n.kids {
		m.add(third(k))
	}
	return m
}

func kebab(s string) string { return strings.ToLower(capitals.ReplaceAllString(s, "$1-$2")) }

// pack makes a content package: a manifest and a file an item.
func pack(all []question, root func(*node) *node, kind, schema, version string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name string, body []byte) error {
		w, err := z.CreateHeader(
			&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		)
		if err == nil {
			_, err = w.Write(body)
		}
		return err
	}
	resources := el("resources")
	for i := range all {
		name := fmt.Sprintf("item-%03d.xml", i+1)
		if err := put("items/"+name, document(root(all[i].qtiItem(i+1)))); err != nil {
			return nil, err
		}
		resources.add(
			el(
				"resource", "identifier", fmt.Sprintf("R%03d", i+1), "type", kind, "href", "items/"+name,
			).add(el("file", "href", "items/"+name)),
		)
	}
	manifest := el("manifest", "xmlns", "http://www.imsglobal.org/xsd/imscp_v1p1", "identifier", "MANIFEST").add(
		el("metadata").add(leaf("schema", schema), leaf("schemaversion", version)), el("organizations"), resources)
	if err := put("imsmanifest.xml", document(manifest)); err != nil {
		return nil, err
	}
	err := z.Close() // writes the directory
	return b.Bytes(), err
}

// qtiItem is an assessmentItem: declarations, body, processing, feedback, in the schema's order.
func (q *question) qtiItem(n int) *node {
	it := el(
		"assessmentItem", "identifier", fmt.Sprintf("fw-%03d", n), "title", q.title, "label", q.id, "adaptive",
		"false", "timeDependent", "false", "xml:lang", q.lang,
	)
	body := el("itemBody").add(leaf("p", q.stem))
	if q.stimulus != "" {
		body.add(leaf("pre", q.stimulus))
	}
	score := el(
		"outcomeDeclaration", "identifier", "SCORE", "cardinality", "single", "baseType", "float",
	).add(el("defaultValue").add(leaf("value", "0")))
	process := el("responseProcessing")
	var declare, feedback []*node
	several := "single"
	switch q.part.Interaction {
	case "choice", "line":
		declare, feedback = q.qtiChoice(body, process)
	case "choices":
		several = "multiple"
		declare, feedback = q.qtiChoices(body, process)
	case "number":
		declare, feedback = q.qtiNumber(body, process)
	case "match":
		declare = q.qtiMatch(body, process)
	case "fields":
		declare = q.qtiFields(body, process)
	case "script":
		declare = []*node{
			el("responseDeclaration", "identifier", "RESPONSE", "cardinality", "single", "baseType", "string"),
		}
		body.add(el("extendedTextInteraction", "responseIdentifier", "RESPONSE", "expectedLines", "20"))
	}
	it.add(declare...).add(score)
	if feedback != nil {
		it.add(el("outcomeDeclaration", "identifier", "FEEDBACK", "cardinality", several, "baseType", "identifier"))
	}
	it.add(body)
	if len(process.kids) > 0 {
		it.add(process)
	}
	return it.add(feedback...)
}

// response declares a response with its correct values.
func response(id, cardinality, base string, correct ...string) *node {
	n := el("responseDeclaration", "identifier", id, "cardinality", cardinality, "baseType", base)
	if len(correct) > 0 {
		c := el("correctResponse")
		for _, v := range correct {
			c.add(leaf("value", v))
		}
		n.add(c)
	}
	return n
}

func variable(id string) *node { return el("variable", "identifier", id) }

func setTo(outcome string, value *node) *node {
	return el("setOutcomeValue", "identifier", outcome).add(value)
}

func float(x float64) *node { return leaf("baseValue", number(x), "baseType", "float") }

// optionID is an option's id as an XML name.
func optionID(id string) string { return "O" + id }

func modal(id, text string) *node {
	return el(
		"modalFeedback", "outcomeIdentifier", "FEEDBACK", "identifier", id, "showHide", "show",
	).add(leaf("p", text))
}

func (q *question) choiceInteraction(most string) *node {
	n := el("choiceInteraction", "responseIdentifier", "RESPONSE", "shuffle", "false", "maxChoices", most)
	for i := range q.part.Options {
		n.add(leaf("simpleChoice", q.optionText(i), "identifier", optionID(q.part.Options[i].ID)))
	}
	return n
}

func (q *question) modals() []*node {
	var out []*node
	for i := range q.part.Options {
		o := &q.part.Options[i]
		out = append(out, modal(optionID(o.ID), q.feedback(o)))
	}
	return out
}

func (q *question) qtiChoice(body, process *node) (declare, feedback []*node) {
	correct := ""
	for _, o := range q.part.Options {
		if o.Right {
			correct = optionID(o.ID)
		}
	}
	body.add(q.choiceInteraction("1"))
	process.add(
		el("responseCondition").add(
			el(
				"responseIf",
			).add(el("match").add(variable("RESPONSE"), el("correct", "identifier", "RESPONSE")), setTo("SCORE", float(1))),
			el("responseElse").add(setTo("SCORE", float(0)))),
		setTo("FEEDBACK", variable("RESPONSE")))
	return []*node{response("RESPONSE", "single", "identifier", correct)}, q.modals()
}

// qtiChoices is net-correct by a mapping whose lower bound is 0.
func (q *question) qtiChoices(body, process *node) (declare, feedback []*node) {
	var correct []string
	mapping := el("mapping", "defaultValue", "0", "lowerBound", "0")
	share := 1 / float64(q.right())
	for _, o := range q.part.Options {
		v := -share
		if o.Right {
			correct, v = append(correct, optionID(o.ID)), share
		}
		mapping.add(el("mapEntry", "mapKey", optionID(o.ID), "mappedValue", number(v)))
	}
	body.add(q.choiceInteraction("0"))
	process.add(setTo("SCORE", el("mapResponse", "identifier", "RESPONSE")), setTo("FEEDBACK", variable("RESPONSE")))
	return []*node{response("RESPONSE", "multiple", "identifier", correct...).add(mapping)}, q.modals()
}

// qtiNumber takes the first of the numbers that the response is near enough to. Bounds say so to
// every player; equal's toleranceMode is not known to all (qti-components 7.27 compares exactly).
func (q *question) qtiNumber(body, process *node) (declare, feedback []*node) {
	body.add(el("p").add(el("textEntryInteraction", "responseIdentifier", "RESPONSE", "expectedLength", "8")))
	cond := el("responseCondition")
	for i, w := range q.accepted() {
		id, text := fmt.Sprintf("W%d", i), q.in(w.Feedback)
		if w.Credit == 1 {
			text = q.why()
		}
		near := el("and").add(
			el("gte").add(variable("RESPONSE"), float(rounded(w.Value-q.part.Tolerance))),
			el("lte").add(variable("RESPONSE"), float(rounded(w.Value+q.part.Tolerance))))
		branch := el(map[bool]string{true: "responseIf", false: "responseElseIf"}[i == 0])
		cond.add(
			branch.add(
				near, setTo("SCORE", float(w.Credit)),
				setTo("FEEDBACK", leaf("baseValue", id, "baseType", "identifier")),
			),
		)
		feedback = append(feedback, modal(id, text))
	}
	process.add(cond)
	return []*node{response("RESPONSE", "single", "float", number(q.part.Key))}, feedback
}

// rounded is a sum or difference of decimals without what binary adds to it.
func rounded(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// qtiMatch is a share for each row matched rightly.
func (q *question) qtiMatch(body, process *node) []*node {
	rows, values := el("simpleMatchSet"), el("simpleMatchSet")
	var correct []string
	mapping := el("mapping", "defaultValue", "0", "lowerBound", "0")
	for i := range q.part.Fields {
		f := &q.part.Fields[i]
		rows.add(leaf("simpleAssociableChoice", q.in(f.Label), "identifier", "F"+f.ID, "matchMax", "1"))
		pair := "F" + f.ID + " " + optionID(f.Key)
		correct = append(correct, pair)
		mapping.add(el("mapEntry", "mapKey", pair, "mappedValue", number(1/float64(len(q.part.Fields)))))
	}
	for _, o := range q.part.Options {
		values.add(leaf("simpleAssociableChoice", q.in(o.Text), "identifier", optionID(o.ID), "matchMax", "0"))
	}
	body.add(
		el(
			"matchInteraction", "responseIdentifier", "RESPONSE", "shuffle", "false", "maxAssociations",
			fmt.Sprint(len(q.part.Fields)),
		).add(rows, values),
	)
	process.add(setTo("SCORE", el("mapResponse", "identifier", "RESPONSE")))
	return []*node{response("RESPONSE", "multiple", "directedPair", correct...).add(mapping)}
}

// qtiFields is a text entry a blank, and the sum of their shares.
func (q *question) qtiFields(body, process *node) []*node {
	var declare []*node
	sum := el("sum")
	share := 1 / float64(len(q.part.Fields))
	for i := range q.part.Fields {
		f := &q.part.Fields[i]
		id := "F" + f.ID
		mapping := el("mapping", "defaultValue", "0")
		for _, s := range spellings(f) {
			mapping.add(el("mapEntry", "mapKey", s, "mappedValue", number(share), "caseSensitive", "false"))
		}
		declare = append(declare, response(id, "single", "string", f.Key).add(mapping))
		body.add(
			el(
				"p",
			).add(&node{text: q.in(f.Label) + ": "}, el("textEntryInteraction", "responseIdentifier", id, "expectedLength", "12")),
		)
		sum.add(el("mapResponse", "identifier", id))
	}
	process.add(setTo("SCORE", sum))
	return declare
}
