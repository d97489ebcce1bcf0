package lab

import (
	"context"
	"fmt"
	"strconv"
)

// Results runs a script in one world and returns each step's result; of a socket table, its number
// of rows. The lab it makes is forgotten and never kept. The error says that the script did not run
// to its end.
func (ls *Labs) Results(ctx context.Context, script, world string) ([]string, error) {
	l, err := ls.Run(ctx, Spec{Script: script, Worlds: []string{world}})
	if err != nil {
		return nil, err
	}
	s := l.Snapshot()
	out := make([]string, len(s.Steps))
	for i, step := range s.Steps {
		r, ok := step.Results[world]
		if !ok {
			return nil, fmt.Errorf("lab: line %d did not run in %s", step.Line, world)
		}
		out[i] = r.Result
		if r.Rows != nil {
			out[i] = strconv.Itoa(len(r.Rows))
		}
	}
	return out, nil
}

// Run makes a lab and returns it when it is done. The lab is never kept, and no id leads to it any
// more. The error says that it was not made, as of Create, or did not run to its end.
func (ls *Labs) Run(ctx context.Context, spec Spec) (*Lab, error) {
	l, err := ls.create(spec, true)
	if err != nil {
		return nil, err
	}
	defer ls.Delete(l.ID())
	select {
	case <-l.Done():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := l.Snapshot(); s.Status != Done {
		return nil, fmt.Errorf("lab: %s: %s", s.Status, s.Err)
	}
	return l, nil
}
