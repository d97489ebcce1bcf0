package lab

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
	"fourwave/internal/term"
	"fourwave/lab/script"
)

// firstTen is the teaching order that the documentation speaks of.
var firstTen = []string{
	"plain-restart", "close-both-first", "wait-it-out", "reuse-both", "reuse-new-only",
	"reuse-old-only", "client-closes-first", "unread-data", "over-established", "same-client-port",
}

func TestLibraryOrder(t *testing.T) {
	var got []string
	seen := map[string]bool{}
	for _, e := range Library() {
		got = append(got, e.ID)
		if seen[e.ID] {
			t.Errorf("%s comes twice", e.ID)
		}
		seen[e.ID] = true
	}
	if diff := cmp.Diff(firstTen, got[:min(len(got), len(firstTen))]); diff != "" {
		t.Errorf("first experiments (-want +got):\n%s", diff)
	}
}

func TestLibraryTexts(t *testing.T) {
	chinese := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for _, e := range Library() {
		for what, text := range map[string]Text{"title": e.Title, "question": e.Question, "explanation": e.Explain} {
			if text.En == "" || chinese(text.En) {
				t.Errorf("%s: English %s %q", e.ID, what, text.En)
			}
			if !chinese(text.Zh) || strings.ContainsAny(text.Zh, ",;?!") {
				t.Errorf("%s: Chinese %s %q", e.ID, what, text.Zh)
			}
		}
		if !strings.HasSuffix(e.Question.En, "?") || !strings.HasSuffix(e.Question.Zh, "？") {
			t.Errorf("%s: the question does not ask: %q, %q", e.ID, e.Question.En, e.Question.Zh)
		}
		if len(e.Tags) == 0 {
			t.Errorf("%s has no tags", e.ID)
		}
		if n := strings.Count(e.Script, "\n"); n > 50 {
			t.Errorf("%s has %d lines, a screen has 50", e.ID, n)
		}
		for line := range strings.Lines(e.Script) {
			if n := term.Columns(line); n > 120 {
				t.Errorf("%s: a line of %d columns: %s", e.ID, n, line)
			}
		}
	}
}

// TestLibraryInTheModel runs every experiment in every profile that it has lines for. What is
// expected of Linux must come about there, and what is expected of a profile alone, in it.
func TestLibraryInTheModel(t *testing.T) {
	for _, e := range Library() {
		t.Run(e.ID, func(t *testing.T) {
			s, err := script.Parse(e.Script)
			if err != nil {
				t.Fatal(err)
			}
			all := func(*StepReport) bool { return true }
			checkExperiment(t, runExperiment(t, e.ID, "model"), all)
			for i := range s.Steps {
				if slices.Contains(s.Steps[i].Worlds, "model:rfc9293") {
					restricted := func(st *StepReport) bool { return len(st.Worlds) > 0 }
					checkExperiment(t, runExperiment(t, e.ID, "model:rfc9293"), restricted)
					return
				}
			}
		})
	}
}

func runExperiment(t *testing.T, id, world string) Snapshot {
	t.Helper()
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	l := create(t, ls, Spec{Experiment: id, Worlds: []string{world}})
	<-l.Done()
	return l.Snapshot()
}

// sideBySide are the worlds that the library is run in, the first of which the others are compared with.
var sideBySide = []string{"kernel", "model", "model:rfc9293"}

