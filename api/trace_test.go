package api

import (
	"bytes"
	"mime"
	"testing"
)

// A capture file has a name that says what was run, and where.
func TestTraceAsPcapng(t *testing.T) {
	ts := newServer(t, nil)
	var l labReply
	ts.do(t, call{
		method: "POST", path: "/v1/labs", body: `{"experiment":"lost-fin","worlds":["model:rfc9293"]}`, header: with(nil, "Prefer", "wait=30"),
	}).get(t, 201, &l)
	script := ts.makeLab(t, parsed)
	for _, test := range []struct{ path, name string }{
		{"/v1/labs/" + l.ID + "/trace?format=pcapng&world=model:rfc9293", "lost-fin-model-rfc9293.pcapng"},
		{"/v1/labs/" + l.ID + "/trace?format=pcapng", "lost-fin-model-rfc9293.pcapng"},
		{"/v1/labs/" + script + "/trace?format=pcapng&world=model", script + "-model.pcapng"},
	} {
		got := ts.do(t, call{method: "GET", path: test.path})
		if got.StatusCode != 200 || got.Header.Get("Content-Type") != "application/x-pcapng" {
			t.Errorf("%s: got status %d, %s", test.path, got.StatusCode, got.Header.Get("Content-Type"))
		}
		how, params, err := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
		if err != nil || how != "attachment" || params["filename"] != test.name {
			t.Errorf("%s: got Content-Disposition %q, want the file name %s", test.path, got.Header.Get("Content-Disposition"), test.name)
		}
		section := []byte{0x0a, 0x0d, 0x0d, 0x0a}
		if !bytes.HasPrefix(got.body, section) || !bytes.Contains(got.body, []byte("ESTABLISHED → FIN-WAIT-1")) {
			t.Errorf("%s: got %d octets that are not the story as pcapng", test.path, len(got.body))
		}
	}
}
