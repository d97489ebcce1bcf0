package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fourwave/api/doc"
	"fourwave/lab"
	"fourwave/lab/trial"
)

// trialReply is what tests read of a trial.
type trialReply struct {
	Port    int
	Results map[string]struct {
		Bind, Listen string
		Why          *doc.Why
	}
	Verdict lab.Verdict
}

func TestTrialTellsWhy(t *testing.T) {
	ts := newServer(t, nil)
	for lang, want := range map[string]struct{ text, holder, passes string }{
		"en": {"Linux asks both", "(no process,", "when its process closes it"}, "zh": {"双方都有", "(没有进程,", "它的进程关闭它时"},
	} {
		body := strings.Replace(oneTrial, `"addr":"127.0.0.1","reuseaddr":true`, `"addr":"127.0.0.1"`, 1)
		var got trialReply
		ts.do(t, call{method: "POST", path: "/v1/trials", body: body, header: header("Accept-Language", lang)}).get(t,
			http.StatusOK, &got)
		r := got.Results["model"]
		if got.Port != 7865 || got.Verdict != lab.Agree || r.Bind != "EADDRINUSE" || r.Listen != "" {
			t.Errorf("got %+v, want a refused bind", got)
		}
		if w := r.Why; w == nil || w.Rule != "linux-bind-new-lacks-reuseaddr" || !strings.Contains(w.Text, want.text) ||
			!strings.Contains(w.Conflict, "TIME-WAIT 127.0.0.1:7865") || !strings.Contains(w.Conflict, want.holder) ||
			w.Remedy == "" || w.Passes != "60.0s" {
			t.Errorf("%s: got why %+v", lang, w)
		}
		body = `{"existing":[{"state":"LISTEN","addr":"127.0.0.1"}],"new":{"addr":"127.0.0.1"},"worlds":["model"]}`
		ts.do(t, call{method: "POST", path: "/v1/trials", body: body, header: header("Accept-Language", lang)}).get(t,
			http.StatusOK, &got)
		if w := got.Results["model"].Why; w == nil || w.Passes != want.passes {
			t.Errorf("%s: got why %+v, want it to pass %q", lang, w, want.passes)
		}
	}
}

// The script of a trial is an experiment like any other: the lab that runs it comes to the same.
func TestTrialHasAScript(t *testing.T) {
	ts := newServer(t, nil)
	var got struct{ Script string }
	body := `{"existing":[{"state":"FIN-WAIT-1","addr":"0.0.0.0"}],"new":{"addr":"127.0.0.1","reuseaddr":true},` +
		`"worlds":["model"]}`
	ts.do(t, call{method: "POST", path: "/v1/trials", body: body}).get(t, http.StatusOK, &got)
	if !strings.HasSuffix(got.Script, "+0 server bind n 127.0.0.1:7865 reuseaddr = EADDRINUSE\n") {
		t.Fatalf("got script %q", got.Script)
	}
	lab := call{method: "POST", path: "/v1/labs?worlds=model", body: got.Script,
		header: header("Content-Type", "text/plain", "Prefer", "wait=10")}
	var ran struct {
		Status  string
		Summary struct{ Agree, Unexpected int }
	}
	ts.do(t, lab).get(t, http.StatusCreated, &ran)
	if ran.Status != "done" || ran.Summary.Unexpected != 0 || ran.Summary.Agree != strings.Count(got.Script, "\n+0") {
		t.Errorf("got %+v of %s", ran, got.Script)
	}
}

