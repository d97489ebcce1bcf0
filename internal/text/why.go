package text

// Why explains an outcome: the rule that decided, in a sentence, with its source.
type Why struct {
	Rule   string // its id: "linux-bind-listener"
	Text   Text
	Source string // "RFC 9293 §3.6", "inet_csk_get_port, net/ipv4/inet_connection_sock.c"
	// For a refused bind, listen or connect.
	Conflict Text // the socket that stands in the way
	Remedy   Text // what would have made the call succeed
	Passes   Text // how long until it does by itself: "59.9s", or an event: "when …", "never …"
}

// Copy is a reason of its own, for a caller that adds to it; nil of nil.
func (w *Why) Copy() *Why {
	if w == nil {
		return nil
	}
	c := *w
	return &c
}
