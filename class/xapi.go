package class

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"fourwave/quiz"
)

// WriteXAPI writes one statement an answer and one an attempt (xAPI 1.0.3), a line each. home is
// the server's address: the home page of the students' accounts and what the ids of activities
// begin with. lang chooses the language of the questions.
func WriteXAPI(w io.Writer, rows []Row, quizID, home, lang string) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	home = strings.TrimSuffix(home, "/")
	for _, r := range rows {
		if r.Attempt == 0 {
			continue
		}
		for i := range r.Questions {
			q := &r.Questions[i]
			if q.At == nil || q.kept == nil {
				continue
			}
			s, err := answered(&r, q, quizID, home, lang)
			if err != nil {
				return err
			}
			if err := out.Encode(s); err != nil {
				return err
			}
		}
		if r.Submitted != nil {
			if err := out.Encode(completed(&r, quizID, home)); err != nil {
				return err
			}
		}
	}
	return nil
}

type object = map[string]any

// statementID is the same whenever the same thing is said again, so a record store drops
// repetitions.
func statementID(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	return uuid.NewSHA1(uuid.NameSpaceURL, sum[:]).String()
}

func statement(r *Row, home, verb string, at time.Time, what ...any) object {
	return object{
		"id":        statementID(append([]any{r.ID, "\x00", verb, "\x00"}, what...)...),
		"actor":     object{"objectType": "Agent", "account": object{"homePage": home, "name": r.Student}},
		"verb":      object{"id": "http://adlnet.gov/expapi/verbs/" + verb, "display": object{"en": verb}},
		"timestamp": at.UTC().Format(time.RFC3339Nano),
		"context":   object{"registration": r.ID, "platform": "fourwave"},
	}
}

func answered(r *Row, q *Cell, quizID, home, lang string) (object, error) {
	it, err := q.item()
	if err != nil {
		return nil, err
	}
	s := statement(r, home, "answered", *q.At, q.N, "\x00", q.Revision)
	definition := object{"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": "other",
		"name":        object{lang: fmt.Sprintf("%s %d", q.Kind, q.N)},
		"description": object{lang: it.Text.In(lang)}}
	response := plain(q.Answer)
	if len(it.Parts) == 1 {
		response = interaction(definition, &it.Parts[0], q.Answer, response, lang)
	}
	s["object"] = object{
		"objectType": "Activity", "id": fmt.Sprintf("%s/v1/quizzes/%s/questions/%d", home, quizID, q.N),
		"definition": definition,
	}
	result := object{"response": response, "success": q.Max > 0 && q.Score >= q.Max}
	if q.Max > 0 {
		result["score"] = object{"scaled": q.Score / q.Max, "raw": q.Score, "min": 0, "max": q.Max}
	}
	if q.Myth != "" {
		result["extensions"] = object{home + "/xapi/myth": q.Myth}
	}
	s["result"] = result
	return s, nil
}

// interaction fills in the interaction that xAPI has for a part, and gives the response in its
// syntax (xAPI 1.0.3, appendix C).
func interaction(definition object, p *quiz.Part, body json.RawMessage, response, lang string) string {
	var a struct {
		Choices, Order []string
		Match          map[string]string
	}
	_ = json.Unmarshal(body, &a) // a plain string has none of these
	var components []object
	var right []string
	for _, o := range p.Options {
		components = append(components, object{"id": o.ID, "description": object{lang: o.Text.In(lang)}})
		if o.Right {
			right = append(right, o.ID)
		}
	}
	set := func(kind, list string) {
		definition["interactionType"] = kind
		definition[list] = components
		if len(right) > 0 {
			definition["correctResponsesPattern"] = []string{strings.Join(right, "[,]")}
		}
	}
	switch p.Interaction {
	case quiz.ByChoice:
		set("choice", "choices")
	case quiz.ByChoices:
		set("choice", "choices")
		response = strings.Join(a.Choices, "[,]")
	case quiz.ByOrder:
		right = nil // several orders may be right
		set("sequencing", "choices")
		response = strings.Join(a.Order, "[,]")
	case quiz.ByNumber:
		definition["interactionType"] = "numeric"
		low, high := p.Key-p.Tolerance, p.Key+p.Tolerance
		definition["correctResponsesPattern"] = []string{number(low) + "[:]" + number(high)}
	case quiz.ByFields:
		definition["interactionType"] = "fill-in"
	}
	return response
}

func completed(r *Row, quizID, home string) object {
	s := statement(r, home, "completed", *r.Submitted)
	s["object"] = object{"objectType": "Activity", "id": home + "/v1/quizzes/" + quizID,
		"definition": object{"type": "http://adlnet.gov/expapi/activities/assessment"}}
	result := object{"completion": true}
	if r.Max > 0 {
		result["score"] = object{"scaled": r.Score / r.Max, "raw": r.Score, "min": 0, "max": r.Max}
	}
	if r.Started != nil {
		result["duration"] = fmt.Sprintf("PT%.2fS", r.Submitted.Sub(*r.Started).Seconds())
	}
	s["result"] = result
	return s
}
