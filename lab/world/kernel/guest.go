package kernel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fourwave/lab/world"
	"fourwave/realsock"
	"fourwave/realsock/guest"
)

// guestFamily begins the names of the worlds of kernels that run in a virtual machine.
const guestFamily = "kernel:"

// guestLane is the queue of labs with a guest: what bounds them is memory and processors, not time.
const guestLane = "guest"

// guestPatience bounds how long a guest may take to be there, the first boot of its kernel
// included.
const guestPatience = 6 * time.Minute

// guestWorlds are the series of the kernels added, oldest first.
func (k *Kernel) guestWorlds() (all []world.Maker) {
	if k.guests == nil {
		return nil
	}
	kernels, err := k.guests.Kernels()
	if err != nil {
		return nil // they can be named still, and then the error is told
	}
	var names []string
	for _, g := range kernels {
		if name := series(g.Version); !slices.Contains(names, name) {
			names = append(names, name)
			all = append(all, k.guestWorld(name))
		}
	}
	return all
}

// series is what a version belongs to: 6.1 of 6.1.192.
func series(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// guestWorld is the world of a series or a version.
func (k *Kernel) guestWorld(version string) world.Maker {
	return world.Maker{
		Name: guestFamily + version,
		Info: func() world.Info { return k.guestInfo(version) },
		Open: func(obs world.Observer) (world.World, error) { return k.openGuest(version, obs) },
		Trials: func(ctx context.Context) world.Trials {
			launcher, err := k.launcher(version)
			if err != nil {
				return &kernelTrials{err: err}
			}
			t, err := realsock.LaunchTrials(ctx, launcher)
			return &kernelTrials{process: t, err: err}
		},
	}
}

func (k *Kernel) launcher(version string) (*guest.Guest, error) {
	g, err := k.guests.Find(version)
	if err == nil {
		err = k.guests.Ready()
	}
	if err != nil {
		return nil, err
	}
	return k.guests.Launcher(g), nil
}

// guestInfo says what the world of a kernel is, and whether it can run here.
func (k *Kernel) guestInfo(version string) world.Info {
	w := world.Info{
		Name: guestFamily + version, System: "linux", Release: version, Clock: world.Virtual,
		Forks: true, Trials: true, Captures: true, Measured: true, Lane: guestLane, AtOnce: k.guests.Most(), Runs: true,
		What: world.Text{
			En: "the kernel Linux " + version + " in a virtual machine, in virtual time: it stands still between lines",
			Zh: "虚拟机里的 Linux " + version + " 内核，运行在虚拟时间里：两行之间它是静止的",
		},
		Limits: map[string]string{"machines": fmt.Sprint(k.guests.Most())}, Details: map[string]string{},
	}
	g, err := k.guests.Find(version)
	if err == nil {
		w.Release, w.Details["release"], w.Details["source"] = g.Version, g.Release, g.Source
		err = k.guests.Ready()
	}
	var unknown *guest.UnknownKernel
	if err != nil {
		w.Runs, w.Trials, w.Why = false, false, err.Error()
	}
	if errors.As(err, &unknown) {
		w.Remedy = "Add one: fourwave kernel add linux-image-….deb"
	}
	return w
}

// openGuest makes a world of a kernel in the store.
func (k *Kernel) openGuest(version string, obs world.Observer) (world.World, error) {
	launcher, err := k.launcher(version)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), guestPatience)
	defer cancel()
	t := newTranslator()
	net, err := realsock.Launch(ctx, launcher, k.config(t, obs))
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", guestFamily, version, err)
	}
	return &kernelWorld{net, t, (*realsock.Net).Close}, nil
}
