package export

import (
	"fmt"
	"strings"
)

// qti12 writes the questions in QTI 1.2 as Canvas writes and reads it: one assessment, scores up to
// 100, the kind of each question in its metadata.
func qti12(all []question) ([]byte, error) {
	section := el("section", "ident", "root_section")
	for i := range all {
		section.add(all[i].item12())
	}
	return document(el("questestinterop", "xmlns", "http://www.imsglobal.org/xsd/ims_qtiasiv1p2").add(
		el("assessment", "ident", "fourwave", "title", "Closing TCP connections").add(section))), nil
}

func meta12(label, entry string) *node {
	return el("qtimetadatafield").add(leaf("fieldlabel", label), leaf("fieldentry", entry))
}

func material(text string) *node {
	return el("material").add(leaf("mattext", text, "texttype", "text/html"))
}

func plainMaterial(text string) *node {
	return el("material").add(leaf("mattext", text, "texttype", "text/plain"))
}

func (q *question) item12() *node {
	kind := map[string]string{"choice": "multiple_choice_question", "line": "multiple_choice_question", "choices": "multiple_answers_question",
		"number": "numerical_question", "match": "matching_question", "fields": "fill_in_multiple_blanks_question"}[string(q.part.Interaction)]
	n := el("item", "ident", strings.ReplaceAll(q.id, ":", "-"), "title", q.title)
	n.add(el("itemmetadata").add(el("qtimetadata").add(meta12("question_type", kind), meta12("points_possible", "1"))))
	present := el("presentation")
	process := el(
		"resprocessing",
	).add(el("outcomes").add(el("decvar", "maxvalue", "100", "minvalue", "0", "varname", "SCORE", "vartype", "Decimal")))
	stem := q.markup()
	var feedback []*node
	say := func(id, text string) *node {
		feedback = append(feedback, el("itemfeedback", "ident", id).add(el("flow_mat").add(plainMaterial(text))))
		return el("displayfeedback", "feedbacktype", "Response", "linkrefid", id)
	}
	switch kind {
	case "multiple_choice_question", "multiple_answers_question":
		q.choices12(present, process, stem, say)
	case "numerical_question":
		q.number12(present, process, stem, say)
	case "matching_question":
		q.match12(present, process, stem)
	default:
		q.fields12(present, process, stem)
	}
	return n.add(present, process).add(feedback...)
}

func condition(test *node, action, score string) *node {
	return el(
		"respcondition", "continue", "Yes",
	).add(el("conditionvar").add(test), leaf("setvar", score, "varname", "SCORE", "action", action))
}

func labels12(render *node, ids, texts []string) *node {
	for i := range ids {
		render.add(el("response_label", "ident", ids[i]).add(plainMaterial(texts[i])))
	}
	return render
}

func (q *question) choices12(present, process *node, stem string, say func(id, text string) *node) {
	cardinality := "Single"
	if q.part.Interaction == "choices" {
		cardinality = "Multiple"
	}
	var ids, texts []string
	for i := range q.part.Options {
		o := &q.part.Options[i]
		ids, texts = append(ids, o.ID), append(texts, q.optionText(i))
		score := map[bool]string{true: "100", false: "0"}[o.Right]
		action := "Set"
		if cardinality == "Multiple" {
			score, action = weight(o.Right, q.right()), "Add"
		}
		process.add(
			condition(
				leaf("varequal", o.ID, "respident", "response1"), action, score,
			).add(say("fb_"+o.ID, q.feedback(o))),
		)
	}
	present.add(
		material(stem),
		el(
			"response_lid", "ident", "response1", "rcardinality", cardinality,
		).add(labels12(el("render_choice"), ids, texts)),
	)
}

// number12 lists the numbers from the least to the most worth, since a later Set replaces an
// earlier one.
func (q *question) number12(present, process *node, stem string, say func(id, text string) *node) {
	present.add(
		material(stem),
		el(
			"response_str", "ident", "response1", "rcardinality", "Single",
		).add(el("render_fib", "fibtype", "Decimal").add(el("response_label", "ident", "answer1"))),
	)
	all := q.accepted()
	for i := len(all) - 1; i >= 0; i-- {
		w := all[i]
		text := q.in(w.Feedback)
		if w.Credit == 1 {
			text = q.why()
		}
		test := el(
			"and",
		).add(leaf("vargte", number(rounded(w.Value-q.part.Tolerance)), "respident", "response1"), leaf("varlte", number(rounded(w.Value+q.part.Tolerance)), "respident", "response1"))
		process.add(condition(test, "Set", number(100*w.Credit)).add(say(fmt.Sprintf("fb_%d", i), text)))
	}
}

func (q *question) match12(present, process *node, stem string) {
	var ids, texts []string
	for _, o := range q.part.Options {
		ids, texts = append(ids, o.ID), append(texts, q.in(o.Text))
	}
	present.add(material(stem))
	for i := range q.part.Fields {
		f := &q.part.Fields[i]
		id := "response_" + f.ID
		present.add(
			el(
				"response_lid", "ident", id,
			).add(plainMaterial(q.in(f.Label)), labels12(el("render_choice"), ids, texts)),
		)
		process.add(condition(leaf("varequal", f.Key, "respident", id), "Add", number(100/float64(len(q.part.Fields)))))
	}
}

func (q *question) fields12(present, process *node, stem string) {
	for i := range q.part.Fields {
		f := &q.part.Fields[i]
		stem += "<p>" + q.in(f.Label) + ": [" + f.ID + "]</p>"
	}
	present.add(material(stem))
	for i := range q.part.Fields {
		f := &q.part.Fields[i]
		id := "response_" + f.ID
		var ids []string
		for j := range spellings(f) {
			ids = append(ids, fmt.Sprintf("%s_%d", f.ID, j))
		}
		present.add(
			el("response_lid", "ident", id).add(plainMaterial(f.ID), labels12(el("render_choice"), ids, spellings(f))),
		)
		for _, label := range ids {
			process.add(
				condition(leaf("varequal", label, "respident", id), "Add", number(100/float64(len(q.part.Fields)))),
			)
		}
	}
}
