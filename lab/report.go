package lab

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"fourwave/internal/term"
	"fourwave/internal/text"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// ReportOptions say how a report is to look. The caller knows whether it goes to a terminal.
type ReportOptions struct {
	Width int    // columns; 0: as wide as it needs
	Color bool   // with ANSI colours; never colour alone
	Lang  string // "en" or "zh", for explanations; anything else is "en"
}

// WriteReport writes a lab as a table for people: one row a step with each world's result and
// the time when it came, the verdict, beneath it the reasons, and the counts at the end.
func WriteReport(w io.Writer, s Snapshot, o ReportOptions) error {
	r := report{out: bufio.NewWriter(w), s: s, o: o, words: reportWords["en"]}
	if words, ok := reportWords[o.Lang]; ok {
		r.words = words
	}
	r.measure()
	if s.Question != "" {
		r.paragraph("", "", s.Question, term.Bold)
		r.line("")
	}
	r.header()
	phase := ""
	for i := range s.Steps {
		st := &s.Steps[i]
		if st.Phase != phase {
			phase = st.Phase
			r.line("")
			r.paragraph("# ", "# ", phase, term.Bold)
		}
		r.step(st)
	}
	r.line("")
	r.closing()
	return r.out.Flush()
}

// report is a table while it is written.
type report struct {
	out   *bufio.Writer
	s     Snapshot
	o     ReportOptions
	words map[string]string

	lines, delay, actor, text int   // widths of the columns
	worlds                    []int // of each world's result
	times                     []int // and its time
	left                      int   // where the text starts
}

// gap is what separates two columns.
const gap = "  "

// measure finds how wide each column must be. When all together are too wide, the text of
// the steps is wrapped.
func (r *report) measure() {
	r.worlds, r.times = make([]int, len(r.s.Worlds)), make([]int, len(r.s.Worlds))
	r.lines = term.Columns(r.words["line"])
	r.text = term.Columns(r.words["step"])
	for i, w := range r.s.Worlds {
		r.worlds[i] = term.Columns(w)
	}
	for i := range r.s.Steps {
		st := &r.s.Steps[i]
		r.lines = max(r.lines, len(fmt.Sprint(st.Line)))
		r.delay = max(r.delay, term.Columns(st.When()))
		r.actor = max(r.actor, term.Columns(st.Actor))
		r.text = max(r.text, term.Columns(st.Text))
		for j, w := range r.s.Worlds {
			if res, ok := st.Results[w]; ok {
				r.worlds[j] = max(r.worlds[j], term.Columns(res.Result))
				r.times[j] = max(r.times[j], len(timeOf(res)))
			}
		}
	}
	r.left = r.lines + r.delay + r.actor + 3*len(gap)
	rest := r.left + len(gap) + max(term.Columns(r.words["agree"]), term.Columns(r.words["not run"])) + 2
	for i := range r.worlds {
		rest += r.worlds[i] + 1 + r.times[i] + len(gap)
	}
	if r.o.Width > 0 {
		r.text = min(r.text, max(16, r.o.Width-rest))
	}
}

