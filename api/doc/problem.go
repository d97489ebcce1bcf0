package doc

import "time"

// Problem is what every error is over HTTP: RFC 9457's problem details.
type Problem struct {
	Type     string    `json:"type"` // "/problems/SLUG", which is a page too
	Title    string    `json:"title"`
	Status   int       `json:"status"`
	Detail   string    `json:"detail,omitempty"`
	Instance string    `json:"instance,omitempty"` // the request's path
	Errors   []Mistake `json:"errors,omitempty"`   // at most 20
	Events   []string  `json:"events,omitempty"`   // of /problems/no-arrow: those that the state knows

	When *time.Time   `json:"when,omitempty"` // of /problems/not-yet, where it is known
	Kept *SavedAnswer `json:"kept,omitempty"` // of /problems/stale-answer
}

// Mistake is one thing that is wrong with a request, and its place: a JSON Pointer into the body, a
// parameter, a header, or a line and column of the script. All of them empty: the body as a whole.
type Mistake struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Header    string `json:"header,omitempty"`
	Line      int    `json:"line,omitempty"`   // from 1
	Column    int    `json:"column,omitempty"` // from 1
	Detail    string `json:"detail"`
}
