package lab

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// create makes a lab that must come about.
func create(t *testing.T, ls *Labs, spec Spec) *Lab {
	t.Helper()
	l, err := ls.Create(spec)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return l
}

// finished runs a script in fakes and waits for its end.
func finished(t *testing.T, script string, worlds ...*fake) Snapshot {
	t.Helper()
	known := map[string]maker{"model": fakes(false), "kernel": fakes(true), "model:rfc9293": fakes(false)}
	var names []string
	for i, f := range worlds {
		name := []string{"model", "kernel", "model:rfc9293"}[i]
		known[name], names = f.world(), append(names, name)
	}
	ls := newLabs(Limits{}, known)
	defer ls.Close()
	l := create(t, ls, Spec{Script: script, Worlds: names})
	<-l.Done()
	return l.Snapshot()
}

func verdicts(s Snapshot) []string {
	var out []string
	for _, st := range s.Steps {
		v := string(st.Verdict)
		if st.Expected != nil {
			v += fmt.Sprintf(" expected=%v", *st.Expected)
		}
		if st.Why != nil {
			v += " (" + st.Why.Rule + ")"
		}
		out = append(out, v)
	}
	return out
}

func TestVerdicts(t *testing.T) {
	model := &fake{answers: map[string]string{"state a": "TIME-WAIT", "timer a": "timewait 60.0s", "recv a": "5"}}
	kernel := &fake{answers: map[string]string{"state a": "TIME_WAIT", "timer a": "timewait 58.2s", "recv a": "EOF"}}
	s := finished(t, `
server bind a :80 = EADDRINUSE
server state a = time-wait
server timer a
server recv a = EOF
server recv a = 7
[kernel] server close a = ok
[model] server close a = EBADF
`, model, kernel)
	want := []string{
		"agree expected=false",
		"agree expected=true",
		"agree",
		"differ expected=true (unexplained)",
		"differ expected=false (unexplained)",
		"not run expected=true (restricted)",
		"not run expected=false (restricted)",
	}
	if diff := cmp.Diff(want, verdicts(s)); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if got, want := s.Steps[3].Why.Text.En, "model says 5, kernel says EOF: unexplained"; got != want {
		t.Errorf("why: got %q, want %q", got, want)
	}
	if got, want := s.Steps[5].Why.Text.En, "model: the line is for kernel only"; got != want {
		t.Errorf("why: got %q, want %q", got, want)
	}
	if got, want := s.Summary.Steps, (Count{Agree: 3, Differ: 2, Unexplained: 2, NotRun: 2, Unexpected: 3}); got != want {
		t.Errorf("summary: got %+v, want %+v", got, want)
	}
}

