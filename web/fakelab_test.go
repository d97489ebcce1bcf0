package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// fakeStory is told once for each world: what happens, at which moment of the world's time.
type fakeStory struct {
	lab   *fakeLab
	world string
	real  bool
	slow  time.Duration // how long a wait of ten seconds is to take
	at    float64       // seconds of the world's time
	due   time.Duration
	seg   int
	line  any    // that it is at
	last  object // entry: what is sent next, it sends
}

func newFakeLab(id string, worlds []string, slow time.Duration) *fakeLab {
	l := &fakeLab{id: id, worlds: worlds, created: time.Now(), script: fakeScript}
	l.steps = fakeSteps()
	for n, w := range worlds {
		s := &fakeStory{lab: l, world: w, real: w == "kernel", slow: slow, seg: 100 * n}
		s.tell()
	}
	l.sort()
	l.add(l.due[len(l.due)-1], object{"kind": "status", "at": "0.000s", "status": "done"})
	return l
}

func fakeSteps() []object {
	step := func(line int, delay, actor, text, expect string) object {
		return object{"line": line, "delay": delay, "actor": actor, "text": text, "expect": expect, "results": object{}}
	}
	steps := []object{
		step(5, "0s", "server", "bind l :7865", "ok"),
		step(6, "0s", "server", "listen l 20", "ok"),
		step(7, "0s", "client", "connect c server:7865", "ok"),
		step(8, "0s", "server", "accept l as a", "ok"),
		step(9, "0s", "server", "exit", "ok"),
		step(10, "0.1s", "client", "close c", "ok"),
		step(11, "0.1s", "server", "state a", "TIME-WAIT"),
		step(14, "10s", "server", "bind l2 :7865", "EADDRINUSE"),
		step(15, "0s", "server", "bind l3 :7865 reuseaddr", ""),
	}
	for _, s := range steps[7:] {
		s["phase"] = "Ten seconds later the operator starts it again."
	}
	steps[8]["note"] = "what do you expect?"
	delete(steps[8], "expect")
	return steps
}

func (l *fakeLab) add(due time.Duration, event object) {
	event["id"] = len(l.events) + 1
	l.events = append(l.events, event)
	l.due = append(l.due, due)
}

// page is the JSON of the events that are due.
func (l *fakeLab) page(after int) object {
	age := time.Since(l.created)
	events := []object{}
	for i, e := range l.events {
		if i >= after && l.due[i] <= age {
			events = append(events, e)
		}
	}
	return object{"events": events, "next_after": after + len(events), "ended": after+len(events) == len(l.events)}
}

// sort merges the worlds' events by when they are due.
func (l *fakeLab) sort() {
	for i := range l.events {
		for j := i; j > 0 && l.due[j] < l.due[j-1]; j-- {
			l.events[j], l.events[j-1] = l.events[j-1], l.events[j]
			l.due[j], l.due[j-1] = l.due[j-1], l.due[j]
		}
	}
	for i := range l.events {
		l.events[i]["id"] = i + 1
	}
}

