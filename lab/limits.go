package lab

import (
	"fourwave/lab/script"
	"time"
)

// Limits bound a set of labs. A zero limit stands for that of DefaultLimits.
type Limits struct {
	Running  int           // labs at once, counted apart for those with a real-time world; more wait in line
	Kept     int           // labs remembered; the oldest that has ended is forgotten first
	Steps    int           // of one lab
	Script   int           // bytes of one script
	Worlds   int           // of one lab
	Idle     time.Duration // after which a live lab that gets no steps ends
	RealWait time.Duration // that the lines of one lab may wait in a real-time world, in all

	// Events bounds the states and segments of one lab, and as many rows of socket tables. What comes
	// later is counted and not kept. A captured segment takes up to capture.SnapLen bytes besides.
	Events int

	// What labs may hold in bytes: all together, and those of one client. The oldest that has ended
	// is forgotten first; of a lab that finds no room, states and segments are counted and not
	// kept.
	Memory, MemoryEach int64
}

// DefaultLimits are what the server uses.
var DefaultLimits = Limits{
	Running: 50, Kept: 1000, Steps: script.DefaultBounds.Steps, Script: script.DefaultBounds.Bytes, Worlds: 8,
	Idle: 10 * time.Minute, RealWait: 30 * time.Minute,
	Events: 100_000, Memory: 512 << 20, MemoryEach: 64 << 20,
}

// orDefault fills in what was left out.
func (l Limits) orDefault() Limits {
	d := DefaultLimits
	for _, f := range []struct{ have, want *int }{
		{&l.Running, &d.Running}, {&l.Kept, &d.Kept}, {&l.Steps, &d.Steps}, {&l.Script, &d.Script},
		{&l.Worlds, &d.Worlds}, {&l.Events, &d.Events},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	if l.Memory <= 0 {
		l.Memory = d.Memory
	}
	if l.MemoryEach <= 0 {
		l.MemoryEach = min(d.MemoryEach, l.Memory)
	}
	if l.Idle <= 0 {
		l.Idle = d.Idle
	}
	if l.RealWait <= 0 {
		l.RealWait = d.RealWait
	}
	return l
}
