package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fourwave/lab"
)

// sse is one server-sent event.
type sse struct{ id, event, data string }

// listen opens a stream and sends its events until it ends.
func (ts *testServer) listen(t *testing.T, path string, h map[string]string) <-chan sse {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, ts.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	for name, value := range h {
		r.Header.Set(name, value)
	}
	resp, err := ts.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("got %s with Content-Type %s", resp.Status, got)
	}
	events := make(chan sse)
	go func() {
		defer close(events)
		defer resp.Body.Close()
		var e sse
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.event = value
			case "data":
				e.data = value
			case "":
				if e.event != "" {
					select {
					case events <- e:
					case <-ctx.Done():
						return
					}
				}
				e = sse{}
			}
		}
	}()
	return events
}

// next waits for one event; ok is false when the stream has ended.
func next(t *testing.T, events <-chan sse) (e sse, ok bool) {
	t.Helper()
	select {
	case e, ok = <-events:
		return e, ok
	case <-time.After(10 * time.Second):
		t.Fatal("no event within 10 s")
		return e, false
	}
}

func TestEventsTellTheirLine(t *testing.T) {
	ts := newServer(t, nil)
	text := "server bind l :7865\nserver listen l\nclient connect c server:7865\nserver accept l as a\nserver close " +
		"a\nclient close c\n+61s server state a = CLOSED\n"
	var doc struct {
		Events []struct {
			Kind    string
			Line    int
			InDelay bool `json:"in_delay"`
			Entry   struct{ From, To string }
		}
	}
	ts.do(t, call{path: "/v1/labs/" + ts.makeLab(t, text) + "/events?after=0"}).get(t, http.StatusOK, &doc)
	got := map[string]string{}
	for _, e := range doc.Events {
		if (e.Line == 0) != (e.Kind == "status") {
			t.Errorf("got %+v", e)
		}
		if e.Kind == "state" {
			got[e.Entry.From+" "+e.Entry.To] = fmt.Sprint(e.Line, e.InDelay)
		}
	}
	for arrow, want := range map[string]string{"CLOSED LISTEN": "2 false", "FIN-WAIT-1 FIN-WAIT-2": "5 false",
		"FIN-WAIT-2 TIME-WAIT": "6 false", "TIME-WAIT CLOSED": "7 true"} {
		if got[arrow] != want {
			t.Errorf("%s: got %q, want %q", arrow, got[arrow], want)
		}
	}
}

