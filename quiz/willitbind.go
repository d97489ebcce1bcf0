package quiz

import (
	"fmt"
	"slices"
	"sync"

	"fourwave/fsm"
	"fourwave/lab"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/model"
)

// bindChoices are the answers to a question about bind; which one is right says the model.
var bindChoices = []choice{
	{"yes", lab.Text{En: "Yes, bind() succeeds", Zh: "会，bind() 成功"},
		[]string{"y", "ok", "true", "succeeds", "success", "it succeeds", "会", "会成功", "能", "可以", "是", "成功", "对"}},
	{"no", lab.Text{En: "No, bind() fails with EADDRINUSE", Zh: "不会，bind() 失败，返回 EADDRINUSE"},
		[]string{"n", "eaddrinuse", "false", "fails", "failure", "it fails", "address already in use",
			"不会", "不会成功", "不能", "不可以", "否", "失败", "不"}},
}

// free is why a bind succeeds where no socket has the port.
var free = world.Why{
	Rule: "bind-free", Text: Text{En: "no socket has this port any more", Zh: "已经没有任何套接字占用这个端口"},
	Source: "inet_csk_get_port, net/ipv4/inet_connection_sock.c",
}

// decided is a situation with what the model made of it.
type decided struct {
	situation
	result string
	why    world.Why
	state  string // of the server's end of the old connection, just before; "" if there was none
}

// pool is all situations, by the rule that decides on the bind.
type pool struct {
	rules  []string // sorted
	byRule map[string][]decided
}

// decide runs every situation on the model, once.
var decide = sync.OnceValues(func() (*pool, error) {
	p := &pool{byRule: map[string][]decided{}}
	for _, s := range situations() {
		d, err := s.decide()
		if err != nil {
			return nil, err
		}
		if p.byRule[d.why.Rule] == nil {
			p.rules = append(p.rules, d.why.Rule)
		}
		p.byRule[d.why.Rule] = append(p.byRule[d.why.Rule], d)
	}
	slices.Sort(p.rules)
	return p, nil
})

// decide asks the model how the bind ends.
func (s situation) decide() (decided, error) {
	parsed := s.script("Does the last line succeed?", true)
	run, err := model.Run(parsed, fsm.Linux.Name)
	if err != nil {
		return decided{}, fmt.Errorf("quiz: story %s: %w", s.id, err)
	}
	last := len(run.Results) - 1
	for _, r := range run.Results[:last] {
		if r.Result == script.NotRun || isErrno(r.Result) {
			return decided{}, fmt.Errorf("quiz: story %s does not come about: %s", s.id, r.Result)
		}
	}
	r := run.Results[last]
	if r.Why == nil && r.Result == "ok" {
		r.Why = &free // the model says why a port with owners is given, not why one without is
	}
	if r.Why == nil || r.Result != "ok" && r.Result != string(fsm.EADDRINUSE) {
		return decided{}, fmt.Errorf(
			"quiz: story %s: bind gives %s, which is no choice, or has no reason", s.id, r.Result,
		)
	}
	d := decided{situation: s, result: r.Result, why: *r.Why}
	if s.serves {
		d.state = run.Results[last-1].Result
	}
	return d, nil
}

// isErrno reports whether a result is the name of an error.
func isErrno(result string) bool {
	return result[0] == 'E' && result != "EOF" && result != string(fsm.Established)
}

// poseWillItBind draws a rule and then a situation that it decides, so that rare rules are asked
// about as often as common ones.
func poseWillItBind(d draw) (*problem, error) {
	pool, err := decide()
	if err != nil {
		return nil, err
	}
	s := one(d, pool.byRule[one(d, pool.rules)])
	p := &problem{
		facts: s.script("", false),
		text:  s.text(),
		script: lab.Text{
			En: s.script("Does the last line succeed?", false),
			Zh: s.script("最后一行会成功吗？", false),
		},
		choices:    bindChoices,
		why:        s.explain(),
		experiment: evidence().ofRule(s.why.Rule),
	}
	if s.result != "ok" {
		p.key = 1
	}
	return p, nil
}

// explain puts the state of the old connection before the rule's own words.
func (d decided) explain() world.Why {
	w := d.why
	if d.state == "" {
		return w
	}
	en, zh := "was in "+d.state, "处于 "+d.state
	if d.state == string(fsm.Closed) {
		en, zh = "was gone (CLOSED)", "已经不存在（CLOSED）"
	}
	w.Text = w.Text.After("just before that bind() the server's end of the old connection "+en+"; ",
		"在这次 bind() 之前，旧连接的服务器一端"+zh+"；")
	return w
}
