//go:build !race

package fsm

// raced says that the race detector is on. An exploration runs on one goroutine and takes ten times as
// long with it, so that its wide bounds are for a run without.
const raced = false