// With one world there is nothing to agree with: what ran agrees.
func TestVerdictOfOneWorld(t *testing.T) {
	s := finished(t, "server exit = ok\n[kernel] server exit\n", &fake{})
	want := []string{"agree expected=true", "not run (restricted)"}
	if diff := cmp.Diff(want, verdicts(s)); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// A restricted line is skipped together with its delay, and "&" makes a group of what is left. Before a delay, and at the
// end, the wire comes to rest.
func TestGroupsAndDelays(t *testing.T) {
	model, kernel := &fake{}, &fake{}
	finished(t, `
+1s server bind a :80
[kernel] +10s server bind b :81
&  server bind c :82
[model] & server bind d :83
+2s server exit
`, model, kernel)
	type story struct {
		Waits  []time.Duration
		Groups [][]string
	}
	got := story{model.waits, model.groups}
	want := story{
		[]time.Duration{0, 1e9, 0, 0, 2e9, 0},
		[][]string{{"bind a :80"}, {"bind c :82", "bind d :83"}, {"exit"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
	got = story{kernel.waits, kernel.groups}
	want = story{
		[]time.Duration{0, 1e9, 0, 10e9, 0, 2e9, 0},
		[][]string{{"bind a :80"}, {"bind b :81", "bind c :82"}, {"exit"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kernel (-want +got):\n%s", diff)
	}
}

// What a line sets going is that line's until the wire is quiet, and what comes later is of the next one's delay.
func TestEventsTellTheirLine(t *testing.T) {
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	l := create(t, ls, Spec{Worlds: []string{"model"}, Script: `server bind l :7865
server listen l 20
client connect c server:7865
server accept l as a
server close a
& server close l
+100ms client close c
+10s server state a
+51s server state a
`})
	<-l.Done()
	events, _, _ := l.Events(0)
	var got []string
	for _, e := range events {
		line := fmt.Sprintf("%d %s", e.Line, e.Kind)
		if e.InDelay {
			line = fmt.Sprintf("before %d %s", e.Line, e.Kind)
		}
		switch {
		case e.Kind == "state" && e.Entry.From != e.Entry.To:
			got = append(got, fmt.Sprintf("%s %s %s", line, e.Entry.Socket, e.Entry.To))
		case e.Kind == "step" && e.Line != e.Step.Line, e.Line == 0 && e.World != "", e.Line != 0 && e.Kind == "status":
			t.Errorf("got line %d for %+v", e.Line, e)
		}
	}
	want := []string{
		"2 state l LISTEN", "3 state c SYN-SENT", "3 state  SYN-RECEIVED", "3 state c ESTABLISHED", "3 state  ESTABLISHED",
		"5 state a FIN-WAIT-1", "5 state l CLOSED", "5 state c CLOSE-WAIT", "5 state a FIN-WAIT-2",
		"7 state c LAST-ACK", "7 state a TIME-WAIT", "7 state c CLOSED", "before 9 state a CLOSED",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventsAreInOrder(t *testing.T) {
	tell := func(o world.Observer, s script.Step, now time.Duration) {
		o.Entry(fsm.Entry{At: now, Host: s.Actor, Socket: "a"})
		o.Flight(fsm.Flight{ID: 1, Fate: fsm.UnderWay, Departs: now})
		o.Flight(fsm.Flight{ID: 1, Fate: fsm.Arrived, Departs: now, Arrives: now + time.Millisecond})
		o.Table(s.Actor, world.TableChange{At: now, Rows: []world.Row{{ID: 1 + int(now), State: "LISTEN"}}})
	}
	ls := newLabs(Limits{}, map[string]maker{"model": (&fake{told: tell}).world()})
	defer ls.Close()
	l := create(t, ls, Spec{Script: "server exit\nclient exit\n", Worlds: []string{"model"}})
	var got []string
	for after, ended := 0, false; !ended; {
		var events []Event
		var more <-chan struct{}
		events, more, ended = l.Events(after)
		for _, e := range events {
			after++
			if e.ID != after {
				t.Fatalf("event %d has id %d", after, e.ID)
			}
			got = append(got, strings.TrimSpace(e.Kind+" "+e.World+string(e.Status)))
		}
		if !ended {
			<-more
		}
	}
	step := []string{"state model", "segment model", "segment model", "sockets model", "step model"}
	want := slices.Concat([]string{"status running"}, step, step, []string{"status done"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	trace, err := l.Trace("model")
	if err != nil || len(trace.Entries) != 2 || len(trace.Flights) != 1 || trace.Flights[0].Fate != fsm.Arrived {
		t.Errorf("trace %+v, %v", trace, err)
	}
	if _, err := l.Trace("kernel"); !errors.Is(err, ErrWorld) {
		t.Errorf("trace of another world: %v, want %v", err, ErrWorld)
	}
}

// A step event shows the step as it was: a later result in another world is not in it.
func TestStepEventIsAPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ls := newLabs(Limits{}, map[string]maker{"model": fakes(false), "kernel": fakes(true)})
		defer ls.Close()
		l := create(t, ls, Spec{Script: "+1s server exit\n"})
		<-l.Done()
		var got []string
		events, _, _ := l.Events(0)
		for _, e := range events {
			if e.Step != nil {
				got = append(got, fmt.Sprint(e.World, " ", len(e.Step.Results), " ", e.Step.Verdict))
			}
		}
		want := []string{"model 1 ", "kernel 2 agree"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	})
}

func TestCancelEndsAWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{real: true}
		ls := newLabs(Limits{}, map[string]maker{"kernel": f.world(), "model": fakes(false)})
		l := create(t, ls, Spec{Script: "server exit\n+20m server exit = EBADF\nserver exit = ok\n"})
		time.Sleep(5 * time.Minute)
		s := l.Snapshot()
		p := s.Progress["kernel"]
		if p.Status != Running || p.Done != 1 || p.Total != 3 || p.Waiting != 15*time.Minute || p.Now != 5*time.Minute {
			t.Errorf("progress in the middle: %+v", p)
		}
		if s.Steps[1].Verdict != "" || s.Steps[1].Expected != nil {
			t.Errorf("verdict %q, expected %v before both worlds ran it", s.Steps[1].Verdict, s.Steps[1].Expected)
		}
		start := time.Now()
		l.Cancel()
		ls.Close()
		if d := time.Since(start); d != 0 {
			t.Errorf("cancelling took %v", d)
		}
		s = l.Snapshot()
		if s.Status != Cancelled || !f.closed {
			t.Errorf("status %s, world closed %v; want cancelled, true", s.Status, f.closed)
		}
		want := []string{"agree", "not run expected=false (cancelled)", "not run expected=true (cancelled)"}
		if diff := cmp.Diff(want, verdicts(s)); diff != "" {
			t.Errorf("verdicts (-want +got):\n%s", diff)
		}
		if _, _, err := l.Append("server exit\n"); !errors.Is(err, ErrNotLive) {
			t.Errorf("append after cancel: %v, want %v", err, ErrNotLive)
		}
	})
}

func TestAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		ls := newLabs(Limits{Idle: time.Minute}, map[string]maker{"model": f.world(), "kernel": fakes(true)})
		defer ls.Close()
		l := create(t, ls, Spec{})
		for i, tt := range []struct {
			text     string
			from, to int
			wrong    string
		}{
			{text: "# phase one\nserver bind a :80\n", from: 1, to: 2},
			{text: "server listen a = ok", from: 3, to: 3},
			{text: "& server exit", wrong: `4:1: "&" joins a line to the one before, and there is none`},
			{text: "\nserver listen b", wrong: `5:15: unknown socket of the server "b", expected a`},
			{text: "client close a", wrong: `4:14: unknown socket of the client "a", it is the server's`},
			{text: "# nothing\n", wrong: "4:1: script has no steps"},
			{text: "+1s server close a\n+0 server exit\n", from: 4, to: 5},
		} {
			from, to, err := l.Append(tt.text)
			if from != tt.from || to != tt.to || errorText(err) != tt.wrong {
				t.Errorf("append %d: got %d, %d, %v; want %d, %d, %s", i, from, to, err, tt.from, tt.to, tt.wrong)
			}
			time.Sleep(10 * time.Second)
		}
		s := l.Snapshot()
		if s.Status != Running || !s.Live || s.Summary.Steps.Agree != 4 || len(s.Steps) != 4 {
			t.Fatalf("got %s, live %v, %+v; want running, live, 4 steps that agree", s.Status, s.Live, s.Summary.Steps)
		}
		if got := s.Steps[2]; got.Line != 4 || got.Phase != "phase one" {
			t.Errorf("third step stands in line %d, phase %q; want 4, phase one", got.Line, got.Phase)
		}
		if want := "# phase one\nserver bind a :80\nserver listen a = ok\n+1s server close a\n+0 server exit\n"; s.Script != want {
			t.Errorf("script %q, want %q", s.Script, want)
		}
		time.Sleep(51 * time.Second)
		<-l.Done()
		ls.Close()
		if s := l.Snapshot(); s.Status != Done || !f.closed {
			t.Errorf("idle lab: %s, world closed %v", s.Status, f.closed)
		}
	})
}

// What a lab has had counts: its bounds are not those of one append.
func TestAppendIsBounded(t *testing.T) {
	ls := newLabs(Limits{Steps: 3, Script: 60}, map[string]maker{"model": fakes(false)})
	defer ls.Close()
	l := create(t, ls, Spec{Worlds: []string{"model"}})
	for _, tt := range []struct{ text, wrong string }{
		{"server exit\nserver exit\n", ""},
		{"server exit\nserver exit\n", "4:1: more than 3 steps"},
		{"server exit # " + strings.Repeat("x", 40), "3:37: script is longer than 60 octets"},
		{"server exit\n", ""},
		{"server exit\n", "4:1: more than 3 steps"},
	} {
		if _, _, err := l.Append(tt.text); errorText(err) != tt.wrong {
			t.Errorf("append %q: %v, want %s", tt.text, err, tt.wrong)
		}
	}
	if n := len(l.Snapshot().Steps); n != 3 {
		t.Errorf("%d steps, want 3", n)
	}
}

// A lab that was made with a script takes more lines as long as one of its worlds is at work,
// and then all of its worlds run them.
func TestAppendToAScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ls := newLabs(Limits{}, map[string]maker{"model": fakes(false), "kernel": fakes(true)})
		defer ls.Close()
		l := create(t, ls, Spec{Script: "+10s server exit\n"})
		time.Sleep(5 * time.Second)
		if _, _, err := l.Append("+1s client exit\n"); err != nil {
			t.Fatal(err)
		}
		<-l.Done()
		if s := l.Snapshot(); s.Summary.Steps != (Count{Agree: 2}) || s.Status != Done {
			t.Errorf("got %s, %+v; want done, 2 steps that agree", s.Status, s.Summary.Steps)
		}
	})
}

func TestLabsWaitInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ls := newLabs(Limits{Running: 2}, map[string]maker{"model": fakes(false), "kernel": fakes(true)})
		defer ls.Close()
		spec := Spec{Script: "+10s server exit\n", Worlds: []string{"kernel"}}
		var labs []*Lab
		places := func() (out []int) {
			synctest.Wait()
			for _, l := range labs {
				s := l.Snapshot()
				p := s.Place
				if s.Status != Running {
					p = -1
				}
				out = append(out, p)
			}
			return out
		}
		check := func(want ...int) {
			t.Helper()
			if got := places(); !slices.Equal(got, want) {
				t.Errorf("places %v, want %v", got, want)
			}
		}
		for range 5 {
			labs = append(labs, create(t, ls, spec))
		}
		check(0, 0, 1, 2, 3)
		labs[3].Cancel()
		check(0, 0, 1, -1, 2)
		// Virtual labs do not stand behind those that wait in real time.
		<-create(t, ls, Spec{Script: "+10h server exit\n", Worlds: []string{"model"}}).Done()
		time.Sleep(5 * time.Second)
		labs[0].Cancel()
		check(-1, 0, 0, -1, 1) // who came first goes first
		time.Sleep(5 * time.Second)
		check(-1, -1, 0, -1, 0)
		time.Sleep(10 * time.Second)
		check(-1, -1, -1, -1, -1)
	})
}

