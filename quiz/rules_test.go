package quiz

import (
	"slices"
	"testing"

	"fourwave/fsm"
	"fourwave/lab"
)

func TestEveryEventAskedAboutHasAnArrow(t *testing.T) {
	type cell struct {
		state fsm.State
		event fsm.Event
	}
	seen := map[cell]bool{}
	for _, q := range questions {
		for _, s := range q.in {
			row, ok := agreed(s, q)
			if !ok {
				t.Errorf("%s in %s: no arrow, or RFC 9293 and Linux differ", q.event, s)
			}
			if seen[cell{s, q.event}] {
				t.Errorf("%s in %s is asked in two ways", q.event, s)
			}
			seen[cell{s, q.event}] = true
			if row.Do == 0 && q.event[:3] != "rcv" {
				t.Errorf("%s in %s: does nothing, which is explained as a segment that is dropped", q.event, s)
			}
			if !isChinese(q.text.Zh) || isChinese(q.text.En) {
				t.Errorf("%s: got texts %q and %q", q.event, q.text.En, q.text.Zh)
			}
		}
	}
}

func TestEveryActionHasWords(t *testing.T) {
	for _, row := range fsm.Table {
		if row.Do&fsm.Challenge != 0 && row.Do&fsm.SendACK == 0 {
			t.Errorf("%s in %s: a challenge that is no ACK", row.Event, row.From)
		}
		for _, name := range row.Do.Names() {
			if !slices.ContainsFunc(deeds, func(d deed) bool { return d.action == name }) {
				t.Errorf("%s in %s: no words for %q", row.Event, row.From, name)
			}
		}
	}
}

// What every teacher of TCP would mark as right.
func TestNextState(t *testing.T) {
	for _, tt := range []struct {
		from  fsm.State
		event fsm.Event
		want  string
	}{
		{fsm.Established, fsm.UserClose, "FIN-WAIT-1"},
		{fsm.Established, fsm.RcvFIN, "CLOSE-WAIT"},
		{fsm.FinWait1, fsm.RcvACKOfFIN, "FIN-WAIT-2"},
		{fsm.FinWait1, fsm.RcvFIN, "CLOSING"},
		{fsm.FinWait1, fsm.RcvFINACKOfFIN, "TIME-WAIT"},
		{fsm.FinWait2, fsm.RcvFIN, "TIME-WAIT"},
		{fsm.CloseWait, fsm.UserClose, "LAST-ACK"},
		{fsm.Closing, fsm.RcvACKOfFIN, "TIME-WAIT"},
		{fsm.LastAck, fsm.RcvACKOfFIN, "CLOSED"},
		{fsm.TimeWait, fsm.Timeout2MSL, "CLOSED"},
		{fsm.TimeWait, fsm.RcvOldFIN, "TIME-WAIT"},
		{fsm.Established, fsm.RcvSYN, "ESTABLISHED"},
	} {
		i := slices.IndexFunc(
			questions, func(q asked) bool { return q.event == tt.event && slices.Contains(q.in, tt.from) },
		)
		if i < 0 {
			t.Errorf("%s in %s is not asked about", tt.event, tt.from)
			continue
		}
		row, _ := agreed(tt.from, questions[i])
		p := nextState(newDraw(NextState, 1), row, questions[i].text)
		if got := p.choices[p.key].text.En; got != tt.want {
			t.Errorf("%s in %s: got key %s, want %s", tt.event, tt.from, got, tt.want)
		}
		if len(p.choices) != choicesOf {
			t.Errorf("%s in %s: got %d choices, want %d", tt.event, tt.from, len(p.choices), choicesOf)
		}
	}
}

// The states that the stories are meant to lead to; no question's text names one.
func TestStoriesComeAbout(t *testing.T) {
	want := map[string]string{
		"restart": "TIME-WAIT", "restart-late": "CLOSED", "client-first": "CLOSED", "half": "FIN-WAIT-2",
		"half-late": "CLOSED", "reset": "CLOSED", "live": "ESTABLISHED", "half-read": "CLOSE-WAIT", "listening": "", "bound": "",
	}
	for _, s := range situations() {
		d, err := s.decide()
		if err != nil {
			t.Errorf("%v\n%s", err, s.script("", true))
			continue
		}
		if w, ok := want[s.id]; !ok || d.state != w {
			t.Errorf("%s: got state %q, want %q", s.id, d.state, w)
		}
	}
}

