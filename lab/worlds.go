package lab

import (
	"fmt"
	"maps"
	"slices"

	"fourwave/lab/script"
	"fourwave/lab/world"
)

// chosen is a world that a lab runs in.
type chosen struct {
	world.Maker
	info world.Info
}

// Registry is the worlds that labs can run in.
func (ls *Labs) Registry() *world.Registry { return ls.worlds }

// Worlds says for every world listed what it is, whether it can run here, and what these Labs allow it.
func (ls *Labs) Worlds() []world.Info {
	infos := ls.worlds.Infos()
	for i := range infos {
		w := &infos[i]
		w.Limits = maps.Clone(w.Limits)
		if w.Limits == nil {
			w.Limits = map[string]string{}
		}
		w.Limits["steps"] = fmt.Sprint(ls.limits.Steps)
		w.Limits["wait"] = "10 years"
		if w.Clock == world.Real {
			w.Limits["wait"] = script.Span(ls.limits.RealWait)
			w.Limits["labs"] = fmt.Sprint(ls.limits.Running)
		}
		if w.AtOnce > 0 {
			w.Limits["labs"] = fmt.Sprint(w.AtOnce)
		}
	}
	return infos
}

// choose fills in the default and refuses names that are none, each name once.
func (ls *Labs) choose(names []string) ([]chosen, error) {
	if len(names) == 0 {
		names = ls.worlds.Default()
	}
	var out []chosen
	for _, n := range names {
		m, ok := ls.worlds.Find(n)
		if !ok {
			return nil, fmt.Errorf("%w: %q", ErrWorld, script.Clip(n))
		}
		if !slices.ContainsFunc(out, func(c chosen) bool { return c.Name == n }) {
			out = append(out, chosen{m, m.Info()})
		}
	}
	if len(out) > ls.limits.Worlds {
		return nil, fmt.Errorf("%w: more than %d", ErrWorld, ls.limits.Worlds)
	}
	return out, nil
}

// lane is the queue that a lab in these worlds waits in: that of the world of which the fewest run at
// once; of several, one whose time is real.
func (ls *Labs) lane(worlds []chosen) (name string, places int) {
	for _, w := range worlds {
		lane, most := string(w.info.Clock), ls.limits.Running
		if w.info.AtOnce > 0 {
			most = min(most, w.info.AtOnce)
		}
		if w.info.Lane != "" {
			lane = w.info.Lane
		}
		if name == "" || most < places || most == places && w.info.Clock == world.Real {
			name, places = lane, most
		}
	}
	return name, places
}
