package doctor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxReports is how many ports of a survey are examined one by one.
const maxReports = 64

// Survey is the answer about several ports.
type Survey struct {
	Reports []*Report // of the ports that have sockets, or that bind refuses, in the order asked
	Free    []Range   // the others
	More    int       // ports that have sockets and were not examined
}

// Range is some ports that follow one another.
type Range struct {
	Low, High uint16
	Protocol  Protocol
}

func (r Range) String() string {
	s := fmt.Sprint(r.Low)
	if r.High != r.Low {
		s = fmt.Sprintf("%d-%d", r.Low, r.High)
	}
	if r.Protocol == UDP {
		s += "/udp"
	}
	return s
}

// Bindable reports whether all the ports can be bound.
func (s *Survey) Bindable() bool {
	return s.More == 0 && !slices.ContainsFunc(s.Reports, func(r *Report) bool { return !r.Bindable() })
}

// ExamineAll answers for each port of the targets: those that have a socket are examined, with the
// options of like. A target's own host and protocol come first.
func ExamineAll(ctx context.Context, targets []Target, like Question) (*Survey, error) {
	var out Survey
	for _, t := range targets {
		q := t.question(like, t.Low)
		used, err := usedPorts(ctx, q.Protocol, t.Low, t.High)
		if err != nil {
			return nil, err
		}
		for p := int(t.Low); p <= int(t.High); p++ {
			q.Port = uint16(p)
			known := used(q.Port)
			if known && len(out.Reports) >= maxReports {
				out.More++
				continue
			}
			if !known && refusedFor(q) == "" {
				out.free(q)
				continue
			}
			if len(out.Reports) >= maxReports {
				out.More++
				continue
			}
			r, err := Examine(ctx, q)
			if err != nil {
				return nil, err
			}
			out.Reports = append(out.Reports, r)
		}
	}
	return &out, nil
}

// question is what is asked of one port of a target.
func (t Target) question(like Question, port uint16) Question {
	q := like
	q.Port, q.Protocol = port, t.Protocol
	if t.Host.IsValid() {
		q.Host = t.Host
	}
	return q
}

// Question is what a target of one port asks, with the options of another question.
func (t Target) Question(like Question) Question { return t.question(like, t.Low) }

// Many reports whether a target is more than one port.
func (t Target) Many() bool { return t.High > t.Low }

// free adds a port to those that nothing has.
func (s *Survey) free(q Question) {
	if n := len(s.Free); n > 0 && s.Free[n-1].Protocol == q.protocol() && s.Free[n-1].High+1 == q.Port {
		s.Free[n-1].High = q.Port
		return
	}
	s.Free = append(s.Free, Range{q.Port, q.Port, q.protocol()})
}

// Write writes a survey for people: a line for each port that has sockets, and the others together.
func (s *Survey) Write(w io.Writer, o WriteOptions) error {
	out := bufio.NewWriter(w)
	for i, r := range s.Reports {
		if o.Verbose && i > 0 {
			fmt.Fprintln(out)
		}
		if o.Verbose {
			fmt.Fprintf(out, "%s\n", r.place())
			out.Flush()
			if err := r.Write(w, o); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(out, r.Answer.In(o.Lang))
	}
	if len(s.Free) > 0 {
		var all []string
		for _, r := range s.Free {
			all = append(all, r.String())
		}
		fmt.Fprintln(out, say("Yes: nothing has %s.", "可以：没有人占用 %s。", strings.Join(all, ", ")).In(o.Lang))
	}
	if s.More > 0 {
		fmt.Fprintln(out, say("%s with sockets were not examined: ask for fewer.",
			"还有%s有套接字的没有检查：请缩小范围。", several(s.More, "One more port", "more ports",
				"端口")).In(o.Lang))
	}
	return out.Flush()
}

// NearText says which port is nearest.
func (out *Report) NearText(port int) Text {
	if port == int(out.Port) {
		return say("%d itself can be bound.", "%d 本身就可以 bind。", port)
	}
	return say("%d is the nearest port that can be bound. %d is taken: %s",
		"%d 是最近的可以 bind 的端口。%d 已被占用：%s", port, out.Port, out.about())
}

// Near finds the port nearest to the one asked about that can be bound, the lower one of two; 0 if
// there is none. A port of the ephemeral range or a reserved one is chosen only if the one asked
// about is such a one.
func Near(ctx context.Context, r *Report) (int, error) {
	if r.Verdict == Free {
		return int(r.Port), nil
	}
	used, err := usedPorts(ctx, r.Protocol, 1, 65535)
	if err != nil {
		return 0, err
	}
	set := &r.Settings
	for d := 1; d < 65535; d++ {
		for _, p := range []int{int(r.Port) - d, int(r.Port) + d} {
			ephemeral := p >= set.EphemeralLow && p <= set.EphemeralHigh && !set.Ephemeral
			if p < 1 || p > 65535 || ephemeral || used(uint16(p)) || !set.Reserved && inRanges(set.ReservedPorts, p) {
				continue
			}
			q := r.Question
			q.Port = uint16(p)
			if refusedFor(q) == "" {
				return p, nil
			}
		}
	}
	return 0, nil
}

// inRanges reads a list as the kernel writes it: "80,8000-8010".
func inRanges(list string, port int) bool {
	for item := range strings.SplitSeq(list, ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(item), "-")
		low, err := strconv.Atoi(first)
		high := low
		if ranged {
			high, _ = strconv.Atoi(last)
		}
		if err == nil && port >= low && port <= high {
			return true
		}
	}
	return false
}
