//go:build !race

package lab

// raced says that the race detector is on. It slows what TestDifferential measures, so that the long
// count is for a run without.
const raced = false