// Answers come in the order of the trials, on lines as in one document.
func TestTrialsKeepTheirOrder(t *testing.T) {
	ts := newServer(t, nil)
	var trials, want []string
	for i := range 300 {
		flag := i%3 == 0
		trials = append(trials, fmt.Sprintf(`{"existing":[{"state":"ESTABLISHED","addr":"127.0.0.1","reuseaddr":true}],
			"new":{"addr":"127.0.0.1","reuseaddr":%t,"listen":true},"worlds":["model","model:rfc9293"]}`, flag))
		want = append(want, map[bool]string{true: "ok", false: "EADDRINUSE"}[flag])
	}
	c := call{method: "POST", path: "/v1/trials", body: "[" + strings.Join(trials, ",") + "]"}
	var whole struct {
		Trials  []trialReply
		Summary trial.Count
	}
	ts.do(t, c).get(t, http.StatusOK, &whole)
	c.header = header("Accept", ndjson)
	lines := strings.Split(strings.TrimSpace(string(ts.do(t, c).body)), "\n")
	if len(lines) != len(want)+1 || len(whole.Trials) != len(want) {
		t.Fatalf("got %d lines and %d answers, want %d and %d", len(lines), len(whole.Trials), len(want)+1, len(want))
	}
	for i := range want {
		var line trialReply
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole.Trials[i], line); diff != "" {
			t.Fatalf("trial %d: the document and the line differ:\n%s", i, diff)
		}
		if got := line.Results["model"].Bind; got != want[i] || line.Results["model:rfc9293"].Bind != "ok" {
			t.Errorf("trial %d: got %+v, want %s in the model and ok in RFC 9293", i, line.Results, want[i])
		}
	}
	count := trial.Count{Trials: 300, Agree: 100, Differ: 200}
	if diff := cmp.Diff(count, whole.Summary); diff != "" {
		t.Errorf("summary: (-want +got)\n%s", diff)
	}
	if got := lines[len(want)]; got != `{"summary":{"trials":300,"agree":100,"differ":200,"not_run":0}}` {
		t.Errorf("last line: got %s", got)
	}
}

// A mistake is told with its place, whichever trial it is in, and nothing is run.
func TestTrialMistakesHaveTheirPlace(t *testing.T) {
	ts := newServer(t, nil)
	for _, test := range []struct {
		body    string
		status  int
		pointer string
	}{
		{`{"new":{"addr":"::"},"port":1}`, 400, "/port"},
		{`[{"new":{"addr":"::"}},{"existing":[{"state":"OPEN","addr":"::"}],"new":{"addr":"::"}}]`, 400,
			"/1/existing/0/state"},
		{`[{"new":{"addr":"::"}},1]`, 400, "/1"},
		{`{"new":{"addr":"::","uid":-1}}`, 400, "/new/uid"},
		{`{"new":{"addr":"localhots"}}`, 422, "/new/addr"},
		{`{"new":{"addr":"127.0.0.1","v6only":true}}`, 422, "/new/v6only"},
		{`{"new":{"addr":"::","device":"wlan0"}}`, 422, "/new/device"},
		{`{"new":{"addr":"::"},"worlds":["model","mdoel"]}`, 422, "/worlds/1"},
		{`[{"existing":[{"state":"BOUND","addr":"::"},{"state":"LISTEN","addr":"::","role":"connected"}],` +
			`"new":{"addr":"::"}}]`, 422, "/0/existing/1/role"},
		{`{"existing":[{"state":"SYN-SENT","addr":"::","role":"accepted"}],"new":{"addr":"::"}}`, 422,
			"/existing/0/role"},
		{`{"existing":[{"state":"BOUND","addr":"::","via":"::1"}],"new":{"addr":"::"}}`, 422, "/existing/0/via"},
		{`{"existing":[{"state":"TIME-WAIT","role":"autobound","addr":"::"}],"new":{"addr":"::"}}`, 422,
			"/existing/0/addr"},
		{`{"existing":[{"state":"TIME-WAIT"}],"new":{"addr":"::"}}`, 422, "/existing/0/addr"},
		{`{"existing":[{"state":"ESTABLISHED","addr":"10.0.0.2"}],"new":{"addr":"::"}}`, 422, "/existing/0/addr"},
		{`{"existing":[{"state":"ESTABLISHED","addr":"127.0.0.1","via":"127.0.0.2"}],"new":{"addr":"::"}}`, 422,
			"/existing/0/via"},
		{`{"existing":[{"state":"ESTABLISHED","addr":"::","v6only":true,"via":"127.0.0.2"}],"new":{"addr":"::"}}`, 422,
			"/existing/0/via"},
		{`{"existing":[{"state":"ESTABLISHED","addr":"::1","orphan":true}],"new":{"addr":"::"}}`, 422,
			"/existing/0/orphan"},
		{`{"existing":[{"state":"CLOSING","role":"connected","addr":"::1","listener_open":true}],"new":{"addr":"::"}}`,
			422, "/existing/0/listener_open"},
	} {
		var p doc.Problem
		ts.do(t, call{method: "POST", path: "/v1/trials", body: test.body}).get(t, test.status, &p)
		if len(p.Errors) == 0 || p.Errors[0].Pointer != test.pointer {
			t.Errorf("%s: got %+v, want a mistake at %s", test.body, p.Errors, test.pointer)
		}
	}
	many := "[" + strings.Repeat(`{"new":{"addr":"::"}},`, trial.Max) + `{"new":{"addr":"::"}}]`
	ts.do(t, call{method: "POST", path: "/v1/trials", body: many}).get(t, http.StatusUnprocessableEntity, nil)
	million := "[" + strings.Repeat(`{"new":{"addr":"::"}},`, 1_000_000) + "1]"
	ts.do(t, call{method: "POST", path: "/v1/trials", body: million}).get(t, http.StatusRequestEntityTooLarge, nil)
}

