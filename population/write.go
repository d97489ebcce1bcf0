package population

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"fourwave/api/doc"
	"fourwave/internal/term"
	"fourwave/internal/text"
)

// WriteOptions say how an answer is to look.
type WriteOptions struct {
	Lang  string // "en" or "zh"
	Width int    // of the terminal, in cells; 0: as wide as it needs
	Color bool
}

var words = map[string]text.Text{
	"rate":   {En: "never runs out up to", Zh: "一直够用的上限"},
	"any":    {En: "any rate", Zh: "任何速率"},
	"waits":  {En: "TIME-WAITs at most", Zh: "TIME-WAIT 最多"},
	"memory": {En: "kernel memory at most", Zh: "内核内存最多"},
	"over":   {En: "TIME-WAITs taken over", Zh: "被接管的 TIME-WAIT"},
	"why":    {En: "why", Zh: "原因"},
	"help":   {En: "what would help", Zh: "怎么办"},
	"up to":  {En: "up to %s a second", Zh: "每秒最多 %s 个"},
	"left":   {En: "%d refused instead of %d", Zh: "被拒绝 %d 次，而不是 %d 次"},
	"curve":  {En: "over time", Zh: "随时间的变化"},
	"notes":  {En: "mind", Zh: "注意"},
	"walk":   {En: "one by one", Zh: "逐个验证"},
	"walked": {En: "taken through the table: %d; refused: %d; ports held at most: %d: %s",
		Zh: "%d 个连接逐一经过状态机的表，%d 个被拒绝，最多占用 %d 个端口：%s"},
	"same":  {En: "the same counts", Zh: "与上面一致"},
	"other": {En: "NOT the same counts", Zh: "与上面不一致"},
	"story": {En: "the first of them", Zh: "其中的第一个"},
	"head": {En: "        at     open  TIME-WAITs  ports left    refused",
		Zh: "      时刻     打开   TIME-WAIT    剩余端口     被拒绝"},
}

// shownPoints is how many instants of the curve people get to see.
const shownPoints = 12

// Write writes an answer for people.
func Write(w io.Writer, p *doc.Population, o WriteOptions) error {
	out := &printer{bufio.NewWriter(w), o}
	out.paragraph("", p.Answer, term.Bold)
	out.line("")
	rate := out.word("any")
	if p.MaxRate > 0 {
		rate = text.Text{En: perSecond(p.MaxRate), Zh: "每秒 " + number(p.MaxRate) + " 个连接"}.In(o.Lang)
	}
	out.fact("rate", rate)
	out.fact("waits", fmt.Sprintf("%d (%s)", p.Peak.TimeWaits, text.Text{En: p.At, Zh: closers[p.At]}.In(o.Lang)))
	if p.Memory.Source != "" {
		out.fact("memory", size(p.Memory.Total))
	}
	if p.TakenOver > 0 {
		out.fact("over", fmt.Sprint(p.TakenOver))
	}
	out.heading("why")
	out.paragraph("  ", p.Why.Text+" ["+p.Why.Source+"]", term.Plain)
	out.help(p)
	out.curve(p)
	if len(p.Notes) > 0 {
		out.heading("notes")
		for _, n := range p.Notes {
			out.paragraph("  - ", n, term.Plain)
		}
	}
	out.walked(p)
	return out.Flush()
}

type printer struct {
	*bufio.Writer
	o WriteOptions
}

func (p *printer) word(name string) string { return words[name].In(p.o.Lang) }

// line writes a line. What is in a document that came from elsewhere is cleaned here.
func (p *printer) line(s string) { _, _ = p.WriteString(s + "\n") } // bufio keeps the first error for Flush

func (p *printer) ink(s string, k term.Ink) string {
	if !p.o.Color {
		return s
	}
	return term.Paint(s, k)
}

func (p *printer) heading(name string) {
	p.line("")
	p.line(p.ink(p.word(name), term.Bold))
}

func (p *printer) fact(name, value string) {
	p.line("  " + term.Pad(p.word(name), 24) + "  " + value)
}

// paragraph wraps a text behind an indent, whose later lines are blank.
func (p *printer) paragraph(indent, body string, k term.Ink) {
	width := 0
	if p.o.Width > 0 {
		width = max(24, p.o.Width-len(indent))
	}
	for _, l := range term.Wrap(text.Clean(body), width) {
		p.line(indent + p.ink(l, k))
		indent = strings.Repeat(" ", len(indent))
	}
}

func (p *printer) help(d *doc.Population) {
	if len(d.Help) == 0 {
		return
	}
	p.heading("help")
	for _, h := range d.Help {
		gain := p.word("any")
		if h.MaxRate > 0 {
			gain = fmt.Sprintf(p.word("up to"), number(h.MaxRate))
		}
		if h.Refused > 0 {
			gain += "; " + fmt.Sprintf(p.word("left"), h.Refused, d.Refused)
		}
		p.line("  " + term.Pad(text.Clean(h.Change), 32) + "  " + gain)
		p.paragraph("      ", h.Text, term.Dim)
	}
}

func (p *printer) curve(d *doc.Population) {
	p.heading("curve")
	p.line(p.ink(p.word("head"), term.Dim))
	step := max(1, (len(d.Curve)+shownPoints-1)/shownPoints)
	for i, c := range d.Curve {
		if i%step == 0 || i == len(d.Curve)-1 || c.At == d.RunsOut {
			p.line(fmt.Sprintf("%10s %8d  %10d  %10d %10d", c.At, c.Connections, c.TimeWaits, c.PortsLeft, c.Refused))
		}
	}
}

func (p *printer) walked(d *doc.Population) {
	if d.Walked == nil {
		return
	}
	p.heading("walk")
	verdict := p.word("other")
	if d.Walked.Agrees {
		verdict = p.word("same")
	}
	p.paragraph("  ", fmt.Sprintf(p.word("walked"), d.Walked.Connections, d.Walked.Refused, d.Walked.Ports, verdict),
		term.Plain)
	p.heading("story")
	for _, l := range d.Story {
		p.line("  " + text.Clean(l))
	}
}