func TestStreamAndDocumentTellTheSame(t *testing.T) {
	ts := newServer(t, nil)
	path := "/v1/labs/" + ts.makeLab(t, parsed) + "/events"
	var doc struct {
		Events []map[string]any
		Ended  bool
		Next   int `json:"next_after"`
	}
	ts.do(t, call{path: path + "?after=0"}).get(t, http.StatusOK, &doc)
	if !doc.Ended || len(doc.Events) < 15 || doc.Next != len(doc.Events) {
		t.Fatalf("got %d events, ended %v, next %d", len(doc.Events), doc.Ended, doc.Next)
	}
	kinds := make(map[string]int)
	events := ts.listen(t, path, nil)
	for i, want := range doc.Events {
		e, ok := next(t, events)
		if !ok {
			t.Fatalf("the stream ends after %d of %d events", i, len(doc.Events))
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(e.data), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || e.id != fmt.Sprint(i+1) || e.event != got["kind"] {
			t.Fatalf("event %d, id %s, %s (-document +stream):\n%s", i+1, e.id, e.event, diff)
		}
		kinds[e.event]++
	}
	if e, ok := next(t, events); !ok || e.event != "end" || e.id != "" {
		t.Errorf("at the end: got %+v, want an event end without an id", e)
	}
	for _, kind := range []string{"status", "step", "state", "segment", "sockets"} {
		if kinds[kind] == 0 {
			t.Errorf("no event of kind %s among %v", kind, kinds)
		}
	}
}

func TestStreamResumes(t *testing.T) {
	ts := newServer(t, nil)
	id := ts.emptyLab(t)
	path := "/v1/labs/" + id + "/events"
	run := func(line string) {
		t.Helper()
		ts.do(t, call{method: "POST", path: "/v1/labs/" + id + "/steps", body: line,
			header: with(plain, "Prefer", "wait=30")}).
			get(t, http.StatusCreated, nil)
	}
	run("+0 server bind l :7865")
	events := ts.listen(t, path, nil)
	last, _ := next(t, events)
	for last.event != "step" {
		last, _ = next(t, events)
	}
	run("+0 server listen l") // while nobody reads
	resumed := ts.listen(t, path, header("Last-Event-ID", last.id))
	seen := last.id
	for {
		e, ok := next(t, resumed)
		if !ok {
			t.Fatal("the stream of a live lab has ended")
		}
		var before, after int
		fmt.Sscan(seen, &before)
		fmt.Sscan(e.id, &after)
		if after != before+1 {
			t.Fatalf("after event %s came %s", seen, e.id)
		}
		seen = e.id
		if e.event == "step" && strings.Contains(e.data, "listen l") {
			return
		}
	}
}

func TestStreamTellsAsItHappens(t *testing.T) {
	ts := newServer(t, nil)
	id := ts.emptyLab(t)
	events := ts.listen(t, "/v1/labs/"+id+"/events", nil)
	ts.do(t, call{method: "POST", path: "/v1/labs/" + id + "/steps", body: "+0 server bind l :7865", header: plain}).
		get(t, http.StatusCreated, nil)
	told := 0
	for {
		e, ok := next(t, events)
		if !ok {
			t.Fatal("the stream has ended")
		}
		if told++; e.id != fmt.Sprint(told) {
			t.Fatalf("got event %s, want %d", e.id, told)
		}
		if e.event == "step" {
			break
		}
	}
	ts.do(t, call{method: "DELETE", path: "/v1/labs/" + id}).get(t, http.StatusNoContent, nil)
	for e, ok := next(t, events); e.event != "end"; e, ok = next(t, events) {
		if told++; !ok || e.id != fmt.Sprint(told) {
			t.Fatalf("got event %q, open %v, want %d or the end", e.id, ok, told)
		}
	}
}

func TestCloseEndsStreams(t *testing.T) {
	ts := newServer(t, nil)
	events := ts.listen(t, "/v1/labs/"+ts.emptyLab(t)+"/events", nil)
	ts.Close()
	for {
		e, ok := next(t, events)
		if !ok {
			return
		}
		if e.event == "end" {
			t.Fatal("the lab has not ended, but the stream says so")
		}
	}
}

func TestHeadOfAStreamAnswersAtOnce(t *testing.T) {
	ts := newServer(t, nil)
	got := ts.do(t, call{method: "HEAD", path: "/v1/labs/" + ts.emptyLab(t) + "/events"})
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %s, %s", got.Status, got.Header.Get("Content-Type"))
	}
}

func TestStreamsAreGivenBack(t *testing.T) {
	ts := newServer(t, nil)
	path := "/v1/labs/" + ts.makeLab(t, parsed) + "/events"
	for range 2 * maxStreamsEach {
		ts.do(t, call{path: path}).get(t, http.StatusOK, nil)
	}
	// A handler gives its place back a moment after its answer has been read.
	for deadline := time.Now().Add(5 * time.Second); ts.streams.len() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d places are still taken", ts.streams.len())
		}
	}
}

// A table that is too long to be written at every event tells what has changed, and those changes
// add up to it.
func TestLongTables(t *testing.T) {
	ts := newServer(t, nil)
	var script strings.Builder
	const sockets = lab.MaxWholeTable + 20
	for i := range sockets {
		fmt.Fprintf(&script, "server bind s%d :%d\n", i, 2000+i)
	}
	script.WriteString("server close s0\n")
	id := ts.makeLab(t, script.String())
	got := ts.do(t, call{method: "GET", path: "/v1/labs/" + id + "/events?after=0"})
	type row struct {
		ID   int
		Name string
	}
	var page struct {
		Events []struct {
			ID      int
			Kind    string
			Rows    []row
			Changes *struct {
				Size int
				Rows []row
				Gone []int
			}
		}
	}
	if err := json.Unmarshal(got.body, &page); err != nil {
		t.Fatal(err)
	}
	rows, whole, changed := map[int]string{}, 0, 0
	for _, e := range page.Events {
		switch {
		case e.Kind != "sockets":
			continue
		case e.Changes == nil:
			whole++
			clear(rows)
			for _, r := range e.Rows {
				rows[r.ID] = r.Name
			}
			continue
		}
		changed++
		for _, r := range e.Changes.Rows {
			rows[r.ID] = r.Name
		}
		for _, gone := range e.Changes.Gone {
			delete(rows, gone)
		}
		if len(rows) != e.Changes.Size {
			t.Errorf("event %d: %d rows after the changes, want %d", e.ID, len(rows), e.Changes.Size)
		}
	}
	if whole != lab.MaxWholeTable || changed != 21 || len(rows) != sockets-1 {
		t.Errorf("%d whole tables, %d changes, %d rows; want %d, 21, %d", whole, changed, len(rows), lab.MaxWholeTable,
			sockets-1)
	}
}
