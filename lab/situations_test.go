package lab

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/fsm"
)

// situation is a way in which a connection opens or ends, as testdata/situations.txt has it.
type measured struct {
	name, experiment string
	lines            map[string]string // by "client c", the states it goes through; by "client", the segments it sends
}

// situations reads the table: what Linux 6.18 was measured to do.
func situations(t *testing.T) (all []measured) {
	t.Helper()
	text, err := os.ReadFile("testdata/situations.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		name, rest, ok := strings.Cut(line, ": ")
		switch {
		case line == "" || line[0] == '#':
		case line[0] != ' ' && ok:
			all = append(all, measured{name, rest, map[string]string{}})
		case ok:
			all[len(all)-1].lines[strings.TrimSpace(name)] = strings.Join(strings.Fields(rest), " ")
		default:
			t.Fatalf("situations.txt: %q", line)
		}
	}
	return all
}

// differs says how what a world told differs from the table; "" if it does not.
func (s *measured) differs(l *Lab, world string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := taleOf(l.tales(len(l.steps)), world)
	paths := told.statePaths()
	got := map[string]string{}
	for who := range s.lines {
		var words []string
		host, sock, named := strings.Cut(who, " ")
		for _, m := range paths[[2]string{host, sock}] {
			words = append(words, string(m.state))
		}
		for _, f := range told.trace.Flights {
			if !named && f.From == host && !f.Forged {
				words = append(words, sentText(f.Segment))
			}
		}
		got[who] = strings.Join(words, " ")
	}
	return cmp.Diff(s.lines, got)
}

// sentText is a segment in a word: its flags, and behind a colon how many octets of data it carries.
func sentText(s fsm.Segment) string {
	text := strings.Join((s.Flags &^ fsm.PSH).Names(), "+")
	if s.Len > 0 {
		text += ":" + strconv.Itoa(int(s.Len))
	}
	return text
}

// TestSituationsInTheModel: the model goes through the states and sends the segments that were measured.
// TestLibraryInTheKernel asks the kernel again.
func TestSituationsInTheModel(t *testing.T) {
	all := situations(t)
	if len(all) != 28 {
		t.Errorf("got %d situations, want 28", len(all))
	}
	ls := NewLabs(Limits{}, allWorlds(t))
	defer ls.Close()
	for _, s := range all {
		l := create(t, ls, Spec{Experiment: s.experiment, Worlds: []string{"model"}})
		<-l.Done()
		if diff := s.differs(l, "model"); diff != "" {
			t.Errorf("%s (%s) in the model (-want +got):\n%s", s.name, s.experiment, diff)
		}
	}
}
