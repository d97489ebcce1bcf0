package quiz

// who-waits: how each end closes, and in what order; the ends that are in TIME-WAIT.

func makeWhoWaits(d draw, level int) *Item {
	want := wanted(
		d, 0,
		[]string{"server", "client", "neither", "server", "client", "neither", "server", "client", "neither", "both"},
	)
	c := drawClosing(d, level, level == 3)
	gap := one(d, []string{"500ms", "1s", "2s", "3s", "5s", "10s", "20s", "40s"})
	if level > 1 && want == "neither" && d.chance(1, 3) {
		gap = one(d, []string{"61s", "65s", "90s", "120s"})
	}
	at, other := c.states(gap)
	t := c.play(linux)
	server, client := t.at(at) == "TIME-WAIT", t.at(other) == "TIME-WAIT"
	key := ends(server, client)
	if level == 1 && want == "both" { // no orderly close of two ends at different instants has two waiters
		want = wanted(d, 1, []string{"server", "client", "neither"})
	}
	if c.hard && (!t.lost() || t.hangsOnInstant()) || key != want || c.one && !d.chance(1, 2) {
		return nil
	}
	it := &Item{
		System: "linux", Text: join(c.words(), say("who-waits.ask", "gap", span(gap))), Bare: say("who-waits.bare"),
		Script: c.script(say("who-waits.bare").En),
		Rule:   "first-fin-waits", Source: "RFC 9293 §3.6, figure 5", Why: t.paths(),
		about: c.about(), rules: append(t.rulesOf(), c.rules...), hard: c.hard,
		Hints: []Text{hint("close"), hintBefore(t, c)},
	}
	c.film(it, at)
	var wrong []candidate
	for _, e := range []string{"server", "client", "both", "neither"} {
		wrong = append(
			wrong, candidate{text: say("end." + e), myth: waitsMyth(key, e, c), feedback: say("who-waits." + e)},
		)
	}
	options, ok := choose(d, candidate{text: say("end." + key)}, wrong, 4)
	if !ok {
		return nil
	}
	for i := range options {
		o := &options[i]
		for _, e := range []string{"server", "client", "both", "neither"} {
			if o.Text == say("end."+e) {
				o.Also = []string{plain(e), plain(say("end." + e).Zh)}
			}
		}
	}
	it.Parts = []Part{{Interaction: ByChoice, Options: options}}
	it.strike()
	it.proof = c.scene.script("proof")
	return it
}

func ends(server, client bool) string {
	switch {
	case server && client:
		return "both"
	case server:
		return "server"
	case client:
		return "client"
	}
	return "neither"
}

// waitsMyth is the misconception that takes an answer for right.
func waitsMyth(key, answer string, c *closing) string {
	aborted := c.last.how == "abort" || c.last.how == "unread" || c.first.how == "abort" || c.first.how == "unread"
	switch {
	case answer == key:
		return ""
	case answer == "both":
		return "both-wait"
	case answer == "neither" && (c.first.how == "exit" || c.last.how == "exit"):
		return "exit-resets"
	case answer == "neither" && key != "neither":
		return "tw-gone-with-process"
	case !c.one && !c.crossed && !aborted && answer == c.last.who:
		return "last-closer-waits"
	}
	return ""
}
