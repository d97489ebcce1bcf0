package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// plainReader is the contract as a page that needs no script.
type plainReader struct {
	plainFrame
	Tags []plainTag
}

// plainTag is a group of calls.
type plainTag struct {
	Name  string
	Calls []plainCall
}

// plainCall is one call of the contract, in words.
type plainCall struct {
	ID, Method, Path, Summary string
	Text                      []string // paragraphs
	Fields                    []plainField
	Body                      string // media types
	Example                   string
	Answers                   []plainAnswer
}

// plainField is a parameter.
type plainField struct{ Name, In, Type, Text string }

// plainAnswer is a response.
type plainAnswer struct{ Status, Text, Media string }

// getReader answers GET /docs: every call of the contract, its parameters and answers.
func (s *Server) getReader(c echo.Context) error {
	frame := plainFrame{Chosen: chooseByQuery(c), Lang: langOf(c)}
	return sendPage(c, http.StatusOK, "reader.html", "API", plainReader{frame, s.contract.tags()})
}

// tags are the contract's calls in groups, both in the order of the contract.
func (c *contract) tags() []plainTag {
	var tags []plainTag
	for _, t := range c.doc.Tags {
		tags = append(tags, plainTag{Name: t.Name})
	}
	for _, path := range c.doc.Paths.InMatchingOrder() {
		item := c.doc.Paths.Value(path)
		for method, op := range item.Operations() {
			name := "other"
			if len(op.Tags) > 0 {
				name = op.Tags[0]
			}
			i := slices.IndexFunc(tags, func(t plainTag) bool { return t.Name == name })
			if i < 0 {
				i, tags = len(tags), append(tags, plainTag{Name: name})
			}
			tags[i].Calls = append(tags[i].Calls, viewCall(method, path, item.Parameters, op))
		}
	}
	for _, t := range tags {
		slices.SortFunc(t.Calls, func(a, b plainCall) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
	}
	return slices.DeleteFunc(tags, func(t plainTag) bool { return len(t.Calls) == 0 })
}

func viewCall(method, path string, shared openapi3.Parameters, op *openapi3.Operation) plainCall {
	v := plainCall{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Text: paragraphs(op.Description),
	}
	for _, p := range slices.Concat(shared, op.Parameters) {
		f := plainField{p.Value.Name, p.Value.In, kindOf(p.Value.Schema), p.Value.Description}
		if p.Value.Required {
			f.In += ", required"
		}
		v.Fields = append(v.Fields, f)
	}
	if op.RequestBody != nil {
		var media []string
		for name, m := range op.RequestBody.Value.Content {
			media = append(media, name)
			if m.Example != nil && v.Example == "" {
				v.Example = exampleOf(m.Example)
			}
		}
		slices.Sort(media)
		v.Body = strings.Join(media, ", ")
	}
	for status, r := range op.Responses.Map() {
		a := plainAnswer{Status: status}
		if r.Value.Description != nil {
			a.Text = *r.Value.Description
		}
		var media []string
		for name := range r.Value.Content {
			media = append(media, name)
		}
		slices.Sort(media)
		a.Media = strings.Join(media, ", ")
		v.Answers = append(v.Answers, a)
	}
	slices.SortFunc(v.Answers, func(a, b plainAnswer) int { return cmp.Compare(a.Status, b.Status) })
	return v
}

// paragraphs are a description's, with their lines joined.
func paragraphs(text string) []string {
	var all []string
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// kindOf is a schema in a few words: its type, its values, its bounds.
func kindOf(ref *openapi3.SchemaRef) string {
	if ref == nil || ref.Value == nil {
		return ""
	}
	s := ref.Value
	words := strings.Join(s.Type.Slice(), " or ")
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		words = strings.Join(values, ", ")
	}
	if s.Min != nil && s.Max != nil {
		words += fmt.Sprintf(", %g to %g", *s.Min, *s.Max)
	}
	if s.Default != nil {
		words += fmt.Sprintf(", %v if left out", s.Default)
	}
	return words
}

func exampleOf(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}
