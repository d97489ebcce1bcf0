package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/api/doc"
)

// TestReuseReports asks what public reports ask, as they spell it: for an answer, or a refusal that
// says what the report did not know.
func TestReuseReports(t *testing.T) {
	text, err := os.ReadFile("testdata/31-reuse-checks.json")
	if err != nil {
		t.Fatal(err)
	}
	var reports []struct {
		Note, Want, Says string
		Check            json.RawMessage
	}
	if err := json.Unmarshal(text, &reports); err != nil {
		t.Fatal(err)
	}
	ts := newServer(t, nil)
	for _, r := range reports {
		ask := call{method: "POST", path: "/v1/reuse-checks", body: string(r.Check)}
		if r.Want == "" {
			var p doc.Problem
			ts.do(t, ask).get(t, http.StatusUnprocessableEntity, &p)
			if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Detail, r.Says) {
				t.Errorf("%s: got %+v, want an error that says %q", r.Note, p.Errors, r.Says)
			}
			continue
		}
		var got struct{ Result string }
		ts.do(t, ask).get(t, http.StatusOK, &got)
		if got.Result != r.Want {
			t.Errorf("%s: got %s, want %s", r.Note, got.Result, r.Want)
		}
	}
}

// TestSpellings: a state or an address in a tool's spelling gets the answer that it gets in RFC
// 9293's.
func TestSpellings(t *testing.T) {
	ts := newServer(t, nil)
	const (
		trials = `{"existing":[{"state":%q,"addr":%q}],"new":{"addr":%q},"worlds":["model"]}`
		checks = `{"sockets":[{"tuple":"tcp %s","state":%q}],"candidate":{"op":"bind","tuple":"tcp %s"}}`
		step   = `{"state":%q,"event":"rcv FIN"}`
	)
	for _, test := range []struct {
		method, path string
		given, plain string // body, or query of a GET
	}{
		{"POST", "/v1/trials", fmt.Sprintf(trials, "CLOSE_WAIT", "localhost", "*"),
			fmt.Sprintf(trials, "CLOSE-WAIT", "127.0.0.1", "0.0.0.0")},
		{"POST", "/v1/trials", fmt.Sprintf(trials, "ESTAB", "[::]", "[::1]"),
			fmt.Sprintf(trials, "ESTABLISHED", "::", "::1")},
		{"POST", "/v1/trials", fmt.Sprintf(trials, "FinWait1", "::", "::"),
			fmt.Sprintf(trials, "FIN-WAIT-1", "::", "::")},
		{"POST", "/v1/trials", fmt.Sprintf(trials, "bound", "*", "*"),
			fmt.Sprintf(trials, "BOUND", "0.0.0.0", "0.0.0.0")},
		{"POST", "/v1/reuse-checks", fmt.Sprintf(checks, "*:22", "LISTENING", "localhost:22"),
			fmt.Sprintf(checks, "0.0.0.0:22", "LISTEN", "127.0.0.1:22")},
		{"POST", "/v1/reuse-checks", fmt.Sprintf(checks, ":::8080 *:*", "Listen", "[::]:8080"),
			fmt.Sprintf(checks, "[::]:8080", "LISTEN", "[::]:8080")},
		{"POST", "/v1/reuse-checks", fmt.Sprintf(checks, "10.0.0.1:80 10.0.0.2:4000", "SYN_RECV", ":80"),
			fmt.Sprintf(checks, "10.0.0.1:80 10.0.0.2:4000", "SYN-RECEIVED", "0.0.0.0:80")},
		{"POST", "/v1/machine/step", fmt.Sprintf(step, "FIN_WAIT1"), fmt.Sprintf(step, "FIN-WAIT-1")},
		{"POST", "/v1/machine/step", fmt.Sprintf(step, "FinWait2"), fmt.Sprintf(step, "FIN-WAIT-2")},
		{"POST", "/v1/machine/step", fmt.Sprintf(step, "estab"), fmt.Sprintf(step, "ESTABLISHED")},
		{"GET", "/v1/matrix", "existing=TimeWait", "existing=TIME-WAIT"},
		{"GET", "/v1/matrix", "existing=bound", "existing=BOUND"},
		{"GET", "/v1/matrix", "existing=CLOSE_WAIT&worlds=model", "existing=CLOSE-WAIT&worlds=model"},
	} {
		var got, want any
		for spelling, into := range map[string]*any{test.given: &got, test.plain: &want} {
			c := call{method: test.method, path: test.path, body: spelling}
			if test.method == "GET" {
				c.path, c.body = test.path+"?"+spelling, ""
			}
			ts.do(t, c).get(t, http.StatusOK, into)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s %s: -plain +given:\n%s", test.method, test.path, test.given, diff)
		}
	}
}
