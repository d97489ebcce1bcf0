package quiz

// ports-left: a small range of ephemeral ports, some held by connections; how many connects still
// succeed.

func makePortsLeft(d draw, level int) *Item {
	s := newScene(d)
	// Even: of an odd number of ports __inet_hash_connect tries all but one, which one hangs on a
	// hash ("remaining &= ~1U"), so that a connect may fail while a port is free.
	size := 4 + 2*d.below(3)
	dest, other := s.port, itoa(atoi(s.port)+1)
	low := 40000 + 10*d.below(900)
	s.add("+0 client sysctl ip_local_port_range %d %d", low, low+size-1)
	s.tell(say("ports.open", "low", low, "high", low+size-1))
	reuse := "2"
	if level > 1 && d.chance(1, 2) {
		reuse = one(d, []string{"0", "1"})
		s.add("+0 client sysctl tcp_tw_reuse %s", reuse)
		s.tell(say("tuple.set", "key", "tcp_tw_reuse", "n", reuse))
		s.rule("tcp_tw_reuse")
	}
	for i, p := range []string{dest, other} {
		s.add("+0 server bind l%d :%s reuseaddr", i, p)
		s.add("+0 server listen l%d 64", i)
	}
	waiting, open, elsewhere := 0, 1+d.below(3), 0
	if level > 1 {
		waiting = d.below(4)
	}
	if level > 1 || d.chance(1, 2) {
		elsewhere = d.below(4)
	}
	if waiting+open > size || elsewhere > size {
		return nil
	}
	bound := level == 3 && d.chance(2, 3)
	if bound { // a socket that binds a port of the range itself, before the kernel may give it to a connection
		s.add("+0 client bind b :%d", low+size-1)
		s.hard = true
		s.tell(say("ports.bound", "port", low+size-1))
	}
	n := 0
	connect := func(port string) {
		n++
		s.add("+0 client connect c%d server:%s", n, port)
		s.add("+0 server accept l%s as a%d", map[string]string{dest: "0", other: "1"}[port], n)
	}
	for range waiting { // the client closes first
		connect(dest)
		s.add("+0 client close c%d", n)
		s.add("+0 server close a%d", n)
	}
	for range open {
		connect(dest)
	}
	for range elsewhere {
		connect(other)
	}
	have := "ports.have"
	if waiting == 0 {
		have = "ports.open.only"
	}
	s.tell(say(have, "port", dest, "open", open, "waiting", waiting, "port2", other, "elsewhere", elsewhere))
	gap := "0"
	if waiting > 0 {
		gap = one(d, []string{"200ms", "3s", "5s"})
		s.tell(say("ports.gap", "gap", span(gap)))
		s.rule("TIME-WAIT")
	}
	first := -1
	for i := range size + 1 {
		k := s.add("+%s client connect d%d server:%s", gap, i, dest)
		if gap = "0"; first < 0 {
			first = k
		}
	}
	t := s.play(linux)
	if t.failedBefore(first) {
		return nil
	}
	key := 0
	for i := first; i < len(t.Results); i++ {
		if t.at(i) != "ok" {
			break
		}
		key++
	}
	fails := first + key
	if fails >= len(t.Results) || t.Results[fails].Why == nil {
		return nil
	}
	s.lines, t.Results, t.Steps = s.lines[:fails+1], t.Results[:fails+1], t.Steps[:fails+1]
	s.rule("five-tuple")
	it := &Item{
		System: "linux", Bare: say("ports.bare"), Script: "", about: s.about(), hard: s.hard, rules: s.rules,
		Text:  join(s.words(), say("ports.ask", "port", dest)),
		Hints: []Text{hint("ports")},
	}
	it.because(t, fails)
	it.Experiment = "ports-used-up"
	s.film(it, fails)
	part := Part{Interaction: ByNumber, Key: float64(key), Wrong: []Wrong{
		{
			Value: float64(size - open - elsewhere - waiting), Myth: "local-port-unique",
			Feedback: wouldIf("local-port-unique"),
		},
		{Value: float64(size - open), Feedback: say("ports.tw")},
		{Value: float64(size - open - waiting), Feedback: say("ports.no-tw")},
		{Value: float64(size), Feedback: say("ports.all")},
		{Value: float64(size - elsewhere), Feedback: say("ports.all")},
		{Value: 0, Feedback: say("ports.nothing")},
	}}
	part.prune()
	it.Parts = []Part{part}
	it.strike()
	it.proof = s.script("proof")
	return it
}
