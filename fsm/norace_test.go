//go:build !race

package fsm

// raced says that the race detector is on. An exploration runs on one goroutine and takes ten times
// as long with it, so that it has one segment in flight there; wider bounds are for a run without.
const raced = false
