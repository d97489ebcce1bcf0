package population

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"fourwave/api/doc"
	"fourwave/fsm"
	"fourwave/internal/text"
)

// points is how many instants the curve has, that of the first refusal left out.
const points = 60

// What a TIME-WAIT takes in the kernel, as /sys/kernel/slab says on Linux 6.18.44, x86_64:
// object_size of tw_sock_TCP is 248 and its slab_size 256; tcp_bind_bucket (one a port) and
// tcp_bind2_bucket (one a port and address) have 128 each.
const (
	timeWaitBytes   = 256
	bindBucketBytes = 128
	memorySource    = "/sys/kernel/slab/{tw_sock_TCP,tcp_bind_bucket,tcp_bind2_bucket}/slab_size, Linux 6.18.44 x86_64"
)

// Answer counts a population and says what comes of it, in a language ("en" or "zh"). An error is
// an *[Error] that names the field.
func Answer(in doc.PopulationRequest, lang string) (*doc.Population, error) {
	a, err := read(in)
	if err != nil {
		return nil, err
	}
	s := a.setup()
	r := newRun(s)
	out := &doc.Population{Asked: a.PopulationRequest, At: a.Closer, Curve: a.curve(r)}
	out.Verdict, out.MaxRate = "lasts", rounded(s.maxRate())
	if r.first >= 0 {
		out.Verdict, out.RunsOut, out.Errno = "runs-out", seconds(r.first), a.errno()
	}
	out.Opened, out.Refused, out.TakenOver, out.Dropped = r.now.opened, r.now.refused, r.now.takenOver, r.now.dropped
	out.Peak = doc.PopulationPoint{Connections: r.peakOpen, TimeWaits: r.peakWaits, PortsLeft: r.peakLeft,
		Opened: r.now.opened, Refused: r.now.refused}
	out.Memory = a.memory(r.peakWaits, lang)
	out.Answer, out.Why = a.answer(r).In(lang), a.why(r, lang)
	out.Help, out.Notes = a.help(r, lang), a.notes(r, lang)
	if out.Story, err = a.story(); err != nil {
		return nil, err
	}
	if a.Walk {
		if out.Walked, err = a.walk(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// curve counts to the end and looks at even steps of time, and when the first is refused.
func (a *asked) curve(r *run) []doc.PopulationPoint {
	all := make([]doc.PopulationPoint, 0, points+2)
	look := func(at time.Duration) {
		all = append(all, doc.PopulationPoint{
			At: seconds(at), Connections: r.now.open, TimeWaits: r.now.waits, PortsLeft: r.now.left,
			Opened: r.now.opened, Refused: r.now.refused,
		})
	}
	for i := range points + 1 {
		at := a.span * time.Duration(i) / points
		before := r.first
		r.until(at)
		if before < 0 && r.first >= 0 && r.first < at {
			// The ports had all gone by then, and so far nothing else has changed but time.
			all = append(all, a.instant(r.first))
		}
		look(at)
	}
	return all
}

// instant counts again up to one instant.
func (a *asked) instant(at time.Duration) doc.PopulationPoint {
	r := newRun(a.setup())
	r.until(at)
	return doc.PopulationPoint{
		At: seconds(at), Connections: r.now.open, TimeWaits: r.now.waits, PortsLeft: r.now.left,
		Opened: r.now.opened, Refused: r.now.refused,
	}
}

// errno is what the call that asks for a port answers when there is none.
func (a *asked) errno() string {
	if a.Bind == "port-0" {
		return string(fsm.EADDRINUSE)
	}
	return string(fsm.EADDRNOTAVAIL)
}

func (a *asked) memory(waits int, lang string) doc.PopulationMemory {
	m := doc.PopulationMemory{TimeWait: timeWaitBytes, Source: memorySource}
	if a.profile != fsm.Linux {
		m.TimeWait = 0
		m.Text = text.Text{En: "The RFC does not say what a TIME-WAIT takes.",
			Zh: "RFC 没有规定一个 TIME-WAIT 占多少内存。"}.In(lang)
		m.Source = ""
		return m
	}
	m.Total = waits * timeWaitBytes
	if a.Closer == "client" {
		m.Port = 2 * bindBucketBytes
		m.Total += min(waits, a.ports())*bindBucketBytes + min(waits, a.ports()*a.Addresses)*bindBucketBytes
	}
	m.Text = text.Text{
		En: fmt.Sprintf("%s: at most %s of the kernel's memory.", counted(waits, "TIME-WAIT"), size(m.Total)),
		Zh: fmt.Sprintf("%d 个 TIME-WAIT 最多占用内核内存 %s。", waits, size(m.Total)),
	}.In(lang)
	return m
}

func size(n int) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

// answer is the first sentence.
func (a *asked) answer(r *run) text.Text {
	if r.first < 0 {
		leave := "leave"
		if a.Rate == 1 {
			leave = "leaves"
		}
		return text.Text{
			En: fmt.Sprintf("It lasts: %s %s at most %s at the %s; at the worst moment %d of the %d ports are free.",
				perSecond(a.Rate), leave, counted(r.peakWaits, "TIME-WAIT"), a.Closer, r.peakLeft, r.ports),
			Zh: fmt.Sprintf("够用：每秒 %s 个连接在%s最多留下 %d 个 TIME-WAIT，端口最少时还剩 %d 个（共 %d 个）。",
				number(a.Rate), closers[a.Closer], r.peakWaits, r.peakLeft, r.ports),
		}
	}
	most := rounded(r.maxRate())
	return text.Text{
		En: fmt.Sprintf("The ports run out after %s: from then on %s fails with %s, %s within %s. %s is the most "+
			"that never runs out.",
			seconds(r.first), a.call(), a.errno(), counted(r.now.refused, "time"), a.For, perSecond(most)),
		Zh: fmt.Sprintf("%s 后端口用完：此后 %s 返回 %s，在 %s 内共 %d 次。能一直维持的上限是每秒 %s 个连接。",
			seconds(r.first), a.call(), a.errno(), a.For, r.now.refused, number(most)),
	}
}

var closers = map[string]string{"client": "客户端", "server": "服务器"}

func (a *asked) call() string {
	if a.Bind == "port-0" {
		return "bind()"
	}
	return "connect()"
}

// number prints a rate with the decimals that it has.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// perSecond is a rate with its unit: "1 connection a second", "0.02 connections a second".
func perSecond(v float64) string {
	if v == 1 {
		return "1 connection a second"
	}
	return number(v) + " connections a second"
}

// rounded is a rate to one decimal, downwards: one that is promised must last. A rate below one a
// second keeps two digits, since 0 stands for "no limit".
func rounded(v float64) float64 {
	scale := 10.0
	for v > 0 && v*scale < 10 && scale < 1e12 {
		scale *= 10
	}
	return math.Floor(v*scale+1e-6) / scale
}

// counted is a number with its noun: "1 TIME-WAIT", "2 TIME-WAITs".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%ss", trim(fmt.Sprintf("%.3f", d.Seconds())))
}

func trim(s string) string {
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
