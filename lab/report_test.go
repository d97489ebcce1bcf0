package lab

import (
	"bytes"
	"flag"
	"fourwave/internal/text"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files; only commit changes whose cause you understand and want")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// reported is a lab with one step of every sort that a report shows.
func reported(t *testing.T) Snapshot {
	s, err := script.Parse(`# Why can't my server start again?

server bind l :7865 = ok
+1.5s server state a = TIME-WAIT
& client connect 客户 server:7865 from :40000 reuseaddr nobindport within 200ms = ok
server sockets

# Ten seconds later
+10s server bind l2 :7865 = EADDRINUSE
+0 server timer a
[kernel] +47s server state a = TIME-WAIT # Linux: 60 s
`)
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration, r string) world.Result { return world.Result{Result: r, At: d} }
	refused := at(11502*time.Millisecond, "EADDRINUSE")
	refused.Why = &world.Why{
		Rule: "linux-bind", Text: Text{En: "another socket has this port, and not both have SO_REUSEADDR", Zh: "另一个套接字占用着这个端口，而两者没有都设置 SO_REUSEADDR。"},
		Source: "inet_csk_bind_conflict", Remedy: Text{En: "set SO_REUSEADDR on both", Zh: "在两个套接字上都设置 SO_REUSEADDR"}, Passes: text.Same("50.1s"),
	}
	rows := at(1503*time.Millisecond, "2")
	rows.Rows = []world.Row{rowOf("TIME-WAIT", "10.0.0.1:7865", "10.0.0.2:40000"), rowOf("LISTEN", "0.0.0.0:7865", "*")}
	rows.Rows[0].Timer, rows.Rows[0].Left = "timewait", 58600*time.Millisecond
	rows.Rows[1].Timer, rows.Rows[1].Open = "none", true
	fewer := rows
	fewer.Rows = rows.Rows[:1]
	results := [][2]world.Result{
		{at(0, "ok"), at(time.Millisecond, "ok")},
		{at(1500*time.Millisecond, "FIN-WAIT-2"), at(1502*time.Millisecond, "FIN-WAIT-2")},
		{at(1500*time.Millisecond, "EINPROGRESS"), at(1502*time.Millisecond, "ok")},
		{rows, fewer},
		{refused, at(11509*time.Millisecond, "EADDRINUSE")},
		{at(11502*time.Millisecond, "timewait 49.9s"), at(11510*time.Millisecond, "timewait 48.5s")},
		{{Result: script.NotRun}, at(58600*time.Millisecond, "TIME-WAIT")},
	}
	snap := Snapshot{Question: s.Question, Worlds: []string{"model", "kernel"}, Status: Failed, Err: "kernel: the wire snapped", Dropped: 3}
	for i, step := range s.Steps {
		r := StepReport{Step: &step, Results: map[string]world.Result{"model": results[i][0], "kernel": results[i][1]}}
		if r.Results["model"].Result == script.NotRun {
			r.Results["model"] = world.Result{Result: script.NotRun, Why: world.Restricted(&step)}
		}
		named := ports{7865: true}
		if r.judge(snap.Worlds, named); r.Verdict == Differ {
			found := r.difference(i, []*world.Info{infoOf(t, "model"), infoOf(t, "kernel")}, named)
			explain(found, nil)
			r.Why = found[0].why
		}
		snap.Steps = append(snap.Steps, r)
	}
	wheel, _ := FindDifference("time-wait-wheel")
	state := finding{what: "enters", worlds: [2]string{"kernel", "model"}}
	snap.Differences = []Finding{
		{What: "state", Line: 10, Host: "server", Socket: "a", Worlds: [2]string{"model", "kernel"},
			Told: [2]string{"CLOSED (2MSL timeout)", ""}, Why: state.because(&wheel, false)},
		{What: "segment", Line: 11, Host: "server", Worlds: [2]string{"model", "kernel"},
			Told: [2]string{"<SEQ=1><CTL=RST> (rcv ACK)", "<SEQ=1><ACK=2><CTL=ACK> (rcv ACK)"}, Why: state.unexplained()},
	}
	snap.Summary = Summary{Steps: summarize(snap.Steps), States: Count{Agree: 3, Differ: 1, Explained: 1}, Segments: Count{Agree: 7, NotRun: 2}}
	return snap
}

func TestReport(t *testing.T) {
	s := reported(t)
	for name, o := range map[string]ReportOptions{
		"report.txt":        {},
		"report.narrow.txt": {Width: 80},
		"report.zh.txt":     {Width: 100, Lang: "zh"},
		"report.color.txt":  {Width: 100, Color: true},
	} {
		var b bytes.Buffer
		if err := WriteReport(&b, s, o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

// Whatever a script or a world says, a report moves no cursor.
func TestReportIsClean(t *testing.T) {
	s := Snapshot{Worlds: []string{"model"}, Status: Done, Steps: []StepReport{{
		Step:    &script.Step{Text: "exit", Actor: "server"},
		Results: map[string]world.Result{"model": {Result: "\x1b[2Jboo", Rows: []world.Row{{State: "\x1b[31m"}}}},
		Verdict: Agree,
	}}}
	var b bytes.Buffer
	if err := WriteReport(&b, s, ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Errorf("escape sequence in %q", b.String())
	}
}
