package doctor

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"fourwave/internal/term"
	"fourwave/internal/text"
)

// WriteOptions say how a report is to look.
type WriteOptions struct {
	Lang    string // "en" or "zh"
	Color   bool
	Verbose bool // all that is known, not the answer alone
}

// words are the headings.
var words = map[string]Text{
	"options":   {En: "with which options", Zh: "用哪些选项"},
	"sockets":   {En: "the sockets of this port", Zh: "这个端口上的套接字"},
	"do":        {En: "what you can do", Zh: "可以怎么做"},
	"myth":      {En: "common misconceptions", Zh: "常见的误解"},
	"hidden":    {En: "what could not be seen", Zh: "看不到的部分"},
	"spaces":    {En: "in other network namespaces", Zh: "其他网络命名空间里"},
	"started":   {En: "started by", Zh: "启动链"},
	"unit":      {En: "unit", Zh: "单元"},
	"container": {En: "container", Zh: "容器"},
	"dir":       {En: "working directory", Zh: "工作目录"},
	"timer":     {En: "timer", Zh: "定时器"},
	"retries":   {En: "%d retransmissions", Zh: "重传 %d 次"},
	"between":   {En: "in %s to %s", Zh: "%s 到 %s 后"},
	"none":      {En: "no option", Zh: "无选项"},
	"blocks":    {En: "in the way", Zh: "妨碍"},
	"might":     {En: "might be in the way", Zh: "可能妨碍"},
	"beside":    {En: "not in the way", Zh: "不妨碍"},
	"more":      {En: "%d more sockets", Zh: "还有 %d 个套接字"},
	"since":     {En: "since %s", Zh: "自 %s 起"},
	"user":      {En: "user %s", Zh: "用户 %s"},
	"sockets#":  {En: "%d sockets", Zh: "%d 个套接字"},
	"goes":      {En: "goes", Zh: "何时消失"},
	"in":        {En: "in %s", Zh: "%s 后"},
	"within":    {En: "within %s", Zh: "最多 %s 后"},
	"depends":   {En: "depends on the old socket's", Zh: "取决于旧套接字有没有"},
	"colon":     {En: ": ", Zh: "："},
	"comma":     {En: ", ", Zh: "，"},
}

// Write writes a report for people: the answer in a sentence, one thing to do, and how the process
// that has the port was started. All the rest comes only if it is asked for, after what is said
// anyway.
func (out *Report) Write(w io.Writer, o WriteOptions) error {
	p := &printer{out: bufio.NewWriter(w), o: o, said: make(map[string]bool)}
	p.line(p.bold(out.Answer.In(o.Lang)))
	if out.Verdict != Free || out.Keeper != nil {
		if len(out.Do) > 0 {
			p.line("→ " + out.Do[0].In(o.Lang))
		}
		p.origin(out)
	}
	for _, t := range out.UDPNote() {
		p.line(t.In(o.Lang))
	}
	if o.Verbose {
		p.rest(out)
	}
	return p.out.Flush()
}

// rest is all but the answer.
func (p *printer) rest(out *Report) {
	p.options(out)
	p.sockets(out)
	p.list("do", out.Do)
	if len(out.Myths) > 0 {
		p.heading("myth")
		for _, m := range out.Myths {
			p.line("  ✗ " + m.Claim.In(p.o.Lang))
			p.line("    " + m.Truth.In(p.o.Lang))
		}
	}
	p.spaces(out.Spaces)
	p.list("hidden", out.Hidden)
}

// origin tells how the process that has the port was started, where it runs and to what it belongs.
func (p *printer) origin(out *Report) {
	if len(out.Started) > 1 {
		p.line("  " + p.word("started") + p.word("colon") + strings.Join(out.Started, " → "))
	}
	for _, s := range out.ofCase() {
		if len(s.Processes) == 0 {
			continue
		}
		q := s.Processes[0]
		var parts []string
		for _, part := range [][2]string{{"unit", q.Unit}, {"container", text.Clip(q.Container, 13)}, {"dir", q.Dir}} {
			if part[1] != "" {
				parts = append(parts, p.word(part[0])+p.word("colon")+part[1])
			}
		}
		if len(parts) > 0 {
			p.line("  " + strings.Join(parts, p.word("comma")))
		}
		return
	}
}

type printer struct {
	out  *bufio.Writer
	o    WriteOptions
	said map[string]bool // explanations, each of which is given once
}

// once is an explanation the first time, and nothing from then on.
func (p *printer) once(text string) string {
	if p.said[text] {
		return ""
	}
	p.said[text] = true
	return text
}

func (p *printer) word(name string) string { return words[name].In(p.o.Lang) }
func (p *printer) line(s string)           { fmt.Fprintln(p.out, s) }