// tell is the story of the server that cannot restart.
func (s *fakeStory) tell() {
	s.begin(0)
	s.state("server", "l", "CLOSED", "LISTEN", "OPEN passive")
	s.step(0, "ok")
	s.table("server", row("l", "LISTEN", "0.0.0.0:7865", "*", true, "none", ""))
	s.begin(1)
	s.step(1, "ok")
	s.begin(2)
	s.state("client", "c", "CLOSED", "SYN-SENT", "OPEN active")
	s.send("client", "server", []string{"SYN"}, 0, 0)
	s.state("server", "", "LISTEN", "SYN-RECEIVED", "rcv SYN")
	s.send("server", "client", []string{"SYN", "ACK"}, 0, 1)
	s.state("client", "c", "SYN-SENT", "ESTABLISHED", "rcv SYN,ACK")
	s.send("client", "server", []string{"ACK"}, 1, 1)
	s.step(2, "ok")
	s.state("server", "a", "SYN-RECEIVED", "ESTABLISHED", "rcv ACK of SYN")
	s.begin(3)
	s.table("client", row("c", "ESTABLISHED", "10.0.0.2:40000", "10.0.0.1:7865", true, "none", ""))
	s.step(3, "ok")
	s.begin(4)
	s.state("server", "l", "LISTEN", "CLOSED", "CLOSE")
	s.state("server", "a", "ESTABLISHED", "FIN-WAIT-1", "CLOSE")
	s.send("server", "client", []string{"FIN", "ACK"}, 1, 1)
	s.step(4, "ok")
	s.state("client", "c", "ESTABLISHED", "CLOSE-WAIT", "rcv FIN")
	s.send("client", "server", []string{"ACK"}, 1, 2)
	s.state("server", "a", "FIN-WAIT-1", "FIN-WAIT-2", "rcv ACK of FIN")
	s.table("server", row("a", "FIN-WAIT-2", "10.0.0.1:7865", "10.0.0.2:40000", false, "timewait", "60s"))
	s.wait(0.1)
	s.begin(5)
	s.state("client", "c", "CLOSE-WAIT", "LAST-ACK", "CLOSE")
	s.send("client", "server", []string{"FIN", "ACK"}, 1, 2)
	s.step(5, "ok")
	s.state("server", "a", "FIN-WAIT-2", "TIME-WAIT", "rcv FIN")
	s.table("server", row("a", "TIME-WAIT", "10.0.0.1:7865", "10.0.0.2:40000", false, "timewait", "60s"))
	s.send("server", "client", []string{"ACK"}, 2, 2)
	s.state("client", "c", "LAST-ACK", "CLOSED", "rcv ACK of FIN")
	s.table("client")
	s.wait(0.1)
	s.begin(6)
	s.step(6, "TIME-WAIT")
	s.wait(10)
	s.begin(7)
	s.step(7, "EADDRINUSE")
	s.begin(8)
	if s.real {
		s.step(8, "ok") // the worlds differ on purpose
	} else {
		s.step(8, "EADDRINUSE")
	}
	s.line = nil
	s.emit(object{"kind": "status", "status": "done"})
}

func row(name, state, local, remote string, open bool, timer, left string) object {
	return object{"name": name, "end": map[string]int{"c": 1, "a": 2}[name], "state": state, "local": local, "remote": remote, "open": open, "timer": timer, "left": left, "recv_q": 0, "send_q": 0}
}

// begin comes to a step's line.
func (s *fakeStory) begin(n int) { s.line = s.lab.steps[n]["line"] }

func (s *fakeStory) emit(event object) {
	event["world"] = s.world
	event["line"] = s.line
	event["at"] = fmt.Sprintf("%.3fs", s.at)
	s.lab.add(s.due, event)
}

func (s *fakeStory) wait(seconds float64) {
	s.at += seconds
	if s.real {
		s.due += time.Duration(float64(s.slow) * seconds / 10)
	}
}

func (s *fakeStory) state(host, socket, from, to, event string) {
	entry := object{"at": fmt.Sprintf("%.3fs", s.at), "host": host, "socket": socket, "end": map[string]int{"c": 1, "a": 2, "": 2}[socket],
		"from": from, "to": to, "event": event, "sent": []string{}, "flights": []int{}}
	if strings.HasPrefix(event, "rcv") {
		entry["of"] = s.seg
	}
	s.last = entry
	s.emit(object{"kind": "state", "entry": entry})
}

func (s *fakeStory) table(host string, rows ...object) {
	s.emit(object{"kind": "sockets", "host": host, "rows": rows})
}

// send puts a segment on the wire and lets it arrive a millisecond later.
func (s *fakeStory) send(from, to string, flags []string, seq, ack int) {
	s.seg++
	if s.last["host"] == from {
		s.last["flights"] = []int{s.seg}
	}
	departs, arrives := fmt.Sprintf("%.3fs", s.at), fmt.Sprintf("%.3fs", s.at+0.001)
	segment := object{"id": s.seg, "from": from, "to": to, "src": from, "dst": to, "seq": seq, "ack": ack, "flags": flags,
		"len": 0, "text": fmt.Sprintf("<SEQ=%d><ACK=%d><CTL=%v>", seq, ack, flags), "departs": departs, "arrives": arrives, "fate": "under way"}
	s.emit(object{"kind": "segment", "segment": segment})
	s.at += 0.001
	arrived := object{}
	for k, v := range segment {
		arrived[k] = v
	}
	arrived["fate"] = "arrived"
	s.emit(object{"kind": "segment", "segment": arrived})
}

