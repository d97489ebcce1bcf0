package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

func (in *inquiry) service() *Keeper {
	if len(in.procs) == 0 {
		return nil
	}
	p := in.procs[0]
	u := in.foreignUnit(p)
	if u == "" {
		return nil
	}
	return &Keeper{Kind: Service, Name: u, Command: in.stopOf(p),
		Text: say("It is the systemd service %s, which may start it again when it is killed.",
			"它是 systemd 服务 %s，被 kill 后可能会自动重启。", u),
		Do: say("Stop the service: %s", "停止服务：%s", in.stopOf(p))}
}

// stopOf is the command that ends a process for good, where somebody else keeps it going; "" if
// nobody does.
func (in *inquiry) stopOf(p Process) string {
	if s := p.supervisor(); s != nil {
		return s.stop
	}
	if u := in.foreignUnit(p); u != "" {
		return systemctl(p.UserUnit) + " stop " + u
	}
	return ""
}

// supervisor is a program that starts a process again when it ends.
type supervisor struct {
	name string
	pid  int
	stop string // the command that ends the supervised process for good
}

// supervised finds what would start the process again.
func (in *inquiry) supervised() *Keeper {
	if len(in.procs) == 0 {
		return nil
	}
	s := in.procs[0].supervisor()
	if s == nil {
		return nil
	}
	return &Keeper{Kind: Supervised, Name: s.name, Command: s.stop,
		Text: say("%s (pid %d) started it and would start it again when it is killed.",
			"它由 %s（pid %d）启动，被 kill 后会再次启动。", s.name, s.pid),
		Do: say("Stop it through its supervisor: %s", "通过监管程序停止它：%s", s.stop)}
}

// supervisors are recognised by a word of the name that programName gives; stop makes the command
// from what is known of the process.
var supervisors = []struct {
	word, name string
	stop       func(p *Process, by Parent) string
}{
	{"PM2", "pm2", func(p *Process, _ Parent) string {
		return "pm2 stop " + or(p.Manager["name"], p.Manager["pm_id"], "NAME")
	}},
	{"pm2", "pm2", func(p *Process, _ Parent) string {
		return "pm2 stop " + or(p.Manager["name"], p.Manager["pm_id"], "NAME")
	}},
	{"supervisord", "supervisord", func(p *Process, _ Parent) string {
		name := or(p.Manager["SUPERVISOR_PROCESS_NAME"], "NAME")
		if g := p.Manager["SUPERVISOR_GROUP_NAME"]; g != "" && g != name {
			name = g + ":" + name
		}
		return "supervisorctl stop " + name
	}},
	{"runsv", "runit", func(p *Process, _ Parent) string { return "sv stop " + or(p.Dir, "NAME") }},
	{"s6-supervise", "s6", func(p *Process, _ Parent) string { return "s6-svc -d " + or(p.Dir, "DIR") }},
	{"supervise", "daemontools", func(p *Process, _ Parent) string { return "svc -d " + or(p.Dir, "DIR") }},
	{"monit", "monit", func(p *Process, _ Parent) string { return "monit stop NAME" }},
	{"circusd", "circus", func(p *Process, _ Parent) string { return "circusctl stop NAME" }},
	{"forever", "forever", func(p *Process, _ Parent) string { return fmt.Sprintf("forever stop %d", p.PID) }},
	{"nodemon", "nodemon", endSupervisor},
	{"watchexec", "watchexec", endSupervisor},
	{"watchmedo", "watchmedo", endSupervisor},
	{"cargo-watch", "cargo-watch", endSupervisor},
	{"supervisor", "supervisor", endSupervisor},
	{"entr", "entr", endSupervisor},
	{"air", "air", endSupervisor},
	{"reflex", "reflex", endSupervisor},
	{"foreman", "foreman", endSupervisor},
	{"honcho", "honcho", endSupervisor},
	{"overmind", "overmind", endSupervisor},
	{"hivemind", "hivemind", endSupervisor},
	{"god", "god", func(*Process, Parent) string { return "god stop NAME" }},
	{"bluepill", "bluepill", func(*Process, Parent) string { return "bluepill stop NAME" }},
	{"start-stop-daemon", "start-stop-daemon", endSupervisor},
	{"supervise-daemon", "openrc", func(*Process, Parent) string { return "rc-service NAME stop" }},
	{"dinit", "dinit", func(*Process, Parent) string { return "dinitctl stop NAME" }},
	{"xinetd", "xinetd", func(*Process, Parent) string { return "service xinetd stop" }},
	{"inetd", "inetd", func(*Process, Parent) string { return "service inetd stop" }},
}

// endSupervisor ends a supervisor that lives for one process.
func endSupervisor(_ *Process, by Parent) string { return fmt.Sprintf("kill %d", by.PID) }

func or(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// between are programs that stand between a supervisor and what it supervises.
var between = []string{"sh", "bash", "dash", "zsh", "ash", "npm", "npx", "yarn", "pnpm", "node", "env", "su", "sudo",
	"runuser", "setpriv", "gosu", "tini", "dumb-init", "exec"}

// supervisor is the nearest program up the chain that would start the process again; nil if there
// is none.
func (p *Process) supervisor() *supervisor {
	for _, by := range p.Parents {
		for _, known := range supervisors {
			if by.is(known.word) {
				return &supervisor{known.name, by.PID, known.stop(p, by)}
			}
		}
		if by.Loops {
			return &supervisor{"a shell loop, " + by.Name, by.PID, fmt.Sprintf("kill %d %d", by.PID, p.PID)}
		}
		program, _, _ := strings.Cut(by.Name, " ")
		same := strings.TrimSuffix(program, ":") == strings.Fields(p.Name + " ")[0] // a worker's master
		if !slices.Contains(between, program) && !same {
			return nil
		}
	}
	return nil
}

// is compares the words of a name, so that "node forever" and "python3 supervisord" are known too.
func (p Parent) is(word string) bool {
	for i, w := range strings.FieldsFunc(p.Name, func(r rune) bool { return r == ' ' || r == ':' }) {
		base := strings.TrimSuffix(strings.TrimSuffix(path.Base(w), ".js"), ".py")
		if base == word && i < 2 {
			return true
		}
	}
	return false
}