// TestLibraryInTheKernel runs every experiment in the kernel, the model and the RFC side by side: the
// kernel does what is expected, and where another world differs in a step, a state or a segment the catalogue
// says why. The kernel goes through the states and sends the segments of the 28 situations that were measured.
func TestLibraryInTheKernel(t *testing.T) {
	for _, w := range allWorlds(t).Infos() {
		if w.Name == "kernel" && !w.Runs {
			skipUnlessCI(t, "kernel world: "+w.Why)
		}
	}
	// Most of them do nothing but wait, so several run at once.
	ls := NewLabs(Limits{Running: 8}, allWorlds(t))
	defer ls.Close()
	labs, table := map[string]*Lab{}, situations(t)
	for _, e := range Library() {
		if os.Getenv("FOURWAVE_LONG") != "" || e.Needs(*infoOf(t, "kernel")) < 3*time.Second {
			labs[e.ID] = create(t, ls, Spec{Experiment: e.ID, Worlds: sideBySide})
		}
	}
	for _, e := range Library() {
		t.Run(e.ID, func(t *testing.T) {
			l, ok := labs[e.ID]
			if !ok {
				skipUnlessCI(t, "it waits "+script.Span(e.Needs(*infoOf(t, "kernel")))+"; set FOURWAVE_LONG")
			}
			<-l.Done()
			s := l.Snapshot()
			// A machine that stalls for 0.2 s lets a retransmission timer fire that should not:
			// what differs once is looked at again, alone.
			for range 2 {
				if diff := unmeasured(table, e.ID, l); s.Summary.unexplained()+s.Summary.Steps.Unexpected > 0 {
					t.Logf("ran again: %+v", s.Summary)
				} else if diff != "" {
					t.Log("ran again: " + diff)
				} else {
					break
				}
				l = create(t, ls, Spec{Experiment: e.ID, Worlds: sideBySide})
				<-l.Done()
				s = l.Snapshot()
			}
			checkExperiment(t, s, func(*StepReport) bool { return true })
			checkReasons(t, s)
			checkKernel(t, s)
			if diff := unmeasured(table, e.ID, l); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// unmeasured says how the kernel's states and segments in l differ from those measured before in an
// experiment's situations.
func unmeasured(table []measured, experiment string, l *Lab) (diff string) {
	for _, m := range table {
		if m.experiment != experiment {
			continue
		}
		if d := m.differs(l, "kernel"); d != "" {
			diff += fmt.Sprintf("%s (%s) in the kernel (-want +got):\n%s", m.name, experiment, d)
		}
	}
	return diff
}

// checkKernel checks that the kernel itself did what a script expects.
func checkKernel(t *testing.T, s Snapshot) {
	t.Helper()
	for _, st := range s.Steps {
		k := st.Results["kernel"]
		if st.Expect != "" && k.Result != script.NotRun && !meets(st.Cmd.Verb, st.Expect, k) {
			t.Errorf("line %d: %s %s: kernel %s, want %s", st.Line, st.Actor, st.Text, k.Result, st.Expect)
		}
	}
}

// unexplained counts what the catalogue has no reason for.
func (s *Summary) unexplained() int {
	return s.Steps.Unexplained + s.States.Unexplained + s.Segments.Unexplained
}

// checkReasons checks that the catalogue says why whatever differs does so.
func checkReasons(t *testing.T, s Snapshot) {
	t.Helper()
	for _, st := range s.Steps {
		if st.Verdict == Differ && st.Why.Rule == Unexplained {
			t.Errorf("line %d: %s %s: %s", st.Line, st.Actor, st.Text, st.Why.Text)
		}
	}
	for _, f := range s.Differences {
		if f.Why.Rule == Unexplained {
			t.Errorf("line %d: %s %s %s: %s", f.Line, f.Host, f.Socket, f.What, f.Why.Text)
		} else {
			t.Logf("line %d: %s %s %s: %s", f.Line, f.Host, f.Socket, f.What, f.Why.Text)
		}
	}
	if n := s.Summary.unexplained(); n > 0 {
		t.Errorf("%d differences are unexplained: %+v", n, s.Summary)
	}
}

// TestLibraryInEveryModel runs every experiment in each two profiles of the model side by side: whatever
// differs, the catalogue says why.
func TestLibraryInEveryModel(t *testing.T) {
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	explained := 0
	for i, a := range fsm.Profiles {
		for _, b := range fsm.Profiles[i+1:] {
			worlds := []string{"model:" + a.Name, "model:" + b.Name}
			for _, e := range Library() {
				l := create(t, ls, Spec{Experiment: e.ID, Worlds: worlds})
				<-l.Done()
				s := l.Snapshot()
				explained += s.Summary.Steps.Explained + s.Summary.States.Explained + s.Summary.Segments.Explained
				if s.Summary.unexplained() > 0 {
					t.Run(e.ID+" "+a.Name+" "+b.Name, func(t *testing.T) { checkReasons(t, s) })
				}
			}
		}
	}
	if explained < 1000 {
		t.Errorf("only %d differences were explained", explained)
	}
}

// skipUnlessCI skips, with the reason, except where nothing may be skipped.
func skipUnlessCI(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("FOURWAVE_NOSKIP") != "" {
		t.Fatal("must not skip: " + why)
	}
	t.Skip(why)
}

// checkExperiment checks that the steps that count came out as expected, and that no worlds differ.
func checkExperiment(t *testing.T, s Snapshot, counts func(*StepReport) bool) {
	t.Helper()
	bad := s.Status != Done
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Expected != nil && !*st.Expected && counts(st) {
			t.Errorf("line %d: %s %s: got %+v, want %s", st.Line, st.Actor, st.Text, st.Results, st.Expect)
			bad = true
		}
		if st.Verdict == Differ && st.Why.Rule == Unexplained || st.Verdict == VerdictNotRun && st.Why.Rule != "restricted" {
			t.Errorf("line %d: %s %s: %s: %s", st.Line, st.Actor, st.Text, st.Verdict, st.Why.Text)
			bad = true
		}
	}
	if bad {
		var b strings.Builder
		if err := WriteReport(&b, s, ReportOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s, %s\n%s", s.Status, s.Err, &b)
	}
}
