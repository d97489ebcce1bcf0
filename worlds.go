package main

import (
	"fourwave/lab/world"
	"fourwave/lab/world/kernel"
	"fourwave/lab/world/model"
	"fourwave/lab/world/replay"
	"fourwave/realsock/guest"
)

// newWorlds are the worlds of this program, a line for each package of them. What a world is called
// and can do is in its Info, and nowhere else. guests has the kernels that were added.
func newWorlds(guests *guest.Store) *world.Registry {
	return worldsOf(kernel.WithGuests(guests), replay.NewShelf())
}

// worldsOf are those of kernels, and of the captures on a shelf.
func worldsOf(kernels *kernel.Kernel, captures *replay.Shelf) *world.Registry {
	return world.NewRegistry(
		model.Worlds(),
		kernels,
		captures,
	)
}
