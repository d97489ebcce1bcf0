// Package worldtest is a world for tests of whoever offers worlds to others: it carries out nothing and
// answers every call with "ok".
//
// It shows what a package of worlds has to have: a [world.Source], which a program gathers by one line.
package worldtest

import (
	"context"
	"strings"
	"time"

	"fourwave/fsm"
	"fourwave/lab/script"
	"fourwave/lab/world"
)

// Source gives the world "echo" and, as the family "echo:NAME", any number of others.
type Source struct{ world.Fixed }

// New makes a Source.
func New() Source { return Source{world.Fixed{maker("echo")}} }

// Families are the one family there is.
func (Source) Families() []string { return []string{"echo:NAME"} }

// Resolve finds any world of the family; echo:none cannot run.
func (Source) Resolve(name string) (world.Maker, bool) {
	if rest, ok := strings.CutPrefix(name, "echo:"); !ok || rest == "" {
		return world.Maker{}, false
	}
	return maker(name), true
}

func maker(name string) world.Maker {
	about := world.Info{
		Name: name, System: "echo", Release: "1.0", Clock: world.Virtual, Lane: "echo", AtOnce: 1,
		Forks: true, Captures: true, Runs: name != "echo:none",
		What: world.Text{En: "a world that says ok to everything", Zh: "对一切都回答 ok 的世界"},
	}
	if !about.Runs {
		about.Why = "there is nobody to answer"
	}
	return world.Maker{
		Name: name,
		Info: func() world.Info { return about },
		Open: func(o world.Observer) (world.World, error) { return &echo{obs: o}, nil },
	}
}

// echo is a world in which calls succeed and nothing comes of them.
type echo struct {
	obs world.Observer
	now time.Duration
}

func (e *echo) Wait(_ context.Context, d time.Duration) error { e.now += d; return nil }
func (e *echo) Now() time.Duration                            { return e.now }
func (e *echo) Close() error                                  { return nil }

// Do tells of every step that it was heard.
func (e *echo) Do(_ context.Context, group []script.Step) ([]world.Result, error) {
	results := make([]world.Result, len(group))
	for i, s := range group {
		e.obs.Entry(fsm.Entry{At: e.now, Host: s.Actor, Event: s.Cmd.Verb, From: fsm.Closed, To: fsm.Closed})
		results[i] = world.Result{Result: "ok", At: e.now}
	}
	return results, nil
}
