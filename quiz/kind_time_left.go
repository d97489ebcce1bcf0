package quiz

import (
	"strconv"
	"strings"
	"time"

	"fourwave/fsm"
)

// time-left: an instant in TIME-WAIT; the seconds that are left. The numbers of misconceptions come
// from the same script under a profile with one rule changed.

func makeTimeLeft(d draw, level int) *Item {
	s := newScene(d)
	first := one(d, []string{"server", "client"})
	last := peer(first)
	system := "linux"
	finTimeout := 0
	s.open("")
	s.tell(say("open", "port", s.port))
	if level > 1 && d.chance(2, 3) || level == 3 {
		finTimeout = one(d, []int{10, 15, 20, 30, 40, 45, 90})
		s.add("+0 server sysctl tcp_fin_timeout %d", finTimeout)
		s.add("+0 client sysctl tcp_fin_timeout %d", finTimeout)
		s.tell(say("set.fin_timeout", "n", finTimeout))
		s.rule("tcp_fin_timeout")
	}
	lost := level == 3 && d.chance(1, 2)
	s.perform(act{who: first, how: one(d, []string{"close", "exit"}), gap: "0"})
	half := one(d, []string{"1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s"})
	if lost { // the last ACK: the FIN comes again, and restarts the timer
		s.add("+100ms wire drop %s ACK", first)
		s.hard = true
		s.tell(say("lost", "who", who(first), "kind", "ACK", "n", Text{En: "last", Zh: "最后一个"}))
	}
	closed := s.perform(act{who: last, how: one(d, []string{"close", "exit"}), gap: half})
	s.rule("2MSL after the last FIN")
	late := ""
	if !lost && level > 1 && d.chance(2, 3) {
		late = one(d, []string{"3s", "5s", "8s", "10s", "12s", "15s", "20s"})
		s.add("+%s wire forge %s %s FIN+ACK seq=nxt-1 ack=nxt", late, last, socketOf(last))
		s.tell(say("dup.fin", "gap", span(late), "who", who(last)))
		s.rule("a FIN restarts 2MSL")
	}
	if level == 3 && !lost {
		system = "rfc9293"
		s.tell(say("system.is", "system", say(system)))
		s.rule("RFC 9293: MSL")
		s.hard = true
	}
	after := 1 + d.below(38)
	at := s.add("+%ds %s timer %s", after, first, socketOf(first))
	p := fsm.ProfileByName(system)
	t := s.play(p)
	key, ok := left(t, at)
	if !ok || key < 2 {
		return nil
	}
	it := &Item{
		System: system, Text: join(s.words(), say("time-left.ask", "gap", span(strconv.Itoa(after)+"s"))), Bare: say("time-left.bare"),
		Script: s.script(say("time-left.bare").En),
		Rule:   "2msl", Source: "RFC 9293 §3.6.1; TCP_TIMEWAIT_LEN, include/net/tcp.h",
		Why: say(
			"time-left.why", "who", who(first), "ago", formatNumber(p.TimeWait.Seconds()-key, ""), "msl",
			formatNumber(p.TimeWait.Seconds(), ""), "system", say(system),
		),
		about: s.about() + system, rules: s.rules, hard: s.hard,
		Hints: []Text{
			hint("timer"), say("hint.entered", "who", who(first), "ago", formatNumber(p.TimeWait.Seconds()-key, "")),
		},
	}
	s.film(it, at)
	part := Part{Interaction: ByNumber, Unit: "s", Tolerance: 1, Key: key}
	part.think(s, at, p, finTimeout)
	fromClose := t.Results[at].At - t.Results[closed].At + secondsOf(half)
	part.Wrong = append(
		part.Wrong, Wrong{Value: p.TimeWait.Seconds() - fromClose.Seconds(), Feedback: say("time-left.close")},
	)
	if late != "" || lost {
		part.Wrong = append(
			part.Wrong,
			Wrong{
				Value:    p.TimeWait.Seconds() - (t.Results[at].At - t.Results[closed].At).Seconds(),
				Feedback: say("time-left.kept"),
			},
		)
	}
	part.prune()
	it.Parts = []Part{part}
	it.strike()
	if system == "linux" {
		it.proof = s.script("proof")
	}
	return it
}

func secondsOf(gap string) time.Duration {
	d, err := time.ParseDuration(gap)
	if err != nil {
		panic("BUG: quiz: " + err.Error())
	}
	return d
}

// left reads the seconds of a timer that runs in TIME-WAIT.
func left(t *take, at int) (float64, bool) {
	rest, ok := strings.CutPrefix(t.at(at), "timewait ")
	x, err := strconv.ParseFloat(strings.TrimSuffix(rest, "s"), 64)
	return x, ok && err == nil
}

// think adds what the timer would say if TIME-WAIT lasted tcp_fin_timeout, or four minutes.
func (p *Part) think(s *scene, at int, truth *fsm.Profile, finTimeout int) {
	if finTimeout == 0 {
		finTimeout = 60
	}
	for _, m := range []struct {
		myth string
		msl  time.Duration
	}{{"tw-fin-timeout", time.Duration(finTimeout) * time.Second}, {"tw-240", 4 * time.Minute}} {
		myth, msl := m.myth, m.msl
		if msl == truth.TimeWait {
			continue
		}
		believed := *truth
		believed.TimeWait = msl
		if x, ok := left(s.play(&believed), at); ok {
			p.Wrong = append(p.Wrong, Wrong{Value: x, Myth: myth, Feedback: wouldIf(myth)})
		} else if myth == "tw-fin-timeout" {
			p.Wrong = append(p.Wrong, Wrong{Value: 0, Myth: myth, Feedback: wouldIf(myth)})
		}
	}
}
