package lab

import (
	"fmt"
	"slices"

	"fourwave/lab/script"
	"fourwave/realsock"
)

// maker makes worlds of one name.
type maker struct {
	real bool // time passes by itself
	make func(Observer) (World, error)
}

// makers are the worlds that this program has, by the names that callers write.
var makers = map[string]maker{
	"model":         {make: model("linux")},
	"model:linux":   {make: model("linux")},
	"model:rfc9293": {make: model("rfc9293")},
	"model:freebsd": {make: model("freebsd")},
	"model:macos":   {make: model("macos")},
	"model:windows": {make: model("windows")},
	"kernel":        {real: true, make: func(o Observer) (World, error) { return newKernelWorld(o) }},
}

func model(profile string) func(Observer) (World, error) {
	return func(o Observer) (World, error) { return newModelWorld(profile, o) }
}

// defaultWorlds are those of a Spec that names none.
var defaultWorlds = []string{"model", "kernel"}

// WorldInfo says what a world is and whether it can run here.
type WorldInfo struct {
	Name    string
	What    string
	WhatZh  string
	Time    string // "virtual" or "real"
	Runs    bool
	Why     string // why not
	Remedy  string // what would make it run
	Limits  map[string]string
	Details map[string]string // kernel release, rights found
}

// Worlds says for every world whether it can run here.
func Worlds() []WorldInfo {
	virtual := map[string]string{"wait": "10 years", "steps": fmt.Sprint(DefaultLimits.Steps)}
	infos := []WorldInfo{
		{Name: "model", What: "the state machine with Linux's rules and timers; the same as model:linux",
			WhatZh: "带有 Linux 规则和定时器的状态机，等同于 model:linux"},
		{Name: "model:linux", What: "the state machine with Linux's rules and timers",
			WhatZh: "带有 Linux 规则和定时器的状态机"},
		{Name: "model:rfc9293", What: "the state machine with nothing but the RFCs: 2MSL is 240 s, no bind rules",
			WhatZh: "只遵循 RFC 的状态机：2MSL 为 240 秒，没有 bind 规则"},
		{Name: "model:freebsd", What: "the state machine with FreeBSD's rules as its source says: documented, not measured",
			WhatZh: "按 FreeBSD 源码规则的状态机：有文档，未测量"},
		{Name: "model:macos", What: "the state machine with macOS's rules as far as xnu's source was read: documented, not measured",
			WhatZh: "按所读 xnu 源码规则的 macOS 状态机：有文档，未测量"},
		{Name: "model:windows", What: "the state machine with Windows' rules as far as Microsoft documents them: documented, not measured",
			WhatZh: "按微软文档规则的 Windows 状态机：有文档，未测量"},
	}
	for i := range infos {
		infos[i].Time, infos[i].Runs, infos[i].Limits = "virtual", true, virtual
	}
	k := kernelInfo()
	k.Name, k.Time = "kernel", "real"
	k.What = "the kernel of this machine, in private network namespaces"
	k.WhatZh = "本机内核，运行在私有的网络命名空间里"
	if k.Limits == nil {
		k.Limits = map[string]string{}
	}
	k.Limits["wait"] = script.Span(DefaultLimits.RealWait)
	k.Limits["steps"] = fmt.Sprint(DefaultLimits.Steps)
	k.Limits["labs"] = fmt.Sprint(DefaultLimits.Running)
	return append(infos, k)
}

// checkWorlds fills in the default and refuses names that are none, each name once.
func checkWorlds(names []string, known map[string]maker, most int) ([]string, error) {
	if len(names) == 0 {
		return slices.Clone(defaultWorlds), nil
	}
	var out []string
	for _, n := range names {
		if _, ok := known[n]; !ok {
			return nil, fmt.Errorf("%w: %q", ErrWorld, script.Clip(n))
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if len(out) > most {
		return nil, fmt.Errorf("%w: more than %d", ErrWorld, most)
	}
	return out, nil
}

// kernelInfo says whether the kernel world can run here, as found by trying, once.
func kernelInfo() WorldInfo {
	able := realsock.Able()
	w := WorldInfo{Runs: able.OK, Why: able.Why, Remedy: able.Remedy, Details: map[string]string{}}
	for key, value := range map[string]string{"release": able.Kernel, "rights": able.How} {
		if value != "" {
			w.Details[key] = value
		}
	}
	switch {
	case able.Loopback:
		w.Details["trials"] = "on the loopback of this machine itself: 127.0.0.0/8, ::1 and wildcards"
		w.Limits = map[string]string{"trials": fmt.Sprintf("%d with connections in %s", realsock.MaxLoopback, script.Span(realsock.LoopbackRest))}
	case able.OK:
		w.Details["uid"] = yesNo(able.UIDs)
		w.Details["ipv6"] = yesNo(able.IPv6)
		w.Details["sysctl"] = yesNo(able.Sysctls)
		w.Limits = map[string]string{"tick": script.Span(able.Jiffy)}
	}
	return w
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
