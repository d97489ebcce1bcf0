package model

import (
	"context"
	"strings"

	"fourwave/fsm"
	"fourwave/lab/world"
)

// family begins the names of the worlds of this package.
const family = "model:"

// Worlds are the model under every profile of fsm, "model:NAME", and "model", another name of the
// one under Linux's.
func Worlds() world.Fixed {
	all := world.Fixed{maker(fsm.Linux, "model")}
	for _, p := range listed() {
		all = append(all, maker(p, family+p.Name))
	}
	return all
}

// listed are the profiles in the order in which worlds are listed: Linux first.
func listed() []*fsm.Profile {
	all := []*fsm.Profile{fsm.Linux}
	for _, p := range fsm.Profiles {
		if p != fsm.Linux {
			all = append(all, p)
		}
	}
	return append(all, fsm.LinuxReleases...)
}

func maker(p *fsm.Profile, name string) world.Maker {
	about := infoOf(p, name)
	return world.Maker{
		Name: name, Default: about.Default,
		Info:   func() world.Info { return about },
		Open:   func(o world.Observer) (world.World, error) { return open(p, o), nil },
		Trials: func(context.Context) world.Trials { return modelTrials{p} },
	}
}

// infoOf says what the world of a profile is. A profile "linux@6.1" is that system's release.
func infoOf(p *fsm.Profile, name string) world.Info {
	system, release, _ := strings.Cut(p.Name, "@")
	i := world.Info{
		Name: name, System: system, Release: release, Clock: world.Virtual, Calculated: true,
		Forks: true, Trials: true, Captures: true, Measured: p.Measured(), Runs: true,
		What: world.Text{En: "the state machine with the rules of " + p.Name, Zh: "带有 " + p.Name + " 规则的状态机"},
	}
	if about, ok := whats[system]; ok {
		i.What = world.Text{En: about.en, Zh: about.zh}
	}
	if release != "" {
		i.What = i.What.Plus(", as of release "+release, "，版本 "+release)
	}
	if i.Name != family+p.Name {
		i.Alias, i.Default = family+p.Name, true
		i.What = i.What.Plus("; the same as "+i.Alias, "，等同于 "+i.Alias)
	}
	return i
}

// whats say what the profiles are.
var whats = map[string]struct{ en, zh string }{
	"linux": {
		"the state machine with Linux's rules and timers",
		"带有 Linux 规则和定时器的状态机",
	},
	"rfc9293": {
		"the state machine with nothing but the RFCs: 2MSL is 240 s, no bind rules",
		"只遵循 RFC 的状态机：2MSL 为 240 秒，没有 bind 规则",
	},
	"freebsd": {
		"the state machine with FreeBSD's rules as its source says: documented, not measured",
		"按 FreeBSD 源码规则的状态机：有文档，未测量",
	},
	"macos": {
		"the state machine with macOS's rules as far as xnu's source was read: documented, not measured",
		"按所读 xnu 源码规则的 macOS 状态机：有文档，未测量",
	},
	"openbsd": {
		"the state machine with OpenBSD's rules as its source says: documented, not measured",
		"按 OpenBSD 源码规则的状态机：有文档，未测量",
	},
	"lwip": {
		"the state machine with lwIP's rules as an ESP32 has them: 2MSL of 120 s, a pool of 16 connections; documented, not measured",
		"按 lwIP 在 ESP32 上的规则：2MSL 为 120 秒，连接池 16 个；有文档，未测量",
	},
	"windows": {
		"the state machine with Windows' rules as far as Microsoft documents them: documented, not measured",
		"按微软文档规则的 Windows 状态机：有文档，未测量",
	},
}
