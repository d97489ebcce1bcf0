package lab

import (
	"context"
	"fmt"
	"strconv"
)

// Results runs a script in one world and returns each step's result; of a socket table, its number of
// rows. The lab it makes is forgotten and never kept. The error says that the script did not run to its end.
func (ls *Labs) Results(ctx context.Context, script, world string) ([]string, error) {
	l, err := ls.create(Spec{Script: script, Worlds: []string{world}}, true)
	if err != nil {
		return nil, err
	}
	defer ls.Delete(l.ID())
	select {
	case <-l.Done():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s := l.Snapshot()
	if s.Status != Done {
		return nil, fmt.Errorf("lab: %s: %s", s.Status, s.Err)
	}
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
