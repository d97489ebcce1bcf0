package lab

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shelf is a keeper for tests. It outlives the labs that it keeps.
type shelf struct {
	mu   sync.Mutex
	labs map[string]Kept
	full error // what Keep says
}

func (s *shelf) Keep(k *Kept) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full != nil {
		return s.full
	}
	s.labs[k.ID] = *k
	return nil
}

func (s *shelf) Kept(id string) (*Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.labs[id]; ok {
		return &k, nil
	}
	return nil, ErrNotFound
}

func (s *shelf) Forget(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.labs[id]; !ok {
		return ErrNotFound
	}
	delete(s.labs, id)
	return nil
}

func (s *shelf) Page(_, after string, n int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.labs {
		if after == "" || id < after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids[:min(n, len(ids))], nil
}

// keeping makes labs that keep in a shelf, as a server does after each start.
func keeping(t *testing.T, s *shelf) *Labs {
	t.Helper()
	ls := NewLabs(Limits{}, allWorlds(t))
	ls.KeepIn(s)
	return ls
}

const keptScript = `# Does it survive?
+0  server  bind l :7865            = ok
+0  server  listen l                = ok
+0  client  connect c server:7865   = ok
+0  server  accept l as a           = ok
+0  server  close a                 = ok
+0  client  close c                 = ok
+0  server  state a                 = TIME-WAIT
`

// wholeStory is what a lab tells, but for what differs each time it runs.
func wholeStory(t *testing.T, l *Lab) string {
	t.Helper()
	s := l.Snapshot()
	s.Created, s.Ended = time.Time{}, time.Time{}
	var b strings.Builder
	if err := WriteReport(&b, s, ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, w := range s.Worlds {
		trace, err := l.Trace(w)
		if err != nil {
			t.Fatal(err)
		}
		if err := trace.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		var pcap bytes.Buffer
		if err := l.WritePcapng(&pcap, w); err != nil {
			t.Fatal(err)
		}
		b.Write(pcap.Bytes())
	}
	events, _, ended := l.Events(0)
	b.WriteString(strings.Repeat("e", len(events)))
	if ended {
		b.WriteString(" ended")
	}
	return b.String()
}

// TestLabsSurvive: a lab that is found again after a restart tells what it told before: a model's is
// run again, a kernel's is as it was seen.
func TestLabsSurvive(t *testing.T) {
	s := &shelf{labs: map[string]Kept{}}
	for _, worlds := range [][]string{{"model"}, {"model:rfc9293", "model"}, {"model", "kernel"}} {
		ls := keeping(t, s)
		l, err := ls.Create(Spec{Script: keptScript, Worlds: worlds})
		if err != nil {
			t.Fatal(err)
		}
		<-l.Done()
		before := wholeStory(t, l)
		ls.Close()
		again := keeping(t, s)
		defer again.Close()
		r, err := again.Get(l.ID())
		if err != nil {
			t.Fatalf("%v: %v", worlds, err)
		}
		after := wholeStory(t, r)
		if worlds[0] == "model:rfc9293" { // two worlds tell in turns, and take turns as they like
			before, after = before[:strings.LastIndex(before, "e")], after[:strings.LastIndex(after, "e")]
		}
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("%v: (-before +after):\n%.3000s", worlds, d)
		}
		if list := again.List("", "", 1); len(list) != 1 || list[0].ID() != l.ID() {
			t.Errorf("%v: not in the list", worlds)
		}
		if err := again.Delete(l.ID()); err != nil {
			t.Error(err)
		}
		if _, err := again.Get(l.ID()); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted: got %v", err)
		}
	}
}

// TestLiveLabGoesOn: a live lab takes steps after a restart, from where it stood.
func TestLiveLabGoesOn(t *testing.T) {
	s := &shelf{labs: map[string]Kept{}}
	ls := keeping(t, s)
	l, err := ls.Create(Spec{Worlds: []string{"model"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ls.Append(l, keptScript); err != nil {
		t.Fatal(err)
	}
	ls.Close()
	again := keeping(t, s)
	defer again.Close()
	r, err := again.Get(l.ID())
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := again.Append(r, "+10s server state a\n")
	if err != nil {
		t.Fatal(err)
	}
	r.awaitRest(10 * time.Second)
	snap := r.Snapshot()
	if last := snap.Steps[len(snap.Steps)-1]; from != 9 || to != 9 || last.Results["model"].Result != "TIME-WAIT" || !snap.Live {
		t.Errorf("line %d to %d says %q, live %v", from, to, last.Results["model"].Result, snap.Live)
	}
}

// TestInterruptedLabIsFailed: a real world goes with its server, and the lab says so.
func TestInterruptedLabIsFailed(t *testing.T) {
	s := &shelf{labs: map[string]Kept{}}
	ls := keeping(t, s)
	l, err := ls.Create(Spec{Script: "+10m server bind l :1\n", Worlds: []string{"kernel"}})
	if err != nil {
		t.Fatal(err)
	}
	crashed := &shelf{labs: map[string]Kept{}} // as it stands at this moment
	s.mu.Lock()
	crashed.labs[l.ID()] = s.labs[l.ID()]
	s.mu.Unlock()
	ls.Close()
	again := keeping(t, crashed)
	defer again.Close()
	r, err := again.Get(l.ID())
	if err != nil {
		t.Fatal(err)
	}
	if snap := r.Snapshot(); snap.Status != Failed || snap.Err != "interrupted by a restart" || snap.Steps[0].Results["kernel"].Result != "not run" {
		t.Errorf("status %s, error %q, step %v", snap.Status, snap.Err, snap.Steps[0].Results)
	}
}

// TestWhatCannotBeKeptIsNotMade: an answer that a lab was made would be a promise.
func TestWhatCannotBeKeptIsNotMade(t *testing.T) {
	s := &shelf{labs: map[string]Kept{}, full: errors.New("no space left on device")}
	ls := keeping(t, s)
	defer ls.Close()
	if _, err := ls.Create(Spec{Script: keptScript, Worlds: []string{"model"}}); !errors.Is(err, s.full) {
		t.Errorf("got %v, want the keeper's error", err)
	}
}
