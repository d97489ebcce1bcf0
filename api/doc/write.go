package doc

import (
	"encoding/json"
	"io"
)

// Each makes a document of each element. It is never nil, so that JSON has [] and not null.
func Each[T, V any](from []T, document func(T) V) []V {
	out := make([]V, len(from))
	for i, x := range from {
		out[i] = document(x)
	}
	return out
}

// Write writes a document as one line of JSON for people to read too: "<SEQ=1>" keeps its brackets,
// which encoding/json would otherwise escape for HTML.
func Write(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
