package lab

import (
	"fmt"
	"strings"
)

// Fork makes a live lab that stands where another's worlds stood after its first n steps, to be
// driven on differently. Only worlds that say so can be forked: a kernel in real time cannot be
// stepped back. The steps are run again and come to the same state. A model's seed is fixed, and a
// step takes it microseconds; a guest starts from the same saved machine and its clock counts
// instructions, so that a real kernel stands in the middle of the same TIME-WAIT again in well
// under a second. What the fork holds counts for the client given. ErrNotFound; ErrSpec for a step
// that the lab does not have, or a lab none of whose worlds can.
func (ls *Labs) Fork(id string, n int, client string) (*Lab, error) {
	l, err := ls.Get(id)
	if err != nil {
		return nil, err
	}
	snap := l.Snapshot()
	if n < 0 || n > len(snap.Steps) {
		return nil, fmt.Errorf("%w: at_step is from 0 to %d", ErrSpec, len(snap.Steps))
	}
	var forks []string
	for _, r := range l.runs {
		if r.of.info.Forks {
			forks = append(forks, r.name)
		}
	}
	if len(forks) == 0 {
		return nil, fmt.Errorf("%w: none of its worlds can be forked", ErrSpec)
	}
	return ls.Create(Spec{Script: firstSteps(snap, n), Worlds: forks, Live: true, Owner: l.owner, Client: client})
}

// firstSteps is the script up to its n-th step, so that line numbers stay what they were.
func firstSteps(snap Snapshot, n int) string {
	if n == 0 {
		return ""
	}
	lines := strings.SplitAfter(snap.Script, "\n")
	return strings.Join(lines[:min(snap.Steps[n-1].Line, len(lines))], "")
}
