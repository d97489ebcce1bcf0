package lab

import (
	"fmt"
	"slices"

	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
)

// maker makes worlds of one name.
type maker struct {
	real bool // time passes by itself
	make func(world.Observer) (world.World, error)
}

// makers are the worlds that this program has, by the names that callers write.
var makers = map[string]maker{
	"model":         {make: modelMaker("linux")},
	"model:linux":   {make: modelMaker("linux")},
	"model:rfc9293": {make: modelMaker("rfc9293")},
	"model:freebsd": {make: modelMaker("freebsd")},
	"model:macos":   {make: modelMaker("macos")},
	"model:windows": {make: modelMaker("windows")},
	"kernel":        {real: true, make: func(o world.Observer) (world.World, error) { return kernel.New(o) }},
}

func modelMaker(profile string) func(world.Observer) (world.World, error) {
	return func(o world.Observer) (world.World, error) { return model.New(profile, o) }
}

// Worlds says for every world whether it can run here.
func Worlds() []world.Info {
	virtual := map[string]string{"wait": "10 years", "steps": fmt.Sprint(DefaultLimits.Steps)}
	infos := []world.Info{
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
	k := kernel.Info()
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
		return slices.Clone(world.Default), nil
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
