package kernel

import (
	"fmt"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
	"time"
)

// Kernel is the source of the world "kernel". It keeps some hosts and wires, and some processes that make
// trials, ready for whoever wants them next.
type Kernel struct {
	nets *realsock.Pool
	warm warmTrials
}

// New makes a Kernel that has nothing ready.
func New() *Kernel { return &Kernel{nets: realsock.NewPool(2, 30*time.Second)} }

// Worlds are the one world there is.
func (k *Kernel) Worlds() []world.Maker {
	return []world.Maker{{Name: name, Info: info, Open: k.open, Trials: k.openTrials}}
}

// Families are none.
func (*Kernel) Families() []string { return nil }

// Resolve finds nothing.
func (*Kernel) Resolve(string) (world.Maker, bool) { return world.Maker{}, false }

// Close ends what was kept ready.
func (k *Kernel) Close() {
	k.nets.Empty()
	k.warm.close()
}

// name is that of the world.
const name = "kernel"

// info says whether the kernel world can run here, as found by trying, once.
func info() world.Info {
	able := realsock.Able()
	w := world.Info{
		Name: name, System: "linux", Release: able.Kernel, Clock: world.Real, Default: true,
		Trials: able.OK || able.Loopback, Captures: true, Measured: true,
		What:   "the kernel of this machine, in private network namespaces",
		WhatZh: "本机内核，运行在私有的网络命名空间里",
		Runs:   able.OK, Why: able.Why, Remedy: able.Remedy, Details: map[string]string{},
	}
	for key, value := range map[string]string{"release": able.Kernel, "rights": able.How} {
		if value != "" {
			w.Details[key] = value
		}
	}
	switch {
	case able.Loopback:
		w.Details["trials"] = "on the loopback of this machine itself: 127.0.0.0/8, ::1 and wildcards"
		most := fmt.Sprintf("%d with connections in %s", realsock.MaxLoopback, script.Span(realsock.LoopbackRest))
		w.Limits = map[string]string{"trials": most}
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
