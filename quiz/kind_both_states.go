package quiz

// both-states: a story of a close and an instant; the state of each end.

var afterwards = []string{"100ms", "200ms", "500ms", "1s", "2s", "5s", "10s", "30s", "50s", "65s", "90s", "130s"}

func makeBothStates(d draw, level int) *Item {
	c := drawClosing(d, level, level == 3)
	gap := one(d, afterwards)
	if c.hard && d.chance(2, 3) {
		gap = one(d, []string{"1s", "2s", "5s", "10s"})
	}
	at, other := c.states(gap)
	t := c.play(linux)
	server, client := t.at(at), t.at(other)
	if c.hard && (!t.lost() || t.hangsOnInstant()) || !valid(server) || !valid(client) ||
		server == "ESTABLISHED" && client == "ESTABLISHED" ||
		server == "CLOSED" && client == "CLOSED" && !d.chance(1, 4) {
		return nil
	}
	it := &Item{
		System: "linux", Text: join(c.words(), say("both-states.ask", "gap", span(gap))), Bare: say("both-states.bare"),
		Script: c.script(say("both-states.bare").En),
		Rule:   "close-path", Source: "RFC 9293 §3.6, figure 5", Why: t.paths(),
		about: c.about(), rules: append(t.rulesOf(), c.rules...), hard: c.hard,
		Hints: []Text{hint("close"), hintBefore(t, c)},
	}
	c.film(it, at)
	it.Parts = []Part{
		{Interaction: ByMatch, Domain: OfStates, Options: stateOptions(d, server, client), Fields: []Field{
			endField("server", server, client), endField("client", client, server)}},
	}
	it.Parts[0].keyByText()
	it.proof = c.scene.script("proof")
	return it
}

// hintBefore tells where the end that closed first was before it came to rest.
func hintBefore(t *take, c *closing) Text {
	host := "server"
	if c.first.who == "client" {
		host = "client"
	}
	return say("hint.state", "who", who(host), "state", t.before(host, socketOf(host)))
}

// endField is a row for an end's state. Its misses are what misconceptions make of the other end's.
func endField(host, key, other string) Field {
	f := Field{ID: host, Label: say(host), Key: key, Kind: "option"}
	miss := func(state, myth string) {
		if state != key {
			f.Wrong = append(f.Wrong, Miss{state, myth, wouldIf(myth)})
		}
	}
	if other == "TIME-WAIT" {
		miss("TIME-WAIT", "both-wait")
	}
	if key == "TIME-WAIT" || other == "TIME-WAIT" {
		miss(other, "last-closer-waits")
	}
	if key == "FIN-WAIT-2" || key == "CLOSE-WAIT" || key == "FIN-WAIT-1" {
		miss("CLOSED", "close-is-gone")
		miss("TIME-WAIT", "fin-both-ways")
		miss("LAST-ACK", "fin-both-ways")
	}
	return f
}

// stateOptions are both keys and other states of a close, six in all, in the RFC's order of states.
func stateOptions(d draw, keys ...string) []Option {
	pool := []string{
		"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT", "CLOSED",
	}
	drop := map[string]bool{}
	for n := 0; n < 2; {
		s := one(d, pool)
		isKey := false
		for _, k := range keys {
			isKey = isKey || k == s
		}
		if !isKey && !drop[s] && s != "TIME-WAIT" {
			drop[s] = true
			n++
		}
	}
	var out []Option
	for _, s := range pool {
		if !drop[s] {
			out = append(out, Option{Text: same(s)})
		}
	}
	return letters(out)
}

// keyByText turns the keys and misses of fields from texts into option ids; misses that are not
// offered go.
func (p *Part) keyByText() {
	id := map[string]string{}
	for _, o := range p.Options {
		id[o.Text.En] = o.ID
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		f.Key = id[f.Key]
		var kept []Miss
		for _, m := range f.Wrong {
			if m.Value = id[m.Value]; m.Value != "" {
				kept = append(kept, m)
			}
		}
		f.Wrong = kept
	}
}
