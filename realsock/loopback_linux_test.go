package realsock

import (
	"strings"
	"testing"
)

// TestPlainTrials holds the trials that other systems make, with the calls that every Unix has, against those of a namespace.
func TestPlainTrials(t *testing.T) {
	tr := openTrials(t)
	all := everyTrial()
	var some []Trial
	for i := 0; i < len(all); i += 29 {
		some = append(some, all[i])
	}
	want := tr.all(t, some)
	got, err := plainTrials(some)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]int{}
	for i, o := range got {
		if o.NotRun != "" {
			if !strings.Contains(o.NotRun, "held back") && !strings.Contains(o.NotRun, "outside") {
				t.Errorf("%+v: %s", some[i], o.NotRun)
			}
			continue
		}
		made[some[i].Existing[0].State]++
		if o.Bind != want[i].Bind || o.Listen != want[i].Listen {
			t.Errorf("%+v: got %s %s, want %s %s", some[i], o.Bind, o.Listen, want[i].Bind, want[i].Listen)
		}
	}
	if len(made) != 6 {
		t.Errorf("made %v, want six states", made)
	}
	t.Logf("%v of %d", made, len(some))
}
