//go:build linux && !amd64

package realsock

import (
	"errors"
	"runtime"
)

// runGuest would be the first process of a virtual machine.
func runGuest() error {
	return errors.New("a guest needs the x86 ports of qemu's microvm, this is " + runtime.GOARCH)
}
