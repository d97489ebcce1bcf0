package kernel

import (
	"fmt"
	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
)

// Info says whether the kernel world can run here, as found by trying, once.
func Info() world.Info {
	able := realsock.Able()
	w := world.Info{Runs: able.OK, Why: able.Why, Remedy: able.Remedy, Details: map[string]string{}}
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
