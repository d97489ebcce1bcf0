package realsock

import (
	"context"
	"sync"
)

var able struct {
	sync.Once
	ability Ability
}

// Able says whether a Net can be made here. It makes one the first time and remembers how that went.
func Able() Ability {
	able.Do(func() {
		n, err := Open(context.Background(), Config{})
		if err != nil {
			able.ability = Ability{Kernel: release(), Why: why(err), Remedy: remedy(err), Loopback: loopbackAble()}
			return
		}
		able.ability = n.Ability()
		if err := n.Close(); err != nil {
			able.ability = Ability{Kernel: release(), Why: err.Error()}
		}
	})
	return able.ability
}

// loopbackAble finds out by trying whether trials can be made on the host's own loopback.
func loopbackAble() bool {
	t, err := openLoopback(context.Background())
	return err == nil && t.Close() == nil
}

// why is the reason without the sentinel in front.
func why(err error) string {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		if errs := j.Unwrap(); len(errs) == 2 && errs[0] == ErrNotAble {
			return errs[1].Error()
		}
	}
	return err.Error()
}
