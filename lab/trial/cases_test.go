package trial

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"fourwave/lab/script"
	"fourwave/realsock"
)

// TestPublicReports makes trials of what public reports say of several systems, and wants what they
// say: by system, or "" for all the worlds that the trial names.
func TestPublicReports(t *testing.T) {
	b, err := os.ReadFile("testdata/30-trials.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Note  string
		Trial Trial
		Want  map[string]string
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	able := realsock.Able()
	for _, c := range cases {
		for w, r := range tried(t, []Trial{c.Trial})[0].Results {
			system := strings.TrimPrefix(w, "model:")
			if system == "model" || system == "kernel" {
				system = "linux"
			}
			want := c.Want[system]
			if want == "" {
				want = c.Want[""]
			}
			got := r.Bind
			if got == "ok" && r.Listen != "" {
				got = r.Listen
			}
			switch {
			case want == "", got == want:
			case got == script.NotRun && w == "kernel" && (!able.OK || !able.UIDs):
			case got == script.NotRun && strings.Contains(r.Why.Text.En, "Windows has no SO_REUSEPORT"):
			default:
				t.Errorf("%s: %s says %s, want %s (%+v)", c.Note, w, got, want, r.Why)
			}
		}
	}
}