func TestLabsAreForgotten(t *testing.T) {
	ls := newLabs(Limits{Kept: 3, Running: 9}, map[string]maker{"model": fakes(false), "kernel": fakes(true)})
	defer ls.Close()
	live := create(t, ls, Spec{Worlds: []string{"model"}})
	var labs []*Lab
	for range 4 {
		l := create(t, ls, Spec{Script: "server exit\n", Worlds: []string{"model"}})
		<-l.Done()
		labs = append(labs, l)
	}
	ids := func(labs []*Lab) (out []string) {
		for _, l := range labs {
			out = append(out, l.ID())
		}
		return out
	}
	want := []string{labs[3].ID(), labs[2].ID(), live.ID()}
	if diff := cmp.Diff(want, ids(ls.List("", "", 10))); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:], ids(ls.List("", want[0], 2))); diff != "" {
		t.Errorf("second page (-want +got):\n%s", diff)
	}
	if _, err := ls.Get(labs[0].ID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("get of a forgotten lab: %v, want %v", err, ErrNotFound)
	}
	if err := ls.Delete(labs[3].ID()); err != nil {
		t.Errorf("delete: %v", err)
	}
	if err := ls.Delete(labs[3].ID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("second delete: %v, want %v", err, ErrNotFound)
	}
	for range 2 {
		create(t, ls, Spec{Worlds: []string{"model"}})
	}
	if _, err := ls.Create(Spec{Worlds: []string{"model"}}); !errors.Is(err, ErrTooMany) {
		t.Errorf("create with all labs alive: %v, want %v", err, ErrTooMany)
	}
	if err := ls.Delete(live.ID()); err != nil {
		t.Errorf("delete of a live lab: %v", err)
	}
	<-live.Done()
}