// Linux's rule as measured (SO_REUSEADDR and SO_REUSEPORT count only on both sides, the state only
// by LISTEN, an address only where it overlaps), said a second time and as plainly as can be.
func TestWillItBind(t *testing.T) {
	for _, s := range situations() {
		d, err := s.decide()
		if err != nil {
			t.Fatal(err)
		}
		gone := d.serves && d.state == "CLOSED"
		holds := s.oldAddr
		if s.serves {
			holds = "server:7865" // a connection has the address at which it was reached
		}
		apart := holds != s.newAddr && holds != ":7865" && s.newAddr != ":7865"
		both := s.old == s.new && (s.old == "reuseport" || s.old == "reuseaddr" && s.id != "listening")
		want := "EADDRINUSE"
		if gone || apart || both {
			want = "ok"
		}
		if d.result != want {
			t.Errorf("%s, %s %s, then %s %s: got %s, want %s", s.id, s.oldAddr, s.old, s.newAddr, s.new, d.result, want)
		}
	}
}

func TestEveryOptionRuleIsAskedAbout(t *testing.T) {
	pool, err := decide()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{
		"bind-free", "linux-bind-no-options", "linux-bind-old-lacks-reuseaddr", "linux-bind-new-lacks-reuseaddr",
		"linux-bind-mixed-options", "linux-bind-listener", "linux-bind-both-reuseaddr", "linux-bind-both-reuseport",
		"linux-bind-other-address",
	} {
		if len(pool.byRule[rule]) == 0 {
			t.Errorf("no situation is decided by %s", rule)
		}
	}
}

func TestSpellings(t *testing.T) {
	states := &problem{choices: []choice{
		{id: "a", text: lab.Text{En: "TIME-WAIT", Zh: "TIME-WAIT"}},
		{id: "b", text: lab.Text{En: "FIN-WAIT-1", Zh: "FIN-WAIT-1"}},
		{id: "c", text: lab.Text{En: "CLOSED", Zh: "CLOSED"}},
	}}
	bind := &problem{choices: bindChoices}
	for _, tt := range []struct {
		p      *problem
		answer string
		want   int // -1: none
	}{
		{states, "TIME_WAIT", 0}, {states, "time-wait", 0}, {states, " Time Wait. ", 0}, {states, "ＴＩＭＥ－ＷＡＩＴ", 0},
		{states, "TIME–WAIT", 0}, {states, "“TIME-WAIT”。", 0}, {states, "a", 0}, {states, "Ａ", 0}, {states, "(A)", 0},
		{states, "FIN-WAIT-1", 1}, {states, "fin_wait1", 1}, {states, "ＦＩＮ＿ＷＡＩＴ＿１", 1}, {states, "FIN WAIT 1", 1},
		{states, "CLOSED", 2}, {states, "c)", 2},
		{states, "FIN-WAIT-2", -1}, {states, "d", -1}, {states, "yes", -1}, {states, "a b", -1},
		{bind, "yes", 0}, {bind, "Yes!", 0}, {bind, "ＹＥＳ", 0}, {bind, "会", 0}, {bind, "会。", 0}, {bind, "ok", 0},
		{bind, "no", 1}, {bind, "NO.", 1}, {bind, "不会", 1}, {bind, "EADDRINUSE", 1}, {bind, "Ｎｏ", 1}, {bind, "Address already in use", 1},
		{bind, "maybe", -1}, {bind, "a", -1}, {bind, "CLOSED", -1}, {bind, "不知道", -1},
	} {
		got, ok := tt.p.find(tt.answer)
		if !ok {
			got = -1
		}
		if got != tt.want {
			t.Errorf("find(%q): got %d, want %d", tt.answer, got, tt.want)
		}
	}
}

func TestEvidenceIsInTheLibrary(t *testing.T) {
	for _, id := range []string{"plain-restart", "close-both-first", "wait-it-out", "reuse-both", "reuse-new-only",
		"reuse-old-only", "client-closes-first", "unread-data", "over-established", "same-client-port"} {
		if _, ok := lab.FindExperiment(id); !ok {
			t.Errorf("the library has no experiment %s", id)
		}
	}
	for _, kind := range Kinds {
		linked := 0
		for seed := range int64(seeds) {
			q := ask(t, kind, seed, "en")
			id := mark(t, q.Token, q.Choices[0].ID, "en").Experiment
			if id == "" {
				continue
			}
			linked++
			if _, ok := lab.FindExperiment(id); !ok {
				t.Fatalf("%s, seed %d: the library has no experiment %q", kind, seed, id)
			}
		}
		t.Logf("%s: %d of %d questions have an experiment that shows the answer", kind, linked, seeds)
		if linked < seeds/4 {
			t.Errorf("%s: got %d links for %d questions, want more", kind, linked, seeds)
		}
	}
	for rule, want := range map[string]string{
		"linux-bind-old-lacks-reuseaddr": "reuse-new-only",
		"linux-bind-new-lacks-reuseaddr": "reuse-old-only",
		"linux-bind-both-reuseaddr":      "reuse-both",
	} {
		if got := evidence().ofRule(rule); got != want {
			t.Errorf("%s: got experiment %q, want %q", rule, got, want)
		}
	}
}
