package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Fork makes a live lab that stands where another's model stood after its first n steps, to be driven
// on differently. Only virtual worlds can be forked: a kernel cannot be stepped back. The steps are run
// again, which takes microseconds each and comes to the same state, since a model's seed is fixed.
// ErrNotFound; ErrSpec for a step that the lab does not have, or a lab without a model.
func (ls *Labs) Fork(id string, n int) (*Lab, error) {
	l, err := ls.Get(id)
	if err != nil {
		return nil, err
	}
	snap := l.Snapshot()
	if n < 0 || n > len(snap.Steps) {
		return nil, fmt.Errorf("%w: at_step is from 0 to %d", ErrSpec, len(snap.Steps))
	}
	virtual := slices.DeleteFunc(slices.Clone(snap.Worlds), func(w string) bool { return ls.makers[w].real })
	if len(virtual) == 0 {
		return nil, fmt.Errorf("%w: none of its worlds is a model", ErrSpec)
	}
	return ls.Create(Spec{Script: firstSteps(snap, n), Worlds: virtual, Live: true})
}

// firstSteps is the script up to its n-th step, so that line numbers stay what they were.
func firstSteps(snap Snapshot, n int) string {
	if n == 0 {
		return ""
	}
	lines := strings.SplitAfter(snap.Script, "\n")
	return strings.Join(lines[:min(snap.Steps[n-1].Line, len(lines))], "")
}