// timeOf is the world's time of a result, in seconds.
func timeOf(r world.Result) string {
	if r.Result == script.NotRun {
		return ""
	}
	return seconds(r.At)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func (r *report) header() {
	var b strings.Builder
	b.WriteString(term.PadLeft(r.words["line"], r.lines) + gap)
	b.WriteString(strings.Repeat(" ", r.delay+len(gap)+r.actor) + gap)
	b.WriteString(term.Pad(r.words["step"], r.text))
	for i, w := range r.s.Worlds {
		b.WriteString(gap + term.Pad(text.Clean(w), r.worlds[i]) + " " + term.PadLeft("s", r.times[i]))
	}
	r.line(r.paint(strings.TrimRight(b.String(), " "), term.Dim))
}

// step writes the row of a step, and beneath it what needs words.
func (r *report) step(st *StepReport) {
	lines := term.Wrap(text.Clean(st.Text), r.text)
	var b strings.Builder
	b.WriteString(term.PadLeft(fmt.Sprint(st.Line), r.lines) + gap)
	b.WriteString(term.PadLeft(st.When(), r.delay) + gap)
	b.WriteString(term.Pad(st.Actor, r.actor) + gap)
	b.WriteString(term.Pad(lines[0], r.text))
	for i, w := range r.s.Worlds {
		res, ok := st.Results[w]
		if !ok {
			b.WriteString(gap + strings.Repeat(" ", r.worlds[i]+1+r.times[i]))
			continue
		}
		b.WriteString(gap + term.Pad(text.Clean(res.Result), r.worlds[i]) + " " + term.PadLeft(timeOf(res), r.times[i]))
	}
	row := b.String()
	switch st.Verdict {
	case Agree:
		row += gap + r.paint("= "+r.words["agree"], term.Green)
	case Differ:
		row += gap + r.paint("≠ "+r.words["differ"], term.Red)
	case VerdictNotRun:
		row += gap + r.paint("- "+r.words["not run"], term.Dim)
	}
	r.line(strings.TrimRight(row, " "))
	for _, t := range lines[1:] {
		r.line(strings.Repeat(" ", r.left) + t)
	}
	r.beneath(st)
}

// beneath writes what is not in the row: an expectation not met, rows of sockets, the reasons
// of refusals and of the verdict.
func (r *report) beneath(st *StepReport) {
	indent := strings.Repeat(" ", r.left)
	if st.Expected != nil && !*st.Expected {
		r.paragraph(indent+"! ", indent+"  ", fmt.Sprintf(r.words["unexpected"], st.Expect), term.Red)
	}
	longest := 0
	for _, w := range r.s.Worlds {
		longest = max(longest, term.Columns(w)+1)
	}
	for _, w := range r.s.Worlds {
		for _, row := range st.Results[w].Rows {
			r.line(indent + r.paint(term.Pad(text.Clean(w)+":", longest), term.Dim) + " " + r.row(row))
		}
	}
	if r.tells(st) {
		r.paragraph(indent, indent+"  ", r.why(st.Why), term.Plain)
	}
	said := map[string]bool{}
	for _, w := range r.s.Worlds {
		res := st.Results[w]
		if res.Why == nil || !script.IsErrno(res.Result) {
			continue
		}
		// Two worlds that give the same reason need it once.
		if why := r.why(res.Why); !said[why] {
			said[why] = true
			r.paragraph(indent+text.Clean(w)+": ", indent+"  ", why, term.Dim)
		}
	}
}

// tells reports whether the reason of a verdict says more than the row does.
func (r *report) tells(st *StepReport) bool {
	switch {
	case st.Why == nil || st.Verdict == Agree:
		return false
	case st.Verdict == Differ:
		return true
	}
	return st.Why.Rule != "restricted" || st.Step.Why != ""
}

func (r *report) why(w *world.Why) string {
	remedy, when := w.Remedy.In(r.o.Lang), w.Passes.In(r.o.Lang)
	text := r.sentence(w.Text.In(r.o.Lang))
	if remedy != "" {
		text += r.words["space"] + r.sentence(r.words["remedy"]+remedy)
	}
	if when != "" {
		passes := r.words["passes"]
		if when[0] < '0' || when[0] > '9' { // not a time
			passes = r.words["passes when"]
		}
		text += r.words["space"] + r.sentence(fmt.Sprintf(passes, when))
	}
	if w.Source != "" {
		text += " [" + w.Source + "]"
	}
	return text
}

// sentence ends s with a full stop.
func (r *report) sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "。") {
		return s
	}
	return s + r.words["."]
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// row is a line of a socket table.
func (r *report) row(row world.Row) string {
	local, remote := row.Addrs()
	f := []string{term.Pad(row.State, 12), term.Pad(local, 18), term.Pad(remote, 18)}
	if row.Timer != "" && row.Timer != "none" {
		f = append(f, script.Timer{Kind: row.Timer, Left: row.Left}.String())
	}
	if !row.Open {
		f = append(f, r.words["no process"])
	}
	return text.Clean(strings.TrimRight(strings.Join(f, " "), " "))
}

// closing writes how it ended, and the counts.
func (r *report) closing() {
	s := r.s
	if s.Status != Done {
		text := r.words[string(s.Status)]
		if s.Err != "" {
			text += ": " + s.Err
		}
		r.paragraph("", "  ", text, term.Red)
	}
	r.findings()
	r.counts()
	if s.Dropped > 0 {
		r.line(fmt.Sprintf(r.words["dropped"], s.Dropped))
	}
}

func (r *report) line(s string) {
	// bufio.Writer keeps its first error for Flush.
	_, _ = r.out.WriteString(s + "\n")
}

// paragraph writes body wrapped to the width of the report, the first line behind one
// indent and the rest behind another.
func (r *report) paragraph(first, rest, body string, k term.Ink) {
	width := 0
	if r.o.Width > 0 {
		width = max(24, r.o.Width-max(term.Columns(first), term.Columns(rest)))
	}
	for i, l := range term.Wrap(text.Clean(body), width) {
		indent := rest
		if i == 0 {
			indent = first
		}
		r.line(indent + r.paint(l, k))
	}
}

func (r *report) paint(s string, k term.Ink) string {
	if !r.o.Color {
		return s
	}
	return term.Paint(s, k)
}

// reportWords are the words of a report in each language. Results and states are not
// translated.
var reportWords = map[string]map[string]string{
	"en": {
		"line": "line", "step": "step", "agree": "agree", "differ": "differ", "not run": "not run",
		"unexpected": "expected %s", "not as expected": "not as expected", "no process": "no process",
		"steps": "steps", "states": "states", "segments": "segments", ",": ", ", ".": ".", "space": " ",
		"remedy": "What would help: ", "passes": "It passes by itself in %s", "passes when": "When it passes: %s",
		"running": "still running", "cancelled": "cancelled", "failed": "failed",
		"dropped":  "%d events were not kept, there were too many",
		"findings": "Other differences", "state": "state", "segment": "segment", "time": "time", "nothing": "nothing",
		"explained": "all explained", "unexplained": "%d unexplained", "(": " (", ")": ")", ":": ": ",
	},
	"zh": {
		"line": "行", "step": "步骤", "agree": "一致", "differ": "不同", "not run": "未运行",
		"unexpected": "预期结果是 %s", "not as expected": "与预期不符", "no process": "无进程",
		"steps": "步骤", "states": "状态", "segments": "报文段", ",": "，", ".": "。", "space": "",
		"remedy": "解决办法：", "passes": "%s 后自行解除", "passes when": "何时解除：%s",
		"running": "仍在运行", "cancelled": "已取消", "failed": "失败",
		"dropped":  "事件过多，有 %d 个没有保留",
		"findings": "其他不同之处", "state": "状态", "segment": "报文段", "time": "时间", "nothing": "无",
		"explained": "均有解释", "unexplained": "%d 处原因不明", "(": "（", ")": "）", ":": "：",
	},
}