func TestCreateRefuses(t *testing.T) {
	ls := newLabs(Limits{Worlds: 2}, map[string]maker{"model": fakes(false), "kernel": nowhere, "model:rfc9293": fakes(false)})
	for _, tt := range []struct {
		spec Spec
		want error
	}{
		{Spec{Worlds: []string{"mars"}}, ErrWorld},
		{Spec{Worlds: []string{"model", "kernel", "model:rfc9293"}}, ErrWorld},
		{Spec{Experiment: "perpetual-motion"}, ErrExperiment},
		{Spec{Experiment: "plain-restart", Script: "server exit"}, ErrSpec},
	} {
		if l, err := ls.Create(tt.spec); !errors.Is(err, tt.want) || l != nil {
			t.Errorf("%+v: %v, want %v", tt.spec, err, tt.want)
		}
	}
	_, err := ls.Create(Spec{Script: "server listen x"})
	if got, want := errorText(err), `1:15: unknown socket of the server "x"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	ls.Close()
	if _, err := ls.Create(Spec{}); !errors.Is(err, ErrClosed) {
		t.Errorf("create after close: %v, want %v", err, ErrClosed)
	}
}

func TestWorldThatCannotRun(t *testing.T) {
	ls := newLabs(Limits{}, map[string]maker{"model": fakes(false), "kernel": nowhere})
	defer ls.Close()
	l := create(t, ls, Spec{Script: "server exit = ok\n"})
	<-l.Done()
	s := l.Snapshot()
	st := s.Steps[0]
	if s.Status != Done || st.Verdict != VerdictNotRun || st.Why.Text.En != "kernel: the world cannot run here: no namespaces for you" {
		t.Errorf("got %s, %s, %+v", s.Status, st.Verdict, st.Why)
	}
	if s.Progress["kernel"].Status != Failed || s.Progress["model"].Status != Done {
		t.Errorf("progress %+v", s.Progress)
	}
}

func TestWorldThatBreaks(t *testing.T) {
	for name, f := range map[string]*fake{
		"the floor gave way":   {broken: "bind b :81"},
		"panic: BUG: trapdoor": {panics: "bind b :81"},
	} {
		s := finished(t, "server bind a :80\nserver bind b :81\nserver exit\n", &fake{}, f)
		want := []string{"agree", "not run (world-failed)", "not run (world-failed)"}
		if diff := cmp.Diff(want, verdicts(s)); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", name, diff)
		}
		if s.Status != Failed || s.Err != "kernel: the world could not go on: "+name || !f.closed {
			t.Errorf("%s: status %s, %q, closed %v", name, s.Status, s.Err, f.closed)
		}
	}
}

// What would keep a real world waiting for hours is refused before anything runs in it.
func TestWaitsAreBounded(t *testing.T) {
	kernel := &fake{real: true}
	start := time.Now()
	s := finished(t, "server exit\n+20m server exit\n+20m server exit\n", &fake{}, kernel)
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
	for i, st := range s.Steps {
		if st.Verdict != VerdictNotRun || st.Why.Rule != "too-long" || st.Results["model"].Result != "ok" {
			t.Errorf("step %d: %s, %+v", i, st.Verdict, st.Why)
		}
	}
	if len(kernel.groups) > 0 {
		t.Errorf("kernel ran %v", kernel.groups)
	}
	s = finished(t, strings.Repeat("+87600h server exit\n", 3), &fake{})
	if why := s.Steps[0].Why; why == nil || why.Text.En != "model: the script waits longer than the 10 years that this world may take" {
		t.Errorf("thirty years in the model: %+v", why)
	}
}

// A wire that never comes to rest, one that takes a day for a segment, keeps a lab no longer than its lines may wait.
func TestRestIsBounded(t *testing.T) {
	f := &fake{real: true, uneasy: true}
	ls := newLabs(Limits{RealWait: 50 * time.Millisecond}, map[string]maker{"kernel": f.world()})
	defer ls.Close()
	l := create(t, ls, Spec{Script: "server bind a :80\nserver bind b :81\nserver exit\n", Worlds: []string{"kernel"}})
	select {
	case <-l.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the lab waits still")
	}
	s := l.Snapshot()
	if diff := cmp.Diff([]string{"agree", "not run (world-failed)", "not run (world-failed)"}, verdicts(s)); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if want := "kernel: the world could not go on: the wire did not come to rest within the 50ms that a lab may wait for it"; s.Err != want || !f.closed {
		t.Errorf("got %q, closed %v, want %q", s.Err, f.closed, want)
	}
}

// A full log drops states and segments, never steps, and says so; socket tables have a bound of their own
// and take nothing from them.
func TestLogIsBounded(t *testing.T) {
	tell := func(o world.Observer, s script.Step, now time.Duration) {
		for range 10 {
			o.Entry(fsm.Entry{At: now, Host: s.Actor, Socket: "a"})
		}
		rows := make([]world.Row, 9)
		for i := range rows {
			rows[i] = world.Row{ID: i + 1, RecvQ: s.Line}
		}
		o.Table(s.Actor, world.TableChange{At: now, Rows: rows})
	}
	ls := newLabs(Limits{Events: 25}, map[string]maker{"model": (&fake{told: tell}).world()})
	defer ls.Close()
	l := create(t, ls, Spec{Script: strings.Repeat("server exit\n", 5), Worlds: []string{"model"}})
	<-l.Done()
	s := l.Snapshot()
	// Two tables of nine rows fit into the room for 25.
	if s.Events != 2+5+25+2 || s.Dropped != 55-25-2 {
		t.Errorf("%d events, %d dropped; want 34, 28", s.Events, s.Dropped)
	}
	trace, _ := l.Trace("model")
	if len(trace.Entries) != 25 {
		t.Errorf("trace has %d entries, want 25", len(trace.Entries))
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	ls := newLabs(Limits{Running: 5}, map[string]maker{"model": fakes(false), "kernel": fakes(true)})
	for i := range 20 {
		l := create(t, ls, Spec{Script: "+10m server exit\n"})
		switch i % 4 {
		case 0:
			l.Cancel()
		case 1:
			if err := ls.Delete(l.ID()); err != nil {
				t.Error(err)
			}
		}
	}
	ls.Close()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		n := runtime.NumGoroutine()
		if n <= before {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", n, before)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
