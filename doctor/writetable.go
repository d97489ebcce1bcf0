package doctor

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// Write writes what a pasted table tells: the answers, worst first, what is wrong on the whole,
// what was not understood, and what such output cannot tell.
func (t *Table) Write(w io.Writer, o WriteOptions) error {
	out := bufio.NewWriter(w)
	in := func(x Text) string { return x.In(o.Lang) }
	if len(t.Rows) == 0 {
		fmt.Fprintln(out, in(say("No socket was understood in %s.", "%s 里没有能识别的套接字。",
			several(t.Lines, "one line", "lines", "行"))))
	} else {
		fmt.Fprintln(out, in(say("%s of %s: %s.", "%s（%s）：%s。", t.Format, string(t.System),
			several(len(t.Rows), "one socket", "sockets", "套接字"))))
	}
	for i, r := range t.Reports {
		if i > 0 && o.Verbose {
			fmt.Fprintln(out)
		}
		out.Flush()
		if err := r.Write(w, o); err != nil {
			return err
		}
	}
	if len(t.Overview.Findings) > 0 {
		fmt.Fprintln(out)
		t.Overview.write(out, o, false)
	}
	for _, l := range t.NotUnderstood {
		fmt.Fprintln(out, in(say("line %d not understood (%s): %s", "第 %d 行无法识别（%s）：%s", l.Line, l.Detail,
			l.Text)))
	}
	if t.MoreLost > 0 {
		fmt.Fprintln(out, in(say("%s not understood", "还有%s无法识别",
			several(t.MoreLost, "one more line", "more lines", "行"))))
	}
	for _, c := range t.Cannot {
		fmt.Fprintln(out, in(c))
	}
	return out.Flush()
}

// Write writes an overview for people, worst first; with Verbose all of it.
func (out *Overview) Write(w io.Writer, o WriteOptions) error {
	b := bufio.NewWriter(w)
	out.write(b, o, true)
	return b.Flush()
}

func (out *Overview) write(w io.Writer, o WriteOptions, all bool) {
	in := func(x Text) string { return x.In(o.Lang) }
	for _, f := range out.Findings {
		fmt.Fprintln(w, in(f.Text))
		fmt.Fprintln(w, "→ "+in(f.Do))
	}
	if !all {
		return
	}
	if len(out.Findings) == 0 {
		fmt.Fprintln(w, in(Text{En: "Nothing is wrong: no full accept queue, no leak of connections, and ports " +
			"are left.", Zh: "一切正常：没有满的 accept 队列，没有连接泄漏，端口也够用。"}))
	}
	out.writeListeners(w, o)
	if !o.Verbose {
		return
	}
	for _, p := range out.CloseWait {
		fmt.Fprintln(w, in(say("CLOSE-WAIT  %d  %s", "CLOSE-WAIT  %d  %s", p.Count, processText(p.Process, p.PID))))
	}
	for _, p := range out.FinWait2 {
		fmt.Fprintf(w, "FIN-WAIT-2  %d  %s\n", p.Count, p.Peer)
	}
	for _, p := range out.TimeWait {
		fmt.Fprintf(w, "TIME-WAIT   %d  %s\n", p.Count, p.Peer)
	}
	for _, p := range out.PortsLeft {
		fmt.Fprintln(w, in(say("%d ephemeral ports left toward %s", "到 %[2]s 还剩 %[1]d 个临时端口", p.Left, p.To)))
	}
	for _, h := range out.Hidden {
		fmt.Fprintln(w, in(h))
	}
}

// maxBrief is how many listeners are listed without Verbose.
const maxBrief = 20

func (out *Overview) writeListeners(w io.Writer, o WriteOptions) {
	shown := out.Listeners
	if !o.Verbose {
		shown = shown[:min(len(shown), maxBrief)]
	}
	for _, l := range shown {
		queue := ""
		if l.Queued > 0 {
			queue = fmt.Sprintf("  %d/%d", l.Queued, l.Backlog)
		}
		fmt.Fprintf(w, "%-28s %s%s\n", l.Local, processText(l.Process, l.PID).In(o.Lang), queue)
	}
	if more := len(out.Listeners) - len(shown); more > 0 {
		fmt.Fprintln(w, "… +"+strconv.Itoa(more))
	}
}

// Wrong reports whether anything was found.
func (out *Overview) Wrong() bool { return len(out.Findings) > 0 }

// Bindable reports whether all the ports answered for can be bound.
func (t *Table) Bindable() bool {
	for _, r := range t.Reports {
		if !r.Bindable() {
			return false
		}
	}
	return true
}