// A cell of the matrix is the trial of its row and its column.
func TestMatrixCellsAreTrials(t *testing.T) {
	ts := newServer(t, nil)
	type cell struct {
		Row, Column int
		Results     map[string]struct{ Bind, Listen, Rule string }
		Verdict     lab.Verdict
		Rules       map[string]struct{ Text string }
	}
	var m struct {
		Rows, Columns []json.RawMessage
		Cells         []cell
		Rules         map[string]struct{ Text string }
		Summary       trial.Count
	}
	path := "/v1/matrix?existing=CLOSE-WAIT&role=connected&worlds=model,model:linux"
	ts.do(t, call{path: path}).get(t, http.StatusOK, &m)
	if len(m.Rows) != 28 || len(m.Columns) != 28 || len(m.Cells) != 784 || m.Summary.Agree != 784 {
		t.Fatalf("got %d rows, %d columns, %d cells, %+v", len(m.Rows), len(m.Columns), len(m.Cells), m.Summary)
	}
	for i := 0; i < len(m.Cells); i += 37 {
		c := m.Cells[i]
		if c.Row != i/28 || c.Column != i%28 {
			t.Fatalf("cell %d: got row %d and column %d", i, c.Row, c.Column)
		}
		var got trialReply
		body := fmt.Sprintf(`{"existing":[%s],"new":%s,"worlds":["model"]}`, m.Rows[c.Row], m.Columns[c.Column])
		ts.do(t, call{method: "POST", path: "/v1/trials", body: body}).get(t, http.StatusOK, &got)
		r, want := c.Results["model"], got.Results["model"]
		if r.Bind != want.Bind || r.Listen != want.Listen || r.Rule != want.Why.Rule ||
			m.Rules[r.Rule].Text != want.Why.Text {
			t.Errorf("cell %d: got %+v, want %+v", i, r, want)
		}
	}
	lines := bytes.Split(bytes.TrimSpace(ts.do(t, call{path: path, header: header("Accept", ndjson)}).body),
		[]byte("\n"))
	if len(lines) != 786 || !bytes.HasPrefix(lines[0], []byte(`{"matrix":`)) ||
		!bytes.HasPrefix(lines[785], []byte(`{"summary":`)) {
		t.Fatalf("got %d lines from %.60s to %s", len(lines), lines[0], lines[len(lines)-1])
	}
	told := map[string]bool{}
	for _, line := range lines[1:785] {
		var c cell
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		for rule := range c.Rules {
			told[rule] = true
		}
		if rule := c.Results["model"].Rule; !told[rule] {
			t.Fatalf("%s: rule %s was not told", line, rule)
		}
	}
}
