package doc

// Why explains an outcome in one language: the rule that decided, in a sentence, with its source.
type Why struct {
	Rule   string `json:"rule"`
	Text   string `json:"text"`
	Source string `json:"source,omitempty"`
	// For a refused bind, listen or connect.
	Conflict string `json:"conflict,omitempty"` // the socket that stands in the way
	Remedy   string `json:"remedy,omitempty"`   // what would have made it succeed
	// how long until it does by itself: "59.9s", or an event: "when …", "never …"
	Passes string `json:"passes,omitempty"`
}
