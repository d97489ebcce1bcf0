package lab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"fourwave/lab/capture"
	"fourwave/lab/world"
	"fourwave/lab/world/model"
	"fourwave/lab/world/replay"
)

// endsOtherwise are the experiments whose captures have connections that their scripts do not
// reproduce, and why.
var endsOtherwise = map[string]string{
	"late-duplicate":    "a duplicate of data, late on the wire, makes a TIME-WAIT answer, and the answer gets a RST",
	"assassination":     "a FIN that comes twice makes a TIME-WAIT answer, and the answer gets a RST",
	"rfc1337":           "as assassination; and a sysctl decides",
	"time-wait-answers": "a FIN that comes twice, late, makes a TIME-WAIT answer, and the answer gets a RST",
	"syn-in-time-wait":  "a SYN is forged",
	"stale-data":        "the wire loses a RST, and forges",
	"fin-timeout":       "a sysctl shortens FIN-WAIT-2",
	"dead-peer":         "the wire loses a RST",
	"challenge-ack":     "a RST is forged",
}

// TestScriptsOfCaptures: what the model did, read back from its capture, gives an experiment in which
// the model does the same again, laid beside the capture: each step, each state and each segment agrees
// or is an entry of the catalogue.
func TestScriptsOfCaptures(t *testing.T) {
	shelf := replay.NewShelf()
	worlds := world.NewRegistry(model.Worlds(), shelf)
	ls := NewLabs(Limits{}, worlds)
	defer ls.Close()
	connections, segments, differ := 0, 0, map[string]bool{}
	for _, x := range Library() {
		file, _ := pcapngOf(t, x.Script, "model")
		f, err := capture.Read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		shelf.Put(x.ID, f)
		for _, c := range f.Connections {
			t.Run(fmt.Sprint(x.ID, "/", c.N), func(t *testing.T) {
				l := create(t, ls, Spec{Script: c.Script(), Worlds: []string{replay.Name(x.ID, c.N), "model"}})
				<-l.Done()
				s := l.Snapshot()
				connections++
				segments += s.Summary.Segments.Agree
				bad := s.Status != Done || s.Summary.Steps.NotRun+s.Summary.Steps.Unexplained > 0 ||
					s.Summary.States.Unexplained+s.Summary.Segments.Unexplained > 0
				if s.Summary.Steps.Differ > 0 {
					differ[x.ID] = true
					bad = bad || endsOtherwise[x.ID] == ""
				}
				if bad {
					var report strings.Builder
					_ = WriteReport(&report, s, ReportOptions{Width: 160, Lang: "en"})
					t.Errorf("the script ends otherwise:\n%s\n%s\n%s", c.Script(), &report, s.Err)
				}
			})
		}
	}
	if connections < 100 || segments < 500 {
		t.Errorf("%d connections and %d segments that agree: too few to mean anything", connections, segments)
	}
	t.Logf("%d connections, %d segments agree", connections, segments)
	for id, why := range endsOtherwise {
		if !differ[id] {
			t.Errorf("%s ends as its script does, though %s", id, why)
		}
	}
}

// TestCaptureThatIsGone: the world of a capture that is no longer kept runs nothing and says so.
func TestCaptureThatIsGone(t *testing.T) {
	worlds := world.NewRegistry(model.Worlds(), replay.NewShelf())
	m, ok := worlds.Find("capture:none:1")
	if !ok || m.Info().Runs || !strings.Contains(m.Info().Why, "no such connection") {
		t.Errorf("got %v, %+v", ok, m.Info())
	}
	if _, ok := worlds.Find("captured"); ok {
		t.Error("a world that is called captured was found")
	}
}
