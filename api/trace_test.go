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
		method: "POST", path: "/v1/labs", body: `{"experiment":"lost-fin","worlds":["model:rfc9293"]}`,
		header: with(nil, "Prefer", "wait=30"),
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
			t.Errorf("%s: got Content-Disposition %q, want the file name %s", test.path,
				got.Header.Get("Content-Disposition"), test.name)
		}
		section := []byte{0x0a, 0x0d, 0x0d, 0x0a}
		if !bytes.HasPrefix(got.body, section) || !bytes.Contains(got.body, []byte("ESTABLISHED → FIN-WAIT-1")) {
			t.Errorf("%s: got %d octets that are not the story as pcapng", test.path, len(got.body))
		}
	}
}

// A trace says whose each entry is, what caused it and what it sent, so that a reader need not
// guess: here the second client's child is the one that is accepted.
func TestTraceNumbersEnds(t *testing.T) {
	ts := newServer(t, nil)
	id := ts.makeLab(t, `+0 server bind l :7865
+0 server listen l
+0 wire drop client ACK
+0 client connect c server:7865 from client:40001
+0 client connect d server:7865 from client:40002
+0 server accept l as a
`)
	var made struct {
		Steps []struct {
			Results map[string]struct{ End int }
		}
	}
	ts.do(t, call{path: "/v1/labs/" + id}).get(t, 200, &made)
	var trace struct {
		Entries []struct {
			End, Of       int
			Rule, Section string
			Flights       []int
		}
		Segments []struct {
			ID  int
			Src string
		}
	}
	ts.do(t, call{path: "/v1/labs/" + id + "/trace?world=model"}).get(t, 200, &trace)
	accepted, source := made.Steps[5].Results["model"].End, ""
	for _, e := range trace.Entries {
		if e.End != accepted || e.Of == 0 || source != "" {
			continue
		}
		if e.Section == "" || e.Rule == "" || len(e.Flights) != 1 {
			t.Errorf("got %+v, want its row and the one segment that it sent", e)
		}
		for _, s := range trace.Segments {
			if s.ID == e.Of {
				source = s.Src
			}
		}
	}
	if accepted == 0 || source != "10.0.0.2:40002" {
		t.Errorf("accepted end %d, whose SYN came from %q, want 10.0.0.2:40002", accepted, source)
	}
}
