package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// readCaptures sends a capture, and reads it and its trace again.
func (ts *testServer) readCaptures(t *testing.T, seen map[string]bool) {
	t.Helper()
	const op = "GET /v1/captures/{capture_id}"
	made := ts.do(t, call{method: "POST", path: "/v1/captures", body: dumpText, header: plain})
	var got captureView
	if err := json.Unmarshal(made.body, &got); err != nil || made.Header.Get("Location") != "/v1/captures/"+got.ID {
		t.Fatalf("%v: %s", err, made.body)
	}
	if c := got.Connections[0]; c.EndedBy != "rst" || c.Ends["a"].State != "CLOSED" || !strings.Contains(c.Why, "refused") || c.Script == "" {
		t.Errorf("got %+v, want a connection that was refused", c)
	}
	at := "/v1/captures/" + got.ID
	for op, paths := range map[string][]string{op: {at}, op + "/connections/{n}/trace": {at + "/connections/1/trace", at + "/connections/1/trace?format=text"}} {
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
