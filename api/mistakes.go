package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"fourwave/lab/script"
)

// mistakes takes a validation's tree of errors apart: one mistake for each leaf, with its place.
func mistakes(err error, at mistake) []mistake {
	switch err := err.(type) {
	case openapi3.MultiError:
		var all []mistake
		for _, e := range err {
			all = append(all, mistakes(e, at)...)
		}
		return all
	case *openapi3filter.RequestError:
		switch p := err.Parameter; {
		case p != nil && p.In == openapi3.ParameterInHeader:
			at.Header = p.Name
		case p != nil:
			at.Parameter = p.Name
		}
		if err.Err == nil {
			at.Detail = err.Reason
			return []mistake{at}
		}
		return mistakes(err.Err, at)
	case *openapi3.SchemaError:
		if tree, ok := err.Origin.(openapi3.MultiError); ok && len(tree) > 0 {
			return mistakes(tree, at)
		}
		return []mistake{schemaMistake(err, at)}
	case *openapi3filter.ParseError:
		at.Detail = unparsed(err)
		return []mistake{at}
	}
	at.Detail = err.Error()
	switch {
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		at.Detail = "required, and missing"
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		at.Detail = "must not be empty"
	}
	return []mistake{at}
}

// schemaMistake is one keyword of a schema that a value does not keep.
func schemaMistake(err *openapi3.SchemaError, at mistake) mistake {
	path, member := err.JSONPointer(), ""
	switch err.SchemaField {
	case "properties":
		if n, _ := fmt.Sscanf(err.Reason, "property %q is unsupported", &member); n == 1 {
			path = append(path, member) // the member itself, not the object that it is in
		}
	case "required":
		// kin-openapi's path ends with the missing member, once or twice.
		if n, _ := fmt.Sscanf(err.Reason, "property %q is missing", &member); n == 1 && len(path) > 1 &&
			path[len(path)-1] == member && path[len(path)-2] == member {
			path = path[:len(path)-1]
		}
	}
	if len(path) > 0 && at.Parameter == "" && at.Header == "" {
		at.Pointer = pointer(path...)
	}
	at.Detail = broken(err, member)
	return at
}

// broken says in a few words which rule of the contract a value breaks. The reasons that
// kin-openapi gives speak of schemas and properties; a caller has members and values.
func broken(err *openapi3.SchemaError, member string) string {
	s := err.Schema
	switch err.SchemaField {
	case "type", "nullable":
		return typeWanted(s) + " is wanted, not " + typeOf(err.Value)
	case "properties":
		if near := nearest(member, s); near != "" {
			return fmt.Sprintf("unknown member, did you mean %q?", near)
		}
		return "unknown member"
	case "required":
		return "required, and missing"
	case "enum":
		return fmt.Sprintf("%s is none of %s", quoted(err.Value), list(s.Enum))
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum":
		return fmt.Sprintf("%s is out of range: %s", quoted(err.Value), rangeOf(s))
	case "minLength":
		return fmt.Sprintf("too short: at least %s", count(s.MinLength, "character"))
	case "maxLength":
		return fmt.Sprintf("too long: at most %s", count(*s.MaxLength, "character"))
	case "minItems":
		return fmt.Sprintf("too few: at least %s", count(s.MinItems, "element"))
	case "maxItems":
		return fmt.Sprintf("too many: at most %s", count(*s.MaxItems, "element"))
	case "minProperties":
		return fmt.Sprintf("too few: at least %s", count(s.MinProps, "member"))
	case "maxProperties":
		return fmt.Sprintf("too many: at most %s", count(*s.MaxProps, "member"))
	case "uniqueItems":
		return "an element is there twice"
	case "pattern":
		return fmt.Sprintf("%s does not match %s", quoted(err.Value), s.Pattern)
	case "format":
		return fmt.Sprintf("%s is no %s", quoted(err.Value), formats[s.Format])
	case "oneOf", "anyOf", "allOf":
		return "not of any form that the contract allows here"
	}
	return err.Reason
}

// formats are what the contract's string formats are called in a sentence.
var formats = map[string]string{
	"uuid": "UUID", "date-time": "RFC 3339 time, as in 2026-01-02T15:04:05Z", "ipv4": "IPv4 address",
	"ipv6": "IPv6 address",
}

// typeNames are the types of JSON with their articles.
var typeNames = map[string]string{
	"string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false",
	"array": "an array", "object": "an object",
}

func typeWanted(s *openapi3.Schema) string {
	if s == nil || s.Type == nil || len(*s.Type) == 0 {
		return "another type"
	}
	name := (*s.Type)[0]
	if word, ok := typeNames[name]; ok {
		return word
	}
	return name
}

// typeOf is what a decoded value of JSON is.
func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case string:
		return "a string"
	case float64:
		if v != float64(int64(v)) {
			return "a number with decimals"
		}
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

// rangeOf says within which bounds a number must be.
func rangeOf(s *openapi3.Schema) string {
	low, high := "", ""
	if s.Min != nil {
		low = fmt.Sprintf("at least %v", *s.Min)
		if s.ExclusiveMin.IsTrue() {
			low = fmt.Sprintf("more than %v", *s.Min)
		}
	}
	if s.Max != nil {
		high = fmt.Sprintf("at most %v", *s.Max)
		if s.ExclusiveMax.IsTrue() {
			high = fmt.Sprintf("less than %v", *s.Max)
		}
	}
	if low != "" && high != "" {
		return low + " and " + high
	}
	return low + high
}

// maxQuoted bounds how much of a value a message repeats.
const maxQuoted = 60

func quoted(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if s := []rune(string(b)); len(s) > maxQuoted {
		return string(s[:maxQuoted]) + "…"
	}
	return string(b)
}

// maxListed bounds how many allowed words a message lists.
const maxListed = 24

func list(allowed []any) string {
	words := make([]string, 0, len(allowed))
	for _, v := range allowed[:min(len(allowed), maxListed)] {
		words = append(words, fmt.Sprint(v))
	}
	if len(allowed) > maxListed {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

func count(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// nearest is the member of an object that an unknown one was probably meant to be.
func nearest(member string, s *openapi3.Schema) string {
	if s == nil {
		return ""
	}
	known := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		known = append(known, name)
	}
	slices.Sort(known)
	return script.Nearest(member, known)
}

// unparsed says what is wrong with a parameter that is not of its type: "port=abc".
func unparsed(err *openapi3filter.ParseError) string {
	if err.Cause != nil {
		if inner := (*openapi3filter.ParseError)(nil); errors.As(err.Cause, &inner) {
			return unparsed(inner)
		}
	}
	if kind, ok := strings.CutPrefix(err.Reason, "an invalid "); ok && typeNames[kind] != "" {
		return fmt.Sprintf("%s is wanted, not %s", typeNames[kind], quoted(err.Value))
	}
	return err.Reason
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// pointer is a JSON Pointer (RFC 6901).
func pointer(path ...string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(pointerEscape.Replace(p))
	}
	return b.String()
}
