package api

import (
	"slices"
	"strings"
	"testing"
)

type differencesAnswer struct {
	Items []struct {
		ID     string
		Worlds [][]string
		Text   string
	}
}

// One world asks for the entries that speak of it, two for those between them.
func TestDifferencesByWorld(t *testing.T) {
	ts := newServer(t, nil)
	ids := func(query string) []string {
		var got differencesAnswer
		ts.do(t, call{path: "/v1/differences" + query}).get(t, 200, &got)
		var out []string
		for _, d := range got.Items {
			out = append(out, d.ID)
		}
		return out
	}
	all := ids("")
	for query, want := range map[string][2]string{ // one that is among them, one that is not
		"?worlds=model:windows":        {"windows-bind", "time-wait-wheel"},
		"?worlds=kernel,model":         {"time-wait-wheel", "time-wait-length"},
		"?worlds=model:rfc9293,kernel": {"time-wait-length", "time-wait-wheel"},
		"?worlds=model,model:freebsd":  {"bsd-bind", "time-wait-length"},
	} {
		got := ids(query)
		if !slices.Contains(got, want[0]) || slices.Contains(got, want[1]) || len(got) >= len(all) {
			t.Errorf("%s: got %v, want %s and not %s", query, got, want[0], want[1])
		}
	}
}

// A lab of Linux and the RFC: each difference has a reason that the catalogue knows, in the
// caller's language.
func TestLabHasReasons(t *testing.T) {
	ts := newServer(t, nil)
	c := call{method: "POST", path: "/v1/labs", body: `{"experiment":"lost-fin","worlds":["model","model:rfc9293"]}`,
		header: header("Prefer", "wait=30", "Accept-Language", "zh")}
	var lab struct {
		Steps []struct {
			Verdict string
			Why     struct{ Rule, Text string }
		}
		Differences []struct {
			What, Host string
			Told       map[string]string
			Why        struct{ Rule, Text string }
		}
		Summary struct {
			Differ, Explained, Unexplained int
			Segments                       struct{ Differ, Explained int }
		}
	}
	ts.do(t, c).get(t, 201, &lab)
	rules := map[string]bool{}
	for _, s := range lab.Steps {
		if s.Verdict == "differ" {
			rules[s.Why.Rule] = true
			if !strings.Contains(s.Why.Text, "重传") {
				t.Errorf("reason: got %q, want it in Chinese", s.Why.Text)
			}
		}
	}
	for _, d := range lab.Differences {
		rules[d.Why.Rule] = true
		if len(d.Told) != 2 || d.Host == "" {
			t.Errorf("difference: got %+v", d)
		}
	}
	if len(lab.Differences) == 0 || !rules["retransmission-time"] {
		t.Errorf("got reasons %v in %d differences, want retransmission-time among them", rules, len(lab.Differences))
	}
	for rule := range rules {
		ts.do(t, call{path: "/v1/differences/" + rule}).get(t, 200, &struct{}{})
	}
	s := lab.Summary
	if s.Differ == 0 || s.Explained != s.Differ || s.Unexplained != 0 || s.Segments.Explained != s.Segments.Differ {
		t.Errorf("summary: got %+v", s)
	}
}
