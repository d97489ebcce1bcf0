package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"fourwave/api/doc"
)

// readCaptures sends a capture, and reads it and its trace again.
func (ts *testServer) readCaptures(t *testing.T, seen map[string]bool) {
	t.Helper()
	const op = "GET /v1/captures/{capture_id}"
	made := ts.do(t, call{method: "POST", path: "/v1/captures", body: dumpText, header: plain})
	var got doc.Capture
	if err := json.Unmarshal(made.body, &got); err != nil || made.Header.Get("Location") != "/v1/captures/"+got.ID {
		t.Fatalf("%v: %s", err, made.body)
	}
	if c := got.Connections[0]; c.EndedBy != "rst" || c.Ends["a"].State != "CLOSED" ||
		!strings.Contains(c.Why, "refused") || c.Script == "" {
		t.Errorf("got %+v, want a connection that was refused", c)
	}
	at := "/v1/captures/" + got.ID
	trace := at + "/connections/1/trace"
	for op, paths := range map[string][]string{
		op:                            {at},
		op + "/connections/{n}/trace": {trace, trace + "?format=text", trace + "?format=pcapng"},
	} {
		for _, path := range paths {
			r := ts.do(t, call{method: "GET", path: path})
			if r.StatusCode != http.StatusOK {
				t.Errorf("%s: got status %d: %s", path, r.StatusCode, r.body)
				continue
			}
			if err := ts.validate(op, r); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			see(seen, op, r)
		}
	}
}

// TestCaptureAsWorld: what was captured is laid beside the model, as a world of the same lab.
func TestCaptureAsWorld(t *testing.T) {
	ts := newServer(t, nil)
	const dump = "12:00:00.000000 IP 192.0.2.7.40000 > 198.51.100.1.443: Flags [S], seq 3000000000, win 1, length 0\n" +
		"12:00:00.001000 IP 198.51.100.1.443 > 192.0.2.7.40000: Flags [S.], seq 4000000000, ack 3000000001, win 1, " +
		"length 0\n" +
		"12:00:00.002000 IP 192.0.2.7.40000 > 198.51.100.1.443: Flags [.], ack 1, win 1, length 0\n" +
		"12:00:01.000000 IP 198.51.100.1.443 > 192.0.2.7.40000: Flags [F.], seq 1, ack 1, win 1, length 0\n" +
		"12:00:01.001000 IP 192.0.2.7.40000 > 198.51.100.1.443: Flags [.], ack 2, win 1, length 0\n"
	made := ts.do(t, call{method: "POST", path: "/v1/captures", body: dump, header: plain})
	var captured doc.Capture
	if err := json.Unmarshal(made.body, &captured); err != nil || len(captured.Connections) != 1 {
		t.Fatalf("%v: %s", err, made.body)
	}
	c := captured.Connections[0]
	body, err := json.Marshal(map[string]any{"script": c.Script, "worlds": []string{c.World, "model"}})
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{"Prefer": "wait=10"}
	r := ts.do(t, call{method: "POST", path: "/v1/labs", body: string(body), header: header})
	var l struct {
		Status string
		Steps  []struct {
			Text    string
			Verdict string
			Results map[string]struct{ Result string }
		}
	}
	if err := json.Unmarshal(r.body, &l); err != nil || l.Status != "done" || len(l.Steps) == 0 {
		t.Fatalf("got %v and %s", err, r.body)
	}
	for _, s := range l.Steps {
		if s.Verdict != "agree" {
			t.Errorf("%s: got verdict %s: %v", s.Text, s.Verdict, s.Results)
		}
	}
	last := l.Steps[len(l.Steps)-1]
	if got := last.Results[c.World].Result; last.Text != "state s = FIN-WAIT-2" && got != "FIN-WAIT-2" {
		t.Errorf("%s: the capture says %s, want FIN-WAIT-2", last.Text, got)
	}
}
