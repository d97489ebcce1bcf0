package api

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestContractGrowsByAdditions compares openapi.yaml with that of the first version: whatever a
// client of that one sends is still taken, and whatever it reads is still there.
func TestContractGrowsByAdditions(t *testing.T) {
	first, now := readContract(t, "testdata/openapi-first.yaml"), readContract(t, "../openapi.yaml")
	for _, change := range contractChanges(first, now) {
		t.Error(change)
	}
}

// Each of these changes to the contract breaks somebody, and each is found.
func TestContractChangesAreFound(t *testing.T) {
	for name, change := range map[string]func(*openapi3.T){
		"a path is gone":       func(doc *openapi3.T) { doc.Paths.Delete("/v1/labs") },
		"an operation is gone": func(doc *openapi3.T) { doc.Paths.Value("/v1/labs").Post = nil },
		"an answer is gone":    func(doc *openapi3.T) { doc.Paths.Value("/v1/labs").Post.Responses.Delete("201") },
		"a format is gone": func(doc *openapi3.T) {
			delete(doc.Paths.Value("/v1/labs").Post.RequestBody.Value.Content, "text/plain")
		},
		"a parameter is gone": func(doc *openapi3.T) { doc.Paths.Value("/v1/matrix").Get.Parameters = nil },
		"a parameter is required": func(doc *openapi3.T) {
			p := &openapi3.Parameter{Name: "colour", In: "query", Required: true,
				Schema: openapi3.NewStringSchema().NewRef()}
			op := doc.Paths.Value("/v1/matrix").Get
			op.Parameters = append(op.Parameters, &openapi3.ParameterRef{Value: p})
		},
		"a field of an answer is gone": func(doc *openapi3.T) { delete(schemaOf(doc, "Entry").Properties, "event") },
		"a field may be left out":      func(doc *openapi3.T) { schemaOf(doc, "Entry").Required = nil },
		"a field has another type": func(doc *openapi3.T) {
			schemaOf(doc, "Segment").Properties["id"] = openapi3.NewStringSchema().NewRef()
		},
		"a field of a request is required": func(doc *openapi3.T) {
			s := schemaOf(doc, "Trial")
			s.Required = append(s.Required, "worlds")
		},
		"a request takes less": func(doc *openapi3.T) {
			schemaOf(doc, "WorldNames").MaxItems = openapi3.Ptr(
				uint64(2))
		},
		"a word is gone": func(doc *openapi3.T) {
			s := schemaOf(doc, "Profile")
			s.Enum = s.Enum[1:]
		},
	} {
		doc := readContract(t, "../openapi.yaml")
		change(doc)
		if len(contractChanges(readContract(t, "testdata/openapi-first.yaml"), doc)) == 0 {
			t.Errorf("%s, and nothing was found", name)
		}
	}
}

func schemaOf(doc *openapi3.T, name string) *openapi3.Schema {
	return doc.Components.Schemas[name].Value
}

