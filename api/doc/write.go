package doc

import (
	"encoding/json"
	"io"
)

// Write writes a document as one line of JSON for people to read too: "<SEQ=1>" keeps its brackets,
// which encoding/json would otherwise escape for HTML.
func Write(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
