package kernel

import (
	"fmt"
	"strings"
	"time"

	"fourwave/lab/script"
	"fourwave/lab/world"
	"fourwave/realsock"
	"fourwave/realsock/guest"
)

// Kernel is the source of the world "kernel", and of the worlds "kernel:RELEASE" of the kernels in
// a store. It keeps some hosts and wires, and some processes that make trials, ready for whoever
// wants them next.
type Kernel struct {
	nets   *realsock.Pool
	warm   warmTrials
	guests *guest.Store
	phase  *time.Duration
}

// StartAt makes every world that is opened after it start that far into a second of its kernel's
// clock, from 0 to 1 s. It must not be called while worlds are opened.
func (k *Kernel) StartAt(phase time.Duration) { k.phase = &phase }

// config is what a world asks of its Net.
func (k *Kernel) config(t *translator, obs world.Observer) realsock.Config {
	return realsock.Config{Phase: k.phase, Observe: func(e realsock.Event) { t.tell(obs, e) }}
}

// New makes a Kernel of this machine's kernel alone, with nothing ready.
func New() *Kernel { return &Kernel{nets: realsock.NewPool(2, 30*time.Second)} }

// NewReusing makes a Kernel of this machine's kernel whose hosts and wires are used again, up to
// that many of them, for thousands of short scripts: every socket is destroyed in between, and the
// sysctls are put back.
func NewReusing(most int) *Kernel {
	return &Kernel{nets: realsock.NewReusingPool(most, 30*time.Second)}
}

// WithGuests makes a Kernel that has the kernels of a store too.
func WithGuests(guests *guest.Store) *Kernel {
	k := New()
	k.guests = guests
	return k
}

// Worlds are this machine's kernel and, by the names of their series, those that were added before
// the program started.
func (k *Kernel) Worlds() []world.Maker {
	here := world.Maker{Name: name, Default: true, Info: info, Open: k.open, Trials: k.openTrials}
	return append([]world.Maker{here}, k.guestWorlds()...)
}

// Families are the kernels of the store, which may be added to at any time.
func (k *Kernel) Families() []string {
	if k.guests == nil {
		return nil
	}
	return []string{guestFamily + "RELEASE"}
}

// Resolve finds the world of a kernel in the store, "kernel:6.1" or "kernel:6.1.192". One that was
// not added is found too; it cannot run and says why.
func (k *Kernel) Resolve(name string) (world.Maker, bool) {
	version, ok := strings.CutPrefix(name, guestFamily)
	if !ok || k.guests == nil || !guest.IsVersion(version) {
		return world.Maker{}, false
	}
	return k.guestWorld(version), true
}

// Close ends what was kept ready.
func (k *Kernel) Close() {
	k.nets.Empty()
	k.warm.close()
	if k.guests != nil {
		k.guests.Close()
	}
}

// name is that of the world.
const name = "kernel"

// info says whether the kernel world can run here, as found by trying, once.
func info() world.Info {
	able := realsock.Able()
	w := world.Info{
		Name: name, System: "linux", Release: able.Kernel, Clock: world.Real, Default: true,
		Trials: able.OK || able.Loopback, Captures: true, Measured: true,
		What: world.Text{En: "the kernel of this machine, in private network namespaces",
			Zh: "本机内核，运行在私有的网络命名空间里"},
		Runs: able.OK, Why: able.Why, Remedy: able.Remedy, Details: map[string]string{},
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