func (s *fakeStory) step(n int, result string) {
	step := object{}
	for k, v := range s.lab.steps[n] {
		step[k] = v
	}
	r := object{"result": result, "at": fmt.Sprintf("%.3fs", s.at)}
	if result == "EADDRINUSE" {
		r["why"] = object{"rule": "linux-bind-conflict", "text": "A socket with the same port stands in the way, and not both have SO_REUSEADDR.",
			"source": "inet_csk_bind_conflict", "conflict": "10.0.0.1:7865 TIME-WAIT", "remedy": "SO_REUSEADDR on both sockets", "passes": "49.8s"}
	}
	step["results"] = object{s.world: r}
	s.lab.results(n)[s.world] = r
	s.emit(object{"kind": "step", "step": step})
}

func (l *fakeLab) results(n int) object { return l.steps[n]["results"].(object) }

// view is the lab as GET gives it: results appear when their events are due.
func (l *fakeLab) view(r *http.Request) object {
	age := time.Since(l.created)
	seen := map[string]int{}
	running := map[string]bool{}
	for i, e := range l.events {
		w, _ := e["world"].(string)
		if l.due[i] > age {
			running[w], running["*"] = true, true
		} else if e["kind"] == "step" {
			seen[w]++
		}
	}
	steps := make([]object, len(l.steps))
	summary := map[string]int{"agree": 0, "differ": 0, "explained": 0, "unexplained": 0, "not_run": 0, "unexpected": 0}
	for n, s := range l.steps {
		steps[n] = l.stepView(r, s, n, seen, summary)
	}
	status := "done"
	progress := object{}
	if running["*"] {
		status = "running"
	}
	for _, w := range l.worlds {
		p := object{"status": "done", "done": seen[w], "total": len(steps), "now": "10.206s", "waiting": "0s"}
		if running[w] {
			p["status"], p["now"] = "running", fmt.Sprintf("%.3fs", 0.206+age.Seconds())
			p["waiting"] = fmt.Sprintf("%.1fs", 10-age.Seconds())
		}
		progress[w] = p
	}
	return object{"id": l.id, "status": status, "live": false, "experiment": l.experiment, "question": "Why can't my server start again?",
		"worlds": l.worlds, "created": l.created, "script": l.script, "progress": progress, "steps": steps, "events": len(l.events),
		"summary": object{"steps": summary, "states": summary, "segments": summary}, "differences": []object{{
			"what": "state", "line": 14, "host": "server", "socket": "a", "told": object{"model": "", "kernel": "CLOSED (2MSL timeout)"},
			"why": object{"rule": "unexplained", "text": "the kernel goes to CLOSED, the model does not: unexplained"},
		}}}
}

func (l *fakeLab) stepView(r *http.Request, s object, n int, seen, summary map[string]int) object {
	step := object{}
	for k, v := range s {
		step[k] = v
	}
	results := object{}
	same := true
	var first any
	for _, w := range l.worlds {
		if n >= seen[w] {
			same = false
			continue
		}
		results[w] = l.results(n)[w]
		got := results[w].(object)["result"]
		if first != nil && first != got {
			step["verdict"] = "differ"
			step["why"] = object{"rule": "time-wait-wheel", "text": in(r, fmt.Sprintf("the model says %v, the kernel %v", first, got), fmt.Sprintf("模型是 %v，内核是 %v", first, got))}
			summary["differ"]++
			same = false
		}
		first = got
	}
	if same {
		step["verdict"] = "agree"
		summary["agree"]++
	}
	step["results"] = results
	return step
}
