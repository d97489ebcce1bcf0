//go:build !unix

package realsock

import (
	"errors"
	"runtime"
)

func startLoopback() (*Trials, error) {
	return nil, errors.New("trials on the host's own loopback need the calls of a Unix, this is " + runtime.GOOS)
}
