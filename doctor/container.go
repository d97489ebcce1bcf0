package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// proxies are the programs that hold a published port on behalf of a container, and their runtimes.
var proxies = map[string]string{
	"docker-proxy": "docker", "rootlesskit": "docker", "rootlessport": "podman", "containers-rootlessport": "podman",
	"containers-rootl": "podman",
	"conmon":           "podman", "slirp4netns": "podman", "pasta": "podman", "pasta.avx2": "podman", "passt": "podman",
	"gvproxy":            "podman",
	"com.docker.backend": "docker", "com.docker.backe": "docker", "vpnkit": "docker",
	"rootlesskit-docker-proxy": "docker", "rootlesskit-doc": "docker",
}

// proxyFor is the runtime whose published ports a process holds; "" if it is no such proxy.
func (p Process) proxyFor() string {
	name, _, _ := strings.Cut(p.Name, " ")
	if r, ok := proxies[name]; ok {
		return r
	}
	return ""
}

// publishedPort: a proxy of a container runtime holds the port; stop the container and not the
// proxy: the container.
func (in *inquiry) publishedPort() *Keeper {
	i := slices.IndexFunc(in.procs, func(p Process) bool { return p.proxyFor() != "" })
	if i >= 0 {
		return in.publishedBy(&in.procs[i], Text{})
	}
	if len(in.procs) == 0 {
		for j := range in.suspects {
			if in.suspects[j].proxyFor() != "" {
				return in.publishedBy(&in.suspects[j],
					Text{En: " (by its command line: rights hide its descriptors)",
						Zh: "（依据命令行判断：权限不足，看不到它的描述符）"})
			}
		}
	}
	if in.published == nil || len(in.procs) > 0 {
		return nil
	}
	c := in.published
	k := &Keeper{Kind: InContainer, Name: c.String(), Command: c.Runtime + " stop " + c.Name}
	k.Text = say("The container %s of %s publishes this port.", "容器 %s（%s）发布了这个端口。", c, c.Runtime)
	k.Do = say("Stop the container: %s", "停止这个容器：%s", k.Command)
	if in.Verdict == Free {
		k.Text = say("Yet the container %s of %s publishes this port by packet filter rules: connections to it go "+
			"there, not to a new listener.",
			"但容器 %s（%s）通过包过滤规则发布了这个端口：连接会被转到那里，而不会到新的监听套接字。", c, c.Runtime)
	}
	return k
}

func (in *inquiry) publishedBy(p *Process, how Text) *Keeper {
	runtime := p.proxyFor()
	k := &Keeper{Kind: InContainer,
		Command: fmt.Sprintf("%s stop $(%s ps -q --filter publish=%d)", runtime, runtime, in.Port)}
	if c := in.published; c != nil {
		k.Name, k.Command = c.String(), c.Runtime+" stop "+c.Name
		k.Text = say("%s holds the published port of the container %s%s: stop the container, not the proxy.",
			"%s 代为占用容器 %s 发布的端口%s：应当停止容器，而不是这个代理。", p, c, how)
	} else {
		at := Text{}
		if ip, port := argument(p.Command, "-container-ip"), argument(p.Command, "-container-port"); ip != "" {
			k.Name = ip + ":" + port
			at = say(" (%s)", "（%s）", k.Name)
		}
		k.Name = or(k.Name, runtime)
		k.Text = say("%s holds the published port of a container%s%s: stop the container, not the proxy; %s ps "+
			"names it.",
			"%s 代为占用某个容器%s发布的端口%s：应当停止容器，而不是这个代理；%s ps 可以查到名字。", p, at, how,
			runtime)
	}
	k.Do = say("Stop the container: %s", "停止这个容器：%s", k.Command)
	return k
}

// argument is the value of an option on a command line.
func argument(command, option string) string {
	_, rest, ok := strings.Cut(command+" ", option+" ")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, " ")
	return value
}

// inContainer: the process itself runs in a container.
func (in *inquiry) inContainer() *Keeper {
	if len(in.procs) == 0 {
		return nil
	}
	p := in.procs[0]
	if p.Container == "" || p.Container == in.ownContainer {
		return nil
	}
	k := in.containerKeeper(p.Container, p.Runtime)
	k.Text = say("It runs in the container %s of %s.", "它运行在容器 %s（%s）里。", k.Name, p.Runtime)
	k.Do = say("Stop the container: %s", "停止这个容器：%s", k.Command)
	return k
}

// containerKeeper names a container, by its id where the runtime does not tell more.
func (in *inquiry) containerKeeper(id, runtime string) *Keeper {
	k := &Keeper{Kind: InContainer, Name: id[:min(12, len(id))]}
	stop := k.Name
	if i := slices.IndexFunc(in.containers,
		func(c Container) bool { return strings.HasPrefix(id, c.ID) || strings.HasPrefix(c.ID, id) }); i >= 0 {
		k.Name, stop = in.containers[i].String(), in.containers[i].Name
	}
	switch runtime {
	case "kubernetes", "containerd", "cri-o":
		k.Command = "crictl stop " + stop
	case "podman", "nerdctl", "docker":
		k.Command = runtime + " stop " + stop
	case "lxc":
		k.Command = "lxc-stop " + stop
	default:
		k.Command = "docker stop " + stop
	}
	return k
}

// first: process 1 has it. To end that ends the machine or the container.
func (in *inquiry) first() *Keeper {
	if !slices.ContainsFunc(in.procs, func(p Process) bool { return p.PID == 1 }) {
		return nil
	}
	i := slices.IndexFunc(in.procs, func(p Process) bool { return p.PID == 1 })
	p := in.procs[i]
	k := &Keeper{Kind: Service, Name: p.Name}
	what := Text{En: "the machine", Zh: "整台机器"}
	if p.Container != "" || in.InContainer {
		k.Kind, what = InContainer, Text{En: "this container", Zh: "这个容器"}
		k.Name = cmp.Or(in.Hostname, p.Name)
		k.Command = "docker stop " + k.Name
	}
	k.Text = say("%s is process 1: to end it would end %s.", "%s 是 1 号进程：结束它就等于结束%s。", p.Name, what)
	k.Do = say("Leave process 1 alone; take another port, or change its configuration.",
		"不要动 1 号进程；换一个端口，或修改它的配置。")
	if k.Command != "" {
		k.Do = say("Take another port, or stop the container from outside: %s", "换一个端口，或从外面停止容器：%s",
			k.Command)
	}
	return k
}

// elsewhere: only another network namespace has it.
func (in *inquiry) elsewhere() *Keeper {
	if in.Case != Elsewhere {
		return nil
	}
	sp := in.Spaces[0]
	if sp.Container != "" {
		k := in.containerKeeper(sp.Container, sp.Runtime)
		k.Text = say("There the container %s of %s listens.", "在那里监听的是容器 %s（%s）。", k.Name, sp.Runtime)
		return k
	}
	k := &Keeper{Kind: InNamespace, Name: or(sp.Name, "net:["+strconv.FormatUint(sp.Inode, 10)+"]")}
	var procs []Process
	for _, s := range sp.Sockets {
		procs = append(procs, s.Processes...)
	}
	k.Text = say("The network namespace is %s.", "这个网络命名空间是 %s。", k.Name)
	if len(procs) > 0 {
		k.Command = kill(procs[0])
		k.Text = say("In the network namespace %s, %s listens.", "在网络命名空间 %s 里，%s 正在监听。", k.Name,
			procs[0])
	}
	return k
}
