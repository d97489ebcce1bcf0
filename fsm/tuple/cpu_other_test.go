//go:build !unix

package tuple

import "time"

var began = time.Now()

// cpuTime is time itself where no processor time can be had.
func cpuTime() time.Duration { return time.Since(began) }