func readContract(t *testing.T, name string) *openapi3.T {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := loadContract(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c.doc
}

// contractChanges are the changes from one contract to another that are more than additions.
func contractChanges(before, after *openapi3.T) []string {
	d := contractDiff{seen: map[[2]any]bool{}}
	for path, item := range before.Paths.Map() {
		now := after.Paths.Value(path)
		if now == nil {
			d.found(path, "is gone")
			continue
		}
		for method, op := range item.Operations() {
			if other := now.GetOperation(method); other == nil {
				d.found(method+" "+path, "is gone")
			} else {
				d.operation(method+" "+path, op, other)
			}
		}
	}
	slices.Sort(d.changes)
	return d.changes
}

// contractDiff compares two contracts place by place.
type contractDiff struct {
	changes []string
	seen    map[[2]any]bool // schemas that were compared, as part of a request or an answer
}

func (d *contractDiff) found(at, format string, args ...any) {
	d.changes = append(d.changes, at+": "+fmt.Sprintf(format, args...))
}

func (d *contractDiff) operation(at string, a, b *openapi3.Operation) {
	if a.OperationID != b.OperationID {
		d.found(at, "was called %s, now %s", a.OperationID, b.OperationID)
	}
	for _, p := range a.Parameters {
		q := b.Parameters.GetByInAndName(p.Value.In, p.Value.Name)
		if q == nil {
			d.found(at, "parameter %s is gone", p.Value.Name)
			continue
		}
		d.schema(at+" parameter "+p.Value.Name, p.Value.Schema, q.Schema, true)
	}
	for _, q := range b.Parameters {
		if p := a.Parameters.GetByInAndName(q.Value.In, q.Value.Name); q.Value.Required && (p == nil || !p.Required) {
			d.found(at, "parameter %s is required now", q.Value.Name)
		}
	}
	switch {
	case a.RequestBody == nil && b.RequestBody != nil && b.RequestBody.Value.Required:
		d.found(at, "a body is required now")
	case a.RequestBody != nil && b.RequestBody == nil:
		d.found(at, "the body is gone")
	case a.RequestBody != nil:
		if b.RequestBody.Value.Required && !a.RequestBody.Value.Required {
			d.found(at, "the body is required now")
		}
		d.content(at+" body", a.RequestBody.Value.Content, b.RequestBody.Value.Content, true)
	}
	for status, r := range a.Responses.Map() {
		s := b.Responses.Value(status)
		if s == nil {
			d.found(at, "answer %s is gone", status)
			continue
		}
		for name := range r.Value.Headers {
			if s.Value.Headers[name] == nil {
				d.found(at+" "+status, "header %s is gone", name)
			}
		}
		d.content(at+" "+status, r.Value.Content, s.Value.Content, false)
	}
}

func (d *contractDiff) content(at string, a, b openapi3.Content, request bool) {
	for kind, m := range a {
		n := b[kind]
		if n == nil {
			d.found(at, "%s is gone", kind)
			continue
		}
		d.schema(at+" "+kind, m.Schema, n.Schema, request)
	}
}

// schema compares a part of a request, which may become laxer, or of an answer, which may become
// stricter; an answer's words and choices may become more.
func (d *contractDiff) schema(at string, ra, rb *openapi3.SchemaRef, request bool) {
	if ra == nil || rb == nil {
		if (ra == nil) != (rb == nil) {
			d.found(at, "has a schema only before or after")
		}
		return
	}
	a, b := ra.Value, rb.Value
	// several forms where there was one: the old one comes first
	if a.Type != nil && b.Type == nil && len(b.OneOf) > 0 {
		b = b.OneOf[0].Value
	}
	if key := [2]any{a, request}; d.seen[key] {
		return
	} else {
		d.seen[key] = true
	}
	if !reflect.DeepEqual(a.Type, b.Type) || a.Format != b.Format || a.Pattern != b.Pattern ||
		a.Nullable != b.Nullable {
		d.found(at, "is of another type, format or pattern: %v %q %q, was %v %q %q",
			b.Type, b.Format, b.Pattern, a.Type, a.Format, a.Pattern)
	}
	if a.Default != nil && !reflect.DeepEqual(a.Default, b.Default) {
		d.found(at, "has default %v, was %v", b.Default, a.Default)
	}
	d.words(at, a.Enum, b.Enum, request)
	d.bounds(at, a, b, request)
	d.properties(at, a, b, request)
	if a.Items != nil {
		d.schema(at+"/items", a.Items, b.Items, request)
	}
	if a.AdditionalProperties.Schema != nil {
		d.schema(at+"/*", a.AdditionalProperties.Schema, b.AdditionalProperties.Schema, request)
	}
	d.parts(at+"/oneOf", a.OneOf, b.OneOf, true, request)
	d.parts(at+"/anyOf", a.AnyOf, b.AnyOf, true, request)
	d.parts(at+"/allOf", a.AllOf, b.AllOf, false, request)
}

func (d *contractDiff) words(at string, a, b []any, request bool) {
	for _, word := range a {
		if b != nil && !slices.Contains(b, word) { // no list at all admits every word
			d.found(at, "word %v is gone", word)
		}
	}
	if a == nil && b != nil && request {
		d.found(at, "takes only some words now: %v", b)
	}
}

// bounds: a request may be longer than before, never shorter; an answer the other way round.
func (d *contractDiff) bounds(at string, a, b *openapi3.Schema, request bool) {
	type bound struct {
		name string
		a, b *float64
	}
	number := func(n *uint64) *float64 {
		if n == nil {
			return nil
		}
		return openapi3.Ptr(float64(*n))
	}
	most := []bound{
		{"maximum", a.Max, b.Max},
		{"maxLength", number(a.MaxLength), number(b.MaxLength)},
		{"maxItems", number(a.MaxItems), number(b.MaxItems)},
	}
	least := []bound{
		{"minimum", a.Min, b.Min},
		{"minLength", number(&a.MinLength), number(&b.MinLength)},
		{"minItems", number(&a.MinItems), number(&b.MinItems)},
	}
	for _, m := range most {
		tighter := m.b != nil && (m.a == nil || *m.b < *m.a)
		looser := m.a != nil && (m.b == nil || *m.b > *m.a)
		if request && tighter || !request && looser {
			d.found(at, "%s is another", m.name)
		}
	}
	for _, m := range least {
		tighter := m.b != nil && (m.a == nil || *m.b > *m.a)
		looser := m.a != nil && (m.b == nil || *m.b < *m.a)
		if request && tighter || !request && looser {
			d.found(at, "%s is another", m.name)
		}
	}
}

func (d *contractDiff) properties(at string, a, b *openapi3.Schema, request bool) {
	for _, name := range slices.Sorted(maps.Keys(a.Properties)) {
		p := b.Properties[name]
		if p == nil {
			d.found(at, "%s is gone", name)
			continue
		}
		d.schema(at+"/"+name, a.Properties[name], p, request)
	}
	for _, name := range a.Required {
		if !request && !slices.Contains(b.Required, name) {
			d.found(at, "%s may be left out now", name)
		}
	}
	for _, name := range b.Required {
		if request && !slices.Contains(a.Required, name) {
			d.found(at, "%s is required now", name)
		}
	}
}

// parts compares alternatives, of which there may be more, or parts, of which there may not.
func (d *contractDiff) parts(at string, a, b openapi3.SchemaRefs, more, request bool) {
	if len(b) < len(a) || len(b) > len(a) && !more {
		d.found(at, "has %d parts, had %d", len(b), len(a))
		return
	}
	for i := range a {
		d.schema(fmt.Sprintf("%s/%d", at, i), a[i], b[i], request)
	}
}