func (p *printer) bold(s string) string {
	if !p.o.Color {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

func (p *printer) heading(name string) {
	p.line("")
	p.line(p.bold(p.word(name)))
}

func (p *printer) list(name string, items []Text) {
	if len(items) == 0 {
		return
	}
	p.heading(name)
	for _, t := range items {
		p.line("  - " + t.In(p.o.Lang))
	}
}

func (p *printer) options(out *Report) {
	if len(out.Sockets) == 0 {
		return
	}
	p.heading("options")
	for _, o := range out.Options {
		name := p.word("none")
		switch {
		case o.ReuseAddr:
			name = "SO_REUSEADDR"
		case o.ReusePort:
			name = "SO_REUSEPORT"
		}
		result := o.Result
		if result == "depends" {
			result = p.word("depends") + " " + name
		}
		p.line("  " + name + strings.Repeat(" ", max(14-term.Columns(name), 1)) + result)
	}
}

func (p *printer) sockets(out *Report) {
	if len(out.Sockets) == 0 {
		return
	}
	p.heading("sockets")
	shown := min(len(out.Sockets), maxShown)
	for i := range shown {
		p.socket(&out.Sockets[i], true)
	}
	if more := out.MoreSock + count(out.Sockets[shown:]); more > 0 {
		p.line("  " + fmt.Sprintf(p.word("more"), more))
	}
}

// maxShown is how many kinds of sockets are shown to people.
const maxShown = 12

// socket writes one kind of socket; ruled says that it was held against the new one.
func (p *printer) socket(s *Socket, ruled bool) {
	line := fmt.Sprintf("  %-12s %s", s.State, s.Local)
	if s.Remote.IsValid() && s.Remote != (netip.AddrPort{}) {
		line += " ← → " + s.Remote.String()
	}
	if s.Count > 1 {
		line += "  (" + fmt.Sprintf(p.word("sockets#"), s.Count) + ")"
	}
	if s.Device != "" {
		line += "  " + s.Device
	}
	line += fmt.Sprintf("  reuseaddr=%s reuseport=%s", s.ReuseAddr, s.ReusePort)
	if s.Family == 6 && !s.Remote.IsValid() {
		line += fmt.Sprintf(" v6only=%s", s.V6Only)
	}
	p.line(line)
	if q := p.queues(s); q != "" {
		p.line("      " + q)
	}
	for i := range s.Processes {
		p.line("      " + p.process(&s.Processes[i]))
	}
	if len(s.Processes) == 0 {
		p.line("      " + s.who().In(p.o.Lang))
	}
	if !ruled {
		return
	}
	word := map[Verdict]string{Taken: "blocks", Depends: "might", Free: "beside"}[s.Verdict]
	p.line("      " + p.word(word) + p.word("colon") + join("  ", p.once(s.Why.Text.In(p.o.Lang)), "["+s.Why.Rule+"]"))
	if s.Passes != nil {
		p.passing(s.Passes)
	}
}

// queues are a socket's queues and its timer, in ss's words.
func (p *printer) queues(s *Socket) string {
	if s.mini || s.State == "BOUND" {
		return ""
	}
	text := fmt.Sprintf("Recv-Q %d  Send-Q %d", s.RecvQ, s.SendQ)
	if s.Timer != NoTimer && s.Timer != "" {
		text += fmt.Sprintf("  %s %s %s", p.word("timer"), s.Timer, round(s.Left))
	}
	if s.Retrans > 0 {
		text += "  " + fmt.Sprintf(p.word("retries"), s.Retrans)
	}
	return text
}

// passing writes how a socket goes away.
func (p *printer) passing(g *Passing) {
	text := g.Text.In(p.o.Lang)
	if g.Timed {
		when := fmt.Sprintf(p.word("in"), round(g.After))
		switch {
		case g.AtMost:
			when = fmt.Sprintf(p.word("within"), round(g.After))
		case g.After-g.Least > 100*time.Millisecond:
			when = fmt.Sprintf(p.word("between"), round(g.Least), round(g.After))
		}
		text = join(p.word("comma"), when, p.once(text))
	}
	p.line("      " + p.word("goes") + p.word("colon") + text)
}

// join puts a separator between two texts, unless one is empty.
func join(separator, a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}

func (p *printer) process(q *Process) string {
	s := q.String()
	if q.Command != q.Name && !p.said[q.Command] {
		p.said[q.Command] = true
		s += "  " + text.Clip(q.Command, 100)
	}
	if q.User != "" {
		s += "  " + fmt.Sprintf(p.word("user"), q.User)
	}
	if !q.Started.IsZero() {
		s += "  " + fmt.Sprintf(p.word("since"), q.Started.Format(time.DateTime))
	}
	if q.Sockets > 1 {
		s += "  " + fmt.Sprintf(p.word("sockets#"), q.Sockets)
	}
	return s
}

func (p *printer) spaces(spaces []Namespace) {
	if len(spaces) == 0 {
		return
	}
	p.heading("spaces")
	for _, sp := range spaces {
		line := fmt.Sprintf("  net:[%d]", sp.Inode)
		if sp.Name != "" {
			line += "  " + sp.Name
		}
		if sp.PID != 0 {
			line += fmt.Sprintf("  pid %d", sp.PID)
		}
		p.line(line + "  " + text.Clip(sp.Command, 100))
		for i := range sp.Sockets {
			p.socket(&sp.Sockets[i], false)
		}
	}
}
